//! When a token was last used: good to a minute, and never on a request's path.
//!
//! A request only leaves the token's digest in a set. A task writes some of the set every second, and a token that was
//! written is left alone for the next minute; the statement's own condition holds the same among several servers.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use chrono::TimeDelta;
use tokio::{sync::Notify, task::JoinHandle, time::MissedTickBehavior};

use super::{Engine, StoreError, now};
use crate::auth::TokenDigest;

const FLUSH_INTERVAL: Duration = Duration::from_secs(1);
/// The last use of one token is written at most so often.
const MIN_WRITE_INTERVAL: TimeDelta = TimeDelta::seconds(60);
/// Upper bound of the tokens tracked per minute. Beyond it the last use of the excess tokens is not recorded; memory
/// stays bounded.
const MAX_TOKENS: usize = 60 * MAX_BATCH;
/// Tokens written a second, in one statement: each is a page more to be written, and the customers' own writes wait.
const MAX_BATCH: usize = 256;
/// How long the task may go on writing when the store closes.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);

#[derive(Default)]
struct Tokens {
    /// Used and not written yet, the oldest first.
    pending: Vec<TokenDigest>,
    /// Used within the present minute, the pending ones among them.
    seen: HashSet<TokenDigest>,
}

/// The tokens that were used, on their way to the database.
pub(super) struct LastUsedTracker {
    tokens: Arc<Mutex<Tokens>>,
    stop: Arc<Notify>,
    task: tokio::sync::Mutex<Option<JoinHandle<()>>>,
}

impl LastUsedTracker {
    pub(super) fn start(engine: &Arc<Engine>) -> Self {
        let tokens = Arc::new(Mutex::new(Tokens::default()));
        let stop = Arc::new(Notify::new());
        let task = tokio::spawn(run(Arc::downgrade(engine), tokens.clone(), stop.clone()));
        Self { tokens, stop, task: tokio::sync::Mutex::new(Some(task)) }
    }

    /// The token was used just now.
    pub(super) fn record(&self, token: &TokenDigest) {
        let mut tokens = lock(&self.tokens);
        if tokens.seen.len() < MAX_TOKENS && tokens.seen.insert(*token) {
            tokens.pending.push(*token);
        }
    }

    /// Writes what is left, up to the first failure and for two seconds at most, then ends the task.
    pub(super) async fn stop(&self) {
        self.stop.notify_one();
        if let Some(mut task) = self.task.lock().await.take()
            && tokio::time::timeout(STOP_TIMEOUT, &mut task).await.is_err()
        {
            task.abort();
        }
    }
}

fn lock(tokens: &Mutex<Tokens>) -> MutexGuard<'_, Tokens> {
    tokens.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn run(engine: Weak<Engine>, tokens: Arc<Mutex<Tokens>>, stop: Arc<Notify>) {
    let mut ticks = tokio::time::interval(FLUSH_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut minute = now();
    let mut is_failing = false;
    let mut is_running = true;
    while is_running {
        tokio::select! {
            _ = ticks.tick() => {}
            () = stop.notified() => is_running = false,
        }
        let Some(engine) = engine.upgrade() else { return };
        let pending = take(&mut lock(&tokens).pending, if is_running { MAX_BATCH } else { MAX_TOKENS });
        for batch in pending.chunks(MAX_BATCH) {
            let result = engine.record_last_used(batch, now() - MIN_WRITE_INTERVAL).await;
            log_change(&result, &mut is_failing);
            if result.is_err() {
                break;
            }
        }
        if now() - minute > MIN_WRITE_INTERVAL {
            minute = now();
            let mut tokens = lock(&tokens);
            tokens.seen = tokens.pending.iter().copied().collect();
        }
    }
}

/// The oldest of them.
fn take(pending: &mut Vec<TokenDigest>, count: usize) -> Vec<TokenDigest> {
    pending.drain(..pending.len().min(count)).collect()
}

/// Says in the log when writing begins to fail, and when it succeeds again.
fn log_change(result: &Result<(), StoreError>, is_failing: &mut bool) {
    let was_failing = std::mem::replace(is_failing, result.is_err());
    match result {
        Err(error) if !was_failing => {
            tracing::warn!(error = error as &dyn std::error::Error, "the last use of tokens is not recorded");
        }
        Ok(()) if was_failing => tracing::info!("the last use of tokens is recorded again"),
        Ok(()) | Err(_) => {}
    }
}
