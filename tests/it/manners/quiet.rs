//! Quiet hours: by the callee's clock, before anything is paid, and the same for every caller.

use std::time::Duration;

use futures_util::future::join;
use harness::sim::{Clock, Fault};
use harness::spec::{BUY, CALL};
use harness::wallet::Demand;
use harness::{Stack, Wallet};
use serde_json::{Value, json};
use shared::types::Timestamp;

use super::{call_to, with};

/// Numbers of countries that keep one time all year, and how far it is from UTC. Somewhere it is
/// always night, and somewhere day.
const PLACES: [(&str, i64); 10] = [
    ("+18085550123", -10),
    ("+50222345678", -6),
    ("+17875550123", -4),
    ("+5491123456789", -3),
    ("+3544101234", 0),
    ("+2348021234567", 1),
    ("+254712345678", 3),
    ("+971501234567", 4),
    ("+6581234567", 8),
    ("+81312345678", 9),
];

fn now() -> Timestamp {
    Timestamp::from_second(Clock::wall().seconds()).expect("a time")
}

/// A number where the clock says one of these hours, and its distance from UTC.
fn where_it_is(hours: std::ops::Range<i64>) -> (&'static str, i64) {
    let hour = now().as_second().div_euclid(3_600);
    let local = |utc: i64| (hour + utc).rem_euclid(24);
    PLACES.into_iter().find(|(_, utc)| hours.contains(&local(*utc))).expect("such a place")
}

/// When it is eight o'clock there next.
fn eight(utc: i64) -> Timestamp {
    let (now, utc) = (now().as_second(), utc * 3_600);
    let midnight = (now + utc) - (now + utc).rem_euclid(86_400);
    let today = midnight + 8 * 3_600 - utc;
    Timestamp::from_second(if today > now { today } else { today + 86_400 }).expect("a time")
}

async fn quiet() -> (Stack, Wallet) {
    let stack = with(&[("QuietHours", "21-8")]).await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    (stack, wallet)
}

/// What a refusal says of when it opens.
fn is_true(refused: &Value, header: Option<&str>, utc: i64) {
    let opens: Timestamp = refused["opens_at"].as_str().expect("a time").parse().expect("RFC 3339");
    assert_eq!(opens, eight(utc), "{refused}");
    let wait = refused["retry_after_seconds"].as_i64().expect("seconds");
    assert!((opens.as_second() - now().as_second() - wait).abs() <= 2, "{refused}");
    assert_eq!(header.map(str::to_owned), Some(wait.to_string()));
    assert_eq!(refused["field"], "phone_number");
    let said = refused["message"].as_str().expect("a message");
    assert!(said.contains("between 21:00 and 8:00 of its own clock") && said.ends_with("Not charged."), "{said}");
}

#[tokio::test]
async fn a_phone_at_which_it_is_night_is_not_rung_and_nothing_is_asked_or_charged() {
    let (stack, wallet) = quiet().await;
    let (night, utc) = where_it_is(0..6);
    let (earned, settled) = (stack.earned(), stack.facilitator.faults().count("POST */settle"));
    // Before a price is named, before a payment is taken, and in a rehearsal.
    let unpaid = stack.post(CALL).body(&call_to(night)).send().await;
    is_true(&unpaid.refused(403, "quiet_hours"), unpaid.header("retry-after"), utc);
    let payment = wallet.signs(&stack.post(CALL).demand().await);
    let paid = stack.post(CALL).body(&call_to(night)).paid_with(&payment).send().await;
    is_true(&paid.refused(403, "quiet_hours"), paid.header("retry-after"), utc);
    let dry = stack.post(&format!("{CALL}?dry_run=true")).body(&call_to(night));
    dry.clone().send().await.refused(403, "quiet_hours");
    dry.clone().paid_with(&payment).send().await.refused(403, "quiet_hours");
    // The same with a payment that only a contract can judge.
    let contracts = wallet.signs(&stack.post(CALL).demand().await).signature(vec![0xab; 130]);
    let contracts = dry.paid_with(&contracts).send().await;
    is_true(&contracts.refused(403, "quiet_hours"), contracts.header("retry-after"), utc);
    assert_eq!((stack.earned(), stack.bland.calls().len()), (earned, 0));
    assert_eq!(stack.facilitator.faults().count("POST */settle"), settled);

    // The same payment is good for a phone at which it is day.
    let (day, _) = where_it_is(10..18);
    let body = call_to(day);
    stack.post(CALL).body(&body).paid_with(&payment).send().await.expect(200);
    let other = stack.post(CALL).body(&call_to(night)).paid_with(&payment).send().await;
    other.refused(409, "payment_conflict");
    // A toll-free number is a business's.
    stack.post(CALL).body(&call_to("+18005550199")).pay(&wallet).await.answer.expect(200);
}

#[tokio::test]
async fn without_quiet_hours_a_phone_is_rung_at_any_hour() {
    let stack = with(&[]).await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    let (night, _) = where_it_is(0..6);
    stack.post(CALL).body(&call_to(night)).pay(&wallet).await.answer.expect(200);
}

#[tokio::test]
async fn quiet_hours_come_behind_what_is_never_called_and_before_whose_number_calls() {
    let mut walk = crate::refusals::Walk::begin();
    let (stack, _) = quiet().await;
    let (night, _) = where_it_is(0..6);
    let newcomer = stack.wallet();
    let payment = newcomer.signs(&stack.post(CALL).demand().await);
    let send = |body: Value| stack.post(CALL).body(&body).paid_with(&payment).send();
    send(json!({"phone_number": night, "task": "short"})).await.refused(400, "bad_request");
    walk.meets("BadRequest");
    send(call_to("+19005551234")).await.refused(400, "unsupported_destination");
    walk.meets("UnsupportedDestination");
    send(call_to(night)).await.refused(403, "quiet_hours");
    walk.meets("QuietHours");
    let (day, _) = where_it_is(10..18);
    send(call_to(day)).await.refused(403, "no_owned_numbers");
    walk.meets("NoOwnedNumbers");
}

#[tokio::test]
async fn a_call_that_was_answered_before_is_answered_again_at_night() {
    let (stack, wallet) = quiet().await;
    let (day, _) = where_it_is(10..18);
    let paid = stack.post(CALL).body(&call_to(day)).pay(&wallet).await;
    let first = paid.answer.expect(200).json();
    let again = stack.post(CALL).body(&call_to(day)).paid_with(&paid.payment).send().await;
    again.expect(200);
    assert_eq!((again.json(), again.header("idempotent-replayed")), (first, Some("true")));
}

#[tokio::test]
async fn a_call_that_was_paid_for_by_day_and_is_not_placed_before_night_rings_no_phone_and_goes_back() {
    let stack = with(&[]).await;
    let (owner, at) = (stack.wallet(), Wallet::random().address());
    stack.chain.deploy_smart_wallet(at, owner.address());
    stack.chain.mint(at, 50_000_000);
    let signs =
        |demand: &Demand| owner.signs(demand).valid_for(890).from(at).tampered(|signature| signature.extend([0; 32]));
    let number = signs(&stack.post(BUY).demand().await);
    stack.post(BUY).body(&json!({})).paid_with(&number).send().await.expect(200);
    let held = stack.chain.balance(at);
    let (to, _) = where_it_is(0..6);
    let body = call_to(to);
    let payment = signs(&stack.post(CALL).body(&body).demand().await);
    let send = || stack.post(CALL).body(&body).paid_with(&payment).send();
    // It is paid, and its process dies before the phone rings.
    let faults = stack.facilitator.faults();
    let halts = faults.halts();
    faults.once("POST */settle", Fault::HaltAfter);
    let killed = async {
        faults.halted(halts + 1).await;
        assert!(stack.lambda.kill("voice_call") > 0);
    };
    let (answer, ()) = join(send(), killed).await;
    assert_ne!(answer.status, 200);
    // Night falls.
    stack.lambda.set_variable("voice_call", "QUIET_HOURS", "21-8");
    stack.travel(Duration::from_mins(1));
    send().await.refused(409, "payment_returned");
    stack.minutes(2).await;
    assert_eq!((stack.bland.calls().len(), stack.chain.balance(at)), (0, held));
}
