//! Any document, sent by a customer with a live API token.

#![no_main]

libfuzzer_sys::fuzz_target!(|document: &[u8]| {
    test_support::fuzz_targets::graphql(document);
});
