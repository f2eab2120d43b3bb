//! The execution of a request, which outlives the connection that it came by.

use std::{
    future::Future,
    panic::AssertUnwindSafe,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_util::{FutureExt, future::BoxFuture};
use tokio::runtime::Handle;

use crate::request_id::{self, RequestContext};

/// How long an execution may take (docs/limits.md, "Bodies and executions").
const DEADLINE: Duration = Duration::from_secs(10);

/// Why an execution has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ExecutionError {
    #[error("Service temporarily unavailable, try again later.")]
    TimedOut,
    #[error("Internal server error.")]
    Panicked,
}

/// Runs the work to its end, whatever comes: a panic is this request's failure and nobody else's, and a client that
/// leaves does not cut a mutation in half. For the same reason work that is too slow is not stopped, only no longer
/// awaited; the store's own deadlines end it.
///
/// The work is put on the heap before anything else holds it: the layers above would move all of it each time.
pub(crate) fn execute<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> impl Future<Output = Result<T, ExecutionError>> {
    execute_within(DEADLINE, Unfinished(Some(AssertUnwindSafe(work).catch_unwind().boxed())))
}

async fn execute_within<T: Send + 'static>(deadline: Duration, work: Unfinished<T>) -> Result<T, ExecutionError> {
    match tokio::time::timeout(deadline, work).await {
        Ok(Ok(result)) => Ok(result),
        // The panic hook has logged where.
        Ok(Err(_)) => Err(ExecutionError::Panicked),
        Err(_) => {
            tracing::error!(request = request_id::for_log(), ?deadline, "a request took too long");
            Err(ExecutionError::TimedOut)
        }
    }
}

/// Work that becomes a task of its own when nobody waits for it any more. As a task from the start it would cost every
/// request the way to another thread and back.
struct Unfinished<T: Send + 'static>(Option<BoxFuture<'static, std::thread::Result<T>>>);

impl<T: Send + 'static> Future for Unfinished<T> {
    type Output = std::thread::Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(work) = &mut self.0 else { return Poll::Pending };
        let result = ready!(work.as_mut().poll(context));
        self.0 = None;
        Poll::Ready(result)
    }
}

impl<T: Send + 'static> Drop for Unfinished<T> {
    fn drop(&mut self) {
        if let (Some(work), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
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

    #[tokio::test]
    async fn a_panic_and_a_delay_are_told_apart() {
        assert_eq!(execute(async { 1 }).await, Ok(1));
        assert_eq!(execute(async { panic!("on purpose") }).await, Err::<(), _>(ExecutionError::Panicked));
        let never = Unfinished(Some(std::future::pending::<std::thread::Result<()>>().boxed()));
        assert_eq!(execute_within(Duration::ZERO, never).await, Err(ExecutionError::TimedOut));
    }

    #[tokio::test]
    async fn work_goes_on_when_nobody_waits_any_more() {
        let (go, gone) = tokio::sync::oneshot::channel::<()>();
        let (done, finished) = tokio::sync::oneshot::channel();
        let work = async move {
            let _ = gone.await;
            let _ = done.send(());
        };
        let mut execution = Box::pin(execute(work));
        assert!(futures_util::poll!(execution.as_mut()).is_pending());
        drop(execution);
        go.send(()).unwrap();
        assert_eq!(finished.await, Ok(()));
    }
}
