//! Rows: how the items look in the table. The only types of the store that serialize; everything
//! above it sees [`super::sales::Record`], [`super::numbers::Lease`] and their like, which are
//! parsed. Instants are epoch seconds.
//!
//! Each attribute has its name from the field of its row ([`names`]), and each word is spelled
//! once, where its enum stands.

mod book;
mod call;
mod control;
mod counts;
mod names;
mod number;
mod refund;
mod sale;
mod value;
mod view;
mod wallet;
mod work;

pub use book::Book;
pub(super) use book::{BookLineRow, BookRow};
pub use call::Charge;
pub(super) use call::{CallRow, DialledRow, QuestionRow};
pub use control::Pause;
pub(super) use control::{ControlRow, OptOutRow, TurnRow};
pub(super) use counts::{CostRow, CountedRow, CountedRows, SumRow, WindowRow};
pub(super) use names::*;
pub use number::Custody;
pub(super) use number::{LeaseRow, NumberRow};
pub use refund::{RefundReason, Refunding};
pub(super) use refund::{RefundRow, RefundStopRow, RefundedRow};
pub use sale::State;
pub(super) use sale::{PaymentRow, SaleRow, SearchedRow, SettledRow};
pub(super) use value::{Bytes, Packed, Value};
pub(super) use view::{SaidRow, UtteranceRow, ViewRow};
pub(super) use wallet::{DoubtsRow, PurchaseRow, WalletRow};
pub(super) use work::{BookedRow, ListedCallRow, ListedRow, SourceRow, WorkRow};
