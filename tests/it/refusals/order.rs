//! The order of refusals, where [`super::Walk`] needs a world of its own: what an operator refuses,
//! what is in doubt, what hangs up, whom a wallet may not call now. And that each refusal is
//! walked, or is known to stand apart.

use std::collections::BTreeSet;

use harness::binaries;
use shared::store::Pause;
use shared::types::{EvmNetwork, PhoneNumber};

use super::*;
use crate::by_hand::{by, now, operator};

/// What no walk reaches, because nothing else can be wrong with a request that gets there: it
/// depends on another request at the same moment, or on a neighbour that is asked only once all
/// else is right. Each has tests of its own.
const APART: [(&str, &str); 8] = [
    (
        "PaymentUsed",
        "the facilitator is asked beside what is planned, so what is wrong with a body is said first (sales/)",
    ),
    ("PaymentInProgress", "needs a second request with the same payment at the same moment (races/)"),
    ("RenewalInProgress", "needs a second renewal of the same number at the same moment (once.rs)"),
    ("NotVerified", "the facilitator does not answer, so nothing else of the payment is known (doubt.rs)"),
    ("UpstreamDoubt", "the dialler does not answer, and that the rest was right is why it was asked (voice_call.rs)"),
    ("NotSettled", "all that was asked for is there, and cannot be paid for now (doubt.rs)"),
    ("PaymentPending", "the payment was sent, so nothing else can be refused any more (doubt.rs)"),
    ("DeliveryPending", "it is paid, so nothing else can be refused any more (paid_first.rs)"),
];

#[test]
fn each_refusal_is_walked_or_known_to_stand_apart() {
    let declared = Walk::begin().declared;
    let mut walked = BTreeSet::new();
    for file in crate::tidy::source::rust_files("tests/it") {
        let code = crate::tidy::source::read(&file);
        walked.extend(code.split("walk.meets(\"").skip(1).filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())));
    }
    for variant in &declared {
        let apart = APART.iter().any(|(name, _)| name == variant);
        assert!(walked.contains(variant) != apart, "{variant}: walk.meets it, or say why it stands apart; not both");
    }
    for (name, why) in APART {
        assert!(declared.iter().any(|variant| variant == name) && !why.is_empty(), "{name} is not a refusal");
    }
}

#[tokio::test]
async fn a_name_an_operator_and_a_doubt_refuse_before_a_body_is_read() {
    let mut walk = Walk::begin();
    let stack = Stack::start(binaries!()).await;
    let (wallet, store) = (stack.wallet(), operator(&stack));
    let ours = shared::types::Wallet::Evm { network: EvmNetwork::BaseSepolia, address: wallet.address() };
    let named = |path: &str| stack.post(path).header("idempotency-key", "the-list");
    named(LIST).pay(&wallet).await.answer.expect(200);
    stack.facilitator.faults().always("POST */settle", Fault::Refuse(Answer::html(500)));
    let mut doubtful = Vec::new();
    for _ in 0..2 {
        let paid = stack.post(LIST).pay(&wallet).await;
        paid.answer.refused(503, "payment_pending");
        doubtful.push(paid.payment);
    }
    assert!(store.block_wallet(&ours, "a test", &by(1), now()).await.expect("answers"));
    assert!(store.pause_selling(Pause::All, "a test", &by(2), now()).await.expect("answers"));

    let good = payment(&stack, &wallet).await;
    let worst = json!({"phone_number": PREMIUM, "task": "short"});
    let another = json!({"phone_number": TO, "task": TASK});
    named(CALL).body(&another).paid_with(&good).send().await.refused(409, "idempotency_conflict");
    walk.meets("IdempotencyConflict");
    call(&stack, &worst, &good).await.refused(403, "wallet_blocked");
    walk.meets("WalletBlocked");
    assert!(store.unblock_wallet(&ours, &by(3)).await.expect("answers"));
    call(&stack, &worst, &good).await.refused(503, "selling_paused");
    walk.meets("SellingPaused");
    assert!(store.resume_selling(&by(4)).await.expect("answers"));
    let refused = call(&stack, &worst, &good).await.refused(429, "rate_limited");
    assert_eq!(refused["limit"], "doubtful_payments_per_wallet");
    walk.meets("InDoubt");
    stack.facilitator.faults().clear();
    for paid in &doubtful {
        stack.post(LIST).paid_with(paid).send().await.expect(200);
    }
    call(&stack, &worst, &good).await.refused(400, "bad_request");
    walk.meets("BadRequest");
}

#[tokio::test]
async fn a_hang_up_is_refused_for_the_page_that_asks_before_the_call_is_looked_up() {
    let mut walk = Walk::begin();
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    let placed = stack.calls(&wallet, TO).await;
    stack.bland.finish_all();
    stack.travel(Duration::from_mins(5));
    stack.poll(&placed).await;
    let at = |id: &str| format!("/api/v1/voice/call/{id}/hangup");
    let (unknown, over) = (at("unknown"), at(placed["call_id"].as_str().expect("an id")));
    let huge = format!("{{\"pad\":\"{}\"}}", "x".repeat(129 * 1024));

    let foreign = |method| stack.request(method, &unknown).header("sec-fetch-site", "cross-site");
    let sent = foreign(http::Method::PUT).raw("text/plain", huge.clone()).send().await;
    sent.refused(405, "method_not_allowed");
    walk.meets("MethodNotAllowed");
    foreign(http::Method::POST).raw("text/plain", huge.clone()).send().await.refused(403, "foreign_page");
    walk.meets("ForeignPage");
    stack.post(&unknown).raw("application/json", huge).send().await.refused(413, "too_large");
    walk.meets("TooLarge");
    stack.post(&unknown).body(&json!({"dry_run": true})).send().await.refused(400, "bad_request");
    walk.meets("BadRequest");
    stack.post(&unknown).body(&json!({})).send().await.refused(404, "unknown_call");
    walk.meets("UnknownCall");
    stack.post(&over).body(&json!({})).send().await.refused(409, "call_already_ended");
    walk.meets("CallAlreadyEnded");
}

#[tokio::test]
async fn a_call_under_way_and_an_opt_out_come_before_a_limit_that_passes() {
    let mut walk = Walk::begin();
    let stack = Stack::start(binaries!()).await;
    let (wallet, elsewhere, store) = (stack.wallet(), stack.wallet_with(0), operator(&stack));
    let (first, _second) = (stack.buys(&wallet).await, stack.buys(&wallet).await);
    let body = json!({"phone_number": TO, "task": TASK, "from": first});
    // As many as may be to one number in an hour, of which the last goes on.
    for each in 0..3 {
        let placed = stack.post(CALL).body(&body).pay(&wallet).await.answer.expect(200).json();
        if each < 2 {
            stack.bland.finish_all();
            stack.travel(Duration::from_mins(3));
            stack.poll(&placed).await;
        }
    }
    let number = PhoneNumber::parse(TO).expect("a number");
    assert!(store.opt_out(&number, "asked for it", &by(1), now()).await.expect("answers"));
    stack
        .chain
        .transfer(wallet.address(), elsewhere.address(), stack.chain.balance(wallet.address()))
        .expect("drained");
    let good = payment(&stack, &wallet).await;

    call(&stack, &json!({"phone_number": TO, "task": TASK}), &good).await.refused(400, "ambiguous_from");
    walk.meets("AmbiguousFrom");
    call(&stack, &body, &good).await.refused(409, "call_in_progress");
    walk.meets("CallInProgress");
    stack.bland.finish_all();
    stack.travel(Duration::from_mins(3));
    stack.sweep().await;
    let good = payment(&stack, &wallet).await;
    call(&stack, &body, &good).await.refused(403, "destination_opted_out");
    walk.meets("DestinationOptedOut");
    assert!(store.opt_in(&number, &by(2)).await.expect("answers"));
    let refused = call(&stack, &body, &good).await.refused(429, "rate_limited");
    assert_eq!(refused["limit"], "calls_per_wallet_and_destination_per_hour");
    walk.meets("RateLimited");
    stack.travel(Duration::from_hours(1));
    stack.chain.mint(wallet.address(), 10_000_000);
    stack.bland.limit_next("Rate limit exceeded");
    let good = payment(&stack, &wallet).await;
    call(&stack, &body, &good).await.refused(429, "upstream_rate_limited");
    walk.meets("UpstreamRateLimited");
}
