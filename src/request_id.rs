//! The request that a piece of work belongs to: its id, which the answer and the log share, and its client's address.
//!
//! A span around the request would tell the log as well, but it is entered and left at every poll, and again by every
//! layer of sqlx: 22 times for a PATCH. Instead, code that logs names the request: `request = request_id::for_log()`.

use std::{
    fmt,
    future::Future,
    net::IpAddr,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::task::futures::TaskLocalFuture;
use tracing::field::{DisplayValue, display};

tokio::task_local! {
    static CURRENT: RequestContext;
}

/// The requests that this process has begun, plus one.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// Unique among servers by a random half, and within this one by a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RequestId(u64);

impl RequestId {
    /// An id that no request has had.
    pub(crate) fn next() -> Self {
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        static SERVER: LazyLock<u64> = LazyLock::new(|| getrandom::u64().unwrap_or_default());
        write!(f, "{:016x}-{:x}", *SERVER, self.0)
    }
}

/// Which request it is and whose, wherever the work on it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RequestContext {
    pub(crate) id: RequestId,
    /// The client's address: the other end of the connection, or what a trusted proxy in front of this server says.
    pub(crate) peer: Option<IpAddr>,
}

impl RequestContext {
    /// The request that the running task works on, if there is one.
    pub(crate) fn current() -> Option<Self> {
        CURRENT.try_with(|context| *context).ok()
    }

    /// Makes the work part of this request, on whatever thread it is polled.
    pub(crate) fn scope<F: Future>(self, work: F) -> TaskLocalFuture<Self, F> {
        CURRENT.scope(self, work)
    }
}

/// The field of a log line that names the current request; empty outside of a request.
pub(crate) fn for_log() -> Option<DisplayValue<RequestId>> {
    RequestContext::current().map(|context| display(context.id))
}

/// How many requests this process has begun.
pub(crate) fn requests_begun() -> u64 {
    NEXT.load(Ordering::Relaxed) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_in_a_scope_reads_the_id_of_its_request() {
        let (one, other) = (RequestId::next(), RequestId::next());
        assert_ne!(one.to_string(), other.to_string());
        let context = RequestContext { id: one, peer: Some([127, 0, 0, 1].into()) };
        assert_eq!(context.scope(async { RequestContext::current() }).await, Some(context));
        assert_eq!(RequestContext::current(), None);
    }
}
