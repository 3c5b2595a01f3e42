//! A payment, from the header to something that may be settled. [`Presented`] is what a client
//! claims; checking it against our own quotes makes it [`Verified`], whose every field we have from
//! ourselves or from signed bytes, or [`Unproven`] where the signature is a smart wallet's and only
//! the chain can tell, or a [`Misfit`] where it was signed for something else. It knows nothing of
//! what is sold.

mod check;
mod fields;
mod identifier;
mod misfit;
mod read;
mod unproven;
mod verified;
mod window;

pub use check::Checked;
pub use misfit::Misfit;
pub use read::Presented;
pub use unproven::Unproven;
pub use verified::Verified;
pub use window::{LONGEST_UNWATCHED, LONGEST_WINDOW};

#[cfg(test)]
mod tests;
