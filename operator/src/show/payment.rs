//! What became of a payment: what it was for, where it stands, and what happened when.

use serde_json::{Value, json};
use shared::calls;
use shared::store::sales::Record;
use shared::store::work::{Call, Lease, Renew};
use shared::store::{Refunding, View, Work};
use shared::types::{Timestamp, rfc3339};

use super::calls::is_kept;
use crate::args::Meant;
use crate::terminal::{Answer, Terminal, Trouble};
use crate::{Desk, find, words};

/// `dialtone payment`
pub(crate) async fn payment(desk: &Desk, meant: Meant) -> Result<Answer, Trouble> {
    let found = find::sales(desk, meant).await?;
    if found.is_empty() {
        let what = "No sale of this payment is on record: it was never taken, or longer ago than records are kept.";
        return Ok(Answer::words(json!({"payments": []}), what).no());
    }
    let now = desk.invocation.now;
    let mut answer = Answer::default();
    let mut documents = Vec::new();
    for record in &found {
        let mut facts = sale_facts(record, &desk.terminal, now);
        let mut document = document(record, &desk.terminal, now);
        if let Some(call) = call_of(desk, record).await? {
            let (status, by) = (call.status.as_str(), call.ended_by.as_str());
            facts.push(("the call", format!("{status}: {}, ended by {by}", call.reason)));
            let told = json!({
                "status": status, "reason": call.reason, "ended_by": by, "call_length": call.call_length,
            });
            document.as_object_mut().map(|fields| fields.insert("call".to_owned(), told));
        }
        answer = answer.facts(facts).table(&["when", "what"], history(record));
        documents.push(document);
    }
    answer.json = json!({"payments": documents});
    Ok(answer)
}

/// How the call stands that was sold; nothing, where none was, or where it is not kept any more.
async fn call_of(desk: &Desk, record: &Record) -> Result<Option<View>, Trouble> {
    let Work::Call(sold) = &record.work else { return Ok(None) };
    let call = desk.settings.store()?.call(&sold.id).await?.filter(|call| call.business.sale == record.id);
    let now = desk.invocation.now;
    Ok(call.filter(|call| is_kept(call, now)).map(|call| calls::Shown::of(call, now).view))
}

/// A sale's record, a line for each thing that is known.
pub(crate) fn sale_facts(record: &Record, terminal: &Terminal, now: Timestamp) -> Vec<(&'static str, String)> {
    let signed = &record.signed;
    let mut facts = vec![
        ("payment", record.id.as_str().to_owned()),
        ("in logs", record.id.tag()),
        ("outcome", words::outcome(record, now)),
        ("state", words::state(record.state).to_owned()),
        ("sold", words::work(&record.work, |number| terminal.number(number))),
        ("payer", format!("{} on {}", signed.payer, signed.payer.network().caip2())),
        ("amount", signed.amount.to_string()),
        ("since", words::when(record.created_at, now)),
    ];
    let transaction = record.settled.as_ref().and_then(|settled| settled.transaction.clone());
    facts.extend(transaction.map(|transaction| ("transaction", transaction)));
    let by = record.refund.as_ref().and_then(|refund| refund.by.clone());
    facts.extend(by.map(|by| ("decided by", by)));
    facts.extend(record.refund.as_ref().map(|refund| {
        (
            "refund",
            format!(
                "{} since {}, sent {} times, refused {}",
                refund.amount,
                rfc3339(refund.asked_at),
                refund.tries,
                refund.refused
            ),
        )
    }));
    facts
}

/// What happened when, as far as it is recorded.
fn history(record: &Record) -> Vec<Vec<String>> {
    events(record).into_iter().map(|(at, what)| vec![rfc3339(at), what]).collect()
}

fn events(record: &Record) -> Vec<(Timestamp, String)> {
    let mut events = Vec::new();
    if !record.endpoint.is_empty() {
        events.push((record.created_at, format!("claimed by a request to {}", record.endpoint)));
    }
    if let Some(settled) = &record.settled {
        let how = match &settled.transaction {
            Some(transaction) => format!("known to be paid, by {transaction}"),
            None => "paid with credit".to_owned(),
        };
        events.push((settled.at, how));
    }
    if let Some(refund) = &record.refund {
        events.push((refund.asked_at, format!("{} is owed: {}", refund.amount, words::reason(refund.reason))));
    }
    events.sort_by_key(|(at, _)| *at);
    events
}

/// The same for programs.
pub(crate) fn document(record: &Record, terminal: &Terminal, now: Timestamp) -> Value {
    let signed = &record.signed;
    json!({
        "id": record.id.as_str(),
        "tag": record.id.tag(),
        "state": words::state(record.state),
        "outcome": words::outcome(record, now),
        "endpoint": record.endpoint,
        "payer": signed.payer.to_string(),
        "network": signed.payer.network().caip2(),
        "amount_micros": signed.amount.atomic(),
        "transaction": record.settled.as_ref().and_then(|settled| settled.transaction.as_deref()),
        "created_at": rfc3339(record.created_at),
        "settled_at": record.settled.as_ref().map(|settled| rfc3339(settled.at)),
        "busy_until": rfc3339(record.busy_until),
        "work": work(&record.work, terminal),
        "refund": record.refund.as_ref().map(|refund| json!({
            "state": match refund.state {
                Refunding::Due => "due",
                Refunding::Sending => "sending",
                Refunding::Refunded => "refunded",
                Refunding::Credited => "credited",
            },
            "reason": words::reason(refund.reason),
            "by": refund.by,
            "amount_micros": refund.amount.atomic(),
            "asked_at": rfc3339(refund.asked_at),
            "tries": refund.tries,
            "refused": refund.refused,
            "transaction": refund.transaction,
        })),
        "history": events(record).iter().map(|(at, what)| json!({"at": rfc3339(*at), "what": what})).collect::<Vec<_>>(),
    })
}

fn work(work: &Work, terminal: &Terminal) -> Value {
    match work {
        Work::Lease(Lease { number, country, .. }) => {
            json!({"kind": "lease", "number": terminal.number(number), "country": country.as_str()})
        }
        Work::Renew(Renew { number, country, expires_at }) => json!({
            "kind": "renew", "number": terminal.number(number), "country": country.as_str(),
            "from": rfc3339(*expires_at),
        }),
        Work::Calls(list) => json!({"kind": "calls", "count": list.calls.len()}),
        Work::List(list) => json!({"kind": "list", "count": list.numbers.len()}),
        Work::Call(Call { id, from, to, max_duration, credit, .. }) => json!({
            "kind": "call", "call": id.as_str(), "from": terminal.number(from), "to": terminal.number(to),
            "max_duration": max_duration, "credit": credit,
        }),
        Work::Nothing => json!({"kind": "nothing"}),
    }
}
