//! See `fuzz_targets::payment_header`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::payment_header(data));
