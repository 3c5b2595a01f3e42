//! Paying back on Solana: a transaction that is recorded before it is sent, and sent again as it
//! is. Another is built only when the cluster says, in a state that is final, that the earlier one
//! can no longer be processed.

use tracing::{error, warn};

use super::{ASK, Next, REFUSALS, RESERVE, Refunds, SELDOM, SOON, Sent};
use crate::invocation::Invocation;
use crate::refusal::Fault;
use crate::store::refunds::Sending;
use crate::store::sales::{Record, Refund};
use crate::types::{SolanaAddress, SolanaNetwork, Wallet};
use crate::x402::{Payload, Quote, SolanaKey, SolanaRpc, Transfer, Truth, Unsigned, Verified, Version};

type Payer = (SolanaNetwork, SolanaAddress);

impl Refunds {
    /// Sends a transfer, unless it is clear that this is of no use; returns the record as it is
    /// then.
    pub(super) async fn transfer(
        &self,
        record: Record,
        refund: &Refund,
        payer: Payer,
        key: Option<&SolanaKey>,
        invocation: &Invocation,
    ) -> Result<(Record, Next), Fault> {
        let (Some(key), Some(node)) = (key, &self.nodes.solana) else {
            error!(alarm = "refund_key", payment = ?record.id, "a refund was begun with a key that is gone");
            return Ok((record, Next::Later { refused: refund.refused, after: SELDOM }));
        };
        if let Some(sent) = &refund.sent {
            let since = refund.valid_before.unwrap_or(0).saturating_sub(Transfer::LIFE);
            let transfer = Transfer::read(payer.0, sent.clone(), since);
            let transfer = transfer.map_err(|_| Fault::Broken("a recorded refund that is not a transfer"))?;
            if let Some(next) = self.go_on(&record, &self.back(&record, refund, transfer), refund, invocation).await? {
                return Ok((record, next));
            }
        }
        // From here on nothing is under way.
        let built = self.build(&record, refund, payer, (key, node), invocation).await;
        let transfer = match built {
            Ok(transfer) => transfer,
            Err(next) => return Ok((record, next)),
        };
        let valid_before = transfer.since.saturating_add(Transfer::LIFE);
        let bytes = Some(transfer.transaction.clone());
        let (by, now) = (&invocation.attempt, invocation.now);
        let record = match self.store.send_refund(&record, bytes, valid_before, &self.bounds, by, now).await? {
            Sending::Ours(record) => *record,
            not => return Ok((record, self.not_sent(&not, refund, invocation).await?)),
        };
        let next = self.submit(&self.back(&record, refund, transfer), refund, invocation).await;
        Ok((record, next))
    }

    /// What becomes of a transaction that may have been sent; nothing, if it never will be
    /// processed.
    async fn go_on(
        &self,
        record: &Record,
        sent: &Verified,
        refund: &Refund,
        invocation: &Invocation,
    ) -> Result<Option<Next>, Fault> {
        Ok(match self.search(record, sent, invocation.at_most(ASK, RESERVE)).await? {
            Some(Truth::Paid { transaction }) => Some(Next::Refunded(Some(transaction.to_string()))),
            // By a clock that is minutes from ours.
            Some(Truth::Earlier) => Some(Next::Refunded(None)),
            // It was processed and undone: the payer's account takes nothing.
            Some(Truth::Cancelled) => Some(Next::Credited),
            Some(Truth::Unused { dead: true }) => (refund.refused >= REFUSALS).then_some(Next::Credited),
            Some(Truth::Unused { dead: false }) => Some(self.submit(sent, refund, invocation).await),
            None => Some(Next::Later { refused: refund.refused, after: SOON }),
        })
    }

    async fn submit(&self, payment: &Verified, refund: &Refund, invocation: &Invocation) -> Next {
        match self.settle(payment, invocation).await {
            Sent::Landed(transaction) => Next::Refunded(transaction),
            Sent::Refused => Next::Later { refused: refund.refused + 1, after: SOON },
            Sent::Poor => Next::Later { refused: refund.refused, after: SELDOM },
            Sent::Unknown => {
                Next::Later { refused: refund.refused, after: if refund.tries < REFUSALS { SOON } else { SELDOM } }
            }
        }
    }

    async fn build(
        &self,
        record: &Record,
        refund: &Refund,
        (network, payee): Payer,
        (key, node): (&SolanaKey, &SolanaRpc),
        invocation: &Invocation,
    ) -> Result<Transfer, Next> {
        let later = || Next::Later { refused: refund.refused, after: SOON };
        match node.balance(network, payee, invocation.at_most(ASK, RESERVE)).await {
            Ok(Some(_)) => {}
            // The node that does not know of it may be behind.
            Ok(None) => {
                match node.settled_balance(network, payee, refund.asked_at, invocation.at_most(ASK, RESERVE)).await {
                    Ok(None) => {
                        warn!(payment = ?record.id, "the payer's token account is closed");
                        return Err(Next::Credited);
                    }
                    Ok(Some(_)) | Err(_) => return Err(later()),
                }
            }
            Err(_) => return Err(later()),
        }
        let wallet = Wallet::Solana { network, address: key.address() };
        if let Some(next) = self.too_poor(&wallet, refund, true, invocation).await {
            return Err(next);
        }
        let fee_payer = self.facilitator.fee_payer(network, invocation.now, invocation.at_most(ASK, RESERVE)).await;
        let blockhash = node.blockhash(network, invocation.at_most(ASK, RESERVE)).await.ok();
        let (Some(fee_payer), Some(blockhash)) = (fee_payer, blockhash) else { return Err(later()) };
        let now = u64::try_from(invocation.current().as_second()).unwrap_or(0);
        let unsigned = Unsigned { network, payee, amount: refund.amount, fee_payer, blockhash, now };
        key.pay_back(&record.id, &unsigned).ok_or_else(|| {
            error!(alarm = "refund_key", payment = ?record.id, "a refund cannot be built");
            Next::Later { refused: refund.refused, after: SELDOM }
        })
    }

    fn back(&self, record: &Record, refund: &Refund, transfer: Transfer) -> Verified {
        let quote = Quote {
            pay_to: record.signed.payer,
            amount: refund.amount,
            resource: self.resource(record),
            description: "A payment back".into(),
        };
        Verified::restore(quote, Payload::Solana(transfer), Version::V2)
    }
}
