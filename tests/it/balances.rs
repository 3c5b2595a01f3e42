//! What is paid in at vendors is used up one day: an operator is told before.

use std::time::Duration;

use harness::sim::bland::Script;
use harness::sim::{Answer, Fault};
use harness::spec::CALL;
use harness::{Stack, binaries};
use serde_json::{Value, json};

use crate::telemetry::Log;

const HOUR: Duration = Duration::from_hours(1);
const DOLLAR: u64 = 1_000_000;

/// The secret of a stack whose operator lets the main account's balance be asked for.
fn watched(stack: &Stack) {
    let (mut secret, main) = (stack.twilio.rotate_key(), stack.twilio.main_key());
    secret.as_object_mut().expect("fields").extend(main.as_object().expect("fields").clone());
    stack.put_secret("TwilioSecret", &secret);
}

fn of(vendor: &str) -> [(&'static str, &str); 1] {
    [("vendor", vendor)]
}

#[tokio::test]
async fn what_is_left_at_each_vendor_is_told_once_an_hour_with_how_long_it_lasts() {
    let stack = Stack::start(binaries!()).await;
    watched(&stack);
    stack.bland.set_balance(Some(10_000));
    stack.twilio.set_balance(3_000);
    stack.minutes(2).await;
    stack.travel(HOUR);
    // Nothing is lost at the carrier; at the dialler twelve dollars in an hour are 288 in a day.
    stack.bland.set_balance(Some(8_800));
    stack.minutes(2).await;
    let log = Log::of(&stack).await;
    assert_eq!(log.all("Balance", &of("bland")), [100 * DOLLAR, 88 * DOLLAR]);
    assert_eq!(log.all("Balance", &of("twilio")), [30 * DOLLAR; 2]);
    let hours = |vendor| log.all("BalanceLasts", &of(vendor)).into_iter().map(|seconds| seconds / 3_600).collect();
    let (bland, twilio): (Vec<u64>, Vec<u64>) = (hours("bland"), hours("twilio"));
    // As if ten dollars were spent in a day, until it is known that more are.
    assert_eq!((bland[0], twilio), (240, vec![72; 2]));
    assert!((5..=8).contains(&bland[1]), "{bland:?}");
}

#[tokio::test]
async fn a_pause_is_told_as_long_as_it_lasts_and_nothing_is_told_of_none() {
    let stack = Stack::start(binaries!()).await;
    stack.minutes(1).await;
    let since = Log::second().to_string();
    let control =
        json!({"pk": {"S": "CONTROL"}, "sk": {"S": "CONTROL"}, "paused": {"S": "all"}, "paused_at": {"N": since}});
    stack.dynamo.put(control.as_object().expect("an item"));
    for _ in 0..13 {
        stack.travel(HOUR);
        stack.minutes(1).await;
    }
    let told = Log::of(&stack).await.all("PausedFor", &[("function", "reaper")]);
    let hours: Vec<u64> = told.iter().map(|seconds| seconds / 3_600).collect();
    assert_eq!(hours, (1..=13).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_carriers_balance_is_left_out_where_the_secret_has_no_key_for_it_or_it_is_not_in_dollars() {
    let stack = Stack::start(binaries!()).await;
    stack.minutes(1).await;
    watched(&stack);
    stack.twilio.set_currency("EUR");
    stack.travel(HOUR);
    stack.minutes(1).await;
    let log = Log::of(&stack).await;
    assert_eq!((log.all("Balance", &of("bland")).len(), log.all("Balance", &of("twilio")).len()), (2, 0));
    // The alarm rings where nothing is told, so a month is.
    assert_eq!(log.all("BalanceLasts", &of("twilio")), [30 * 24 * 3_600; 2]);
    assert!(log.says("a balance is not in dollars") && log.says("EUR"));
}

#[tokio::test]
async fn a_vendor_that_refuses_our_account_rings_although_no_caller_has_come() {
    for (vendor, at) in [("bland", "GET /v1/me"), ("twilio", "GET */IncomingPhoneNumbers.json")] {
        let stack = Stack::start(binaries!()).await;
        let faults = if vendor == "bland" { stack.bland.faults() } else { stack.twilio.faults() };
        faults.always(at, Fault::Refuse(Answer::json(401, &json!({"code": 20_003, "message": "Authenticate"}))));
        stack.sweep().await;
        let log = Log::of(&stack).await;
        assert_eq!(log.all("LockedOut", &of(vendor)), [1], "{vendor}");
        assert_eq!(log.all("LockedOut", &[]), [1], "{vendor}");
    }
    // So it is with a balance that is asked for, and with a day's bill.
    let stack = Stack::start(binaries!()).await;
    watched(&stack);
    stack.twilio.faults().always("GET */Balance.json", Fault::Refuse(Answer::html(401)));
    stack.twilio.faults().always("GET */Usage/Records/Daily.json", Fault::Refuse(Answer::html(401)));
    stack.sweep().await;
    assert_eq!(Log::of(&stack).await.all("LockedOut", &of("twilio")), [2]);
}

#[tokio::test]
async fn a_call_that_cannot_be_looked_at_is_older_with_each_look_that_fails() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    let body: Value = json!({"phone_number": "+12133610872", "task": "Ask Andy to take a break."});
    stack.post(CALL).body(&body).pay(&wallet).await.answer.expect(200);
    stack.bland.faults().always("GET /v1/calls/*", Fault::Overload);
    // Five minutes are its longest duration; then a look is due, and fails, each minute.
    stack.minutes(15).await;
    stack.bland.faults().clear();
    stack.bland.finish_all();
    stack.minutes(3).await;
    let ages = Log::of(&stack).await.all("OverdueCallAge", &[]);
    let oldest = *ages.iter().max().expect("an age");
    assert!((400..=660).contains(&oldest), "{ages:?}");
    assert!(*ages.last().expect("an age") < 120, "{ages:?}");
}

#[tokio::test]
async fn a_vendor_that_does_not_say_what_is_left_is_asked_again_an_hour_later_and_stops_nothing() {
    let stack = Stack::start(binaries!()).await;
    stack.bland.faults().once("GET /v1/me", Fault::Overload);
    stack.minutes(2).await;
    stack.travel(HOUR);
    stack.minutes(1).await;
    let log = Log::of(&stack).await;
    assert!(log.says("a balance cannot be had"));
    assert_eq!((log.all("Balance", &of("bland")).len(), log.all("Faults", &[])), (1, Vec::new()));
}

#[tokio::test]
async fn how_long_a_call_has_waited_for_a_look_is_told() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    stack.bland.script_next(Script::UserHangsUp);
    let body: Value = json!({"phone_number": "+12133610872", "task": "Ask Andy to take a break."});
    stack.post(CALL).body(&body).pay(&wallet).await.answer.expect(200);
    // No round comes for ten minutes.
    stack.travel(Duration::from_mins(10));
    stack.sweep().await;
    stack.bland.finish_all();
    stack.minutes(2).await;
    let ages = Log::of(&stack).await.all("OverdueCallAge", &[]);
    assert!(ages.iter().any(|age| (180..=600).contains(age)), "{ages:?}");
    assert!(*ages.last().expect("an age") < 120, "{ages:?}");
}
