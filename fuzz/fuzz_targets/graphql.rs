//! Any document, sent by a customer with a live key.

#![no_main]

libfuzzer_sys::fuzz_target!(|document: &[u8]| {
    shop_profile_fuzz::graphql(document);
});
