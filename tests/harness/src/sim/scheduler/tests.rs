//! Validations, idempotency, and what is due.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Expression, Scheduler};
use crate::sim::Clock;
use crate::sim::testing::{Probe, read};

struct Lab {
    scheduler: Scheduler,
    clock: Clock,
    probe: Probe,
}

impl Lab {
    async fn new() -> Self {
        let clock = Clock::wall();
        let scheduler = Scheduler::new(clock.clone());
        scheduler.create_group("leases");
        Self { probe: Probe::new(scheduler.router()).await, scheduler, clock }
    }

    async fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, String, Value) {
        let request = self.probe.request(method, path).header("authorization", "AWS4-HMAC-SHA256 Credential=x");
        let request = match body {
            Some(body) => request.body(body.to_string()),
            None => request,
        };
        let (status, body) = read(request).await;
        (status, body["Message"].as_str().unwrap_or_default().into(), body)
    }

    fn wanted(&self, after: i64) -> Value {
        let at = self.clock.now() + SignedDuration::from_secs(after);
        json!({
            "GroupName": "leases", "ScheduleExpression": at.strftime("at(%Y-%m-%dT%H:%M:%S)").to_string(),
            "FlexibleTimeWindow": {"Mode": "OFF"}, "ActionAfterCompletion": "DELETE", "ClientToken": "a",
            "Target": {"Arn": "arn:aws:lambda:us-east-1:123456789012:function:reaper",
                       "RoleArn": "arn:aws:iam::123456789012:role/scheduler", "Input": "{\"reclaim\":{}}"},
        })
    }
}

#[tokio::test]
async fn a_one_shot_schedule_fires_once_and_goes() {
    let lab = Lab::new().await;
    let (status, _, created) = lab.ask("POST", "/schedules/lease-1", Some(&lab.wanted(60))).await;
    assert_eq!(status, 200);
    let mut kept = lab.wanted(60);
    kept["ClientToken"] = json!("b");
    kept["Target"]["DeadLetterConfig"] = json!({"Arn": "arn:aws:sqs:us-east-1:123456789012:dead"});
    assert_eq!(lab.ask("PUT", "/schedules/lease-1", Some(&kept)).await.0, 200);
    let seen = lab.ask("GET", "/schedules/lease-1?groupName=leases", None).await.2;
    assert_eq!(seen["Target"], kept["Target"]);
    assert!(created["ScheduleArn"].as_str().is_some_and(|arn| arn.ends_with(":schedule/leases/lease-1")));
    let now = lab.clock.now();
    assert_eq!(lab.scheduler.due(now), []);
    let fired = lab.scheduler.due(now + SignedDuration::from_secs(61));
    assert_eq!(fired.len(), 1);
    assert_eq!(fired[0].input, "{\"reclaim\":{}}");
    assert!(lab.scheduler.schedules().is_empty());
    assert_eq!(lab.ask("GET", "/schedules/lease-1?groupName=leases", None).await.0, 404);
}

#[tokio::test]
async fn creations_repeat_and_conflict() {
    let lab = Lab::new().await;
    let mut wanted = lab.wanted(60);
    assert_eq!(lab.ask("POST", "/schedules/x", Some(&wanted)).await.0, 200);
    assert_eq!(lab.ask("POST", "/schedules/x", Some(&wanted)).await.0, 200, "the same client token");
    wanted["ClientToken"] = json!("b");
    let (status, message, _) = lab.ask("POST", "/schedules/x", Some(&wanted)).await;
    assert_eq!((status, message.as_str()), (409, "Schedule x already exists."));
    let moved = lab.wanted(120);
    assert_eq!(lab.ask("PUT", "/schedules/x", Some(&moved)).await.0, 200);
    let kept = lab.scheduler.schedule("leases", "x").map(|it| it.expression);
    assert_eq!(kept.as_deref(), moved["ScheduleExpression"].as_str());
    assert_eq!(lab.ask("PUT", "/schedules/y", Some(&moved)).await.0, 404);
    let (_, _, seen) = lab.ask("GET", "/schedules/x?groupName=leases", None).await;
    assert_eq!(seen["Target"], moved["Target"]);
    assert_eq!(lab.ask("DELETE", "/schedules/x?groupName=leases", None).await.0, 200);
    assert_eq!(lab.ask("DELETE", "/schedules/x?groupName=leases", None).await.0, 404);
}

#[tokio::test]
async fn nonsense_is_refused() {
    let lab = Lab::new().await;
    let bends: [fn(&mut Value); 11] = [
        |it| it["ScheduleExpression"] = json!("at(nonsense)"),
        |it| it["ScheduleExpression"] = json!("at(2027-02-30T00:00:00)"),
        |it| it["ScheduleExpression"] = json!("at(2027-01-01T00:00:00Z)"),
        |it| it["FlexibleTimeWindow"] = Value::Null,
        |it| it["Target"]["Arn"] = json!("reaper"),
        |it| it["Target"]["RoleArn"] = json!("arn:aws:iam::1:role/x"),
        |it| it["Target"]["Input"] = json!("{"),
        |it| it["Target"]["DeadLetterConfig"] = json!("arn:aws:sqs:us-east-1:123456789012:dead"),
        |it| it["Target"]["DeadLetterConfig"] = json!({"Arn": "arn:aws:sns:us-east-1:123456789012:dead"}),
        |it| it["Target"]["DeadLetterConfig"] = json!({"Arn": "https://sqs.us-east-1.amazonaws.com/123456789012/dead"}),
        |it| it["ActionAfterCompletion"] = json!("delete"),
    ];
    for bend in bends {
        let mut wanted = lab.wanted(60);
        bend(&mut wanted);
        assert_eq!(lab.ask("POST", "/schedules/x", Some(&wanted)).await.0, 400, "{wanted}");
    }
    let wanted = lab.wanted(60);
    assert_eq!(lab.ask("POST", "/schedules/a+b", Some(&wanted)).await.0, 400);
    assert_eq!(lab.ask("POST", &format!("/schedules/{}", "x".repeat(65)), Some(&wanted)).await.0, 400);
    let mut elsewhere = lab.wanted(60);
    elsewhere["GroupName"] = json!("nowhere");
    assert_eq!(lab.ask("POST", "/schedules/x", Some(&elsewhere)).await.0, 404);
    let unsigned = lab.probe.request("POST", "/schedules/x").body(wanted.to_string());
    assert_eq!(read(unsigned).await.0, 403);
    assert!(lab.scheduler.schedules().is_empty());
}

#[test]
fn expressions() {
    let minutes = |count| Some(Expression::Rate(SignedDuration::from_mins(count)));
    assert_eq!(Expression::parse("rate(1 minute)"), minutes(1));
    assert_eq!(Expression::parse("rate(5 minutes)"), minutes(5));
    assert_eq!(Expression::parse("rate(1 hour)"), minutes(60));
    assert_eq!(Expression::parse("rate(1 minutes)"), None);
    assert_eq!(Expression::parse("rate(5 minute)"), None);
    assert_eq!(Expression::parse("rate(0 minutes)"), None);
    assert_eq!(Expression::parse("cron(0 3 * * ? *)"), Some(Expression::Cron));
    assert_eq!(Expression::parse("cron(0 3 * * *)"), None);
    assert_eq!(Expression::parse("cron(0 3 * * * *)"), None);
}

#[tokio::test]
async fn a_rate_fires_again_and_again() {
    let lab = Lab::new().await;
    let mut wanted = lab.wanted(0);
    wanted["ScheduleExpression"] = json!("rate(1 minute)");
    assert_eq!(lab.ask("POST", "/schedules/sweep", Some(&wanted)).await.0, 200);
    let start = lab.clock.now();
    for minute in 1..4 {
        let now = start + SignedDuration::from_secs(minute * 61);
        assert_eq!((lab.scheduler.due(now).len(), lab.scheduler.due(now).len()), (1, 0));
    }
}
