//! What is counted so that there is not too much of it. It knows where it is counted; whether one
//! more may be is for [`crate::limits`] to say.
//!
//! | item | holds | changed by |
//! |---|---|---|
//! | of a wallet | its calls of a day, by id: when, whom, what it loses, and until when it runs at most; when the dialler refused one; how many were good | a call that is dialled, refused, undone, paid for and not placed, over, paid back by hand, erased |
//! | of a destination | when it was called, by the call's id; when the line last failed in a conversation | a call that is dialled, undone; paid back |
//! | of a prefix, in slices | what its calls lose | a call that is dialled, undone, settled, paid back by hand |
//! | of all, in slices | what calls cost, what they lose, what those to dear destinations lose, and how many run | the same; a call that is over |
//! | of a buyer | when it has bought numbers, by the payment | a purchase that is claimed, undone |
//! | of all | what numbers cost that are bought at the carrier | a purchase that is claimed, undone |
//! | of all | what those of them cost that are not paid for, or not yet | a purchase that is claimed, undone, paid |
//! | of all, of those that have paid, of a wallet | how many signatures were asked about that only a contract can judge | such a signature, before it is asked about |
//! | of a wallet | that it has paid and a contract signs for it | such a payment, after it is granted |
//! | of a wallet | how often it was told whose a number is | such an answer, before it is given |
//!
//! The last three are writes of their own, since there is no sale. All else stands in the write
//! that claims, undoes, or ends the call, so a crash neither leaks nor counts twice. The two lists
//! are decided on as they were read, and the write holds only while they are so; the sums and the
//! number are added to under their own conditions. Nothing is read for it that is not read in the
//! same round trip anyway, and what was overtaken learns the new state from the refusal.
//!
//! Taking something off never stands in the way: a sum whose day is over, or a call that is not in
//! a list any more, needs no correction.
//!
//! `docs/decisions.md`: Are limits open or closed when the table fails?

mod calls;
mod list;
mod over;
mod purchases;
mod slices;
mod sums;
mod tally;
mod wholes;
mod window;

pub use calls::{Admitted, Asking, Counters, Obstacle, OpenCall};
pub(super) use list::broke;
pub(super) use over::{Over, given_back, over, without_callee};
pub use over::{paid_and_not_placed, refused, undone};
pub use purchases::{Purchases, not_bought, not_sold, owed_for_no_longer};
pub use tally::Tally;
