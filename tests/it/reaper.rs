//! The reaper

use std::time::Duration;

use harness::sim::bland::Script;
use harness::sim::{Answer, Fault};
use harness::spec::{BUY, CALL, LIST, RENEW};
use harness::{Stack, binaries};
use serde_json::{Value, json};

const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);

/// A call of two minutes at most, paid and under way: where it is polled.
async fn short_call(stack: &Stack) -> String {
    let wallet = stack.wallet();
    stack.buys_in(&wallet, Some("415")).await;
    let body = json!({"to": "+12133610872", "task": "Confirm the reservation.", "max_duration": 2});
    let call = stack.post(CALL).body(&body).pay(&wallet).await.answer.expect(200).json();
    format!("{CALL}/{}", call["call_id"].as_str().expect("an id"))
}

fn row(stack: &Stack, number: &str) -> Value {
    stack.dynamo.row(&format!("NUMBER#{number}"), "NUMBER").expect("the number's row")
}

fn custody(stack: &Stack, number: &str) -> Value {
    row(stack, number)["custody"].clone()
}

/// Writes attributes of a number, given as DynamoDB's JSON, past all rules.
fn write<const N: usize>(stack: &Stack, number: &str, attributes: [(&str, Value); N]) {
    let pk = format!("NUMBER#{number}");
    let mut item = stack.dynamo.items().into_iter().find(|item| item["pk"]["S"] == *pk).expect("the item");
    item.extend(attributes.map(|(name, value)| (name.to_owned(), value)));
    stack.dynamo.put(&item);
}

#[tokio::test]
async fn a_lease_is_taken_back_after_its_end_and_the_grace_and_rests_before_the_next_owner() {
    let stack = Stack::start(binaries!()).await;
    let (wallet, next) = (stack.wallet(), stack.wallet());
    let number = stack.buys_in(&wallet, Some("415")).await;
    stack.travel(30 * DAY);
    stack.sweep().await;
    assert_eq!(custody(&stack, &number), "leased", "a call of the old owner could still be running");
    stack.travel(31 * MINUTE);
    stack.sweep().await;
    assert_eq!(custody(&stack, &number), "pooled");
    assert_ne!(stack.buys_in(&next, Some("415")).await, number, "it rests");
    stack.travel(Duration::from_mins(2 * 24 * 60 - 1));
    assert_ne!(stack.buys_in(&next, Some("415")).await, number, "it still does");
    stack.travel(MINUTE);
    assert_eq!(stack.buys_in(&next, Some("415")).await, number);
}

#[tokio::test]
async fn a_leases_own_alarm_takes_it_back() {
    let stack = Stack::start(binaries!()).await;
    let number = stack.buys_in(&stack.wallet(), Some("415")).await;
    assert_eq!(stack.fire_due_schedules().await, 0);
    stack.travel(30 * DAY + 32 * MINUTE);
    assert_eq!(stack.fire_due_schedules().await, 1);
    assert_eq!(custody(&stack, &number), "pooled");
    assert!(stack.scheduler.schedules().is_empty());
}

#[tokio::test]
async fn an_alarm_that_comes_early_late_twice_or_for_nothing_changes_nothing() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let number = stack.buys_in(&wallet, Some("415")).await;
    let alarm: Value = serde_json::from_str(&stack.scheduler.schedules()[0].input).expect("JSON");
    stack.invoke("reaper", &alarm).await;
    assert_eq!(custody(&stack, &number), "leased");
    let nonsense = json!({"reclaim": {"wallet": "unknown", "phone_number": "none"}});
    stack.invoke("reaper", &nonsense).await;
    stack.travel(31 * DAY);
    stack.invoke("reaper", &alarm).await;
    stack.invoke("reaper", &alarm).await;
    assert_eq!(custody(&stack, &number), "pooled");
}

#[tokio::test]
async fn a_lease_whose_renewal_is_pending_is_not_taken_back() {
    let stack = Stack::builder(binaries!()).without_rpc().start().await;
    let wallet = stack.wallet();
    let number = stack.buys_in(&wallet, Some("415")).await;
    stack.travel(29 * DAY);
    stack.facilitator.faults().once("POST */settle", Fault::Refuse(Answer::html(500)));
    let body = json!({"phone_number": number});
    let paid = stack.post(RENEW).body(&body).pay(&wallet).await;
    paid.answer.refused(503, "payment_pending");
    let alarm: Value = serde_json::from_str(&stack.scheduler.schedules()[0].input).expect("JSON");
    stack.travel(2 * DAY);
    stack.invoke("reaper", &alarm).await;
    assert_eq!(custody(&stack, &number), "leased", "it is held");
    // The renewal's payment has expired unused meanwhile, so it comes to nothing, and nothing holds
    // the lease any more.
    stack.post(RENEW).body(&body).paid_with(&paid.payment).send().await.refused(402, "payment_required");
    stack.invoke("reaper", &alarm).await;
    assert_eq!(custody(&stack, &number), "pooled");
}

#[tokio::test]
async fn a_settlement_that_no_client_waits_for_is_finished() {
    let stack = Stack::builder(binaries!()).without_rpc().start().await;
    let wallet = stack.wallet();
    stack.facilitator.faults().once("POST */settle", Fault::Refuse(Answer::html(502)));
    stack.post(BUY).body(&json!({})).pay(&wallet).await.answer.refused(503, "payment_pending");
    stack.travel(MINUTE);
    stack.sweep().await;
    let list = stack.post(LIST).pay(&wallet).await.answer.expect(200).json();
    assert_eq!(list["count"], 1);
    assert_eq!(stack.earned(), 5_001_000);
}

#[tokio::test]
async fn a_purchase_that_died_before_the_fence_is_stock_and_free_of_charge() {
    let stack = Stack::start(binaries!()).await;
    let (wallet, next) = (stack.wallet(), stack.wallet());
    // The answer is lost, and so is the one to the look-up: it is not known whether there is a
    // number.
    stack.twilio.faults().once("POST */IncomingPhoneNumbers.json", Fault::LoseAnswer);
    stack.twilio.faults().once("GET */IncomingPhoneNumbers.json", Fault::Refuse(Answer::html(503)));
    let paid = stack.post(BUY).body(&json!({})).pay(&wallet).await;
    paid.answer.refused(502, "upstream_error");
    assert_eq!((stack.earned(), stack.twilio.held().len()), (0, 1));
    stack.travel(2 * MINUTE);
    stack.sweep().await;
    stack.sweep().await;
    stack.post(BUY).body(&json!({})).pay(&next).await.answer.expect(200);
    assert_eq!(stack.twilio.held().len(), 1, "the stock is used");
}

#[tokio::test]
async fn a_call_that_no_sale_knows_of_is_found_and_stopped_and_its_payment_is_not_used_again() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.buys_in(&wallet, Some("415")).await;
    stack.bland.faults().once("POST /v1/calls", Fault::LoseAnswer);
    stack.bland.faults().always("GET /v1/calls*", Fault::Refuse(Answer::html(503)));
    let body = json!({"to": "+12133610872", "task": "Confirm the reservation."});
    let paid = stack.post(CALL).body(&body).pay(&wallet).await;
    paid.answer.refused(502, "upstream_error");
    stack.bland.faults().clear();
    stack.travel(2 * MINUTE);
    stack.sweep().await;
    assert!(stack.bland.calls()[0].is_over());
    stack.post(CALL).body(&body).paid_with(&paid.payment).send().await.refused(402, "payment_required");
    assert_eq!((stack.bland.calls().len(), stack.earned()), (1, 5_000_000));
}

#[tokio::test]
async fn a_lost_call_is_not_given_up_while_the_dialler_cannot_be_asked() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.buys_in(&wallet, Some("415")).await;
    stack.bland.faults().once("POST /v1/calls", Fault::LoseAnswer);
    stack.bland.faults().always("GET /v1/calls*", Fault::Refuse(Answer::html(503)));
    let body = json!({"to": "+12133610872", "task": "Confirm the reservation."});
    let paid = stack.post(CALL).body(&body).pay(&wallet).await;
    paid.answer.refused(502, "upstream_error");
    for _ in 0..2 {
        stack.travel(2 * MINUTE);
        stack.sweep().await;
    }
    assert!(!stack.bland.calls()[0].is_over(), "no look could see it");
    stack.bland.faults().clear();
    stack.travel(2 * MINUTE);
    stack.sweep().await;
    assert!(stack.bland.calls()[0].is_over());
    stack.post(CALL).body(&body).paid_with(&paid.payment).send().await.refused(402, "payment_required");
    assert_eq!((stack.bland.calls().len(), stack.earned()), (1, 5_000_000));
}

#[tokio::test]
async fn an_unpaid_call_that_could_not_be_stopped_is_stopped_by_the_next_round() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.buys_in(&wallet, Some("415")).await;
    stack.bland.script_next(Script::NeverEnds);
    stack.bland.faults().once("POST /v1/calls/*/stop", Fault::Refuse(Answer::html(503)));
    stack.facilitator.decline_next("insufficient_funds");
    let body = json!({"to": "+12133610872", "task": "Confirm the reservation.", "max_duration": 30});
    stack.post(CALL).body(&body).pay(&wallet).await.answer.refused(402, "payment_required");
    assert!(!stack.bland.calls()[0].is_over());
    stack.travel(MINUTE);
    stack.sweep().await;
    assert!(stack.bland.calls()[0].is_over());
}

#[tokio::test]
async fn a_call_that_the_dialler_no_longer_knows_ends_in_an_error_and_is_to_be_paid_back() {
    let stack = Stack::start(binaries!()).await;
    stack.bland.script_next(Script::NeverEnds);
    let path = short_call(&stack).await;
    stack
        .bland
        .faults()
        .always("GET /v1/calls/*", Fault::Refuse(Answer::json(404, &json!({"errors": ["CALL_NOT_FOUND"]}))));
    stack.travel(13 * MINUTE);
    stack.sweep().await;
    let lost = stack.get(&path).send().await.expect(200).json();
    assert_eq!((&lost["status"], &lost["ended_by"]), (&json!("failed"), &json!("ERROR")));
    assert_eq!((&lost["charged"], &lost["refund"]["status"]), (&json!(false), &json!("due")));
}

#[tokio::test]
async fn a_call_is_given_up_ten_minutes_after_it_must_have_ended_and_not_before() {
    let stack = Stack::start(binaries!()).await;
    stack.bland.script_next(Script::NeverEnds);
    let path = short_call(&stack).await;
    stack.bland.faults().always("GET /v1/calls/*", Fault::Refuse(Answer::html(503)));
    stack.travel(11 * MINUTE + Duration::from_secs(20));
    stack.sweep().await;
    assert_eq!(stack.get(&path).send().await.expect(200).json()["ended_by"], "IN_PROGRESS");
    stack.travel(MINUTE);
    stack.sweep().await;
    assert_eq!(stack.get(&path).send().await.expect(200).json()["ended_by"], "ERROR");
}

#[tokio::test]
async fn a_call_that_has_ended_is_not_stopped_though_no_caller_has_asked_for_it() {
    let stack = Stack::start(binaries!()).await;
    short_call(&stack).await;
    stack.bland.finish_all();
    stack.travel(4 * MINUTE);
    stack.sweep().await;
    assert_eq!(stack.bland.faults().count("POST /v1/calls/*/stop"), 0);
}

#[tokio::test]
async fn a_call_that_never_ends_is_stopped_when_its_time_is_up() {
    let stack = Stack::start(binaries!()).await;
    stack.bland.script_next(Script::NeverEnds);
    short_call(&stack).await;
    stack.travel(2 * MINUTE);
    stack.sweep().await;
    assert!(!stack.bland.calls()[0].is_over());
    stack.travel(2 * MINUTE);
    stack.sweep().await;
    assert!(stack.bland.calls()[0].is_over());
}

#[tokio::test]
async fn a_call_that_cannot_be_stopped_for_long_after_its_time_is_stopped_all_the_same() {
    let stack = Stack::start(binaries!()).await;
    stack.bland.script_next(Script::NeverEnds);
    let path = short_call(&stack).await;
    stack.bland.faults().always("POST /v1/calls/*/stop", Fault::Refuse(Answer::html(503)));
    stack.travel(20 * MINUTE);
    stack.sweep().await;
    assert!(!stack.bland.calls()[0].is_over());
    assert_eq!(stack.get(&path).send().await.expect(200).json()["ended_by"], "IN_PROGRESS", "it still rings");
    stack.bland.faults().clear();
    stack.travel(2 * MINUTE);
    stack.sweep().await;
    assert!(stack.bland.calls()[0].is_over());
    let ended = stack.get(&path).send().await.expect(200).json();
    assert_eq!((&ended["ended_by"], &ended["charged"]), (&json!("ERROR"), &json!(false)));
}

#[tokio::test]
async fn a_number_that_the_carrier_bills_and_no_row_knows_becomes_stock() {
    let stack = Stack::start(binaries!()).await;
    let number = stack.twilio.hold("+14155550199", "bought by hand").phone_number;
    stack.sweep().await;
    assert_eq!(custody(&stack, &number), "importing");
    stack.sweep().await;
    assert_eq!(custody(&stack, &number), "pooled");
    assert_eq!(stack.buys_in(&stack.wallet(), Some("415")).await, number);
}

#[tokio::test]
async fn a_number_on_its_way_back_to_the_carrier_arrives_and_is_billed_no_longer() {
    let stack = Stack::start(binaries!()).await;
    let number = stack.buys_in(&stack.wallet(), Some("415")).await;
    stack.travel(33 * DAY);
    stack.sweep().await;
    assert_eq!(custody(&stack, &number), "pooled");
    stack.travel(3 * DAY);
    // An operator has begun to give it back, and has gone.
    write(&stack, &number, [("custody", json!({"S": "releasing"})), ("due_queue", json!({"S": "RELEASE"}))]);
    stack.bland.faults().once("POST /v1/inbound/*/delete", Fault::Overload);
    stack.twilio.faults().once("DELETE *", Fault::Overload);
    stack.sweep().await;
    stack.travel(MINUTE);
    stack.sweep().await;
    assert!(stack.twilio.owns(&number), "neither of them has let it go");
    stack.travel(MINUTE);
    stack.sweep().await;
    assert_eq!((stack.twilio.owns(&number), stack.twilio.released().len()), (false, 1));
    assert!(stack.dynamo.row(&format!("NUMBER#{number}"), "NUMBER").is_none());
}

#[tokio::test]
async fn of_the_numbers_that_no_wallet_leases_ten_are_kept_and_the_others_given_back_before_the_next_bill() {
    let stack = Stack::start(binaries!()).await;
    for last in 10..23 {
        stack.twilio.hold(&format!("+141555502{last}"), "bought by hand");
    }
    stack.sweep().await;
    stack.sweep().await;
    // One of them rests from a lease until after that bill: it is none that a buyer could have now.
    let free_from = row(&stack, "+14155550222")["due_at"].as_i64().expect("seconds") + 100 * 86_400;
    write(&stack, "+14155550222", [("due_at", json!({"N": free_from.to_string()}))]);
    stack.travel(20 * DAY);
    stack.sweep().await;
    let wallet = stack.wallet();
    let leased = stack.buys_in(&wallet, Some("415")).await;
    assert_eq!(
        (stack.twilio.held().len(), stack.twilio.released().len()),
        (13, 0),
        "it is one of these, and the month is paid"
    );
    // The day of the next bill is the calendar's, which does not travel: seen from the end of
    // March, some days are missing.
    for day in 1..=42 {
        stack.travel(DAY);
        if day % 20 == 0 {
            let body = json!({"phone_number": leased});
            stack.post(RENEW).body(&body).pay(&wallet).await.answer.expect(200);
        }
        stack.sweep().await;
        stack.sweep().await;
        if !stack.twilio.released().is_empty() {
            break;
        }
    }
    assert_eq!((stack.twilio.held().len(), stack.twilio.released().len()), (12, 1));
    assert_eq!(custody(&stack, &leased), "leased");
}

#[tokio::test]
async fn an_operator_says_how_many_numbers_are_kept() {
    let stack = Stack::builder(binaries!()).parameter("PoolKept", "1").start().await;
    for last in 10..13 {
        stack.twilio.hold(&format!("+141555502{last}"), "bought by hand");
    }
    stack.sweep().await;
    // Every number's month ends within these.
    for _ in 0..42 {
        stack.travel(DAY);
        stack.sweep().await;
    }
    assert_eq!((stack.twilio.held().len(), stack.twilio.released().len()), (1, 2));
}

#[tokio::test]
async fn no_number_is_given_back_while_all_selling_is_paused() {
    let stack = Stack::builder(binaries!()).parameter("PoolKept", "1").start().await;
    // In a stack that was made anew, customers of the old one lease these.
    for last in 10..13 {
        stack.twilio.hold(&format!("+141555502{last}"), "bought by hand");
    }
    let control = json!({"pk": {"S": "CONTROL"}, "sk": {"S": "CONTROL"}, "paused": {"S": "all"}});
    stack.dynamo.put(control.as_object().expect("an item"));
    stack.sweep().await;
    // Every number's month ends within these.
    let month = async || {
        for _ in 0..33 {
            stack.travel(DAY);
            stack.sweep().await;
        }
        (stack.twilio.held().len(), stack.twilio.released().len())
    };
    assert_eq!(month().await, (3, 0));
    stack.dynamo.delete("CONTROL", "CONTROL");
    assert_eq!(month().await, (1, 2));
}

#[tokio::test]
async fn a_number_that_is_given_back_while_the_carriers_list_is_read_does_not_become_stock() {
    let stack = Stack::start(binaries!()).await;
    stack.minutes(1).await;
    let number = stack.twilio.hold("+14155550210", "bought by hand").phone_number;
    stack.travel(DAY);
    stack.minutes(3).await;
    assert_eq!(custody(&stack, &number), "pooled");
    write(&stack, &number, [("custody", json!({"S": "releasing"})), ("due_queue", json!({"S": "RELEASE"}))]);
    stack.travel(DAY);
    // The list has it still, and its answer is on its way until the number is gone.
    let lists = "GET *IncomingPhoneNumbers.json";
    let before = stack.twilio.faults().count(lists);
    stack.twilio.faults().once(lists, Fault::Stall);
    stack.bland.faults().once("POST /v1/inbound/*/delete", Fault::Hang);
    let meanwhile = async {
        stack.twilio.faults().arrived(lists, before + 1).await;
        stack.bland.faults().arrived("POST /v1/inbound/*/delete", 1).await;
        stack.bland.faults().release();
        while stack.dynamo.row(&format!("NUMBER#{number}"), "NUMBER").is_some() {
            tokio::task::yield_now().await;
        }
        stack.twilio.faults().release();
    };
    tokio::join!(stack.sweep(), meanwhile);
    assert_eq!((stack.twilio.owns(&number), stack.twilio.released().len()), (false, 1));
    assert!(stack.dynamo.row(&format!("NUMBER#{number}"), "NUMBER").is_none());
}
