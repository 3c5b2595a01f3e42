//! See `fuzz_targets::call_id`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::call_id(data));
