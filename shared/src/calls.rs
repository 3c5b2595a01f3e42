//! Calls: from a request to a ringing phone, and from the dialler's record to what a poll shows.

mod dial;
mod hurdles;
mod look;
mod roll_back;

pub mod destinations;
pub mod outcome;
pub mod seen;
pub mod shown;

pub use dial::{CallPlan, CallRequest, Calls};
pub use look::OVERDUE;
pub use shown::Shown;
