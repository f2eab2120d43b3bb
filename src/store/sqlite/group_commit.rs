//! The writer task: group commit.
//!
//! SQLite takes one writer at a time, and a durable commit waits for the disk. So one task takes all the updates that
//! wait, makes them in one transaction and answers each only after the commit. No update waits for a batch to fill: a
//! batch is what came in while the one before it was on its way to the disk.
//!
//! A connection whose state is in doubt is not used again. The transaction's own statements are sent as plain text:
//! sqlx counts transactions and, when SQLite has undone one by itself (a full disk, an I/O error, `RAISE(ROLLBACK)`),
//! counts one too many for as long as the connection lives.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use sea_orm::sqlx::{self, AssertSqlSafe, Executor, Sqlite, SqliteConnection, SqlitePool, pool::PoolConnection};
use tokio::sync::{mpsc, oneshot};

use super::{
    job::{Answer, Job, Task},
    open_file::OpenFile,
    statements::{self, Updated},
    turn::Turn,
    wal::WalState,
};
use crate::store::{
    StoreError,
    fault::Fault,
    metrics::WriterMetrics,
    sql::{ProfileUpdate, Sql},
};

/// The most updates of one transaction.
const MAX_BATCH: usize = 256;
/// The most updates that go to SQLite's thread as one command, if they are alike: the way there and back takes longer
/// than the update. Their number is a power of two, so that few texts are prepared and they are found again.
const MAX_STATEMENTS_PER_COMMAND: usize = 16;

type Connection = PoolConnection<Sqlite>;
type Update = (ProfileUpdate, oneshot::Sender<Answer>);
type Probe = oneshot::Sender<Result<(), StoreError>>;

/// The task's settings, and what it is at.
pub(super) struct GroupCommit {
    pool: SqlitePool,
    sql: Arc<Sql>,
    wal: Arc<WalState>,
    keep: Duration,
    /// `None`: the connection is the database, in memory.
    file: Option<Arc<OpenFile>>,
    begun: Arc<AtomicU64>,
    metrics: WriterMetrics,
    /// As they came from the queue.
    jobs: Vec<Job>,
    /// The present batch, in the order of the queue.
    updates: Vec<Update>,
    probes: Vec<Probe>,
}

impl GroupCommit {
    pub(super) fn new(
        (pool, sql, wal): (SqlitePool, Arc<Sql>, Arc<WalState>),
        keep: Duration,
        file: Option<Arc<OpenFile>>,
        begun: Arc<AtomicU64>,
        metrics: WriterMetrics,
    ) -> Self {
        let (jobs, updates) = (Vec::with_capacity(MAX_BATCH), Vec::with_capacity(MAX_BATCH));
        Self { pool, sql, wal, keep, file, begun, metrics, jobs, updates, probes: Vec::new() }
    }

    /// Runs until the queue is closed and empty.
    pub(super) async fn run(mut self, mut queue: mpsc::Receiver<Job>) {
        while queue.recv_many(&mut self.jobs, MAX_BATCH).await > 0 {
            if let Err(error) = self.write_while_busy(&mut queue).await {
                self.begin();
                self.fail_batch(&error);
            }
        }
    }

    /// Writes with one connection, this batch and those that follow soon, until it is the others' turn. To take a
    /// connection out of the pool and to give it back costs more than an update does. Fails when there is none.
    async fn write_while_busy(&mut self, queue: &mut mpsc::Receiver<Job>) -> Result<(), StoreError> {
        let mut connection = self.pool.acquire().await.map_err(StoreError::connecting)?;
        let mut turn = Turn::begin(self.keep);
        loop {
            // What is written to a file that has lost its place would be lost, though it was answered.
            self.file.as_ref().map_or(Ok(()), |file| file.check())?;
            self.begin();
            let is_sound = self.write_batch(&mut connection).await && self.wal.after_commit(&mut connection).await;
            if !is_sound {
                connection = self.renew(connection).await?;
                connection = self.write_one_by_one(connection).await?;
            }
            if !turn.goes_on_with(queue.recv_many(&mut self.jobs, MAX_BATCH)).await {
                return Ok(());
            }
        }
    }

    /// Publishes that the jobs are begun, and rejects those that are too old to be begun.
    fn begin(&mut self) {
        if let Some(last) = self.jobs.last() {
            self.begun.store(last.number, Ordering::SeqCst);
        }
        self.metrics.queue.dec_by(self.jobs.len() as i64);
        let now = Instant::now();
        for Job { deadline, task, .. } in self.jobs.drain(..) {
            let is_too_old = deadline <= now;
            match task {
                Task::Update { answer, .. } if is_too_old => drop(answer.send(Err(StoreError::Busy))),
                Task::Probe { answer } if is_too_old => drop(answer.send(Err(StoreError::Busy))),
                Task::Update { update, answer } => self.updates.push((update, answer)),
                Task::Probe { answer } => self.probes.push(answer),
            }
        }
    }

    /// Makes the batch durable and answers it; whether the connection is sound. What is left of the batch then is to
    /// be tried one by one.
    async fn write_batch(&mut self, connection: &mut SqliteConnection) -> bool {
        let updates: Vec<_> = self.updates.iter().map(|(update, _)| update).collect();
        if !updates.is_empty() {
            self.metrics.batches.observe(updates.len() as f64);
        }
        match transaction(connection, &self.sql, &updates).await {
            Ok(results) => {
                let mut is_sound = true;
                for ((_, caller), result) in self.updates.drain(..).zip(results) {
                    is_sound &= answer(caller, result);
                }
                is_sound && self.probe(connection).await
            }
            Err(error) => {
                // Nothing of the batch is stored. If one update is at fault, the others must not fail with it.
                if Fault::of(&error).concerns_all() {
                    self.fail_batch(&StoreError::changing(error));
                }
                false
            }
        }
    }

    /// Makes each of the updates that are left its own transaction, in the order of the queue.
    async fn write_one_by_one(&mut self, mut connection: Connection) -> Result<Connection, StoreError> {
        self.updates.reverse();
        while let Some((update, caller)) = self.updates.pop() {
            let result = statements::update(&mut connection, &self.sql, &[&update]).await.swap_remove(0);
            if !answer(caller, result) {
                connection = self.renew(connection).await?;
            }
        }
        if !self.probe(&mut connection).await {
            connection = self.renew(connection).await?;
        }
        Ok(connection)
    }

    /// Answers the probes; whether the connection is sound.
    async fn probe(&mut self, connection: &mut SqliteConnection) -> bool {
        if self.probes.is_empty() {
            return true;
        }
        let result = write_nothing(connection).await.map_err(StoreError::from);
        self.probes.drain(..).for_each(|caller| drop(caller.send(result.clone())));
        result.is_ok()
    }

    fn fail_batch(&mut self, error: &StoreError) {
        self.updates.drain(..).for_each(|(_, caller)| drop(caller.send(Err(error.clone()))));
        self.probes.drain(..).for_each(|caller| drop(caller.send(Err(error.clone()))));
    }

    /// A connection in the place of one whose state is in doubt. A database in memory is its connection, which is only
    /// brought out of its transaction.
    async fn renew(&self, mut connection: Connection) -> Result<Connection, StoreError> {
        if self.file.is_none() {
            // Fails if there is no transaction any more.
            let _ = connection.execute("ROLLBACK").await;
            return Ok(connection);
        }
        // Whatever becomes of it, it is not used again.
        let _ = connection.close().await;
        self.pool.acquire().await.map_err(StoreError::connecting)
    }
}

/// One transaction for the whole batch. A statement that breaks a constraint undoes itself and nothing else. Any other
/// failure undoes all of them.
async fn transaction(
    connection: &mut SqliteConnection,
    sql: &Sql,
    updates: &[&ProfileUpdate],
) -> sqlx::Result<Vec<Updated>> {
    if updates.len() < 2 {
        // A lone statement is its own transaction.
        return Ok(if updates.is_empty() { Vec::new() } else { statements::update(connection, sql, updates).await });
    }
    // A writer from the start: a transaction that becomes one half-way may find that it cannot.
    connection.execute("BEGIN IMMEDIATE").await?;
    let mut results = Vec::with_capacity(updates.len());
    while let next @ [first, ..] = &updates[results.len()..] {
        let alike = next.iter().take(MAX_STATEMENTS_PER_COMMAND).take_while(|update| update.shape() == first.shape());
        let command = &next[..1 << alike.count().ilog2()];
        for result in statements::update(connection, sql, command).await {
            match result {
                Err(error) if !Fault::of(&error).keeps_connection() || !is_in_transaction(connection).await => {
                    return Err(error);
                }
                result => results.push(result),
            }
        }
    }
    connection.execute("COMMIT").await?;
    Ok(results)
}

/// Whether the transaction is still open: a constraint may be declared `ON CONFLICT ROLLBACK`. One cannot be begun
/// inside of another.
async fn is_in_transaction(connection: &mut SqliteConnection) -> bool {
    connection.execute("BEGIN").await.is_err()
}

/// A durable write that changes nothing: SQLite writes the header's page also if the number is as it was.
async fn write_nothing(connection: &mut SqliteConnection) -> sqlx::Result<()> {
    connection.execute("BEGIN IMMEDIATE").await?;
    let user_version: i32 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *connection).await?;
    connection.execute(AssertSqlSafe(format!("PRAGMA user_version = {user_version}"))).await?;
    connection.execute("COMMIT").await?;
    Ok(())
}

/// Sends the caller its result; whether the connection is sound. A caller that stopped waiting gets none; its update is
/// stored all the same.
fn answer(caller: oneshot::Sender<Answer>, result: Updated) -> bool {
    let is_sound = result.as_ref().err().is_none_or(|error| Fault::of(error).keeps_connection());
    drop(caller.send(result.map_err(StoreError::changing)));
    is_sound
}
