//! Wallets that call at once where there are so many lines that what all calls are counted in is in
//! slices.

use harness::request::Response;
use harness::sim::Fault;
use harness::sim::twilio::Offered;
use harness::spec::{BUY, CALL};
use harness::{Stack, Wallet, binaries};
use serde_json::{Value, json};

use super::crowd::{self, Crowd, PROCESSES};

/// Micro-dollars that all calls of a day may lose here.
const LOSS: i64 = 6_000_000;

/// A sum of all slices of what all calls cost, and how many slices there are.
fn held(stack: &Stack, sum: &str) -> (i64, usize) {
    let rows = stack.dynamo.rows();
    let of_all = |row: &&Value| row["pk"].as_str().is_some_and(|pk| pk.starts_with("LIMIT#COST"));
    let sums: Vec<i64> = rows.iter().filter(of_all).filter_map(|row| row[sum].as_i64()).collect();
    (sums.iter().sum(), sums.len())
}

/// What each of them is told in the end: one that came in a crowd comes again.
async fn answered(stack: &Stack, wants: &[(Wallet, Value)]) -> Vec<Response> {
    let mut crowd = Crowd::of_each(stack, CALL, wants).await;
    let mut answers = Vec::new();
    while !crowd.is_empty() {
        let all = crowd.all_at_once(stack).await;
        let is_of_a_crowd = |answer: &Response| answer.status == 429 && answer.json()["limit"] == "crowd";
        let mut again = all.iter().map(is_of_a_crowd).collect::<Vec<_>>().into_iter();
        crowd.keep(|_| again.next().unwrap_or(false));
        answers.extend(all.into_iter().filter(|answer| !is_of_a_crowd(answer)));
    }
    answers
}

async fn many(calls: usize) {
    let builder = Stack::builder(binaries!()).at_once(PROCESSES).parameter("DailyNumberBudget", "2000");
    let stack = builder.parameter("BlandLines", "1000").parameter("DailyCallLoss", "6").start().await;
    let mut wants: Vec<(Wallet, Value)> = Vec::new();
    for line in 0..calls {
        stack.twilio.offer(Offered::local(&format!("+1312200{line:04}"), "US"));
        let wallet = stack.wallet();
        stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.expect(200);
        wants.push((wallet, json!({"to": format!("+1213361{line:04}"), "task": "Confirm the reservation."})));
    }
    // All of them have seen the slices as they were before any was counted.
    let answers = answered(&stack, &wants).await;
    for refused in answers.iter().filter(|answer| answer.status != 200) {
        crowd::is_refused_for_nothing(refused);
        assert_eq!(refused.json()["limit"], "call_loss_per_day");
    }
    let placed = i64::try_from(answers.iter().filter(|answer| answer.status == 200).count()).expect("a count");
    let ((loss, slices), (cost, _)) = (held(&stack, "loss"), held(&stack, "gross"));
    println!("{calls} calls at once: {placed} were placed, in {slices} slices");
    let each = cost / placed.max(1);
    assert_eq!((loss, cost), (placed * each, placed * each));
    assert!(loss <= LOSS && loss + each > LOSS, "{placed} calls of {each}: as many as there is room for");
    assert!(slices > 1, "each begins with the first call that is tried in it");

    // What they have earned is room for others.
    stack.bland.finish_all();
    for answer in answers.iter().filter(|answer| answer.status == 200) {
        let poll = answer.json()["poll_url"].as_str().expect("where to look").to_owned();
        stack.get(&poll).send().await.expect(200);
    }
    stack.travel(std::time::Duration::from_mins(2));
    stack.sweep().await;
    assert!(held(&stack, "loss").0 < 0, "two minutes cost less than was paid");
    assert!(placed < i64::try_from(calls).expect("a count"), "some were refused");
    let another = json!({"to": "+12133619999", "task": "Confirm the reservation."});
    let another = Crowd::of_each(&stack, CALL, &[(wants.swap_remove(0).0, another)]).await;
    // The answer to its claim is lost: it is counted once.
    stack.dynamo.faults().once("TransactWriteItems", Fault::LoseAnswer);
    assert_eq!(another.all_at_once(&stack).await.first().map(|answer| answer.status.as_u16()), Some(200));
}

#[tokio::test]
async fn of_twelve_calls_at_once_as_many_are_placed_as_a_day_may_lose_however_it_is_cut() {
    many(12).await;
}

#[tokio::test]
async fn of_a_hundred_calls_at_once_as_many_are_placed_as_a_day_may_lose_however_it_is_cut() {
    many(100).await;
}
