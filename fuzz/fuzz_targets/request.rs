//! Any body to either API, its method and headers chosen by the first byte.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    test_support::fuzz_targets::request(bytes);
});
