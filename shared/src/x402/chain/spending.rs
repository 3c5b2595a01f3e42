//! The event that spent an authorization's nonce, looked for in the blocks in which it can have
//! been used. They begin and end with what was signed, so the search has an end however long no
//! node has answered: what does not fit into one look goes on in the next.
//!
//! `docs/decisions.md`: How long is the transaction of a payment on Base looked for?

use std::time::Duration;

use alloy_primitives::B256;
use serde_json::{Value, json};
use tracing::warn;

use super::node::{Block, Log};
use super::rpc::{Question, Told, quantity};
use super::{AUTHORIZATION_CANCELED, AUTHORIZATION_USED, WINDOW, is_spent, quoted, usdc};
use crate::types::{Before, DAY, Searched};
use crate::wire::http::NoReply;
use crate::x402::{Authorization, LONGEST_WINDOW, SignedAuthorization};

/// Seconds from one block of Base's to the next.
const BLOCK_TIME: u64 = 2;
/// Blocks of one look: a day of them, in 24 questions at least.
const LOOK: u64 = 24 * WINDOW;
/// What is good for longer than this before it expires was not taken from its payer, and is not
/// looked for any earlier.
const LONGEST: Duration = Duration::from_secs(LONGEST_WINDOW.as_secs() + DAY.as_secs());

/// A search for the event that spent a nonce: used or cancelled.
pub(super) struct Spending<'a> {
    payment: &'a SignedAuthorization,
    /// When the payment came to us, as far as that is known: it may have been used from then on,
    /// whatever was signed.
    since: u64,
    /// It is not in this block nor in a later one.
    before: Option<u64>,
}

impl<'a> Spending<'a> {
    /// Goes on where an earlier search has stopped, if that was for this payment.
    pub(super) fn of(payment: &'a SignedAuthorization, since: u64, searched: Option<&Searched>) -> Self {
        let mut spending = Self { payment, since, before: None };
        let sought = spending.sought();
        if let Some(Searched { sought: same, before: Before::Block(block) }) = searched
            && *same == sought
        {
            spending.before = Some(*block);
        }
        spending
    }

    /// Where the next search is to go on.
    pub(super) fn place(&self) -> Option<Searched> {
        self.before.map(|block| Searched { sought: self.sought(), before: Before::Block(block) })
    }

    fn sought(&self) -> B256 {
        self.payment.authorization.nonce
    }

    /// The event; none, if the nonce was not used as long as it could be. It is searched backwards,
    /// since it was used minutes ago for most who ask. That the nonce is spent in some state is
    /// known.
    pub(super) async fn find(&mut self, ask: &Question<'_>, settled: &Block) -> Result<Option<Log>, NoReply> {
        let latest = ask.block("latest").await?;
        // The node that answers now may be behind the one that said what is final.
        let head = if latest.number < settled.number { settled } else { &latest };
        let (first, last) = blocks(head, &self.payment.authorization, self.since);
        let topics = self.topics();
        let mut to = self.before.map_or(last, |before| before.saturating_sub(1).min(last));
        let (end, mut width) = ((to + 1).saturating_sub(LOOK), WINDOW);
        loop {
            let from = first.max((to + 1).saturating_sub(width));
            // Nothing follows from the first blocks unless the nonce is spent as of the final one,
            // and then it was not spent behind it.
            let known = if self.before.is_none() { to.min(settled.number) } else { to };
            match ask.logs(usdc(self.payment), &topics, from..=to, known).await {
                Ok(Told { logs, .. }) if !logs.is_empty() => return Ok(logs.into_iter().next()),
                Ok(Told { is_whole: true, .. }) => {}
                // Some nodes tell nothing at all where they do not have the last block.
                Ok(_) if self.before.is_none() && (first..to).contains(&settled.number) => {
                    to = settled.number;
                    continue;
                }
                Ok(_) => return Err(NoReply::Unknown),
                // What is asked for is a single event, so it is the blocks that are too many.
                Err(NoReply::TooLarge) if from < to => {
                    width = (to - from).div_ceil(2);
                    continue;
                }
                Err(error) => return Err(error),
            }
            // What is spent in a state that is not final may yet be spent in another block.
            if self.before.is_none() && !is_spent(ask, self.payment, &quantity(settled.number)).await? {
                return Err(NoReply::Unknown);
            }
            if from == first {
                warn!("a nonce is spent and was not used in its time");
                return Ok(None);
            }
            self.before = Some(from);
            if from <= end {
                return Err(NoReply::Unknown);
            }
            to = from - 1;
        }
    }

    fn topics(&self) -> Value {
        let Authorization { from, nonce, .. } = &self.payment.authorization;
        let events = [quoted(AUTHORIZATION_USED), quoted(AUTHORIZATION_CANCELED)];
        json!([events, quoted(from.into_word()), quoted(*nonce)])
    }
}

/// The first and the last block in which an authorization can have been used, with an hour to spare
/// on each side.
fn blocks(latest: &Block, authorization: &Authorization, came: u64) -> (u64, u64) {
    let Authorization { valid_after, valid_before, .. } = *authorization;
    let since = valid_after.max(valid_before.saturating_sub(LONGEST.as_secs())).min(came);
    let at = |time: u64| latest.number.saturating_sub(latest.timestamp.saturating_sub(time) / BLOCK_TIME);
    let last = at(valid_before).saturating_add(WINDOW).min(latest.number);
    (at(since).saturating_sub(WINDOW).min(last), last)
}
