//! SQLite's one writer, with group commit.
//!
//! SQLite takes one writer at a time, and a durable commit waits for the disk. So one task takes whatever changes are
//! waiting, makes them in one transaction and answers each only after the commit. Nobody waits for a batch to fill: it
//! is what came in while the last one was on its way to the disk.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use sea_orm::sqlx::{self, Connection, Sqlite, SqliteConnection, SqlitePool, error::ErrorKind, pool::PoolConnection};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinHandle;

use super::{
    ProfileRow, StoreError,
    statements::{self, ProfileUpdate},
    wal::WalState,
};

/// The largest transaction.
const BATCH: usize = 256;
/// Changes that go to SQLite's thread as one command, if they are alike: the way there and back takes longer than the
/// change. Their number is a power of two, so that few texts are prepared and they are found again.
const AT_ONCE: usize = 16;
/// How long the writer may keep its connection while there is always more to write.
const TURN: Duration = Duration::from_millis(100);
/// How many changes may wait; one more is answered [`StoreError::Busy`].
const QUEUE: usize = 1024;

/// What a statement gave.
type Row = sqlx::Result<Option<ProfileRow>>;
type Answer = Result<Option<ProfileRow>, StoreError>;

struct Job {
    change: ProfileUpdate,
    answer: oneshot::Sender<Answer>,
}

/// The way to the writer task.
pub(super) struct Writer {
    jobs: std::sync::Mutex<Option<mpsc::Sender<Job>>>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// `keep`: how long the connection is kept for the next change; whoever else writes has to wait for it.
    pub(super) fn start(pool: SqlitePool, pressure: Arc<WalState>, keep: Duration) -> Self {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let task = tokio::spawn(run(queue, pool, pressure, keep));
        Self { jobs: std::sync::Mutex::new(Some(jobs)), task: Mutex::new(Some(task)) }
    }

    /// Makes the change durable. Once it is in the queue it is made, even if nobody waits for the answer any more.
    pub(super) async fn change(&self, change: ProfileUpdate) -> Answer {
        let (answer, result) = oneshot::channel();
        {
            let jobs = self.jobs.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let jobs = jobs.as_ref().ok_or(StoreError::Stopped)?;
            jobs.try_send(Job { change, answer }).map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => StoreError::Busy,
                mpsc::error::TrySendError::Closed(_) => StoreError::Stopped,
            })?;
        }
        result.await.map_err(|_| StoreError::Stopped)?
    }

    /// Takes no more changes and waits for those that were taken.
    pub(super) async fn stop(&self) {
        self.jobs.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        if let Some(task) = self.task.lock().await.take()
            && let Err(error) = task.await
        {
            tracing::error!(error = &error as &dyn std::error::Error, "the writer died");
        }
    }
}

async fn run(mut queue: mpsc::Receiver<Job>, pool: SqlitePool, pressure: Arc<WalState>, keep: Duration) {
    let mut batch = Vec::with_capacity(BATCH);
    while queue.recv_many(&mut batch, BATCH).await > 0 {
        match pool.acquire().await {
            Ok(connection) => write_while_busy(connection, &mut batch, &mut queue, &pressure, keep).await,
            Err(error) => answer(&mut batch, Err(error)),
        }
    }
}

/// Writes with one connection, this batch and those that follow soon, until it is others' turn. To take a connection
/// out of the pool and to give it back costs more than a change does.
async fn write_while_busy(
    mut connection: PoolConnection<Sqlite>,
    batch: &mut Vec<Job>,
    queue: &mut mpsc::Receiver<Job>,
    pressure: &WalState,
    keep: Duration,
) {
    let start = Instant::now();
    loop {
        let results = commit(&mut connection, batch).await;
        let is_sound = results.is_ok();
        answer(batch, results);
        pressure.after_commit(&mut connection).await;
        if !is_sound || start.elapsed() > TURN {
            return;
        }
        match tokio::time::timeout(keep, queue.recv_many(batch, BATCH)).await {
            Ok(1..) => {}
            Ok(0) | Err(_) => return,
        }
    }
}

/// One transaction for the whole batch. A statement that breaks a rule of the table undoes itself and nothing else; any
/// other failure may have undone the transaction, and so undoes them all, as a failed commit does.
async fn commit(connection: &mut SqliteConnection, jobs: &[Job]) -> sqlx::Result<Vec<Row>> {
    let changes: Vec<_> = jobs.iter().map(|job| &job.change).collect();
    if let [_] = changes[..] {
        // A lone statement is its own transaction.
        return Ok(statements::execute::<Sqlite>(connection, &changes).await);
    }
    // A writer from the start: a transaction that becomes one half-way may find that it cannot.
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let mut results = Vec::with_capacity(jobs.len());
    while let next @ [first, ..] = &changes[results.len()..] {
        let alike = next.iter().take(AT_ONCE).take_while(|change| change.same_statement_as(first)).count();
        let done = statements::execute::<Sqlite>(&mut transaction, &next[..1 << alike.ilog2()]).await;
        if done.is_empty() {
            return Err(sqlx::Error::WorkerCrashed);
        }
        for result in done {
            match result {
                Err(error) if !breaks_a_rule(&error) => return Err(error),
                result => results.push(result),
            }
        }
    }
    transaction.commit().await?;
    Ok(results)
}

fn breaks_a_rule(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| error.kind() != ErrorKind::Other)
}

/// Tells everyone what became of their change. Who has gone does not hear it; the change is made all the same.
fn answer(batch: &mut Vec<Job>, results: sqlx::Result<Vec<Row>>) {
    match results {
        Ok(results) => {
            for (job, result) in batch.drain(..).zip(results) {
                drop(job.answer.send(result.map_err(StoreError::from)));
            }
        }
        Err(error) => {
            let error = StoreError::from(error);
            batch.drain(..).for_each(|job| drop(job.answer.send(Err(error.clone()))));
        }
    }
}
