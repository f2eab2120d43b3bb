use super::*;

fn shared(a: &Arc<Document>, b: &Arc<Document>) -> bool {
    Arc::ptr_eq(a, b)
}

#[test]
fn a_document_is_parsed_once_and_found_by_text_and_by_hash() {
    let documents = Documents::new();
    let first = documents.load("{ a }").unwrap();
    assert!(shared(&first, &documents.load("{ a }").unwrap()));
    assert!(shared(&first, &documents.find(&hash_of("{ a }")).unwrap()));
    assert!(documents.find(&hash_of("{ b }")).is_none());
    let counters = documents.counters();
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
    let documents = Documents::new();
    assert!(matches!(documents.load("\""), Err(DocumentError::Gate(_))));
    assert!(matches!(documents.load("{"), Err(DocumentError::Syntax(_))));
    assert!(matches!(documents.load("{ ...F } fragment F on Query { ...F }"), Err(DocumentError::Cost(_))));
    assert_eq!(documents.counters(), Counters { misses: 3, ..Counters::default() });
}

#[test]
fn the_least_recently_used_makes_room() {
    let documents = Documents::with_bounds(2, usize::MAX);
    for text in ["{ a }", "{ b }", "{ a }", "{ c }"] {
        documents.load(text).unwrap();
    }
    let known = ["{ a }", "{ b }", "{ c }"].map(|text| documents.find(&hash_of(text)).is_some());
    assert_eq!(known, [true, false, true]);
    assert_eq!((documents.counters().evictions, documents.counters().entries), (1, 2));
}

#[test]
fn memory_is_bounded_too() {
    let room_for_two = 2 * weight("{ a }", 3);
    let documents = Documents::with_bounds(usize::MAX, room_for_two);
    for text in ["{ a }", "{ b }"] {
        documents.load(text).unwrap();
    }
    assert_eq!((documents.counters().entries, documents.counters().bytes), (2, room_for_two));
    documents.load("{ c d }").unwrap();
    assert_eq!((documents.counters().entries, documents.counters().bytes), (1, weight("{ c d }", 4)));
}

#[test]
fn a_document_larger_than_the_cache_is_answered_and_not_kept() {
    let documents = Documents::with_bounds(usize::MAX, 0);
    assert!(documents.load("{ a }").is_ok());
    assert_eq!(documents.counters(), Counters { misses: 1, evictions: 1, ..Counters::default() });
}

#[test]
fn threads_share_it_within_its_bounds() {
    let documents = Documents::with_bounds(8, usize::MAX);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let documents = &documents;
            scope.spawn(move || (0..100).for_each(|i| drop(documents.load(&format!("{{ f{} }}", (i * thread) % 16)))));
        }
    });
    let counters = documents.counters();
    let weights: usize = documents.lock().entries.values().map(|entry| entry.bytes).sum();
    assert_eq!((counters.entries, counters.bytes, counters.hits + counters.misses), (8, weights, 400));
}
