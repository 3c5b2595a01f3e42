//! Each fault, over a real connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::{Answer, Fault, Faults, matches};
use crate::sim::testing::{Probe, read};

struct Lab {
    faults: Faults,
    effects: Arc<AtomicU64>,
    probe: Arc<Probe>,
}

impl Lab {
    async fn new() -> Self {
        let faults = Faults::new(Answer::json(429, &json!({"overload": true})));
        let effects = Arc::<AtomicU64>::default();
        let counter = effects.clone();
        let act = move || async move { json!({"effect": counter.fetch_add(1, Ordering::SeqCst) + 1}).to_string() };
        let router = Router::new().route("/act/{id}", post(act)).route("/look", get(async || "{}"));
        let probe = Arc::new(Probe::new(faults.wrap(router)).await);
        Self { faults, effects, probe }
    }

    async fn act(&self) -> (u16, Value) {
        read(self.probe.request("POST", "/act/7")).await
    }

    async fn lost(&self) -> bool {
        self.probe.request("POST", "/act/7").send().await.is_err()
    }

    fn effects(&self) -> u64 {
        self.effects.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn rules_choose_their_requests() {
    let lab = Lab::new().await;
    lab.faults.nth("POST /act/*", 2, Fault::Overload);
    lab.faults.once("GET *", Fault::Refuse(Answer::html(503)));
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(lab.act().await.0);
    }
    assert_eq!(statuses, [200, 429, 200]);
    assert_eq!(read(lab.probe.request("GET", "/look")).await.0, 503);
    assert_eq!(read(lab.probe.request("GET", "/look")).await.0, 200);
    lab.faults.always("*", Fault::Overload);
    assert_eq!(lab.act().await, (429, json!({"overload": true})));
    lab.faults.clear();
    lab.faults.times("POST /act/7", 2, Fault::Overload);
    assert_eq!((lab.act().await.0, lab.act().await.0, lab.act().await.0), (429, 429, 200));
    assert_eq!((lab.faults.count("POST /act/*"), lab.faults.count("*")), (7, 9));
    assert_eq!(lab.effects(), 3);
    assert_eq!(lab.faults.met(), 5);
}

#[tokio::test]
async fn answers_are_lost_after_or_before_the_effect() {
    let lab = Lab::new().await;
    lab.faults.once("*", Fault::LoseAnswer);
    assert!(lab.lost().await);
    assert_eq!(lab.effects(), 1);
    lab.faults.once("*", Fault::Drop);
    assert!(lab.lost().await);
    assert_eq!(lab.effects(), 1);
}

#[tokio::test]
async fn garbage_comes_after_the_effect() {
    let lab = Lab::new().await;
    lab.faults.once("*", Fault::Html);
    assert!(matches!(lab.act().await, (200, Value::String(html)) if html.starts_with("<!DOCTYPE")));
    lab.faults.once("*", Fault::Truncate);
    assert_eq!(lab.act().await, (200, json!("{\"effe")));
    lab.faults.once("*", Fault::Replace(Answer::json(500, &json!({"later": true}))));
    assert_eq!(lab.act().await, (500, json!({"later": true})));
    assert_eq!(lab.effects(), 3);
}

#[tokio::test]
async fn a_hanging_request_is_never_applied_unless_released() {
    let lab = Lab::new().await;
    lab.faults.always("*", Fault::Hang);
    let probe = lab.probe.clone();
    let gone = tokio::spawn(async move { probe.request("POST", "/act/7").send().await.is_ok() });
    lab.faults.arrived("POST *", 1).await;
    gone.abort();
    assert!(gone.await.is_err());
    let probe = lab.probe.clone();
    let patient = tokio::spawn(async move { read(probe.request("POST", "/act/7")).await });
    lab.faults.arrived("POST *", 2).await;
    lab.faults.release();
    assert_eq!(patient.await.ok(), Some((200, json!({"effect": 1}))));
}

#[tokio::test]
async fn a_late_request_is_applied_when_its_client_waits_no_more() {
    let lab = Lab::new().await;
    lab.faults.once("*", Fault::Late);
    let probe = lab.probe.clone();
    let gone = tokio::spawn(async move { probe.request("POST", "/act/7").send().await.is_ok() });
    lab.faults.arrived("POST *", 1).await;
    assert_eq!(lab.effects(), 0);
    gone.abort();
    lab.faults.settled().await;
    assert_eq!(lab.effects(), 1);
}

#[tokio::test]
async fn a_request_that_is_adrift_is_applied_long_after_its_caller_has_gone() {
    let lab = Lab::new().await;
    lab.faults.once("*", Fault::Adrift);
    let probe = lab.probe.clone();
    let gone = tokio::spawn(async move { probe.request("POST", "/act/7").send().await.is_ok() });
    lab.faults.arrived("POST *", 1).await;
    gone.abort();
    assert!(gone.await.is_err());
    assert_eq!(lab.act().await, (200, json!({"effect": 1})));
    lab.faults.release();
    lab.faults.settled().await;
    assert_eq!(lab.effects(), 2);
}

#[tokio::test]
async fn what_has_arrived_is_done_though_its_caller_goes_away() {
    let gate = Arc::new(tokio::sync::Notify::new());
    let effects = Arc::<AtomicU64>::default();
    let (open, counter) = (gate.clone(), effects.clone());
    let slow = move || async move {
        open.notified().await;
        counter.fetch_add(1, Ordering::SeqCst);
    };
    let faults = Faults::new(Answer::html(429));
    let probe = Arc::new(Probe::new(faults.wrap(Router::new().route("/slow", post(slow)))).await);
    let caller = tokio::spawn(async move { probe.request("POST", "/slow").send().await.is_ok() });
    faults.arrived("POST *", 1).await;
    caller.abort();
    assert!(caller.await.is_err());
    gate.notify_one();
    faults.settled().await;
    assert_eq!(effects.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_stalled_answer_comes_after_its_effect() {
    let lab = Lab::new().await;
    lab.faults.once("*", Fault::Stall);
    let probe = lab.probe.clone();
    let patient = tokio::spawn(async move { read(probe.request("POST", "/act/7")).await });
    lab.faults.arrived("POST *", 1).await;
    lab.faults.release();
    assert_eq!(patient.await.ok(), Some((200, json!({"effect": 1}))));
}

#[tokio::test]
async fn a_halted_caller_is_told_of_before_or_after_the_effect() {
    let lab = Lab::new().await;
    for (fault, effects) in [(Fault::HaltBefore, 0), (Fault::HaltAfter, 1)] {
        lab.faults.once("*", fault);
        let (probe, halts) = (lab.probe.clone(), lab.faults.halts());
        let caller = tokio::spawn(async move { probe.request("POST", "/act/7").send().await.is_ok() });
        lab.faults.halted(halts + 1).await;
        assert_eq!(lab.effects(), effects);
        caller.abort();
        lab.faults.settled().await;
        assert_eq!(lab.effects(), effects);
    }
}

#[tokio::test]
async fn what_is_recorded_is_in_the_order_in_which_it_came() {
    let lab = Lab::new().await;
    lab.act().await;
    assert_eq!(lab.faults.arrivals(), []);
    lab.faults.record();
    lab.act().await;
    read(lab.probe.request("GET", "/look")).await;
    let classes: Vec<_> = lab.faults.arrivals().into_iter().map(|arrival| arrival.class).collect();
    assert_eq!((classes, lab.faults.count("*")), (vec!["POST /act/7".to_owned(), "GET /look".to_owned()], 2));
}

#[test]
fn patterns() {
    assert!(matches("POST /settle", "POST /settle"));
    assert!(!matches("POST /settle", "POST /settle/2"));
    assert!(matches("* /v1/calls/*/stop", "POST /v1/calls/7/stop"));
    assert!(matches("*", ""));
    assert!(!matches("GET */calls", "GET /v1/calls/7"));
}
