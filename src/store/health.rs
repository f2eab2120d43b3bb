//! Whether the database serves requests, and the log's lines when that changes: one when a failure begins, one when it
//! is over, and none for the requests between.

use std::{
    error::Error,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use super::{
    StoreError,
    metrics::{Failure, FailureMetrics},
};
use crate::metrics::{Counter, Gauge};

/// A failure is over when something succeeds after as long without a failure: where some requests fail and others do
/// not, the log does not follow each of them.
const QUIET: Duration = Duration::from_secs(1);
/// The least that a client is asked to wait before it tries again.
const MIN_RETRY_AFTER: Duration = Duration::from_secs(1);
/// The most, which is also how late a client may notice that the database is back.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(10);
/// An orderly switchover, during which the database is read-only, takes a second or two (docs/high-availability.md).
const SWITCHOVER: Duration = Duration::from_secs(2);

/// Why requests cannot be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotReady {
    /// The database does not answer a read in time.
    #[error("database unavailable")]
    Unavailable,
    /// The database takes no writes by its own decision: a standby, a demoted primary, a file without write access.
    #[error("database read-only")]
    ReadOnly,
    /// The path of a SQLite database leads to another file than the one that is open, or to none.
    #[error("database file replaced")]
    Replaced,
    /// Every write has failed for some time.
    #[error("writes are failing")]
    WritesFail,
}

/// What the requests' results say about the database.
pub(super) struct Health {
    /// Whether the database can be reached.
    connections: Outage,
    /// Whether it takes writes.
    writes: Outage,
    /// Whether requests wait in vain for other requests.
    load: Outage,
    /// Whether a write has ever succeeded.
    has_written: AtomicBool,
}

impl Health {
    pub(super) fn new(metrics: FailureMetrics) -> Self {
        let outage = |failure, begins, ends| {
            let (requests, is_out) = (metrics.requests.of(failure).clone(), metrics.outages.of(failure).clone());
            Outage::new((begins, ends), requests, is_out)
        };
        let [writes, written] = ["the database cannot be written to", "the database can be written to"];
        Self {
            connections: outage(Failure::Connection, "database lost", "database back"),
            writes: outage(Failure::Write, writes, written),
            load: outage(Failure::Wait, "requests wait too long for the database", "requests no longer wait"),
            has_written: AtomicBool::new(false),
        }
    }

    /// What became of a request's read.
    pub(super) fn after_read<T>(&self, result: &Result<T, StoreError>) {
        match result {
            Ok(_) => self.read_succeeded(),
            Err(error) => self.failed(error, 1),
        }
    }

    /// What became of a request's write.
    pub(super) fn after_write<T>(&self, result: &Result<T, StoreError>) {
        match result {
            Ok(_) => self.write_succeeded(),
            Err(error) => self.failed(error, 1),
        }
    }

    /// What became of a read that no client asked for.
    pub(super) fn after_read_check<T>(&self, result: &Result<T, StoreError>) {
        match result {
            Ok(_) => self.read_succeeded(),
            Err(error) => self.failed(error, 0),
        }
    }

    /// What became of a write that no client asked for.
    pub(super) fn after_write_check<T>(&self, result: &Result<T, StoreError>) {
        match result {
            Ok(_) => self.write_succeeded(),
            Err(error) => self.failed(error, 0),
        }
    }

    fn read_succeeded(&self) {
        self.connections.succeeded();
        self.load.succeeded();
    }

    fn write_succeeded(&self) {
        if !self.has_written.load(Ordering::Relaxed) {
            self.has_written.store(true, Ordering::Relaxed);
        }
        self.read_succeeded();
        self.writes.succeeded();
    }

    fn failed(&self, error: &StoreError, requests: u64) {
        match error {
            StoreError::Unavailable(_) | StoreError::OutcomeUnknown(_) => self.connections.failed(error, requests),
            StoreError::NotWritable(_) => self.writes.failed(error, requests),
            StoreError::Busy | StoreError::Contended(_) => self.load.failed(error, requests),
            StoreError::Unique(_)
            | StoreError::Rejected(..)
            | StoreError::DjangoTables
            | StoreError::Database(_)
            | StoreError::Stopped => {}
        }
    }

    /// When a request that cannot be served now is worth another try: after as long again as the database has been seen
    /// to fail. Requests that wait for each other, and a stop, are over soon.
    pub(super) fn retry_after(&self) -> Duration {
        self.connections.has_lasted().max(self.writes.has_lasted()).clamp(MIN_RETRY_AFTER, MAX_RETRY_AFTER)
    }

    /// Whether nothing has told lately whether writes succeed: no write has, and the last failure is as long ago.
    pub(super) fn is_write_check_due(&self, long: Duration) -> bool {
        match &*lock(&self.writes.state) {
            Some(state) if state.failing_since.is_some() => state.last_failure.elapsed() >= long,
            _ => !self.has_written.load(Ordering::Relaxed),
        }
    }

    /// Whether writes succeed, as far as is known. They do not if each has failed for so long.
    pub(super) fn check_writes(&self, long: Duration) -> Result<(), NotReady> {
        match &*lock(&self.writes.state) {
            Some(State { failing_since: Some(_), is_read_only: true, .. }) => Err(NotReady::ReadOnly),
            Some(State { failing_since: Some(since), .. }) if since.elapsed() >= long => Err(NotReady::WritesFail),
            _ => Ok(()),
        }
    }
}

/// One kind of failure.
struct Outage {
    begins: &'static str,
    ends: &'static str,
    /// Requests that failed so.
    requests: Counter,
    /// 1 while there is a state: all that a successful request looks at.
    is_out: Gauge,
    state: Mutex<Option<State>>,
}

/// A failure that the log knows.
struct State {
    began: Instant,
    last_failure: Instant,
    /// Since when nothing has succeeded.
    failing_since: Option<Instant>,
    rejected: u64,
    is_read_only: bool,
}

impl Outage {
    fn new((begins, ends): (&'static str, &'static str), requests: Counter, is_out: Gauge) -> Self {
        Self { begins, ends, requests, is_out, state: Mutex::new(None) }
    }

    fn failed(&self, error: &StoreError, requests: u64) {
        self.requests.inc_by(requests);
        let now = Instant::now();
        let mut state = lock(&self.state);
        let state = state.get_or_insert_with(|| {
            self.is_out.set(1);
            tracing::error!(error = error as &dyn Error, "{}", self.begins);
            State { began: now, last_failure: now, failing_since: None, rejected: 0, is_read_only: false }
        });
        state.last_failure = now;
        state.failing_since.get_or_insert(now);
        state.rejected += requests;
        state.is_read_only = error.is_read_only();
    }

    /// From its first failure to its last; nothing if that was not just now.
    fn has_lasted(&self) -> Duration {
        match &*lock(&self.state) {
            Some(State { failing_since: Some(since), last_failure, is_read_only, .. })
                if last_failure.elapsed() < QUIET =>
            {
                let least = if *is_read_only { SWITCHOVER } else { Duration::ZERO };
                last_failure.duration_since(*since).max(least)
            }
            _ => Duration::ZERO,
        }
    }

    fn succeeded(&self) {
        if self.is_out.get() == 0 {
            return;
        }
        let mut state = lock(&self.state);
        let Some(outage) = &mut *state else { return };
        outage.failing_since = None;
        if outage.last_failure.elapsed() >= QUIET {
            let (seconds, rejected) = (outage.began.elapsed().as_secs(), outage.rejected);
            tracing::info!("{} after {seconds} s, {rejected} requests rejected", self.ends);
            *state = None;
            self.is_out.set(0);
        }
    }
}

fn lock(state: &Mutex<Option<State>>) -> MutexGuard<'_, Option<State>> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
