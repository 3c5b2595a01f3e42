//! All tests that drive the shipped binaries or read the repository, in one binary: one changed
//! line of the library links one program anew. `cargo test --workspace --test it NAME` runs a
//! module or a test of it.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "in a test, panicking is how it fails")]

mod balances;
mod base;
mod bills;
mod books;
mod browsers;
mod by_hand;
mod call_moments;
mod canary;
mod discovery;
mod doubt;
mod dry_run;
mod events;
mod lagging;
mod limits;
mod manners;
mod mcp;
mod numbers;
mod numbers_buy;
mod numbers_list;
mod numbers_renew;
mod once;
#[expect(clippy::disallowed_methods, reason = "it reads whether to write what it finds missing")]
mod operations;
mod origin;
mod paid_first;
mod policies;
mod questions;
#[expect(clippy::print_stdout, reason = "what was counted is shown where it is asked for")]
mod races;
mod reaper;
mod refunds;
mod refusals;
#[expect(clippy::print_stdout, reason = "what was counted is shown where it is asked for")]
mod rounds;
#[expect(clippy::panic, reason = "in a test, panicking is how it fails")]
mod rules;
mod sales;
mod secrets;
mod solana;
#[expect(
    clippy::disallowed_methods,
    clippy::panic,
    reason = "it reads which engine to ask, and panicking is how it fails"
)]
mod store;
mod telemetry;
mod template;
#[expect(clippy::panic, reason = "in a test, panicking is how it fails")]
mod tidy;
mod unproven;
mod used;
mod voice_call;
mod voice_call_ended;
mod voice_call_hangup;
mod voice_call_status;
mod voice_calls;
mod voice_calls_list;
mod waiting;
#[expect(clippy::print_stdout, reason = "what was counted is shown where it is asked for")]
mod weight;
