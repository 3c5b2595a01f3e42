//! What no input may do: those that the fuzzer kept, and payment headers that are almost right.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "in a test, panicking is how it fails")]

mod corpus;
mod headers;
