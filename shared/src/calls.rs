//! Calls: from a request to a ringing phone, and from the dialler's record to what a poll shows.

mod answers;
mod dial;
mod disclosure;
mod hang_up;
mod look;
mod objection;
mod obstacles;
mod opted_out;
mod quiet;
mod refused;
mod roll_back;
mod told;
mod voicemail;
mod wait;
mod words;

pub mod cursor;
pub mod destinations;
pub mod list;
pub mod pace;
pub mod seen;
pub mod shown;

pub use dial::{CROWD, CallPlan, CallRequest, Calls};
pub use look::OVERDUE;
pub use shown::Shown;
