//! What changes something: by the store's own arrows, once, and only after somebody has said yes.

mod controls;
mod money;
mod release;

pub(crate) use controls::{block, pause, resume, unblock};
pub(crate) use money::{refund, retry};
pub(crate) use release::release;

use crate::Desk;

/// Who does it, and why, as it is recorded.
pub(crate) fn signed(desk: &Desk, because: &str) -> String {
    format!("{}: {because}", desk.settings.get("USER").unwrap_or("somebody"))
}
