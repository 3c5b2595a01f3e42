//! `GET /api/v1/voice/calls`: the list that is paid for, for the wallet that signs in.

use std::time::Duration;

use harness::sim::bland::Script;
use harness::sim::{Answer, Fault};
use harness::spec::{BUY, CALL, CALLS, MY_CALLS};
use harness::wallet::{SignIn, Signer};
use harness::{Stack, Wallet, binaries};
use http::Method;
use serde_json::{Value, json};

const ALIAS: &str = "/v1/voice/calls";
const MINUTE: Duration = Duration::from_mins(1);

/// A world with a wallet that has a number.
async fn caller() -> (Stack, Wallet) {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    (stack, wallet)
}

/// What the table was asked so far.
fn reads(stack: &Stack) -> u64 {
    stack.dynamo.faults().count("*")
}

async fn signs_in(stack: &Stack, wallet: &Wallet) -> SignIn {
    wallet.signs_in(&stack.get(MY_CALLS).send().await.challenge())
}

/// A page, by a sign-in of its own.
async fn page(stack: &Stack, wallet: &Wallet, query: &str) -> Value {
    stack.get(&format!("{MY_CALLS}{query}")).sign_in(wallet).await.expect(200).json()
}

fn to(last: u32) -> String {
    format!("+1213361{last:04}")
}

fn id(call: &Value) -> &str {
    call["call_id"].as_str().expect("an id")
}

fn ids(page: &Value) -> Vec<&str> {
    let calls = page["calls"].as_array().expect("calls");
    assert_eq!(page["count"], calls.len());
    calls.iter().map(id).collect()
}

fn escaped(text: &str) -> String {
    text.replace('+', "%2B").replace(':', "%3A")
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

#[tokio::test]
async fn a_wallet_that_signs_in_sees_its_own_calls_as_the_list_that_is_paid_for_shows_them() {
    let stack = Stack::builder(binaries!()).solana().start().await;
    let (wallet, other, on_solana) = (stack.wallet(), stack.wallet(), stack.solana_wallet());
    for buyer in [&wallet, &other] {
        stack.buys(buyer).await;
    }
    stack.buys(&on_solana).await;
    let mine = stack.calls(&wallet, &to(1)).await;
    let theirs = stack.calls(&other, &to(2)).await;
    let body = json!({"phone_number": to(3), "task": "Ask Andy to take a break."});
    let there = stack.post(CALL).body(&body).pay(&on_solana).await.answer.expect(200).json();

    for path in [MY_CALLS, ALIAS] {
        let free = stack.get(path).sign_in(&wallet).await.expect(200).json();
        let mut paid = stack.post(CALLS).pay(&wallet).await.answer.expect(200).json();
        paid.as_object_mut().expect("an object").remove("transaction");
        assert_eq!(free, paid, "all but the transaction, since there is none");
        assert_eq!((ids(&free), &free["wallet"]), (vec![id(&mine)], &json!(wallet.text())));
    }
    assert_eq!(ids(&page(&stack, &other, "").await), [id(&theirs)]);
    let listed = stack.get(MY_CALLS).sign_in(&on_solana).await.expect(200).json();
    assert_eq!((ids(&listed), &listed["wallet"]), (vec![id(&there)], &json!(on_solana.text())));
    let none = page(&stack, &stack.wallet(), "").await;
    let said = (&none["calls"], &none["count"], &none["next_cursor"]);
    assert_eq!(said, (&json!([]), &json!(0), &Value::Null));
}

#[tokio::test]
async fn calls_stay_in_the_list_of_the_wallet_that_placed_them_when_their_number_is_leased_to_another() {
    let (stack, wallet) = caller().await;
    let day = Duration::from_hours(24);
    stack.travel(29 * day);
    let mine = places(&stack, &wallet, 0..1).await;
    // The lease ends, the number is taken back and rests, and another wallet gets it.
    stack.travel(2 * day);
    stack.minutes(2).await;
    stack.travel(4 * day);
    let other = stack.wallet();
    let number = stack.buys(&other).await;
    assert_eq!(page(&stack, &wallet, "").await["calls"][0]["from"], number, "it is the same number");
    let theirs = stack.calls(&other, &to(9)).await;
    for (whose, expected) in [(&wallet, &mine[0]), (&other, &theirs)] {
        for query in [String::new(), format!("?number={}", escaped(&number))] {
            assert_eq!(ids(&page(&stack, whose, &query).await), [id(expected)], "{query}");
        }
    }
}

#[tokio::test]
async fn one_sign_in_is_good_for_all_pages_and_a_cursor_for_its_wallet_alone() {
    let (stack, wallet) = caller().await;
    let placed = places(&stack, &wallet, 0..3).await;
    let expected: Vec<&str> = placed.iter().rev().map(id).collect();
    let earned = stack.earned();
    let sign_in = signs_in(&stack, &wallet).await;
    let ask = |query: String| stack.get(&format!("{MY_CALLS}{query}")).signed_in_with(&sign_in).send();
    let first = ask("?limit=2".to_owned()).await.expect(200).json();
    assert_eq!(ids(&first), expected[..2]);
    let cursor = first["next_cursor"].as_str().expect("one").to_owned();
    let second = ask(format!("?limit=2&cursor={cursor}")).await.expect(200).json();
    assert_eq!((ids(&second), &second["next_cursor"]), (expected[2..].to_vec(), &Value::Null));
    // The cursor of one list is good in the other, which is the same list.
    let wanted = json!({"cursor": cursor});
    let paid = stack.post(CALLS).body(&wanted).pay(&wallet).await.answer.expect(200).json();
    assert_eq!(paid["calls"], second["calls"]);
    assert_eq!(stack.earned(), earned + 1_000);

    let other = stack.wallet();
    let foreign = stack.get(&format!("{MY_CALLS}?cursor={cursor}")).sign_in(&other).await;
    let refused = foreign.refused(400, "bad_request");
    assert_eq!(refused["field"], "cursor");
    assert!(refused["message"].as_str().expect("words").contains("another wallet"), "{refused}");
    let mut bent = cursor.clone().into_bytes();
    bent[20] ^= 1;
    let bent = String::from_utf8(bent).expect("letters");
    for bad in [bent.as_str(), &cursor[1..], "x", "null", "", &cursor.to_lowercase()] {
        let refused = ask(format!("?cursor={bad}")).await.refused(400, "bad_request");
        assert_eq!(refused["field"], "cursor", "{bad}");
    }
}

#[tokio::test]
async fn a_list_is_narrowed_behind_the_question_mark() {
    let (stack, wallet) = caller().await;
    stack.bland.script_for(&to(1), Script::Busy);
    let placed = places(&stack, &wallet, 0..3).await;
    let [ended, busy, last] = [0, 1, 2].map(|at| id(&placed[at]));
    let all = page(&stack, &wallet, "").await;
    let from = all["calls"][0]["from"].as_str().expect("a number");
    let second = all["calls"][1]["created_at"].as_str().expect("a time");
    let sign_in = signs_in(&stack, &wallet).await;
    let ask = |query: String| stack.get(&format!("{MY_CALLS}?{query}")).signed_in_with(&sign_in).send();
    for (query, expected) in [
        (format!("number={}", escaped(&to(1))), vec![busy]),
        (format!("number={}", to(1)), vec![busy]),
        (format!("number={}", escaped(from)), vec![last, busy, ended]),
        (format!("number={}", escaped(&to(8))), vec![]),
        ("status=busy".to_owned(), vec![busy]),
        ("status=completed&limit=1".to_owned(), vec![last]),
        (format!("since={second}"), vec![last, busy]),
        (format!("since={}&status=busy&number={}", escaped(second), escaped(from)), vec![busy]),
        ("since=2999-01-01T00:00:00+01:00".to_owned(), vec![]),
        ("since=9999-12-31T23:59:59Z".to_owned(), vec![]),
        ("limit=100&sort=desc&to=".to_owned(), vec![last, busy, ended]),
    ] {
        assert_eq!(ids(&ask(query.clone()).await.expect(200).json()), expected, "{query}");
    }
    let ignored = ask("limit=1&utm_source=x".to_owned()).await.expect(200).json();
    assert_eq!((ids(&ignored), &ignored["ignored_fields"]), (vec![last], &json!(["utm_source"])));
    let before = reads(&stack);
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=ten", "limit"),
        ("limit=", "limit"),
        ("limit=1&limit=2", "limit"),
        ("pageSize=5", "limit"),
        ("number=213", "number"),
        ("number=", "number"),
        ("to=%2B12133610001", "number"),
        ("status=Completed", "status"),
        ("since=yesterday", "since"),
        ("since=1800000000", "since"),
        ("offset=20", "cursor"),
        ("include_transcript=true", "include_transcript"),
        ("sort=asc", "sort"),
        ("sort=created_at", "sort"),
        ("filter%5Bstatus%5D=completed", "status"),
        ("params[limit]=1", "limit"),
        ("since[gte]=2026-11-01", "since"),
        ("wallet=0xCC8c44AD3dc2A58D841c3EB26131E49b22665EF8", "wallet"),
    ] {
        let refused = ask(query.to_owned()).await.refused(400, "bad_request");
        assert_eq!(refused["field"], field, "{query}: {refused}");
    }
    assert_eq!(reads(&stack), before, "a list that is asked for wrongly is not looked up");
}

#[tokio::test]
async fn who_has_not_signed_in_is_told_what_to_sign_whatever_is_asked_and_nothing_is_looked_up() {
    let (stack, wallet) = caller().await;
    let before = reads(&stack);
    for (path, query) in
        [(MY_CALLS, ""), (ALIAS, ""), (MY_CALLS, "?limit=2"), (MY_CALLS, "?limit=ten"), (ALIAS, "?cursor=x&sort=asc")]
    {
        let asked = stack.get(&format!("{path}{query}")).send().await;
        asked.refused(402, "sign_in_required");
        // What stands behind the question mark is not signed.
        assert_eq!(asked.challenge().0["info"]["uri"], format!("{}{path}", stack.urls.gateway));
        let expired = stack.get(&format!("{path}{query}")).sign_in_bent(&wallet, |it| it.issued(-301)).await;
        expired.refused(401, "siwx_expired");
    }
    // What was signed to see the numbers does not show the calls.
    let numbers = wallet.signs_in(&stack.get(harness::spec::NUMBERS).send().await.challenge());
    stack.get(MY_CALLS).signed_in_with(&numbers).send().await.refused(401, "siwx_wrong_uri");
    let head = stack.request(Method::HEAD, MY_CALLS).send().await;
    assert!(head.expect(402).body.is_empty() && head.header("payment-required").is_some());
    stack.post(MY_CALLS).body(&json!({})).send().await.refused(405, "method_not_allowed");
    assert_eq!(reads(&stack), before);

    // One question finds that there is no call, and no second one is asked.
    page(&stack, &wallet, "").await;
    assert_eq!(reads(&stack), before + 1);
}

#[tokio::test]
async fn what_is_said_of_a_call_is_what_its_poll_says_also_while_it_lasts_and_when_its_price_goes_back() {
    for script in [Script::UserHangsUp, Script::Busy, Script::PreQueueError] {
        let (stack, wallet) = caller().await;
        stack.bland.script_next(script.clone());
        let call = stack.calls(&wallet, &to(1)).await;
        for step in ["placed", "ended", "rested", "swept"] {
            let polled = stack.poll(&call).await;
            let list = page(&stack, &wallet, "").await;
            assert_eq!(ids(&list), [id(&call)], "{step}");
            for field in ["call_id", "from", "to", "status", "ended_by", "call_length", "charged", "ended_at"] {
                assert_eq!(list["calls"][0][field], polled[field], "{step}: {field}");
            }
            match step {
                "placed" => stack.bland.finish_all(),
                "rested" => stack.sweep().await,
                _ => {}
            }
            stack.travel(if step == "placed" { 10 * Duration::from_secs(1) } else { MINUTE });
        }
        let last = page(&stack, &wallet, "").await["calls"][0].clone();
        assert_eq!(last["charged"], last["ended_by"] != "ERROR", "{script:?}");
    }
}

#[tokio::test]
async fn a_list_asks_no_vendor_writes_nothing_and_is_read_anew_each_time() {
    let (stack, wallet) = caller().await;
    let call = stack.calls(&wallet, &to(1)).await;
    stack.bland.finish_all();
    stack.travel(MINUTE);
    let sign_in = signs_in(&stack, &wallet).await;
    let ask = || stack.get(MY_CALLS).signed_in_with(&sign_in).send();
    let vendors = || {
        let (dialler, carrier) = (stack.bland.faults().count("*"), stack.twilio.faults().count("*"));
        (dialler, carrier, stack.facilitator.verifies(), stack.facilitator.settles())
    };
    let (asked, kept) = (vendors(), stack.dynamo.items());
    assert_eq!(ask().await.expect(200).json()["calls"][0]["ended_by"], "IN_PROGRESS", "no poll has looked");
    assert_eq!((vendors(), stack.dynamo.items()), (asked, kept));
    stack.poll(&call).await;
    assert_eq!(ask().await.expect(200).json()["calls"][0]["ended_by"], "USER", "one has");
}

#[tokio::test]
async fn a_wallet_that_is_refused_what_is_sold_still_sees_its_calls_and_a_table_that_fails_is_our_fault() {
    let (stack, wallet) = caller().await;
    let call = stack.calls(&wallet, &to(1)).await;
    let control = json!({"pk": {"S": "CONTROL"}, "sk": {"S": "CONTROL"}, "paused": {"S": "all"}});
    stack.dynamo.put(control.as_object().expect("an item"));
    stack.post(BUY).pay(&wallet).await.answer.refused(503, "selling_paused");
    let sign_in = signs_in(&stack, &wallet).await;
    let ask = || stack.get(MY_CALLS).signed_in_with(&sign_in).send();
    for operation in ["Query", "BatchGetItem"] {
        let broken = Answer::json(400, &json!({"__type": "ResourceNotFoundException", "message": "gone"}));
        stack.dynamo.faults().once(operation, Fault::Refuse(broken));
        let failed = ask().await.refused(500, "internal_error");
        assert!(!failed["message"].as_str().expect("words").contains("gone"));
    }
    assert_eq!(ids(&ask().await.expect(200).json()), [id(&call)]);
}
