//! What an earlier request with the same payment has come to: its answer, again; or its unfinished sale, carried on.

use std::time::Duration;

use http::{HeaderName, HeaderValue};

use super::{Endpoint, Order, Paid, VERIFY_RESERVE, declined};
use crate::edge::Answer;
use crate::refusal::{Fault, Refusal};
use crate::sale::Sent;
use crate::store::State;
use crate::store::sales::{Record, Taken};
use crate::telemetry;
use crate::types::TransactionId;
use crate::x402::{Receipt, receipt_headers};

/// How long a request waits for another one that is working on the same payment, and how often it looks.
const PATIENCE: Duration = Duration::from_secs(10);
const GLANCE: Duration = Duration::from_millis(150);

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
        Ok(Answer::ok(&body, headers, outcome))
    }

    /// What an earlier request with this payment has come to; nothing, if the payment is free to be used.
    pub(super) async fn replay(&self, record: Option<Record>, order: &Order<'_>) -> Result<Option<Answer>, Refusal> {
        let Some(mut record) = record else { return Ok(None) };
        // Before the requests are compared: a payment that came without one has a record too.
        if record.state == State::Void && record.refund.is_some() {
            return Err(Refusal::PaymentReturned);
        }
        if record.request != order.request {
            return Err(Refusal::PaymentConflict);
        }
        let patience = order.invocation.at_most(PATIENCE, VERIFY_RESERVE);
        let mut waited = Duration::ZERO;
        loop {
            match record.state {
                State::Closed => return Self::granted(&record, order, REPLAYED).map(Some),
                State::Void if record.refund.is_some() => return Err(Refusal::PaymentReturned),
                State::Void if record.spent => return Err(declined("payment_declined".to_owned())),
                State::Void => return Ok(None),
                State::Settling if order.invocation.current() >= record.busy_until => {
                    let taken =
                        self.cashier.store.take_over(&record, &order.invocation.attempt, order.invocation.current());
                    if let Some(Taken::Settling(sale)) = taken.await? {
                        return self.settle(sale, Sent::Perhaps, order, REPLAYED).await.map(Some);
                    }
                }
                // An open one that nobody works on is rolled back by the sweep.
                State::Open | State::Settling => {}
            }
            if waited >= patience {
                return Err(Refusal::PaymentInProgress);
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
