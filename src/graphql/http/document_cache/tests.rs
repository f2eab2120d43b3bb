use super::*;

fn shared(a: &Arc<Document>, b: &Arc<Document>) -> bool {
    Arc::ptr_eq(a, b)
}

#[test]
fn a_document_is_parsed_once_and_found_by_text_and_by_hash() {
    let document_cache = DocumentCache::new();
    let first = document_cache.load("{ a }").unwrap();
    assert!(shared(&first, &document_cache.load("{ a }").unwrap()));
    assert!(shared(&first, &document_cache.find(&hash_of("{ a }")).unwrap()));
    assert!(document_cache.find(&hash_of("{ b }")).is_none());
    let counters = document_cache.counters();
    assert_eq!((counters.hits, counters.misses, counters.evictions, counters.entries), (2, 2, 0, 1));
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
fn what_is_refused_is_not_kept() {
    let document_cache = DocumentCache::new();
    assert!(matches!(document_cache.load("\""), Err(DocumentError::Gate(_))));
    assert!(matches!(document_cache.load("{"), Err(DocumentError::Syntax(_))));
    assert!(matches!(document_cache.load("{ ...F } fragment F on Query { ...F }"), Err(DocumentError::Cost(_))));
    assert_eq!(document_cache.counters(), CacheStats { misses: 3, ..CacheStats::default() });
}

#[test]
fn the_least_recently_used_makes_room() {
    let document_cache = DocumentCache::with_bounds(2, usize::MAX);
    for text in ["{ a }", "{ b }", "{ a }", "{ c }"] {
        document_cache.load(text).unwrap();
    }
    let known = ["{ a }", "{ b }", "{ c }"].map(|text| document_cache.find(&hash_of(text)).is_some());
    assert_eq!(known, [true, false, true]);
    assert_eq!((document_cache.counters().evictions, document_cache.counters().entries), (1, 2));
}

#[test]
fn memory_is_bounded_too() {
    let room_for_two = 2 * estimated_bytes("{ a }", 3);
    let document_cache = DocumentCache::with_bounds(usize::MAX, room_for_two);
    for text in ["{ a }", "{ b }"] {
        document_cache.load(text).unwrap();
    }
    assert_eq!((document_cache.counters().entries, document_cache.counters().bytes), (2, room_for_two));
    document_cache.load("{ c d }").unwrap();
    assert_eq!(
        (document_cache.counters().entries, document_cache.counters().bytes),
        (1, estimated_bytes("{ c d }", 4))
    );
}

#[test]
fn a_document_larger_than_the_cache_is_answered_and_not_kept() {
    let document_cache = DocumentCache::with_bounds(usize::MAX, 0);
    assert!(document_cache.load("{ a }").is_ok());
    assert_eq!(document_cache.counters(), CacheStats { misses: 1, evictions: 1, ..CacheStats::default() });
}

#[test]
fn threads_share_it_within_its_bounds() {
    let document_cache = DocumentCache::with_bounds(8, usize::MAX);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let document_cache = &document_cache;
            scope.spawn(move || {
                (0..100).for_each(|i| drop(document_cache.load(&format!("{{ f{} }}", (i * thread) % 16))))
            });
        }
    });
    let counters = document_cache.counters();
    let weights: usize = document_cache.lock().entries.values().map(|entry| entry.bytes).sum();
    assert_eq!((counters.entries, counters.bytes, counters.hits + counters.misses), (8, weights, 400));
}
