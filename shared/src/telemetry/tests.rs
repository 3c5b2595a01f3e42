//! What the line of an invocation says. That CloudWatch can read it is held by every test with a
//! world around it.

use std::future::pending;
use std::time::Duration;

use serde_json::{Value, json};

use super::line::render;
use super::metrics::{FAULTS, MONEY_BACK, POOL, SALES, UNFINISHED_SALES};
use super::{Asked, Ended, Invoked, NOTES, Neighbour, Notes, With, add, asking, began, gauge, note};
use crate::types::Timestamp;

fn invoked() -> Invoked {
    Invoked {
        function: "reaper",
        request: "8476a536".into(),
        gateway: Some("gw1".into()),
        caller: None,
        trace: Some("Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1".into()),
    }
}

fn lines(notes: &Notes, with: With) -> Vec<Value> {
    let took = (true, Duration::from_micros(12_999));
    let text = render("stack", &invoked(), &Ended { outcome: "ok", with }, notes, took);
    text.split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

/// What is noted by `work`.
fn noted(work: impl FnOnce()) -> Notes {
    NOTES.sync_scope(std::cell::RefCell::default(), || {
        began(Timestamp::from_second(1_781_697_600).unwrap());
        work();
        NOTES.with(std::cell::RefCell::take)
    })
}

#[test]
fn an_invocation_is_one_line() {
    let notes = noted(|| {
        note(|notes| notes.asked.push(Asked { who: Neighbour::Kms, count: 2, took: Duration::from_millis(7) }));
        add(&SALES, 1, ["voice_call".into(), "granted".into()]);
    });
    let [line] = lines(&notes, With::Status(200)).try_into().unwrap();
    assert_eq!(
        line,
        json!({
            "function": "reaper", "outcome": "ok",
            "duration_ms": 12, "cold_start": true, "request": "8476a536", "gateway": "gw1",
            "trace": "1-5bef4de7-ad49b0e87f6ef6c87fc2e700", "status": 200,
            "upstream": {"kms": [2, 7]},
            "endpoint": "voice_call", "result": "granted", "Sales": 1,
            "_aws": {"Timestamp": 1_781_697_600_000_i64, "CloudWatchMetrics": [{"Namespace": "stack",
                "Dimensions": [["endpoint", "result"]], "Metrics": [{"Name": "Sales"}]}]},
        })
    );
}

#[test]
fn what_is_the_same_is_added_up_and_what_differs_gets_a_line_of_its_own() {
    let notes = noted(|| {
        add(&SALES, 1, ["voice_call".into(), "granted".into()]);
        add(&MONEY_BACK, 540_000, ["granted".into()]);
        add(&SALES, 1, ["numbers_buy".into(), "granted".into()]);
        add(&SALES, 1, ["voice_call".into(), "granted".into()]);
        gauge(&POOL, 3, ["US".into()]);
        gauge(&POOL, 0, ["CA".into()]);
        gauge(&UNFINISHED_SALES, 7, []);
        gauge(&UNFINISHED_SALES, 2, []);
    });
    let all = lines(&notes, With::Report(None));
    let counts: Vec<_> = all.iter().map(|line| (line["endpoint"].clone(), line["Sales"].clone())).collect();
    assert_eq!(counts, [(json!("voice_call"), json!(2)), (json!("numbers_buy"), json!(1))]);
    assert_eq!((&all[0]["MoneyBack"], &all[0]["UnfinishedSales"]), (&json!(540_000), &json!(2)));
    assert_eq!([&all[0]["country"], &all[1]["country"]], [&json!("US"), &json!("CA")]);
    assert!(all[1]["duration_ms"].is_null(), "it is not an invocation's line");
}

#[test]
fn a_fault_is_an_error() {
    let notes = noted(|| add(&FAULTS, 1, []));
    assert_eq!(lines(&notes, With::Status(500))[0]["level"], "ERROR");
}

#[tokio::test]
async fn a_question_that_is_given_up_was_asked() {
    let notes = NOTES.scope(std::cell::RefCell::default(), async {
        let question = async {
            let _asking = asking(Neighbour::Twilio);
            pending::<()>().await;
        };
        let _ = tokio::time::timeout(Duration::from_millis(1), question).await;
        drop(asking(Neighbour::Twilio));
        NOTES.with(std::cell::RefCell::take)
    });
    let [asked] = notes.await.asked.try_into().unwrap();
    assert_eq!((asked.who, asked.count), (Neighbour::Twilio, 2));
}

#[test]
fn outside_of_an_invocation_there_is_no_line_to_add_to() {
    add(&SALES, 1, ["voice_call".into(), "granted".into()]);
    drop(asking(Neighbour::Node));
}
