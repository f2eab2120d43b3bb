//! SQLite's one writer, with group commit.
//!
//! SQLite takes one writer at a time, and a durable commit waits for the disk. So one task takes whatever changes are
//! waiting, makes them in one transaction and answers each only after the commit. Nobody waits for a batch to fill: it
//! is what came in while the last one was on its way to the disk.

use std::sync::Arc;

use sea_orm::{
    DatabaseConnection,
    sqlx::{self, Connection, Sqlite, SqlitePool},
};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinHandle;

use super::{
    ProfileRow, StoreError,
    checkpoint::WalPressure,
    statements::{self, Change},
};

/// The largest transaction.
const BATCH: usize = 256;
/// How many changes may wait; one more is answered [`StoreError::Busy`].
const QUEUE: usize = 1024;

/// What a statement gave.
type Row = sqlx::Result<Option<ProfileRow>>;
type Answer = Result<Option<ProfileRow>, StoreError>;

struct Job {
    change: Change,
    answer: oneshot::Sender<Answer>,
}

/// The way to the writer task.
pub(super) struct Writer {
    jobs: std::sync::Mutex<Option<mpsc::Sender<Job>>>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn start(db: DatabaseConnection, pressure: Arc<WalPressure>) -> Self {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let task = tokio::spawn(run(queue, db, pressure));
        Self { jobs: std::sync::Mutex::new(Some(jobs)), task: Mutex::new(Some(task)) }
    }

    /// Makes the change durable. Once it is in the queue it is made, even if nobody waits for the answer any more.
    pub(super) async fn change(&self, change: Change) -> Answer {
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

async fn run(mut queue: mpsc::Receiver<Job>, db: DatabaseConnection, pressure: Arc<WalPressure>) {
    let pool = db.get_sqlite_connection_pool();
    let mut batch = Vec::with_capacity(BATCH);
    while queue.recv_many(&mut batch, BATCH).await > 0 {
        let results = commit(pool, &batch).await;
        answer(&mut batch, results);
        pressure.note_commit(&db).await;
    }
}

/// One transaction for the whole batch. A statement that fails undoes itself and nothing else; a commit that fails
/// undoes them all.
async fn commit(pool: &SqlitePool, jobs: &[Job]) -> sqlx::Result<Vec<Row>> {
    let mut connection = pool.acquire().await?;
    if let [job] = jobs {
        // A lone statement is its own transaction.
        return Ok(vec![statements::execute::<Sqlite>(&mut connection, &job.change).await]);
    }
    // A writer from the start: a transaction that becomes one half-way may find that it cannot.
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let mut results = Vec::with_capacity(jobs.len());
    for job in jobs {
        results.push(statements::execute::<Sqlite>(&mut transaction, &job.change).await);
    }
    transaction.commit().await?;
    Ok(results)
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
