//! What an operator is shown and woken by, against what the code counts and what OPERATIONS.md says
//! about it.

mod each;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value as Json;
use serde_yaml_ng::Value;
use shared::telemetry::metrics::ALL;

/// A metric of the stack's own, as the template names it: with the names of its dimensions.
type Shown = (String, BTreeSet<String>);

#[test]
fn everything_that_is_counted_is_shown_and_nothing_else() {
    let template = template();
    let (mut shown, filtered) = (on_the_dashboard(&template), filters(&template));
    shown.extend(in_alarms(&template));
    let counted = ALL.iter().map(|metric| {
        let dimensions = metric.dimensions.iter().map(|name| (*name).to_owned());
        (metric.name.to_owned(), dimensions.collect())
    });
    let expected: BTreeSet<Shown> = counted.chain(filtered).collect();
    assert_eq!(shown, expected);
}

/// What was earned is what was sold, at its price.
#[test]
fn the_dashboard_reckons_with_the_prices() {
    let template = template();
    let earned = |path: &str, price: u64| {
        let counted_as = harness::spec::endpoint(path).trim_start_matches("/phone").replace('/', "_");
        let dollars = format!("{}.{:06}", price / 1_000_000, price % 1_000_000);
        let dollars = dollars.trim_end_matches('0').trim_end_matches('.');
        let granted = format!("endpoint=\"{}\" result=\"granted\"", counted_as.trim_start_matches('_'));
        (dollars.to_owned(), granted)
    };
    let text = dashboard(&template).to_string().replace("\\\"", "\"");
    for (path, price) in harness::spec::SOLD {
        let (dollars, granted) = earned(path, price);
        let begins = format!(
            "{dollars} * SUM(SEARCH('{{\"${{AWS::StackName}}\",endpoint,result}} MetricName=\"Sales\" {granted}'"
        );
        assert!(text.contains(&format!("\"{begins}")), "{begins}");
    }
}

/// What is told once a day: between two of them nothing is missing, and nothing is over.
const SELDOM: [&str; 1] = ["DaysToExpiry"];

#[test]
fn an_alarm_wakes_the_operator_or_waits_for_the_morning_and_says_where_to_read_what_to_do() {
    let operations = fs::read_to_string("OPERATIONS.md").expect("OPERATIONS.md");
    let rows: BTreeMap<&str, bool> = operations.lines().filter_map(row_of_an_alarm).collect();
    let sections: BTreeSet<&str> = operations.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    let mut named = BTreeSet::new();
    for (name, alarm) in of_type(&template(), "AWS::CloudWatch::Alarm") {
        let properties = &alarm["Properties"];
        let description = text(&properties["AlarmDescription"]);
        let (says, section) = description.rsplit_once(". OPERATIONS.md, ").expect("a section");
        assert!(says.len() > 20, "{name} says nothing");
        assert!(sections.contains(section), "{name} names the section {section:?}, which is not there");
        named.insert(section.to_owned());
        let of = |kind: &str| properties[kind].as_sequence().into_iter().flatten().map(text).collect::<Vec<_>>();
        let topic = if rows[section] { "Alarms" } else { "Tickets" };
        for kind in ["AlarmActions", "OKActions"] {
            assert_eq!(of(kind), [topic], "{kind} of {name}, by the table's row of {section:?}");
        }
        let (missing, metric) = (text(&properties["TreatMissingData"]), text(&properties["MetricName"]));
        let expected = match metric.as_str() {
            // What is not counted is wrong, where it is counted in any case.
            "Rounds" | "CanaryFailed" | "BalanceLasts" | "BooksBehind" => "breaching",
            "RefundFloat" => "HasEvmNode",
            "WatchLag" => "HasNode",
            metric if SELDOM.contains(&metric) => "ignore",
            _ => "notBreaching",
        };
        let missing = if missing.is_empty() { text(&properties["TreatMissingData"][0]) } else { missing };
        assert_eq!(missing, expected, "{name}");
    }
    let (_, alarms) = operations.split_once("\n## Alarms\n").expect("a chapter");
    let (alarms, _) = alarms.split_once("\n## ").expect("another chapter");
    assert_eq!(named, rows.keys().map(|section| (*section).to_owned()).collect(), "each section has a row");
    let explained = alarms.lines().filter_map(|line| line.strip_prefix("### ")).map(str::to_owned).collect();
    assert_eq!(named, explained, "each section is of an alarm");
}

/// The section that a row of the table of alarms is about, and whether it wakes.
fn row_of_an_alarm(line: &str) -> Option<(&str, bool)> {
    let (section, rest) = line.strip_prefix("| [")?.split_once("](#")?;
    let wakes = rest.split(" | ").nth(1)?;
    Some((
        section,
        match wakes {
            "yes" => true,
            "no" => false,
            _ => return None,
        },
    ))
}

#[test]
fn the_price_of_the_alarms_is_that_of_the_metrics_that_they_look_at() {
    let own = |alarm: &Value| match alarm["Properties"]["Metrics"].as_sequence() {
        Some(metrics) => metrics.iter().filter(|metric| !metric["MetricStat"].is_null()).count(),
        None => 1,
    };
    let metrics: usize = of_type(&template(), "AWS::CloudWatch::Alarm").values().map(own).sum();
    let operations = fs::read_to_string("OPERATIONS.md").expect("OPERATIONS.md");
    let said = format!(
        "that is looked at: {metrics}, of which four for each function | ${}.{}0 |",
        metrics / 10,
        metrics % 10
    );
    assert!(operations.contains(&said), "OPERATIONS.md does not say: {said}");
}

#[test]
fn what_is_added_up_over_functions_leaves_none_out() {
    let template = template();
    let all: BTreeSet<String> = of_type(&template, "AWS::Serverless::Function").into_keys().collect();
    for (kind, of) in [("Error", "Errors"), ("Throttle", "Throttles"), ("Duration", "Duration")] {
        assert_eq!(added_up(&template, kind, of, "FunctionName"), all, "{kind}");
    }
    let binaries = of_type(&template, "AWS::Serverless::Function");
    let binaries = binaries.values().map(|function| text(&function["Metadata"]["BuildProperties"]["Binary"])).collect();
    assert_eq!(added_up(&template, "Fault", "Faults", "function"), binaries);
    let body = body(&template);
    for function in all {
        for metric in ["Errors", "Throttles", "Duration"] {
            let shown = format!(r#"["AWS/Lambda", "{metric}", "FunctionName", "${{{function}}}"]"#);
            assert!(body.contains(&shown), "{metric} of {function}");
        }
    }
}

#[test]
fn the_dashboard_shows_each_alarm_and_overlaps_nothing() {
    let template = template();
    let dashboard = dashboard(&template);
    let mut taken = BTreeSet::new();
    for widget in dashboard["widgets"].as_array().expect("widgets") {
        let number = |name: &str| widget[name].as_u64().expect(name);
        assert!(number("x") + number("width") <= 24, "{widget}");
        for (x, y) in (0..number("width")).flat_map(|x| (0..number("height")).map(move |y| (x, y))) {
            assert!(taken.insert((number("x") + x, number("y") + y)), "{widget}");
        }
    }
    let shown = dashboard["widgets"][0]["properties"]["alarms"].as_array().expect("alarms");
    let shown: BTreeSet<_> = shown.iter().map(|arn| arn.as_str().expect("text").to_owned()).collect();
    assert_eq!(
        shown,
        of_type(&template, "AWS::CloudWatch::Alarm").keys().map(|name| format!("${{{name}.Arn}}")).collect()
    );
    // Each of those that may not be there under its own condition.
    let names = &template["Resources"]["Dashboard"]["Properties"]["DashboardBody"][1];
    for (name, alarm) in of_type(&template, "AWS::CloudWatch::Alarm") {
        let by =
            |named: &Value| named.as_sequence().is_some_and(|it| text(&it[1]).contains(&format!("${{{name}.Arn}}")));
        let condition = names.as_mapping().into_iter().flatten().find(|(_, named)| by(named));
        assert_eq!(
            condition.map(|(_, named)| text(&named[0])).unwrap_or_default(),
            text(&alarm["Condition"]),
            "{name}"
        );
    }
}

#[test]
fn a_saved_query_looks_into_the_log_of_every_function() {
    let template = template();
    let logs: BTreeSet<String> =
        of_type(&template, "AWS::Logs::LogGroup").into_keys().filter(|name| name != "AccessLog").collect();
    let queries = of_type(&template, "AWS::Logs::QueryDefinition");
    assert!(!queries.is_empty());
    for (name, query) in queries {
        let groups = query["Properties"]["LogGroupNames"].as_sequence().into_iter().flatten().map(text).collect();
        assert_eq!(logs, groups, "{name}");
    }
}

#[test]
fn what_operators_are_allowed_is_neither_to_sign_nor_to_deploy() {
    let template = template();
    let policies = of_type(&template, "AWS::IAM::ManagedPolicy");
    let statements = |policy: &Value| policy["Properties"]["PolicyDocument"]["Statement"].as_sequence().cloned();
    for statement in policies.values().flat_map(|policy| statements(policy).expect("statements")) {
        for action in statement["Action"]
            .as_sequence()
            .map_or_else(|| vec![text(&statement["Action"])], |all| all.iter().map(text).collect())
        {
            let refused = ["*", "Sign", "Delete", "Create", "Update", "iam:", "PassRole"];
            let item = ["dynamodb:UpdateItem", "dynamodb:DeleteItem"].contains(&action.as_str());
            assert!(item || !refused.iter().any(|part| action.contains(part)), "{action}");
        }
    }
}

#[test]
fn the_policy_of_operators_names_what_is_the_stacks_own_and_is_as_long_as_a_policy_may_be() {
    let template = template();
    let mut named = BTreeSet::new();
    for (policy, of) in of_type(&template, "AWS::IAM::ManagedPolicy") {
        let document = &of["Properties"]["PolicyDocument"];
        let resources = document["Statement"].as_sequence().expect("statements").iter().map(|it| &it["Resource"]);
        let resources: Vec<String> = resources
            .flat_map(|on| on.as_sequence().map_or_else(|| vec![text(on)], |all| all.iter().map(text).collect()))
            .collect();
        // A name that goes on behind the stack's is another's: what follows it is the stack's own
        // id, or nothing.
        for on in &resources {
            assert!(!on.contains("StackName}") || on.ends_with(":stack/${AWS::StackName}/*"), "{on}");
            assert!(!on.ends_with('*') || on == "*" || on.ends_with("/*"), "{on}");
        }
        // It outlives the stack: IAM deletes none that is attached.
        assert_eq!(
            (text(&of["DeletionPolicy"]), text(&of["UpdateReplacePolicy"])),
            ("RetainExceptOnCreate".into(), "Retain".into())
        );
        // AWS takes 6,144 characters. Functions' names are cut at 64, so a stack's has 57 at most.
        let filled = resources.iter().map(|on| if on.ends_with("Function.Arn") { 47 + 64 } else { 60 + 57 + 35 });
        let around = serde_json::to_string(document).expect("JSON").len();
        let around = around - resources.iter().map(String::len).sum::<usize>();
        let all = around + filled.sum::<usize>();
        assert!(all < 6_144, "{policy}: {all}");
        assert_eq!(text(&template["Outputs"][&*policy]["Value"]), policy);
        named.extend(resources);
    }
    for kind in ["AWS::Serverless::Function", "AWS::Logs::LogGroup"] {
        for one in of_type(&template, kind).keys() {
            assert!(named.contains(&format!("{one}.Arn")), "{one}");
        }
    }
}

#[test]
fn what_a_schedule_cannot_deliver_is_kept() {
    let template = template();
    let queue = &template["Resources"]["DeadLetters"]["Properties"];
    assert_eq!(queue["SqsManagedSseEnabled"], Value::Bool(true));
    assert_eq!(queue["MessageRetentionPeriod"].as_u64(), Some(14 * 24 * 60 * 60));
    for (name, function) in of_type(&template, "AWS::Serverless::Function") {
        for event in function["Properties"]["Events"].as_mapping().into_iter().flatten().map(|(_, event)| event) {
            if text(&event["Type"]) == "ScheduleV2" {
                let letters = &event["Properties"]["DeadLetterConfig"];
                assert_eq!(text(&letters["Arn"]), "DeadLetters.Arn", "{name}");
            }
        }
    }
    for role in ["SchedulerRole", "RefundsSchedulerRole"] {
        let statements = &template["Resources"][role]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"];
        let sends = |statement: &&Value| text(&statement["Action"]) == "sqs:SendMessage";
        let statement = statements.as_sequence().expect("statements").iter().find(sends).expect("it may send");
        assert_eq!(text(&statement["Resource"]), "DeadLetters.Arn", "{role}");
    }
}

#[test]
fn functions_are_traced_and_their_table_is_protected() {
    let template = template();
    assert_eq!(text(&template["Globals"]["Function"]["Tracing"]), "Active");
    let table = &template["Resources"]["Table"];
    for kept in ["DeletionPolicy", "UpdateReplacePolicy"] {
        assert!(text(&table[kept]).starts_with("Retain"), "{kept}");
    }
    let protection = table["Properties"]["DeletionProtectionEnabled"].as_sequence().expect("a condition");
    assert_eq!(text(&protection[0]), "IsProduction");
    assert_eq!((&protection[1], &protection[2]), (&Value::Bool(true), &Value::Bool(false)));
}

fn template() -> Value {
    serde_yaml_ng::from_str(&fs::read_to_string("template.yaml").expect("template.yaml")).expect("YAML")
}

fn of_type(template: &Value, kind: &str) -> BTreeMap<String, Value> {
    let resources = template["Resources"].as_mapping().expect("resources").iter();
    resources
        .filter(|(_, resource)| text(&resource["Type"]) == kind)
        .map(|(name, it)| (text(name), it.clone()))
        .collect()
}

/// The metrics of the stack's own that alarms look at.
fn in_alarms(template: &Value) -> BTreeSet<Shown> {
    let mut shown = BTreeSet::new();
    for alarm in of_type(template, "AWS::CloudWatch::Alarm").values() {
        let properties = &alarm["Properties"];
        let several = properties["Metrics"].as_sequence().into_iter().flatten().map(|it| &it["MetricStat"]["Metric"]);
        for metric in several.chain([properties]) {
            if text(&metric["Namespace"]) == "AWS::StackName" {
                let dimensions = metric["Dimensions"].as_sequence().into_iter().flatten();
                shown.insert((text(&metric["MetricName"]), dimensions.map(|it| text(&it["Name"])).collect()));
            }
        }
    }
    shown
}

/// Those that the dashboard shows: named in full, or searched for.
fn on_the_dashboard(template: &Value) -> BTreeSet<Shown> {
    let mut shown = BTreeSet::new();
    for widget in dashboard(template)["widgets"].as_array().expect("widgets") {
        let mut above: Vec<String> = Vec::new();
        for metric in widget["properties"]["metrics"].as_array().into_iter().flatten() {
            let metric = metric.as_array().expect("a list");
            if let Some(searched) = metric[0]["expression"].as_str().and_then(searched) {
                shown.insert(searched);
            }
            // A dot is what stands above.
            let words = metric.iter().filter_map(Json::as_str).enumerate();
            let words: Vec<_> =
                words.map(|(at, it)| if it == "." { above[at].clone() } else { it.to_owned() }).collect();
            if words.first().is_some_and(|namespace| namespace == "${AWS::StackName}") {
                shown.insert((words[1].clone(), words[2..].iter().step_by(2).cloned().collect()));
            }
            if !words.is_empty() {
                above = words;
            }
        }
    }
    shown
}

/// `SEARCH('{"${AWS::StackName}",a,b} MetricName="X"', …)`
fn searched(expression: &str) -> Option<Shown> {
    let (_, rest) = expression.split_once("SEARCH('{\"${AWS::StackName}\",")?;
    let (dimensions, rest) = rest.split_once('}')?;
    let (_, rest) = rest.split_once("MetricName=\"")?;
    let (name, _) = rest.split_once('"')?;
    Some((name.to_owned(), dimensions.split(',').map(str::to_owned).collect()))
}

/// Metrics that are made of lines of the log.
fn filters(template: &Value) -> Vec<Shown> {
    let filters = of_type(template, "AWS::Logs::MetricFilter");
    let shown = |filter: &Value| {
        let made = &filter["Properties"]["MetricTransformations"][0];
        let dimensions = made["Dimensions"].as_sequence().into_iter().flatten().map(|it| text(&it["Key"]));
        (text(&made["MetricName"]), dimensions.collect())
    };
    filters.values().map(shown).collect()
}

/// What the three alarms of a kind add up together, each function once.
fn added_up(template: &Value, kind: &str, name: &str, dimension: &str) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for group in ["Number", "Call", "Round"] {
        for one in metrics_of(&template["Resources"][format!("{group}{kind}Alarm")], name, dimension) {
            assert!(all.insert(one), "{name} twice");
        }
    }
    all
}

/// What an alarm adds up: the values of a dimension.
fn metrics_of(alarm: &Value, name: &str, dimension: &str) -> BTreeSet<String> {
    let metrics = alarm["Properties"]["Metrics"].as_sequence().expect("metrics").iter();
    metrics
        .map(|it| &it["MetricStat"]["Metric"])
        .filter(|metric| text(&metric["MetricName"]) == name)
        .filter(|metric| text(&metric["Dimensions"][0]["Name"]) == dimension)
        .map(|metric| text(&metric["Dimensions"][0]["Value"]))
        .collect()
}

fn dashboard(template: &Value) -> Json {
    serde_json::from_str(&body(template)).expect("JSON")
}

/// The dashboard, with every alarm that may be in it.
fn body(template: &Value) -> String {
    let with = &template["Resources"]["Dashboard"]["Properties"]["DashboardBody"];
    let named = with[1].as_mapping().expect("names");
    named
        .iter()
        .fold(text(&with[0]), |body, (name, more)| body.replace(&format!("${{{}}}", text(name)), &text(&more[1])))
}

/// A scalar's text, also behind an intrinsic such as `!Ref`.
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
