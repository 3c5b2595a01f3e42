//! A doubt about the last purchase ends when it is said to end.

use std::time::Duration;

use harness::sim::bland::Script;
use harness::sim::{Answer, Fault};
use harness::spec::{BUY, CALL, LIST, RENEW};
use harness::{Stack, binaries};
use serde_json::json;

use super::{KEY, TASK, call_to, retry_after, world};

/// The dialler has failed, and did or did not place the call: the doubt is over in seconds, and
/// `Retry-After` says so.
#[tokio::test]
async fn after_an_error_of_the_dialler_a_wallet_may_call_when_we_say() {
    for (fault, rang) in [
        (Fault::Refuse(Answer::json(503, &json!({}))), false),
        (Fault::Refuse(Answer::json(500, &json!({}))), false),
        (Fault::Replace(Answer::json(502, &json!({}))), true),
    ] {
        let (stack, wallet) = world().await;
        // The lists fail as well, or the doubt would end at once.
        stack.bland.faults().once("POST /v1/calls", fault.clone());
        stack.bland.faults().once("GET /v1/calls", Fault::Refuse(Answer::json(503, &json!({}))));
        let paid = stack.post(CALL).body(&call_to(1)).pay(&wallet).await;
        paid.answer.refused(502, "upstream_error");
        let wait = retry_after(&paid.answer);
        assert!((1..=10).contains(&wait), "{wait} s after {fault:?}");
        stack.travel(Duration::from_secs(wait));
        let again = stack.post(CALL).body(&call_to(1)).paid_with(&paid.payment).send().await;
        if rang {
            // It was stopped, and its payment is never used: another one is needed, and is taken.
            again.refused(402, "payment_required");
            stack.post(CALL).body(&call_to(2)).pay(&wallet).await.answer.expect(200);
        } else {
            again.expect(200);
        }
        assert_eq!(stack.earned(), 5_540_000, "{fault:?}");
    }
}

/// A client that repeats at once waits for the end of the doubt, and is then served as if it had
/// come later. What it planned beside its own first attempt is not what it is told.
#[tokio::test]
async fn the_same_header_at_once_after_an_error_of_the_dialler_is_served() {
    let (stack, wallet) = world().await;
    stack.bland.faults().once("POST /v1/calls", Fault::Refuse(Answer::json(500, &json!({}))));
    let paid = stack.post(CALL).body(&call_to(1)).pay(&wallet).await;
    paid.answer.refused(502, "upstream_error");
    let again = || stack.post(CALL).body(&call_to(1)).paid_with(&paid.payment).send();
    for answer in [again().await, again().await] {
        answer.expect(200);
    }
    assert_eq!((stack.bland.calls().len(), stack.earned()), (1, 5_540_000));
}

/// The same under a wallet's own name, with another payment.
#[tokio::test]
async fn another_payment_under_the_same_name_at_once_after_an_error_of_the_dialler_is_served() {
    let (stack, wallet) = world().await;
    stack.bland.faults().once("POST /v1/calls", Fault::Refuse(Answer::json(500, &json!({}))));
    let call = || stack.post(CALL).body(&call_to(1)).header(KEY, "one-call").pay(&wallet);
    call().await.answer.refused(502, "upstream_error");
    call().await.answer.expect(200);
    assert_eq!((stack.bland.calls().len(), stack.earned()), (1, 5_540_000));
}

/// Another payment of the same wallet does not wait for the reaper either.
#[tokio::test]
async fn another_call_of_the_wallet_ends_the_doubt_about_the_last_one() {
    let (stack, wallet) = world().await;
    stack.bland.faults().once("POST /v1/calls", Fault::Refuse(Answer::json(503, &json!({}))));
    stack.bland.faults().once("GET /v1/calls", Fault::Refuse(Answer::json(503, &json!({}))));
    let failed = stack.post(CALL).body(&call_to(1)).pay(&wallet).await.answer;
    failed.refused(502, "upstream_error");
    stack.travel(Duration::from_secs(retry_after(&failed)));
    for last in [1, 2] {
        stack.post(CALL).body(&call_to(last)).pay(&wallet).await.answer.expect(200);
    }
}

/// A renewal whose payment is in doubt is in the way of another one no longer than the doubt is,
/// and no guess is said.
#[tokio::test]
async fn another_renewal_ends_the_doubt_about_the_last_one() {
    let (stack, wallet) = world().await;
    let listed = stack.post(LIST).pay(&wallet).await.answer.expect(200).json();
    let renew = || stack.post(RENEW).body(&json!({"phone_number": listed["numbers"][0]["phone_number"]})).pay(&wallet);
    stack.facilitator.faults().always("POST */settle", Fault::Refuse(Answer::json(500, &json!({}))));
    renew().await.answer.refused(503, "payment_pending");
    // It cannot be said yet: it is said when the next request looks again.
    let doubt = renew().await.answer;
    assert_eq!(doubt.refused(429, "rate_limited")["limit"], "renewals_per_number");
    assert_eq!(retry_after(&doubt), 15);
    assert!(doubt.json()["message"].as_str().expect("words").contains("is not known yet"), "{}", doubt.json());
    // As soon as it can be known, a new payment finds it out. It is not used before it is sent
    // again.
    stack.facilitator.faults().clear();
    let again = renew().await;
    let told = again.answer.refused(409, "renewal_in_progress");
    assert!(told["transaction"].as_str().is_some_and(|transaction| transaction.starts_with("0x")), "{told}");
    assert_eq!(stack.earned(), 5_001_000 + 5_000_000);
    let body = json!({"phone_number": listed["numbers"][0]["phone_number"]});
    stack.post(RENEW).body(&body).paid_with(&again.payment).send().await.expect(200);
    assert_eq!(stack.earned(), 5_001_000 + 10_000_000);
    stack.travel(Duration::from_hours(1));
    let after = stack.post(LIST).pay(&wallet).await.answer.expect(200).json();
    assert_eq!(after["numbers"][0]["days_remaining"], 89);
}

/// Neither can be told more than that for as long as the doubt lasts, and neither pays for it.
#[tokio::test]
async fn two_renewals_at_once_are_told_the_same_for_as_long_as_the_doubt_about_one_lasts() {
    let (stack, wallet) = world().await;
    let listed = stack.post(LIST).pay(&wallet).await.answer.expect(200).json();
    let body = json!({"phone_number": listed["numbers"][0]["phone_number"]});
    stack.facilitator.faults().always("POST */settle", Fault::Refuse(Answer::json(500, &json!({}))));
    stack.chain.faults().always("*", Fault::Overload);
    let renew = || stack.post(RENEW).body(&body).pay(&wallet);
    let (one, other) = futures_util::future::join(renew(), renew()).await;
    let is_first = one.answer.status == 503;
    let (first, second) = if is_first { (one, other) } else { (other, one) };
    first.answer.refused(503, "payment_pending");
    let mut said = second.answer;
    let again = |payment| stack.post(RENEW).body(&body).paid_with(payment).send();
    for _ in 0..3 {
        assert_eq!(said.refused(429, "rate_limited")["limit"], "renewals_per_number");
        assert_eq!(retry_after(&said), 15);
        stack.travel(Duration::from_secs(15));
        again(&first.payment).await.refused(503, "payment_pending");
        said = again(&second.payment).await;
    }
    stack.facilitator.faults().clear();
    stack.chain.faults().clear();
    stack.travel(Duration::from_secs(15));
    let made = again(&first.payment).await.expect(200).json();
    assert_eq!(stack.earned(), 5_001_000 + 5_000_000, "one of them is paid");
    let more = again(&second.payment).await.expect(200).json();
    assert!(more["expires_at"].as_str() > made["expires_at"].as_str(), "{made} and {more}");
    assert_eq!(stack.earned(), 5_001_000 + 10_000_000);
}

/// The request was lost on its way: it may still arrive, so it takes a minute, and we say so.
#[tokio::test]
async fn a_dialler_that_does_not_answer_is_a_doubt_of_a_minute_at_most() {
    let (stack, wallet) = world().await;
    stack.bland.faults().once("POST /v1/calls", Fault::Drop);
    let failed = stack.post(CALL).body(&call_to(1)).pay(&wallet).await;
    failed.answer.refused(502, "upstream_error");
    let wait = retry_after(&failed.answer);
    assert!((30..=60).contains(&wait), "{wait}");
    // Too early: the caller is told how long it takes, and not two seconds.
    stack.travel(Duration::from_secs(30));
    let early = stack.post(CALL).body(&call_to(1)).paid_with(&failed.payment).send().await;
    early.refused(409, "payment_in_progress");
    let left = retry_after(&early);
    assert!((1..=30).contains(&left), "{left}");
    let other = stack.post(CALL).body(&call_to(2)).pay(&wallet).await.answer;
    assert_eq!(other.refused(429, "rate_limited")["limit"], "unpaid_calls_per_wallet");
    stack.travel(Duration::from_secs(retry_after(&other)));
    stack.post(CALL).body(&call_to(1)).paid_with(&failed.payment).send().await.expect(200);
}

/// What is reserved for a call comes back when it is over, and is not announced for tomorrow.
#[tokio::test]
async fn what_a_call_has_not_cost_is_free_a_minute_after_its_end() {
    let (stack, wallet) = world().await;
    let dear = json!({"phone_number": "+442079460000", "task": TASK});
    stack.bland.script_next(Script::UserHangsUp);
    let placed = stack.post(CALL).body(&dear).pay(&wallet).await.answer.expect(200).json();
    let other = json!({"phone_number": "+442079460001", "task": TASK});
    let running = stack.post(CALL).body(&other).pay(&wallet).await.answer;
    assert_eq!(running.refused(429, "rate_limited")["limit"], "dear_call_cost_per_new_wallet_per_day");
    let wait = retry_after(&running);
    assert!((60..=40 * 60).contains(&wait), "{wait}: no later than the call's own end and a look at it");
    stack.bland.finish_all();
    stack.travel(Duration::from_secs(30));
    stack.poll(&placed).await;
    let over = stack.post(CALL).body(&other).pay(&wallet).await.answer;
    over.refused(429, "rate_limited");
    let wait = retry_after(&over);
    assert!((50..=60).contains(&wait), "{wait}");
    stack.travel(Duration::from_secs(wait));
    stack.post(CALL).body(&other).pay(&wallet).await.answer.expect(200);
}

/// The same at the carrier: what became of the purchase is known when we say, and by the same
/// header.
#[tokio::test]
async fn after_an_error_of_the_carrier_the_same_header_buys_when_we_say() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.twilio.faults().once("POST *IncomingPhoneNumbers*", Fault::Refuse(Answer::json(503, &json!({}))));
    let paid = stack.post(BUY).body(&json!({})).pay(&wallet).await;
    paid.answer.refused(502, "upstream_error");
    let wait = retry_after(&paid.answer);
    assert!((30..=60).contains(&wait), "{wait}");
    stack.travel(Duration::from_secs(wait / 2));
    let early = stack.post(BUY).body(&json!({})).paid_with(&paid.payment).send().await;
    early.refused(409, "payment_in_progress");
    stack.travel(Duration::from_secs(retry_after(&early)));
    stack.post(BUY).body(&json!({})).paid_with(&paid.payment).send().await.expect(200);
    assert_eq!(stack.earned(), 5_000_000);
}
