//! What only a person decides: that something goes back although it was delivered. It refuses to know why.
//!
//! | item | from → to | condition | made by |
//! |---|---|---|---|
//! | sale | closed → closed, refund due | not with credit, no refund | [`Store::owe_by_hand`] |
//! | sale, call | closed, paid → closed, refund due; refund due | not with credit, no refund; over, same sale | [`Store::owe_by_hand`] |
//! | sale | refund due → same, let through by an operator | for a stray payment, nothing sent | [`Store::let_stray_through`] |
//! | payments back, day | stopped → going, counts anew | stopped | [`Store::lift_refund_stop`] |
//! | call, wallet | paid → credited, credit + price | paid with credit, over, same sale | [`Store::owe_by_hand`] |
//!
//! What was sold stays sold: a lease goes on. From here on it is a refund like any other, so it goes back once and is never more than was
//! paid.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::types::{AttemptId, Timestamp};

use super::calls::signed;
use super::change::{Change, Changes, When, n, s};
use super::keys::{self, Queue};
use super::refunds::{Refund, owed};
use super::rows::{RefundReason, State};
use super::sales::Record;
use super::work::Work;
use super::{Store, StoreFault};

/// What came of an operator's wish to give something back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ByHand {
    /// It is owed, and goes back as all refunds do.
    Owed,
    /// It was paid with credit, and is credit again.
    Credited,
    /// It was not paid, or is not known to be.
    NotPaid,
    /// It goes back already, or is back.
    Already,
    /// The call has to be over first: it may still end in an error, which is not charged anyway.
    CallRuns,
}

impl Store {
    /// A stray payment that waits for an operator or for another day, goes back as refunds do.
    pub async fn let_stray_through(
        &self,
        record: &Record,
        who: &str,
        by: &AttemptId,
        now: Timestamp,
    ) -> Result<bool, StoreFault> {
        let change = Change::update(keys::sale(&record.id))
            .set("refund.by", s(who))
            .set("due_queue", s(Queue::of_refund(&record.id).name()))
            .set("due_at", n(now.as_second()))
            .when(When::Is("refund.reason", s("stray")))
            .when(When::Is("refund.state", s("due")))
            .when(When::No("refund.by"));
        self.done(Changes::of([change]), &record.id, "let stray through", by).await
    }

    /// What a sale was paid with goes back because an operator says so. `who` stands in the record.
    pub async fn owe_by_hand(
        &self,
        record: &Record,
        who: &str,
        by: &AttemptId,
        now: Timestamp,
    ) -> Result<ByHand, StoreFault> {
        if record.refund.is_some() {
            return Ok(ByHand::Already);
        }
        let Some(settled) = record.settled.as_ref().filter(|_| record.state == State::Closed) else {
            return Ok(ByHand::NotPaid);
        };
        let call = match &record.work {
            Work::Call { call, .. } => Some(call),
            _ => None,
        };
        let over = |charge: &str| {
            call.map(|call| {
                let change = Change::update(keys::call(call));
                // What goes back is kept until it is back.
                let change = if charge == "refund_due" { change.remove("ttl") } else { change };
                change
                    .set("charge", s(charge))
                    .set("by_hand", s(who))
                    .when(When::Is("charge", s("paid")))
                    .when(When::Is("settled", AttributeValue::Bool(true)))
                    .when(When::Is("sale", s(record.id.as_str())))
            })
        };
        let (changes, outcome): (Changes, ByHand) = if let Some(price) = record.credit() {
            let wallet = Change::update(keys::wallet(&record.signed.payer)).add("credit", signed(price));
            (over("credited").into_iter().chain([wallet]).collect(), ByHand::Credited)
        } else {
            let amount = record.signed.amount;
            let mut refund = Refund::due(RefundReason::ByHand, amount, settled.transaction.clone(), now);
            refund.by = Some(who.to_owned());
            let sale = owed(Change::update(keys::sale(&record.id)), &record.id, &refund)?
                .when(When::Is("state", s("closed")))
                .when(When::No("refund"));
            (std::iter::once(sale).chain(over("refund_due")).collect(), ByHand::Owed)
        };
        if self.done(changes, &record.id, "owe by hand", by).await? {
            return Ok(outcome);
        }
        // Which of the two was in the way is a matter of what stands there now.
        let again = self.sale(&record.id).await?;
        let call = match call {
            Some(call) => self.call(call).await?,
            None => None,
        };
        let runs = call.is_some_and(|call| !call.settled);
        let refunded = again.is_some_and(|record| record.refund.is_some());
        Ok(if runs && !refunded { ByHand::CallRuns } else { ByHand::Already })
    }
}
