//! The request that a piece of work belongs to: its id, which the answer and the log share, its client's address, and what
//! is noted of it.
//!
//! A span around the request would tell the log as well, but it is entered and left at every poll, and again by every
//! layer of sqlx: 22 times for a PATCH. Instead, code that logs names the request: `request = request_id::for_log()`.

use std::{
    cell::RefCell,
    fmt,
    future::Future,
    net::IpAddr,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::task::futures::TaskLocalFuture;
use tracing::field::{DisplayValue, display};

use crate::request_notes::{Api, Notes};

tokio::task_local! {
    static CURRENT: RequestContext;
}

/// The requests that this process has begun, plus one.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// The longest id that a proxy may give, in bytes.
const MAX_GIVEN_ID_BYTES: usize = 64;

/// The id of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RequestId {
    /// Unique among servers by a random half, and within this one by a count.
    Own(u64),
    /// From a proxy in front of this server.
    Given(Arc<str>),
}

impl RequestId {
    /// An id that no request has had.
    pub(crate) fn next() -> Self {
        Self::Own(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// The id that a proxy gives, if a log can take it as it is: letters, digits, `-`, `_` and `.`.
    pub(crate) fn given(id: &str) -> Option<Self> {
        let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let is_id = (1..=MAX_GIVEN_ID_BYTES).contains(&id.len()) && id.bytes().all(is_safe);
        is_id.then(|| Self::Given(id.into()))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        static SERVER: LazyLock<String> = LazyLock::new(|| format!("{:016x}-", getrandom::u64().unwrap_or_default()));
        match self {
            Self::Own(count) => {
                f.write_str(&SERVER)?;
                fmt::LowerHex::fmt(count, f)
            }
            Self::Given(id) => f.write_str(id),
        }
    }
}

/// Which request it is and whose, wherever the work on it is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestContext {
    pub(crate) id: RequestId,
    /// The client's address: the other end of the connection, or what a trusted proxy in front of this server says.
    pub(crate) client: Option<IpAddr>,
    api: Api,
    notes: RefCell<Notes>,
}

impl RequestContext {
    /// The context of a request of which nothing is noted yet.
    pub(crate) fn new(id: RequestId, client: Option<IpAddr>, api: Api) -> Self {
        Self { id, client, api, notes: RefCell::default() }
    }

    /// The request that the running task works on, if there is one.
    pub(crate) fn current() -> Option<Self> {
        CURRENT.try_with(Self::clone).ok()
    }

    /// Makes the work part of this request, on whatever thread it is polled. When it is done, `take_value` gives the context
    /// with what was noted meanwhile.
    pub(crate) fn scope<F: Future>(self, work: F) -> TaskLocalFuture<Self, F> {
        CURRENT.scope(self, work)
    }

    /// What was noted.
    pub(crate) fn into_notes(self) -> Notes {
        self.notes.into_inner()
    }
}

/// Notes something of the request that the running task works on, if there is one.
pub(crate) fn note(change: impl FnOnce(&mut Notes)) {
    let _ = CURRENT.try_with(|context| change(&mut context.notes.borrow_mut()));
}

/// The address of the client whose request the running task works on, as far as it is known.
pub(crate) fn client() -> Option<IpAddr> {
    CURRENT.try_with(|context| context.client).ok().flatten()
}

/// The field of a log line that names the current request; empty outside of a request.
pub(crate) fn for_log() -> Option<DisplayValue<RequestId>> {
    RequestContext::current().map(|context| display(context.id))
}

/// The API by which the request came that the running task works on.
pub(crate) fn api() -> Option<Api> {
    CURRENT.try_with(|context| context.api).ok()
}

/// How many requests this process has begun.
pub(crate) fn requests_begun() -> u64 {
    NEXT.load(Ordering::Relaxed) - 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request_notes::Outcome;

    #[tokio::test]
    async fn work_in_a_scope_reads_the_id_of_its_request_and_notes_its_outcome() {
        let (one, other) = (RequestId::next(), RequestId::next());
        assert_ne!(one.to_string(), other.to_string());
        let context = RequestContext::new(one, Some([127, 0, 0, 1].into()), Api::Rest);
        let mut work = Box::pin(context.clone().scope(async {
            assert_eq!(client(), Some([127, 0, 0, 1].into()));
            let current = RequestContext::current();
            note(|notes| notes.add_outcome(Outcome::Invalid));
            current
        }));
        assert_eq!(work.as_mut().await, Some(context));
        let notes = work.as_mut().take_value().unwrap().into_notes();
        assert_eq!(notes.outcome(), Some(Outcome::Invalid));
        assert_eq!((RequestContext::current(), client(), api()), (None, None, None));
    }

    #[test]
    fn a_given_id_is_short_and_has_safe_characters() {
        for id in ["7", "018f3a5e-7c1b-4b6e-9a55-0f6e2d8c1a90", "a_b.C", &"x".repeat(64)] {
            assert_eq!(RequestId::given(id).map(|id| id.to_string()).as_deref(), Some(id));
        }
        for id in ["", "a b", "a\"b", "sara@example.com", "a=b", "é", "a\nb", &"x".repeat(65)] {
            assert_eq!(RequestId::given(id), None, "{id:?}");
        }
    }
}
