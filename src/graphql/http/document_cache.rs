//! Documents that were parsed and checked, kept for the next request that sends the same text, or only its hash.
//!
//! A client of automatic persisted queries sends the SHA-256 of a document first and its text only when that is not
//! known. Every document that passes is known here by its hash, so the store of those queries is this cache. It is
//! bounded by number and by memory; a stranger who fills it costs others a parse, or a client one more round trip.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_graphql::parser::{self, parse_query, types::ExecutableDocument};
use sha2::{Digest, Sha256};

use super::{
    cost::{CostError, check_document},
    gate::{GateError, check_text},
};

/// The most documents kept. An application has some tens of them.
const MOST_ENTRIES: usize = 256;
/// The most memory that they may take, as [`weight`] reckons it.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// Why a text is not a document that we would execute.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum DocumentError {
    /// It does not even reach the parser.
    #[error(transparent)]
    Gate(#[from] GateError),
    /// The parser refuses it. Its message shows a piece of the text.
    #[error("syntax error")]
    Syntax(#[from] parser::Error),
    /// It would cost too much, or never end.
    #[error(transparent)]
    Cost(#[from] CostError),
}

/// SHA-256 of a document's text.
pub(crate) type DocumentHash = [u8; 32];

/// A document that may be executed.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) hash: DocumentHash,
    pub(crate) parsed: ExecutableDocument,
}

/// What the cache has seen since the start, and what it holds now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheStats {
    /// Documents found.
    pub hits: u64,
    /// Documents not found.
    pub misses: u64,
    /// Documents that made room for others.
    pub evictions: u64,
    /// Documents held.
    pub entries: usize,
    /// The memory that they take, about.
    pub bytes: usize,
}

/// The bounded cache of documents, least recently used out first.
pub(crate) struct DocumentCache {
    most_entries: usize,
    most_bytes: usize,
    cache: Mutex<Cache>,
}

impl DocumentCache {
    /// An empty cache.
    pub(crate) fn new() -> Self {
        Self::with_bounds(MOST_ENTRIES, MOST_BYTES)
    }

    fn with_bounds(most_entries: usize, most_bytes: usize) -> Self {
        Self { most_entries, most_bytes, cache: Mutex::default() }
    }

    /// The document of this text, parsed and held to every limit, now or before.
    pub(crate) fn load(&self, text: &str) -> Result<Arc<Document>, DocumentError> {
        let hash = hash_of(text);
        if let Some(document) = self.find(&hash) {
            return Ok(document);
        }
        // Without the lock: two requests may parse the same text, but nobody waits for another's parser.
        let tokens = check_text(text)?;
        let parsed = parse_query(text)?;
        check_document(&parsed)?;
        let document = Arc::new(Document { hash, parsed });
        let entry = Entry { document: document.clone(), bytes: estimated_bytes(text, tokens), last_used: 0 };
        let mut cache = self.lock();
        cache.insert(hash, entry);
        while cache.entries.len() > self.most_entries || cache.counters.bytes > self.most_bytes {
            cache.evict();
        }
        Ok(document)
    }

    /// The document whose text has this hash, if it is known.
    pub(crate) fn find(&self, hash: &DocumentHash) -> Option<Arc<Document>> {
        self.lock().find(hash)
    }

    /// What the cache has seen and what it holds.
    pub(crate) fn counters(&self) -> CacheStats {
        let cache = self.lock();
        CacheStats { entries: cache.entries.len(), ..cache.counters }
    }

    fn lock(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The hash of a text.
pub(crate) fn hash_of(text: &str) -> DocumentHash {
    Sha256::digest(text).into()
}

/// The hash that a client has written in hexadecimal digits.
pub(crate) fn parse_hash(digits: &str) -> Option<DocumentHash> {
    let mut hash = [0; 32];
    hex::decode_to_slice(digits, &mut hash).ok()?;
    Some(hash)
}

/// About what a parsed document takes, never less. Measured: 760 bytes, up to 237 a token (an inline fragment's) and
/// up to 18 a byte of text (`true` over and over, which the parser reads as a list of them).
fn estimated_bytes(text: &str, tokens: usize) -> usize {
    1024 + 240 * tokens + 18 * text.len()
}

struct Entry {
    document: Arc<Document>,
    bytes: usize,
    last_used: u64,
}

#[derive(Default)]
struct Cache {
    entries: HashMap<DocumentHash, Entry>,
    /// Its `entries` is filled in when it is read.
    counters: CacheStats,
    /// Counts the uses, to tell which was the last.
    clock: u64,
}

impl Cache {
    fn find(&mut self, hash: &DocumentHash) -> Option<Arc<Document>> {
        self.clock += 1;
        let entry = self.entries.get_mut(hash);
        match entry {
            Some(_) => self.counters.hits += 1,
            None => self.counters.misses += 1,
        }
        let entry = entry?;
        entry.last_used = self.clock;
        Some(entry.document.clone())
    }

    fn insert(&mut self, hash: DocumentHash, entry: Entry) {
        self.clock += 1;
        self.counters.bytes += entry.bytes;
        if let Some(same) = self.entries.insert(hash, Entry { last_used: self.clock, ..entry }) {
            self.counters.bytes -= same.bytes;
        }
    }

    /// Drops the least recently used entry. Looking at each is quick: they are few.
    fn evict(&mut self) {
        let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.last_used).map(|(hash, _)| *hash);
        if let Some(entry) = oldest.and_then(|hash| self.entries.remove(&hash)) {
            self.counters.bytes -= entry.bytes;
            self.counters.evictions += 1;
        }
    }
}

#[cfg(test)]
mod tests;
