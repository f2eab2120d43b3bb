//! Which request this is: an id that the answer and the log share.
//!
//! A span around the request would tell the log as well, but it is entered and left at every poll, and again by every
//! layer of sqlx: 22 times for a PATCH. So whoever logs names the request: `request = request_id::for_log()`.

use std::{
    fmt,
    future::Future,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::task::futures::TaskLocalFuture;
use tracing::field::{DisplayValue, display};

tokio::task_local! {
    static CURRENT: RequestId;
}

/// Unique among servers by a random half, and within this one by a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RequestId(u64);

impl RequestId {
    /// One that no request has had.
    pub(crate) fn next() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(1);
        Self(COUNT.fetch_add(1, Ordering::Relaxed))
    }

    /// That of the request at hand, if this is part of one.
    pub(crate) fn current() -> Option<Self> {
        CURRENT.try_with(|id| *id).ok()
    }

    /// The work is part of this request, wherever it is polled.
    pub(crate) fn scope<F: Future>(self, work: F) -> TaskLocalFuture<Self, F> {
        CURRENT.scope(self, work)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        static SERVER: LazyLock<u64> = LazyLock::new(|| getrandom::u64().unwrap_or_default());
        write!(f, "{:016x}-{:x}", *SERVER, self.0)
    }
}

/// The field of a log line that names the request at hand; none outside of one.
pub(crate) fn for_log() -> Option<DisplayValue<RequestId>> {
    RequestId::current().map(display)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_knows_its_request() {
        let (one, other) = (RequestId::next(), RequestId::next());
        assert_ne!(one.to_string(), other.to_string());
        assert_eq!(one.scope(async { RequestId::current() }).await, Some(one));
        assert_eq!(RequestId::current(), None);
    }
}
