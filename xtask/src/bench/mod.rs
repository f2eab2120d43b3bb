//! `cargo xtask bench`: the release binary and its peers on real sockets, under a closed loop from this process.
//!
//! Contenders take turns round by round, so that whatever else the machine does meets them all; a figure is the median
//! of the rounds. Server and load share the machine, so requests per second say less than CPU per request.

mod contender;
mod contest;
mod http;
mod load;
mod machine;
mod operation;
mod pgbench;
mod postgres;
mod process;
mod seed;
mod start;

use std::{fs, path::PathBuf, process::Command};

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use self::contest::Contest;
pub(crate) use self::{
    contender::{Contender, Database},
    machine::Machine,
    operation::Operation,
    start::Start,
};
use crate::{Result, report, root};

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// One short round at 16 connections, with few customers.
    #[arg(long)]
    quick: bool,
    /// What GET and PATCH of shop-profile cost at 16 connections with a thousand customers and with ten million.
    #[arg(long, conflicts_with_all = ["customers", "connections", "operations", "contenders"])]
    growth: bool,
    /// Customers in each database; requests draw theirs at random.
    #[arg(long, value_delimiter = ',', default_value = "1000000")]
    customers: Vec<u64>,
    /// Closed loops at once.
    #[arg(long, value_delimiter = ',', default_value = "1,16,64,256")]
    connections: Vec<usize>,
    /// Rounds; a figure is their median.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds of each round.
    #[arg(long, default_value_t = 2)]
    seconds: u64,
    /// Only these databases.
    #[arg(long, value_enum, value_delimiter = ',')]
    databases: Vec<Database>,
    /// Only these operations.
    #[arg(long, value_enum, value_delimiter = ',')]
    operations: Vec<Operation>,
    /// Only these contenders.
    #[arg(long, value_enum, value_delimiter = ',')]
    contenders: Vec<Contender>,
    /// Only how soon shop-profile answers and how much memory it takes, with this many requests.
    #[arg(long, value_name = "REQUESTS")]
    start: Option<u64>,
    /// Where the rounds are written.
    #[arg(long, default_value = "target/bench/rounds.json")]
    output: PathBuf,
}

impl Args {
    /// What the short options stand for.
    fn expanded(mut self) -> Self {
        if self.growth {
            self.customers = vec![1_000, 100_000, 1_000_000, 10_000_000];
            self.connections = vec![16];
            self.operations = vec![Operation::Get, Operation::Patch];
            self.contenders = vec![Contender::ShopProfile];
        }
        if self.quick {
            self.customers = if self.growth { vec![1_000, 10_000] } else { vec![10_000] };
            self.connections = vec![16];
            (self.rounds, self.seconds) = (1, 1);
        }
        self
    }
}

/// Everything that a run has measured.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) machine: Machine,
    /// As it was typed.
    pub(crate) command: String,
    pub(crate) rounds: Vec<Round>,
    pub(crate) start: Option<Start>,
}

/// One contender under one load, once.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Round {
    pub(crate) database: Database,
    pub(crate) contender: Contender,
    pub(crate) operation: Operation,
    pub(crate) customers: u64,
    pub(crate) connections: usize,
    pub(crate) seconds: f64,
    pub(crate) requests: u64,
    pub(crate) errors: u64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) p999_ms: f64,
    /// User and system time of the contender's processes.
    pub(crate) server_cpu_seconds: f64,
    /// Of PostgreSQL's processes.
    pub(crate) database_cpu_seconds: f64,
    pub(crate) rss_bytes: u64,
    /// SQLite's write-ahead log after the round; it never shrinks within one.
    pub(crate) wal_bytes: u64,
}

pub(crate) fn run(args: Args) -> Result<()> {
    let args = args.expanded();
    build()?;
    fs::create_dir_all(work_dir())?;
    let directory = work_dir().join("run");
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory)?;
    let command = std::env::args().skip(1).collect::<Vec<_>>().join(" ");
    let mut run =
        Run { machine: Machine::this()?, command: format!("cargo xtask {command}"), rounds: Vec::new(), start: None };
    match args.start {
        Some(requests) => {
            for &customers in &args.customers {
                run.start = Some(start::measure(customers, requests, &directory)?);
            }
        }
        None => {
            for database in or_all(&args.databases) {
                run.rounds.extend(Contest::prepare(&args, database, &directory)?.run()?);
            }
        }
    }
    fs::remove_dir_all(&directory)?;
    let output = root().join(&args.output);
    fs::write(&output, serde_json::to_string_pretty(&run)?)?;
    report::print(&run);
    Ok(())
}

/// What `cargo run` says about this package would make some dependencies' build scripts run again, and then the world.
fn build() -> Result<()> {
    let mut cargo = Command::new("cargo");
    for (name, _) in std::env::vars() {
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(name);
        }
    }
    let packages = ["--package", "shop-profile", "--package", "axum-sqlx"];
    contender::run(cargo.args(["build", "--release"]).args(packages).current_dir(root()))
}

/// Seeds, the DRF peer's environment and PostgreSQL's cluster stay here between runs.
fn work_dir() -> PathBuf {
    root().join("target/bench")
}

fn or_all<T: ValueEnum + Clone>(chosen: &[T]) -> Vec<T> {
    if chosen.is_empty() { T::value_variants().to_vec() } else { chosen.to_vec() }
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
