//! SQLite's one writer, with group commit.
//!
//! SQLite takes one writer at a time, and a durable commit waits for the disk. So one task takes whatever changes are
//! waiting, makes them in one transaction and answers each only after the commit. Nobody waits for a batch to fill: it
//! is what came in while the last one was on its way to the disk.

use std::sync::Arc;

use entity::customer;
use sea_orm::{ConnectionTrait, DatabaseConnection, SqliteTransactionMode, TransactionOptions, TransactionTrait};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinHandle;

use super::{
    StoreError,
    checkpoint::WalPressure,
    statements::{self, Change},
};

/// The largest transaction.
const BATCH: usize = 256;
/// How many changes may wait; one more is answered [`StoreError::Busy`].
const QUEUE: usize = 1024;

type Answer = Result<Option<customer::Model>, StoreError>;

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
    let mut batch = Vec::with_capacity(BATCH);
    while queue.recv_many(&mut batch, BATCH).await > 0 {
        match batch.len() {
            // A lone statement is its own transaction.
            1 => {
                for Job { change, answer } in batch.drain(..) {
                    let result = statements::execute(&db, &change).await;
                    // The other side may have gone; the change is made all the same.
                    let _ = answer.send(result.map_err(StoreError::from));
                }
            }
            _ => commit(&db, &mut batch).await,
        }
        pressure.note_commit(&db).await;
    }
}

/// One transaction for the whole batch. A statement that fails undoes itself and nothing else; a commit that fails
/// undoes them all, and everyone is told so.
async fn commit(db: &DatabaseConnection, batch: &mut Vec<Job>) {
    let mut answers = Vec::with_capacity(batch.len());
    let mut results = Vec::with_capacity(batch.len());
    let committed = async {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        let transaction = db.begin_with_options(options).await;
        let mut changes = Vec::with_capacity(batch.len());
        for Job { change, answer } in batch.drain(..) {
            changes.push(change);
            answers.push(answer);
        }
        let transaction = transaction?;
        for change in changes {
            results.push(execute(&transaction, change).await);
        }
        transaction.commit().await
    }
    .await
    .map_err(StoreError::from);
    match committed {
        Ok(()) => answers.into_iter().zip(results).for_each(|(answer, result)| drop(answer.send(result))),
        Err(error) => answers.into_iter().for_each(|answer| drop(answer.send(Err(error.clone())))),
    }
}

async fn execute(db: &impl ConnectionTrait, change: Change) -> Answer {
    statements::execute(db, &change).await.map_err(StoreError::from)
}
