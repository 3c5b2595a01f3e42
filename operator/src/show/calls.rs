//! Many calls: those of a wallet, to or from a number, those that run, who calls most, and which
//! have lost most.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use shared::calls as seen;
use shared::limits::rates;
use shared::store::calls::Call;
use shared::store::dialled::Dialled as Place;
use shared::store::survey::SoughtCalls;
use shared::store::{Candidate, Charge, Queue, SHARDS, Store};
use shared::types::{CallId, Timestamp, Usdc, rfc3339};

use super::phone_number;
use crate::args::{By, Calls, Dialled, Margin, Top};
use crate::terminal::{Answer, Terminal, Trouble};
use crate::{Desk, find, words};

/// How many calls are read in one request.
const AT_ONCE: usize = 100;
/// How many are read of a wallet's list at once, and of the calls that run in each part of their
/// queue at all.
const MOST: u16 = 1_000;

/// `dialtone calls`
pub(crate) async fn calls(desk: &Desk, asked: Calls) -> Result<Answer, Trouble> {
    let store = desk.settings.store()?;
    let sought = SoughtCalls {
        from: asked.from.as_deref().map(phone_number).transpose()?,
        to: asked.to.as_deref().map(phone_number).transpose()?,
        ..within(desk, &asked.dialled)
    };
    let mut is_all = true;
    let mut found = if asked.running {
        let found;
        (found, is_all) = running(&store).await?;
        found
    } else if let (false, Some(wallet)) = (asked.held, &asked.wallet) {
        of_wallet(desk, &store, wallet, &sought).await?
    } else {
        seek(desk, &store, &sought).await?
    };
    if asked.held {
        found.retain(|call| call.line.held_for.is_some());
    }
    // The list of a wallet forgets a call that is held.
    if let (true, Some(wallet)) = (asked.running || asked.held, &asked.wallet) {
        let meant = find::wallets(desk, wallet)?;
        found.retain(|call| meant.contains(&call.business.wallet));
    }
    found.retain(|call| fits(call, &sought));
    found.sort_by_key(|call| std::cmp::Reverse(call.line.created_at));
    let mut answer = listed(desk, &found, "No such call.");
    if let Some(fields) = answer.json.as_object_mut() {
        fields.insert("is_all".to_owned(), json!(is_all));
    }
    Ok(if is_all { answer } else { answer.and(MORE) })
}

const MORE: &str = "There are more: of each quarter of the calls that wait to be looked at, a thousand were read.";

/// `dialtone margin`
pub(crate) async fn margin(desk: &Desk, asked: Margin) -> Result<Answer, Trouble> {
    let store = desk.settings.store()?;
    let found = seek(desk, &store, &within(desk, &asked.dialled)).await?;
    let all = found.iter().fold(Sums::default(), Sums::and);
    let mut lost: Vec<Call> = found.into_iter().filter(|call| Sums::default().and(call).margin() < 0).collect();
    lost.sort_by_key(|call| Sums::default().and(call).margin());
    let many = lost.len();
    lost.truncate(asked.most);
    let mut answer = listed(desk, &lost, "No call has lost anything.");
    let words = format!(
        "{} calls: {} kept of what was paid for them, {} charged by vendors, {} left. {many} have lost something.",
        all.calls,
        dollars(all.kept),
        dollars(all.cost),
        dollars(all.margin()),
    );
    answer.json = json!({"all": all.document(), "lost": many, "calls": answer.json.get("calls")});
    answer.no = false;
    Ok(answer.and(words))
}

/// `dialtone top`
pub(crate) async fn top(desk: &Desk, asked: Top) -> Result<Answer, Trouble> {
    let store = desk.settings.store()?;
    let found = seek(desk, &store, &within(desk, &asked.dialled)).await?;
    let mut sums: BTreeMap<String, Sums> = BTreeMap::new();
    for call in &found {
        let name = match asked.what {
            By::Wallets => call.business.wallet.caip10(),
            By::Destinations => call.line.to.as_str().to_owned(),
            By::Prefixes => format!("+{}", rates::prefix(&call.line.to)),
        };
        let sum = sums.entry(name).or_default();
        *sum = std::mem::take(sum).and(call);
    }
    let mut order: Vec<(String, Sums)> = sums.into_iter().collect();
    order.sort_by_key(|(_, sum)| std::cmp::Reverse((sum.calls, sum.cost)));
    order.truncate(asked.most);
    let shown = |name: &str| match asked.what {
        By::Destinations => phone_number(name).map_or_else(|_| name.to_owned(), |number| desk.terminal.number(&number)),
        By::Wallets | By::Prefixes => name.to_owned(),
    };
    let what = match asked.what {
        By::Wallets => "wallet",
        By::Destinations => "destination",
        By::Prefixes => "prefix",
    };
    let rows = order.iter().map(|(name, sum)| {
        let numbers = [sum.calls, sum.failed].map(|many| many.to_string());
        let money = [sum.kept, sum.cost, sum.margin()].map(dollars);
        [shown(name)].into_iter().chain(numbers).chain(money).collect()
    });
    let rows: Vec<Vec<String>> = rows.collect();
    let documents = order.iter().map(|(name, sum)| {
        let mut document = sum.document();
        if let Some(fields) = document.as_object_mut() {
            fields.insert(what.to_owned(), json!(shown(name)));
        }
        document
    });
    let json = json!({"top": documents.collect::<Vec<_>>()});
    if rows.is_empty() {
        return Ok(Answer::words(json, "No call was dialled then.").no());
    }
    let mut answer = Answer::default().table(&[what, "calls", "failed", "kept", "charged", "left"], rows);
    answer.json = json;
    Ok(answer)
}

/// The sums that calls brought and cost, in micro-dollars.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Sums {
    calls: i64,
    failed: i64,
    kept: i64,
    cost: i64,
}

impl Sums {
    fn and(self, call: &Call) -> Self {
        let cost = call.business.cost.as_ref();
        let is_kept = call.business.charge == Charge::Paid;
        let failed = call.line.view.as_ref().is_some_and(|view| view.status.is_failure());
        Self {
            calls: self.calls + 1,
            failed: self.failed + i64::from(failed),
            kept: self.kept + cost.filter(|_| is_kept).map_or(0, |cost| cost.price.signed()),
            cost: self.cost + cost.map_or(0, |cost| cost.amount.signed()),
        }
    }

    const fn margin(&self) -> i64 {
        self.kept - self.cost
    }

    fn document(&self) -> Value {
        json!({"calls": self.calls, "failed": self.failed, "kept_micros": self.kept, "cost_micros": self.cost,
            "left_micros": self.margin()})
    }
}

fn dollars(micros: i64) -> String {
    let amount = Usdc::micros(micros.unsigned_abs());
    if micros < 0 { format!("-{amount}") } else { amount.to_string() }
}

fn within(desk: &Desk, dialled: &Dialled) -> SoughtCalls {
    let now = desk.invocation.now;
    let time = |time: Option<crate::args::Time>| time.map(|time| time.from(now));
    SoughtCalls { since: time(dialled.since), until: time(dialled.until), ..SoughtCalls::default() }
}

fn fits(call: &Call, sought: &SoughtCalls) -> bool {
    let line = &call.line;
    sought.from.as_ref().is_none_or(|from| line.from == *from)
        && sought.to.as_ref().is_none_or(|to| line.to == *to)
        && sought.since.is_none_or(|since| line.created_at >= since)
        && sought.until.is_none_or(|until| line.created_at < until)
}

/// The calls that run, and whether these are all of them: they wait in a queue until they are over.
async fn running(store: &Store) -> Result<(Vec<Call>, bool), Trouble> {
    let (mut ids, mut is_all) = (Vec::new(), true);
    for shard in 0..SHARDS {
        let waiting = store.waiting(Queue::Calls(shard), MOST).await?;
        is_all &= waiting.len() < usize::from(MOST);
        let calls =
            waiting.into_iter().filter_map(|(one, _)| if let Candidate::Call(id) = one { Some(id) } else { None });
        ids.extend(calls);
    }
    let mut found = by_ids(store, &ids).await?;
    found.retain(|call| call.line.ended_at.is_none());
    Ok((found, is_all))
}

/// A wallet's calls, the newest first: from the end of the time that is meant down to its
/// beginning, however many these are.
async fn of_wallet(desk: &Desk, store: &Store, address: &str, sought: &SoughtCalls) -> Result<Vec<Call>, Trouble> {
    let mut ids = Vec::new();
    for wallet in find::wallets(desk, address)? {
        // The first name of all: before what was dialled in that second.
        let mut before = sought.until.map(|at| Place { at, call: CallId::from_bits(0) });
        loop {
            let page = store.dialled_by(&wallet, before.as_ref(), MOST).await?;
            let is_last = page.len() < usize::from(MOST);
            let meant = page.into_iter().map(|entry| entry.place);
            let meant: Vec<_> = meant.take_while(|place| sought.since.is_none_or(|since| place.at >= since)).collect();
            before = meant.last().cloned();
            let is_begun = meant.len() < usize::from(MOST);
            ids.extend(meant.into_iter().map(|place| place.call));
            if is_last || is_begun {
                break;
            }
            desk.terminal.progress(format!("{} calls found", ids.len()));
        }
    }
    by_ids(store, &ids).await
}

async fn by_ids(store: &Store, ids: &[CallId]) -> Result<Vec<Call>, Trouble> {
    let mut found = Vec::new();
    for some in ids.chunks(AT_ONCE) {
        found.extend(store.calls(&some.iter().collect::<Vec<_>>()).await?.into_values());
    }
    Ok(found)
}

async fn seek(desk: &Desk, store: &Store, sought: &SoughtCalls) -> Result<Vec<Call>, Trouble> {
    find::all(desk, async |from| store.seek_calls(sought, from).await).await
}

/// Whether a call is still shown: what is kept no longer may not be deleted yet.
pub(super) fn is_kept(call: &Call, now: Timestamp) -> bool {
    now < call.line.kept_until || call.line.held_for.is_some()
}

fn listed(desk: &Desk, calls: &[Call], otherwise: &str) -> Answer {
    let (now, terminal) = (desk.invocation.now, &desk.terminal);
    let kept: Vec<&Call> = calls.iter().filter(|call| is_kept(call, now)).collect();
    let json = json!({"calls": kept.iter().map(|call| document(call, terminal, now)).collect::<Vec<_>>()});
    if kept.is_empty() {
        return Answer::words(json, otherwise).no();
    }
    let rows = kept.iter().map(|call| row(call, terminal, now)).collect();
    let heading =
        ["dialled", "call", "wallet", "from", "to", "status", "ended by", "minutes", "money", "kept", "charged"];
    let mut answer = Answer::default().table(&heading, rows);
    answer.json = json;
    answer
}

fn row(call: &Call, terminal: &Terminal, now: Timestamp) -> Vec<String> {
    let view = seen::Shown::of(call.clone(), now).view;
    let sums = Sums::default().and(call);
    vec![
        rfc3339(call.line.created_at),
        call.id.as_str().to_owned(),
        call.business.wallet.to_string(),
        terminal.number(&call.line.from),
        terminal.number(&call.line.to),
        view.status.as_str().to_owned(),
        view.ended_by.as_str().to_owned(),
        view.call_length.clone().unwrap_or_default(),
        words::charge(call.business.charge).to_owned(),
        dollars(sums.kept),
        dollars(sums.cost),
    ]
}

fn document(call: &Call, terminal: &Terminal, now: Timestamp) -> Value {
    let view = seen::Shown::of(call.clone(), now).view;
    let sums = Sums::default().and(call);
    json!({
        "call": call.id.as_str(),
        "payment": call.business.sale.as_str(),
        "log_name": call.business.sale.tag(),
        "wallet": call.business.wallet.caip10(),
        "from": terminal.number(&call.line.from),
        "to": terminal.number(&call.line.to),
        "dialled_at": rfc3339(call.line.created_at),
        "status": view.status.as_str(),
        "ended_by": view.ended_by.as_str(),
        "minutes": view.call_length,
        "charge": words::charge(call.business.charge),
        "vendor_id": call.line.placed,
        "kept_micros": sums.kept,
        "cost_micros": sums.cost,
    })
}
