//! An agent that is not sure never pays twice: the same payment in other dress, the same purchase
//! under one name, a call to a number that it is talking to, and a dialler that says neither yes
//! nor no.

mod copies;
mod doubt;
mod named;
mod payment;

use std::time::Duration;

use futures_util::future::join_all;
use harness::request::{Request, Response};
use harness::sim::{Answer, Fault};
use harness::spec::{BUY, CALL, LIST, RENEW};
use harness::{Stack, Wallet, binaries};
use serde_json::{Value, json};

const TASK: &str = "Confirm the 7pm reservation for two under Vicky.";
const KEY: &str = "Idempotency-Key";
/// How long a payment in doubt rests after a look, as `Retry-After` says.
const REST: Duration = Duration::from_secs(5);

/// A world in which a wallet has a number.
async fn world() -> (Stack, Wallet) {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.expect(200);
    (stack, wallet)
}

fn call_to(last: u32) -> Value {
    json!({"phone_number": format!("+1213361{last:04}"), "task": TASK})
}

fn retry_after(answer: &Response) -> u64 {
    answer.header("retry-after").expect("a Retry-After").parse().expect("seconds")
}

fn is_replay(answer: &Response) -> bool {
    answer.header("idempotent-replayed") == Some("true")
}

#[tokio::test]
async fn one_payment_under_both_header_names_is_one_payment() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let demand = stack.post(LIST).demand().await;
    let (payment, other) = (wallet.signs(&demand), wallet.signs(&demand));
    let both = |one: &str, two: &str| stack.post(LIST).header("PAYMENT-SIGNATURE", one).header("X-PAYMENT", two);
    let (value, different) = (payment.header().1, other.header().1);
    both(&value, &different).send().await.refused(400, "invalid_payment");
    both(&value, &value).send().await.expect(200);
    assert!(is_replay(both("", &value).send().await.expect(200)));
    assert!(is_replay(both(&value, "").send().await.expect(200)));
    both("", "").send().await.refused(402, "payment_required");
    assert_eq!(stack.earned(), 1_000);
}

#[tokio::test]
async fn a_payment_that_is_good_for_longer_than_we_need_is_served() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let demand = stack.post(LIST).demand().await;
    for seconds in [3_600, 86_400, 7 * 86_400 - 60] {
        let payment = wallet.signs(&demand).valid_for(seconds);
        stack.post(LIST).paid_with(&payment).send().await.expect(200);
    }
    let week = wallet.signs(&demand).valid_for(7 * 86_400 + 60);
    let refused = stack.post(LIST).paid_with(&week).send().await.refused(402, "payment_required");
    assert_eq!(refused["reason"], "window_too_long");
    assert!(refused["message"].as_str().expect("words").contains("7 days"), "{refused}");
    for too_late in [u64::MAX.to_string(), "1".repeat(39), format!("1{}", "0".repeat(77))] {
        let payment = wallet.signs(&demand).document(move |document| {
            document["payload"]["authorization"]["validBefore"] = json!(too_late);
        });
        let refused = stack.post(LIST).paid_with(&payment).send().await.refused(402, "payment_required");
        assert_eq!(refused["reason"], "window_too_long");
    }
}

/// Where there is no node, what arrives after we have given up would be kept.
#[tokio::test]
async fn without_a_node_a_payment_is_good_for_fifteen_minutes_at_most() {
    let stack = Stack::builder(binaries!()).without_rpc().start().await;
    let wallet = stack.wallet();
    let demand = stack.post(LIST).demand().await;
    let payment = wallet.signs(&demand).valid_for(3_600);
    let refused = stack.post(LIST).paid_with(&payment).send().await.refused(402, "payment_required");
    assert!(refused["message"].as_str().expect("words").contains("15 minutes"), "{refused}");
    stack.post(LIST).paid_with(&wallet.signs(&demand).valid_for(840)).send().await.expect(200);
}

/// How long a payment is good for is the client's choice; how long we may be in doubt about it is
/// ours.
#[tokio::test]
async fn a_doubt_ends_after_fifteen_minutes_however_long_the_payment_is_good_for() {
    let (stack, wallet) = world().await;
    let demand = stack.post(BUY).body(&json!({})).demand().await;
    let payment = wallet.signs(&demand).valid_for(86_400);
    stack.facilitator.faults().always("POST /settle", Fault::Refuse(Answer::json(500, &json!({}))));
    stack.post(BUY).body(&json!({})).paid_with(&payment).send().await.refused(503, "payment_pending");
    // And until a block that is final is later than that.
    stack.minutes(40).await;
    let refused = stack.post(BUY).body(&json!({})).paid_with(&payment).send().await.refused(402, "payment_required");
    assert!(refused["message"].as_str().expect("words").contains("given up"), "{refused}");
    assert_eq!(stack.earned(), 5_000_000);

    // A stranger submits it all the same, as it is good for the day: it bought nothing, and goes
    // back.
    stack.facilitator.faults().clear();
    let late = stack.chain.transfer_with_authorization(payment.authorization(), &payment.signature_bytes());
    late.expect("it is still good");
    for _ in 0..3 {
        stack.travel(Duration::from_mins(31));
        stack.sweep().await;
    }
    assert_eq!(stack.earned(), 10_000_000, "what was paid back comes from another wallet");
    stack.post(BUY).body(&json!({})).paid_with(&payment).send().await.refused(409, "payment_returned");
}

#[tokio::test]
async fn the_same_request_in_other_bytes_is_the_same_request() {
    let (stack, wallet) = world().await;
    let paid = stack.post(CALL).body(&call_to(1)).pay(&wallet).await;
    let first = paid.answer.expect(200).json();
    for body in [
        format!(r#"{{"task":"{TASK}","phone_number":"+12133610001"}}"#),
        format!("{{\n  \"to\" : \"+12133610001\",\n  \"task\": \"{TASK}\"\n}}"),
        format!(r#"{{"phoneNumber":"+12133610001","task":"{TASK}","max_duration":5,"language":"en","voice":null}}"#),
        format!(r#"{{"phone_number":"+1213361000\u0031","task":"{TASK}","wait_for_greeting":false}}"#),
        format!(r#"{{"to":"+12133610001","task":" {TASK}\n\t","voice":" ","first_sentence":""}}"#),
        json!({"to": "+12133610001", "task": TASK, "from": first["from"]}).to_string(),
        json!({"to": "+12133610001", "task": TASK, "interruption_threshold": 100.0, "language": "EN"}).to_string(),
        json!({"to": "+12133610001", "task": format!("\u{feff}{TASK}\u{200b}\r\n")}).to_string(),
    ] {
        let again = stack.post(CALL).raw("application/json", body).paid_with(&paid.payment).send().await;
        assert!(is_replay(again.expect(200)));
        assert_eq!(again.json()["call_id"], first["call_id"]);
    }
    for other in [
        json!({"to": "+12133610001", "task": format!("{TASK}!")}),
        json!({"to": "+12133610001", "task": TASK, "from": "+14155550199"}),
        json!({"to": "+12133610001", "task": TASK, "voice": "maya"}),
        json!({"to": "+12133610001", "task": TASK, "max_duration": 6}),
        json!({"to": "+12133610001", "task": TASK, "language": "de"}),
        json!({"to": "+12133610001", "task": TASK, "first_sentence": "Hello."}),
        json!({"to": "+12133610001", "task": TASK, "wait_for_greeting": true}),
    ] {
        let refused = stack.post(CALL).body(&other).paid_with(&paid.payment).send().await;
        refused.refused(409, "payment_conflict");
    }
    // Named first, and left out when it comes again: the number that was found is the one that was
    // named.
    let named = json!({"to": "+12133610002", "task": TASK, "from": first["from"]});
    let paid = stack.post(CALL).body(&named).pay(&wallet).await;
    paid.answer.expect(200);
    stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.expect(200);
    assert!(is_replay(stack.post(CALL).body(&call_to(2)).paid_with(&paid.payment).send().await.expect(200)));
    assert_eq!((stack.bland.calls().len(), stack.earned()), (2, 11_080_000));
}

#[tokio::test]
async fn a_voice_by_its_name_and_by_its_id_is_the_same_voice() {
    let (stack, wallet) = world().await;
    let with = |voice: &str| json!({"to": "+12133610001", "task": TASK, "voice": voice});
    let (name, id) = ("maya", "d4610ec1-933d-44c9-a05f-53df2437808d");
    let paid = stack.post(CALL).header(KEY, "order-1").body(&with(name)).pay(&wallet).await;
    let placed = paid.answer.expect(200).json();
    for voice in [id, " MAYA\n", &id.to_uppercase()] {
        let again = stack.post(CALL).body(&with(voice)).paid_with(&paid.payment).send().await;
        assert!(is_replay(again.expect(200)), "{voice}");
        let anew = stack.post(CALL).header(KEY, "order-1").body(&with(voice)).pay(&wallet).await.answer;
        assert!(is_replay(anew.expect(200)) && anew.json()["call_id"] == placed["call_id"], "{voice}");
    }
    let other = stack.post(CALL).body(&with("nat")).paid_with(&paid.payment).send().await;
    other.refused(409, "payment_conflict");
    assert_eq!(stack.bland.calls().len(), 1);
}

#[tokio::test]
async fn a_name_for_a_purchase_that_is_nearly_one_is_refused_before_it_sells_twice() {
    let (stack, _) = world().await;
    let earned = stack.earned();
    for (header, body) in [
        ("idempotancy-key", json!({})),
        ("x-trace", json!({"idempotancy_key": "order-1"})),
        ("x-trace", json!({"metadata": {"payment_identifier": "order-1"}})),
    ] {
        let refused = stack.post(BUY).header(header, "order-1").body(&body).send().await;
        let refused = refused.refused(400, "bad_request");
        assert!(refused["message"].as_str().expect("words").contains("Idempotency-Key"), "{refused}");
    }
    assert_eq!(stack.earned(), earned);
}

#[tokio::test]
async fn a_text_that_reads_the_same_is_the_same_in_every_field_and_the_first_one_is_spoken() {
    let (stack, wallet) = world().await;
    let asked = |say: &dyn Fn(&str) -> String| {
        json!({
            "to": "+12133610001",
            "task": say("Ask the caf\u{e9} for a table.\nThen end the call."),
            "first_sentence": say("Bonjour, un caf\u{e9} ?"),
            "voicemail_message": say("Ici Zo\u{e9}.\nMerci."),
            "questions": [
                {"name": "open", "question": say("Is the caf\u{e9} open?"), "type": "enum", "options": ["oui", say("ferm\u{e9}")]},
            ],
        })
    };
    let first = asked(&str::to_owned);
    let paid = stack.post(CALL).body(&first).pay(&wallet).await;
    let placed = paid.answer.expect(200).json();
    let composed = |text: &str| text.replace('\u{e9}', "e\u{301}");
    let around = |text: &str| format!("\u{200b} {text}\u{2060}");
    let says: [&dyn Fn(&str) -> String; 3] = [&composed, &around, &|text| around(&composed(text))];
    for say in says {
        let again = stack.post(CALL).body(&asked(say)).paid_with(&paid.payment).send().await;
        assert!(is_replay(again.expect(200)));
        assert_eq!(again.json()["call_id"], placed["call_id"]);
    }
    let mut broken = first.clone();
    for field in ["task", "voicemail_message"] {
        broken[field] = json!(first[field].as_str().expect("text").replace('\n', "\r\n"));
    }
    assert!(is_replay(stack.post(CALL).body(&broken).paid_with(&paid.payment).send().await.expect(200)));
    let calls = stack.bland.calls();
    assert_eq!(calls.len(), 1);
    assert!(calls[0].prompt.contains("Ask the caf\u{e9} for a table.\nThen"), "{}", calls[0].prompt);
}

#[tokio::test]
async fn a_payment_that_was_served_names_what_it_paid_and_never_advises_to_pay_again() {
    let (stack, wallet) = world().await;
    let no_advice = |refused: &Value| {
        let message = refused["message"].as_str().expect("words").to_lowercase();
        assert!(!message.contains("sign") && !message.contains("not charged"), "{message}");
    };
    let paid = stack.post(CALL).body(&call_to(1)).pay(&wallet).await;
    let placed = paid.answer.expect(200).json();
    let refused = stack.post(CALL).body(&call_to(2)).paid_with(&paid.payment).send().await;
    let refused = refused.refused(409, "payment_conflict");
    assert_eq!(refused["transaction"], placed["transaction"]);
    let id = placed["call_id"].as_str().expect("an id");
    assert!(
        !refused.to_string().contains(id),
        "the payment is on the chain for all to read, and the call is the wallet's"
    );
    no_advice(&refused);
    // Neither does one whose new request is not even a request.
    let broken = stack.post(CALL).body(&json!({"task": 5})).paid_with(&paid.payment).send().await;
    no_advice(&broken.refused(409, "payment_conflict"));

    let paid = stack.post(BUY).body(&json!({})).pay(&wallet).await;
    let bought = paid.answer.expect(200).json();
    let refused = stack.post(BUY).body(&json!({"country": "CA"})).paid_with(&paid.payment).send().await;
    let refused = refused.refused(409, "payment_conflict");
    assert_eq!(refused["phone_number"], bought["phone_number"]);
    assert_eq!(refused["transaction"], bought["transaction"]);
    no_advice(&refused);

    // One that bought nothing may be replaced.
    stack.bland.faults().once("POST /v1/calls", Fault::Overload);
    let from = |last: u32| {
        let mut body = call_to(last);
        body["from"] = bought["phone_number"].clone();
        body
    };
    let unused = stack.post(CALL).body(&from(3)).pay(&wallet).await;
    unused.answer.refused(429, "upstream_rate_limited");
    let refused = stack.post(CALL).body(&from(4)).paid_with(&unused.payment).send().await;
    let refused = refused.refused(409, "payment_conflict");
    assert!(refused["message"].as_str().expect("words").contains("Not charged."), "{refused}");
}

/// What a stock client does after a time-out: it asks for the price again, and signs another
/// payment.
#[tokio::test]
async fn a_second_payment_under_one_name_gets_the_first_ones_answer_and_is_not_used() {
    let (stack, wallet) = world().await;
    let buy = || stack.post(BUY).body(&json!({})).header(KEY, "the number for today");
    buy().send().await.refused(400, "bad_request");
    let buy = || stack.post(BUY).body(&json!({})).header(KEY, "number-for-today");
    let renew =
        |number: &Value| stack.post(RENEW).body(&json!({"phone_number": number})).header(KEY, "renewal-for-today");
    let call = || stack.post(CALL).body(&call_to(1)).header(KEY, "call-for-today");
    let list = || stack.post(LIST).header(KEY, "list-for-today");

    let bought = twice(&buy(), &wallet).await;
    twice(&renew(&bought["phone_number"]), &wallet).await;
    let mut from = call_to(1);
    from["from"] = bought["phone_number"].clone();
    let call = call().body(&from);
    twice(&call, &wallet).await;
    twice(&list(), &wallet).await;
    assert_eq!(stack.earned(), 5_000_000 + 5_000_000 + 5_000_000 + 540_000 + 1_000);
    assert_eq!(stack.bland.calls().len(), 1);

    // Another wallet's names are its own.
    let other = stack.wallet();
    assert!(!is_replay(buy().pay(&other).await.answer.expect(200)));
    // The same name for another request is a mistake that must not be charged.
    let refused = buy().body(&json!({"country": "CA"})).pay(&wallet).await.answer;
    refused.refused(409, "idempotency_conflict");
    stack.post(LIST).header(KEY, "number-for-today").pay(&wallet).await.answer.refused(409, "idempotency_conflict");
    // In another place it is not read, and to ignore it would sell a second time.
    let misplaced = stack.post(BUY).body(&json!({"idempotency_key": "number-for-today"})).send().await;
    assert!(misplaced.refused(400, "bad_request")["message"].as_str().expect("words").contains("`Idempotency-Key`"));
    stack.post(&format!("{LIST}?idempotency-key=a")).send().await.refused(400, "bad_request");
    // A month later it is forgotten.
    stack.travel(Duration::from_hours(30 * 24 + 1));
    assert!(!is_replay(list().pay(&wallet).await.answer.expect(200)));
}

/// Pays for a request twice, with two payments, and returns the answer, which is the same.
async fn twice(request: &Request, wallet: &Wallet) -> Value {
    let first = request.clone().pay(wallet).await.answer;
    let second = request.clone().pay(wallet).await.answer;
    assert!(!is_replay(first.expect(200)) && is_replay(second.expect(200)));
    assert_eq!(second.json(), first.json());
    assert_eq!(second.settlement(), first.settlement(), "the receipt is the first payment's");
    first.json()
}

#[tokio::test]
async fn the_protocols_own_identifier_is_such_a_name_and_the_402_asks_for_it() {
    let (stack, wallet) = world().await;
    let named = |id: &'static str| {
        let put = move |document: &mut Value| {
            document["extensions"]["payment-identifier"] = json!({"info": {"required": false, "id": id}});
        };
        stack.post(LIST).pay_bent(&wallet, move |payment| payment.document(put))
    };
    let paid = named("pay_7d5d747be160e280").await;
    let declared = paid.asked.demand();
    assert_eq!(declared.required["extensions"]["payment-identifier"]["info"], json!({"required": false}));
    assert!(!is_replay(paid.answer.expect(200)));
    assert!(is_replay(named("pay_7d5d747be160e280").await.answer.expect(200)));
    // The header is the program's own word, and goes first: it is another name.
    let header = stack.post(LIST).header(KEY, "pay_7d5d747be160e280");
    assert!(is_replay(header.pay(&wallet).await.answer.expect(200)), "one name, wherever it stands");
    for bad in ["short", "with spaces in it, and long enough", "umlaut_ä_0123456789"] {
        named(bad).await.answer.refused(400, "invalid_payment");
    }
    // What clients echo of our declaration says nothing.
    let echo = |document: &mut Value| {
        document["extensions"]["payment-identifier"] = json!({"info": {"required": false}, "schema": {}});
    };
    let echoed = stack.post(LIST).pay_bent(&wallet, move |payment| payment.document(echo)).await.answer;
    assert!(!is_replay(echoed.expect(200)));
}

#[tokio::test]
async fn of_many_payments_under_one_name_at_once_one_is_used() {
    let (stack, wallet) = world().await;
    let request = stack.post(CALL).body(&call_to(1)).header(KEY, "one-of-many");
    let answers = join_all((0..8).map(|_| request.clone().pay(&wallet))).await;
    let mut ids = Vec::new();
    for paid in &answers {
        // Few wait at a time; the others are told when to come back.
        let answer = if paid.answer.status == 409 {
            paid.answer.refused(409, "payment_in_progress");
            request.clone().paid_with(&paid.payment).send().await
        } else {
            paid.answer.clone()
        };
        ids.push(answer.expect(200).json()["call_id"].clone());
    }
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!((stack.bland.calls().len(), stack.earned()), (1, 5_540_000));
}

#[tokio::test]
async fn a_name_whose_purchase_came_to_nothing_is_free_again() {
    let (stack, wallet) = world().await;
    let request = stack.post(CALL).body(&call_to(1)).header(KEY, "try-until-it-works");
    stack.bland.faults().once("POST /v1/calls", Fault::Overload);
    let first = request.clone().pay(&wallet).await;
    first.answer.refused(429, "upstream_rate_limited");
    let second = request.clone().pay(&wallet).await.answer;
    assert!(!is_replay(second.expect(200)));
    // The first payment, which was not used, gets the second one's answer.
    let again = request.paid_with(&first.payment).send().await;
    assert!(is_replay(again.expect(200)));
    assert_eq!(again.json()["call_id"], second.json()["call_id"]);
    assert_eq!((stack.bland.calls().len(), stack.earned()), (1, 5_540_000));
}

/// A client that is cut off after sending, and signs anew without a name, learns which call it has.
#[tokio::test]
async fn a_second_call_to_a_number_that_the_wallet_is_talking_to_is_refused_and_names_the_first() {
    let (stack, wallet) = world().await;
    let placed = stack.post(CALL).body(&call_to(1)).pay(&wallet).await.answer.expect(200).json();
    let second = stack.post(CALL).body(&call_to(1)).pay(&wallet).await.answer;
    let refused = second.refused(409, "call_in_progress");
    assert_eq!((&refused["call_id"], &refused["poll_url"]), (&placed["call_id"], &placed["poll_url"]));
    assert!(refused["message"].as_str().expect("words").ends_with("Not charged."));
    // Another wallet may call there, and this wallet others.
    let other = stack.wallet();
    stack.post(BUY).body(&json!({})).pay(&other).await.answer.expect(200);
    stack.travel(Duration::from_secs(11));
    stack.post(CALL).body(&call_to(1)).pay(&other).await.answer.expect(200);
    stack.post(CALL).body(&call_to(2)).pay(&wallet).await.answer.expect(200);
    // As soon as it is over the number can be called again, though no client has polled.
    stack.bland.finish_all();
    stack.travel(Duration::from_secs(11));
    stack.post(CALL).body(&call_to(1)).pay(&wallet).await.answer.expect(200);
}

#[tokio::test]
async fn too_many_calls_at_once_are_listed_and_those_that_are_over_do_not_count() {
    let (stack, wallet) = world().await;
    let mut placed = Vec::new();
    for last in 1..=3 {
        placed.push(stack.post(CALL).body(&call_to(last)).pay(&wallet).await.answer.expect(200).json());
    }
    let refused = stack.post(CALL).body(&call_to(4)).pay(&wallet).await.answer.refused(429, "rate_limited");
    assert_eq!(refused["limit"], "calls_in_flight_per_wallet");
    let mut listed = refused["calls_in_flight"].as_array().expect("a list").clone();
    listed.sort_by_key(|call| call["to"].to_string());
    let expected: Vec<Value> = placed
        .iter()
        .map(|call| json!({"call_id": call["call_id"], "poll_url": call["poll_url"], "to": call["to"]}))
        .collect();
    assert_eq!(listed, expected);
    // One is over, and has not been looked at.
    stack.bland.finish_all();
    stack.travel(Duration::from_secs(30));
    stack.post(CALL).body(&call_to(4)).pay(&wallet).await.answer.expect(200);
}
