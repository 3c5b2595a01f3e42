//! The line in which each invocation says what it did: one for each that was answered, whole, and
//! with metrics that CloudWatch can read; and nothing is counted that did not happen.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Findings, Ledgers};
use crate::emf::{self, Datum};
use crate::spec;

/// What an invocation's line has and no other line.
const OF_AN_INVOCATION: &str = "duration_ms";
const NEIGHBOURS: [&str; 10] =
    ["dynamodb", "facilitator", "node", "twilio", "bland", "scheduler", "kms", "secrets", "s3", "api"];

impl Ledgers {
    pub(super) fn lines(&self, findings: &mut Findings) {
        if !self.is_whole {
            return;
        }
        let mut counted = Vec::new();
        let mut told = BTreeMap::<String, u32>::new();
        for line in &self.lines {
            match emf::read(&line.text, self.now * 1000) {
                Ok(data) => counted.extend(data),
                Err(why) => findings.add("I25", format!("CloudWatch takes no metrics from it ({why}): {}", line.text)),
            }
            let Ok(document) = serde_json::from_str::<Value>(&line.text) else { continue };
            if document[OF_AN_INVOCATION].is_null() {
                continue;
            }
            *told.entry(document["request"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
            if let Some(wrong) = wrong_with(&document, &line.function) {
                findings.add("I25", format!("{wrong} in {}", line.text));
            }
        }
        for request in &self.answered {
            let lines = told.get(request).copied().unwrap_or_default();
            if lines != 1 {
                findings.add("I25", format!("the invocation {request} has {lines} lines"));
            }
        }
        self.nothing_is_made_up(&counted, findings);
    }

    /// A process that dies takes its counts with it, so there may be less than there was; never
    /// more.
    fn nothing_is_made_up(&self, counted: &[Datum], findings: &mut Findings) {
        let has = |it: &Datum, name: &str, value: &str| it.dimensions.get(name).is_some_and(|known| known == value);
        let back = counted.iter().filter(|it| it.name == "MoneyBack").filter(|it| has(it, "result", "refunded"));
        let granted = counted.iter().filter(|it| it.name == "Sales").filter(|it| has(it, "result", "granted"));
        let brought = |datum: &Datum| datum.value * price(datum.dimensions.get("endpoint").map_or("", String::as_str));
        let told = granted.map(brought).sum::<u64>();
        let earned = self.payments.iter().map(|paid| paid.value).sum::<u64>();
        if told > earned {
            findings.add("I25", format!("{told} of {earned} micro-dollars are said to have come in"));
        }
        let told = back.map(|datum| datum.value).sum::<u64>();
        let back = self.refunds.iter().map(|paid| paid.value).sum::<u64>();
        if told > back {
            findings.add("I25", format!("{told} of {back} micro-dollars are said to have gone back"));
        }
    }
}

/// What a sale at an endpoint brings, by what it is counted as: `voice_call` is at `/voice/call`,
/// `numbers_buy` at `/phone/numbers/buy`.
fn price(counted_as: &str) -> u64 {
    let name = |path: &str| spec::endpoint(path).trim_start_matches("/phone").replace('/', "_");
    let is_at = |path: &str| name(path).strip_prefix('_') == Some(counted_as);
    spec::SOLD.iter().find(|(path, _)| is_at(path)).map_or(0, |(_, price)| *price)
}

/// What is wrong with an invocation's line.
fn wrong_with(line: &Value, function: &str) -> Option<String> {
    let text = |name: &str| line[name].as_str().is_some_and(|text| !text.is_empty());
    let missing = ["function", "outcome", "request"].into_iter().find(|name| !text(name));
    if let Some(missing) = missing {
        return Some(format!("no {missing}"));
    }
    if line["function"] != *function {
        return Some("another function's name".into());
    }
    let is_set = |name: &str| line[name].is_null() || line[name] == true;
    if !line[OF_AN_INVOCATION].is_u64() || !is_set("cold_start") || !is_set("replayed") {
        return Some("a time or a flag that is none".into());
    }
    for (name, asked) in line["upstream"].as_object().into_iter().flatten() {
        let known = NEIGHBOURS.contains(&name.as_str()) && asked[0].as_u64() > Some(0) && asked[1].is_u64();
        if !known {
            return Some(format!("upstream: {name}"));
        }
    }
    let wallet = line["wallet"].as_str();
    if wallet.is_some_and(|wallet| wallet.chars().count() != 11 || !wallet.contains('\u{2026}')) {
        return Some("a wallet that is not masked".into());
    }
    if line["sale"].as_str().is_some_and(|sale| !sale.starts_with("dt-")) {
        return Some("a sale by another name".into());
    }
    let is_request = line["status"].is_u64();
    let is_round = matches!(function, "reaper" | "refunds" | "canary") && line["report"].is_object();
    (is_request == is_round).then(|| "neither an answer nor a report".into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::lambda::Line;
    use crate::ledger::Payment;

    fn line() -> Value {
        json!({
            "function": "numbers_list", "outcome": "ok",
            "duration_ms": 3, "request": "r1", "trace": "1-2-3", "status": 200,
            "upstream": {"dynamodb": [2, 1]}, "sale": "dt-1", "wallet": "0x1234\u{2026}abcd",
            "endpoint": "numbers_list", "result": "granted", "Sales": 1,
            "_aws": {"Timestamp": 1_764_000_000_000_i64, "CloudWatchMetrics": [{"Namespace": "stack",
                "Dimensions": [["endpoint", "result"]], "Metrics": [{"Name": "Sales", "Unit": "None"}]}]},
        })
    }

    fn findings(lines: &[Value]) -> String {
        let mut findings = Findings::default();
        let paid = Payment { value: 1000, ..Payment::default() };
        Ledgers {
            is_whole: true,
            now: 1_764_000_000,
            payments: vec![paid],
            answered: vec!["r1".into()],
            lines: lines.iter().map(|it| Line { function: "numbers_list".into(), text: it.to_string() }).collect(),
            ..Ledgers::default()
        }
        .lines(&mut findings);
        findings.line()
    }

    fn bent(name: &str, value: Value) -> String {
        let mut line = line();
        line[name] = value;
        findings(&[line])
    }

    #[test]
    fn an_answered_invocation_has_one_line_that_is_whole() {
        assert_eq!(findings(&[line()]), "");
        assert_eq!(findings(&[line(), json!({"level": "WARN", "message": "beside it"})]), "");
        assert!(findings(&[]).contains("r1 has 0 lines"));
        let mut again = line();
        again["Sales"] = json!(0);
        assert!(findings(&[line(), again]).contains("r1 has 2 lines"));
        for (name, value, what) in [
            ("request", json!(""), "no request"),
            ("function", json!("reaper"), "another function's"),
            ("cold_start", json!("no"), "a flag"),
            ("upstream", json!({"stranger": [1, 1]}), "upstream: stranger"),
            ("wallet", json!("0x1234567890"), "not masked"),
            ("sale", json!("eip155:8453:0x"), "by another name"),
            ("status", Value::Null, "neither"),
            ("_aws", json!({}), "CloudWatch takes no metrics"),
        ] {
            let found = bent(name, value);
            assert!(found.starts_with("I25") && found.contains(what), "{name}: {found}");
        }
    }

    #[test]
    fn nothing_is_counted_that_did_not_happen() {
        assert!(bent("Sales", json!(2)).contains("2000 of 1000 micro-dollars are said to have come in"));
        let back = json!({
            "_aws": {"Timestamp": 1_764_000_000_000_i64, "CloudWatchMetrics": [{"Namespace": "stack",
                "Dimensions": [["result"]], "Metrics": [{"Name": "MoneyBack", "Unit": "None"}]}]},
            "result": "refunded", "MoneyBack": 5,
        });
        assert!(findings(&[line(), back]).contains("5 of 0 micro-dollars are said to have gone back"));
    }
}
