//! A Solana cluster, asked over JSON-RPC for the one thing that a facilitator may not know: whether
//! a transaction was processed. It knows blocks, commitment and where a cluster keeps what an
//! account did; it knows nothing of why its caller asks.
//!
//! A transaction is named by its fee payer's signature, which is not ours to know before it is
//! settled. But it can be told from all others: only the fee payer can sign its message. So it is
//! looked for among the names in its source account's history, and none of those transactions is
//! read, whatever is in them.

pub mod answers;
mod received;
mod rpc;
mod walk;

use std::time::Duration;

use solana_hash::Hash;

use self::answers::{Entry, Found};
use self::walk::{Leaf, PAGES, Walk};
use super::exact_svm::{Named, Transfer, token_account};
use super::json_rpc::{Place, Question};
use super::truth::{Truth, is_before};
use crate::types::{Before, Searched, SolanaAddress, SolanaNetwork, Timestamp, TransactionId, Usdc};
use crate::wire::http::NoReply;

/// How far the clock of a cluster may be from ours, in seconds: what is older than a payment by
/// more was not it.
const SKEW: u64 = 120;
/// How many older entries of a page that was asked for anyway are looked through for a payment that
/// another party may have made long before it came to us. Each costs the check of a signature.
const OLDER: usize = 100;
/// A node of one cluster.
pub struct SolanaRpc {
    place: Place,
}

/// How sure an answer has to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Commitment {
    /// Two thirds of the cluster have voted for it.
    Confirmed,
    /// It cannot be taken back.
    Finalized,
}

impl Commitment {
    const fn name(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Finalized => "finalized",
        }
    }
}

impl SolanaRpc {
    /// A node somewhere.
    pub fn new(place: impl Into<Place>) -> Self {
        Self { place: place.into() }
    }

    /// What became of a transfer, from where an earlier search for it came to; and where the next
    /// one is to go on, if this one did not come to the end. An answer that cannot be had within
    /// `limit`, or that is not sure, is not an answer.
    ///
    /// It takes three questions and one for each thousand entries that the history has had since
    /// the transfer, of which twenty are asked at most.
    pub async fn truth(
        &self,
        transfer: &Transfer,
        searched: Option<&Searched>,
        limit: Duration,
    ) -> (Result<Truth, NoReply>, Option<Searched>) {
        let mut before = match searched {
            Some(Searched { sought, before: Before::Transaction(id) }) if *sought == transfer.message => {
                Some(id.clone())
            }
            _ => None,
        };
        let search = self.search(transfer, &mut before, PAGES, limit);
        let truth = tokio::time::timeout(limit, search).await.unwrap_or(Err(NoReply::Unknown)).map(|(truth, _)| truth);
        let place = before.filter(|_| truth.is_err()).map(Before::Transaction);
        let place = place.map(|before| Searched { sought: transfer.message, before });
        (truth, place)
    }

    /// [`SolanaRpc::truth`] of what can only have happened just now, so that the newest page of the
    /// history has it; what is on an earlier one is not known. And whether it can still be made: of
    /// one that cannot, what was done long ago is not known. It takes four questions, and a fifth
    /// where a final state does not know the block: a client may sign on one that is confirmed.
    pub async fn recent(&self, transfer: &Transfer, limit: Duration) -> Result<(Truth, bool), NoReply> {
        let (truth, alive) = self.search(transfer, &mut None, 1, limit).await?;
        if alive || !matches!(truth, Truth::Unused { .. }) {
            return Ok((truth, alive));
        }
        let ask = Question { place: &self.place, limit };
        let young = ask.is_blockhash_valid(&transfer.blockhash, Commitment::Confirmed).await;
        Ok((truth, young.is_ok_and(|(_, alive)| alive)))
    }

    async fn search(
        &self,
        transfer: &Transfer,
        before: &mut Option<TransactionId>,
        pages: usize,
        limit: Duration,
    ) -> Result<(Truth, bool), NoReply> {
        let ask = Question { place: &self.place, limit };
        on(transfer.network, &ask).await?;
        // The final state comes first: what cannot be processed from it on, and is not found
        // afterwards, never was.
        let (slot, alive, dead) = life(&ask, transfer).await?;
        let named = transfer.named().ok_or(NoReply::Unknown)?;
        // What was searched while it could still be processed is not done with.
        let from = before.take().filter(|_| dead);
        let mut walk = Walk::new(&ask, transfer.source, Commitment::Confirmed, slot, from);
        for _ in 0..pages {
            if dead {
                before.clone_from(&walk.before);
            }
            let Some(Leaf { entries, is_last }) = walk.next().await? else {
                // The node has lost that place: the next search begins anew.
                *before = None;
                return Err(NoReply::Unknown);
            };
            if let Some(truth) = among(&entries, &named, transfer.since, alive, dead) {
                return truth.map(|truth| (truth, alive));
            }
            if is_last {
                return Ok((Truth::Unused { dead }, alive));
            }
        }
        *before = walk.before.filter(|_| dead);
        Err(NoReply::Unknown)
    }

    /// Whether a transaction is final and is this transfer: its name is by the fee payer, for the
    /// very message. Whatever was written into any history since is not asked for. It takes two
    /// questions.
    pub async fn shows(
        &self,
        transfer: &Transfer,
        transaction: &TransactionId,
        limit: Duration,
    ) -> Result<bool, NoReply> {
        if !transfer.named().is_some_and(|named| named.is(transaction)) {
            return Ok(false);
        }
        let ask = Question { place: &self.place, limit };
        on(transfer.network, &ask).await?;
        // What makes the name true makes the message ours, so its bytes need not be read again.
        let found = ask.transaction(transaction, Commitment::Finalized).await?;
        Ok(matches!(found, Found::Landed(landed) if !landed.failed))
    }

    /// What a wallet's token account holds; nothing, if there is none.
    pub async fn balance(
        &self,
        network: SolanaNetwork,
        of: SolanaAddress,
        limit: Duration,
    ) -> Result<Option<Usdc>, NoReply> {
        let ask = Question { place: &self.place, limit };
        on(network, &ask).await?;
        ask.token_account(&token_account(network, of), Commitment::Confirmed, None).await
    }

    /// The same in the last state that is final, if that is of this time or later, by a node that
    /// has come to it.
    pub async fn settled_balance(
        &self,
        network: SolanaNetwork,
        of: SolanaAddress,
        since: Timestamp,
        limit: Duration,
    ) -> Result<Option<Usdc>, NoReply> {
        let ask = Question { place: &self.place, limit };
        on(network, &ask).await?;
        let slot = ask.slot(Commitment::Finalized).await?;
        if is_before(ask.block_time(slot).await?, since) {
            return Err(NoReply::Unknown);
        }
        ask.token_account(&token_account(network, of), Commitment::Finalized, Some(slot)).await
    }

    /// A block to build a transaction on.
    pub async fn blockhash(&self, network: SolanaNetwork, limit: Duration) -> Result<Hash, NoReply> {
        let ask = Question { place: &self.place, limit };
        on(network, &ask).await?;
        ask.latest_blockhash(Commitment::Confirmed).await
    }
}

/// A node of another cluster would report every payment as unused, and none as received.
async fn on(network: SolanaNetwork, ask: &Question<'_>) -> Result<(), NoReply> {
    let genesis = ask.genesis().await?;
    let reference = network.caip2().trim_start_matches("solana:");
    if genesis.to_string().starts_with(reference) {
        return Ok(());
    }
    tracing::error!(network = network.caip2(), "the RPC endpoint is for another cluster");
    Err(NoReply::Unknown)
}

/// As of which final slot a transfer can be processed for sure, or no longer. A block that a final
/// state does not know is either 150 blocks past or newer than that state; it is past if the state
/// is younger than the transfer.
async fn life(ask: &Question<'_>, transfer: &Transfer) -> Result<(u64, bool, bool), NoReply> {
    let (slot, alive) = ask.is_blockhash_valid(&transfer.blockhash, Commitment::Finalized).await?;
    if alive {
        return Ok((slot, true, false));
    }
    let time = ask.block_time(slot).await?;
    Ok((slot, false, time > transfer.since.saturating_add(SKEW)))
}

/// What a page says of a transfer; nothing, if it may be in an earlier one.
fn among(entries: &[Entry], named: &Named, since: u64, alive: bool, dead: bool) -> Option<Result<Truth, NoReply>> {
    for (place, entry) in entries.iter().enumerate() {
        if entry.block_time.is_some_and(|time| time.saturating_add(SKEW) < since) {
            let mut older = entries.iter().skip(place).take(OLDER);
            let is_there = !alive && older.any(|entry| !entry.failed && named.is(&entry.signature));
            return Some(Ok(if is_there { Truth::Earlier } else { Truth::Unused { dead } }));
        }
        if named.is(&entry.signature) {
            return Some(outcome(entry));
        }
    }
    None
}

/// A transaction that failed is spent too, since a message is processed once; but only for good
/// when it is final.
fn outcome(entry: &Entry) -> Result<Truth, NoReply> {
    match (entry.failed, entry.finalized) {
        (false, _) => Ok(Truth::Paid { transaction: entry.signature.clone() }),
        (true, true) => Ok(Truth::Cancelled),
        (true, false) => Err(NoReply::Unknown),
    }
}

#[cfg(test)]
mod tests;
