//! Races: many who want the same thing at the same moment, and two who want opposite things.
//! Exactly one wins, and the others are told the truth; and losing costs the table little.
//!
//! Sixteen processes of a function serve a crowd; the others wait at the gateway, as a machine with
//! two cores is not a region of AWS. What must hold afterwards is what the audit of every world
//! holds. The largest crowds are run by name: `cargo test --workspace --test it races:: --
//! --ignored`.

mod crowd;
mod hang_up;
mod slices;
mod time;

use std::collections::BTreeSet;

use futures_util::future::{join, join_all};
use harness::Stack;
use harness::sim::Fault;
use harness::sim::twilio::Offered;
use serde_json::{Value, json};

use harness::spec::{BUY, CALL, LIST, RENEW};

use crowd::{Crowd, PROCESSES, at_once, bought};

const POOLED: &str = "+14155550190";

/// A world with one number in the pool.
async fn with_one_pooled() -> Stack {
    let stack = at_once().await;
    stack.twilio.hold(POOLED, "bought by hand");
    stack.sweep().await;
    stack.sweep().await;
    stack
}

/// This many buyers want the one pooled number. Returns how many have bought one, and how many
/// transactions were cancelled.
async fn one_gets_it(stack: &Stack, buyers: usize) -> (usize, usize) {
    let crowd = Crowd::of(stack, BUY, &json!({}), buyers).await;
    let earned = stack.earned();
    let before = crowd::cancelled(stack);
    // As many as are served at once see the number in the pool before any of them gets further.
    let first = u64::try_from(buyers.min(PROCESSES)).expect("a count");
    let looks = stack.dynamo.faults();
    let seen = looks.count("Query index") + first;
    looks.times("Query index", first, Fault::Stall);
    let and_go = async {
        looks.arrived("Query index", seen).await;
        looks.release();
    };
    let (answers, ()) = join(crowd.all_at_once(stack), and_go).await;
    let numbers: Vec<String> = answers.iter().filter_map(bought).collect();
    assert_eq!(numbers.iter().filter(|number| *number == POOLED).count(), 1, "exactly one has it");
    assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), numbers.len(), "and each another: {numbers:?}");
    for refused in answers.iter().filter(|answer| answer.status != 200) {
        crowd::is_refused_for_nothing(refused);
    }
    assert_eq!(stack.earned() - earned, 5_000_000 * u64::try_from(numbers.len()).expect("a count"));
    (numbers.len(), crowd::cancelled(stack) - before)
}

/// The others go to the carrier, which has enough for all.
async fn and_the_others_get_another(buyers: usize) {
    let stack = with_one_pooled().await;
    for line in 0..buyers {
        stack.twilio.offer(Offered::local(&format!("+1415556{line:04}"), "US"));
    }
    let (bought, cancelled) = one_gets_it(&stack, buyers).await;
    println!("{buyers} buyers, one pooled number: {bought} bought one, {cancelled} transactions were cancelled");
    // Some may find others quicker three times. If many do, they all reach for the same numbers.
    assert!(2 * bought > buyers, "{bought} of {buyers} have bought one, and there are enough for all");
    assert!(cancelled <= 4 * bought, "{cancelled} cancelled transactions for {bought} numbers");
}

/// The carrier has nothing, so the others are refused and keep their money.
async fn and_the_others_keep_their_money(buyers: usize) {
    let stack = with_one_pooled().await;
    stack.twilio.sell_out(|_| true);
    let (bought, cancelled) = one_gets_it(&stack, buyers).await;
    println!("{buyers} buyers, one number in the world: {bought} bought one, {cancelled} transactions were cancelled");
    assert_eq!(bought, 1);
    assert!(cancelled < buyers, "each loser has lost once: {cancelled}");
}

#[tokio::test]
async fn of_two_buyers_one_gets_the_pooled_number_and_the_other_another() {
    and_the_others_get_another(2).await;
}

#[tokio::test]
async fn of_ten_buyers_one_gets_the_pooled_number_and_the_others_another() {
    and_the_others_get_another(10).await;
}

#[tokio::test]
async fn of_a_hundred_buyers_one_gets_the_pooled_number_and_the_others_another() {
    and_the_others_get_another(100).await;
}

#[tokio::test]
#[ignore = "a minute on two cores"]
async fn of_a_thousand_buyers_one_gets_the_pooled_number_and_the_others_another() {
    and_the_others_get_another(1_000).await;
}

#[tokio::test]
async fn of_two_buyers_one_gets_the_last_number_and_the_other_keeps_its_money() {
    and_the_others_keep_their_money(2).await;
}

#[tokio::test]
async fn of_ten_buyers_one_gets_the_last_number_and_the_others_keep_their_money() {
    and_the_others_keep_their_money(10).await;
}

#[tokio::test]
async fn of_a_hundred_buyers_one_gets_the_last_number_and_the_others_keep_their_money() {
    and_the_others_keep_their_money(100).await;
}

#[tokio::test]
#[ignore = "half a minute on two cores"]
async fn of_a_thousand_buyers_one_gets_the_last_number_and_the_others_keep_their_money() {
    and_the_others_keep_their_money(1_000).await;
}

/// One header, this many times at once: one settlement, one product, and the same answer to all who
/// got one.
async fn one_header(path: &str, body: Value, copies: usize) {
    let stack = at_once().await;
    let wallet = stack.wallet();
    if path == CALL {
        stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.expect(200);
    }
    let (earned, settles) = (stack.earned(), stack.facilitator.settles());
    let before = crowd::cancelled(&stack);
    let demand = stack.post(path).body(&body).demand().await;
    let payment = wallet.signs(&demand);
    let answers = join_all((0..copies).map(|_| stack.post(path).body(&body).paid_with(&payment).send())).await;
    let first = answers.iter().find(|answer| answer.status == 200).expect("one of them is served");
    for answer in &answers {
        match answer.status.as_u16() {
            200 => assert_eq!(answer.body, first.body),
            _ => drop(answer.refused(409, "payment_in_progress")),
        }
    }
    let served = answers.iter().filter(|answer| answer.status == 200).count();
    let cancelled = crowd::cancelled(&stack) - before;
    let others = copies - served;
    println!("{copies} copies of one header at {path}: {served} × 200, {others} × 409, {cancelled} cancelled");
    assert!(
        cancelled <= 4 * PROCESSES,
        "a buyer that comes after the claim finds it: {cancelled} transactions were cancelled"
    );
    assert_eq!((stack.earned() - earned, stack.facilitator.settles() - settles), (demand.price(), 1));
    assert_eq!(
        (stack.twilio.held().len(), stack.bland.calls().len()),
        match path {
            BUY => (1, 0),
            CALL => (1, 1),
            _ => (0, 0),
        }
    );
}

fn call() -> Value {
    json!({"to": "+12133610872", "task": "Confirm the reservation for two."})
}

#[tokio::test]
async fn one_header_a_hundred_times_at_once_buys_one_number() {
    one_header(BUY, json!({}), 100).await;
}

#[tokio::test]
async fn one_header_a_hundred_times_at_once_lists_once() {
    one_header(LIST, json!({}), 100).await;
}

#[tokio::test]
async fn one_header_a_hundred_times_at_once_rings_one_phone() {
    one_header(CALL, call(), 100).await;
}

#[tokio::test]
#[ignore = "half a minute on two cores"]
async fn one_header_a_thousand_times_at_once_buys_one_number() {
    one_header(BUY, json!({}), 1_000).await;
}

#[tokio::test]
#[ignore = "half a minute on two cores"]
async fn one_header_a_thousand_times_at_once_rings_one_phone() {
    one_header(CALL, call(), 1_000).await;
}

#[tokio::test]
async fn one_wallets_calls_at_once_never_ring_a_second_phone_before_the_first_is_paid() {
    let stack = at_once().await;
    let wallet = stack.wallet();
    stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.expect(200);
    let callee = |line| json!({"to": format!("+12133610{line}"), "task": "Confirm the reservation."});
    let crowd = Crowd::of_one(&stack, CALL, (100..124).map(callee).collect(), &wallet).await;
    let answers = crowd.all_at_once(&stack).await;
    for refused in answers.iter().filter(|answer| answer.status != 200) {
        refused.refused(429, "rate_limited");
        crowd::is_refused_for_nothing(refused);
    }
    let placed = answers.iter().filter(|answer| answer.status == 200).count();
    println!("24 calls of one wallet at once: {placed} were placed");
    assert!(placed >= 1);
    assert_eq!(crowd::unpaid_at_once(&stack), 1, "phones that rang unpaid at the same time");
}

#[tokio::test]
async fn renewals_of_one_lease_at_once_add_up_or_cost_nothing() {
    let stack = at_once().await;
    let (owner, stranger) = (stack.wallet(), stack.wallet());
    let number = bought(&stack.post(BUY).body(&json!({})).pay(&owner).await.answer).expect("a number");
    let body = json!({"phone_number": number});
    let owners = Crowd::of_one(&stack, RENEW, vec![body.clone(); 12], &owner).await;
    let strangers = Crowd::of_one(&stack, RENEW, vec![body; 4], &stranger).await;
    let earned = stack.earned();
    let (answers, others) = join(owners.all_at_once(&stack), strangers.all_at_once(&stack)).await;
    for refused in answers.iter().filter(|answer| answer.status != 200) {
        crowd::is_refused_for_nothing(refused);
    }
    for refused in &others {
        refused.refused(403, "wrong_wallet");
    }
    // How far the lease goes now is for the audit to say: thirty days for each payment.
    let renewed = answers.iter().filter(|answer| answer.status == 200).count();
    println!("12 renewals of one lease at once: {renewed} were made");
    assert!(renewed >= 1);
    assert_eq!(stack.earned() - earned, 5_000_000 * u64::try_from(renewed).expect("a count"));
}

/// Calls that come at once while the wallet is owed one call: one is paid with that, whichever, and
/// the others with money.
#[tokio::test]
async fn calls_that_come_at_once_spend_one_credit_once() {
    let builder = Stack::builder(harness::binaries!()).at_once(PROCESSES);
    let stack = builder.variable_of("refunds", "REFUND_KMS_KEY", "").start().await;
    let wallet = stack.wallet();
    stack.sweep().await;
    stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.expect(200);
    // A payment that bought nothing, in a world that has no wallet to pay it back from.
    let stray = wallet.signs(&stack.post(CALL).demand().await);
    let taken = stack.chain.transfer_with_authorization(stray.authorization(), &stray.signature_bytes());
    taken.expect("any account may submit it");
    for _ in 0..2 {
        stack.travel(std::time::Duration::from_mins(25));
        stack.sweep().await;
    }
    let row = stack.dynamo.row(&format!("WALLET#{}", wallet.caip10(stack.network())), "WALLET");
    assert_eq!(row.expect("the wallet's row")["credit"], 540_000);

    let to = |last: usize| {
        let task = "Confirm the reservation for two.";
        json!({"to": format!("+1213361{last:04}"), "task": task, "max_duration": 1})
    };
    let mut waiting = Crowd::of_one(&stack, CALL, (0..8).map(to).collect(), &wallet).await;
    let (earned, mut by_credit, mut placed) = (stack.earned(), 0, 0);
    for _ in 0..40 {
        let answers = waiting.all_at_once(&stack).await;
        // A wallet has three calls under way; those that are over count no longer once a look has
        // been made, which is at most once in five seconds.
        stack.bland.finish_all();
        stack.travel(std::time::Duration::from_secs(30));
        for placed in answers.iter().filter(|answer| answer.status == 200) {
            let poll = placed.json()["poll_url"].as_str().expect("where to look").to_owned();
            stack.get(&poll).send().await.expect(200);
        }
        let mut refused = answers.iter();
        for answer in &answers {
            match answer.status.as_u16() {
                200 => {
                    placed += 1;
                    by_credit += usize::from(answer.json()["payment"] == "credit");
                }
                _ => crowd::is_refused_for_nothing(answer),
            }
        }
        // Who was refused comes again with the same header.
        waiting.keep(|_| refused.next().is_some_and(|answer| answer.status != 200));
        if waiting.is_empty() {
            break;
        }
    }
    assert_eq!((placed, by_credit), (8, 1));
    assert_eq!(stack.earned() - earned, 7 * 540_000);
}
