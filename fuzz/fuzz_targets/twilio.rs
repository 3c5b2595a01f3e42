//! See `fuzz_targets::twilio`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::twilio(data));
