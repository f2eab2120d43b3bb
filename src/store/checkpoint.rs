//! SQLite's write-ahead log, moved into the database off the writer's path.
//!
//! Left to itself SQLite checkpoints inside a commit, and that one request waits for all of it. Here another
//! connection does it twice a second (PASSIVE: nobody waits). Under a load that never pauses the log could still grow
//! without end, so near its cap the writer itself empties it (TRUNCATE) before it goes on. Only a reader who stays with
//! an old snapshot, say a backup, can prevent that: then the log grows until they have finished, for to refuse
//! customers would be worse.

use std::{
    path::PathBuf,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Statement};
use tokio::{task::JoinHandle, time::MissedTickBehavior};

/// How often the log is looked after.
const INTERVAL: Duration = Duration::from_millis(500);
/// The log's cap is 64 MB; a quarter of it is more than any transaction needs.
const LIMIT: u64 = 48 * 1024 * 1024;
/// Empties the log, but waits for readers no longer than a tenth of a second.
const EMPTY: &str = "PRAGMA busy_timeout = 100; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA busy_timeout = 5000";

/// What the writer and the checkpoints tell each other.
#[derive(Default)]
pub(super) struct WalPressure {
    log: OnceLock<PathBuf>,
    /// Somebody needs the log as it is: not to be tried again before the next interval.
    is_held: AtomicBool,
}

impl WalPressure {
    /// The writer has committed; between two transactions is its moment to empty an overlong log.
    pub(super) async fn note_commit(&self, db: &DatabaseConnection) {
        if self.is_too_long() && !self.is_held.load(Ordering::Relaxed) {
            warn_on_error(db.execute_unprepared(EMPTY).await);
            self.is_held.store(self.is_too_long(), Ordering::Relaxed);
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
    if let Some(log) = warn_on_error(find_log(&db).await) {
        // Set here alone.
        let _ = pressure.log.set(log);
    }
    let mut ticks = tokio::time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        // Whoever wrote: requests, an import, a command beside the server. With nothing to move it costs next to nothing.
        warn_on_error(db.execute_unprepared("PRAGMA wal_checkpoint(PASSIVE)").await);
        pressure.is_held.store(false, Ordering::Relaxed);
    }
}

async fn find_log(db: &DatabaseConnection) -> Result<PathBuf, DbErr> {
    let sql = "SELECT file || '-wal' AS log FROM pragma_database_list WHERE name = 'main'";
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    let log: String = row.ok_or_else(|| DbErr::RecordNotFound(sql.to_owned()))?.try_get("", "log")?;
    Ok(log.into())
}

fn warn_on_error<T>(result: Result<T, DbErr>) -> Option<T> {
    result.inspect_err(|error| tracing::warn!(error = error as &dyn std::error::Error, "a checkpoint failed")).ok()
}
