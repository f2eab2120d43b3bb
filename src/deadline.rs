//! Until when the request at hand may begin a change, and how far its changes have got.
//!
//! A request is answered 503 when its time is over, and that must mean that nothing was done. So the store begins no
//! change after the deadline, and the deadline does not cut off a change that has begun.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

/// How long the execution of a request may take (docs/limits.md, "Bodies and executions").
pub(crate) const EXECUTION_TIMEOUT: Duration = Duration::from_secs(10);

tokio::task_local! {
    static CURRENT: Execution;
}

/// How far the changes of a request have got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Nothing was stored.
    #[default]
    NothingStored,
    /// A change is with the store, which answers in time: by the deadline if it is not begun by then.
    ChangeUnderWay,
    /// Some change was stored, or may have been.
    Stored,
}

/// The execution of one request.
#[derive(Clone, Debug)]
pub(crate) struct Execution {
    deadline: Instant,
    progress: Cell<Progress>,
}

impl Execution {
    /// Begins now.
    pub(crate) fn within(timeout: Duration) -> Self {
        Self { deadline: Instant::now() + timeout, progress: Cell::default() }
    }

    pub(crate) fn progress(&self) -> Progress {
        self.progress.get()
    }

    /// Polls a part of the execution, which thereby knows its deadline.
    pub(crate) fn poll<T>(&mut self, part: impl FnOnce() -> T) -> T {
        let (result, progress) =
            CURRENT.sync_scope(self.clone(), || (part(), CURRENT.with(|execution| execution.progress.get())));
        self.progress.set(progress);
        result
    }

    /// Runs what is left of the execution.
    pub(crate) async fn run<F: Future>(self, rest: F) -> F::Output {
        CURRENT.scope(self, rest).await
    }
}

/// The deadline of the request at hand. What is no request has as much time as one that begins now.
pub(crate) fn current() -> Instant {
    CURRENT.try_with(|execution| execution.deadline).unwrap_or_else(|_| Instant::now() + EXECUTION_TIMEOUT)
}

/// Notes how far the changes of the request at hand have got.
pub(crate) fn note(progress: Progress) {
    let _ = CURRENT.try_with(|execution| execution.progress.set(progress));
}

/// How far the changes of the request at hand have got.
pub(crate) fn progress() -> Progress {
    CURRENT.try_with(Execution::progress).unwrap_or_default()
}
