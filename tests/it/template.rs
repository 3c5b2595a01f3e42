//! `template.yaml` against what the functions need: the routes, and for each function no variable
//! and no right beyond its own.
//!
//! That nothing is *missing* is shown by all the other tests, which run by this template. Here it
//! is held that nothing is too much.

mod ends;
mod rates;
mod refused;
mod rights;
mod throttles;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_yaml_ng::Value;

const PAID: [&str; 11] = [
    "PUBLIC_URL",
    "PAYMENT_NETWORKS",
    "EVM_PAYEE",
    "SOLANA_PAYEE",
    "FACILITATOR_URL",
    "FACILITATOR_AUTH",
    "PAYMENT_SECRET",
    "EVM_RPC_URL",
    "SOLANA_RPC_URL",
    "UNPROVEN_PER_MINUTE",
    "SMART_WALLET_FACTORIES",
];
/// What finishing another attempt's sale takes: nothing is offered.
const SETTLED: [&str; 6] =
    ["PAYMENT_NETWORKS", "FACILITATOR_URL", "FACILITATOR_AUTH", "PAYMENT_SECRET", "EVM_RPC_URL", "SOLANA_RPC_URL"];
/// All of them keep something in the table, and count what they do.
const AWS: [&str; 6] = [
    "TABLE_NAME",
    "AWS_ENDPOINT_URL_DYNAMODB",
    "AWS_ENDPOINT_URL_SECRETS_MANAGER",
    "METRICS_NAMESPACE",
    "CALLER_SALT",
    "EDGE_PROTECTION",
];
const TWILIO: [&str; 3] = ["TWILIO_URL", "TWILIO_ACCOUNT_SID", "TWILIO_SECRET"];
const BLAND: [&str; 2] = ["BLAND_URL", "BLAND_SECRET"];
const NUMBERS: [&str; 3] = ["DAILY_NUMBER_BUDGET", "UNPAID_NUMBER_BUDGET", "NUMBER_PRICES"];
const BUDGET: [&str; 7] = [
    "BLAND_PLAN",
    "BLAND_LINES",
    "BLAND_MINUTE_PRICE",
    "DAILY_CALL_BUDGET",
    "DAILY_CALL_LOSS",
    "PREFIX_CALL_LOSS",
    "WALLET_CALL_LOSS",
];
const MANNERS: [&str; 4] = ["AI_DISCLOSURE", "RECORD_CALLS", "RECORDING_DISCLOSURE", "QUIET_HOURS"];
const BACK: [&str; 4] = ["DAILY_REFUND_LIMIT", "WALLET_REFUND_LIMIT", "DAILY_STRAY_LIMIT", "LARGEST_STRAY"];
const KEY: [&str; 3] = ["REFUND_KMS_KEY", "REFUND_SECRET", "AWS_ENDPOINT_URL_KMS"];
const ALARMS: [&str; 5] =
    ["AWS_ENDPOINT_URL_SCHEDULER", "SCHEDULE_GROUP", "SCHEDULE_ROLE_ARN", "SCHEDULE_DEAD_LETTERS_ARN", "REAPER_ARN"];

#[test]
fn every_binary_is_a_function() {
    let binaries = fs::read_dir("functions").expect("functions/").filter_map(|entry| {
        let path = entry.expect("an entry").path();
        Some(path.file_stem()?.to_str()?.to_owned())
    });
    assert_eq!(binaries.collect::<BTreeSet<_>>(), functions().into_keys().collect());
}

#[test]
fn the_endpoints_are_routed_under_both_prefixes_whatever_the_method() {
    let endpoints = [
        ("numbers_buy", "/v1/phone/numbers/buy"),
        ("numbers_renew", "/v1/phone/numbers/renew"),
        ("numbers_list", "/v1/phone/numbers/list"),
        ("numbers", "/v1/phone/numbers"),
        ("voice_call", "/v1/voice/call"),
        ("voice_call_status", "/v1/voice/call/{call_id}"),
        ("voice_call_hangup", "/v1/voice/call/{call_id}/hangup"),
        ("discovery", "/v1/voice/voices"),
        ("discovery", "/v1/voice/languages"),
        ("voice_calls", "/v1/voice/calls"),
        ("voice_calls_list", "/v1/voice/calls/list"),
    ];
    let documents = [
        "/",
        "/openapi.json",
        "/llms.txt",
        "/terms",
        "/.well-known/x402",
        "/robots.txt",
        "/favicon.ico",
        "/favicon.svg",
    ];
    let expected: BTreeSet<_> = endpoints
        .iter()
        .flat_map(|(function, path)| [format!("{function} ANY {path}"), format!("{function} ANY /api{path}")])
        .chain(documents.map(|path| format!("discovery ANY {path}")))
        .chain(["mcp ANY /mcp".to_owned(), "discovery $default".to_owned()])
        .chain(["voice_call_ended ANY /webhooks/bland/{call_id}/{token}".to_owned()])
        .collect();
    assert_eq!(routes(), expected);
}

#[test]
fn the_edge_stands_before_the_api_where_it_is_wanted_and_cannot_be_had_by_halves() {
    let template = template();
    let resources = &template["Resources"];
    for name in ["Firewall", "Edge"] {
        assert_eq!(text(&resources[name]["Condition"]), "HasEdge", "{name}");
    }
    assert_eq!(text(&template["Parameters"]["EdgeProtection"]["Default"]), "off");
    let firewall = &resources["Firewall"]["Properties"];
    assert_eq!(text(&firewall["Scope"]), "CLOUDFRONT");
    let [rule] = firewall["Rules"].as_sequence().expect("rules").as_slice() else { panic!("one rule") };
    let rate = &rule["Statement"]["RateBasedStatement"];
    assert_eq!((text(&rate["AggregateKeyType"]), rate["EvaluationWindowSec"].as_u64()), ("IP".into(), Some(60)));
    // One address has a small part of what a route lets through.
    assert!(rate["Limit"].as_u64().is_some_and(|limit| limit <= 200 * 60 / 10));
    let block = &rule["Action"]["Block"]["CustomResponse"];
    assert_eq!(block["ResponseCode"].as_u64(), Some(429));
    let body = text(&firewall["CustomResponseBodies"][text(&block["CustomResponseBodyKey"]).as_str()]["Content"]);
    let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!((&body["code"], &body["retry_after_seconds"]), (&"rate_limited".into(), &60.into()));

    let edge = &resources["Edge"]["Properties"]["DistributionConfig"];
    assert_eq!(text(&edge["WebACLId"]), "Firewall.Arn");
    assert_eq!(edge["IPV6Enabled"], Value::Bool(false), "an address costs something");
    assert_eq!(text(&edge["Origins"][0]["DomainName"]), "Domain.RegionalDomainName");
    let shut = many(&resources["Api"]["Properties"]["DisableExecuteApiEndpoint"]);
    assert_eq!(shut.first().map(String::as_str), Some("ShutsGeneratedName"));
    assert_eq!(text(&template["Parameters"]["GeneratedName"]["Default"]), "shut");
    // Elsewhere, or without a domain, a deployment is refused before it begins.
    let rule = &template["Rules"]["EdgeIsPossible"];
    assert_eq!(many(&rule["RuleCondition"]), ["EdgeProtection", "on"]);
    let assertions = rule["Assertions"].as_sequence().expect("assertions");
    assert_eq!(many(&assertions[0]["Assert"]), ["AWS::Region", "us-east-1"]);
    let domain = text(&assertions[1]["AssertDescription"]);
    assert!(domain.contains("HostedZoneId or a CertificateArn"), "{domain}");
}

#[test]
fn what_stops_calls_and_pays_back_runs_whatever_the_api_is_asked() {
    for (binary, function) in functions() {
        let reserved = &function["Properties"]["ReservedConcurrentExecutions"];
        if let Some((_, own)) = [("reaper", 8), ("refunds", 2)].iter().find(|(name, _)| *name == binary) {
            let reserved = (text(&reserved[0]), reserved[1].as_u64());
            assert_eq!(reserved, ("ReservesConcurrency".into(), Some(*own)), "{binary}");
        } else if ["voice_call_status", "mcp"].contains(&binary.as_str()) {
            // Those who wait for calls, and those who wait for another function, have as many as
            // the operator says, and no more.
            assert_eq!((text(&reserved[0]), text(&reserved[1])), ("ReservesConcurrency".into(), "WaitsAtOnce".into()));
        } else {
            assert!(reserved.is_null(), "{binary}");
        }
    }
}

#[test]
fn each_shard_of_the_queues_has_a_round_of_its_own_each_minute_and_is_missed_when_it_has_none() {
    let (_, reaper) = functions().into_iter().find(|(binary, _)| binary == "reaper").expect("the reaper");
    let inputs = entries(&reaper["Properties"]["Events"]).into_iter().map(|(_, event)| {
        assert_eq!(text(&event["Properties"]["ScheduleExpression"]), "rate(1 minute)");
        text(&event["Properties"]["Input"])
    });
    let expected = (0..shared::store::SHARDS).map(|shard| format!("{{\"shard\":{shard}}}"));
    assert_eq!(inputs.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    let alarm = &template()["Resources"]["ReaperAlarm"]["Properties"];
    assert_eq!(alarm["Threshold"].as_u64(), Some(shared::store::SHARDS.into()));
}

#[test]
fn each_function_is_told_what_its_code_reads_and_no_more() {
    let expected = BTreeMap::from([
        ("numbers_buy", [&AWS[..], &PAID, &TWILIO, &BLAND, &ALARMS, &NUMBERS].concat()),
        ("numbers_renew", [&AWS[..], &PAID, &ALARMS].concat()),
        ("numbers_list", [&AWS[..], &PAID].concat()),
        // They sell nothing, and ask no neighbour.
        ("numbers", [&AWS[..], &["PUBLIC_URL", "PAYMENT_NETWORKS"]].concat()),
        ("voice_calls", [&AWS[..], &["PUBLIC_URL", "PAYMENT_NETWORKS"]].concat()),
        ("voice_calls_list", [&AWS[..], &PAID].concat()),
        ("voice_call", [&AWS[..], &PAID, &BLAND, &BUDGET, &MANNERS].concat()),
        ("voice_call_status", [&AWS[..], &BLAND].concat()),
        ("voice_call_ended", [&AWS[..], &BLAND].concat()),
        ("voice_call_hangup", [&AWS[..], &BLAND].concat()),
        // All functions have the table's name and the endpoints; it has no right to anything.
        (
            "discovery",
            [
                &AWS[..],
                &["PUBLIC_URL", "CONTACT_EMAIL", "PAYMENT_NETWORKS", "EVM_PAYEE", "SOLANA_PAYEE", "NUMBER_PRICES"],
                &MANNERS,
            ]
            .concat(),
        ),
        // It sells nothing: where it asks, and what is sold where.
        ("mcp", [&AWS[..], &["PUBLIC_URL", "NUMBER_PRICES"]].concat()),
        // The payees that strangers pay; and where alarms go, which the operator's command reads
        // there.
        (
            "reaper",
            [
                &AWS[..],
                &SETTLED,
                &[
                    "EVM_PAYEE",
                    "SOLANA_PAYEE",
                    "POOL_COUNTRIES",
                    "POOL_KEPT",
                    "NUMBER_PRICES",
                    "MISSING_PAYMENTS_STOP",
                    "ALARM_EMAIL",
                    "BOOKS_BUCKET",
                    "AWS_ENDPOINT_URL_S3",
                ],
                &TWILIO,
                &BLAND,
            ]
            .concat(),
        ),
        ("refunds", [&AWS[..], &SETTLED, &["PUBLIC_URL", "EVM_PAYEE", "SOLANA_PAYEE"], &BACK, &KEY].concat()),
        // Where it buys, and whom it may pay there.
        (
            "canary",
            [
                &AWS[..],
                &[
                    "PUBLIC_URL",
                    "PAYMENT_NETWORKS",
                    "EVM_PAYEE",
                    "SOLANA_PAYEE",
                    "CANARY_KMS_KEY",
                    "AWS_ENDPOINT_URL_KMS",
                ],
            ]
            .concat(),
        ),
    ]);
    let template = template();
    let global = names(&template["Globals"]["Function"]["Environment"]["Variables"]);
    for (binary, function) in functions() {
        let own = names(&function["Properties"]["Environment"]["Variables"]);
        let told: BTreeSet<_> = global.union(&own).cloned().collect();
        let reads: BTreeSet<_> = expected[binary.as_str()].iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(told, reads, "{binary}");
    }
}

#[test]
fn every_parameter_says_what_it_is_and_what_it_may_be() {
    for (name, parameter) in entries(&template()["Parameters"]) {
        assert!(text(&parameter["Description"]).len() > 10, "{name} is not described");
        let bounded = ["AllowedPattern", "AllowedValues", "MinValue"].iter().any(|bound| !parameter[*bound].is_null());
        assert!(bounded, "{name} may be anything");
    }
}

#[test]
fn a_function_ends_before_the_gateway_gives_up() {
    assert!(template()["Globals"]["Function"]["Timeout"].as_u64().expect("a time-out") < 30);
    for (binary, function) in functions() {
        assert!(function["Properties"]["Timeout"].is_null(), "{binary} has a time-out of its own");
    }
}

#[test]
fn what_is_logged_is_forgotten_after_a_while() {
    let resources = template()["Resources"].clone();
    let mut groups = BTreeSet::new();
    for (binary, function) in functions() {
        let group = text(&function["Properties"]["LoggingConfig"]["LogGroup"]);
        assert!(!resources[group.as_str()].is_null(), "{binary} logs to {group}");
        assert!(groups.insert(group), "{binary} shares its log group");
    }
    for (name, resource) in entries(&resources) {
        if text(&resource["Type"]) == "AWS::Logs::LogGroup" {
            assert!(!resource["Properties"]["RetentionInDays"].is_null(), "{name}");
        }
    }
}

#[test]
fn the_table_outlives_the_stack_and_can_be_put_back() {
    let table = template()["Resources"]["Table"].clone();
    assert_eq!(text(&table["DeletionPolicy"]), "RetainExceptOnCreate");
    assert_eq!(text(&table["UpdateReplacePolicy"]), "Retain");
    let recovery = &table["Properties"]["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"];
    assert_eq!(recovery, &Value::Bool(true));
}

fn template() -> Value {
    serde_yaml_ng::from_str(&fs::read_to_string("template.yaml").expect("template.yaml")).expect("YAML")
}

/// The functions by the name of their binary.
fn functions() -> BTreeMap<String, Value> {
    entries(&template()["Resources"])
        .into_iter()
        .filter(|(_, resource)| text(&resource["Type"]) == "AWS::Serverless::Function")
        .map(|(_, function)| (text(&function["Metadata"]["BuildProperties"]["Binary"]), function))
        .collect()
}

/// `binary METHOD /path`, or `binary $default`.
fn routes() -> BTreeSet<String> {
    let mut routed = BTreeSet::new();
    for (binary, function) in functions() {
        for (_, event) in entries(&function["Properties"]["Events"]) {
            if text(&event["Type"]) == "HttpApi" {
                let route = &event["Properties"];
                // Without either it is what no other route takes.
                let key = match (&route["Method"], &route["Path"]) {
                    (Value::Null, Value::Null) => "$default".to_owned(),
                    (method, path) => format!("{} {}", text(method), text(path)),
                };
                routed.insert(format!("{binary} {key}"));
            }
        }
    }
    routed
}

fn statements(function: &Value) -> Vec<Value> {
    let policies = &function["Properties"]["Policies"];
    if policies.is_null() {
        return Vec::new();
    }
    let policies = policies.as_sequence().expect("policies");
    policies.iter().flat_map(|policy| policy["Statement"].as_sequence().expect("statements").clone()).collect()
}

fn entries(map: &Value) -> Vec<(String, Value)> {
    let Some(map) = map.as_mapping() else {
        return Vec::new();
    };
    map.iter().map(|(name, value)| (text(name), value.clone())).collect()
}

fn names(map: &Value) -> BTreeSet<String> {
    entries(map).into_iter().map(|(name, _)| name).collect()
}

/// One text or a list of them.
fn many(value: &Value) -> Vec<String> {
    value.as_sequence().map_or_else(|| vec![text(value)], |values| values.iter().map(text).collect())
}

/// A scalar's text, also behind an intrinsic such as `!Ref`.
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
