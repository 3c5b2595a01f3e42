//! What is counted against what happened: nothing leaks, nothing is counted twice, and no wallet has called more often
//! than it may.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Findings, Ledgers, account, text};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
/// What the calls of a wallet may cost in a day, in micro-dollars: one call counts for no more.
const WALLET: i64 = 6_000_000;
/// How often in how long: a wallet, a wallet and a destination, a destination.
type Often = &'static [(usize, i64)];
const OF_A_WALLET: [(usize, i64); 2] = [(20, HOUR), (100, DAY)];
const OF_BOTH: [(usize, i64); 2] = [(3, HOUR), (6, DAY)];
const OF_A_BUYER: [(usize, i64); 1] = [(10, DAY)];
/// How many signatures are asked about in a minute that only a contract can judge, where the template's number stands.
const UNPROVEN: i64 = 60;
/// How often a wallet is told in an hour whose a number is.
const OWNERS: i64 = 20;
/// What a number costs.
const NUMBER: i64 = 1_150_000;
const OF_A_DESTINATION: [(usize, i64); 1] = [(10, DAY)];

/// What is counted by number alone: how many signatures were asked about in a minute, and how often a wallet was told in an
/// hour whose a number is.
fn counted_to_its_end(row: &Value, findings: &mut Findings) {
    let (name, sum) = (text(row, "pk"), row["sum"].as_i64().unwrap_or_default());
    let most = if name == "LIMIT#UNPROVEN" { UNPROVEN } else { OWNERS };
    if !(1..=most).contains(&sum) {
        findings.add("I24", format!("{name} has counted {sum}, and {most} may be"));
    }
}

/// What a sale has cost at the carrier.
fn carriers(sale: &Value) -> i64 {
    let work = &sale["work"];
    if work["source"] == "carrier" { work["cost"].as_i64().unwrap_or(NUMBER) } else { 0 }
}

impl Ledgers {
    pub(super) fn limits(&self, findings: &mut Findings) {
        self.often(findings);
        self.running(findings);
        self.sums(findings);
        for row in self.of_kind("LIMIT#WALLET#") {
            self.listed(row, text(row, "pk").trim_start_matches("LIMIT#WALLET#"), "wallet", findings);
        }
        for row in self.of_kind("LIMIT#DESTINATION#") {
            self.listed(row, text(row, "pk").trim_start_matches("LIMIT#DESTINATION#"), "to", findings);
        }
    }

    /// The calls that are counted.
    fn counted(&self) -> impl Iterator<Item = &Value> {
        self.of_kind("CALL#").filter(|row| !row["cost"].is_null())
    }

    /// Holds how often each callee was called against what may be.
    fn often(&self, findings: &mut Findings) {
        let mut instants: BTreeMap<(String, Often), Vec<i64>> = BTreeMap::new();
        for row in self.of_kind("CALL#") {
            let (wallet, to) = (text(row, "wallet"), text(row, "to"));
            let at = row["created_at"].as_i64().unwrap_or_default();
            for (whose, limits) in [
                (wallet.to_owned(), &OF_A_WALLET[..]),
                (format!("{wallet} to {to}"), &OF_BOTH),
                (format!("anybody to {to}"), &OF_A_DESTINATION),
            ] {
                instants.entry((whose, limits)).or_default().push(at);
            }
        }
        for sale in self.sold("lease") {
            let whose = format!("the buyer {}", account(&sale["payment"]));
            let at = sale["created_at"].as_i64().unwrap_or_default();
            instants.entry((whose, &OF_A_BUYER)).or_default().push(at);
        }
        for ((whose, limits), mut instants) in instants {
            instants.sort_unstable();
            for (most, window) in limits {
                let pairs = instants.iter().zip(instants.iter().skip(*most));
                if pairs.into_iter().any(|(first, last)| last - first < *window) {
                    findings.add("I24", format!("{whose}: more than {most} in {window} s"));
                }
            }
        }
    }

    fn running(&self, findings: &mut Findings) {
        let running = self.counted().filter(|row| row["ended_at"].is_null()).count();
        let counter = self.of_kind("LIMIT#CALLS").next().and_then(|row| row["running"].as_i64()).unwrap_or_default();
        if i64::try_from(running) != Ok(counter) {
            findings.add("I24", format!("{counter} calls are counted as running, and {running} do"));
        }
    }

    fn sums(&self, findings: &mut Findings) {
        for row in self.of_kind("LIMIT#").filter(|row| !row["sum_since"].is_null()) {
            let name = text(row, "pk");
            if name == "LIMIT#NUMBERS" {
                self.bought(row, findings);
                continue;
            }
            if name == "LIMIT#NUMBERS#UNPAID" {
                self.unpaid(row, findings);
                continue;
            }
            if name == "LIMIT#UNPROVEN" || name.starts_with("LIMIT#OWNERS#") {
                counted_to_its_end(row, findings);
                continue;
            }
            let prefix = name.strip_prefix("LIMIT#PREFIX#").map(|digits| format!("+{digits}"));
            let since = if prefix.is_some() { "prefix_since" } else { "day_since" };
            let its = |call: &&Value| {
                let fits = prefix.as_ref().is_none_or(|prefix| text(call, "to").starts_with(prefix.as_str()));
                fits && call["cost"][since] == row["sum_since"]
            };
            let cost: i64 = self.counted().filter(its).filter_map(|call| call["cost"]["micros"].as_i64()).sum();
            if row["sum"] != cost {
                findings.add("I24", format!("{name} has summed up {}, and its calls cost {cost}", row["sum"]));
            }
        }
    }

    /// What numbers cost that were bought at the carrier: at least those that were sold, and what was bought and not paid for.
    fn bought(&self, row: &Value, findings: &mut Findings) {
        let (sum, since) = (row["sum"].as_i64().unwrap_or_default(), row["sum_since"].as_i64());
        let cost: i64 = self.sold("lease").filter(|sale| sale["created_at"].as_i64() >= since).map(carriers).sum();
        if sum < cost {
            findings.add("I24", format!("LIMIT#NUMBERS has summed up {sum}, and what was sold cost {cost}"));
        }
    }

    /// What those of them cost that are not paid for: none that was sold, and no more than was begun.
    fn unpaid(&self, row: &Value, findings: &mut Findings) {
        let (sum, since) = (row["sum"].as_i64().unwrap_or_default(), row["sum_since"].as_i64());
        let unsold =
            self.of_kind("SALE#").filter(|sale| sale["state"] != "closed" && sale["created_at"].as_i64() >= since);
        let cost: i64 = unsold.map(carriers).sum();
        if !(0..=cost).contains(&sum) {
            findings.add(
                "I24",
                format!("LIMIT#NUMBERS#UNPAID has summed up {sum}, and what was not sold cost {cost} at most"),
            );
        }
    }

    /// Holds a list of calls against the calls of the wallet or number that it is about.
    fn listed(&self, row: &Value, whose: &str, field: &str, findings: &mut Findings) {
        let empty = serde_json::Map::new();
        let list = row["entries"].as_object().unwrap_or(&empty);
        let id = |call: &Value| text(call, "pk").trim_start_matches("CALL#").to_owned();
        let calls: BTreeMap<String, &Value> =
            self.counted().filter(|call| text(call, field) == whose).map(|call| (id(call), call)).collect();
        for (name, entry) in list {
            let Some(call) = calls.get(name) else {
                findings.add("I24", format!("call {name} is counted for {whose}, and is not there"));
                continue;
            };
            if entry["counted_at"] != call["created_at"] {
                findings.add("I24", format!("call {name} is counted for {whose} at another time than it was dialled"));
            }
            if field == "wallet" && entry["ends_at"].is_null() == call["ended_at"].is_null() {
                findings.add("I24", format!("whether call {name} is over is counted for {whose} as it is not"));
            }
            let cost = call["cost"]["micros"].as_i64().unwrap_or_default().min(WALLET);
            if field == "wallet" && entry["cost"] != cost {
                findings
                    .add("I24", format!("call {name} is counted for {whose} as {}, and costs {cost}", entry["cost"]));
            }
        }
        for (name, call) in calls {
            let counts = call["created_at"].as_i64().is_some_and(|at| at > self.now - DAY);
            if counts && !list.contains_key(&name) {
                findings.add("I24", format!("call {name} is not counted for {whose}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn call(id: &str, at: i64) -> Value {
        json!({"pk": format!("CALL#{id}"), "wallet": "w", "to": "+12135550100", "created_at": at, "ended_at": at,
               "cost": {"micros": 100, "prefix_since": 1, "day_since": 1}})
    }

    fn limits() -> Vec<Value> {
        vec![
            json!({"pk": "LIMIT#CALLS", "running": 0}),
            json!({"pk": "LIMIT#COST", "sum_since": 1, "sum": 100}),
            json!({"pk": "LIMIT#PREFIX#1213", "sum_since": 1, "sum": 100}),
            json!({"pk": "LIMIT#WALLET#w", "entries": {"a": {"counted_at": 10, "cost": 100}}}),
            json!({"pk": "LIMIT#DESTINATION#+12135550100", "entries": {"a": {"counted_at": 10}}}),
        ]
    }

    fn findings(rows: impl IntoIterator<Item = Value>) -> String {
        let mut findings = Findings::default();
        Ledgers { rows: rows.into_iter().collect(), now: 100, ..Ledgers::default() }.limits(&mut findings);
        findings.line()
    }

    fn with(place: usize, change: impl Fn(&mut Value)) -> String {
        let mut rows = limits();
        change(&mut rows[place]);
        findings(rows.into_iter().chain([call("a", 10)]))
    }

    #[test]
    fn what_is_counted_is_what_happened() {
        assert_eq!(findings(limits().into_iter().chain([call("a", 10)])), "");
        assert!(with(0, |row| row["running"] = json!(1)).contains("1 calls are counted as running, and 0 do"));
        assert!(with(1, |row| row["sum"] = json!(101)).contains("LIMIT#COST has summed up 101"));
        assert!(with(2, |row| row["sum"] = json!(0)).contains("LIMIT#PREFIX#1213 has summed up 0"));
        assert!(with(2, |row| row["sum_since"] = json!(2)).contains("its calls cost 0"));
        assert!(with(3, |row| row["entries"] = json!({})).contains("call a is not counted for w"));
        assert!(with(3, |row| row["entries"]["a"]["ends_at"] = json!(20)).contains("as it is not"));
        assert!(with(3, |row| row["entries"]["a"]["cost"] = json!(7)).contains("as 7, and costs 100"));
        assert!(with(4, |row| row["entries"]["b"] = json!({"counted_at": 1})).contains("call b is counted"));
    }

    #[test]
    fn numbers_cost_what_was_bought() {
        let sale = json!({"pk": "SALE#1", "state": "closed", "created_at": 5,
                          "work": {"kind": "lease", "source": "carrier"}});
        let sum = |sum: i64| findings([sale.clone(), json!({"pk": "LIMIT#NUMBERS", "sum_since": 5, "sum": sum})]);
        assert_eq!((sum(NUMBER), sum(2 * NUMBER)), (String::new(), String::new()));
        assert!(sum(0).contains("has summed up 0, and what was sold cost 1150000"));
        let unpaid = |state: &str, sum: i64| {
            let mut sale = sale.clone();
            sale["state"] = json!(state);
            findings([sale, json!({"pk": "LIMIT#NUMBERS#UNPAID", "sum_since": 5, "sum": sum})])
        };
        assert_eq!((unpaid("closed", 0), unpaid("void", 0), unpaid("void", NUMBER)), Default::default());
        for wrong in [unpaid("closed", NUMBER), unpaid("void", NUMBER + 1), unpaid("void", -1)] {
            assert!(wrong.contains("what was not sold cost"), "{wrong}");
        }
    }

    #[test]
    fn nobody_is_called_too_often() {
        let row = |id: usize, at: i64| {
            Value::Object(
                call(&id.to_string(), at)
                    .as_object()
                    .cloned()
                    .unwrap_or_default()
                    .into_iter()
                    .filter(|(name, _)| name != "cost")
                    .collect(),
            )
        };
        let calls = |ats: &[i64]| findings(ats.iter().enumerate().map(|(id, at)| row(id, *at)));
        assert_eq!(calls(&[0, 1, 2, 3_600]), "");
        assert!(calls(&[0, 1, 2, 3_599]).contains("w to +12135550100: more than 3 in 3600 s"));
        let ten: Vec<i64> = (0..10).map(|each| each * 1_300).collect();
        assert!(calls(&ten).contains("more than 6 in 86400 s"));
        let eleven: Vec<i64> = (0..11).map(|each| each * 8_600).collect();
        assert!(calls(&eleven).contains("anybody to +12135550100: more than 10 in 86400 s"));
    }
}
