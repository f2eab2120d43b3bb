//! SQLite's write-ahead log, moved into the database off the writer's path.
//!
//! Left to itself SQLite checkpoints inside a commit, and that one request waits for all of it. Here a task of its own
//! does it five times a second, on its own connection, without making anyone wait (PASSIVE). Under a load that never pauses
//! that alone would never reach the end of the WAL, and the WAL would grow without end; a file that grows takes twice
//! as long to be made durable as one that is written over. So the writer helps, between two transactions:
//!
//! | the task has found | it sets | what the writer does after its next commit |
//! |---|---|---|
//! | few pages in the WAL | nothing | nothing |
//! | more than [`RESTART_MIN_PAGES`], nearly all of which it has just moved | `may_restart` | moves the rest and starts the WAL from its beginning (RESTART) |
//! | | | if the file is longer than [`TRUNCATE_ABOVE_BYTES`]: empties it (TRUNCATE); if a reader prevents that, sets `is_held` |
//! | a new interval | clears `is_held` | may try to empty the file again |
//!
//! SQLite makes the database durable at the end of a checkpoint unless something was committed meanwhile. Under load that
//! is so at the end of each long one, and the writer would wait in its RESTART until the disk has all that the task has
//! moved. So the task checkpoints again at once, up to [`ROUNDS`] times: these are short, one of them is likely to meet no
//! commit, and then it is the task that waits. The writer's RESTART finds few pages.
//!
//! A long-running reader (a backup, say) blocks RESTART and TRUNCATE. The WAL then grows until that reader finishes,
//! which is better than to reject writes.

use std::{
    error::Error,
    path::PathBuf,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sea_orm::sqlx::{
    self, AssertSqlSafe, ConnectOptions, Connection, Executor, Row, SqliteConnection, sqlite::SqliteConnectOptions,
};
use tokio::{
    sync::{Mutex, Notify},
    task::JoinHandle,
    time::MissedTickBehavior,
};

use crate::metrics::Gauge;

/// How often the task checkpoints.
const CHECKPOINT_INTERVAL: Duration = Duration::from_millis(200);
/// The WAL is to stay below 64 MB; a quarter of that is more than any transaction needs.
const TRUNCATE_ABOVE_BYTES: u64 = 48 * 1024 * 1024;
/// A WAL of fewer pages than this (4 MB) need not start from its beginning.
const RESTART_MIN_PAGES: i64 = 1000;
/// How often in a row the task checkpoints a WAL that the writer is to restart, at most.
const ROUNDS: usize = 8;
/// How long the writer waits for readers when it restarts or empties the WAL: no update is made meanwhile.
const MAX_WAIT_FOR_READERS: Duration = Duration::from_millis(100);

/// What the writer and the task tell each other.
pub(super) struct WalState {
    busy_timeout: Duration,
    /// The length of its file.
    bytes: Gauge,
    /// Set by the task alone, and not for a database in memory.
    file: OnceLock<PathBuf>,
    may_restart: AtomicBool,
    is_held: AtomicBool,
    /// Whether the last checkpoint failed: the log tells when that changes.
    is_failing: AtomicBool,
}

impl WalState {
    pub(super) fn new(busy_timeout: Duration, bytes: Gauge) -> Self {
        let [may_restart, is_held, is_failing] = [false; 3].map(AtomicBool::new);
        Self { busy_timeout, bytes, file: OnceLock::new(), may_restart, is_held, is_failing }
    }

    /// The writer has committed and is between two transactions. Whether its connection is sound.
    pub(super) async fn after_commit(&self, connection: &mut SqliteConnection) -> bool {
        let mode = if self.is_too_long() && !self.is_held.load(Ordering::Relaxed) {
            "TRUNCATE"
        } else if self.may_restart.swap(false, Ordering::Relaxed) {
            "RESTART"
        } else {
            return true;
        };
        let result = self.checkpoint(connection, mode).await;
        self.is_held.store(self.is_too_long(), Ordering::Relaxed);
        self.note(&result);
        result.is_ok()
    }

    fn is_too_long(&self) -> bool {
        self.measure() > TRUNCATE_ABOVE_BYTES
    }

    /// The length of the file.
    fn measure(&self) -> u64 {
        let metadata = self.file.get().and_then(|file| file.metadata().ok());
        let bytes = metadata.map_or(0, |file| file.len());
        self.bytes.set(bytes.try_into().unwrap_or(i64::MAX));
        bytes
    }

    async fn checkpoint(&self, connection: &mut SqliteConnection, mode: &str) -> sqlx::Result<()> {
        let (wait, usual) = (MAX_WAIT_FOR_READERS.as_millis(), self.busy_timeout.as_millis());
        let sql = format!("PRAGMA busy_timeout = {wait}; PRAGMA wal_checkpoint({mode}); PRAGMA busy_timeout = {usual}");
        connection.execute(AssertSqlSafe(sql)).await.map(drop)
    }

    /// Says in the log when checkpoints begin to fail, and when they succeed again.
    fn note<T>(&self, result: &sqlx::Result<T>) {
        let was_failing = self.is_failing.swap(result.is_err(), Ordering::Relaxed);
        match result {
            Err(error) if !was_failing => tracing::warn!(error = error as &dyn Error, "checkpoints fail"),
            Ok(_) if was_failing => tracing::info!("checkpoints succeed again"),
            Ok(_) | Err(_) => {}
        }
    }
}

/// The task that checkpoints.
pub(super) struct Checkpoints {
    stop: Arc<Notify>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Checkpoints {
    pub(super) fn start(options: SqliteConnectOptions, wal: Arc<WalState>) -> Self {
        let stop = Arc::new(Notify::new());
        let task = tokio::spawn(run(options, wal, stop.clone()));
        Self { stop, task: Mutex::new(Some(task)) }
    }

    /// Waits until the task has ended and its connection is closed.
    pub(super) async fn stop(&self) {
        self.stop.notify_one();
        if let Some(task) = self.task.lock().await.take() {
            let _ = task.await;
        }
    }
}

async fn run(options: SqliteConnectOptions, wal: Arc<WalState>, stop: Arc<Notify>) {
    let mut ticks = tokio::time::interval(CHECKPOINT_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut connection = None;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = stop.notified() => break,
        }
        // Also for what an import or a command beside the server writes. With nothing to move it costs next to nothing.
        let result = checkpoint(&options, &wal, &mut connection).await;
        wal.note(&result);
        wal.measure();
        if result.is_err() {
            // Its state is in doubt: the next checkpoint opens another one.
            connection = None;
        }
        wal.may_restart.store(result.is_ok_and(|pages| pages > RESTART_MIN_PAGES), Ordering::Relaxed);
        wal.is_held.store(false, Ordering::Relaxed);
    }
    if let Some(connection) = connection {
        let _ = connection.close().await;
    }
}

/// Gives the number of pages in the WAL.
async fn checkpoint(
    options: &SqliteConnectOptions,
    wal: &WalState,
    connection: &mut Option<SqliteConnection>,
) -> sqlx::Result<i64> {
    let connection = match connection {
        Some(connection) => connection,
        None => connection.insert(options.connect().await?),
    };
    if wal.file.get().is_none() {
        let sql = "SELECT file || '-wal' FROM pragma_database_list WHERE name = 'main'";
        let file: String = connection.fetch_one(sql).await?.try_get(0)?;
        let _ = wal.file.set(file.into());
    }
    let mut pages = 0;
    for _ in 0..ROUNDS {
        let before = pages;
        // <https://sqlite.org/pragma.html#pragma_wal_checkpoint>
        pages = connection.fetch_one("PRAGMA wal_checkpoint(PASSIVE)").await?.try_get(1)?;
        // As many as before: nothing was committed during the last one, and it has reached its end.
        if pages <= RESTART_MIN_PAGES || pages == before {
            break;
        }
    }
    Ok(pages)
}
