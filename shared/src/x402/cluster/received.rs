//! What was paid to a payee. Its history is read backwards, from what is final to where the last
//! reading began, in parts: much may have been written there, by strangers. Where a part ends is
//! for the asker to keep.
//!
//! A transaction that cannot be read is none that our clients make: they sign legacy or version 0,
//! of 1,232 bytes at most. One that the node does not have, although its history names it, is
//! another matter: it is asked for again.
//!
//! `docs/decisions.md`: How is what was paid to us found there?

use std::ops::RangeInclusive;
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use tokio::time::{Instant, timeout_at};

use super::answers::{Entry, Found, Landed};
use super::walk::{Leaf, PAGES, Walk};
use super::{Commitment, SolanaRpc, on};
use crate::types::{Place, SolanaAddress, SolanaNetwork, TransactionId};
use crate::wire::http::NoReply;
use crate::x402::exact_svm::{Transfer, token_account};
use crate::x402::json_rpc::Question;
use crate::x402::truth::{Inbound, InboundPayment, Reach, Received};

/// Transactions that are looked into in one part.
pub(super) const LOOKS: usize = 250;
/// Of these at once.
const AT_ONCE: usize = 8;

/// The payee whose payments are looked for.
struct Payee {
    network: SolanaNetwork,
    wallet: SolanaAddress,
    account: SolanaAddress,
}

impl SolanaRpc {
    /// What was paid to `payee` from slot `from` on, newest first; or the part of it that comes
    /// before a place.
    pub async fn received(
        &self,
        network: SolanaNetwork,
        payee: SolanaAddress,
        from: Option<u64>,
        place: Option<&Place>,
        limit: Duration,
    ) -> Result<Received, NoReply> {
        let ask = Question { place: &self.place, limit };
        on(network, &ask).await?;
        let finalized = ask.slot(Commitment::Finalized).await?;
        // What was paid is not left unread for it.
        let finalized_at = ask.block_time(finalized).await.ok();
        let top = place.map_or(finalized, |place| place.top);
        let from = from.unwrap_or(top);
        let payee = Payee { network, wallet: payee, account: token_account(network, payee) };
        let before = place.map(|place| place.before.clone());
        let mut walk = Walk::new(&ask, payee.account, Commitment::Finalized, finalized, before);
        let (payments, reach) = (Vec::new(), Reach::default());
        let mut received = Received { payments, through: top, finalized, finalized_at, before: None, reach };
        let (until, mut looks) = (Instant::now() + limit, LOOKS);
        for page in 0..PAGES {
            let part = match part(&mut walk, from..=top, looks).await {
                Ok(Some(part)) => part,
                // The node has lost the place: the next part begins anew.
                Ok(None) if page == 0 => return Ok(Received { through: from.saturating_sub(1), ..received }),
                Err(why) if page == 0 => return Err(why),
                // What was read before stays read.
                Ok(None) | Err(_) => break,
            };
            let done = look_into(&ask, &payee, &part.entries, until, &mut received.payments).await;
            looks = looks.saturating_sub(done);
            let all = done == part.entries.len();
            match part.entries.get(..done).and_then(<[_]>::last) {
                _ if all => received.before = part.before,
                Some(last) => received.before = Some(last.signature.clone()),
                None if page == 0 => return Err(NoReply::Unknown),
                None => {}
            }
            if !all || looks == 0 || received.before.is_none() || Instant::now() >= until {
                break;
            }
        }
        Ok(received)
    }
}

/// Entries to look into, and before which the next ones are, if there are any.
struct Part {
    entries: Vec<Entry>,
    before: Option<TransactionId>,
}

/// The entries of the next page that are meant, `most` of them; nothing, if the node does not know
/// where that is.
async fn part(walk: &mut Walk<'_>, slots: RangeInclusive<u64>, most: usize) -> Result<Option<Part>, NoReply> {
    let Some(Leaf { entries, is_last }) = walk.next().await? else { return Ok(None) };
    let is_last = is_last || entries.last().is_none_or(|entry| entry.slot < *slots.start());
    let mut meant = entries.into_iter().filter(|entry| slots.contains(&entry.slot) && !entry.failed);
    let entries: Vec<_> = meant.by_ref().take(most).collect();
    let before = if meant.next().is_some() {
        entries.last().map(|entry| entry.signature.clone())
    } else {
        walk.before.clone().filter(|_| !is_last)
    };
    Ok(Some(Part { entries, before }))
}

/// Looks into some transactions, one after another as far as is answered in time; returns into how
/// many.
async fn look_into(
    ask: &Question<'_>,
    payee: &Payee,
    entries: &[Entry],
    until: Instant,
    payments: &mut Vec<Inbound>,
) -> usize {
    let looks: Vec<_> = entries.iter().map(|entry| look(ask, payee, entry)).collect();
    let mut looks = stream::iter(looks).buffered(AT_ONCE);
    let mut done = 0;
    while let Ok(Some(Ok(paid))) = timeout_at(until, looks.next()).await {
        payments.extend(paid);
        done += 1;
    }
    done
}

/// What a transaction paid, if it did.
async fn look(ask: &Question<'_>, payee: &Payee, entry: &Entry) -> Result<Option<Inbound>, NoReply> {
    match ask.transaction(&entry.signature, Commitment::Finalized).await {
        Ok(Found::Landed(landed)) => Ok(inbound(payee, entry, landed)),
        Ok(Found::OtherVersion) | Err(NoReply::TooLarge) => {
            tracing::error!(alarm = "strays", transaction = %entry.signature, "what names the payee cannot be read");
            Ok(None)
        }
        Ok(Found::Nothing) => Err(NoReply::Unknown),
        Err(why) => Err(why),
    }
}

fn inbound(payee: &Payee, entry: &Entry, landed: Landed) -> Option<Inbound> {
    let gained = landed.gained(payee.network.usdc(), payee.wallet);
    let transfer = Transfer::read(payee.network, landed.transaction, entry.block_time.unwrap_or(0)).ok();
    let payment = transfer.filter(|transfer| transfer.destination == payee.account).map(|transfer| InboundPayment {
        id: transfer.id(),
        payer: transfer.wallet(),
        unique: transfer.message,
        amount: transfer.amount,
    });
    // What only names the account has paid nothing.
    let paid = payment.is_some() || gained;
    paid.then(|| Inbound { transaction: entry.signature.clone(), block: entry.slot, payment })
}
