//! Bringing one payment to its end now, and giving one back because the operator decides it. What
//! goes back is sent by the refunds alone: the wallet's key signs for no operator.

use serde_json::{Value, json};
use shared::store::by_hand::ByHand;
use shared::store::sales::Record;
use shared::store::{Refunding, State};
use shared::sweep::Sweep;

use super::deed::Deed;
use crate::args::Meant;
use crate::show::{document, sale_facts};
use crate::terminal::{Answer, Trouble};
use crate::{Desk, find, words};

const NEXT: &str = "It is due now: the refunds send it in their next round, within a minute, since no other role may sign with the wallet.";

/// `dialtone retry`: what the reaper would do with a sale in a minute, done now by the same code,
/// as safe beside it as its rounds are beside each other; and a refund is what the refunds do next.
pub(crate) async fn retry(desk: &Desk, meant: Meant) -> Result<Answer, Trouble> {
    let record = find::sale(desk, meant).await?;
    let invocation = &desk.invocation;
    let before = words::outcome(&record, invocation.now);
    let pending =
        record.refund.as_ref().is_some_and(|refund| matches!(refund.state, Refunding::Due | Refunding::Sending));
    if pending {
        let deed = Deed::unasked(desk, format!("retry refund {}", record.id.tag())).await?;
        let store = desk.settings.store()?;
        let done = store.refund_next(&record, &invocation.attempt, deed.now()).await?;
        deed.ended(done).await?;
        let after = store.sale(&record.id).await?.unwrap_or(record);
        let words = if done { NEXT } else { "The refunds are at it at this moment; ask again in a minute." };
        let answer = shown(desk, &after, &before, words);
        return Ok(if done { answer } else { answer.no() });
    }
    if matches!(record.state, State::Open | State::Settling) {
        if invocation.now < record.busy_until {
            let words = if record.rests(invocation.now) {
                "It was looked at a moment ago, and is not known yet; ask again in a few seconds."
            } else {
                "A request or a round is at work on it now; ask again in a minute."
            };
            return Ok(shown(desk, &record, &before, words).no());
        }
        let sweep = desk.settings.build(Sweep::from_env)?;
        let deed = Deed::unasked(desk, format!("retry sale {}", record.id.tag())).await?;
        desk.terminal.progress("the sale is carried on");
        sweep.finish_now(&record.id, invocation).await.map_err(|fault| Trouble(fault.to_string()))?;
        deed.ended(true).await?;
    } else {
        return Ok(shown(desk, &record, &before, "There is nothing left to do for it."));
    }
    let after = desk.settings.store()?.sale(&record.id).await?.unwrap_or(record);
    let ended = match &after.refund {
        Some(refund) => matches!(refund.state, Refunding::Refunded | Refunding::Credited),
        None => matches!(after.state, State::Closed | State::Void),
    };
    let answer =
        shown(desk, &after, &before, if ended { "It has come to its end." } else { "It is not at its end yet." });
    Ok(if ended { answer } else { answer.no() })
}

/// `dialtone refund`
pub(crate) async fn refund(desk: &Desk, meant: Meant) -> Result<Answer, Trouble> {
    let record = find::sale(desk, meant).await?;
    let store = desk.settings.store()?;
    let before = words::outcome(&record, desk.invocation.now);
    if let Some(due) = record.refund.as_ref().filter(|it| it.by.is_none() && it.state == Refunding::Due) {
        let payer = record.signed.payer;
        let why = if due.is_unasked() { "who paid it without asking" } else { "however much has gone there today" };
        let question = format!("{} goes back to {payer}, {why}.", due.amount);
        let kind = if due.is_unasked() { "refund stray" } else { "refund now" };
        let deed = Deed::confirmed(desk, &question, format!("{kind} {}", record.id.tag())).await?;
        let done = store.let_through(&record, &deed.why(), &desk.invocation.attempt, deed.now()).await?;
        deed.ended(done).await?;
        let after = store.sale(&record.id).await?.unwrap_or(record);
        let words = if done { "It goes back within minutes." } else { "It goes back already, or is back." };
        let answer = shown(desk, &after, &before, words);
        return Ok(if done { answer } else { answer.no() });
    }
    // What cannot go back is said before it is asked whether it may.
    if let Some(not) = store.not_by_hand(&record).await? {
        return Ok(shown(desk, &record, &before, outcome_of(&not).0).no());
    }
    let what = words::work(&record.work, |number| desk.terminal.number(number));
    let (amount, payer) = (record.signed.amount, &record.signed.payer);
    let question = format!("{amount} goes back to {payer}: {what}. What was sold stays sold.");
    let deed = Deed::confirmed(desk, &question, format!("refund {}", record.id.tag())).await?;
    let outcome = store.owe_by_hand(&record, &deed.why(), &desk.invocation.attempt, deed.now()).await?;
    deed.ended(matches!(outcome, ByHand::Owed | ByHand::Credited)).await?;
    let after = store.sale(&record.id).await?.unwrap_or(record);
    let (words, done) = outcome_of(&outcome);
    let answer = shown(desk, &after, &before, words);
    Ok(if done { answer } else { answer.no() })
}

/// What is said of it, and whether something goes back.
const fn outcome_of(outcome: &ByHand) -> (&'static str, bool) {
    match outcome {
        ByHand::Owed => ("It is owed now, and goes back within minutes.", true),
        ByHand::Credited => ("It was paid with credit, and is credit again.", true),
        ByHand::NotPaid => ("Nothing goes back: it was not paid, or it is not known yet whether it was.", false),
        ByHand::Already => ("It goes back already, or is back.", false),
        ByHand::CallRuns => (
            "The call is not over, or has ended within the last minutes and what it cost is not known yet. If it ends in an error it is not charged anyway; ask again afterwards.",
            false,
        ),
    }
}

fn shown(desk: &Desk, record: &Record, before: &str, words: &str) -> Answer {
    let now = desk.invocation.now;
    let mut json = document(record, &desk.terminal, now);
    if let Some(fields) = json.as_object_mut() {
        fields.insert("before".to_owned(), Value::from(before));
        fields.insert("said".to_owned(), json!(words));
    }
    Answer::words(json, words).facts(sale_facts(record, &desk.terminal, now))
}
