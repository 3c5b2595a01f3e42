//! The `dialtone` command, as it is shipped, against a whole world.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "in a test, panicking is how it fails"
)]

#[path = "operator/act.rs"]
mod act;
#[path = "operator/books.rs"]
mod books;
#[path = "operator/calls.rs"]
mod calls;
#[path = "operator/down.rs"]
mod down;
#[path = "operator/fixture.rs"]
mod fixture;
#[path = "operator/keep.rs"]
mod keep;
#[path = "operator/look.rs"]
mod look;
#[path = "operator/policy.rs"]
mod policy;
#[path = "operator/secrets.rs"]
mod secrets;
#[path = "operator/setup.rs"]
mod setup;
#[path = "operator/smoke.rs"]
mod smoke;
#[path = "operator/stack.rs"]
mod stack;
#[path = "operator/trouble.rs"]
mod trouble;
#[path = "operator/up.rs"]
mod up;
