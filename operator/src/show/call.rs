//! What became of a call. What was said is shown only when it is asked for.

use serde_json::json;
use shared::calls;
use shared::store::StoreFault;
use shared::store::calls::Call;
use shared::types::{CallId, Timestamp, rfc3339};

use super::calls::is_kept;
use super::sale_facts;
use crate::args;
use crate::terminal::{Answer, Trouble};
use crate::{Desk, words};

/// `dialtone call`
pub(crate) async fn call(desk: &Desk, asked: args::Call) -> Result<Answer, Trouble> {
    let id = CallId::parse(&asked.id).map_err(|_| Trouble(format!("{} is not a call's id", asked.id)))?;
    let store = desk.settings.store()?;
    let now = desk.invocation.now;
    let Some(call) = store.call(&id).await?.filter(|call| is_kept(call, now)) else {
        let what = "No such call is on record: there never was one, or it was longer ago than records are kept.";
        return Ok(Answer::words(json!({"call": null}), what).no());
    };
    let sale = store.sale(&call.business.sale).await?;
    let terminal = &desk.terminal;
    let shown = Shown::of(&call, now)?;
    let seen = calls::Shown::of(call.clone(), now).view;
    let mut facts = vec![
        ("call", call.id.as_str().to_owned()),
        ("from", terminal.number(&call.line.from)),
        ("to", terminal.number(&call.line.to)),
        ("status", shown.status.clone()),
        ("charge", words::charge(call.business.charge).to_owned()),
        ("dialled", words::when(call.line.created_at, now)),
        ("at the dialler", call.line.placed.clone().unwrap_or_else(|| "not accepted yet".to_owned())),
        (
            "length",
            seen.call_length.as_ref().map_or_else(|| "not known yet".to_owned(), |minutes| format!("{minutes} min")),
        ),
        ("ended by", seen.ended_by.as_str().to_owned()),
        (
            "has cost",
            call.business.cost.as_ref().map_or_else(|| "not counted".to_owned(), |cost| cost.amount.to_string()),
        ),
        ("last look", shown.looked_at.map_or_else(|| "never".to_owned(), |at| words::when(at, now))),
    ];
    facts.extend(shown.overdue.clone().map(|why| ("overdue", why)));
    facts.extend(call.line.held_for.clone().map(|why| ("held", why)));
    facts.extend(call.business.refunded_by.clone().map(|transaction| ("paid back by", transaction)));
    let mut answer = Answer::default().facts(facts);
    if let Some(sale) = &sale {
        answer = answer.facts(sale_facts(sale, terminal, now));
    }
    let view = Some(&seen).filter(|_| asked.transcript);
    if let Some(view) = view {
        let lines = view.transcript.iter().map(|line| vec![line.role.as_str().to_owned(), line.text.clone()]).collect();
        answer =
            answer.and(view.summary.clone().unwrap_or_else(|| "No summary.".to_owned())).table(&["who", "said"], lines);
    }
    answer.json = json!({
        "call": call.id.as_str(),
        "payment": call.business.sale.as_str(),
        "outcome": sale.as_ref().map(|sale| words::outcome(sale, now)),
        "from": terminal.number(&call.line.from),
        "to": terminal.number(&call.line.to),
        "status": seen.status.as_str(),
        "ended_by": seen.ended_by.as_str(),
        "reason": seen.reason,
        "charge": words::charge(call.business.charge),
        "cost_micros": call.business.cost.as_ref().map(|cost| cost.amount.atomic()),
        "placed": call.line.placed,
        "created_at": rfc3339(call.line.created_at),
        "looked_at": shown.looked_at.map(rfc3339),
        "ended_at": call.line.ended_at.map(rfc3339),
        "closed": call.line.closed,
        "overdue": shown.overdue,
        "held": call.line.held_for,
        "refunded_by": call.business.refunded_by,
        "summary": view.and_then(|view| view.summary.as_deref()),
        "transcript": view.map(|view| {
            view.transcript.iter().map(|line| json!({"role": line.role.as_str(), "text": line.text})).collect::<Vec<_>>()
        }),
    });
    Ok(answer)
}

struct Shown {
    status: String,
    looked_at: Option<Timestamp>,
    overdue: Option<String>,
}

impl Shown {
    fn of(call: &Call, now: Timestamp) -> Result<Self, StoreFault> {
        let status = match &call.line.view {
            Some(_) => {
                let seen = calls::Shown::of(call.clone(), now).view;
                format!("{}: {}", seen.status.as_str(), seen.reason)
            }
            None => "dialled; not looked at yet".to_owned(),
        };
        let looked_at = (call.line.looked_at > 0).then(|| Timestamp::from_second(call.line.looked_at)).transpose()?;
        let over = call
            .line
            .created_at
            .saturating_add(std::time::Duration::from_secs(u64::from(call.line.max_duration + 2) * 60))?;
        let overdue = call.line.ended_at.is_none() && !call.line.closed && over < now;
        let overdue = overdue.then(|| format!("it may last {} min and was not seen to end", call.line.max_duration));
        Ok(Self { status, looked_at, overdue })
    }
}
