//! `?dry_run=true` on what is paid for: it says what would happen, or the refusal that would come,
//! and nothing comes of it.

mod headers;
mod same;

use std::time::Duration;

use harness::request::{Request, Response};
use harness::sim::{Answer, Fault};
use harness::spec::{BUY, CALL, CALLS, LIST, RENEW};
use harness::wallet::{Payment, Signer};
use harness::{Stack, Wallet, binaries};
use http::Method;
use serde_json::{Value, json};
use shared::store::Pause;
use shared::types::{EvmNetwork, PhoneNumber};

use crate::by_hand::{by, now, operator};

const TO: &str = "+12133610872";

fn call_to(to: &str) -> Value {
    json!({"phone_number": to, "task": "Confirm the reservation for two.", "max_duration": 3})
}

/// The address of a dry run.
fn dry(path: &str) -> String {
    format!("{path}?dry_run=true")
}

/// Everything that a dry run must leave as it is: the table, and what each neighbour was asked.
fn world(stack: &Stack) -> (Vec<String>, u64, u64) {
    let mut rows: Vec<String> = stack.dynamo.rows().iter().map(Value::to_string).collect();
    rows.sort_unstable();
    let writes =
        ["TransactWriteItems", "UpdateItem", "PutItem", "DeleteItem"].iter().map(|it| stack.dynamo.faults().count(it));
    let foreign = [stack.facilitator.faults(), stack.bland.faults(), stack.twilio.faults(), stack.chain.faults()];
    (rows, writes.sum(), foreign.iter().map(|faults| faults.count("*")).sum())
}

/// A dry run's answer. It says what it is, and has changed nothing.
async fn rehearsed(stack: &Stack, request: Request) -> Response {
    let before = world(stack);
    let answer = request.send().await;
    assert_eq!(world(stack), before, "a dry run leaves everything as it is: {}", answer.json());
    assert_eq!(answer.header("dry-run"), Some("true"), "{}", answer.json());
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    for receipt in ["payment-response", "x-payment-response", "x-payment-receipt", "idempotent-replayed"] {
        assert_eq!(answer.header(receipt), None, "{receipt}");
    }
    answer
}

/// Asks, signs in, and asks again.
async fn by_sign_in(stack: &Stack, path: &str, body: &Value, wallet: &impl Signer) -> Response {
    let request = stack.post(&dry(path)).body(body);
    let challenge = request.clone().send().await.challenge();
    rehearsed(stack, request.signed_in_with(&wallet.signs_in(&challenge))).await
}

async fn with_payment(stack: &Stack, path: &str, body: &Value, payment: &Payment) -> Response {
    rehearsed(stack, stack.post(&dry(path)).body(body).paid_with(payment)).await
}

async fn payment(stack: &Stack, path: &str, wallet: &Wallet) -> Payment {
    wallet.signs(&stack.post(path).demand().await)
}

#[tokio::test]
async fn a_wallet_that_has_signed_in_learns_what_would_happen() {
    let stack = Stack::builder(binaries!()).solana().start().await;
    let (wallet, on_solana) = (stack.wallet(), stack.solana_wallet());
    let number = stack.buys(&wallet).await;
    stack.buys(&on_solana).await;

    let call = by_sign_in(&stack, CALL, &call_to(TO), &wallet).await.expect(200).json();
    assert_eq!((&call["dry_run"], &call["would"]), (&json!(true), &json!("place_call")));
    assert_eq!((&call["from"], &call["to"]), (&json!(number), &json!(TO)));
    assert_eq!((&call["price"], &call["charge"], &call["payment"]), (&json!("0.54"), &json!("0.54"), &json!("none")));
    assert_eq!((&call["wallet"], &call["expected_duration_minutes"]), (&json!(wallet.text()), &json!(3)));
    assert_eq!(call["not_checked"], json!(["balance", "facilitator", "dialler"]));
    let limits = json!({
        "calls_in_flight_per_wallet": 3, "calls_per_wallet_per_hour": 20, "calls_per_wallet_per_day": 100,
        "refused_calls_per_wallet_per_day": 10,
        "calls_per_wallet_and_destination_per_hour": 3, "calls_per_wallet_and_destination_per_day": 6,
        "call_cost_per_wallet_per_day": "6.00", "doubtful_payments_per_wallet": 2,
    });
    assert_eq!(call["limits"], limits);
    assert!(call["message"].as_str().is_some_and(|text| text.contains("nothing was charged")));

    let renewed = by_sign_in(&stack, RENEW, &json!({"phone_number": number}), &wallet).await.expect(200).json();
    assert_eq!((&renewed["would"], &renewed["phone_number"]), (&json!("renew_number"), &json!(number)));
    let bought = by_sign_in(&stack, BUY, &json!({"country": "US"}), &wallet).await.expect(200).json();
    assert_eq!((&bought["would"], &bought["price"]), (&json!("lease_number"), &json!("5.00")));
    assert_eq!(bought["not_checked"], json!(["balance", "facilitator", "carrier", "dialler"]), "none is in stock");
    assert_eq!(bought["limits"]["numbers_per_wallet_per_day"], 9);
    for (path, would) in [(LIST, "list_numbers"), (CALLS, "list_calls")] {
        let listed = by_sign_in(&stack, path, &json!({}), &wallet).await.expect(200).json();
        assert_eq!((&listed["would"], &listed["price"]), (&json!(would), &json!("0.001")), "{path}");
        let alias = by_sign_in(&stack, &path.replacen("/api", "", 1), &json!({}), &wallet).await;
        assert_eq!(alias.expect(200).json(), listed);
    }
    let theirs = by_sign_in(&stack, CALL, &call_to(TO), &on_solana).await.expect(200).json();
    assert_eq!((&theirs["would"], &theirs["wallet"]), (&json!("place_call"), &json!(on_solana.text())));

    // What it says of a renewal is what the renewal then says.
    let real = stack.post(RENEW).body(&json!({"phone_number": number})).pay(&wallet).await.answer.expect(200).json();
    assert_eq!(real["expires_at"], renewed["expires_at"]);
    // And what is left is one less for a call that is placed.
    stack.calls(&wallet, TO).await;
    let after = by_sign_in(&stack, CALL, &call_to("+12133610873"), &wallet).await.expect(200).json();
    let left = |name: &str| after["limits"][name].clone();
    assert_eq!((left("calls_in_flight_per_wallet"), left("calls_per_wallet_per_hour")), (json!(2), json!(19)));
    assert_eq!(left("calls_per_wallet_and_destination_per_hour"), 3, "another number");
    assert!(left("call_cost_per_wallet_per_day").as_str().is_some_and(|cost| cost < "6.00"));
}

#[tokio::test]
async fn a_number_in_stock_is_leased_without_the_carrier() {
    let stack = Stack::start(binaries!()).await;
    let (former, wallet) = (stack.wallet(), stack.wallet());
    stack.buys(&former).await;
    stack.travel(Duration::from_hours(24 * 31));
    stack.sweep().await;
    stack.travel(Duration::from_hours(24 * 3));
    let bought = by_sign_in(&stack, BUY, &json!({}), &wallet).await.expect(200).json();
    assert_eq!(
        (&bought["would"], &bought["not_checked"]),
        (&json!("lease_number"), &json!(["balance", "facilitator"]))
    );
    let elsewhere = by_sign_in(&stack, BUY, &json!({"country": "CA"}), &wallet).await.expect(200).json();
    assert_eq!(elsewhere["not_checked"], json!(["balance", "facilitator", "carrier", "dialler"]));
}

#[tokio::test]
async fn who_has_shown_no_wallet_is_asked_to_sign_in_and_a_bad_sign_in_is_a_401() {
    let stack = Stack::builder(binaries!()).solana().start().await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    let reads = stack.dynamo.faults().count("*");
    for (path, body) in
        [(CALL, call_to(TO)), (LIST, json!({})), (BUY, json!([1])), (RENEW, json!({})), (CALLS, json!({}))]
    {
        let asked = rehearsed(&stack, stack.post(&dry(path)).body(&body)).await;
        if path == BUY {
            asked.refused(400, "bad_request");
            continue;
        }
        let said = asked.refused(402, "sign_in_required");
        let demand = asked.demand();
        assert_eq!((&said["accepts"], &demand.required["accepts"]), (&json!([]), &json!([])), "{path}");
        let info = &demand.required["extensions"]["sign-in-with-x"]["info"];
        assert_eq!(info["uri"], format!("{}{path}", stack.urls.gateway), "what is behind the question mark is no part");
        assert_eq!(info["statement"], "Sign in to see what a request would do. Signing in buys nothing.", "{path}");
        assert!(said["message"].as_str().is_some_and(|text| text.contains("Nothing is to be paid")));
    }
    // What is wrong with a request is said to each who asks, as it is without a dry run.
    rehearsed(&stack, stack.post(&dry(CALL)).body(&json!({"task": "x"}))).await.refused(400, "bad_request");
    let challenge = stack.post(&dry(CALL)).body(&call_to(TO)).send().await.challenge();
    let elsewhere = stack.post(&dry(LIST)).send().await.challenge();
    for (what, code, signed) in [
        ("old", "siwx_expired", wallet.signs_in(&challenge).issued(-301)),
        ("forged", "siwx_invalid_signature", wallet.signs_in(&challenge).signed_by(&Wallet::random())),
        ("for another address", "siwx_wrong_uri", wallet.signs_in(&elsewhere)),
        (
            "with what is said of a list",
            "siwx_wrong_statement",
            wallet.signs_in(&challenge).with("statement", "Sign in to see your own numbers and calls."),
        ),
    ] {
        let refused = rehearsed(&stack, stack.post(&dry(CALL)).body(&call_to(TO)).signed_in_with(&signed)).await;
        refused.refused(401, code);
        assert!(refused.header("payment-required").is_none(), "{what}");
    }
    assert_eq!(stack.dynamo.faults().count("*"), reads, "nothing is read for a wallet that is not known");
    // Signing in buys nothing: without `dry_run` the price is asked for.
    let signed = wallet.signs_in(&challenge);
    stack.post(CALL).body(&call_to(TO)).signed_in_with(&signed).send().await.refused(402, "payment_required");
    // Other methods are as they were.
    stack.get(&dry(CALL)).send().await.refused(405, "method_not_allowed");
    assert_eq!(stack.request(Method::OPTIONS, &dry(CALL)).send().await.status, 204);
}

#[tokio::test]
async fn what_is_nearly_a_dry_run_is_never_sold_and_looks_at_no_payment() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let good = payment(&stack, LIST, &wallet).await;
    let (earned, before) = (stack.earned(), world(&stack));
    for query in [
        "dry-run=true",
        "dryRun=true",
        "DRY_RUN=true",
        "dry_run=yes",
        "dry_run=1",
        "dry_run=True",
        "dry_run",
        "dry_run=",
        "dry_run=true&dry_run=true",
        "dry_run=false&dry_run=true",
        "dry_run=true&dryRun=false",
        "dry_rn=true",
        "dry%2Drun=true",
        "dry_run%20=true",
        "dry_run=true%20",
        "dry_run[]=true",
        "is_dry_run=true",
    ] {
        for header in [good.header().1.as_str(), "not a payment"] {
            let sent = stack.post(&format!("{LIST}?{query}")).header("PAYMENT-SIGNATURE", header).send().await;
            let refused = sent.refused(400, "bad_request");
            assert_eq!(refused["field"], "dry_run", "{query}");
            assert!(refused["message"].as_str().is_some_and(|text| text.ends_with("Not charged.")), "{query}");
        }
    }
    for body in [json!({"dry_run": true}), json!({"dryRun": "true"}), json!({"DRY-RUN": 1})] {
        for query in ["", "?dry_run=true", "?dry_run=false"] {
            let sent = stack.post(&format!("{LIST}{query}")).body(&body).header("PAYMENT-SIGNATURE", "not a payment");
            assert_eq!(sent.send().await.refused(400, "bad_request")["field"], "dry_run", "{body} {query}");
        }
    }
    assert_eq!((stack.earned(), world(&stack)), (earned, before));
    // A no is a no; and what was refused is still good.
    stack.post(&format!("{LIST}?dry_run=false")).paid_with(&good).send().await.expect(200);
    assert_eq!(stack.earned(), earned + 1_000);
    stack.post(LIST).body(&json!({"dry_run": false})).pay(&wallet).await.answer.expect(200);
}

#[tokio::test]
async fn a_payment_that_was_rehearsed_buys_afterwards_and_what_it_bought_is_told() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    let good = payment(&stack, CALL, &wallet).await;
    for _ in 0..3 {
        let would = with_payment(&stack, CALL, &call_to(TO), &good).await.expect(200).json();
        assert_eq!((&would["would"], &would["payment"]), (&json!("place_call"), &json!("signed")));
    }
    // Another request may be rehearsed with it, too: it belongs to none yet.
    with_payment(&stack, CALL, &call_to("+12133610999"), &good).await.expect(200);
    let named = |request: Request| request.header("Idempotency-Key", "an-order");
    rehearsed(&stack, named(stack.post(&dry(CALL)).body(&call_to("+12133610998")).paid_with(&good))).await.expect(200);
    let placed = named(stack.post(CALL).body(&call_to(TO)).paid_with(&good)).send().await;
    assert_eq!(placed.expect(200).header("idempotent-replayed"), None, "it is no repeat");
    // By then it has bought that.
    let again = with_payment(&stack, CALL, &call_to(TO), &good).await.expect(200).json();
    assert_eq!((&again["would"], &again["charge"]), (&json!("replay"), &json!("0.00")));
    with_payment(&stack, CALL, &call_to("+12133610999"), &good).await.refused(409, "payment_conflict");
    // Under its name as well, also where it is rehearsed by signing in.
    let request = |to: &str| named(stack.post(&dry(CALL)).body(&call_to(to)));
    let challenge = request(TO).send().await.challenge();
    let signed = wallet.signs_in(&challenge);
    let same = rehearsed(&stack, request(TO).signed_in_with(&signed)).await.expect(200).json();
    assert_eq!((&same["would"], &same["payment"]), (&json!("replay"), &json!("none")));
    let other = rehearsed(&stack, request("+12133610999").signed_in_with(&signed)).await;
    other.refused(409, "idempotency_conflict");
    let busy = by_sign_in(&stack, CALL, &call_to(TO), &wallet).await.refused(409, "call_in_progress");
    assert_eq!(busy["call_id"], placed.json()["call_id"]);
}

#[tokio::test]
async fn what_only_a_contract_can_judge_is_not_asked_and_nothing_is_read_for_it() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    let demand = stack.post(CALL).demand().await;
    let bytes = [vec![0xab; 224], [0x64, 0x92].repeat(16)].concat();
    let junk = || Wallet::random().signs(&demand).from(wallet.address()).signature(vec![0xab; 130]);
    let reads = stack.dynamo.faults().count("*");
    let would = with_payment(&stack, CALL, &call_to(TO), &junk()).await.expect(200).json();
    assert_eq!((&would["would"], &would["payment"]), (&json!("check_payment"), &json!("not_checked")));
    assert!(would.get("wallet").is_none() && would.get("from").is_none() && would.get("limits").is_none(), "{would}");
    assert_eq!(would["not_checked"], json!(["balance", "facilitator", "signature"]));
    with_payment(&stack, CALL, &json!({"task": "x"}), &junk()).await.refused(400, "bad_request");
    with_payment(&stack, CALL, &call_to(TO), &junk().valid_for(-60).signature(vec![0xab; 130]))
        .await
        .refused(402, "payment_required");
    let mismatch = with_payment(&stack, CALL, &call_to(TO), &junk().value(1).signature(vec![0xab; 130])).await;
    assert_eq!(mismatch.refused(402, "payment_required")["reason"], "value_mismatch");
    // One that no contract could accept is refused here.
    let malformed = with_payment(&stack, CALL, &call_to(TO), &junk().signature(bytes)).await;
    assert_eq!(malformed.refused(402, "payment_required")["reason"], "invalid_signature");
    assert_eq!(stack.dynamo.faults().count("*"), reads);
}

#[tokio::test]
async fn whose_a_number_is_costs_more_than_a_dry_run() {
    let stack = Stack::start(binaries!()).await;
    let (wallet, landlord) = (stack.wallet(), stack.wallet());
    stack.buys(&wallet).await;
    let (theirs, free) = (stack.buys(&landlord).await, "+12125550199");
    let mut answers = Vec::new();
    for number in [theirs.as_str(), free] {
        let refused = by_sign_in(&stack, RENEW, &json!({"phone_number": number}), &wallet).await;
        let refused = refused.refused(403, "wrong_wallet");
        assert!(refused.get("actualOwner").is_none(), "{refused}");
        answers.push(refused);
        let body = json!({"phone_number": TO, "task": "Confirm the reservation.", "from": number});
        assert!(
            by_sign_in(&stack, CALL, &body, &wallet).await.refused(403, "wrong_wallet").get("actualOwner").is_none()
        );
    }
    assert_eq!(answers[0], answers[1], "whether a number is leased cannot be told from it");
    let told = stack.post(RENEW).body(&json!({"phone_number": theirs})).pay(&wallet).await.answer;
    assert_eq!(told.refused(403, "wrong_wallet")["actualOwner"], landlord.text());
}

#[tokio::test]
async fn what_is_left_halfway_and_what_is_in_doubt_is_said_and_not_carried_on() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.facilitator.faults().always("POST */settle", Fault::Refuse(Answer::html(500)));
    let first = stack.post(LIST).pay(&wallet).await;
    first.answer.refused(503, "payment_pending");
    let halfway = with_payment(&stack, LIST, &json!({}), &first.payment).await.expect(200).json();
    assert_eq!((&halfway["would"], halfway.get("charge")), (&json!("finish_earlier"), None));
    let left = by_sign_in(&stack, LIST, &json!({}), &wallet).await.expect(200).json();
    assert_eq!(left["limits"]["doubtful_payments_per_wallet"], 1);
    stack.post(LIST).pay(&wallet).await.answer.refused(503, "payment_pending");
    let third = by_sign_in(&stack, LIST, &json!({}), &wallet).await.refused(429, "rate_limited");
    assert_eq!(third["limit"], "doubtful_payments_per_wallet");
    stack.facilitator.faults().clear();
    stack.post(LIST).paid_with(&first.payment).send().await.expect(200);
    let over = with_payment(&stack, LIST, &json!({}), &first.payment).await.expect(200).json();
    assert_eq!(over["would"], "replay");
}

#[tokio::test]
async fn what_a_claim_would_meet_is_met_by_a_dry_run() {
    let stack = Stack::start(binaries!()).await;
    let (unpaid, callee, paused) = (stack.wallet(), stack.wallet(), stack.wallet());
    for wallet in [&unpaid, &callee, &paused] {
        stack.buys(wallet).await;
    }
    // A phone rang, and was not paid for.
    stack.facilitator.decline_next("insufficient_funds");
    stack.post(CALL).body(&call_to(TO)).pay(&unpaid).await.answer.refused(402, "payment_required");
    let refused = by_sign_in(&stack, CALL, &call_to("+12133610001"), &unpaid).await.refused(429, "rate_limited");
    assert_eq!(refused["limit"], "unpaid_rings_per_wallet_per_day");
    // A callee who has opted out is only looked up by the claim.
    let store = operator(&stack);
    let number = PhoneNumber::parse("+12133610002").expect("a number");
    assert!(store.opt_out(&number, "asked for it", &by(1), now()).await.expect("answers"));
    by_sign_in(&stack, CALL, &call_to("+12133610002"), &callee).await.refused(403, "destination_opted_out");
    let ours = shared::types::Wallet::Evm { network: EvmNetwork::BaseSepolia, address: paused.address() };
    assert!(store.pause_selling(Pause::New, "a test", &by(2), now()).await.expect("answers"));
    by_sign_in(&stack, CALL, &call_to(TO), &paused).await.refused(503, "selling_paused");
    by_sign_in(&stack, LIST, &json!({}), &paused).await.expect(200);
    assert!(store.resume_selling(&by(3)).await.expect("answers"));
    assert!(store.block_wallet(&ours, "scams", &by(4), now()).await.expect("answers"));
    by_sign_in(&stack, LIST, &json!({}), &paused).await.refused(403, "wallet_blocked");
}

#[tokio::test]
async fn however_often_it_is_asked_nothing_is_counted_and_each_costs_the_same() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    let good = payment(&stack, CALL, &wallet).await;
    let challenge = stack.post(&dry(CALL)).body(&call_to(TO)).send().await.challenge();
    let signed = wallet.signs_in(&challenge);
    let before = world(&stack);
    let mut costs = Vec::new();
    for round in 0..60 {
        let request = stack.post(&dry(CALL)).body(&call_to(TO));
        let request = if round % 2 == 0 { request.signed_in_with(&signed) } else { request.paid_with(&good) };
        stack.dynamo.count_units();
        request.send().await.expect(200);
        let units = stack.dynamo.units();
        assert_eq!(units.writes, 0);
        costs.push(units.read_halves);
    }
    assert_eq!(world(&stack), before);
    assert!(costs.iter().all(|cost| *cost <= 60 && *cost == costs[0]), "{costs:?}");
    let limits = with_payment(&stack, CALL, &call_to(TO), &good).await.json()["limits"].clone();
    assert_eq!(limits["calls_per_wallet_per_hour"], 20, "none was counted");
    stack.post(CALL).body(&call_to(TO)).paid_with(&good).send().await.expect(200);
}
