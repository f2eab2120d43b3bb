//! Opens a SQLite database: one connection that writes, and a few that read.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DbErr,
    sqlx::{
        Connection,
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
    },
};

use super::{
    Reads, Sqlite,
    open_file::OpenFile,
    readers::Readers,
    wal::{Checkpoints, WalState},
    writer::Writer,
};
use crate::store::{
    OpenOptions, Timeouts,
    explain::{code, sqlx_error},
    layout::Layout,
    options,
    sql::Sql,
    sqlite_file,
    url::SqliteUrl,
};

/// Readers beside the writer. On the machines that SQLite serves, a third one brought nothing.
const MAX_READERS: usize = 2;
/// How long the writer keeps its connection for the next update. The last use of tokens is written in between.
const KEEP_CONNECTION: Duration = Duration::from_millis(10);
/// Between two attempts to turn the WAL on.
const RETRY_PAUSE: Duration = Duration::from_millis(20);
/// Statements that the writer's connection remembers. Some of them are sixteen updates (`group_commit`): a hundred such
/// would take more memory than all else.
const WRITER_STATEMENTS: usize = 32;

/// An open database: the requests' way to it, and connections for everything else to read and to write by.
pub(in crate::store) struct Opened {
    pub(in crate::store) requests: Sqlite,
    pub(in crate::store) read: DatabaseConnection,
    pub(in crate::store) write: DatabaseConnection,
}

pub(in crate::store) async fn open(url: &SqliteUrl, sql: Arc<Sql>, options: OpenOptions) -> Result<Opened, DbErr> {
    let OpenOptions { timeouts, metrics, .. } = &options;
    let timeouts = *timeouts;
    // The writer's connection comes first: it turns the WAL on.
    let write = connect_writer(&url.text, &timeouts, matches!(sql.layout, Layout::Native(_))).await?;
    let wal = Arc::new(WalState::new(timeouts.busy, metrics.writer.wal_bytes.clone()));
    let Some(path) = &url.file else { return Ok(with_one_connection(write, sql, wal, options)) };
    let file = OpenFile::of(path).map_err(|error| DbErr::Custom(error.to_string()))?;
    let file = Some(Arc::new(file));
    let read = connect_options(&url.text, &timeouts, |options| options.pragma("query_only", "ON"));
    let read = Database::connect(read).await?;
    let settings = read.get_sqlite_connection_pool().connect_options().as_ref().clone();
    let readers = Readers::new(settings.clone(), MAX_READERS, timeouts.acquire);
    let reads = Reads::File(readers.map_err(|error| options::invalid(&error))?);
    let pool = write.get_sqlite_connection_pool().clone();
    let writer = Writer::start(pool, sql.clone(), wal.clone(), KEEP_CONNECTION, file.clone(), metrics.writer.clone());
    let checkpoints = Some(Checkpoints::start(settings.pragma("query_only", "OFF"), wal));
    let requests = Sqlite { sql, reads, writer, file, checkpoints, write: write.clone(), timeouts };
    Ok(Opened { requests, read, write })
}

/// Opens a file to look at it: SQLite writes nothing to it, and creates no other file.
pub(in crate::store) async fn open_to_look(
    url: &SqliteUrl,
    sql: Arc<Sql>,
    options: OpenOptions,
) -> Result<Opened, DbErr> {
    let timeouts = options.timeouts;
    // Where nothing has the file open there is no WAL, and SQLite would create one to read. A process that opens the file
    // from now on is not seen.
    let is_immutable = !sqlite_file::has_wal(url);
    let look = connect_options(&url.text, &timeouts, move |options| options.read_only(true).immutable(is_immutable));
    let wal = Arc::new(WalState::new(timeouts.busy, options.metrics.writer.wal_bytes.clone()));
    Ok(with_one_connection(Database::connect(look).await?, sql, wal, options))
}

fn with_one_connection(db: DatabaseConnection, sql: Arc<Sql>, wal: Arc<WalState>, options: OpenOptions) -> Opened {
    let OpenOptions { timeouts, metrics, .. } = options;
    let pool = db.get_sqlite_connection_pool().clone();
    let writer = Writer::start(pool.clone(), sql.clone(), wal, Duration::ZERO, None, metrics.writer);
    let requests =
        Sqlite { sql, reads: Reads::One(pool), writer, file: None, checkpoints: None, write: db.clone(), timeouts };
    Opened { requests, read: db.clone(), write: db }
}

/// Opens the writer's connection. SQLite does not wait for another process that holds a lock while the WAL is turned
/// on, so servers that start together on a new file try again. `is_ours`: the journal mode of a Django shop's file is
/// the shop's.
async fn connect_writer(url: &str, timeouts: &Timeouts, is_ours: bool) -> Result<DatabaseConnection, DbErr> {
    let start = Instant::now();
    loop {
        let connected = Database::connect(connect_options(url, timeouts, move |options| {
            let options = if is_ours { options.journal_mode(SqliteJournalMode::Wal) } else { options };
            options
                // An update is answered when it has reached the disk, not before.
                .synchronous(SqliteSynchronous::Full)
                .pragma("wal_autocheckpoint", "0")
                .statement_cache_capacity(WRITER_STATEMENTS)
        }))
        .await;
        match connected {
            Err(error) if is_locked(&error) && start.elapsed() < timeouts.busy => {
                tokio::time::sleep(RETRY_PAUSE).await;
            }
            connected => return connected,
        }
    }
}

/// SQLITE_BUSY and its extended codes.
fn is_locked(error: &DbErr) -> bool {
    let code = sqlx_error(error).and_then(code).and_then(|code| code.parse::<u32>().ok());
    code.is_some_and(|code| code & 0xff == 5)
}

/// One connection that is never tested and never replaced: a file does not hang up.
fn connect_options(
    url: &str,
    timeouts: &Timeouts,
    settings: impl Fn(SqliteConnectOptions) -> SqliteConnectOptions + Send + Sync + 'static,
) -> ConnectOptions {
    let busy = timeouts.busy;
    let mut options = options::common_options(url, 1, timeouts);
    // Of a transaction that SQLite has undone by itself, sqlx leaves its count behind: such a connection is replaced.
    options.map_sqlx_sqlite_pool_opts(|pool| {
        pool.before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
    });
    options.map_sqlx_sqlite_opts(move |options| settings(options.busy_timeout(busy)));
    options.test_before_acquire(false).idle_timeout(None).max_lifetime(None);
    options
}
