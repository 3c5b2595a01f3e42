//! What AWS refuses when a stack is made, and no linter knows: the quotas of its interfaces that
//! this template could meet. Each is told with where AWS says it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use serde_yaml_ng::Value;

use super::{entries, functions, names, routes, template, text};

/// The longest name that a stack may have here.
const STACK: usize = 30;
/// As long as an ARN of this stack's is, at least.
const ARN: usize = 128;

fn of_type(kind: &str) -> Vec<(String, Value)> {
    let all = entries(&template()["Resources"]);
    all.into_iter().filter(|(_, resource)| text(&resource["Type"]) == kind).collect()
}

/// A value with something as long as an ARN in the place of all that is filled in.
fn filled(value: &Value) -> Json {
    match value {
        Value::Tagged(tagged) => match (tagged.tag.to_string().as_str(), &tagged.value) {
            ("!Sub", Value::String(text)) => Json::from(substituted(text)),
            ("!If", Value::Sequence(branches)) => {
                let longer = branches[1..].iter().map(filled).max_by_key(|branch| branch.to_string().len());
                longer.expect("a branch")
            }
            _ => Json::from("x".repeat(ARN)),
        },
        Value::Sequence(all) => all.iter().map(filled).collect(),
        Value::Mapping(all) => all.iter().map(|(name, value)| (text(name), filled(value))).collect(),
        plain => serde_json::to_value(plain).expect("JSON"),
    }
}

fn substituted(pattern: &str) -> String {
    let mut parts = pattern.split("${");
    let mut all = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').expect("a name");
        let length = match name {
            "AWS::StackName" => STACK,
            "AWS::Region" | "AWS::Partition" => 14,
            "AWS::AccountId" => 12,
            _ => ARN,
        };
        all.push_str(&"x".repeat(length));
        all.push_str(rest);
    }
    all
}

fn length(value: &Value) -> usize {
    match filled(value) {
        Json::String(text) => text.len(),
        other => other.to_string().len(),
    }
}

/// `PutMetricAlarm`, and CloudWatch's *Limits that apply to alarms based on metric math
/// expressions*: ten metrics, which no request raises.
#[test]
fn an_alarm_looks_at_ten_metrics_at_most_and_no_longer_back_than_it_may() {
    let is_id = |id: &String| {
        id.starts_with(|first: char| first.is_ascii_lowercase())
            && id.len() < 256
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    for (name, alarm) in of_type("AWS::CloudWatch::Alarm") {
        let of = &alarm["Properties"];
        assert!(length(&of["AlarmDescription"]) <= 1_024, "{name}");
        let metrics: Vec<&Value> = of["Metrics"].as_sequence().into_iter().flatten().collect();
        let looked: Vec<&&Value> = metrics.iter().filter(|one| !one["MetricStat"].is_null()).collect();
        let expressions: Vec<&&Value> = metrics.iter().filter(|one| !one["Expression"].is_null()).collect();
        assert!(looked.len() <= 10 && expressions.len() <= 10, "{name} looks at {} metrics", looked.len());
        assert!(expressions.iter().all(|one| length(&one["Expression"]) <= 2_048), "{name}");
        let mut period = of["Period"].as_u64();
        if !metrics.is_empty() {
            let shown = metrics.iter().filter(|one| one["ReturnData"] == Value::Bool(true)).count();
            assert_eq!((shown, looked.len() + expressions.len()), (1, metrics.len()), "{name}");
            let ids: BTreeSet<String> = metrics.iter().map(|one| text(&one["Id"])).collect();
            assert!(ids.len() == metrics.len() && ids.iter().all(is_id), "{name}: {ids:?}");
            let beside = ["Namespace", "MetricName", "Dimensions", "Period", "Unit", "Statistic", "ExtendedStatistic"];
            assert!(beside.iter().all(|one| of[*one].is_null()), "{name} has Metrics and a metric");
            let periods: BTreeSet<_> = looked.iter().map(|one| one["MetricStat"]["Period"].as_u64()).collect();
            assert_eq!(periods.len(), 1, "{name}");
            period = periods.into_iter().next().flatten();
        }
        let period = period.expect("a period");
        let back = of["EvaluationPeriods"].as_u64().expect("periods");
        assert!(period % 60 == 0 && back >= 1, "{name}");
        let most = if period >= 3_600 { 7 * 86_400 } else { 86_400 };
        assert!(period * back <= most, "{name} looks back {} s", period * back);
        assert!(of["DatapointsToAlarm"].as_u64().is_none_or(|some| (1..=back).contains(&some)), "{name}");
    }
}

/// IAM: the policies inside of a role have 10,240 characters together, without white space.
#[test]
fn what_a_function_may_do_fits_its_role() {
    for (binary, function) in functions() {
        let policies = function["Properties"]["Policies"].as_sequence().into_iter().flatten();
        let all: usize = policies.map(length).sum();
        assert!(all <= 10_240, "{binary}: {all}");
    }
}

/// Lambda: names and values of a function's variables have 4 KB together.
#[test]
fn what_a_function_is_told_fits_its_environment() {
    let global = &template()["Globals"]["Function"]["Environment"]["Variables"];
    for (binary, function) in functions() {
        let own = &function["Properties"]["Environment"]["Variables"];
        let told: BTreeMap<_, _> = entries(global).into_iter().chain(entries(own)).collect();
        let all: usize = told.iter().map(|(name, value)| name.len() + length(value).min(100)).sum();
        assert!(all <= 4_096, "{binary}: {all}");
        assert!(length(&function["Properties"]["Description"]) <= 256, "{binary}");
    }
}

/// CloudFormation: 500 resources, 200 parameters, 200 outputs and 1 MB of template; API Gateway:
/// 300 routes and 300 integrations of an HTTP API.
#[test]
fn there_are_no_more_of_anything_than_a_stack_may_have() {
    let template = template();
    let (resources, functions) = (names(&template["Resources"]).len(), functions().len());
    // What SAM makes besides: a role for each function, a permission for each route, a schedule for
    // each of its events, and the API's stage.
    let events: usize = of_type("AWS::Serverless::Function")
        .iter()
        .map(|(_, function)| names(&function["Properties"]["Events"]).len())
        .sum();
    assert!(resources + functions + events < 500, "{resources} {functions} {events}");
    assert!(routes().len() <= 300);
    assert!(names(&template["Parameters"]).len() <= 200 && names(&template["Outputs"]).len() <= 200);
    let size = std::fs::metadata("template.yaml").expect("template.yaml").len();
    assert!(size < 500_000, "{size}, and SAM writes the routes out");
    assert!(length(&template["Description"]) <= 1_024);
    for (name, parameter) in entries(&template["Parameters"]) {
        assert!(length(&parameter["Description"]) <= 4_000, "{name}");
    }
    for (name, output) in entries(&template["Outputs"]) {
        assert!(length(&output["Description"]) <= 1_024, "{name}");
    }
}

/// Names that begin with the stack's: functions, schedules and their groups have 64 characters,
/// dashboards 255 of few kinds.
#[test]
fn a_name_that_is_made_of_the_stacks_is_not_too_long() {
    let most = [
        ("AWS::Serverless::Function", "FunctionName", 64),
        ("AWS::Scheduler::ScheduleGroup", "Name", 64),
        ("AWS::CloudWatch::Dashboard", "DashboardName", 255),
        ("AWS::SNS::Topic", "DisplayName", 100),
        ("AWS::Logs::LogGroup", "LogGroupName", 512),
        ("AWS::Logs::QueryDefinition", "Name", 255),
    ];
    for (kind, property, most) in most {
        for (name, resource) in of_type(kind) {
            let long = length(&resource["Properties"][property]);
            assert!(long <= most || resource["Properties"][property].is_null(), "{name}: {long}");
        }
    }
    for (name, function) in of_type("AWS::Serverless::Function") {
        for (event, schedule) in entries(&function["Properties"]["Events"]) {
            let of = &schedule["Properties"];
            assert!(of["Name"].is_null() || length(&of["Name"]) <= 64, "{name}, {event}");
            assert!(of["Description"].is_null() || length(&of["Description"]) <= 512, "{name}, {event}");
        }
    }
    let dashboards = of_type("AWS::CloudWatch::Dashboard");
    for (name, dashboard) in dashboards {
        let called = substituted(&text(&dashboard["Properties"]["DashboardName"]));
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        assert!(called.bytes().all(fits), "{name}: {called}");
        // Dashboards are an account's, in all its regions: a stack of the same name in another one
        // has one, too.
        assert!(text(&dashboard["Properties"]["DashboardName"]).contains("${AWS::Region}"), "{name}");
    }
}
