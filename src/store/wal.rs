//! SQLite's write-ahead log, moved into the database off the writer's path.
//!
//! Left to itself SQLite checkpoints inside a commit, and that one request waits for all of it. Here another
//! connection does it twice a second (PASSIVE: nobody waits). Under a load that never pauses that alone would never
//! reach the log's end, and the log would grow and grow; a file that grows takes twice as long to be made durable as
//! one that is written over. So after each checkpoint the writer moves the little that has come since and starts the
//! log anew (RESTART), and near the log's cap it empties it (TRUNCATE). Only a reader who stays with an old snapshot,
//! say a backup, can prevent that: then the log grows until they have finished, for to refuse customers would be worse.

use std::{
    path::PathBuf,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbErr, Statement,
    sqlx::{self, AssertSqlSafe, Executor, SqliteConnection},
};
use tokio::{task::JoinHandle, time::MissedTickBehavior};

use super::open::SQLITE_BUSY_TIMEOUT;

/// How often the log is looked after.
const INTERVAL: Duration = Duration::from_millis(500);
/// The log's cap is 64 MB; a quarter of it is more than any transaction needs.
const LIMIT: u64 = 48 * 1024 * 1024;
/// A log of fewer pages than this (4 MB) need not start anew.
const SHORT: i64 = 1000;

/// What the writer and the checkpoints tell each other.
#[derive(Default)]
pub(super) struct WalState {
    log: OnceLock<PathBuf>,
    /// Most of the log has just been moved.
    may_restart: AtomicBool,
    /// Somebody needs the log as it is: not to be tried again before the next interval.
    is_held: AtomicBool,
}

impl WalState {
    /// The writer has committed; between two transactions is its moment to have the log start anew.
    pub(super) async fn after_commit(&self, connection: &mut SqliteConnection) {
        if self.is_too_long() && !self.is_held.load(Ordering::Relaxed) {
            warn_on_error(start_anew(connection, "TRUNCATE").await);
            self.is_held.store(self.is_too_long(), Ordering::Relaxed);
        } else if self.may_restart.swap(false, Ordering::Relaxed) {
            warn_on_error(start_anew(connection, "RESTART").await);
        }
    }

    fn is_too_long(&self) -> bool {
        self.log.get().and_then(|log| log.metadata().ok()).is_some_and(|log| log.len() > LIMIT)
    }
}

/// The task that looks after the log, and its connection.
pub(super) struct Checkpoints {
    task: JoinHandle<()>,
    db: DatabaseConnection,
}

impl Checkpoints {
    pub(super) fn start(db: DatabaseConnection, pressure: Arc<WalState>) -> Self {
        Self { task: tokio::spawn(run(db.clone(), pressure)), db }
    }

    /// Ends the task and gives its connection to be closed.
    pub(super) fn stop(&self) -> &DatabaseConnection {
        self.task.abort();
        &self.db
    }
}

/// Runs until the task is aborted.
async fn run(db: DatabaseConnection, pressure: Arc<WalState>) {
    if let Some(log) = warn_on_error(find_log(&db).await) {
        // Set here alone.
        let _ = pressure.log.set(log);
    }
    let mut ticks = tokio::time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        // Whoever wrote: requests, an import, a command beside the server. With nothing to move it costs next to nothing.
        let pages = warn_on_error(checkpoint(&db).await).unwrap_or(0);
        pressure.may_restart.store(pages > SHORT, Ordering::Relaxed);
        pressure.is_held.store(false, Ordering::Relaxed);
    }
}

/// Gives the pages in the log. <https://sqlite.org/pragma.html#pragma_wal_checkpoint>
async fn checkpoint(db: &DatabaseConnection) -> Result<i64, DbErr> {
    let sql = "PRAGMA wal_checkpoint(PASSIVE)";
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    row.map_or(Ok(0), |row| row.try_get("", "log"))
}

/// Waits for readers no longer than a tenth of a second: as long as this takes, nobody's change is made.
async fn start_anew(connection: &mut SqliteConnection, mode: &str) -> sqlx::Result<()> {
    let usual = SQLITE_BUSY_TIMEOUT.as_millis();
    let sql = format!("PRAGMA busy_timeout = 100; PRAGMA wal_checkpoint({mode}); PRAGMA busy_timeout = {usual}");
    connection.execute(AssertSqlSafe(sql)).await.map(drop)
}

async fn find_log(db: &DatabaseConnection) -> Result<PathBuf, DbErr> {
    let sql = "SELECT file || '-wal' AS log FROM pragma_database_list WHERE name = 'main'";
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    let log: String = row.ok_or_else(|| DbErr::RecordNotFound(sql.to_owned()))?.try_get("", "log")?;
    Ok(log.into())
}

fn warn_on_error<T, E: std::error::Error + 'static>(result: Result<T, E>) -> Option<T> {
    result.inspect_err(|error| tracing::warn!(error = error as &dyn std::error::Error, "a checkpoint failed")).ok()
}
