//! See `fuzz_targets::e164`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::e164(data));
