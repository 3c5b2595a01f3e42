//! Paying back on an EVM chain: an authorization under a nonce that follows from the payment, so
//! that it lands once however often one is signed and sent.

use std::time::Duration;

use alloy_primitives::Address;
use tracing::error;

use super::{ASK, Next, REFUSALS, RESERVE, Refunds, SELDOM, SIGN, SOON, Sent};
use crate::invocation::Invocation;
use crate::refusal::Fault;
use crate::store::refunds::Sending;
use crate::store::sales::{Record, Refund};
use crate::types::{EvmNetwork, Wallet};
use crate::upstream::kms::KeyError;
use crate::x402::{Payback, Truth, Verified};

/// How long an authorization that gives money back is good.
const GOOD_FOR: Duration = Duration::from_mins(5);
/// Without a chain to ask, a refused authorization is taken for dead so long after it has expired.
const DEAD_AFTER: u64 = 15 * 60;

impl Refunds {
    /// Sends an authorization, unless it is clear that this is of no use; returns the record as it
    /// is then.
    pub(super) async fn authorize(
        &self,
        record: Record,
        refund: &Refund,
        payer: (EvmNetwork, Address),
        invocation: &Invocation,
    ) -> Result<(Record, Next), Fault> {
        let later = |after| Next::Later { refused: refund.refused, after };
        let Some(key) = &self.key else {
            error!(alarm = "refund_key", payment = ?record.id, "a refund was begun with a key that is gone");
            return Ok((record, later(SELDOM)));
        };
        let wallet = match key.address(invocation.at_most(SIGN, RESERVE)).await {
            Ok(address) => address,
            Err(fault) => return Ok((record, without_key(&fault, refund))),
        };
        if refund.refused >= REFUSALS && (self.nodes.evm.is_some() || refund.refused == refund.tries) {
            let last = refund.valid_before.unwrap_or(0);
            let sent = self.payback(&record, refund, payer, wallet, last).unsigned();
            let next = self.conclude(&record, &sent, last, refund, invocation).await?;
            return Ok((record, next));
        }
        // What was sent before may have landed: it is looked for where its own window was.
        let mut is_idle = true;
        if let Some(last) = refund.valid_before {
            let sent = self.payback(&record, refund, payer, wallet, last).unsigned();
            match self.search(&record, &sent, invocation.at_most(ASK, RESERVE)).await? {
                Some(Truth::Paid { transaction }) => {
                    return Ok((record, Next::Refunded(Some(transaction.to_string()))));
                }
                truth => is_idle = truth == Some(Truth::Unused { dead: true }),
            }
        }
        let from = Wallet::Evm { network: payer.0, address: wallet };
        if let Some(next) = self.too_poor(&from, refund, is_idle, invocation).await {
            return Ok((record, next));
        }
        let now = u64::try_from(invocation.now.as_second()).unwrap_or(0);
        let valid_before = now.saturating_add(GOOD_FOR.as_secs()).max(refund.valid_before.unwrap_or(0));
        let payback = self.payback(&record, refund, payer, wallet, valid_before);
        let signed = match key.sign(payback.digest(), invocation.at_most(SIGN, RESERVE)).await {
            Ok(der) => payback.signed(&der).ok_or(Fault::Broken("a signature by another key"))?,
            Err(fault) => return Ok((record, without_key(&fault, refund))),
        };
        // From here on it may be sent: what goes on after us must know until when it can land.
        let (by, now) = (&invocation.attempt, invocation.now);
        let record = match self.store.send_refund(&record, None, valid_before, &self.bounds, by, now).await? {
            Sending::Ours(record) => *record,
            not => return Ok((record, self.not_sent(&not, refund, invocation).await?)),
        };
        let next = match self.settle(&signed, invocation).await {
            Sent::Landed(transaction) => Next::Refunded(transaction),
            Sent::Refused => Next::Later { refused: refund.refused + 1, after: SOON },
            // Without a node a refusal is all that is ever known of our wallet.
            Sent::Poor if self.nodes.evm.is_none() => Next::Later { refused: refund.refused + 1, after: SELDOM },
            Sent::Poor => later(SELDOM),
            Sent::Unknown => later(if refund.tries < REFUSALS { SOON } else { SELDOM }),
        };
        Ok((record, next))
    }

    fn payback(
        &self,
        record: &Record,
        refund: &Refund,
        payer: (EvmNetwork, Address),
        wallet: Address,
        valid_before: u64,
    ) -> Payback {
        Payback::new(&record.id, payer, refund.amount, wallet, valid_before, self.resource(record))
    }

    /// It was refused often enough. If none of the authorizations can land any more, the wallet
    /// gets credit instead.
    async fn conclude(
        &self,
        record: &Record,
        sent: &Verified,
        last: u64,
        refund: &Refund,
        invocation: &Invocation,
    ) -> Result<Next, Fault> {
        let now = u64::try_from(invocation.now.as_second()).unwrap_or(0);
        Ok(match self.search(record, sent, invocation.at_most(ASK, RESERVE)).await? {
            Some(Truth::Paid { transaction }) => Next::Refunded(Some(transaction.to_string())),
            Some(Truth::Unused { dead: true }) => Next::Credited,
            None if self.nodes.evm.is_none() && now >= last.saturating_add(DEAD_AFTER) => Next::Credited,
            Some(_) | None => Next::Later { refused: refund.refused, after: SOON },
        })
    }
}

fn without_key(fault: &KeyError, refund: &Refund) -> Next {
    error!(alarm = "refund_key", %fault, "a refund cannot be signed");
    Next::Later { refused: refund.refused, after: SOON }
}
