//! What changes something: by the store's own arrows, once, and only after the operator has said
//! yes.
//!
//! `docs/decisions.md`: Why does the operator's command write to the table itself?

mod controls;
mod deed;
mod hang_up;
mod keep;
mod money;
mod parameters;
mod release;
mod secrets;

pub(crate) use controls::{block, pause, resume, unblock};
pub(crate) use deed::Deed;
pub(crate) use hang_up::hang_up;
pub(crate) use keep::{erase, hold};
pub(crate) use money::{refund, retry};
pub(crate) use parameters::set;
pub(crate) use release::release;
pub(crate) use secrets::secrets;
