//! Looks at a call: who may make the next one, and what is written of it.

use crate::limits::CLOSING;
use crate::store::books;
use crate::store::change::{Change, Changes, as_seen, is};
use crate::store::keys::{self, Queue};
use crate::store::limits::{self, Over};
use crate::store::rows::{
    ANALYSES, CARRIER, CHARGE, CLOSED, COST, CallRow, Charge, DUE_AT, ENDED_AT, HANGUP_REQUESTED_AT, KEPT, LOOKED_AT,
    MICROS, SAID, SEEN_AT, TTL, VIEW, Value,
};
use crate::store::{Done, Hurdle, Price, Store, StoreFault};
use crate::types::call::EndedBy;
use crate::types::{CallId, Timestamp, Usdc};

use super::said::{grown, names};
use super::{Call, Look, Questions, kept_until};

impl Look {
    /// When the call ended, if this look is the first that sees it.
    fn first_end(&self, call: &Call) -> Option<Timestamp> {
        self.ended_at.filter(|_| call.line.ended_at.is_none())
    }
}

impl Store {
    /// A call, with what was said in it. The call's own item comes first, and names parts that were
    /// written before it.
    pub async fn call(&self, id: &CallId) -> Result<Option<Call>, StoreFault> {
        let Some(item) = self.item(keys::call(id)).await? else { return Ok(None) };
        let row: CallRow = serde_dynamo::from_item(item)?;
        let said = self.said(id, &row.said).await?;
        Call::from_row(id.clone(), row, said).map(Some)
    }

    /// The same call as it is by now. What was said is only read where there is more of it, or
    /// other words.
    pub async fn again(&self, known: &Call) -> Result<Option<Call>, StoreFault> {
        let Some(item) = self.item(keys::call(&known.id)).await? else { return Ok(None) };
        let row: CallRow = serde_dynamo::from_item(item)?;
        let said = if row.said == names(&known.line.said) {
            (known.line.transcript().to_vec(), known.line.said.clone())
        } else {
            self.said(&known.id, &row.said).await?
        };
        Call::from_row(known.id.clone(), row, said).map(Some)
    }

    /// Takes the turn to look at a call: of all that ask at once, one may. If its answer is lost it
    /// looks like another's, and there is no look before the next one is due.
    pub async fn take_look(&self, call: &Call, now: Timestamp) -> Result<bool, StoreFault> {
        let change = Change::update(keys::call(&call.id))
            .set(LOOKED_AT, now)
            .when(is(LOOKED_AT, call.line.looked_at))
            .when(is(CLOSED, false));
        Ok(self.change(change).await?.is_ok())
    }

    /// Records what a look showed, and returns whether the write took effect. `call` is as it was
    /// when the turn was taken. The first look that sees the call ended frees its slot; the last
    /// one replaces the reserved cost with the real one. A later look wins, or one that was written
    /// meanwhile, so an end that could have been shown is never undone. A request to hang up that
    /// came meanwhile wins too: a look that does not know of it would take the end for another one.
    pub async fn looked(&self, call: &Call, look: &Look, token: &str) -> Result<bool, StoreFault> {
        let line = &call.line;
        let (mut said, new) = grown(&line.said, line.transcript(), &look.view.transcript);
        if let Some(new) = new {
            // Before the item that names it, so that it is there for all that read that.
            let _ = self.change(new.put(&call.id, kept_until(line.created_at))?).await?;
            said.push(new.said());
        }
        let mut change = Change::update(keys::call(&call.id))
            .set(VIEW, Value::row(&look.view.to_row())?)
            .set(SEEN_AT, line.looked_at)
            .set_some(ENDED_AT, look.ended_at)
            .set(CLOSED, look.closed)
            .when(is(LOOKED_AT, line.looked_at))
            .when(is(CLOSED, false))
            .when(as_seen(SEEN_AT, line.seen_at))
            .when(as_seen(ENDED_AT, line.ended_at))
            .when(as_seen(HANGUP_REQUESTED_AT, line.hangup_requested_at));
        if said != line.said {
            change = change.set(SAID, &names(&said));
        }
        if look.refund_due {
            // It stays in its queue, due at once: the refund is the next thing to be done.
            change = change
                .set(CHARGE, Charge::RefundDue)
                .set(DUE_AT, line.looked_at)
                .remove(TTL)
                .when(is(CHARGE, Charge::Paid));
        } else if look.closed && look.questions == Questions::Asked {
            change = change.due(Queue::of_questions(&call.id), line.looked_at);
        } else if look.closed && books::is_by_itself(call) {
            change = change.due(Queue::of_books(&call.id), line.looked_at);
        } else if look.closed {
            change = change.not_due();
        } else if let Some(at) = look.first_end(call) {
            // What it has cost is known then, and stands in others' way until the call was looked
            // at.
            change = change.set(DUE_AT, at.as_second() + CLOSING.as_secs().cast_signed());
        }
        let price = look.price.filter(|_| look.closed && call.business.cost.is_some());
        let kept = kept(call, look);
        let change = change
            .set_some(COST.then(MICROS), price.map(|price| price.total().signed()))
            .set_some(COST.then(CARRIER), price.map(|price| price.carrier.signed()))
            .set_some(COST.then(ANALYSES), price.map(|price| price.questions.signed()).filter(|micros| *micros > 0))
            .set_some(COST.then(KEPT), kept.map(Usdc::signed))
            .or(Hurdle::Call);
        let counted = counted(call, look, price.map(Price::total), kept.unwrap_or(Usdc::micros(0)));
        let done = if counted.all.is_empty() {
            self.alone(change).await?
        } else {
            self.transact(Changes::of([change]).and(counted), token).await?
        };
        Ok(matches!(done, Done::Yes))
    }
}

/// What was paid for a call and stays so. That is known when it is closed and not before: until
/// then a payment can be in doubt, and the call can still end in an error, which is paid back.
/// Credit was paid in by an earlier payment that was not kept.
fn kept(call: &Call, look: &Look) -> Option<Usdc> {
    let is_kept = look.closed && !look.refund_due && call.business.charge == Charge::Paid;
    call.business.cost.filter(|_| is_kept).map(|cost| cost.price)
}

/// What changes in the counts with a look.
fn counted(call: &Call, look: &Look, price: Option<Usdc>, kept: Usdc) -> Changes {
    let ended = look.first_end(call);
    // From the first look that sees it, so that no wallet calls again in between; the time is the
    // same at the last.
    let seen = look.ended_at.filter(|_| ended.is_some() || look.closed).filter(|_| look.broke_off);
    let broke: Changes = seen.map(|at| limits::broke(&call.line.to, at.as_second())).into_iter().collect();
    let Some(cost) = &call.business.cost else { return broke };
    // What is seen at the last look of all can be more than what was shown: a conversation costs
    // something, and its phone has rung.
    let is_free = price == Some(Usdc::micros(0)) && !look.broke_off;
    let unrung = is_free && look.view.ended_by == EndedBy::Requested && look.view.status.is_failure();
    let over = Over { ended: ended.map(Timestamp::as_second), closed: look.closed, price, kept, unrung };
    limits::over(&call.id, &call.business.wallet, &call.line.to, cost, over).and(broke)
}
