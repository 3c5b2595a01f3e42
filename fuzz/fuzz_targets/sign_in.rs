//! See `fuzz_targets::sign_in`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::sign_in(data));
