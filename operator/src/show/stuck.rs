//! What is unfinished or overdue, and why. What is merely under way is not told: a sale is finished
//! within a minute, a call ends when its time is up, and the reaper comes by every minute.

use std::time::Duration;

use serde_json::{Value, json};
use shared::leases::GRACE;
use shared::store::{Candidate, Charge, Custody, Pause, Queue, Refunding, SHARDS, State, Store};
use shared::types::{DAY, PaymentId, Timestamp, rfc3339};

use crate::terminal::{Answer, Trouble};
use crate::{Desk, words};

/// How much of one queue is told.
const MOST: u16 = 1_000;
/// The reaper has come by more than once in this time.
const LATE: Duration = Duration::from_mins(5);
/// A refund that is not done by now was refused, or waits for money or for a facilitator.
const SLOW_REFUND: Duration = Duration::from_mins(10);

/// Something that the operator should look at.
struct Stuck {
    kind: &'static str,
    what: String,
    since: Timestamp,
    why: String,
}

/// `dialtone stuck`
pub(crate) async fn stuck(desk: &Desk) -> Result<Answer, Trouble> {
    let store = desk.settings.store()?;
    let now = desk.invocation.now;
    let mut found = Vec::new();
    for shard in 0..SHARDS {
        sales(&store, shard, now, &mut found).await?;
        refunds(&store, Queue::Refunds(shard), now, &mut found).await?;
        calls(&store, shard, now, &mut found).await?;
        leases(desk, &store, shard, &mut found).await?;
    }
    refunds(&store, Queue::Strays, now, &mut found).await?;
    numbers(desk, &store, &mut found).await?;
    rounds(&store, now, &mut found).await?;
    if let Some((what, switched)) = store.controls().await?.paused {
        let what = match what {
            Pause::New => "numbers and calls",
            Pause::All => "everything",
        };
        let why = format!("selling is paused: {}", switched.why);
        found.push(Stuck { kind: "paused", what: what.to_owned(), since: switched.since, why });
    }
    if let Some(stop) = store.refunds_stopped().await? {
        let by = stop.by.unwrap_or_else(|| "more was owed than may go back in a day".to_owned());
        let why = format!("{by}; `dialtone resume --refunds` lifts it");
        found.push(Stuck { kind: "stopped", what: "payments back".to_owned(), since: stop.since, why });
    }
    found.sort_by_key(|one| one.since);
    Ok(told(&found, now))
}

fn told(found: &[Stuck], now: Timestamp) -> Answer {
    let documents: Vec<Value> = found
        .iter()
        .map(|one| json!({"kind": one.kind, "what": one.what, "since": rfc3339(one.since), "why": one.why}))
        .collect();
    let json = json!({"stuck": documents});
    if found.is_empty() {
        return Answer::words(json, "Nothing is stuck.");
    }
    let rows = found
        .iter()
        .map(|one| vec![one.kind.to_owned(), words::ago(one.since, now), one.what.clone(), one.why.clone()]);
    let answer = Answer { json, ..Answer::default() };
    answer.table(&["kind", "since", "what", "why"], rows.collect()).no()
}

fn late(since: Timestamp, now: Timestamp) -> bool {
    since.saturating_add(LATE).is_ok_and(|late| late < now)
}

async fn sales(store: &Store, shard: u8, now: Timestamp, found: &mut Vec<Stuck>) -> Result<(), Trouble> {
    let mut waiting = store.waiting(Queue::Sales(shard), MOST).await?;
    waiting.extend(store.waiting(Queue::Doubts(shard), MOST).await?);
    for (candidate, due) in waiting {
        let Candidate::Sale(id) = candidate else { continue };
        let Some(record) = store.sale(&id).await? else { continue };
        // An attempt is at it.
        let is_at_work = now < record.busy_until && !record.rests(now);
        if is_at_work || !matches!(record.state, State::Open | State::Settling) {
            continue;
        }
        let idle = if late(due, now) { ". Its turn came and no round took it: is the reaper running?" } else { "" };
        let unknown = record.state == State::Settling && record.settled.is_none();
        let kind = if unknown { "unknown settlement" } else { "unfinished sale" };
        let why = format!("{} ({}){idle}", words::outcome(&record, now), record.signed.amount);
        found.push(Stuck { kind, what: named(&id), since: record.created_at, why });
    }
    Ok(())
}

async fn refunds(store: &Store, queue: Queue, now: Timestamp, found: &mut Vec<Stuck>) -> Result<(), Trouble> {
    for (candidate, _) in store.waiting(queue, MOST).await? {
        let Candidate::Sale(id) = candidate else { continue };
        let Some(refund) = store.sale(&id).await?.and_then(|record| record.refund) else { continue };
        let slow = refund.asked_at.saturating_add(SLOW_REFUND).is_ok_and(|slow| slow < now);
        let kind = if refund.refused > 0 { "refund refused" } else { "refund owed" };
        if refund.refused == 0 && !slow {
            continue;
        }
        let sent = match refund.state {
            Refunding::Due => "nothing was sent yet".to_owned(),
            Refunding::Sending | Refunding::Refunded | Refunding::Credited => {
                format!("sent {} times, refused {}", refund.tries, refund.refused)
            }
        };
        let hint = if refund.is_unasked() {
            "It goes back by itself within the day's limit if it is small; `dialtone refund` lets it through"
        } else {
            "Is the refund wallet filled?"
        };
        let why = format!("{} ({}): {sent}. {hint}", refund.amount, words::reason(refund.reason));
        found.push(Stuck { kind, what: named(&id), since: refund.asked_at, why });
    }
    Ok(())
}

async fn calls(store: &Store, shard: u8, now: Timestamp, found: &mut Vec<Stuck>) -> Result<(), Trouble> {
    for (candidate, due) in store.waiting(Queue::Calls(shard), MOST).await? {
        let Candidate::Call(id) = candidate else { continue };
        if !late(due, now) {
            continue;
        }
        let Some(call) = store.call(&id).await? else { continue };
        let why = match (call.business.charge, call.line.ended_at) {
            (Charge::RefundDue, _) => {
                "it ended in an error and its refund is not asked for: is the reaper running?".to_owned()
            }
            (_, Some(_)) => "it has ended, and has not been looked at since".to_owned(),
            (_, None) => {
                format!("it may last {} min and was not seen to end", call.line.max_duration)
            }
        };
        found.push(Stuck { kind: "call", what: id.as_str().to_owned(), since: call.line.created_at, why });
    }
    Ok(())
}

async fn leases(desk: &Desk, store: &Store, shard: u8, found: &mut Vec<Stuck>) -> Result<(), Trouble> {
    let now = desk.invocation.now;
    for (candidate, ends) in store.due_with_time(Queue::Leases(shard), now, MOST).await? {
        let Candidate::Lease(wallet, number) = candidate else { continue };
        let over = ends.saturating_add(GRACE).unwrap_or(ends);
        if !late(over, now) {
            continue;
        }
        let held = store.lease(&wallet, &number).await?.is_some_and(|lease| lease.hold.is_some());
        let why = if held {
            "a renewal that is not settled holds it"
        } else {
            "it should have been taken back: is the reaper running?"
        };
        found.push(Stuck { kind: "lease", what: desk.terminal.number(&number), since: ends, why: why.to_owned() });
    }
    Ok(())
}

async fn numbers(desk: &Desk, store: &Store, found: &mut Vec<Stuck>) -> Result<(), Trouble> {
    let queues = [
        (Queue::Imports, Custody::Importing, "the dialler does not take it"),
        (Queue::Releases, Custody::Releasing, "the dialler or the carrier does not let it go"),
    ];
    for (queue, custody, why) in queues {
        for (candidate, since) in store.due_with_time(queue, desk.invocation.now, MOST).await? {
            let Candidate::Number(number) = candidate else { continue };
            let still = store.holding(&number).await?.is_some_and(|holding| holding.custody == custody);
            if still && late(since, desk.invocation.now) {
                let what = desk.terminal.number(&number);
                found.push(Stuck { kind: "number", what, since, why: why.to_owned() });
            }
        }
    }
    Ok(())
}

/// What the reaper does once a day, and has not done for longer.
async fn rounds(store: &Store, now: Timestamp, found: &mut Vec<Stuck>) -> Result<(), Trouble> {
    let Some(last) = store.turn_taken("RECONCILE").await? else { return Ok(()) };
    if last.saturating_add(DAY + Duration::from_hours(2)).is_ok_and(|late| late < now) {
        let why = "the carrier's bill was not compared with the table for more than a day: is the reaper running?";
        found.push(Stuck { kind: "reaper", what: "daily comparison".to_owned(), since: last, why: why.to_owned() });
    }
    Ok(())
}

fn named(id: &PaymentId) -> String {
    id.tag()
}
