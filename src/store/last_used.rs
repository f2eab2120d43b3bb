//! When a key was last used: good to a minute, and never on a request's path.
//!
//! A request only leaves the key's digest in a set. A task writes some of the set every second, and a key that was
//! written is left alone for the next minute; the statement's own condition holds the same among several servers.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::TimeDelta;
use entity::api_token;
use sea_orm::{
    ColumnTrait, Condition, DatabaseConnection, DbErr, EntityTrait, QueryFilter,
    sea_query::{Expr, SimpleExpr},
};
use tokio::{sync::Notify, task::JoinHandle, time::MissedTickBehavior};

use super::now;
use crate::auth::TokenDigest;

const FLUSH_EVERY: Duration = Duration::from_secs(1);
const QUIET_MINUTE: TimeDelta = TimeDelta::seconds(60);
/// Keys remembered within a minute. A server that sees more loses the excess uses, not memory, nor time.
const MOST_KEYS: usize = 60 * BATCH;
/// Keys written a second, in one statement: each is a page more to be written, and the customers' own writes wait.
const BATCH: usize = 256;

#[derive(Default)]
struct Seen {
    /// Seen and not written yet, the oldest first.
    fresh: Vec<TokenDigest>,
    /// Seen within the present minute, the fresh ones among them.
    recent: HashSet<TokenDigest>,
}

/// The keys that were used, on their way to the database.
pub(super) struct LastUsedTracker {
    seen: Arc<Mutex<Seen>>,
    stop: Arc<Notify>,
    task: tokio::sync::Mutex<Option<JoinHandle<()>>>,
}

impl LastUsedTracker {
    pub(super) fn start(db: DatabaseConnection) -> Self {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let stop = Arc::new(Notify::new());
        let task = tokio::spawn(run(db, seen.clone(), stop.clone()));
        Self { seen, stop, task: tokio::sync::Mutex::new(Some(task)) }
    }

    /// The key was used just now.
    pub(super) fn record(&self, key: &TokenDigest) {
        let mut seen = lock(&self.seen);
        if seen.recent.len() < MOST_KEYS && seen.recent.insert(*key) {
            seen.fresh.push(*key);
        }
    }

    /// Writes what is left, then ends the task.
    pub(super) async fn stop(&self) {
        self.stop.notify_one();
        if let Some(task) = self.task.lock().await.take() {
            let _ = task.await;
        }
    }
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn run(db: DatabaseConnection, seen: Arc<Mutex<Seen>>, stop: Arc<Notify>) {
    let mut ticks = tokio::time::interval(FLUSH_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut minute = now();
    let mut running = true;
    while running {
        tokio::select! {
            _ = ticks.tick() => {}
            () = stop.notified() => running = false,
        }
        let fresh = take(&mut lock(&seen).fresh, if running { BATCH } else { MOST_KEYS });
        for keys in fresh.chunks(BATCH) {
            if let Err(error) = write(&db, keys).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "the last use of some keys was not written");
            }
        }
        if now() - minute > QUIET_MINUTE {
            minute = now();
            let mut seen = lock(&seen);
            seen.recent = seen.fresh.iter().copied().collect();
        }
    }
}

/// The oldest of them.
fn take(fresh: &mut Vec<TokenDigest>, most: usize) -> Vec<TokenDigest> {
    fresh.drain(..fresh.len().min(most)).collect()
}

async fn write(db: &DatabaseConnection, keys: &[TokenDigest]) -> Result<(), DbErr> {
    let now = now();
    api_token::Entity::update_many()
        .col_expr(api_token::Column::LastUsedAt, SimpleExpr::from(Expr::value(now)))
        .filter(api_token::Column::Digest.is_in(keys.iter().map(|key| key.0.to_vec())))
        .filter(
            Condition::any()
                .add(api_token::Column::LastUsedAt.is_null())
                .add(api_token::Column::LastUsedAt.lt(now - QUIET_MINUTE)),
        )
        .exec(db)
        .await?;
    Ok(())
}
