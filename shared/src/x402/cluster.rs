//! A Solana cluster, asked over JSON-RPC for the one thing that a facilitator may not know: whether a transaction was
//! processed. It knows blocks, commitment and where a cluster keeps what an account did; it knows nothing of why somebody
//! asks.
//!
//! A transaction is named by its fee payer's signature, which is not ours to know before it is settled. So it is looked for
//! among what its source account did, and recognised by its message.

pub mod answers;
mod rpc;

use std::time::Duration;

use solana_hash::Hash;

use self::answers::{Entry, Landed};
use self::rpc::Page;
use super::exact_svm::{Transfer, token_account};
use super::json_rpc::{Place, Question};
use super::nodes::{Inbound, InboundPayment, Reach, Received, Truth};
use crate::types::{SolanaAddress, SolanaNetwork, TransactionId, Usdc};
use crate::upstream::http::NoReply;

/// How far the clock of a cluster may be from ours, in seconds: what is older than a payment by more was not it.
const SKEW: u64 = 120;
/// Entries of an account's history in one answer: as many as a node gives.
const PAGE: usize = 1_000;
/// Pages of what was paid to us that are read for one question.
const PAGES: usize = 10;
/// Transactions that are looked into for one question.
const LOOKS: usize = 25;

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

    /// What became of a transfer. An answer that cannot be had within `limit`, or that is not sure, is no answer.
    pub async fn truth(&self, transfer: &Transfer, limit: Duration) -> Result<Truth, NoReply> {
        tokio::time::timeout(limit, self.search(transfer, limit)).await.unwrap_or(Err(NoReply::Unknown))
    }

    async fn search(&self, transfer: &Transfer, limit: Duration) -> Result<Truth, NoReply> {
        let ask = Question { place: &self.place, limit };
        on(transfer.network, &ask).await?;
        // The final state comes first: what cannot be processed from it on, and is not found afterwards, never was.
        let (slot, dead) = is_dead(&ask, transfer).await?;
        // One more than is looked into, to know whether there is more.
        let history = Page { before: None, limit: LOOKS + 1 };
        let entries = ask.signatures(&transfer.source, history, Commitment::Confirmed, slot).await?;
        for (looks, entry) in entries.iter().enumerate() {
            if entry.block_time.is_some_and(|time| time.saturating_add(SKEW) < transfer.since) {
                break;
            }
            if looks == LOOKS {
                return Err(NoReply::Unknown);
            }
            let Some(landed) = ask.transaction(&entry.signature, Commitment::Confirmed).await? else {
                return Err(NoReply::Unknown);
            };
            if landed.message == transfer.message {
                return outcome(entry, &landed);
            }
        }
        Ok(Truth::Unused { dead })
    }

    /// What was paid to `payee` from slot `from` on, oldest first.
    pub async fn received(
        &self,
        network: SolanaNetwork,
        payee: SolanaAddress,
        from: Option<u64>,
        limit: Duration,
    ) -> Result<Received, NoReply> {
        let ask = Question { place: &self.place, limit };
        on(network, &ask).await?;
        let finalized = ask.slot(Commitment::Finalized).await?;
        let from = from.unwrap_or(finalized);
        let account = token_account(network, payee);
        let mut entries = since(&ask, &account, from, finalized).await?;
        entries.reverse();
        let more = next_slot(&entries);
        let mut payments = Vec::new();
        for entry in entries.iter().filter(|entry| more.is_none_or(|slot| entry.slot < slot) && !entry.failed) {
            let landed = ask.transaction(&entry.signature, Commitment::Finalized).await?.ok_or(NoReply::Unknown)?;
            payments.push(inbound(network, &account, entry, landed));
        }
        let through = more.map_or(finalized.max(from.saturating_sub(1)), |slot| slot.saturating_sub(1));
        Ok(Received { payments, through, finalized, reach: Reach::default() })
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
        ask.token_account(&token_account(network, of), Commitment::Confirmed).await
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

/// Whether a transfer can no longer be processed, as of which final slot. A block that a final state does not know is either
/// 150 blocks past or newer than that state; it is past if the state is younger than the transfer.
async fn is_dead(ask: &Question<'_>, transfer: &Transfer) -> Result<(u64, bool), NoReply> {
    let (slot, alive) = ask.is_blockhash_valid(&transfer.blockhash, Commitment::Finalized).await?;
    if alive {
        return Ok((slot, false));
    }
    let time = ask.block_time(slot).await?;
    Ok((slot, time > transfer.since.saturating_add(SKEW)))
}

/// A transaction that failed is spent too, since a message is processed once; but only for good when it is final.
fn outcome(entry: &Entry, landed: &Landed) -> Result<Truth, NoReply> {
    match (landed.failed, entry.finalized) {
        (false, _) => Ok(Truth::Paid { transaction: entry.signature.clone() }),
        (true, true) => Ok(Truth::Cancelled),
        (true, false) => Err(NoReply::Unknown),
    }
}

/// What an account did in the slots from one on, up to a final one; newest first.
async fn since(ask: &Question<'_>, account: &SolanaAddress, from: u64, finalized: u64) -> Result<Vec<Entry>, NoReply> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut before: Option<TransactionId> = None;
    for _ in 0..PAGES {
        let next = Page { before: before.as_ref(), limit: PAGE };
        let page = ask.signatures(account, next, Commitment::Finalized, finalized).await?;
        let is_last = page.len() < PAGE || page.last().is_none_or(|entry| entry.slot < from);
        before = page.last().map(|entry| entry.signature.clone());
        entries.extend(page.into_iter().filter(|entry| (from..=finalized).contains(&entry.slot)));
        if is_last {
            return Ok(entries);
        }
    }
    tracing::error!(alarm = "strays", from, "more was paid than can be looked at in one go");
    Err(NoReply::Unknown)
}

/// Where the next stretch begins: a slot is looked at as a whole, so that it can be said that it was.
fn next_slot(entries: &[Entry]) -> Option<u64> {
    let last = entries.get(LOOKS - 1)?.slot;
    entries.iter().map(|entry| entry.slot).find(|slot| *slot > last)
}

fn inbound(network: SolanaNetwork, account: &SolanaAddress, entry: &Entry, landed: Landed) -> Inbound {
    let transfer = Transfer::read(network, landed.transaction, entry.block_time.unwrap_or(0)).ok();
    let payment = transfer.filter(|transfer| transfer.destination == *account).map(|transfer| InboundPayment {
        id: transfer.id(),
        payer: transfer.wallet(),
        unique: transfer.message,
        amount: transfer.amount,
    });
    Inbound { transaction: entry.signature.clone(), block: entry.slot, payment }
}

#[cfg(test)]
mod tests;
