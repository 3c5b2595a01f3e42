//! A walk back through what an account did, which a node tells newest first. Strangers can write
//! there, so it counts on nothing that is written: not on how much it is, nor on how long.
//!
//! `docs/decisions.md`: How is a transaction found in a history that strangers write into?

use super::Commitment;
use super::answers::Entry;
use super::rpc::Page;
use crate::types::{SolanaAddress, TransactionId};
use crate::wire::http::NoReply;
use crate::x402::json_rpc::Question;

/// Entries of a history in one answer: as many as a node gives.
pub(super) const PAGE: usize = 1_000;
/// The fewest that are asked for, where more would be too much to read: an entry says its memo,
/// which may take 24 KB in JSON. An answer holds this many, whatever stands in them.
pub(super) const SHORTEST: usize = PAGE >> 5;
/// Pages in one look.
pub(super) const PAGES: usize = 20;

pub(super) struct Walk<'a> {
    pub(super) ask: &'a Question<'a>,
    pub(super) account: SolanaAddress,
    pub(super) commitment: Commitment,
    /// The slot that the node must have come to.
    pub(super) at_least: u64,
    /// What was read already comes from here on; nothing was, if nothing is said.
    pub(super) before: Option<TransactionId>,
    size: usize,
}

/// Part of a history, newest first.
pub(super) struct Leaf {
    pub(super) entries: Vec<Entry>,
    /// There is nothing before it.
    pub(super) is_last: bool,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        ask: &'a Question<'a>,
        account: SolanaAddress,
        commitment: Commitment,
        at_least: u64,
        before: Option<TransactionId>,
    ) -> Self {
        Self { ask, account, commitment, at_least, before, size: PAGE }
    }

    /// The next page; nothing, if the node does not know where we are. It tells no entries then, as
    /// it does at the end of a history. So each page begins with the last entry of the one before,
    /// and only that makes an empty one the end of nothing.
    pub(super) async fn next(&mut self) -> Result<Option<Leaf>, NoReply> {
        let entries = self.read().await?;
        if entries.is_empty() && self.before.is_some() {
            return Ok(None);
        }
        let is_last = entries.len() < self.size;
        if let [.., last_but_one, _] = entries.as_slice() {
            self.before = Some(last_but_one.signature.clone());
        }
        Ok(Some(Leaf { entries, is_last }))
    }

    async fn read(&mut self) -> Result<Vec<Entry>, NoReply> {
        loop {
            let page = Page { before: self.before.as_ref(), limit: self.size };
            match self.ask.signatures(&self.account, page, self.commitment, self.at_least).await {
                Err(NoReply::TooLarge) if self.size > SHORTEST => self.size /= 2,
                answer => return answer,
            }
        }
    }
}
