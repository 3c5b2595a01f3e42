//! Races with the end of a call: the callee, the longest duration, the reaper and those who look
//! come at the moment at which it is hung up. Whichever comes first, it ends once, and stays as it
//! was shown; the audit of each world holds the money against it.

use std::time::Duration;

use futures_util::future::{join, join_all, join3};
use harness::sim::Fault;
use harness::sim::bland::Script;
use harness::spec::CALL;
use harness::{Stack, binaries};
use serde_json::{Value, json};

const STOP: &str = "POST /v1/calls/*/stop";
const LOOK: &str = "GET /v1/calls/*";
const SETTLE: &str = "POST */settle";

struct Call {
    stack: Stack,
    id: String,
    vendors: String,
}

impl Call {
    /// They talk.
    async fn talks() -> Self {
        let stack = Stack::start(binaries!()).await;
        let wallet = stack.wallet();
        stack.buys(&wallet).await;
        stack.bland.script_next(Script::UserHangsUp);
        let body = json!({"to": "+12133610872", "task": "Confirm the reservation.", "max_duration": 1});
        let placed = stack.post(CALL).body(&body).pay(&wallet).await.answer.expect(200).json();
        let vendors = stack.bland.calls().last().expect("a call").id.clone();
        for _ in 0..4 {
            stack.bland.advance(&vendors);
        }
        Self { id: placed["call_id"].as_str().expect("an id").to_owned(), stack, vendors }
    }

    async fn hang_up(&self) -> u16 {
        let answer = self.stack.post(&format!("/api/v1/voice/call/{}/hangup", self.id)).send().await;
        let status = answer.status.as_u16();
        assert!(matches!(status, 202 | 409), "{status}");
        status
    }

    async fn poll(&self) -> Value {
        self.stack.get(&format!("/api/v1/voice/call/{}", self.id)).send().await.expect(200).json()
    }

    /// What it ends as, which every later poll repeats.
    async fn end(&self) -> (String, bool) {
        let mut end = None;
        for _ in 0..5 {
            self.stack.travel(Duration::from_secs(31));
            let seen = self.poll().await;
            let now = (seen["ended_by"].clone(), seen["status"].clone(), seen["charged"].clone());
            if seen["ended_by"] != "IN_PROGRESS" {
                assert_eq!(*end.get_or_insert(now.clone()), now, "{seen}");
            }
        }
        let (ended_by, _, charged) = end.expect("an end");
        (ended_by.as_str().expect("a word").to_owned(), charged == true)
    }
}

/// The callee hangs up while the dialler is told to: the wish was there first.
#[tokio::test]
async fn the_callee_hangs_up_while_the_dialler_is_told_to() {
    let call = Call::talks().await;
    let faults = call.stack.bland.faults();
    let met = faults.count(STOP) + 1;
    faults.once(STOP, Fault::Stall);
    let callee = async {
        faults.arrived(STOP, met).await;
        call.stack.bland.finish(&call.vendors);
        faults.release();
    };
    let (status, ()) = join(call.hang_up(), callee).await;
    assert_eq!((status, call.end().await), (202, ("REQUESTED".to_owned(), true)));
}

/// The callee has hung up, and a look is on its way to say so, when it is to be hung up.
#[tokio::test]
async fn a_look_that_sees_the_callee_hang_up_and_the_wish_for_it_come_together() {
    let call = Call::talks().await;
    call.stack.travel(Duration::from_secs(6));
    call.stack.bland.finish(&call.vendors);
    let faults = call.stack.bland.faults();
    let met = faults.count(LOOK) + 1;
    faults.once(LOOK, Fault::Stall);
    let wish = async {
        faults.arrived(LOOK, met).await;
        let status = call.hang_up().await;
        faults.release();
        status
    };
    let (seen, status) = join(call.poll(), wish).await;
    assert_eq!(status, 202, "no look had seen the end when it was asked");
    let (ended_by, charged) = call.end().await;
    assert!(charged && ["USER", "REQUESTED"].contains(&ended_by.as_str()), "{ended_by}");
    assert!(seen["ended_by"] == "IN_PROGRESS" || seen["ended_by"] == ended_by.as_str(), "{seen}");
}

/// A look that began before the wish hears of the end that the wish has made, and does not know
/// why.
#[tokio::test]
async fn a_look_that_began_before_the_wish_does_not_say_how_it_ended() {
    let call = Call::talks().await;
    call.stack.travel(Duration::from_secs(6));
    let faults = call.stack.bland.faults();
    let met = faults.count(LOOK) + 1;
    faults.once(LOOK, Fault::Hang);
    let wish = async {
        faults.arrived(LOOK, met).await;
        let status = call.hang_up().await;
        faults.release();
        status
    };
    let (seen, status) = join(call.poll(), wish).await;
    assert_eq!((status, &seen["ended_by"]), (202, &json!("IN_PROGRESS")), "{seen}");
    assert_eq!(call.end().await, ("REQUESTED".to_owned(), true));
}

#[tokio::test]
async fn the_reaper_comes_for_a_call_whose_time_is_up_when_it_is_hung_up() {
    for late in [59, 60, 61, 119, 120, 121, 122, 180] {
        let call = Call::talks().await;
        call.stack.travel(Duration::from_secs(late));
        let (status, (), seen) = join3(call.hang_up(), call.stack.sweep(), call.poll()).await;
        let (ended_by, charged) = call.end().await;
        // The reaper stops what has outlived its time; what it was first is said.
        let expected: &[&str] = if status == 202 { &["REQUESTED", "TIMEOUT"] } else { &["TIMEOUT"] };
        assert!(charged && expected.contains(&ended_by.as_str()), "{late} s: {status} {ended_by}");
        assert!(seen["ended_by"] == "IN_PROGRESS" || seen["ended_by"] == ended_by.as_str(), "{late} s: {seen}");
    }
}

#[tokio::test]
async fn many_who_hang_up_look_and_sweep_at_once_come_to_one_end() {
    let call = Call::talks().await;
    let wishes = join_all((0..8).map(|_| call.hang_up()));
    let looks = join_all((0..8).map(|_| call.poll()));
    let (statuses, seen, ()) = join3(wishes, looks, call.stack.sweep()).await;
    assert!(statuses.contains(&202), "{statuses:?}");
    assert!(seen.iter().all(|seen| seen["ended_by"] == "IN_PROGRESS"));
    let stops = call.stack.bland.faults().count(STOP);
    assert!(stops <= 10, "{stops}");
    assert_eq!(call.end().await, ("REQUESTED".to_owned(), true));
}

/// The wish comes while the payment is being settled, and the settlement fails: a call that was not
/// paid for is stopped as one.
#[tokio::test]
async fn a_settlement_fails_while_the_call_is_hung_up() {
    for is_declined in [true, false] {
        let stack = Stack::start(binaries!()).await;
        let wallet = stack.wallet();
        stack.buys(&wallet).await;
        stack.bland.script_next(Script::NeverEnds);
        let settle = stack.facilitator.faults();
        let met = settle.count(SETTLE) + 1;
        settle.once(SETTLE, Fault::Hang);
        let body = json!({"to": "+12133610872", "task": "Confirm the reservation.", "max_duration": 2});
        let wish = async {
            settle.arrived(SETTLE, met).await;
            let vendors = stack.bland.calls().last().expect("a call").id.clone();
            for _ in 0..3 {
                stack.bland.advance(&vendors);
            }
            let row = stack.dynamo.rows().into_iter().find(|row| row["sk"] == "CALL").expect("the call");
            let id = row["pk"].as_str().expect("a key").trim_start_matches("CALL#").to_owned();
            let answer = stack.post(&format!("/api/v1/voice/call/{id}/hangup")).send().await;
            if is_declined {
                // The money is spent elsewhere before the facilitator gets to it.
                let (from, all) = (wallet.address(), stack.chain.balance(wallet.address()));
                stack.chain.transfer(from, stack.wallet().address(), all).expect("it is there");
            }
            settle.release();
            (id, vendors, answer.status.as_u16())
        };
        let (paid, (id, vendors, status)) = join(stack.post(CALL).body(&body).pay(&wallet), wish).await;
        assert_eq!(status, 202);
        let call = Call { stack, id, vendors };
        assert!(call.stack.bland.call(&call.vendors).expect("a call").is_over());
        if is_declined {
            paid.answer.refused(402, "payment_required");
            assert_eq!(call.end().await, ("ERROR".to_owned(), false));
        } else {
            paid.answer.expect(200);
            assert_eq!(call.end().await, ("REQUESTED".to_owned(), true));
        }
    }
}

/// The id is known before the dialler has answered: from the list of the wallet's calls. A call
/// that the dialler then refuses has cost nothing and rung nowhere, and is gone for those who look,
/// list and hang up alike.
#[tokio::test]
async fn a_call_that_is_hung_up_while_it_is_placed_and_then_refused_was_not_placed_nor_paid() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    let (dials, before) = (stack.bland.faults(), stack.ledger.balance(wallet.address()));
    let met = dials.count("POST /v1/calls") + 1;
    dials.once("POST /v1/calls", Fault::Hang);
    stack.bland.limit_next("Rate limit exceeded");
    let body = json!({"to": "+12133610872", "task": "Confirm the reservation.", "max_duration": 2});
    let wish = async {
        dials.arrived("POST /v1/calls", met).await;
        let row = stack.dynamo.rows().into_iter().find(|row| row["sk"] == "CALL").expect("the call");
        let path = format!("/api/v1/voice/call/{}", row["pk"].as_str().expect("a key").trim_start_matches("CALL#"));
        let status = stack.post(&format!("{path}/hangup")).send().await.status.as_u16();
        dials.release();
        (path, status)
    };
    let (paid, (path, status)) = join(stack.post(CALL).body(&body).pay(&wallet), wish).await;
    assert_eq!(status, 202, "it was not known yet");
    let refused = paid.answer.json();
    assert!(
        paid.answer.status != 200 && refused["message"].as_str().is_some_and(|said| said.ends_with("Not charged.")),
        "{refused}"
    );
    stack.get(&path).send().await.refused(404, "unknown_call");
    stack.post(&format!("{path}/hangup")).send().await.refused(404, "unknown_call");
    assert!(stack.bland.calls().is_empty());
    assert_eq!(stack.ledger.balance(wallet.address()), before);
    // The same payment places the call after all, and that one is not hung up.
    let again = stack.post(CALL).body(&body).paid_with(&paid.payment).send().await.expect(200).json();
    let now = stack.get(again["poll_url"].as_str().expect("a path")).send().await.expect(200).json();
    assert!(!now["ended_by_reason"].as_str().expect("a reason").contains("hung up"), "{now}");
}
