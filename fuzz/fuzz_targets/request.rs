//! Any body to either face, its method and headers chosen by the first byte.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    shop_profile_fuzz::request(bytes);
});
