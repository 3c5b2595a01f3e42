//! JSON-RPC to a node of Solana's: the questions that we have. What the answers say is read in
//! `answers`.

use serde::Serialize;
use serde_json::json;
use solana_hash::Hash;

use super::Commitment;
use super::answers::{self, Entry, Found};
use crate::types::{SolanaAddress, TransactionId, Usdc};
use crate::wire::http::NoReply;
use crate::x402::json_rpc::Question;

/// The newest version of transactions that there is.
const NEWEST: u8 = 1;

/// A part of an account's history, newest first.
pub(super) struct Page<'a> {
    /// What it was done before; until now, if nothing is said.
    pub(super) before: Option<&'a TransactionId>,
    /// Entries at most.
    pub(super) limit: usize,
}

/// The options of a question.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Options<'a> {
    commitment: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min_context_slot: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_supported_transaction_version: Option<u8>,
}

impl Question<'_> {
    /// The hash of the first block, which names the cluster.
    pub(super) async fn genesis(&self) -> Result<Hash, NoReply> {
        self.ask("getGenesisHash", json!([]), answers::hash).await
    }

    /// The last slot.
    pub(super) async fn slot(&self, commitment: Commitment) -> Result<u64, NoReply> {
        self.ask("getSlot", json!([at(commitment)]), answers::number).await
    }

    /// When a slot was, in Unix seconds.
    pub(super) async fn block_time(&self, slot: u64) -> Result<u64, NoReply> {
        self.ask("getBlockTime", json!([slot]), answers::number).await
    }

    /// A block to build a transaction on.
    pub(super) async fn latest_blockhash(&self, commitment: Commitment) -> Result<Hash, NoReply> {
        self.ask("getLatestBlockhash", json!([at(commitment)]), answers::latest_blockhash).await
    }

    /// Whether a transaction with this block can still be processed, and as of which slot.
    pub(super) async fn is_blockhash_valid(
        &self,
        blockhash: &Hash,
        commitment: Commitment,
    ) -> Result<(u64, bool), NoReply> {
        let params = json!([blockhash.to_string(), at(commitment)]);
        self.ask("isBlockhashValid", params, answers::is_blockhash_valid).await
    }

    /// What an account did, by a node that has come to a slot.
    pub(super) async fn signatures(
        &self,
        account: &SolanaAddress,
        page: Page<'_>,
        commitment: Commitment,
        at_least: u64,
    ) -> Result<Vec<Entry>, NoReply> {
        let options = Options {
            limit: Some(page.limit),
            before: page.before.map(TransactionId::as_str),
            min_context_slot: Some(at_least),
            ..at(commitment)
        };
        self.ask("getSignaturesForAddress", json!([account.to_string(), options]), answers::signatures).await
    }

    /// A transaction, of any version that there is.
    pub(super) async fn transaction(
        &self,
        signature: &TransactionId,
        commitment: Commitment,
    ) -> Result<Found, NoReply> {
        let options =
            Options { encoding: Some("base64"), max_supported_transaction_version: Some(NEWEST), ..at(commitment) };
        self.ask("getTransaction", json!([signature.as_str(), options]), answers::transaction).await
    }

    /// What a token account holds; nothing, if there is no such account. By a node that has come to
    /// a slot, if one is said.
    pub(super) async fn token_account(
        &self,
        account: &SolanaAddress,
        commitment: Commitment,
        at_least: Option<u64>,
    ) -> Result<Option<Usdc>, NoReply> {
        let options = Options { encoding: Some("jsonParsed"), min_context_slot: at_least, ..at(commitment) };
        self.ask("getAccountInfo", json!([account.to_string(), options]), answers::token_account).await
    }
}

fn at<'a>(commitment: Commitment) -> Options<'a> {
    Options { commitment: commitment.name(), ..Options::default() }
}
