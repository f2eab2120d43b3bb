//! SQLite's write-ahead log, moved into the database off the writer's path.
//!
//! Left to itself SQLite checkpoints inside a commit, and that one request waits for all of it. Here another
//! connection does it twice a second (PASSIVE: nobody waits). Under a load that never pauses the log could still grow
//! without end, so above a cap the writer itself has it start anew (RESTART) before it goes on.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr};
use tokio::{task::JoinHandle, time::MissedTickBehavior};

/// How often the log is looked after.
const INTERVAL: Duration = Duration::from_millis(500);
/// The log's cap, in pages of 4,096 bytes: 64 MB. The writer is asked at three quarters of it.
const CAP_PAGES: i64 = 64 * 1024 * 1024 / 4096;

/// What the writer and the checkpoints tell each other.
#[derive(Default)]
pub(super) struct WalPressure {
    too_long: AtomicBool,
}

impl WalPressure {
    /// The writer has committed; between two transactions is its moment to restart an overlong log.
    pub(super) async fn note_commit(&self, db: &DatabaseConnection) {
        if self.too_long.swap(false, Ordering::Relaxed) {
            warn_on_error(checkpoint(db, "RESTART").await);
        }
    }
}

/// The task that looks after the log, and its connection.
pub(super) struct Checkpoints {
    task: JoinHandle<()>,
    db: DatabaseConnection,
}

impl Checkpoints {
    pub(super) fn start(db: DatabaseConnection, pressure: Arc<WalPressure>) -> Self {
        Self { task: tokio::spawn(run(db.clone(), pressure)), db }
    }

    /// Ends the task and gives its connection to be closed.
    pub(super) fn stop(&self) -> &DatabaseConnection {
        self.task.abort();
        &self.db
    }
}

/// Runs until the task is aborted.
async fn run(db: DatabaseConnection, pressure: Arc<WalPressure>) {
    let mut ticks = tokio::time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        // Whoever wrote: requests, an import, a command beside the server. With nothing to move it costs next to nothing.
        if let Some(pages) = warn_on_error(checkpoint(&db, "PASSIVE").await)
            && pages > CAP_PAGES / 4 * 3
        {
            pressure.too_long.store(true, Ordering::Relaxed);
        }
    }
}

/// Gives the pages in the log. <https://sqlite.org/pragma.html#pragma_wal_checkpoint>
async fn checkpoint(db: &DatabaseConnection, mode: &str) -> Result<i64, DbErr> {
    let sql = format!("PRAGMA wal_checkpoint({mode})");
    let row = db.query_one_raw(sea_orm::Statement::from_string(db.get_database_backend(), sql)).await?;
    row.map_or(Ok(0), |row| row.try_get("", "log"))
}

fn warn_on_error(result: Result<i64, DbErr>) -> Option<i64> {
    result.inspect_err(|error| tracing::warn!(error = error as &dyn std::error::Error, "a checkpoint failed")).ok()
}
