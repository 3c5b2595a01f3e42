//! A crowd: requests that are ready to be sent, and what is seen when all of them come at once.

use std::time::Duration;

use futures_util::future::join_all;
use harness::history::{Errand, What};
use harness::request::Response;
use harness::wallet::Payment;
use harness::{Neighbour, Stack, Wallet, binaries};
use serde_json::Value;

/// How many processes of a function serve it.
pub(crate) const PROCESSES: usize = 16;

/// A world that a crowd fits into.
pub(crate) async fn at_once() -> Stack {
    Stack::builder(binaries!()).at_once(PROCESSES).parameter("DailyNumberBudget", "2000").start().await
}

/// Paid requests to one endpoint.
pub(crate) struct Crowd {
    path: &'static str,
    requests: Vec<(Value, Payment)>,
}

impl Crowd {
    /// A crowd of this many wallets that want the same.
    pub(crate) async fn of(stack: &Stack, path: &'static str, body: &Value, many: usize) -> Self {
        let demand = stack.post(path).body(body).demand().await;
        let requests = (0..many).map(|_| (body.clone(), stack.wallet().signs(&demand))).collect();
        Self { path, requests }
    }

    /// One wallet that wants all of these.
    pub(crate) async fn of_one(stack: &Stack, path: &'static str, bodies: Vec<Value>, wallet: &Wallet) -> Self {
        let demand = stack.post(path).demand().await;
        let requests = bodies.into_iter().map(|body| (body, wallet.signs(&demand))).collect();
        Self { path, requests }
    }

    /// Wallets of which each wants something else.
    pub(crate) async fn of_each(stack: &Stack, path: &'static str, wants: &[(Wallet, Value)]) -> Self {
        let demand = stack.post(path).demand().await;
        let requests = wants.iter().map(|(wallet, body)| (body.clone(), wallet.signs(&demand))).collect();
        Self { path, requests }
    }

    /// Forgets those that are done.
    pub(crate) fn keep(&mut self, mut waits: impl FnMut(&Payment) -> bool) {
        self.requests.retain(|(_, payment)| waits(payment));
    }

    /// Whether none of them waits any more.
    pub(crate) fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    /// Sends all of them, and waits for all.
    pub(crate) async fn all_at_once(&self, stack: &Stack) -> Vec<Response> {
        let send = |(body, payment): &(Value, Payment)| stack.post(self.path).body(body).paid_with(payment).send();
        join_all(self.requests.iter().map(send)).await
    }
}

/// The number in an answer to a purchase.
pub(crate) fn bought(answer: &Response) -> Option<String> {
    if answer.status != 200 {
        return None;
    }
    answer.json()["phone_number"].as_str().map(str::to_owned)
}

/// A refusal that says that it costs nothing. Whether that is true is for the audit.
pub(crate) fn is_refused_for_nothing(answer: &Response) {
    let body = answer.json();
    let message = body["message"].as_str().unwrap_or_default();
    assert!(matches!(answer.status.as_u16(), 403 | 409 | 429 | 502 | 503), "{}: {body}", answer.status);
    assert!(message.ends_with("Not charged."), "{}: {body}", answer.status);
}

/// How many of DynamoDB's transactions have been cancelled so far, because a condition did not
/// hold.
pub(crate) fn cancelled(stack: &Stack) -> usize {
    errands(stack).iter().filter(|(_, errand, _)| errand.cancelled()).count()
}

/// How many phones rang at the same time before they were paid for, at most.
pub(crate) fn unpaid_at_once(stack: &Stack) -> usize {
    let errands = errands(stack);
    let rows = stack.dynamo.rows();
    let mut unpaid: Vec<(Duration, Duration)> = Vec::new();
    for (began, errand, marks) in &errands {
        if errand.neighbour != Neighbour::Bland || errand.class != "POST /v1/calls" || errand.status != Some(200) {
            continue;
        }
        let row =
            rows.iter().find(|row| marks.iter().any(|mark| row["pk"] == format!("CALL#{mark}"))).expect("its row");
        let nonce = row["sale"].as_str().and_then(|sale| sale.rsplit(':').next()).expect("its payment");
        let settled = errands.iter().find(|(_, errand, marks)| {
            errand.neighbour == Neighbour::Facilitator
                && errand.class.ends_with("/settle")
                && marks.iter().any(|mark| mark == nonce)
        });
        unpaid.push((*began, settled.map_or(Duration::MAX, |(began, ..)| *began)));
    }
    let rings_at = |at: Duration| unpaid.iter().filter(|(from, to)| (*from..*to).contains(&at)).count();
    unpaid.iter().map(|(began, _)| rings_at(*began)).max().unwrap_or_default()
}

fn errands(stack: &Stack) -> Vec<(Duration, Errand, Vec<String>)> {
    let errand = |event: harness::history::Event| match event.what {
        What::Errand(errand) => Some((event.at, *errand, event.marks)),
        _ => None,
    };
    stack.history.events().into_iter().filter_map(errand).collect()
}
