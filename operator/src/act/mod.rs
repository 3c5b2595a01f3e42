//! What changes something: by the store's own arrows, once, and only after the operator has said yes.
//!
//! `docs/decisions.md`: Why does the operator's command write to the table itself?

mod controls;
mod keep;
mod money;
mod parameters;
mod release;

pub(crate) use controls::{block, pause, resume, unblock};
pub(crate) use keep::{erase, hold};
pub(crate) use money::{refund, retry};
pub(crate) use parameters::set;
pub(crate) use release::release;

use crate::Desk;

/// Who does it, and why, as it is recorded.
pub(crate) fn signed(desk: &Desk, because: &str) -> String {
    format!("{}: {because}", desk.settings.get("USER").unwrap_or("somebody"))
}
