//! What was paid to us on an EVM chain, stretch by stretch. A transfer to us costs its sender next
//! to nothing, so a stretch may hold any number of them: it is halved until its answer fits, and a
//! block that does not fit is read transaction by transaction.
//!
//! - `docs/decisions.md`: Why are ordinary transfers to the payee not sent back?
//! - `docs/decisions.md`: Why is the watch of a chain halved, and not paged?

use std::time::{Duration, Instant};

use alloy_primitives::{Address, B256, U256};

use super::node::{Block, Log};
use super::rpc::Question;
use super::{AUTHORIZATION_USED, EvmRpc, TRANSFER, WINDOW, quoted};
use crate::types::{EvmNetwork, PaymentId, TransactionId, Usdc, Wallet};
use crate::wire::http::NoReply;
use crate::x402::truth::{Inbound, InboundPayment, Reach, Received};

/// Payments of a stretch: each of them is held against the records, so more than this many are a
/// stretch too long.
const PAYMENTS: usize = 500;
/// Payers in one question. Nodes take no more than a thousand values in one place of a filter.
const PAYERS: usize = 500;
/// Receipts that are read at one go of a block that does not fit into an answer.
const RECEIPTS: usize = 100;

/// The payee of what is looked for.
#[derive(Clone, Copy)]
struct To {
    network: EvmNetwork,
    payee: Address,
}

impl EvmRpc {
    /// What was paid to `payee` from block `from` on, as far as the chain is final and as `reach`
    /// goes, or less if the node does not answer for so much. Without a `from` only the last final
    /// block is looked at.
    pub async fn received(
        &self,
        network: EvmNetwork,
        payee: Address,
        from: Option<u64>,
        reach: Reach,
        limit: Duration,
    ) -> Result<Received, NoReply> {
        let (ask, to) = (Question { place: &self.place, limit }, To { network, payee });
        self.on(network, &ask).await?;
        let last = ask.block("finalized").await?;
        let (finalized, finalized_at) = (last.number, Some(last.timestamp));
        let from = from.unwrap_or(finalized);
        if finalized < from {
            let through = finalized;
            return Ok(Received { payments: Vec::new(), through, finalized, finalized_at, reach, before: None });
        }
        // A block that was begun with is known not to fit.
        if reach.inside == 0
            && let Some(received) = to.paid_from(&ask, from, &last, reach).await?
        {
            return Ok(received);
        }
        to.paid_inside(&ask, from, reach.inside).await.map(|(payments, inside)| {
            let through = if inside == 0 { from } else { from.saturating_sub(1) };
            let reach = Reach { blocks: 1, inside };
            Received { payments, through, finalized, finalized_at, reach, before: None }
        })
    }
}

impl To {
    /// What was paid in as many blocks as can be asked for; none if a single one is too much.
    async fn paid_from(
        self,
        ask: &Question<'_>,
        from: u64,
        last: &Block,
        reach: Reach,
    ) -> Result<Option<Received>, NoReply> {
        let (finalized, finalized_at) = (last.number, Some(last.timestamp));
        let (mut blocks, mut halved) = (reach.blocks.clamp(1, WINDOW).min(finalized - from + 1), false);
        loop {
            let through = from + blocks - 1;
            match self.paid_in(ask, from, through).await {
                Ok(payments) if by_authorization(&payments) <= PAYMENTS => {
                    // It grows again, and not at once after it was found to be too much.
                    let next = match (halved, through == finalized) {
                        (true, _) => blocks,
                        (false, true) => reach.blocks,
                        (false, false) => blocks.saturating_mul(2),
                    };
                    let reach = Reach { blocks: next.clamp(1, WINDOW), inside: 0 };
                    return Ok(Some(Received { payments, through, finalized, finalized_at, reach, before: None }));
                }
                Err(error) if error != NoReply::TooLarge => return Err(error),
                Ok(_) | Err(_) if blocks > 1 => (blocks, halved) = (blocks / 2, true),
                Ok(_) | Err(_) => return Ok(None),
            }
        }
    }

    /// What was paid in these blocks.
    async fn paid_in(self, ask: &Question<'_>, from: u64, through: u64) -> Result<Vec<Inbound>, NoReply> {
        let usdc = self.network.usdc();
        let topics = serde_json::json!([quoted(TRANSFER), null, quoted(self.payee.into_word())]);
        let mut transfers = ask.logs(usdc, &topics, from..=through, through).await?.whole()?;
        // A stranger can log a transfer of nothing, in any address's name.
        transfers.retain(|log| amount(log).is_some_and(|amount| !amount.is_zero()));
        // Of all that moves on the chain by authorization, only what these payers did.
        let mut payers: Vec<_> = transfers.iter().filter_map(|log| log.topics.get(1).copied()).collect();
        payers.sort_unstable();
        payers.dedup();
        let mut used = Vec::new();
        for payers in payers.chunks(PAYERS) {
            let payers: Vec<_> = payers.iter().copied().map(quoted).collect();
            let topics = serde_json::json!([quoted(AUTHORIZATION_USED), payers]);
            used.extend(ask.logs(usdc, &topics, from..=through, through).await?.whole()?);
        }
        Ok(transfers.iter().filter_map(|transfer| self.inbound(transfer, &used)).collect())
    }

    /// What was paid in one block, from one of its transactions on, and how many of them are done
    /// with; 0 if all are.
    async fn paid_inside(self, ask: &Question<'_>, block: u64, done: u64) -> Result<(Vec<Inbound>, u64), NoReply> {
        let began = Instant::now();
        let transactions = ask.transactions(block).await?;
        let (mut inside, mut payments) = (done, Vec::new());
        let rest = transactions.into_iter().skip(usize::try_from(done).unwrap_or(usize::MAX));
        for (read, transaction) in rest.enumerate() {
            if read == RECEIPTS || by_authorization(&payments) > PAYMENTS || began.elapsed() > ask.limit {
                return Ok((payments, inside));
            }
            match ask.receipt_logs(transaction).await {
                Ok(logs) => payments.extend(self.paid_by(&logs)),
                // No client of ours makes such a one, and it must not keep the others waiting.
                Err(NoReply::TooLarge) => {
                    tracing::error!(alarm = "strays", %transaction, "a transaction is too long to be read");
                }
                Err(error) => return Err(error),
            }
            inside += 1;
        }
        Ok((payments, 0))
    }

    /// What one transaction paid.
    fn paid_by(self, logs: &[Log]) -> Vec<Inbound> {
        let is = |log: &&Log, event: B256| log.address == self.network.usdc() && log.topics.first() == Some(&event);
        let used: Vec<_> = logs.iter().filter(|log| is(log, AUTHORIZATION_USED)).cloned().collect();
        let ours = |log: &&Log| is(log, TRANSFER) && log.topics.get(2) == Some(&self.payee.into_word());
        let something = |log: &&Log| amount(log).is_some_and(|amount| !amount.is_zero());
        logs.iter().filter(ours).filter(something).filter_map(|transfer| self.inbound(transfer, &used)).collect()
    }

    /// A transfer to us with the authorization that moved it: USDC logs the nonce right before.
    fn inbound(self, transfer: &Log, used: &[Log]) -> Option<Inbound> {
        let network = self.network;
        let payer = transfer.topics.get(1)?;
        let amount = amount(transfer)?;
        let authorization = used.iter().find(|log| {
            log.transaction == transfer.transaction
                && Some(log.index) == transfer.index.checked_sub(1)
                && log.topics.get(1) == Some(payer)
        });
        let nonce = authorization.and_then(|log| log.topics.get(2).copied());
        let payer = Address::from_word(*payer);
        Some(Inbound {
            transaction: TransactionId::evm(transfer.transaction),
            block: transfer.block,
            payment: nonce.map(|nonce| InboundPayment {
                id: PaymentId::evm(network, payer, nonce),
                payer: Wallet::Evm { network, address: payer },
                unique: nonce,
                amount: Usdc::micros(amount.saturating_to()),
            }),
        })
    }
}

/// How many have to be held against the records.
fn by_authorization(payments: &[Inbound]) -> usize {
    payments.iter().filter(|inbound| inbound.payment.is_some()).count()
}

fn amount(transfer: &Log) -> Option<U256> {
    U256::try_from_be_slice(&transfer.data)
}
