//! Races against time: the client that comes in the last second, and the reaper that comes to take
//! back what is still wanted.

use std::time::Duration;

use futures_util::future::{join, join_all, join3};
use harness::sim::{Answer, Fault};
use harness::{Stack, Wallet, binaries};
use serde_json::{Value, json};

use harness::spec::{BUY, CALL, NUMBER_PRICE, RENEW};

use super::crowd::is_refused_for_nothing;

const DAY: Duration = Duration::from_hours(24);
/// How long after its end a lease is in no wallet's hands.
const GRACE: i64 = 31 * 60;
/// From two seconds before the edge to two seconds after it.
const OFFSETS: [i64; 5] = [-2, -1, 0, 1, 2];

fn lease(stack: &Stack, wallet: &Wallet, number: &str) -> Option<Value> {
    stack.dynamo.row(&format!("WALLET#{}", wallet.caip10(stack.network())), &format!("LEASE#{number}"))
}

fn end(lease: &Value) -> i64 {
    lease["expires_at"].as_i64().expect("an end")
}

fn now() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "a lease's end is on the machine's clock")]
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_secs()).unwrap_or_default()
}

/// Time passes until this lease's end lies this many seconds ahead.
fn travel_to(stack: &Stack, wallet: &Wallet, number: &str, ahead: i64) {
    let lease = lease(stack, wallet, number).expect("a lease");
    let seconds = end(&lease) - now() - ahead;
    stack.travel(Duration::from_secs(u64::try_from(seconds).expect("it lies ahead")));
}

/// The alarm of a lease.
fn alarm(stack: &Stack, wallet: &Wallet, number: &str) -> Value {
    json!({"reclaim": {"wallet": wallet.caip10(stack.network()), "phone_number": number}})
}

/// A renewal, a reaper and an alarm come together, when the lease's end lies this many seconds
/// ahead. Returns the renewal's status, and whether the lease is still there.
async fn all_three(stack: &Stack, wallet: &Wallet, ahead: i64) -> (u16, bool) {
    let number = stack.buys(wallet).await;
    let body = json!({"phone_number": number});
    let payment = wallet.signs(&stack.post(RENEW).body(&body).demand().await);
    travel_to(stack, wallet, &number, ahead);
    let renew = stack.post(RENEW).body(&body).paid_with(&payment).send();
    let alarm = alarm(stack, wallet, &number);
    let (answer, (), _) = join3(renew, stack.sweep(), stack.invoke("reaper", &alarm)).await;
    if answer.status != 200 {
        is_refused_for_nothing(&answer);
    }
    (answer.status.as_u16(), lease(stack, wallet, &number).is_some())
}

#[tokio::test]
async fn at_its_end_a_lease_is_renewed_or_not_and_never_taken_back() {
    let stack = Stack::start(binaries!()).await;
    for ahead in OFFSETS {
        let (status, is_there) = all_three(&stack, &stack.wallet(), ahead).await;
        assert!(is_there, "{ahead} s before its end");
        assert!(matches!((status, ahead), (200, 1..) | (403, _)), "{ahead} s before its end: {status}");
    }
}

#[tokio::test]
async fn at_the_end_of_its_grace_a_lease_is_not_renewed_and_taken_back_once() {
    let stack = Stack::start(binaries!()).await;
    for ahead in OFFSETS {
        let (status, is_there) = all_three(&stack, &stack.wallet(), ahead - GRACE).await;
        assert_eq!(status, 403, "{ahead} s before the end of its grace");
        assert!(is_there || ahead <= 1, "{ahead} s before the end of its grace");
        assert!(!is_there || ahead > 0, "{ahead} s before the end of its grace");
    }
}

/// A renewal was paid, and that is not known yet, when its lease and the grace after it are over.
#[tokio::test]
async fn a_paid_renewal_that_no_client_has_heard_of_wins_against_all_who_would_take_the_lease_back() {
    for ahead in OFFSETS {
        let stack = Stack::start(binaries!()).await;
        let wallet = stack.wallet();
        let number = stack.buys(&wallet).await;
        let body = json!({"phone_number": number});
        stack.facilitator.faults().once("POST */settle", Fault::LoseAnswer);
        stack.chain.faults().always("*", Fault::Refuse(Answer::html(503)));
        let paid = stack.post(RENEW).body(&body).pay(&wallet).await;
        paid.answer.refused(503, "payment_pending");
        stack.chain.faults().clear();
        travel_to(&stack, &wallet, &number, ahead - GRACE);
        let before = end(&lease(&stack, &wallet, &number).expect("it is held"));
        let again = stack.post(RENEW).body(&body).paid_with(&paid.payment).send();
        let alarm = alarm(&stack, &wallet, &number);
        let alarms = join(stack.invoke("reaper", &alarm), stack.invoke("reaper", &alarm));
        let (answer, ((), ()), _) = join3(again, join(stack.sweep(), stack.sweep()), alarms).await;
        answer.expect(200);
        let after = end(&lease(&stack, &wallet, &number).expect("it was renewed"));
        assert_eq!(after - before, 30 * 86_400, "{ahead} s before the end of its grace");
        assert_eq!(stack.earned(), 10_000_000);
    }
}

/// A renewal has read when the lease ends, and another one is paid before it gets any further.
#[tokio::test]
async fn a_renewal_that_was_overtaken_by_another_adds_its_thirty_days_to_those_of_the_other() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let number = stack.buys(&wallet).await;
    let body = json!({"phone_number": number});
    let demand = stack.post(RENEW).body(&body).demand().await;
    let renew = || stack.post(RENEW).body(&body).paid_with(&wallet.signs(&demand)).send();
    let before = end(&lease(&stack, &wallet, &number).expect("a lease"));
    let looks = stack.dynamo.faults();
    let seen = looks.count("Query") + 1;
    looks.once("Query", Fault::Stall);
    let quicker = async {
        looks.arrived("Query", seen).await;
        let answer = renew().await;
        looks.release();
        answer
    };
    let (slow, quick) = join(renew(), quicker).await;
    quick.expect(200);
    let after = end(&lease(&stack, &wallet, &number).expect("it was renewed"));
    let paid = i64::try_from(stack.earned() / 5_000_000).expect("a count") - 1;
    assert_eq!(after - before, paid * 30 * 86_400, "{paid} renewals were paid");
    // Told to try again, it does.
    if slow.status != 200 {
        is_refused_for_nothing(&slow);
        renew().await.expect(200);
    }
}

/// The second copy of a request reads the lease after the first has claimed it, and so waits for
/// its own payment.
#[tokio::test]
async fn a_renewal_that_comes_twice_at_once_is_answered_as_one() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let number = stack.buys(&wallet).await;
    let body = json!({"phone_number": number});
    let payment = wallet.signs(&stack.post(RENEW).body(&body).demand().await);
    let renew = || stack.post(RENEW).body(&body).paid_with(&payment).send();
    let (reads, settles) = (stack.dynamo.faults(), stack.facilitator.faults());
    let (seen, settled) = (reads.count("Query") + 1, settles.count("POST */settle") + 1);
    reads.once("Query", Fault::Hang);
    settles.once("POST */settle", Fault::Stall);
    let first = async {
        reads.arrived("Query", seen).await;
        let meanwhile = async {
            settles.arrived("POST */settle", settled).await;
            let waits = reads.count("GetItem") + 1;
            reads.release();
            reads.arrived("GetItem", waits).await;
            settles.release();
        };
        join(renew(), meanwhile).await.0
    };
    let (second, first) = join(renew(), first).await;
    assert_eq!(second.expect(200).json(), first.expect(200).json());
    assert_eq!(stack.earned(), 2 * NUMBER_PRICE);
}

/// A renewal was never paid, and holds the lease until that is known.
#[tokio::test]
async fn an_unpaid_renewal_lets_go_and_the_lease_is_taken_back_once() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let number = stack.buys(&wallet).await;
    let body = json!({"phone_number": number});
    stack.facilitator.faults().once("POST */settle", Fault::Refuse(Answer::html(502)));
    let paid = stack.post(RENEW).body(&body).pay(&wallet).await;
    paid.answer.refused(503, "payment_pending");
    travel_to(&stack, &wallet, &number, -GRACE - 60);
    let again = stack.post(RENEW).body(&body).paid_with(&paid.payment).send();
    let alarm = alarm(&stack, &wallet, &number);
    let (answer, (), _) = join3(again, stack.sweep(), stack.invoke("reaper", &alarm)).await;
    assert!(matches!(answer.status.as_u16(), 402 | 409), "{}", answer.status);
    // A round that came while the lease was held has put it off until the next one.
    stack.travel(Duration::from_secs(2));
    stack.sweep().await;
    assert_eq!(lease(&stack, &wallet, &number), None);
    assert_eq!(stack.earned(), 5_000_000);
}

#[tokio::test]
async fn two_reapers_and_the_alarms_take_each_lease_back_once() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let mut numbers = Vec::new();
    for _ in 0..8 {
        numbers.push(stack.buys(&wallet).await);
    }
    stack.travel(31 * DAY);
    let alarms: Vec<Value> = numbers.iter().map(|number| alarm(&stack, &wallet, number)).collect();
    let round = json!({});
    let reapers = [&round, &round].into_iter().chain(&alarms).map(|event| stack.invoke("reaper", event));
    let reports = join_all(reapers).await;
    let taken: u64 = reports.iter().filter_map(|report| report["leases"].as_u64()).sum();
    let faults: u64 = reports.iter().filter_map(|report| report["faults"].as_u64()).sum();
    assert_eq!((taken, faults), (8, 0), "{reports:?}");
    assert!(numbers.iter().all(|number| lease(&stack, &wallet, number).is_none()));
}

#[tokio::test]
async fn two_reapers_finish_a_sale_once() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.facilitator.faults().once("POST */settle", Fault::LoseAnswer);
    stack.chain.faults().always("*", Fault::Refuse(Answer::html(503)));
    let paid = stack.post(BUY).body(&json!({})).pay(&wallet).await;
    paid.answer.refused(503, "payment_pending");
    stack.chain.faults().clear();
    stack.travel(Duration::from_mins(2));
    let again = stack.post(BUY).body(&json!({})).paid_with(&paid.payment).send();
    let (answer, (), ()) = join3(again, stack.sweep(), stack.sweep()).await;
    answer.expect(200);
    assert_eq!((stack.earned(), stack.twilio.held().len()), (5_000_000, 1));
}

#[tokio::test]
async fn a_call_in_the_last_second_of_a_lease_is_placed_or_refused_and_keeps_the_number_until_it_is_over() {
    let stack = Stack::start(binaries!()).await;
    for ahead in OFFSETS {
        let wallet = stack.wallet();
        let number = stack.buys(&wallet).await;
        let body = json!({"to": "+12133610872", "task": "Confirm the reservation.", "max_duration": 30});
        let payment = wallet.signs(&stack.post(CALL).body(&body).demand().await);
        travel_to(&stack, &wallet, &number, ahead);
        let call = stack.post(CALL).body(&body).paid_with(&payment).send();
        let alarm = alarm(&stack, &wallet, &number);
        let (answer, (), _) = join3(call, stack.sweep(), stack.invoke("reaper", &alarm)).await;
        match answer.status.as_u16() {
            200 => assert!(ahead > 0, "{ahead} s before the end"),
            _ => drop(answer.refused(403, "no_owned_numbers")),
        }
        // As long as it may last, and no minute longer.
        stack.travel(Duration::from_mins(30));
        stack.sweep().await;
        assert!(lease(&stack, &wallet, &number).is_some(), "the number is still in no other wallet's hands");
    }
}
