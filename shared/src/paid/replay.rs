//! What an earlier request with the same payment has come to: its answer, again; or its unfinished
//! sale, carried on.
//!
//! `docs/decisions.md`: What does a payment prove once it is on the chain?

use http::{HeaderName, HeaderValue};

use super::behind::{Come, Whose, bought};
use super::named::is_a_secret;
use super::{Endpoint, Paid, Said, given_up, pending, refused};
use crate::edge::Answer;
use crate::refusal::{Bought, Fault, Product, Refusal};
use crate::sale;
use crate::store::sales::Record;
use crate::store::{State, Work};
use crate::telemetry;
use crate::types::{Run, TransactionId};
use crate::x402::{Misfit, Receipt, receipt_headers};

/// The outcome of a request that was answered before.
pub(super) const REPLAYED: &str = "replayed";

/// Says that an answer is an earlier request's.
pub(super) fn replayed() -> (HeaderName, HeaderValue) {
    (HeaderName::from_static("idempotent-replayed"), HeaderValue::from_static("true"))
}

/// The trace that an earlier request has left behind.
pub(super) enum Past {
    /// Its answer.
    Answered(Answer),
    /// Nothing: payment or name are free to be used.
    Nothing,
    /// Nothing any more. It was at work until just now, so what was found out beside it is no
    /// longer true.
    Undone,
}

impl<E: Endpoint> Paid<E> {
    pub(super) fn granted(record: &Record, said: &Said<'_>, outcome: &'static str) -> Result<Answer, Refusal> {
        if said.run == Run::Dry {
            return Ok(said.replays(E::ENDPOINT, &record.signed.payer));
        }
        let settled = record.settled.as_ref().ok_or(Refusal::Fault(Fault::Broken("closed without a settlement")))?;
        let body = E::answer(record).ok_or(Refusal::Fault(Fault::Broken("a record of another endpoint")))?;
        let payer = record.signed.payer;
        let mut headers = Vec::new();
        // What credit paid has no receipt: nothing moved on the chain.
        if let Some(transaction) = &settled.transaction {
            let transaction = TransactionId::read(payer.network(), transaction)
                .ok_or(Refusal::Fault(Fault::Broken("a transaction in a row that is none")))?;
            let receipt = Receipt { transaction, payer };
            headers.extend(receipt_headers(said.version, &receipt));
        }
        if outcome == REPLAYED {
            telemetry::replayed();
            headers.push(replayed());
        }
        Ok(said.ok(&body, headers, outcome))
    }

    /// What an earlier request has come to that carried this payment, or another payment of this
    /// wallet's under the same name.
    pub(super) async fn replay(&self, record: Option<Record>, said: &Said<'_>) -> Result<Past, Refusal> {
        match record {
            Some(record) if record.id == said.id => self.replay_payment(record, said).await,
            Some(record) => self.replay_named(record, said).await,
            None => Ok(Past::Nothing),
        }
    }

    /// Another payment was first to carry this name. Whatever became of it, this one is not used
    /// while that one may be.
    async fn replay_named(&self, record: Record, said: &Said<'_>) -> Result<Past, Refusal> {
        // A body that asks for nothing that there is cannot be another request: what is wrong with
        // it is said.
        if record.state == State::Void || said.request.is_none() {
            return Ok(Past::Nothing);
        }
        if !said.asks_for(&record) {
            return Err(Refusal::IdempotencyConflict);
        }
        match self.replay_payment(record, said).await {
            // The other payment has come to nothing meanwhile.
            Err(
                Refusal::PaymentRequired { .. }
                | Refusal::PaymentReturned { .. }
                | Refusal::PaymentUsed
                | Refusal::NotSettled,
            ) => Ok(Past::Undone),
            outcome => outcome,
        }
    }

    async fn replay_payment(&self, record: Record, said: &Said<'_>) -> Result<Past, Refusal> {
        let was_void = record.state == State::Void;
        let payer = record.signed.payer;
        match record.state {
            // Before the requests are compared: a payment that came without one has a record too.
            State::Void if record.refund.is_some() => return Err(Refusal::PaymentReturned { why: None }),
            // It bought nothing, and what is wrong with this body says more than that it is another
            // one.
            State::Void if said.request.is_none() => return Ok(Past::Nothing),
            State::Void if record.spent => return Err(given_up(payer.network())),
            State::Void | State::Open | State::Settling | State::Closed => {}
        }
        if !said.asks_for(&record) {
            return Err(Refusal::PaymentConflict { bought: bought(&record) });
        }
        match self.wait_for(record, Whose::Own, said.run, said.invocation).await? {
            Come::Left => Ok(Past::Answered(said.finishes_earlier(E::ENDPOINT, &payer))),
            Come::Busy(retry_after) => Err(Refusal::PaymentInProgress { retry_after }),
            Come::Rests(work) => pending::<E>(&work, said, true).map(Past::Answered),
            Come::Ours(sale) => self.settle(sale, None, said, REPLAYED).await.map(Past::Answered),
            Come::Ended(record) => match record.state {
                State::Void if record.refund.is_some() => Err(Refusal::PaymentReturned { why: None }),
                State::Void if record.spent => Err(given_up(payer.network())),
                State::Void if was_void => Ok(Past::Nothing),
                State::Void => Ok(Past::Undone),
                // The ids in it open each call, and a payment that was made is there for all to
                // read: it does not prove who asks. Its name does, and so does another payment
                // under that.
                State::Closed
                    if matches!(record.work, Work::Calls(_))
                        && record.id == said.id
                        && !self.is_under_its_name(&record, said).await? =>
                {
                    let what = Some(Product::CallsTold);
                    Err(Refusal::PaymentConflict { bought: Bought { what, ..bought(&record) } })
                }
                State::Closed | State::Open | State::Settling => {
                    Self::granted(&record, said, REPLAYED).map(Past::Answered)
                }
            },
        }
    }

    /// Whether a request has the name under which its payment was first used, and which only its
    /// client can know. It is read here and not with the gate: that may have been before a twin
    /// has claimed the sale.
    async fn is_under_its_name(&self, record: &Record, said: &Said<'_>) -> Result<bool, Refusal> {
        let Some(name) = said.name.as_deref().filter(|name| is_a_secret(name)) else { return Ok(false) };
        let first = self.cashier.store.first_named(&record.signed.payer, name, said.invocation.now).await?;
        Ok(first.as_ref() == Some(&record.id))
    }

    /// The answer to a payment that is not for what is sold here. That nothing was charged is true
    /// only if it has bought nothing elsewhere. A record is read for a signature that was checked
    /// here, or that a record of ours has word for word.
    pub(super) async fn misfit(&self, misfit: Misfit, said: &Said<'_>) -> Result<Answer, Refusal> {
        // A dry run reads nothing for a payer whose key has not signed.
        if said.run == Run::Dry && !misfit.is_proven() {
            return Err(refused(misfit.why));
        }
        let record = self.cashier.store.sale(&misfit.id()).await?;
        let record = record.filter(|record| misfit.is_proven() || sale::is_recorded(record, misfit.payload()));
        let Some(record) = record.filter(|record| record.state != State::Void || record.refund.is_some()) else {
            return Err(refused(misfit.why));
        };
        said.tell(&record.signed.payer);
        match self.replay_payment(record, said).await {
            Ok(Past::Answered(answer)) => Ok(answer),
            // It has come to nothing meanwhile.
            Ok(Past::Nothing | Past::Undone) | Err(Refusal::PaymentRequired { .. }) => Err(refused(misfit.why)),
            Err(refusal) => Err(refusal),
        }
    }
}
