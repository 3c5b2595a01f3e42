//! What a node of Solana's answers, read into our own types. Pure functions of the body: an answer
//! is read whole or not at all.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use solana_hash::Hash;

use crate::types::{SolanaAddress, SolanaNetwork, TransactionId, Usdc};
use crate::x402::exact_svm::TOKEN;
use crate::x402::wire_v2::Object;

/// `UnsupportedTransactionVersion`: there is such a transaction, of a version that was not asked
/// for.
const OTHER_VERSION: i64 = -32_015;

/// Something that an account did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The transaction.
    pub signature: TransactionId,
    /// When.
    pub slot: u64,
    /// In Unix seconds, if the node knows.
    pub block_time: Option<u64>,
    /// It was processed and undone.
    pub failed: bool,
    /// It cannot be taken back.
    pub finalized: bool,
}

/// The state of a node's knowledge under a transaction's name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found {
    /// A transaction that was processed.
    Landed(Landed),
    /// One of a version that is newer than all that we know.
    OtherVersion,
    /// Nothing, or nothing yet.
    Nothing,
}

/// A transaction that was processed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Landed {
    /// The transaction.
    pub transaction: Vec<u8>,
    /// It was undone.
    pub failed: bool,
    before: Vec<Held>,
    after: Vec<Held>,
}

/// The balance of one of its accounts.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Held {
    mint: String,
    owner: Option<String>,
    amount: u128,
}

impl Landed {
    /// Whether an owner has more of a token since.
    pub fn gained(&self, mint: SolanaAddress, owner: SolanaAddress) -> bool {
        let (mint, owner) = (mint.to_string(), owner.to_string());
        let of = |held: &[Held]| -> u128 {
            let meant = |one: &&Held| one.mint == mint && one.owner.as_ref() == Some(&owner);
            held.iter().filter(meant).fold(0, |sum, one| sum.saturating_add(one.amount))
        };
        of(&self.after) > of(&self.before)
    }
}

#[derive(Deserialize)]
struct Response<T> {
    result: T,
}

#[derive(Deserialize)]
struct InContext<T> {
    context: Object<Context>,
    value: T,
}

#[derive(Deserialize)]
struct Context {
    slot: u64,
}

#[derive(Deserialize)]
struct WireBlockhash {
    blockhash: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireEntry {
    signature: String,
    slot: u64,
    // A field that has to be there, and may be null.
    err: Value,
    block_time: Option<i64>,
    confirmation_status: Option<String>,
}

#[derive(Deserialize)]
struct WireTransaction {
    meta: Option<Object<Meta>>,
    transaction: (String, String),
}

#[derive(Deserialize)]
struct Refused {
    error: Object<WireError>,
}

#[derive(Deserialize)]
struct WireError {
    code: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    // A field that has to be there, and may be null.
    err: Value,
    pre_token_balances: Option<Vec<Object<WireHeld>>>,
    post_token_balances: Option<Vec<Object<WireHeld>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireHeld {
    mint: String,
    owner: Option<String>,
    ui_token_amount: Object<WireAmount>,
}

#[derive(Deserialize)]
struct WireAmount {
    amount: String,
}

#[derive(Deserialize)]
struct WireAccount {
    owner: String,
    data: Value,
}

/// The answer to `getGenesisHash`.
pub fn hash(body: &[u8]) -> Option<Hash> {
    result::<String>(body)?.parse().ok()
}

/// The answer to `getSlot` and to `getBlockTime`.
pub fn number(body: &[u8]) -> Option<u64> {
    result(body)
}

/// The answer to `getLatestBlockhash`.
pub fn latest_blockhash(body: &[u8]) -> Option<Hash> {
    let Object(found) = result::<Object<InContext<Object<WireBlockhash>>>>(body)?;
    found.value.0.blockhash.parse().ok()
}

/// The answer to `isBlockhashValid`, and the slot that it is for.
pub fn is_blockhash_valid(body: &[u8]) -> Option<(u64, bool)> {
    let Object(found) = result::<Object<InContext<bool>>>(body)?;
    Some((found.context.0.slot, found.value))
}

/// The answer to `getSignaturesForAddress`.
pub fn signatures(body: &[u8]) -> Option<Vec<Entry>> {
    result::<Vec<Object<WireEntry>>>(body)?.iter().map(|Object(entry)| read(entry)).collect()
}

fn read(entry: &WireEntry) -> Option<Entry> {
    Some(Entry {
        // The names are the same on every cluster.
        signature: TransactionId::read(SolanaNetwork::Mainnet.into(), &entry.signature)?,
        slot: entry.slot,
        block_time: entry.block_time.and_then(|time| u64::try_from(time).ok()),
        failed: !entry.err.is_null(),
        finalized: entry.confirmation_status.as_deref() == Some("finalized"),
    })
}

/// The answer to `getTransaction` in base64. Its bytes are not looked into.
pub fn transaction(body: &[u8]) -> Option<Found> {
    if refused(body) == Some(OTHER_VERSION) {
        return Some(Found::OtherVersion);
    }
    let Some(Object(found)) = result::<Option<Object<WireTransaction>>>(body)? else { return Some(Found::Nothing) };
    let (data, encoding) = found.transaction;
    let transaction = STANDARD.decode(data).ok().filter(|_| encoding == "base64")?;
    let Object(meta) = found.meta?;
    Some(Found::Landed(Landed {
        transaction,
        failed: !meta.err.is_null(),
        before: held(meta.pre_token_balances)?,
        after: held(meta.post_token_balances)?,
    }))
}

fn held(balances: Option<Vec<Object<WireHeld>>>) -> Option<Vec<Held>> {
    let read = |Object(one): Object<WireHeld>| {
        Some(Held { mint: one.mint, owner: one.owner, amount: one.ui_token_amount.0.amount.parse().ok()? })
    };
    balances.unwrap_or_default().into_iter().map(read).collect()
}

/// The number of an error.
fn refused(body: &[u8]) -> Option<i64> {
    let Object(refused) = serde_json::from_slice::<Object<Refused>>(body).ok()?;
    Some(refused.error.0.code)
}

/// The answer to `getAccountInfo` for a token account; nothing inside, if there is none.
pub fn token_account(body: &[u8]) -> Option<Option<Usdc>> {
    let Object(found) = result::<Object<InContext<Option<Object<WireAccount>>>>>(body)?;
    let Some(Object(account)) = found.value else { return Some(None) };
    if account.owner != TOKEN.to_string() {
        return Some(None);
    }
    let amount = account.data.pointer("/parsed/info/tokenAmount/amount")?.as_str()?;
    Some(Some(Usdc::micros(amount.parse().ok()?)))
}

/// An error has no result, and what has none is not an answer.
fn result<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    let Object(response) = serde_json::from_slice::<Object<Response<T>>>(body).ok()?;
    Some(response.result)
}
