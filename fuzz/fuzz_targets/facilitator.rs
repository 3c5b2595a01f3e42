//! See `fuzz_targets::facilitator`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::facilitator(data));
