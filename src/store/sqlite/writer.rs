//! The queue of SQLite's one writer.
//!
//! An update carries its deadline. The writer rejects what is too old before it begins the transaction, and publishes
//! the number of the last update that it has begun. So an update that waits knows at its deadline whether it is still
//! to be begun (then it never will be) or not (then it waits for the result).

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::Poll,
    time::{Duration, Instant},
};

use sea_orm::{DbErr, sqlx::SqlitePool};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use super::{
    group_commit::GroupCommit,
    job::{Answer, Job, Task},
    open_file::OpenFile,
    wal::WalState,
};
use crate::store::{
    StoreError,
    metrics::WriterMetrics,
    sql::{ProfileUpdate, Sql},
};

/// How many updates may wait; one more is answered [`StoreError::Busy`].
const QUEUE_CAPACITY: usize = 1024;

/// The way to the writer task.
pub(super) struct Writer {
    queue: Mutex<Queue>,
    /// The number of the last job that was begun.
    begun: Arc<AtomicU64>,
    task: tokio::sync::Mutex<Option<JoinHandle<()>>>,
    metrics: WriterMetrics,
}

struct Queue {
    /// `None` once the writer takes no more.
    jobs: Option<mpsc::Sender<Job>>,
    last_number: u64,
}

impl Writer {
    /// Starts the task. `keep` is how long it keeps its connection for the next update; other writers of this process
    /// wait for it. Without a `file` the connection is to a database in memory, which lives and dies with it.
    pub(super) fn start(
        pool: SqlitePool,
        sql: Arc<Sql>,
        wal: Arc<WalState>,
        keep: Duration,
        file: Option<Arc<OpenFile>>,
        metrics: WriterMetrics,
    ) -> Self {
        let (jobs, queue) = mpsc::channel(QUEUE_CAPACITY);
        let begun = Arc::new(AtomicU64::new(0));
        let writer = GroupCommit::new((pool, sql, wal), keep, file, begun.clone(), metrics.clone());
        let task = tokio::spawn(writer.run(queue));
        let queue = Mutex::new(Queue { jobs: Some(jobs), last_number: 0 });
        Self { queue, begun, task: tokio::sync::Mutex::new(Some(task)), metrics }
    }

    /// Makes the update durable. If it is not begun by the deadline it never will be.
    ///
    /// The caller polls it once after the deadline; there is no timer of its own.
    pub(super) async fn update(&self, update: ProfileUpdate, deadline: Instant) -> Answer {
        let (answer, result) = oneshot::channel();
        let number = self.send(Task::Update { update, answer }, deadline)?;
        self.wait(result, number, deadline).await
    }

    /// Writes something that changes nothing, on the same conditions as an update.
    pub(super) async fn probe(&self, deadline: Instant) -> Result<(), StoreError> {
        let (answer, result) = oneshot::channel();
        let number = self.send(Task::Probe { answer }, deadline)?;
        self.wait(result, number, deadline).await
    }

    fn send(&self, task: Task, deadline: Instant) -> Result<u64, StoreError> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let number = queue.last_number + 1;
        let jobs = queue.jobs.as_ref().ok_or(StoreError::Stopped)?;
        // First, for the writer subtracts it at once.
        self.metrics.queue.inc();
        if let Err(error) = jobs.try_send(Job { number, deadline, task }) {
            self.metrics.queue.dec();
            return Err(match error {
                mpsc::error::TrySendError::Full(_) => StoreError::Busy,
                mpsc::error::TrySendError::Closed(_) => StoreError::Stopped,
            });
        }
        queue.last_number = number;
        Ok(number)
    }

    async fn wait<T>(
        &self,
        mut result: oneshot::Receiver<Result<T, StoreError>>,
        number: u64,
        deadline: Instant,
    ) -> Result<T, StoreError> {
        let mut is_first_poll = true;
        poll_fn(|context| match Pin::new(&mut result).poll(context) {
            Poll::Ready(Ok(result)) => Poll::Ready(result),
            Poll::Ready(Err(_)) => Poll::Ready(Err(self.task_died(number))),
            // Most updates are polled twice; only those that wait longer look at the clock.
            Poll::Pending if std::mem::take(&mut is_first_poll) => Poll::Pending,
            // The clock before the number: the writer publishes the number before it looks at the clock.
            Poll::Pending if Instant::now() >= deadline && !self.has_begun(number) => {
                Poll::Ready(Err(StoreError::Busy))
            }
            Poll::Pending => Poll::Pending,
        })
        .await
    }

    fn has_begun(&self, number: u64) -> bool {
        number <= self.begun.load(Ordering::SeqCst)
    }

    fn task_died(&self, number: u64) -> StoreError {
        if self.has_begun(number) {
            StoreError::OutcomeUnknown(Arc::new(DbErr::Custom("the writer task ended".to_owned())))
        } else {
            StoreError::Stopped
        }
    }

    /// Takes no more jobs and waits for those that were taken.
    pub(super) async fn stop(&self) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).jobs.take();
        if let Some(task) = self.task.lock().await.take()
            && let Err(error) = task.await
        {
            tracing::error!(error = &error as &dyn std::error::Error, "the writer task failed");
        }
    }
}
