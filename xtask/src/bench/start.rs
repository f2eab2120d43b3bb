//! How soon the server answers, and what it holds.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

use super::{
    contender::{Contender, server, sqlite_url},
    load::{self, Load},
    median,
    operation::Operation,
    process::{Server, usage_of_tree},
    seed,
};
use crate::Result;

const STARTS: usize = 5;

/// Of shop-profile on SQLite.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Start {
    pub(crate) customers: u64,
    /// From the start of the process to the first right answer.
    pub(crate) first_answer_ms: f64,
    /// After that one answer.
    pub(crate) idle_rss_bytes: u64,
    pub(crate) requests: u64,
    /// After that many requests, half of them PATCHes.
    pub(crate) rss_bytes: u64,
}

pub(super) fn measure(customers: u64, requests: u64, directory: &Path) -> Result<Start> {
    let url = sqlite_url(&seed::sqlite_copy(Contender::ShopProfile, customers, directory)?)?;
    let start = || Server::start(server(&[]).env("DATABASE_URL", &url));
    let mut first_answers = Vec::new();
    for _ in 0..STARTS {
        let begin = Instant::now();
        let server = start()?;
        load::once(server.address, Operation::Get)?;
        first_answers.push(begin.elapsed().as_secs_f64() * 1e3);
        drop(server);
    }
    let server = start()?;
    load::once(server.address, Operation::Get)?;
    let idle = usage_of_tree(server.process.id())?;
    let mut sent = 0;
    for operation in [Operation::Get, Operation::Patch].into_iter().cycle() {
        let load =
            Load { address: server.address, operation, connections: 64, customers, duration: Duration::from_secs(5) };
        let (outcome, _) = load::run(load, || Ok(()))?;
        sent += outcome.latencies.len() as u64;
        if sent >= requests {
            break;
        }
    }
    let rss_bytes = usage_of_tree(server.process.id())?.rss_bytes;
    let first_answer_ms = median(first_answers);
    Ok(Start { customers, first_answer_ms, idle_rss_bytes: idle.rss_bytes, requests: sent, rss_bytes })
}
