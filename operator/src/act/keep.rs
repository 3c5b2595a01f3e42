//! What is kept of calls: erased before its time because the person who was called asks for it, or
//! held beyond its time because a court does.
//!
//! `docs/decisions.md`: What stays of a call that is erased?

use std::collections::BTreeSet;

use serde_json::json;
use shared::store::Store;
use shared::store::calls::{Call, Keeping, Sought, Trace};
use shared::types::{CallId, PhoneNumber};
use shared::upstream::bland::BlandCallId;
use shared::upstream::bland::erase::AtBland;

use super::deed::Deed;
use crate::args::{Erase, Erased, Held, Hold};
use crate::show::{ASK, phone_number};
use crate::terminal::{Answer, Trouble};
use crate::{Desk, find};

/// What an operator is told of what stays.
const STAYS: &str = "The sale stays for the books, with the prefix that was called. How often the number was called is counted for two days \
                     after the last call, and the table's backups keep what they have for 35 days. The carrier keeps its own record (numbers \
                     and times, no words): Twilio's Console, Monitor, Logs, Calls.";

/// `dialtone hold`
pub(crate) async fn hold(desk: &Desk, hold: Hold) -> Result<Answer, Trouble> {
    let Held::Call { id } = &hold.target;
    let (store, by) = (desk.settings.store()?, &desk.invocation.attempt);
    let Some(call) = store.call(&call_id(id)?).await? else { return Ok(told(&Keeping::NoCall, "").no()) };
    if hold.off {
        let question = "The call may be erased again, and is deleted when its time is over.";
        let deed = Deed::confirmed(desk, question, format!("let call {} go", name(id))).await?;
        let done = store.let_call_go(&call, by).await?;
        deed.ended(done == Keeping::Done).await?;
        let free = |changed: bool, words: &str| Answer::words(json!({"held": false, "changed": changed}), words);
        return Ok(match done {
            Keeping::Done => free(true, "It is held no longer."),
            Keeping::Unsettled => {
                let words = "Its money is on its way back: it is held until that is there. Try again in an hour.";
                Answer::words(json!({"held": true, "changed": false}), words).no()
            }
            Keeping::Already | Keeping::NoCall | Keeping::Held(_) | Keeping::Erasing => free(false, "It was not held."),
        });
    }
    let question =
        "The call is kept, with what was said in it, until you let it go. Its caller sees it no longer than 30 days.";
    let deed = Deed::confirmed(desk, question, format!("hold call {}", name(id))).await?;
    let done = store.hold_call(&call, &deed.why(), by).await?;
    deed.ended(done == Keeping::Done).await?;
    Ok(match done {
        Keeping::Done => Answer::words(json!({"held": true, "changed": true}), "It is held."),
        Keeping::Already | Keeping::Held(_) => {
            Answer::words(json!({"held": true, "changed": false}), "It was held already.")
        }
        other @ (Keeping::NoCall | Keeping::Unsettled | Keeping::Erasing) => told(&other, "").no(),
    })
}

/// `dialtone erase`
pub(crate) async fn erase(desk: &Desk, erase: Erase) -> Result<Answer, Trouble> {
    match &erase.target {
        Erased::Call { id } => one(desk, &call_id(id)?).await,
        Erased::Destination { number } => destination(desk, &phone_number(number)?).await,
    }
}

async fn one(desk: &Desk, id: &CallId) -> Result<Answer, Trouble> {
    let question = "What was said in this call, its summary and its callee's number are gone for good.";
    let deed = Deed::confirmed(desk, question, format!("erase call {}", name(id.as_str()))).await?;
    let (mut done, vendor) = erase_one(desk, id).await?;
    let mut kept = Vec::new();
    if matches!(done, Keeping::Done | Keeping::Already | Keeping::NoCall) {
        for trace in traces(desk, Sought::Call(id)).await? {
            match desk.settings.store()?.erase_trace(&trace).await {
                Ok(changed) if changed => done = Keeping::Done,
                Ok(_) => {}
                Err(fault) => kept.push(vec![id.as_str().to_owned(), Trouble::from(fault).to_string()]),
            }
        }
    }
    deed.ended(done == Keeping::Done).await?;
    let is_done = done == Keeping::Done && kept.is_empty();
    let answer = told(&done, &vendor).table(&["call", "its number stays elsewhere"], kept);
    Ok(if is_done { answer.and(STAYS) } else { answer.no() })
}

/// One call, at the dialler and then here: its id at the dialler goes with it.
async fn erase_one(desk: &Desk, id: &CallId) -> Result<(Keeping, String), Trouble> {
    let store = desk.settings.store()?;
    let mut vendor = String::new();
    if let Some(call) = store.call(id).await? {
        match store.begin_erasing(&call).await? {
            Keeping::Done => vendor = at_the_dialler(desk, &call).await?,
            other => return Ok((other, vendor)),
        }
    }
    Ok((store.erase_call(id, &desk.invocation.attempt).await?, vendor))
}

/// Where a number stands in the whole table.
async fn traces(desk: &Desk, sought: Sought<'_>) -> Result<Vec<Trace>, Trouble> {
    let store = desk.settings.store()?;
    find::all(desk, async |from| store.traces_of(sought, from).await).await
}

async fn at_the_dialler(desk: &Desk, call: &Call) -> Result<String, Trouble> {
    let Some(placed) = &call.line.placed else { return Ok("The dialler never had it.".to_owned()) };
    let by_hand =
        |why: &str| format!("{why}: ask Bland's support to erase its call {placed}, with transcript and recording.");
    let Some(bland) = desk.settings.bland() else { return Ok(by_hand("Bland's key is not known here")) };
    let Ok(id) = BlandCallId::parse(placed) else { return Ok(by_hand("Its name at Bland is not one")) };
    match bland.erase(&id, ASK).await {
        Ok(AtBland::Gone) => Ok("It is gone at Bland, too, with its recording.".to_owned()),
        Ok(AtBland::NotEntitled) => Ok(by_hand("Bland lets our key erase nothing (entitlement REDACT_CALLS)")),
        Err(error) => Err(Trouble(format!("{error}; nothing was erased, here either: try again"))),
    }
}

/// The outcome of erasing calls.
#[derive(Default)]
struct Outcome {
    erased: u32,
    /// Calls that are kept, and why.
    kept: Vec<(CallId, String)>,
    /// Places beside these calls that named the callee.
    elsewhere: u32,
    /// What is left to be done at the dialler.
    dialler: BTreeSet<String>,
}

impl Outcome {
    /// What fails with one call is said beside it, and keeps none of the others: what is gone here
    /// has its name at the dialler here alone.
    async fn of(desk: &Desk, store: &Store, traces: &[Trace]) -> Self {
        let mut outcome = Self::default();
        let mut calls: Vec<&CallId> = traces.iter().map(|trace| &trace.call).collect();
        calls.sort_unstable_by_key(|call| call.as_str());
        calls.dedup();
        for id in calls {
            if let Err(why) = outcome.erase(desk, store, id, traces).await {
                outcome.kept.push((id.clone(), why));
            }
        }
        outcome
    }

    async fn erase(&mut self, desk: &Desk, store: &Store, id: &CallId, traces: &[Trace]) -> Result<(), String> {
        let (done, vendor) = erase_one(desk, id).await.map_err(|trouble| trouble.to_string())?;
        self.dialler.extend(Some(vendor).filter(|vendor| !vendor.is_empty()));
        match done {
            Keeping::Done => self.erased += 1,
            Keeping::Already | Keeping::NoCall => {}
            // What is held or runs keeps its number wherever that stands.
            other => return Err(words(&other)),
        }
        for trace in traces.iter().filter(|trace| trace.call == *id) {
            let changed = store.erase_trace(trace).await;
            self.elsewhere += u32::from(changed.map_err(|fault| Trouble::from(fault).to_string())?);
        }
        Ok(())
    }
}

async fn destination(desk: &Desk, number: &PhoneNumber) -> Result<Answer, Trouble> {
    let question = "What was said in all calls to this number that are over is gone for good, and the number with it: from the calls, \
                    their sales and the lists that were bought of them.";
    let deed = Deed::confirmed(desk, question, format!("erase destination {number:?}")).await?;
    let traces = traces(desk, Sought::Callee(number)).await?;
    let Outcome { erased, kept, elsewhere, dialler } = Outcome::of(desk, &desk.settings.store()?, &traces).await;
    let rows = kept.iter().map(|(id, why)| vec![id.as_str().to_owned(), why.clone()]).collect();
    let said = format!("Calls erased: {erased}. Calls kept: {}.", kept.len());
    let kept: Vec<_> = kept.iter().map(|(id, why)| json!({"call": id.as_str(), "why": why})).collect();
    let is_whole = kept.is_empty();
    let document = json!({"erased": erased, "kept": kept, "elsewhere": elsewhere, "dialler": dialler});
    let answer = dialler.into_iter().fold(Answer::words(document, said), Answer::and);
    let answer = answer.table(&["call", "why not"], rows).and(STAYS);
    // What was done is said first: its names at the dialler are nowhere else any more.
    if let Err(trouble) = deed.ended(erased > 0 || elsewhere > 0).await {
        return Ok(answer.and(format!("That it has ended is not in the trail: {trouble}")).no());
    }
    Ok(if is_whole { answer } else { answer.no() })
}

/// A call in a trail: its whole id is the right to read it.
pub(super) fn name(id: &str) -> String {
    format!("{}…", id.get(..8).unwrap_or_default())
}

fn call_id(text: &str) -> Result<CallId, Trouble> {
    CallId::parse(text).map_err(|_| Trouble(format!("{text} is not a call's id")))
}

fn told(outcome: &Keeping, vendor: &str) -> Answer {
    let document = json!({"erased": *outcome == Keeping::Done, "why": words(outcome), "dialler": vendor});
    let answer = Answer::words(document, words(outcome));
    if vendor.is_empty() { answer } else { answer.and(vendor) }
}

fn words(outcome: &Keeping) -> String {
    match outcome {
        Keeping::Done => "It is erased.".to_owned(),
        Keeping::Already => "It was erased already.".to_owned(),
        Keeping::NoCall => "No such call is on record.".to_owned(),
        Keeping::Unsettled => {
            "It is not over, its money is on its way back, or it is not in the books yet: try again in an hour."
                .to_owned()
        }
        Keeping::Erasing => {
            "An erasure of it was begun, and the dialler may have nothing left of it: `dialtone erase call ID` finishes that."
                .to_owned()
        }
        Keeping::Held(why) => format!("It is held ({why}): `dialtone hold call ID --off` lets it go."),
    }
}
