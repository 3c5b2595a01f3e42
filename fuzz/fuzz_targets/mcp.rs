//! See `fuzz_targets::mcp`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::mcp(data));
