//! A model of how Dialtone keeps money, numbers and calls whole: small enough to be explored to its
//! last state in each `cargo test`, and faithful enough that each of its writes carries the name of
//! the arrow in the table of `shared/src/store/mod.rs`.
//!
//! | model | what it has |
//! |---|---|
//! | [`buy`] | two buyers, a pooled number, two numbers at the carrier, purchases whose answers are lost or late, stock |
//! | [`renew`] | a lease, two renewals of it, a reaper, clocks that disagree, the next buyer |
//! | [`call`] | two calls of a wallet, a dialler that loses answers, declined payments, credit, errors that are paid back |
//! | [`slices`] | four calls that are counted at once, in slices, by versions that want different numbers of them |
//! | [`stray`] | payments that arrive without us, the watcher, refunds that are sent twice or not at all |
//!
//! [`till`] is the sale in all of them, [`refunds`] the way back of the money, [`check`] the
//! checker. The properties are named after the invariants that they hold, I1 to I24; each
//! [`Mistake`] is one that a developer could make here, and must be found.
//!
//! It refuses to know our code: it has no dependency, and what it says about the code is only as
//! true as the table.

#![expect(clippy::indexing_slicing, reason = "a model that reaches beyond its own arrays is to fail at once")]

pub mod buy;
pub mod call;
pub mod check;
mod mistakes;
pub mod payment;
pub mod refunds;
pub mod renew;
pub mod slices;
pub mod stray;
pub mod till;

pub use mistakes::Mistake;

/// Under which circumstances a model is explored.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// What is done wrong.
    pub mistake: Option<Mistake>,
    /// How much can go wrong by itself on one way: deaths, lost and late answers, silence, drained
    /// wallets.
    pub luck: u8,
    /// Others can submit or cancel an authorization, and the facilitator can refuse without a
    /// reason. The watcher is then what keeps the money whole; without them it must not be needed.
    pub strangers: bool,
    /// There is a watcher.
    pub watched: bool,
    /// The first payment is made before what it is for is begun: only a contract can judge its
    /// signature.
    pub paid_first: bool,
}

impl Rules {
    /// Nothing is done wrong.
    pub const fn sound(luck: u8) -> Self {
        Self { mistake: None, luck, strangers: true, watched: true, paid_first: false }
    }

    /// No stranger interferes, and no watcher mends what is lost.
    #[must_use]
    pub const fn alone(self) -> Self {
        Self { strangers: false, watched: false, ..self }
    }

    /// What the first payment is for is begun when it is paid.
    #[must_use]
    pub const fn paid_first(self) -> Self {
        Self { paid_first: true, ..self }
    }

    /// With a mistake.
    #[must_use]
    pub const fn with(self, mistake: Mistake) -> Self {
        Self { mistake: Some(mistake), ..self }
    }

    /// Whether it was made.
    pub fn made(self, mistake: Mistake) -> bool {
        self.mistake == Some(mistake)
    }
}
