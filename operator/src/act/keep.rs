//! What is kept of calls: erased before its time because the person who was called asks for it, or held beyond its time because a court does.
//!
//! `docs/decisions.md`: What stays of a call that is erased?

use serde_json::json;
use shared::store::calls::{Call, Keeping};
use shared::types::{CallId, PhoneNumber};
use shared::upstream::bland::BlandCallId;
use shared::upstream::bland::erase::AtBland;

use super::deed::Deed;
use crate::Desk;
use crate::args::{Erase, Erased, Held, Hold};
use crate::show::{ASK, phone_number};
use crate::terminal::{Answer, Trouble};

/// What an operator is told of what stays.
const STAYS: &str = "The sale stays for the books, with the prefix that was called. The carrier keeps its own record (numbers and times, no \
                     words): Twilio's Console, Monitor, Logs, Calls.";

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
        let words = if done == Keeping::Done { "It is held no longer." } else { "It was not held." };
        return Ok(Answer::words(json!({"held": false, "changed": done == Keeping::Done}), words));
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
        other => told(&other, "").no(),
    })
}

/// `dialtone erase`
pub(crate) async fn erase(desk: &Desk, erase: Erase) -> Result<Answer, Trouble> {
    match &erase.target {
        Erased::Call { id } => {
            let call = call_id(id)?;
            let question = "What was said in this call, its summary and its callee's number are gone for good.";
            let deed = Deed::confirmed(desk, question, format!("erase call {}", name(id))).await?;
            let (done, vendor) = erase_one(desk, &call).await?;
            deed.ended(done == Keeping::Done).await?;
            let answer = told(&done, &vendor);
            Ok(if done == Keeping::Done { answer.and(STAYS) } else { answer.no() })
        }
        Erased::Destination { number } => destination(desk, &phone_number(number)?).await,
    }
}

/// One call, at the dialler and then here: its id at the dialler goes with it.
async fn erase_one(desk: &Desk, id: &CallId) -> Result<(Keeping, String), Trouble> {
    let store = desk.settings.store()?;
    let mut vendor = String::new();
    if let Some(call) = store.call(id).await? {
        match store.may_erase(&call).await? {
            Keeping::Done => vendor = at_the_dialler(desk, &call).await?,
            other => return Ok((other, vendor)),
        }
    }
    Ok((store.erase_call(id, &desk.invocation.attempt).await?, vendor))
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

async fn destination(desk: &Desk, number: &PhoneNumber) -> Result<Answer, Trouble> {
    let question = "What was said in all calls to this number that are over, and the number itself, are gone for good.";
    let deed = Deed::confirmed(desk, question, format!("erase destination {number:?}")).await?;
    let store = desk.settings.store()?;
    let (mut erased, mut kept, mut sales, mut vendors) = (0_u32, Vec::new(), 0_u32, Vec::new());
    let (mut from, mut looked_at) = (None, 0_u64);
    loop {
        let page = store.traces_of(number, from).await?;
        looked_at += page.looked_at;
        for id in &page.calls {
            let (done, vendor) = erase_one(desk, id).await?;
            match done {
                Keeping::Done => {
                    erased += 1;
                    vendors.push(vendor);
                }
                Keeping::Already | Keeping::NoCall => {}
                other => kept.push((id.clone(), other)),
            }
        }
        // Those of calls that are held or run keep their number with them.
        for sale in &page.sales {
            let call = match store.sale(sale).await? {
                Some(record) => record.work.call().ok().map(|call| call.id.clone()),
                None => None,
            };
            let is_kept = match call {
                Some(id) => match store.call(&id).await? {
                    Some(call) => store.may_erase(&call).await? != Keeping::Done,
                    None => false,
                },
                None => true,
            };
            sales += u32::from(!is_kept && store.erase_callee(sale, number).await?);
        }
        from = page.next;
        if from.is_none() {
            break;
        }
        desk.terminal.progress(format!("{looked_at} items looked at"));
    }
    deed.ended(erased > 0 || sales > 0).await?;
    vendors.sort_unstable();
    vendors.dedup();
    let rows = kept.iter().map(|(id, why)| vec![id.as_str().to_owned(), words(why)]).collect();
    let said = format!("Calls erased: {erased}. Calls kept: {}.", kept.len());
    let mut answer = Answer::words(json!({"erased": erased, "kept": kept.len(), "sales": sales}), said);
    for vendor in vendors.iter().filter(|vendor| !vendor.is_empty()) {
        answer = answer.and(vendor.clone());
    }
    let answer = answer.table(&["call", "why not"], rows).and(STAYS);
    Ok(if kept.is_empty() { answer } else { answer.no() })
}

/// A call in a trail: its whole id is the right to read it.
fn name(id: &str) -> String {
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
        Keeping::Held(why) => format!("It is held ({why}): `dialtone hold call ID --off` lets it go."),
    }
}
