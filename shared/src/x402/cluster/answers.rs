//! What a node of Solana's answers, read into our own types. Pure functions of the body: an answer is read whole or not at
//! all.

use alloy_primitives::B256;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use solana_hash::Hash;

use crate::types::{SolanaNetwork, TransactionId, Usdc};
use crate::x402::exact_svm::{TOKEN, decode, message_of};
use crate::x402::wire_v2::Object;

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

/// A transaction that was processed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Landed {
    /// SHA-256 of what its signers have signed.
    pub message: B256,
    /// The transaction.
    pub transaction: Vec<u8>,
    /// It was undone, and has only cost its fee.
    pub failed: bool,
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
struct Meta {
    err: Value,
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

/// The answer to `getTransaction` in base64; nothing inside, if there is no such transaction.
pub fn transaction(body: &[u8]) -> Option<Option<Landed>> {
    let Some(Object(found)) = result::<Option<Object<WireTransaction>>>(body)? else { return Some(None) };
    let (data, encoding) = found.transaction;
    let transaction = STANDARD.decode(data).ok().filter(|_| encoding == "base64")?;
    let message = message_of(&decode(&transaction)?);
    Some(Some(Landed { message, transaction, failed: !found.meta?.0.err.is_null() }))
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

/// An error has no result, and what has none is no answer.
fn result<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    let Object(response) = serde_json::from_slice::<Object<Response<T>>>(body).ok()?;
    Some(response.result)
}
