//! A sale's record, and it to and from its row.

use alloy_primitives::{B256, hex};

use super::Refund;
use crate::limits::waiting::REST;
use crate::store::keys::{self, Queue};
use crate::store::parse::instant_of;
use crate::store::rows::{Bytes, Packed, PaymentRow, SaleRow, SearchedRow, SettledRow, State, Value};
use crate::store::work::Work;
use crate::store::{StoreFault, kept};
use crate::types::{AttemptId, Before, Network, PaymentId, Searched, Timestamp, TransactionId, Usdc, Wallet};

/// A key's signature has this many bytes.
const KEYS_SIGNATURE: usize = 65;

/// The signed part of a sale: enough to settle it again with the same bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Signed {
    /// The protocol version that the buyer speaks.
    pub version: u8,
    /// The payer.
    pub payer: Wallet,
    /// The payee.
    pub to: Wallet,
    /// How much.
    pub amount: Usdc,
    /// From when, in epoch seconds; on Solana, since when we know it.
    pub valid_after: u64,
    /// Until when; on Solana, when its block is surely past.
    pub valid_before: u64,
    /// What makes it unique: an authorization's nonce, or the SHA-256 of a transaction's message.
    pub nonce: B256,
    /// The signature; on Solana, the transaction with the signatures in it.
    pub signature: Vec<u8>,
    /// The URL of what is sold, and what it was called: the facilitator is told, each time the
    /// same.
    pub resource: String,
    /// See `resource`.
    pub description: String,
}

impl Signed {
    /// Whether only the payer's contract can say that it has signed: it may say yes now and no when
    /// the payment is made.
    pub fn is_a_contracts(&self) -> bool {
        matches!(self.payer, Wallet::Evm { .. }) && self.signature.len() != KEYS_SIGNATURE
    }

    /// Whether the same payer signed the same thing with the same bytes, whatever it was called.
    pub fn is_the_same_as(&self, other: &Self) -> bool {
        let what = |signed: &Self| (signed.payer, signed.to, signed.amount, signed.nonce);
        let window = |signed: &Self| (signed.valid_after, signed.valid_before);
        what(self) == what(other) && window(self) == window(other) && self.signature == other.signature
    }
}

/// A sale as it is recorded.
#[derive(Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about the payment")]
pub struct Record {
    /// The payment.
    pub id: PaymentId,
    /// Where it stands.
    pub state: State,
    /// Whose turn it is.
    pub attempt: AttemptId,
    /// Until when that attempt may be at work.
    pub busy_until: Timestamp,
    /// The offer's path.
    pub endpoint: String,
    /// The hash of the request.
    pub request: String,
    /// What was signed.
    pub signed: Signed,
    /// What is sold.
    pub work: Work,
    /// When it was claimed.
    pub created_at: Timestamp,
    /// A void sale that can never be claimed again.
    pub spent: bool,
    /// A key has signed it, and code speaks for the payer all the same.
    pub by_code: bool,
    /// The facilitator has said that the nonce is used; only the chain can tell by whom.
    pub contested: bool,
    /// The facilitator has answered while it was in doubt, so that it lapses is not its silence.
    pub answered: bool,
    /// It was looked for and not found: until it is known it counts as a payment in doubt.
    pub doubted: bool,
    /// Its call was stopped while the payment was in doubt: it is not sent again, only looked for.
    pub stopped: bool,
    /// It stands in the books, with what it has cost.
    pub booked: bool,
    /// The payment, once it is proven: before its end where what is sold is only begun then.
    pub settled: Option<Settled>,
    /// The payment on its way back.
    pub refund: Option<Refund>,
    /// How far the chain was searched for the transaction that is in doubt.
    pub searched: Option<Searched>,
}

/// Proof of payment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settled {
    /// The transaction's hash; none if it was paid with credit.
    pub transaction: Option<String>,
    /// When we knew.
    pub at: Timestamp,
}

impl Settled {
    fn row(&self) -> SettledRow {
        SettledRow { transaction: self.transaction.clone().map(Packed), settled_at: self.at.as_second() }
    }

    pub(in crate::store) fn value(&self) -> Result<Value, StoreFault> {
        Value::row(&self.row())
    }
}

impl Record {
    /// What was taken off the payer's credit for it, if that pays.
    pub fn credit(&self) -> Option<Usdc> {
        matches!(&self.work, Work::Call(call) if call.credit).then_some(self.signed.amount)
    }

    /// Whether code decides if it is paid, so that its payer can have it refused and pay it later.
    pub fn is_paid_by_code(&self) -> bool {
        self.by_code || self.signed.is_a_contracts()
    }

    /// Whether its outcome was looked for a moment ago, and is not looked for again before it has
    /// rested. What is being worked on is busy for longer.
    pub fn rests(&self, now: Timestamp) -> bool {
        let until = now.saturating_add(REST).unwrap_or(now);
        self.doubted && self.settled.is_none() && now < self.busy_until && self.busy_until <= until
    }

    /// From when on it is forgotten if its attempt ends it. From the record and not the clock, so
    /// that a write that is made twice is the same write.
    pub(in crate::store) fn forgotten_at(&self) -> i64 {
        self.busy_until.as_second() + kept::SALE.as_secs().cast_signed()
    }

    pub(in crate::store) fn to_row(&self) -> SaleRow {
        let key = keys::sale(&self.id);
        let signed = &self.signed;
        SaleRow {
            pk: key.pk,
            sk: key.sk,
            state: self.state,
            attempt: self.attempt.as_str().to_owned(),
            busy_until: self.busy_until.as_second(),
            endpoint: self.endpoint.clone(),
            request: request_row(&self.request),
            payment: PaymentRow {
                version: signed.version,
                network: signed.payer.network().caip2().to_owned(),
                from: Packed::from(&signed.payer),
                to: Packed::from(&signed.to),
                value: signed.amount.atomic(),
                valid_after: signed.valid_after,
                valid_before: signed.valid_before,
                nonce: Bytes(signed.nonce.to_vec()),
                signature: Bytes(signed.signature.clone()),
                resource: signed.resource.clone(),
                description: signed.description.clone(),
            },
            work: self.work.to_row(),
            created_at: self.created_at.as_second(),
            spent: self.spent,
            by_code: self.by_code,
            contested: self.contested,
            answered: self.answered,
            doubted: self.doubted,
            stopped: self.stopped,
            missing: false,
            booked: self.booked,
            given_back: false,
            settled: self.settled.as_ref().map(Settled::row),
            refund: self.refund.as_ref().map(Refund::to_row),
            searched: self.searched.as_ref().map(searched_row),
            due_queue: Some(Queue::of_sale(&self.id).name()),
            due_at: Some(self.busy_until.as_second()),
            ttl: None,
        }
    }

    pub(in crate::store) fn from_row(id: PaymentId, row: SaleRow) -> Result<Self, StoreFault> {
        let network = Network::from_caip2(&row.payment.network).ok_or(StoreFault::Row("network"))?;
        let wallet = |account: &Packed| Wallet::on(network, &account.0).map_err(|_| StoreFault::Row("address"));
        let settled = row.settled.map(|settled| {
            Ok::<_, StoreFault>(Settled {
                transaction: settled.transaction.map(|name| name.0),
                at: instant_of(settled.settled_at)?,
            })
        });
        Ok(Self {
            id,
            state: row.state,
            attempt: AttemptId::from_row(row.attempt),
            busy_until: instant_of(row.busy_until)?,
            endpoint: row.endpoint,
            request: hex::encode(row.request.0),
            signed: Signed {
                version: row.payment.version,
                payer: wallet(&row.payment.from)?,
                to: wallet(&row.payment.to)?,
                amount: Usdc::micros(row.payment.value),
                valid_after: row.payment.valid_after,
                valid_before: row.payment.valid_before,
                nonce: B256::try_from(row.payment.nonce.0.as_slice()).map_err(|_| StoreFault::Row("nonce"))?,
                signature: row.payment.signature.0,
                resource: row.payment.resource,
                description: row.payment.description,
            },
            work: Work::from_row(&row.work)?,
            created_at: instant_of(row.created_at)?,
            spent: row.spent,
            by_code: row.by_code,
            contested: row.contested,
            answered: row.answered,
            doubted: row.doubted,
            stopped: row.stopped,
            booked: row.booked,
            settled: settled.transpose()?,
            refund: row.refund.map(Refund::from_row).transpose()?,
            searched: row.searched.and_then(searched),
        })
    }
}

/// The hash of a request, in bytes. What is not a hash stays what it is, so that two of them are
/// not the same.
pub(super) fn request_row(hash: &str) -> Bytes {
    Bytes(hex::decode(hash).unwrap_or_else(|_| hash.as_bytes().to_vec()))
}

pub(in crate::store) fn searched_row(searched: &Searched) -> SearchedRow {
    let (before, block) = match &searched.before {
        Before::Transaction(before) => (Some(before.to_string()), None),
        Before::Block(block) => (None, Some(*block)),
    };
    SearchedRow { sought: format!("{:#x}", searched.sought), before, block }
}

fn searched(row: SearchedRow) -> Option<Searched> {
    let transaction = row.before.map(|before| Before::Transaction(TransactionId::from_row(before)));
    let before = transaction.or(row.block.map(Before::Block))?;
    Some(Searched { sought: row.sought.parse().ok()?, before })
}
