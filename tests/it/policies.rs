//! The template's policies against what the functions really do: every right is used. That no right
//! is missing is shown by all the other tests, which run by the same policies.

use std::collections::BTreeSet;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use harness::sim::bland::Script;
use harness::sim::facilitator::JwtKey;
use harness::sim::{Answer, Fault};
use harness::spec::{BUY, CALL, CALLS, LIST, MY_CALLS, NUMBERS, RENEW};
use harness::{Stack, Wallet, binaries};
use serde_json::{Value, json};

#[tokio::test]
async fn every_right_is_used() {
    let mut granted = BTreeSet::new();
    let mut used = BTreeSet::new();
    for stack in [on_base().await, on_solana(true).await, on_solana(false).await] {
        granted.extend(stack.dynamo.policies().granted());
        used.extend(stack.dynamo.policies().used());
    }
    let idle: Vec<_> = granted.difference(&used).collect();
    assert!(idle.is_empty(), "granted in template.yaml, and never used: {idle:#?}");
}

/// Where keys are needed for the facilitator, and refunds are signed by the key that never leaves
/// its store.
async fn on_base() -> Stack {
    let (content, public) = cdp_key();
    let stack = Stack::builder(binaries!())
        .parameter("Canary", "on")
        .parameter("FacilitatorAuth", "cdp")
        .secret("PaymentSecret", Some(content))
        .told();
    let mut stack = stack.start().await;
    stack.facilitator.require_jwt("key", public);
    for finding in ["was granted, and paid 0 times", "are said to have come in"] {
        stack.excuse(finding, "the facilitator lies once");
    }
    let wallet = stack.wallet();
    let call = json!({"phone_number": "+12133610872", "task": "Ask Andy to take a break."});

    stack.ledger.mint(stack.canary_wallet.expect("a wallet"), 1_000);
    assert_eq!(stack.invoke("canary", &json!({})).await["sells"], "sold");

    // A payer who gets nothing for it is paid back.
    stack.sweep().await;
    let stray = wallet.signs(&stack.post(LIST).demand().await);
    let taken = stack.chain.transfer_with_authorization(stray.authorization(), &stray.signature_bytes());
    taken.expect("any account may submit what was signed");
    for _ in 0..2 {
        stack.travel(Duration::from_mins(31));
        stack.sweep().await;
    }

    // A purchase that the carrier refuses is forgotten; then one from the carrier.
    stack.twilio.faults().once("POST *", Fault::Overload);
    stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.refused(429, "upstream_rate_limited");
    // An alarm that is there already is moved.
    let there = Answer::json(409, &json!({"__type": "ConflictException", "Message": "there"}));
    stack.scheduler.faults().once("POST *", Fault::Replace(there));
    // Each under a name of the wallet's own.
    let named = |path: &str| stack.post(path).header("Idempotency-Key", path);
    let bought = named(BUY).body(&json!({})).pay(&wallet).await.answer.expect(200).json();
    // One that is bought and not paid for after all is stock, and has cost a month.
    stack.facilitator.decline_next("insufficient_funds");
    stack.post(BUY).body(&json!({})).pay(&stack.wallet()).await.answer.refused(402, "payment_required");
    let number = json!({"phone_number": bought["phone_number"]});
    named(RENEW).body(&number).pay(&wallet).await.answer.expect(200);
    named(LIST).pay(&wallet).await.answer.expect(200);
    stack.get(NUMBERS).sign_in(&wallet).await.expect(200);
    // A signature that only a contract could judge is counted.
    let junk = wallet.signs(&stack.post(LIST).demand().await).signature([0xab; 66]);
    stack.post(LIST).paid_with(&junk).send().await.refused(402, "payment_required");
    // Whose a number is, is told to others.
    stack.post(RENEW).body(&number).pay(&stack.wallet()).await.answer.refused(403, "wrong_wallet");
    let dry_run = stack.post(&dry(RENEW)).body(&number).sign_in(&stack.wallet()).await;
    dry_run.refused(403, "wrong_wallet");
    let other = stack.wallet();
    stack.post(BUY).body(&json!({})).pay(&other).await.answer.expect(200);
    let mut anothers = call.clone();
    anothers["from"] = bought["phone_number"].clone();
    stack.post(CALL).body(&anothers).pay(&other).await.answer.refused(403, "wrong_wallet");

    // A call that the dialler refuses is forgotten; one that fails is paid back.
    stack.bland.faults().once("POST /v1/calls", Fault::Overload);
    stack.post(CALL).body(&call).pay(&wallet).await.answer.refused(429, "upstream_rate_limited");
    stack.bland.script_next(Script::PreQueueError);
    let placed = named(CALL).body(&call).pay(&wallet).await.answer.expect(200).json();
    comes_to_nothing(&stack, &placed, "refunded").await;
    named(CALLS).pay(&wallet).await.answer.expect(200);
    stack.get(MY_CALLS).sign_in(&wallet).await.expect(200);
    let junk = wallet.signs(&stack.post(CALLS).demand().await).signature([0xab; 66]);
    stack.post(CALLS).paid_with(&junk).send().await.refused(402, "payment_required");

    hung_up(&stack, &wallet).await;
    limits_and_controls(&stack, &wallet).await;
    asked_not_to_be_called(&stack).await;
    // The first word about a payment is none: it counts as one in doubt, until its header is
    // repeated.
    for (path, body) in [
        (LIST, json!({})),
        (CALLS, json!({})),
        (CALL, json!({"phone_number": "+12133610899", "task": "Ask Andy to take a break."})),
    ] {
        stack.facilitator.faults().once("POST */settle", Fault::Refuse(Answer::html(500)));
        let doubtful = stack.post(path).body(&body).pay(&wallet).await;
        assert_ne!(doubtful.answer.status, 402, "its outcome is not known");
        stack.post(path).body(&body).paid_with(&doubtful.payment).send().await.expect(200);
    }
    left_in_between(&stack, &wallet).await;

    // What is granted for a word that was not true is found to be missing.
    let lie = json!({
        "success": true, "transaction": format!("{:#x}", wallet.address().into_word()), "network": stack.network().caip2(),
        "payer": format!("{:#x}", wallet.address()),
    });
    stack.facilitator.faults().once("POST */settle", Fault::Refuse(Answer::json(200, &lie)));
    stack.post(LIST).pay(&wallet).await.answer.expect(200);

    // What the carrier bills and the table does not know is adopted.
    stack.twilio.hold("+14155550299", "bought by hand");
    for _ in 0..2 {
        stack.travel(Duration::from_hours(25));
        stack.sweep().await;
    }

    // The lease ends, and the number goes to the pool, where it is found by who wants one.
    stack.travel(Duration::from_hours(31 * 24));
    stack.fire_due_schedules().await;
    stack.sweep().await;
    stack.travel(Duration::from_hours(3 * 24));
    stack.post(&dry(BUY)).body(&json!({})).sign_in(&stack.wallet()).await.expect(200);
    stack
}

/// The address of a dry run.
fn dry(path: &str) -> String {
    format!("{path}?dry_run=true")
}

/// One call is hung up, and one had ended before.
async fn hung_up(stack: &Stack, wallet: &Wallet) {
    for (to, over) in [("+12133610881", false), ("+12133610882", true)] {
        let placed = stack.calls(wallet, to).await;
        if over {
            stack.bland.finish_all();
        } else {
            // Something was said, and is read by who comes next.
            let vendors = stack.bland.calls().pop().expect("a call").id;
            for _ in 0..6 {
                stack.bland.advance(&vendors);
            }
            for _ in 0..2 {
                stack.poll(&placed).await;
            }
        }
        let path = format!("{CALL}/{}/hangup", placed["call_id"].as_str().expect("an id"));
        let answer = stack.post(&path).send().await;
        assert_eq!(answer.status, if over { 409 } else { 202 });
    }
    stack.travel(Duration::from_hours(1));
    stack.sweep().await;
}

/// Where a callee has opted out, each call is held against the list; so is one that is refused
/// because of a limit.
async fn limits_and_controls(stack: &Stack, wallet: &Wallet) {
    let control = json!({"pk": {"S": "CONTROL"}, "sk": {"S": "CONTROL"}, "salt": {"S": "salt"}});
    stack.dynamo.put(control.as_object().expect("an item"));
    let call = |last: u32| json!({"phone_number": format!("+1213361{last:04}"), "task": "Ask Andy to take a break."});
    let placed = stack.post(CALL).body(&call(1)).pay(wallet).await.answer.expect(200).json();
    stack.bland.finish_all();
    stack.get(placed["poll_url"].as_str().expect("where to look")).send().await.expect(200);
    let lines = |running: &str| {
        let mut lines = stack.dynamo.items_of("LIMIT#COST").pop().expect("counted");
        lines.insert("running".to_owned(), json!({"N": running}));
        stack.dynamo.put(&lines);
    };
    let running = stack.dynamo.row("LIMIT#COST", "LIMIT").expect("counted")["running"].to_string();
    lines("1000");
    stack.post(CALL).body(&call(2)).pay(wallet).await.answer.refused(429, "rate_limited");
    lines(&running);
    stack.post(&dry(CALL)).body(&call(3)).sign_in(wallet).await.expect(200);
    // A refusal is not said before the payment's record was looked at once more.
    for path in [BUY, LIST, CALLS] {
        let expired = wallet.signs(&stack.post(path).demand().await).valid_for(-60);
        stack.post(path).paid_with(&expired).send().await.refused(402, "payment_required");
    }
}

/// Callees who ask not to be called again: seen by a poll, by the look after the dialler's word, by
/// a hang-up, by the next call, and by the reaper.
async fn asked_not_to_be_called(stack: &Stack) {
    let wallet = stack.wallet();
    stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.expect(200);
    for (last, who) in [(884, "poll"), (885, "word"), (886, "hang-up"), (887, "call"), (888, "reaper")] {
        let to = format!("+12133610{last}");
        stack.bland.disposes(&to, "callee_asked_not_to_be_called_again");
        let placed = stack.calls(&wallet, &to).await;
        stack.bland.finish_all();
        match who {
            "poll" => drop(stack.get(placed["poll_url"].as_str().expect("where to look")).send().await.expect(200)),
            "word" => drop(stack.words_arrive().await),
            "hang-up" => {
                let hangup = format!("{}/hangup", placed["poll_url"].as_str().expect("where to look"));
                stack.post(&hangup).send().await.refused(409, "call_already_ended");
            }
            "call" => stack.travel(Duration::from_secs(11)),
            _ => stack.travel(Duration::from_mins(10)),
        }
        stack.sweep().await;
        stack
            .post(CALL)
            .body(&json!({"phone_number": to, "task": "Ask Andy to take a break."}))
            .pay(&wallet)
            .await
            .answer
            .refused(403, "destination_opted_out");
    }
}

/// What a request has left unfinished is brought to its end: back where nothing came of it, forward
/// where it was paid.
async fn left_in_between(stack: &Stack, wallet: &Wallet) {
    let call = json!({"phone_number": "+12133610875", "task": "Ask Andy to take a break."});
    stack.bland.faults().once("POST /v1/calls", Fault::Drop);
    stack.post(CALL).body(&call).pay(wallet).await.answer.refused(502, "upstream_error");
    // Neither the purchase nor the look whether it was made.
    stack.twilio.faults().once("POST *", Fault::Drop);
    stack.twilio.faults().once("GET */IncomingPhoneNumbers.json", Fault::Drop);
    stack.post(BUY).body(&json!({})).pay(wallet).await.answer.refused(502, "upstream_error");
    // A wallet buys one number at a time.
    stack.travel(Duration::from_mins(2));
    stack.sweep().await;
    for path in [BUY, RENEW] {
        let body = if path == BUY {
            json!({})
        } else {
            let listed = stack.post(LIST).pay(wallet).await.answer.expect(200).json();
            json!({"phone_number": listed["numbers"][0]["phone_number"]})
        };
        // The one was paid, the other is settled by the reaper.
        let fault = if path == BUY { Fault::LoseAnswer } else { Fault::Drop };
        stack.facilitator.faults().once("POST */settle", fault);
        stack.chain.faults().always("*", Fault::Overload);
        stack.post(path).body(&body).pay(wallet).await.answer.refused(503, "payment_pending");
        stack.chain.faults().clear();
        stack.travel(Duration::from_secs(30));
        stack.sweep().await;
    }
    stack.travel(Duration::from_hours(1));
    stack.sweep().await;
}

/// Where the key that pays back is a secret, or there is none.
async fn on_solana(with_key: bool) -> Stack {
    // The right to a key that is not there is used by no function.
    let stack = Stack::builder(binaries!()).parameter("Canary", "on").solana();
    let stack = if with_key { stack } else { stack.secret("RefundSecret", None) };
    let stack = stack.start().await;
    let wallet = stack.solana_wallet();
    stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.expect(200);
    stack.bland.script_next(Script::PreQueueError);
    let call = json!({"phone_number": "+12133610872", "task": "Ask Andy to take a break."});
    let placed: Value = stack.post(CALL).body(&call).pay(&wallet).await.answer.expect(200).json();
    comes_to_nothing(&stack, &placed, if with_key { "refunded" } else { "credited" }).await;
    stack
}

/// A call ends in an error, a look sees it, after the dialler's word where there is one, and its
/// payment goes back or becomes credit.
async fn comes_to_nothing(stack: &Stack, placed: &Value, status: &str) {
    stack.bland.finish_all();
    stack.words_arrive().await;
    stack.travel(Duration::from_secs(30));
    let poll = format!("{CALL}/{}", placed["call_id"].as_str().unwrap_or_default());
    stack.get(&poll).send().await.expect(200);
    stack.travel(Duration::from_secs(61));
    stack.get(&poll).send().await.expect(200);
    for _ in 0..2 {
        stack.sweep().await;
        stack.travel(Duration::from_secs(61));
    }
    assert_eq!(stack.get(&poll).send().await.expect(200).json()["refund"]["status"], status);
}

/// An API key of the facilitator's: what belongs in the secret, and what the facilitator knows of
/// it.
fn cdp_key() -> (Value, JwtKey) {
    let seed = [7; 32];
    let pair = ring::signature::Ed25519KeyPair::from_seed_unchecked(&seed).expect("a seed");
    let public = ring::signature::KeyPair::public_key(&pair).as_ref().to_vec();
    let secret = STANDARD.encode([&seed[..], &public].concat());
    (json!({"cdp_api_key_id": "key", "cdp_api_key_secret": secret}), JwtKey::Ed25519(public))
}
