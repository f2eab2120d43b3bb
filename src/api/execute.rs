//! The execution of a request, which outlives the connection that it came by.

use std::{
    future::Future,
    panic::AssertUnwindSafe,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_util::{FutureExt, future::BoxFuture};
use tokio::{runtime::Handle, time::Sleep};

use crate::{
    deadline::{EXECUTION_TIMEOUT, Execution, Progress},
    messages::MessageId,
    request_id::{self, RequestContext},
};

/// Why an execution has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExecutionError {
    /// It took too long. Nothing was stored, and nothing will be.
    TimedOut,
    /// It took too long, and a part of what it was to store is stored.
    OutcomeUnknown,
    /// There is a defect.
    Panicked,
}

impl ExecutionError {
    /// What the client reads.
    pub(crate) fn message(self) -> MessageId {
        match self {
            Self::TimedOut => MessageId::Unavailable,
            Self::OutcomeUnknown => MessageId::OutcomeUnknown,
            Self::Panicked => MessageId::InternalError,
        }
    }
}

/// Runs the work to its end: a panic is this request's failure and no other's, and a client that leaves does not cut a
/// mutation in half. For the same reason work that is too slow is not stopped, only no longer awaited; its deadline
/// keeps it from beginning another change, and a change that has begun is awaited.
///
/// The work is put on the heap before anything else holds it: the layers above would move all of it each time.
pub(crate) fn execute<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> impl Future<Output = Result<T, ExecutionError>> {
    execute_within(EXECUTION_TIMEOUT, AssertUnwindSafe(work).catch_unwind().boxed())
}

async fn execute_within<T: Send + 'static>(
    timeout: Duration,
    work: BoxFuture<'static, std::thread::Result<T>>,
) -> Result<T, ExecutionError> {
    // The deadline first: when the timer elapses, it has passed.
    let execution = Execution::within(timeout);
    let timer = std::pin::pin!(tokio::time::sleep(timeout));
    Timed { work: Unfinished { rest: Some((execution, work)) }, timer }.await
}

/// Work and the time that it may take.
struct Timed<'a, T: Send + 'static> {
    work: Unfinished<T>,
    timer: Pin<&'a mut Sleep>,
}

impl<T: Send + 'static> Future for Timed<'_, T> {
    type Output = Result<T, ExecutionError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // The work first, also when its time is over: a change that waits in the store's queue is then given up.
        if let Poll::Ready(result) = self.work.poll(context) {
            // The panic hook has logged where.
            return Poll::Ready(result.map_err(|_| ExecutionError::Panicked));
        }
        if !self.timer.is_elapsed() {
            ready!(self.timer.as_mut().poll(context));
            if let Poll::Ready(result) = self.work.poll(context) {
                return Poll::Ready(result.map_err(|_| ExecutionError::Panicked));
            }
        }
        let error = match self.work.progress() {
            Progress::ChangeUnderWay => return Poll::Pending,
            Progress::NothingStored => ExecutionError::TimedOut,
            Progress::Stored => ExecutionError::OutcomeUnknown,
        };
        tracing::warn!(request = request_id::for_log(), "a request took too long");
        Poll::Ready(Err(error))
    }
}

/// Work that becomes a task of its own when its caller no longer waits for it. As a task from the start it would cost
/// every request the way to another thread and back.
struct Unfinished<T: Send + 'static> {
    rest: Option<(Execution, BoxFuture<'static, std::thread::Result<T>>)>,
}

impl<T: Send + 'static> Unfinished<T> {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<std::thread::Result<T>> {
        let Some((execution, work)) = &mut self.rest else { return Poll::Pending };
        let result = ready!(execution.poll(|| work.as_mut().poll(context)));
        self.rest = None;
        Poll::Ready(result)
    }

    fn progress(&self) -> Progress {
        self.rest.as_ref().map_or(Progress::NothingStored, |(execution, _)| execution.progress())
    }
}

impl<T: Send + 'static> Drop for Unfinished<T> {
    fn drop(&mut self) {
        if let (Some((execution, work)), Ok(runtime)) = (self.rest.take(), Handle::try_current()) {
            let work = execution.run(work);
            match RequestContext::current() {
                Some(context) => runtime.spawn(context.scope(work)),
                None => runtime.spawn(work),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deadline;

    fn boxed<T: Send + 'static>(
        work: impl Future<Output = T> + Send + 'static,
    ) -> BoxFuture<'static, std::thread::Result<T>> {
        AssertUnwindSafe(work).catch_unwind().boxed()
    }

    #[tokio::test]
    async fn tells_a_panic_from_a_timeout() {
        assert_eq!(execute(async { 1 }).await, Ok(1));
        assert_eq!(execute(async { panic!("on purpose") }).await, Err::<(), _>(ExecutionError::Panicked));
        let never = execute_within(Duration::ZERO, boxed(std::future::pending::<()>()));
        assert_eq!(never.await, Err(ExecutionError::TimedOut));
    }

    #[tokio::test]
    async fn a_timeout_says_whether_something_may_be_stored() {
        let stored = execute_within(
            Duration::ZERO,
            boxed(async {
                deadline::note(Progress::Stored);
                std::future::pending::<()>().await;
            }),
        );
        assert_eq!(stored.await, Err(ExecutionError::OutcomeUnknown));
    }

    #[tokio::test]
    async fn awaits_a_change_that_has_begun() {
        let (done, change) = tokio::sync::oneshot::channel();
        let work = boxed(async {
            deadline::note(Progress::ChangeUnderWay);
            change.await.unwrap()
        });
        let mut execution = Box::pin(execute_within(Duration::ZERO, work));
        // The first poll starts the timer, and the second comes when it has elapsed.
        assert!(futures_util::poll!(execution.as_mut()).is_pending());
        tokio::time::sleep(Duration::from_millis(5)).await;
        assert!(futures_util::poll!(execution.as_mut()).is_pending());
        done.send(1).unwrap();
        assert_eq!(execution.await, Ok(1));
    }

    #[tokio::test]
    async fn work_goes_on_within_its_deadline_when_its_caller_leaves() {
        let (go, gone) = tokio::sync::oneshot::channel::<()>();
        let (done, finished) = tokio::sync::oneshot::channel();
        let work = async move {
            let before = deadline::current();
            let _ = gone.await;
            let _ = done.send(deadline::current() == before);
        };
        let mut execution = Box::pin(execute(work));
        assert!(futures_util::poll!(execution.as_mut()).is_pending());
        drop(execution);
        go.send(()).unwrap();
        assert_eq!(finished.await, Ok(true));
    }
}
