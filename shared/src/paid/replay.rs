//! What an earlier request with the same payment has come to: its answer, again; or its unfinished sale, carried on.

use std::time::Duration;

use http::{HeaderName, HeaderValue};

use super::behind::{GLANCE, PATIENCE, bought, done_in};
use super::{Endpoint, Order, Paid, VERIFY_RESERVE, given_up};
use crate::edge::Answer;
use crate::refusal::{Fault, Refusal};
use crate::sale::Sent;
use crate::store::State;
use crate::store::sales::{Record, Taken};
use crate::telemetry;
use crate::types::TransactionId;
use crate::x402::{Receipt, receipt_headers};

/// The outcome of a request that was answered before.
const REPLAYED: &str = "replayed";

impl<E: Endpoint> Paid<E> {
    pub(super) fn granted(record: &Record, order: &Order<'_>, outcome: &'static str) -> Result<Answer, Refusal> {
        let settled = record.settled.as_ref().ok_or(Refusal::Fault(Fault::Broken("closed without a settlement")))?;
        let body = E::answer(record).ok_or(Refusal::Fault(Fault::Broken("a record of another endpoint")))?;
        let payer = record.signed.payer;
        let mut headers = Vec::new();
        // What credit paid has no receipt: nothing moved on the chain.
        if let Some(transaction) = &settled.transaction {
            let transaction = TransactionId::read(payer.network(), transaction)
                .ok_or(Refusal::Fault(Fault::Broken("a transaction in a row that is none")))?;
            let receipt = Receipt { transaction, payer };
            headers.extend(receipt_headers(order.payment.version(), &receipt));
        }
        if outcome == REPLAYED {
            telemetry::replayed();
            headers.push((HeaderName::from_static("idempotent-replayed"), HeaderValue::from_static("true")));
        }
        Ok(order.ok(&body, headers, outcome))
    }

    /// What an earlier request has come to that carried this payment, or another payment of this wallet's under the same
    /// name; nothing, if payment or name are free to be used.
    pub(super) async fn replay(&self, record: Option<Record>, order: &Order<'_>) -> Result<Option<Answer>, Refusal> {
        match record {
            Some(record) if record.id == order.payment.id() => self.replay_payment(record, order).await,
            Some(record) => self.replay_named(record, order).await,
            None => Ok(None),
        }
    }

    /// Another payment was first to carry this name. Whatever became of it, this one is not used while that one may be.
    async fn replay_named(&self, record: Record, order: &Order<'_>) -> Result<Option<Answer>, Refusal> {
        if record.state == State::Void {
            return Ok(None);
        }
        if !order.asks_for(&record) {
            return Err(Refusal::IdempotencyConflict);
        }
        match self.replay_payment(record, order).await {
            // The other payment has come to nothing meanwhile.
            Err(Refusal::PaymentRequired { .. } | Refusal::PaymentReturned | Refusal::NotSettled) => Ok(None),
            outcome => outcome,
        }
    }

    async fn replay_payment(&self, mut record: Record, order: &Order<'_>) -> Result<Option<Answer>, Refusal> {
        // Before the requests are compared: a payment that came without one has a record too.
        if record.state == State::Void && record.refund.is_some() {
            return Err(Refusal::PaymentReturned);
        }
        if !order.asks_for(&record) {
            return Err(Refusal::PaymentConflict { bought: bought(&record) });
        }
        let patience = order.invocation.at_most(PATIENCE, VERIFY_RESERVE);
        let mut waited = Duration::ZERO;
        loop {
            match record.state {
                State::Closed => return Self::granted(&record, order, REPLAYED).map(Some),
                State::Void if record.refund.is_some() => return Err(Refusal::PaymentReturned),
                State::Void if record.spent => return Err(given_up()),
                State::Void => return Ok(None),
                State::Open | State::Settling if order.invocation.current() >= record.busy_until => {
                    let taken =
                        self.cashier.store.take_over(&record, &order.invocation.attempt, order.invocation.current());
                    match taken.await? {
                        Some(Taken::Settling(sale)) => {
                            return self.settle(sale, Sent::Perhaps, order, REPLAYED).await.map(Some);
                        }
                        Some(Taken::Open(sale)) => {
                            self.endpoint.roll_back(sale, order.invocation).await.map_err(Refusal::Fault)?;
                        }
                        None => {}
                    }
                }
                State::Open | State::Settling => {}
            }
            if waited >= patience {
                // As it stands now: what was tried just before may have put it off.
                let record = self.cashier.store.sale(&record.id).await?.unwrap_or(record);
                return Err(Refusal::PaymentInProgress { retry_after: done_in(&record, order.invocation) });
            }
            tokio::time::sleep(GLANCE).await;
            waited += GLANCE;
            record = self
                .cashier
                .store
                .sale(&record.id)
                .await?
                .ok_or(Refusal::Fault(Fault::Broken("a sale has vanished")))?;
        }
    }
}
