//! `POST /api/v1/voice/calls/list`

use std::time::Duration;

use harness::request::Response;
use harness::sim::Fault;
use harness::sim::bland::Script;
use harness::spec::{BUY, CALL, CALLS, LIST, MY_CALLS};
use harness::{Stack, Wallet, binaries};
use serde_json::{Value, json};

const MINUTE: Duration = Duration::from_mins(1);

/// A world with a wallet that has a number.
async fn caller() -> (Stack, Wallet) {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    (stack, wallet)
}

/// A page, which is paid.
async fn page(stack: &Stack, wallet: &Wallet, wanted: Value) -> Value {
    stack.post(CALLS).body(&wanted).pay(wallet).await.answer.expect(200).json()
}

fn to(last: u32) -> String {
    format!("+1213361{last:04}")
}

fn ids(page: &Value) -> Vec<&str> {
    let calls = page["calls"].as_array().expect("calls");
    assert_eq!(page["count"], calls.len());
    calls.iter().map(|call| call["call_id"].as_str().expect("an id")).collect()
}

fn id(call: &Value) -> &str {
    call["call_id"].as_str().expect("an id")
}

/// Places calls that come to their end at once.
async fn places(stack: &Stack, wallet: &Wallet, callees: std::ops::Range<u32>) -> Vec<Value> {
    let mut placed = Vec::new();
    for last in callees {
        placed.push(stack.calls(wallet, &to(last)).await);
        stack.bland.finish_all();
        stack.travel(10 * Duration::from_secs(1));
        stack.poll(placed.last().expect("one")).await;
        stack.travel(MINUTE);
    }
    placed
}

/// What a list says of a call is what a poll says.
#[track_caller]
fn agrees(listed: &Value, polled: &Value) {
    for field in ["call_id", "from", "to", "status", "ended_by", "call_length", "charged", "ended_at"] {
        assert_eq!(listed[field], polled[field], "{field}: {listed} {polled}");
    }
    assert_eq!(listed.as_object().expect("a call").len(), 9, "{listed}");
}

#[tokio::test]
async fn a_wallet_without_calls_pays_a_tenth_of_a_cent_for_an_empty_list() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let empty = page(&stack, &wallet, json!({})).await;
    assert_eq!((&empty["wallet"], &empty["calls"]), (&json!(wallet.text()), &json!([])));
    assert_eq!((&empty["count"], &empty["next_cursor"]), (&json!(0), &Value::Null));
    assert_eq!(stack.earned(), 1_000);
    assert_eq!((stack.facilitator.verifies(), stack.facilitator.settles()), (0, 1));
}

#[tokio::test]
async fn calls_are_listed_newest_first_page_by_page_and_to_their_wallet_alone() {
    let (stack, wallet) = caller().await;
    let placed = places(&stack, &wallet, 0..4).await;
    let expected: Vec<&str> = placed.iter().rev().map(id).collect();
    assert_eq!(ids(&page(&stack, &wallet, json!({})).await), expected);

    let first = page(&stack, &wallet, json!({"limit": 2})).await;
    assert_eq!(ids(&first), expected[..2]);
    // One more in between.
    stack.calls(&wallet, &to(9)).await;
    let second = page(&stack, &wallet, json!({"limit": 2, "cursor": first["next_cursor"]})).await;
    assert_eq!((ids(&second), &second["next_cursor"]), (expected[2..].to_vec(), &Value::Null));

    let other = stack.wallet();
    stack.buys(&other).await;
    assert_eq!(page(&stack, &other, json!({})).await["calls"], json!([]));
    let theirs = stack.calls(&other, &to(20)).await;
    assert_eq!(ids(&page(&stack, &other, json!({})).await), [id(&theirs)]);
    assert_eq!(page(&stack, &wallet, json!({"limit": 100})).await["count"], 5);
}

#[tokio::test]
async fn a_cursor_of_another_wallet_or_a_bent_one_is_refused_and_not_charged() {
    let (stack, wallet) = caller().await;
    places(&stack, &wallet, 0..2).await;
    let cursor = page(&stack, &wallet, json!({"limit": 1})).await["next_cursor"].as_str().expect("one").to_owned();
    let other = stack.wallet();
    let (earned, settled) = (stack.earned(), stack.facilitator.settles());
    let refused = |answer: &Response| {
        let body = answer.refused(400, "bad_request");
        assert_eq!(body["field"], "cursor");
        assert!(body["message"].as_str().expect("words").ends_with("Not charged."), "{body}");
    };
    // Whose it is, is known with the payment; that it was bent, before.
    stack.post(CALLS).body(&json!({"cursor": cursor})).send().await.refused(402, "payment_required");
    let foreign = stack.post(CALLS).body(&json!({"cursor": cursor})).pay(&other).await;
    refused(&foreign.answer);
    let mut bent = cursor.clone().into_bytes();
    bent[20] ^= 1;
    let bent = String::from_utf8(bent).expect("letters");
    for bad in [bent.as_str(), &cursor[1..], "x", &cursor.to_lowercase()] {
        refused(&stack.post(CALLS).body(&json!({"cursor": bad})).send().await);
    }
    assert_eq!((stack.earned(), stack.facilitator.settles()), (earned, settled));
    // The payment that was not used is good for the list.
    stack.post(CALLS).body(&json!({})).paid_with(&foreign.payment).send().await.expect(200);
}

#[tokio::test]
async fn what_is_said_of_a_call_is_what_its_poll_says_at_the_same_moment() {
    for script in [Script::UserHangsUp, Script::Busy, Script::Voicemail, Script::PreQueueError] {
        let (stack, wallet) = caller().await;
        stack.bland.script_next(script.clone());
        let call = stack.calls(&wallet, &to(1)).await;
        for step in ["placed", "ended", "rested", "swept"] {
            let polled = stack.poll(&call).await;
            let list = page(&stack, &wallet, json!({})).await;
            assert_eq!(ids(&list), [id(&call)], "{step}");
            agrees(&list["calls"][0], &polled);
            match step {
                "placed" => stack.bland.finish_all(),
                "rested" => stack.sweep().await,
                _ => {}
            }
            stack.travel(if step == "placed" { 10 * Duration::from_secs(1) } else { MINUTE });
        }
        let last = page(&stack, &wallet, json!({})).await["calls"][0].clone();
        let failed = last["ended_by"] == "ERROR";
        assert_eq!(last["charged"], !failed, "{script:?}");
    }
}

#[tokio::test]
async fn a_list_asks_no_dialler() {
    let (stack, wallet) = caller().await;
    stack.calls(&wallet, &to(1)).await;
    stack.bland.finish_all();
    stack.travel(MINUTE);
    let asked = stack.bland.faults().count("*");
    let list = page(&stack, &wallet, json!({})).await;
    assert_eq!(list["calls"][0]["ended_by"], "IN_PROGRESS", "no poll has looked");
    assert_eq!(stack.bland.faults().count("*"), asked);
}

#[tokio::test]
async fn a_call_for_which_no_phone_rang_is_not_listed_and_one_that_was_not_paid_is() {
    let (stack, wallet) = caller().await;
    let body = |last: u32| json!({"phone_number": to(last), "task": "Ask Andy to take a break."});
    stack.bland.faults().once("POST /v1/calls", Fault::Overload);
    stack.post(CALL).body(&body(1)).pay(&wallet).await.answer.refused(429, "upstream_rate_limited");
    assert_eq!(page(&stack, &wallet, json!({})).await["calls"], json!([]));
    // It is not known whether it was placed: then it was not.
    stack.bland.faults().once("POST /v1/calls", Fault::Drop);
    stack.post(CALL).body(&body(2)).pay(&wallet).await.answer.refused(502, "upstream_error");
    let list = page(&stack, &wallet, json!({})).await;
    let doubtful = list["calls"][0].clone();
    agrees(&doubtful, &stack.poll(&doubtful).await);
    stack.travel(2 * MINUTE);
    stack.sweep().await;
    stack.get(&format!("{CALL}/{}", id(&doubtful))).send().await.refused(404, "unknown_call");
    assert_eq!(page(&stack, &wallet, json!({})).await["calls"], json!([]));
    // A phone rang, and its payment was declined.
    stack.facilitator.decline_next("insufficient_funds");
    stack.post(CALL).body(&body(3)).pay(&wallet).await.answer.refused(402, "payment_required");
    let list = page(&stack, &wallet, json!({})).await;
    assert_eq!((&list["count"], &list["calls"][0]["charged"]), (&json!(1), &json!(false)));
    // The poll looks at the call, and the list says what was seen.
    let seen = stack.poll(&list["calls"][0]).await;
    agrees(&page(&stack, &wallet, json!({})).await["calls"][0], &seen);
}

#[tokio::test]
async fn a_list_is_narrowed_by_number_status_and_time() {
    let (stack, wallet) = caller().await;
    stack.bland.script_for(&to(1), Script::Busy);
    let placed = places(&stack, &wallet, 0..3).await;
    let [ended, busy, last] = [0, 1, 2].map(|at| id(&placed[at]));
    let all = page(&stack, &wallet, json!({})).await;
    let from = all["calls"][0]["from"].clone();
    let second = all["calls"][1]["created_at"].clone();
    for (wanted, expected) in [
        (json!({"number": to(1)}), vec![busy]),
        (json!({"number": from}), vec![last, busy, ended]),
        (json!({"number": to(8)}), vec![]),
        (json!({"status": "busy"}), vec![busy]),
        (json!({"status": "completed", "limit": 1}), vec![last]),
        (json!({"since": second}), vec![last, busy]),
        (json!({"since": second, "status": "busy", "number": from}), vec![busy]),
        (json!({"since": "2999-01-01T00:00:00+01:00"}), vec![]),
        (json!({"since": null, "status": "", "number": null, "cursor": " "}), vec![last, busy, ended]),
    ] {
        assert_eq!(ids(&page(&stack, &wallet, wanted.clone()).await), expected, "{wanted}");
    }
    let earned = stack.earned();
    for (wanted, field) in [
        (json!({"limit": 0}), "limit"),
        (json!({"limit": 101}), "limit"),
        (json!({"limit": "20"}), "limit"),
        (json!({"pageSize": 5}), "limit"),
        (json!({"number": "213"}), "number"),
        (json!({"to": to(1)}), "number"),
        (json!({"status": "Completed"}), "status"),
        (json!({"since": "yesterday"}), "since"),
        (json!({"since": 1_800_000_000}), "since"),
        (json!({"offset": 20}), "cursor"),
        (json!({"include_transcript": true}), "include_transcript"),
        (json!({"sort": "asc"}), "sort"),
    ] {
        let refused = stack.post(CALLS).body(&wanted).send().await.refused(400, "bad_request");
        assert_eq!(refused["field"], field, "{wanted}: {refused}");
    }
    assert_eq!(stack.earned(), earned);
}

#[tokio::test]
async fn a_list_that_was_told_is_not_told_again_for_a_payment_that_all_can_read() {
    let (stack, wallet) = caller().await;
    places(&stack, &wallet, 0..3).await;
    let paid = stack.post(CALLS).body(&json!({"limit": 2})).pay(&wallet).await;
    let first = paid.answer.expect(200).json();
    let earned = stack.earned();
    // However the same is asked.
    for wanted in [json!({"limit": 2}), json!({"limit": 2.0, "status": null, "cursor": ""})] {
        let again = stack.post(CALLS).body(&wanted).paid_with(&paid.payment).send().await;
        let refused = again.refused(409, "payment_conflict");
        assert_eq!(refused["transaction"], first["transaction"]);
        assert!(!refused.to_string().contains(id(&first["calls"][0])), "{refused}");
    }
    for wanted in [
        json!({}),
        json!({"limit": 2, "cursor": first["next_cursor"]}),
        json!({"limit": 2, "since": "2020-01-01T00:00:00Z"}),
    ] {
        let other = stack.post(CALLS).body(&wanted).paid_with(&paid.payment).send().await;
        other.refused(409, "payment_conflict");
    }
    // A list of numbers costs the same, and is another thing.
    let numbers = stack.post(LIST).paid_with(&paid.payment).send().await.refused(409, "payment_conflict");
    assert!(numbers["message"].as_str().expect("words").contains("a list of the wallet's calls"), "{numbers}");
    stack.post(BUY).body(&json!({})).paid_with(&paid.payment).send().await.refused(409, "payment_conflict");
    // To the wallet that signs in the same is shown, free.
    let mine = stack.get(&format!("{MY_CALLS}?limit=2")).sign_in(&wallet).await.expect(200).json();
    assert_eq!(mine["calls"], first["calls"]);
    assert_eq!(stack.earned(), earned);
}

/// A payment is there for all to read, and the name that it came with is not.
#[tokio::test]
async fn a_list_whose_answer_was_lost_is_told_again_under_the_name_that_its_payment_came_with() {
    const NAME: &str = "6f9d1c52-0b1e-4c55";
    let (stack, wallet) = caller().await;
    places(&stack, &wallet, 0..3).await;
    let asks = |name: Option<&str>| {
        let request = stack.post(CALLS).body(&json!({"limit": 2}));
        name.into_iter().fold(request, |request, name| request.header("idempotency-key", name))
    };
    let payment = wallet.signs(&asks(None).demand().await);
    let earned = stack.earned();
    let (first, beside) =
        tokio::join!(asks(Some(NAME)).paid_with(&payment).send(), asks(Some(NAME)).paid_with(&payment).send());
    let list = first.expect(200).body.clone();
    assert_eq!(beside.expect(200).body, list, "a repeat that came before the first was served");
    let again = asks(Some(NAME)).paid_with(&payment).send().await;
    assert_eq!((&again.expect(200).body, again.header("idempotent-replayed")), (&list, Some("true")));
    for other in [None, Some("6f9d1c52-0b1e-4c56")] {
        asks(other).paid_with(&payment).send().await.refused(409, "payment_conflict");
    }
    let another = stack.post(CALLS).header("idempotency-key", NAME).body(&json!({"limit": 1}));
    another.paid_with(&payment).send().await.refused(409, "payment_conflict");
    assert_eq!(stack.earned(), earned + 1_000);
    // Any reader of the chain can guess this one.
    let guessed = asks(Some("order-17")).pay(&wallet).await;
    guessed.answer.expect(200);
    asks(Some("order-17")).paid_with(&guessed.payment).send().await.refused(409, "payment_conflict");
}

/// Under a name another payment asks, which the wallet alone can have signed.
#[tokio::test]
async fn under_one_name_a_list_is_told_again_as_it_was_for_another_payment() {
    let (stack, wallet) = caller().await;
    places(&stack, &wallet, 0..3).await;
    let asks = || stack.post(CALLS).header("idempotency-key", "first-page").body(&json!({"limit": 2}));
    let first = asks().pay(&wallet).await.answer.expect(200).body.clone();
    let earned = stack.earned();
    stack.calls(&wallet, &to(9)).await;
    let again = asks().pay(&wallet).await;
    assert_eq!((&again.answer.expect(200).body, again.answer.header("idempotent-replayed")), (&first, Some("true")));
    assert_eq!(stack.earned(), earned + 540_000);
}

#[tokio::test]
async fn a_call_is_listed_for_thirty_days_after_it_was_placed() {
    let (stack, wallet) = caller().await;
    let call = places(&stack, &wallet, 0..1).await.remove(0);
    stack.travel((30 * 24 * 60 - 5) * MINUTE);
    assert_eq!(ids(&page(&stack, &wallet, json!({})).await), [id(&call)]);
    stack.travel(5 * MINUTE);
    assert_eq!(page(&stack, &wallet, json!({})).await["calls"], json!([]));
    stack.get(&format!("{CALL}/{}", id(&call))).send().await.refused(404, "unknown_call");
}
