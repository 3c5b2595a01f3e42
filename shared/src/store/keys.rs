//! Keys: the only place where a key string is built or taken apart.
//!
//! `docs/decisions.md`: Why are sales, leases and calls spread over four partitions?

use jiff::civil::Date;
use sha2::{Digest, Sha256};

use aws_sdk_dynamodb::types::AttributeValue;

use super::dialled::Dialled;
use super::item::Item;
use super::rows::{Name, PK, SK, Value};
use crate::types::{CallId, Country, PaymentId, PhoneNumber, Timestamp, Wallet};

/// How many partitions the busy queues are spread over. One partition of an index takes a thousand
/// write units a second. What transactions write to one item ends far below that: see
/// [`crate::limits::slices`].
pub const SHARDS: u8 = 4;

/// The primary key of an item.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Key {
    /// Partition key.
    pub pk: String,
    /// Sort key.
    pub sk: String,
}

impl Key {
    /// As attributes of an item.
    pub(super) fn into_attributes(self) -> [(String, AttributeValue); 2] {
        [(PK, self.pk), (SK, self.sk)].map(|(name, value)| (name.as_str().to_owned(), AttributeValue::S(value)))
    }

    /// The key of an item.
    pub(super) fn of(item: &Item) -> Option<Self> {
        let text = |name: Name| item.get(name.as_str())?.as_s().ok().cloned();
        Some(Self { pk: text(PK)?, sk: text(SK)? })
    }
}

/// The prefix of the sort keys of a wallet's leases.
pub(super) const LEASES: &str = "LEASE#";

/// The prefix of the partition keys of sales.
pub(super) const SALES: &str = "SALE#";

/// The prefix of the partition keys of calls, and the sort key of a call's own item.
pub(super) const CALLS: &str = "CALL#";
pub(super) const CALL: &str = "CALL";

/// The prefix of the partition keys of people who do not want to be called.
pub(super) const OPTED_OUT: &str = "OPTOUT#";

/// The item of a number that is in our hands.
pub(super) fn number(number: &PhoneNumber) -> Key {
    Key { pk: format!("NUMBER#{}", number.as_str()), sk: "NUMBER".to_owned() }
}

/// The item of a wallet's lease of a number.
pub(super) fn lease(wallet: &Wallet, number: &PhoneNumber) -> Key {
    Key { pk: wallet_partition(wallet), sk: format!("{LEASES}{}", number.as_str()) }
}

/// The item that counts what a wallet is doing.
pub(super) fn wallet(wallet: &Wallet) -> Key {
    Key { pk: wallet_partition(wallet), sk: "WALLET".to_owned() }
}

/// The partition that holds everything of one wallet.
pub(super) fn wallet_partition(wallet: &Wallet) -> String {
    format!("WALLET#{}", wallet.caip10())
}

/// The item of a payment.
pub(super) fn sale(payment: &PaymentId) -> Key {
    Key { pk: format!("{SALES}{}", payment.as_str()), sk: "SALE".to_owned() }
}

/// The item that counts a wallet's payments whose outcome is not known.
pub(super) fn doubts(wallet: &Wallet) -> Key {
    Key { pk: format!("DOUBTS#{}", wallet.caip10()), sk: "DOUBTS".to_owned() }
}

/// The item of a wallet's own name for a purchase. The name is hashed: it is the client's, and says
/// nothing to us.
pub(super) fn purchase(wallet: &Wallet, name: &str) -> Key {
    let digest: [u8; 32] = Sha256::digest(name.as_bytes()).into();
    let digest = alloy_primitives::hex::encode(digest);
    Key { pk: format!("KEY#{}#{digest}", wallet.caip10()), sk: "KEY".to_owned() }
}

/// The item of a call.
pub(super) fn call(call: &CallId) -> Key {
    Key { pk: format!("{CALLS}{}", call.as_str()), sk: CALL.to_owned() }
}

/// The partition in which a wallet's calls lie side by side, in the order in which they were
/// dialled.
pub(super) fn dialled_partition(wallet: &Wallet) -> String {
    format!("CALLS#{}", wallet.caip10())
}

/// The item by which a wallet's call is found.
pub(super) fn dialled(wallet: &Wallet, call: &Dialled) -> Key {
    Key { pk: dialled_partition(wallet), sk: dialled_at(call) }
}

/// Where a call stands among its wallet's: the digits are as many for every instant, so that their
/// order is that of time.
pub(super) fn dialled_at(Dialled { at, call }: &Dialled) -> String {
    format!("{:012}#{}", at.as_second(), call.as_str())
}

/// The item of a part of what was said in a call, beside the call's own and behind it: short parts
/// before long ones, and each among its like where it begins.
pub(super) fn said(call: &CallId, is_long: bool, from: u16, digest: &[u8]) -> Key {
    let (size, digest) = (u8::from(is_long), alloy_primitives::hex::encode(digest));
    Key { sk: format!("SAID#{size}#{from:05}#{digest}"), ..self::call(call) }
}

/// The item that says when something regular was last done.
pub(super) fn turn(name: &str) -> Key {
    Key { pk: "TURN".to_owned(), sk: name.to_owned() }
}

/// The partition of what was booked on a day.
fn book_of(day: Date) -> String {
    format!("BOOK#{day}")
}

/// The item of something that was booked: it lies where its time is.
pub(super) fn book_entry(day: Date, at: Timestamp, what: &str, id: &str) -> Key {
    Key { pk: book_of(day), sk: format!("{:012}#{what}#{id}", at.as_second()) }
}

/// Before all that was booked on a day from this time on.
pub(super) fn book_from(day: Date, at: Timestamp) -> Key {
    Key { pk: book_of(day), sk: format!("{:012}", at.as_second()) }
}

/// Where the index has the entry of a payment by its one-way name.
pub(super) fn tag(tag: &str) -> String {
    format!("TAG#{tag}")
}

/// Reads when something was booked, and which payment or call it is about.
pub(super) fn read_book_entry(key: &Key) -> Option<(Timestamp, &str)> {
    let (at, rest) = key.sk.split_once('#')?;
    Some((Timestamp::from_second(at.parse().ok()?).ok()?, rest.split_once('#')?.1))
}

/// Reads which payment was booked.
pub(super) fn read_booked(key: &Key) -> Option<PaymentId> {
    let (_, rest) = key.sk.split_once('#').filter(|_| key.pk.starts_with("BOOK#"))?;
    let (what, id) = rest.split_once('#')?;
    ["sold", "back"].contains(&what).then(|| PaymentId::from_row(id.to_owned()))
}

/// The item that counts what was paid back on a day, counted from the epoch.
pub(super) fn refunds_of(day: i64) -> Key {
    Key { pk: format!("REFUNDED#{day}"), sk: "REFUNDED".to_owned() }
}

/// The item that counts what was paid back to a payer on a day.
pub(super) fn refunds_to(payer: &Wallet, day: i64) -> Key {
    Key { pk: format!("REFUNDED#{day}#{}", payer.caip10()), ..refunds_of(day) }
}

/// The item that says whether payments back are stopped.
pub(super) fn refund_stop() -> Key {
    Key { pk: "REFUNDED#STOP".to_owned(), sk: "REFUNDED".to_owned() }
}

/// The prefix of the partition keys of what is counted of wallets' calls.
pub(super) const COUNTED: &str = "LIMIT#WALLET#";

/// The item that counts the calls of a wallet.
pub(super) fn calls_of(wallet: &Wallet) -> Key {
    limit(&format!("WALLET#{}", wallet.caip10()))
}

/// Whose calls an item counts.
pub(super) fn read_counted(key: &Key) -> Option<Wallet> {
    Wallet::from_caip10(key.pk.strip_prefix(COUNTED)?).ok()
}

/// The item that counts the calls to a destination.
pub(super) fn calls_to(number: &PhoneNumber) -> Key {
    limit(&format!("DESTINATION#{}", number.as_str()))
}

/// The item that sums up what the calls to a prefix cost, of which this is a slice.
pub(super) fn cost_of(prefix: &str, slice: u8) -> Key {
    limit(&sliced(&format!("PREFIX#{prefix}"), slice))
}

/// The item that sums up what all calls cost, and counts those that are not over: a slice of it.
pub(super) fn cost_of_all(slice: u8) -> Key {
    limit(&sliced("COST", slice))
}

/// The first slice has the name of the whole: there may be no other.
fn sliced(whole: &str, slice: u8) -> String {
    if slice == 0 { whole.to_owned() } else { format!("{whole}/{slice}") }
}

/// Which slice an item is.
pub(super) fn slice_of(key: &Key) -> Option<u8> {
    key.pk.split_once('/').map_or(Some(0), |(_, slice)| slice.parse().ok())
}

/// The item that counts the numbers that a wallet buys.
pub(super) fn purchases_of(wallet: &Wallet) -> Key {
    limit(&format!("BUYER#{}", wallet.caip10()))
}

/// The item that sums up what numbers cost that are bought at the carrier.
pub(super) fn cost_of_numbers() -> Key {
    limit("NUMBERS")
}

/// The item that sums up what those of them cost that are not paid for, or not yet.
pub(super) fn cost_of_unpaid_numbers() -> Key {
    limit("NUMBERS#UNPAID")
}

/// The item that counts the signatures that others were asked about: in the names of wallets that
/// have paid, or of all others.
pub(super) fn unproven(has_paid: bool) -> Key {
    limit(if has_paid { "UNPROVEN#PAID" } else { "UNPROVEN" })
}

/// The item that counts those in the name of one wallet.
pub(super) fn unproven_of(payer: &Wallet) -> Key {
    limit(&format!("UNPROVEN#{}", payer.caip10()))
}

/// The item that counts the payments that the key of a wallet with code has signed.
pub(super) fn signed_by_key_of(payer: &Wallet) -> Key {
    limit(&format!("UNPROVEN#BY_KEY#{}", payer.caip10()))
}

/// The item that says that a wallet whose contract signs has paid.
pub(super) fn paid_by_contract(payer: &Wallet) -> Key {
    limit(&format!("PAID#{}", payer.caip10()))
}

/// The item that counts how often a wallet was told whose a number is.
pub(super) fn owners_told(wallet: &Wallet) -> Key {
    limit(&format!("OWNERS#{}", wallet.caip10()))
}

/// The item that counts how often the chain was asked what became of a wallet's used payments.
pub(super) fn looks(payer: &Wallet) -> Key {
    limit(&format!("LOOKS#{}", payer.caip10()))
}

/// The item that counts the requests that wait for a sale.
pub(super) fn waits(payment: &PaymentId) -> Key {
    limit(&format!("WAITS#{}", payment.as_str()))
}

fn limit(of: &str) -> Key {
    Key { pk: format!("LIMIT#{of}"), sk: "LIMIT".to_owned() }
}

/// The item of what the operator has switched, and of the salt that destinations are hashed with.
pub(super) fn control() -> Key {
    Key { pk: "CONTROL".to_owned(), sk: "CONTROL".to_owned() }
}

/// The item of a person who does not want to be called. The number itself is not in the table for
/// that.
pub(super) fn opt_out(hash: &str) -> Key {
    Key { pk: format!("{OPTED_OUT}{hash}"), sk: "OPTOUT".to_owned() }
}

/// A queue of the `due` index: what is waiting for a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Queue {
    /// Leases, at the time they expire.
    Leases(u8),
    /// Sales that are not finished, at the time another may finish them.
    Sales(u8),
    /// Sales past the fence whose payment was looked for and not found, at the time of the next
    /// look.
    Doubts(u8),
    /// Calls that run, or whose refund is not asked for yet.
    Calls(u8),
    /// Calls that have ended and whose questions are not answered, at the time of the next try.
    Questions(u8),
    /// Calls that are over and whose cost no sale brings into the books, from their last look on.
    Books(u8),
    /// Sales whose payment goes back, at the time of the next try.
    Refunds(u8),
    /// Granted sales whose payment has not been seen on the chain, at the time from which it is
    /// asked for.
    Unproven(u8),
    /// The same for stray payments: they wait behind those.
    Strays,
    /// Numbers that the dialler does not know yet, at the time they became ours.
    Imports,
    /// Numbers on their way back to the carrier, at the time that was decided.
    Releases,
    /// Idle numbers of a country, at the time from which they may be leased again.
    Pool(Country),
}

impl Queue {
    /// The index's partition key.
    pub fn name(self) -> String {
        match self {
            Self::Leases(shard) => format!("LEASE#{shard}"),
            Self::Sales(shard) => format!("SALE#{shard}"),
            Self::Doubts(shard) => format!("DOUBT#{shard}"),
            Self::Calls(shard) => format!("CALL#{shard}"),
            Self::Questions(shard) => format!("QUESTION#{shard}"),
            Self::Books(shard) => format!("BOOK#{shard}"),
            Self::Refunds(shard) => format!("REFUND#{shard}"),
            Self::Unproven(shard) => format!("PROOF#{shard}"),
            Self::Strays => "STRAY".to_owned(),
            Self::Releases => "RELEASE".to_owned(),
            Self::Imports => "IMPORT".to_owned(),
            Self::Pool(country) => format!("POOL#{country}"),
        }
    }

    /// The queue of a number's lease.
    pub fn of_lease(number: &PhoneNumber) -> Self {
        Self::Leases(shard(number.as_str()))
    }

    /// The queue of a sale.
    pub fn of_sale(payment: &PaymentId) -> Self {
        Self::Sales(payment.shard(SHARDS))
    }

    /// The queue of a sale whose payment is in doubt.
    pub fn of_doubt(payment: &PaymentId) -> Self {
        Self::Doubts(payment.shard(SHARDS))
    }

    /// The queue of a payment that goes back.
    pub fn of_refund(payment: &PaymentId) -> Self {
        Self::Refunds(payment.shard(SHARDS))
    }

    /// The queue of a granted sale whose payment has not been seen.
    pub fn of_proof(payment: &PaymentId) -> Self {
        Self::Unproven(payment.shard(SHARDS))
    }

    /// The queue of a call whose questions are to be answered.
    pub fn of_questions(call: &CallId) -> Self {
        Self::Questions(shard(call.as_str()))
    }

    /// The queue of a call that no sale brings into the books.
    pub fn of_books(call: &CallId) -> Self {
        Self::Books(shard(call.as_str()))
    }

    /// The queue of a call.
    pub fn of_call(call: &CallId) -> Self {
        Self::Calls(shard(call.as_str()))
    }
}

fn shard(text: &str) -> u8 {
    text.bytes().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte)) % SHARDS
}

impl From<Queue> for Value {
    fn from(queue: Queue) -> Self {
        queue.name().into()
    }
}

/// Whose item it is that counts what a wallet is doing.
pub(super) fn read_wallet(key: &Key) -> Option<Wallet> {
    let wallet = Wallet::from_caip10(key.pk.strip_prefix("WALLET#")?).ok()?;
    (self::wallet(&wallet) == *key).then_some(wallet)
}

/// Reads where a call stands among its wallet's.
pub(super) fn read_dialled(key: &Key) -> Option<Dialled> {
    let (at, call) = key.sk.split_once('#')?;
    Some(Dialled { at: Timestamp::from_second(at.parse().ok()?).ok()?, call: CallId::parse(call).ok()? })
}

/// Reads in whose list a call stands, and where.
pub(super) fn read_listed(key: &Key) -> Option<(Wallet, Dialled)> {
    let wallet = Wallet::from_caip10(key.pk.strip_prefix("CALLS#")?).ok()?;
    Some((wallet, read_dialled(key)?))
}

/// What a key of the index names.
pub(super) enum Named {
    /// A number.
    Number(PhoneNumber),
    /// A lease.
    Lease(Wallet, PhoneNumber),
    /// A sale.
    Sale(PaymentId),
    /// A call.
    Call(CallId),
}

/// Whether an item of a wallet's partition is a lease.
pub(super) fn is_of_lease(item: &Item) -> bool {
    Key::of(item).is_some_and(|key| key.sk.starts_with(LEASES))
}

/// Reads a key that one of the functions above wrote.
pub(super) fn read(key: &Key) -> Option<Named> {
    let (kind, rest) = key.pk.split_once('#')?;
    match kind {
        "NUMBER" => Some(Named::Number(PhoneNumber::parse(rest).ok()?)),
        "WALLET" => {
            let number = key.sk.strip_prefix(LEASES)?;
            Some(Named::Lease(Wallet::from_caip10(rest).ok()?, PhoneNumber::parse(number).ok()?))
        }
        "SALE" => Some(Named::Sale(PaymentId::from_row(rest.to_owned()))),
        "CALL" => Some(Named::Call(CallId::parse(rest).ok()?)),
        _ => None,
    }
}
