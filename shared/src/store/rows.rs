//! Rows: how the items look in the table. The only types of the store that serialize; everything above it sees
//! [`super::Record`], [`super::Lease`] and their like, which are parsed. Instants are epoch seconds.

mod counts;
mod view;

use serde::{Deserialize, Serialize};

pub(super) use counts::{CostRow, CountedRow, CountedRows, RunningRow, SumRow};
pub use view::{Spoken, View};

/// `NUMBER#<e164>` / `NUMBER`: a number that is in our hands.
#[derive(Debug, Deserialize)]
pub(super) struct NumberRow {
    pub custody: Custody,
    pub country: String,
    pub owner: Option<String>,
    pub sale: Option<String>,
    pub sid: Option<String>,
    pub due_at: Option<i64>,
}

/// In whose hands a number is. "Cooling" is `pooled` with a `due_at` that has not come: it is free because its time
/// says so, not because something has run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Custody {
    /// About to be bought at the carrier for a sale.
    Buying,
    /// Ours at the carrier, and still to be made known to the dialler.
    Importing,
    /// Kept for a sale that is being settled.
    Held,
    /// Leased to its owner.
    Leased,
    /// Free from `due_at` on.
    Pooled,
    /// On its way back to the carrier.
    Releasing,
}

/// `WALLET#<caip10>` / `LEASE#<e164>`: a lease.
#[derive(Debug, Deserialize)]
pub(super) struct LeaseRow {
    pub sk: String,
    pub country: String,
    pub expires_at: i64,
    pub hold: Option<String>,
}

/// `WALLET#<caip10>` / `WALLET`: what a wallet is doing.
#[derive(Debug, Deserialize)]
pub(super) struct WalletRow {
    pub dial: Option<String>,
    pub unpaid_at: Option<i64>,
    /// Micro-dollars that this wallet is owed and can spend on calls.
    #[serde(default)]
    pub credit: u64,
    /// Since when the operator refuses it everything that is paid for, and why.
    pub blocked_at: Option<i64>,
    pub blocked_for: Option<String>,
}

/// `DOUBTS#<caip10>` / `DOUBTS`: how many payments of a wallet there are whose outcome is not known.
#[derive(Debug, Default, Deserialize)]
pub(super) struct DoubtsRow {
    #[serde(default)]
    pub doubts: i64,
}

/// `CONTROL` / `CONTROL`: what the operator has switched.
#[derive(Debug, Default, Deserialize)]
pub(super) struct ControlRow {
    pub paused: Option<Pause>,
    pub paused_at: Option<i64>,
    pub paused_for: Option<String>,
    /// Micro-dollars that were granted and are not on the chain, since selling was last resumed.
    pub missing: Option<u64>,
    /// What destinations are hashed with. It is made once and never changes: another one would forget the whole list.
    pub salt: Option<String>,
}

/// `OPTOUT#<hash of the E.164 number>` / `OPTOUT`: a person who does not want to be called.
#[derive(Debug, Deserialize)]
pub(super) struct OptOutRow {
    pub opted_out_at: i64,
    pub opted_out_for: String,
}

/// What is not sold at the moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pause {
    /// Neither numbers nor calls. Who has a number keeps it: it is listed and renewed.
    New,
    /// Nothing that is paid for.
    All,
}

/// `SALE#<payment id>` / `SALE`: a payment and what is sold for it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about the payment")]
pub(super) struct SaleRow {
    pub pk: String,
    pub sk: String,
    pub state: State,
    /// Whose turn it is: every step is conditional on it.
    pub attempt: String,
    /// Until when that attempt may be at work.
    pub busy_until: i64,
    /// The offer's path.
    pub endpoint: String,
    /// SHA-256 of the request, in hex.
    pub request: String,
    pub payment: PaymentRow,
    pub work: WorkRow,
    pub created_at: i64,
    /// A void sale that can never be claimed again: the payment was handed to the facilitator, or a phone rang for it.
    #[serde(default)]
    pub spent: bool,
    /// The facilitator has said that the nonce is used: only the chain can tell by whom.
    #[serde(default)]
    pub contested: bool,
    /// Its payment counts as one in doubt.
    #[serde(default)]
    pub doubted: bool,
    /// Its call was stopped while the payment was in doubt.
    #[serde(default)]
    pub stopped: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settled: Option<SettledRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refund: Option<RefundRow>,
    /// How far the chain was searched for the payment, or for the one that goes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub searched: Option<SearchedRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_queue: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<i64>,
    /// Absent until it has ended: what is not over is never forgotten.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl: Option<i64>,
}

/// See [`crate::types::Searched`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct SearchedRow {
    pub message: String,
    pub before: String,
}

/// `KEY#<caip10>#<hash of the name>` / `KEY`: a wallet's own name for a purchase, and the payment that was first to carry it.
#[derive(Debug, Deserialize)]
pub(super) struct PurchaseRow {
    pub sale: String,
    /// Until when it is remembered; deletion comes some time after that.
    pub ttl: i64,
}

/// Where a sale stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Claimed; work may be under way, nothing is settled.
    Open,
    /// Past the fence: the payment is about to be settled, or was.
    Settling,
    /// Paid and granted.
    Closed,
    /// Given up: nothing granted. If it was paid nevertheless, there is a refund.
    Void,
}

/// What is needed to settle again with the same bytes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct PaymentRow {
    pub version: u8,
    pub network: String,
    pub from: String,
    pub to: String,
    pub value: u64,
    pub valid_after: u64,
    pub valid_before: u64,
    pub nonce: String,
    pub signature: String,
    pub resource: String,
    pub description: String,
}

/// Proof of payment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct SettledRow {
    /// Absent where it was paid with credit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction: Option<String>,
    pub settled_at: i64,
}

/// Money on its way back.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct RefundRow {
    pub state: Refunding,
    pub reason: RefundReason,
    pub amount: u64,
    pub asked_at: i64,
    /// The transaction that took the money, where there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_by: Option<String>,
    /// What was last sent, where that cannot be made again: a Solana transaction in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent: Option<String>,
    /// Until when the last authorization that was sent is good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_before: Option<u64>,
    /// How often one was sent.
    pub tries: u32,
    /// How often it was definitely refused.
    #[serde(default)]
    pub refused: u32,
    /// The transaction that gave it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction: Option<String>,
    /// Who decided it, where a person has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// How far a refund is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Refunding {
    /// Nothing was sent yet.
    Due,
    /// An authorization may have been sent, and can still land until it expires.
    Sending,
    /// The money is back.
    Refunded,
    /// It could not be sent: the wallet may spend it on calls instead.
    Credited,
}

/// Why money goes back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundReason {
    /// The call ended in an error.
    CallFailed,
    /// It was paid, and what had been held for it was gone.
    ProductGone,
    /// It was paid first, and what was then to be done for it could not be.
    Undeliverable,
    /// It was paid though we had not asked for it, or no longer.
    Stray,
    /// An operator decided it.
    ByHand,
}

/// What the sale did or is about to do; enough to grant it or to undo it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(super) enum WorkRow {
    Lease {
        number: String,
        country: String,
        source: SourceRow,
        /// What it costs us a month; absent where it is stock, and in what was bought before countries had prices.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cost: Option<u64>,
    },
    Renew {
        number: String,
        country: String,
        expires_at: i64,
    },
    List {
        numbers: Vec<ListedRow>,
    },
    Call {
        call: String,
        from: String,
        to: String,
        max_duration: u32,
        placed: Option<String>,
        #[serde(default)]
        credit: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cost: Option<CostRow>,
    },
    Nothing,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum SourceRow {
    Pool,
    Carrier,
    Order,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ListedRow {
    pub number: String,
    pub country: String,
    pub expires_at: i64,
}

/// `CALL#<id>` / `CALL`: a call.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct CallRow {
    pub pk: String,
    pub sk: String,
    pub wallet: String,
    pub sale: String,
    pub from: String,
    pub to: String,
    pub max_duration: u32,
    pub created_at: i64,
    pub charge: Charge,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placed: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction: Option<String>,
    /// The transaction that gave it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refunded_by: Option<String>,
    /// Absent in what was dialled before costs were counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<CostRow>,
    /// When the vendor was last asked.
    #[serde(default)]
    pub looked_at: i64,
    /// Which look `view` is from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen_at: Option<i64>,
    /// When it was first seen to have ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<i64>,
    /// It was stopped because its payment was in doubt for too long.
    #[serde(default)]
    pub stopped: bool,
    /// Nothing about it will change any more.
    #[serde(default)]
    pub settled: bool,
    /// What the last look showed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view: Option<View>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_queue: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<i64>,
    /// Absent while its payment is under way, in either direction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl: Option<i64>,
}

/// What a call has cost its wallet.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Charge {
    /// The payment is not settled yet.
    Pending,
    /// Paid.
    Paid,
    /// The payment was declined; the call was stopped.
    Declined,
    /// Paid, and to be given back, since the call ended in an error.
    RefundDue,
    /// Paid, and given back.
    Refunded,
    /// Paid, and given back as credit.
    Credited,
}

impl Pause {
    /// As it is recorded.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::All => "all",
        }
    }
}

impl State {
    /// As it is recorded.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Settling => "settling",
            Self::Closed => "closed",
            Self::Void => "void",
        }
    }
}

impl Refunding {
    /// As it is recorded.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Sending => "sending",
            Self::Refunded => "refunded",
            Self::Credited => "credited",
        }
    }
}
