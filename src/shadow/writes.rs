//! Which writes of the same client overlap. Where a version says only that a row has changed, and not how often, another
//! write under way may be what made two answers differ.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::http::{HeaderMap, header};

/// The writes under way, by client.
#[derive(Default)]
pub(super) struct Writes {
    /// The key is a hash of the `Authorization` header: the header itself is not kept.
    by_client: Arc<Mutex<HashMap<u64, Vec<Arc<AtomicBool>>>>>,
    hasher: RandomState,
}

/// A write under way, until it is dropped.
pub(super) struct Write {
    client: u64,
    overlaps: Arc<AtomicBool>,
    by_client: Arc<Mutex<HashMap<u64, Vec<Arc<AtomicBool>>>>>,
}

impl Writes {
    /// A request that may write begins; `None` without credentials.
    pub(super) fn begin(&self, headers: &HeaderMap) -> Option<Write> {
        let client = self.hasher.hash_one(headers.get(header::AUTHORIZATION)?.as_bytes());
        let mut by_client = lock(&self.by_client);
        let under_way = by_client.entry(client).or_default();
        let overlaps = Arc::new(AtomicBool::new(!under_way.is_empty()));
        under_way.iter().for_each(|other| other.store(true, Ordering::Relaxed));
        under_way.push(overlaps.clone());
        drop(by_client);
        Some(Write { client, overlaps, by_client: self.by_client.clone() })
    }
}

impl Write {
    /// Whether another write of the same client was under way at some time since this one began.
    pub(super) fn overlaps(&self) -> bool {
        self.overlaps.load(Ordering::Relaxed)
    }
}

impl Drop for Write {
    fn drop(&mut self) {
        let mut by_client = lock(&self.by_client);
        if let Some(under_way) = by_client.get_mut(&self.client) {
            under_way.retain(|other| !Arc::ptr_eq(other, &self.overlaps));
            if under_way.is_empty() {
                by_client.remove(&self.client);
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn client(token: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static(token))])
    }

    #[test]
    fn writes_of_one_client_overlap_while_both_are_under_way() {
        let writes = Writes::default();
        assert!(writes.begin(&HeaderMap::new()).is_none());
        let first = writes.begin(&client("Token a")).unwrap();
        let other = writes.begin(&client("Token b")).unwrap();
        assert!(!first.overlaps() && !other.overlaps());
        let second = writes.begin(&client("Token a")).unwrap();
        assert!(first.overlaps() && second.overlaps() && !other.overlaps());
        drop((first, second));
        assert!(!writes.begin(&client("Token a")).unwrap().overlaps());
        drop(other);
        assert!(lock(&writes.by_client).is_empty());
    }
}
