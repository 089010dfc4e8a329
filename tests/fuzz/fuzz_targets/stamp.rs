//! One target of `releve_tests::fuzz`, for cargo-fuzz.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| releve_tests::fuzz::stamp(data));
