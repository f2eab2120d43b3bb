//! Documents that were parsed and checked, kept for the next request that sends the same text, or only its hash.
//!
//! A client of automatic persisted queries sends the SHA-256 of a document first, and its text only when the hash is not
//! known. Every document that was accepted is known here by its hash, so this cache is also the store of those queries.
//! It is bounded by number and by memory. A client that fills it costs others a parse or one more round trip.
//!
//! A text is found by the text itself. SHA-256 of each request's text took 5 % of an update's instructions, so it is
//! computed when a document is stored, and when a client sends a hash beside a text.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_graphql::parser::{self, parse_query, types::ExecutableDocument};
use lru::LruCache;
use sha2::{Digest, Sha256};

use super::{
    limits::{ComplexityError, SourceError, check_document, check_source},
    metrics::GraphqlMetrics,
};
use crate::messages::{Message, MessageId};

/// How many documents are kept. An application has some tens of them.
const MAX_DOCUMENTS: usize = 256;
/// How much memory they may take, by [`estimated_bytes`].
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// Why a text is not a document that we would execute.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", self.message())]
pub(crate) enum DocumentError {
    /// The text was rejected before the parser.
    Source(#[from] SourceError),
    /// The parser rejected it. Its message shows a piece of the text.
    Syntax(#[from] parser::Error),
    /// Executing it would cost too much, or never end.
    Complexity(#[from] ComplexityError),
}

impl DocumentError {
    /// What the client reads.
    pub(crate) fn message(&self) -> Message {
        match self {
            Self::Source(SourceError::Limit(limit)) | Self::Complexity(ComplexityError::Limit(limit)) => {
                limit.message()
            }
            Self::Source(SourceError::UnterminatedString) => MessageId::UnterminatedString.into(),
            Self::Syntax(_) => MessageId::SyntaxError.into(),
            Self::Complexity(ComplexityError::FragmentCycle) => MessageId::FragmentCycle.into(),
        }
    }
}

/// SHA-256 of a document's text.
pub(crate) type DocumentHash = [u8; 32];

/// A document that may be executed.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) hash: DocumentHash,
    pub(crate) parsed: ExecutableDocument,
}

/// The bounded cache of documents. The least recently used one is removed first.
pub(crate) struct DocumentCache {
    max_documents: usize,
    max_bytes: usize,
    cache: Mutex<Cache>,
    metrics: GraphqlMetrics,
}

struct Cache {
    documents: LruCache<Arc<str>, Entry>,
    /// The text of each document, by its hash.
    texts: HashMap<DocumentHash, Arc<str>>,
    bytes: usize,
}

struct Entry {
    document: Arc<Document>,
    bytes: usize,
}

impl DocumentCache {
    /// An empty cache.
    pub(crate) fn new(metrics: &GraphqlMetrics) -> Self {
        Self::with_bounds(MAX_DOCUMENTS, MAX_BYTES, metrics.clone())
    }

    fn with_bounds(max_documents: usize, max_bytes: usize, metrics: GraphqlMetrics) -> Self {
        let cache = Cache { documents: LruCache::unbounded(), texts: HashMap::new(), bytes: 0 };
        Self { max_documents, max_bytes, cache: Mutex::new(cache), metrics }
    }

    /// The document of this text, parsed and checked against every limit, now or before.
    pub(crate) fn load(&self, text: &str) -> Result<Arc<Document>, DocumentError> {
        if let Some(document) = self.find_text(text) {
            return Ok(document);
        }
        // Without the lock: two requests may parse the same text, but none waits for another's parser.
        let tokens = check_source(text)?;
        let parsed = parse_query(text)?;
        check_document(&parsed)?;
        let document = Arc::new(Document { hash: hash_of(text), parsed });
        self.insert(text.into(), Entry { document: document.clone(), bytes: estimated_bytes(text, tokens) });
        Ok(document)
    }

    /// The document whose text has this hash, if it is known.
    pub(crate) fn find(&self, hash: &DocumentHash) -> Option<Arc<Document>> {
        let text = self.lock().texts.get(hash).cloned();
        match text {
            Some(text) => self.find_text(&text),
            None => {
                self.metrics.documents.misses.inc();
                None
            }
        }
    }

    fn find_text(&self, text: &str) -> Option<Arc<Document>> {
        let found = self.lock().documents.get(text).map(|entry| entry.document.clone());
        let documents = &self.metrics.documents;
        if found.is_some() {
            documents.hits.inc()
        } else {
            documents.misses.inc()
        };
        found
    }

    fn insert(&self, text: Arc<str>, entry: Entry) {
        let mut cache = self.lock();
        cache.bytes += entry.bytes;
        cache.texts.insert(entry.document.hash, text.clone());
        if let Some(same) = cache.documents.put(text, entry) {
            cache.bytes -= same.bytes;
        }
        while (cache.documents.len() > self.max_documents || cache.bytes > self.max_bytes)
            && let Some((_, evicted)) = cache.documents.pop_lru()
        {
            cache.texts.remove(&evicted.document.hash);
            cache.bytes -= evicted.bytes;
            self.metrics.documents.evictions.inc();
        }
        self.metrics.documents.entries.set(cache.documents.len() as i64);
        self.metrics.document_bytes.set(cache.bytes as i64);
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

/// About what a document and its text take in memory, never less. Measured for the parsed document: 760 bytes, up to 237 a
/// token (an inline fragment's) and up to 18 a byte of text (`true` repeated, which the parser reads as a list of values).
fn estimated_bytes(text: &str, tokens: usize) -> usize {
    1024 + 240 * tokens + 19 * text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(max_documents: usize, max_bytes: usize) -> DocumentCache {
        DocumentCache::with_bounds(max_documents, max_bytes, GraphqlMetrics::default())
    }

    /// Hits, misses, evictions, entries and bytes.
    fn counted(cache: &DocumentCache) -> [u64; 5] {
        let GraphqlMetrics { documents, document_bytes, .. } = &cache.metrics;
        let now = [&documents.entries, document_bytes].map(|gauge| gauge.get().try_into().unwrap());
        [documents.hits.get(), documents.misses.get(), documents.evictions.get(), now[0], now[1]]
    }

    fn shared(a: &Arc<Document>, b: &Arc<Document>) -> bool {
        Arc::ptr_eq(a, b)
    }

    #[test]
    fn a_document_is_parsed_once_and_found_by_text_and_by_hash() {
        let cache = cache(MAX_DOCUMENTS, MAX_BYTES);
        let first = cache.load("{ a }").unwrap();
        assert!(shared(&first, &cache.load("{ a }").unwrap()));
        assert!(shared(&first, &cache.find(&hash_of("{ a }")).unwrap()));
        assert!(cache.find(&hash_of("{ b }")).is_none());
        assert_eq!(counted(&cache)[..4], [2, 2, 0, 1]);
    }

    #[test]
    fn the_hash_is_sha_256_in_hexadecimal_digits() {
        let hash = "ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38";
        assert_eq!(parse_hash(hash), Some(hash_of("{__typename}")));
        assert_eq!(parse_hash(&hash.to_uppercase()), parse_hash(hash));
        assert_eq!(parse_hash(&hash[2..]), None);
        assert_eq!(parse_hash("x"), None);
    }

    #[test]
    fn a_rejected_document_is_not_kept() {
        let cache = cache(MAX_DOCUMENTS, MAX_BYTES);
        assert!(matches!(cache.load("\""), Err(DocumentError::Source(_))));
        assert!(matches!(cache.load("{"), Err(DocumentError::Syntax(_))));
        assert!(matches!(cache.load("{ ...F } fragment F on Query { ...F }"), Err(DocumentError::Complexity(_))));
        assert_eq!(counted(&cache), [0, 3, 0, 0, 0]);
    }

    #[test]
    fn the_least_recently_used_document_makes_room() {
        let cache = cache(2, usize::MAX);
        for text in ["{ a }", "{ b }", "{ a }", "{ c }"] {
            cache.load(text).unwrap();
        }
        let known = ["{ a }", "{ b }", "{ c }"].map(|text| cache.find(&hash_of(text)).is_some());
        assert_eq!(known, [true, false, true]);
        assert_eq!(counted(&cache)[2..4], [1, 2]);
    }

    #[test]
    fn the_cache_stays_within_its_memory_limit() {
        let room_for_two = 2 * estimated_bytes("{ a }", 3);
        let cache = cache(usize::MAX, room_for_two);
        for text in ["{ a }", "{ b }"] {
            cache.load(text).unwrap();
        }
        assert_eq!(counted(&cache)[3..], [2, room_for_two as u64]);
        cache.load("{ c d }").unwrap();
        assert_eq!(counted(&cache)[3..], [1, estimated_bytes("{ c d }", 4) as u64]);
    }

    #[test]
    fn a_document_larger_than_the_cache_is_answered_and_not_kept() {
        let cache = cache(usize::MAX, 0);
        assert!(cache.load("{ a }").is_ok());
        assert_eq!(counted(&cache), [0, 1, 1, 0, 0]);
    }

    #[test]
    fn threads_share_the_cache_within_its_bounds() {
        let cache = cache(8, usize::MAX);
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let cache = &cache;
                scope.spawn(move || (0..100).for_each(|i| drop(cache.load(&format!("{{ f{} }}", (i * thread) % 16)))));
            }
        });
        let [hits, misses, _, entries, bytes] = counted(&cache);
        let weights: usize = cache.lock().documents.iter().map(|(_, entry)| entry.bytes).sum();
        assert_eq!(cache.lock().texts.len(), 8, "an evicted document's hash is forgotten too");
        assert_eq!((entries, bytes, hits + misses), (8, weights as u64, 400));
    }
}
