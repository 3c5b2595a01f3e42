//! What is counted against what happened: nothing leaks, nothing is counted twice, and no wallet has called more often
//! than it may.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Findings, Ledgers, account, text};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
/// So many half-days a window has.
const SLOTS: i64 = 3;
/// What a wallet is known by: so many good calls are used up by one that could cost more than it may lose.
const GOOD: i64 = 10;
/// So many parts the wholes have of which there are slices.
const PARTS: i64 = 64;
/// The same of what the calls to a prefix lose.
const PARTS_OF_A_PREFIX: i64 = 8;
/// What a call adds to a sum.
type Amount = fn(&Value) -> i64;
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
const OF_A_BUSINESS: [(usize, i64); 1] = [(100, DAY)];
/// Numbers for which a business pays, so that it is called.
const TOLL_FREE: [&str; 7] = ["+1800", "+1833", "+1844", "+1855", "+1866", "+1877", "+1888"];

/// What is counted by number alone: how many signatures were asked about in a minute, and how often a wallet was told in an
/// hour whose a number is.
fn counted_to_its_end(row: &Value, findings: &mut Findings) {
    let (name, sum) = (text(row, "pk"), row["sum"].as_i64().unwrap_or_default());
    let most = if name == "LIMIT#UNPROVEN" { UNPROVEN } else { OWNERS };
    if !(1..=most).contains(&sum) {
        findings.add("I24", format!("{name} has counted {sum}, and {most} may be"));
    }
}

/// What a call has cost beyond what was paid for it and is kept.
fn lost(call: &Value) -> i64 {
    let of = |name: &str| call["cost"][name].as_i64().unwrap_or_default();
    of("micros") - of("kept")
}

/// The whole of which an item is a slice.
fn whole_of(row: &Value) -> &str {
    let name = text(row, "pk");
    name.split_once('/').map_or(name, |(whole, _)| whole)
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
        self.kept(findings);
        self.sums(findings);
        self.windows(findings);
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
                (
                    format!("anybody to {to}"),
                    if TOLL_FREE.iter().any(|area| to.starts_with(area)) { &OF_A_BUSINESS } else { &OF_A_DESTINATION },
                ),
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
        let counter: i64 = self.of_kind("LIMIT#CALLS").filter_map(|row| row["running"].as_i64()).sum();
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
            }
        }
    }

    /// Only what is settled, was paid and does not go back counts as income.
    fn kept(&self, findings: &mut Findings) {
        for call in self.counted() {
            let (price, kept) = (call["cost"]["price"].as_i64(), call["cost"]["kept"].as_i64());
            let is_kept = call["settled"] == true && call["charge"] == "paid";
            let expected = if is_kept { price } else { Some(0) };
            if kept != expected {
                let (id, charge) = (text(call, "pk"), text(call, "charge"));
                findings.add(
                    "I24",
                    format!("{id} is {charge} and counts as {kept:?} that is kept, in place of {expected:?}"),
                );
            }
        }
    }

    /// Holds what calls have lost and cost against the calls: all slices of a whole together by the half-day, and each in itself all
    /// in all.
    fn windows(&self, findings: &mut Findings) {
        let mut wholes: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
        for row in self.of_kind("LIMIT#").filter(|row| !row["slot"].is_null()) {
            wholes.entry(whole_of(row)).or_default().push(row);
        }
        for (name, slices) in wholes {
            let prefix = name.strip_prefix("LIMIT#PREFIX#").map(|digits| format!("+{digits}"));
            let booked = if prefix.is_some() { "prefix" } else { "day" };
            let newest = slices.iter().filter_map(|row| row["slot"].as_i64()).max().unwrap_or_default();
            let sums: [(&str, Amount); 3] = [
                ("loss", lost),
                ("gross", |call| call["cost"]["micros"].as_i64().unwrap_or_default()),
                ("dear", |call| if call["cost"]["dear"] == true { lost(call) } else { 0 }),
            ];
            for (sum, of) in sums.into_iter().take(if prefix.is_some() { 1 } else { 3 }) {
                for slot in newest + 1 - SLOTS..=newest {
                    let its = |call: &&Value| {
                        let fits = prefix.as_ref().is_none_or(|prefix| text(call, "to").starts_with(prefix.as_str()));
                        fits && call["cost"][booked] == slot
                    };
                    let expected: i64 = self.counted().filter(its).map(of).sum();
                    let place = format!("{sum}_{}", slot.rem_euclid(SLOTS));
                    // What such a place of a slice held that nothing was booked in since is of a half-day long before.
                    let has_it = |row: &&&Value| row["slot"].as_i64().is_some_and(|newest| slot <= newest);
                    let found: i64 = slices.iter().filter(has_it).filter_map(|row| row[&place].as_i64()).sum();
                    if found != expected {
                        findings.add("I24", format!("{name} has {found} in {place}, and its calls have {expected}"));
                    }
                }
                for row in &slices {
                    let parts = (0..SLOTS).filter_map(|place| row[format!("{sum}_{place}")].as_i64());
                    let (all, name) = (parts.sum::<i64>(), text(row, "pk"));
                    if row[sum] != all {
                        findings
                            .add("I24", format!("{name} has summed up {} as {sum}, and its parts are {all}", row[sum]));
                    }
                }
            }
        }
        self.stretches(findings);
    }

    /// Slices of one whole are stretches of its parts, and none of them is in two of them.
    fn stretches(&self, findings: &mut Findings) {
        let mut wholes: BTreeMap<&str, Vec<(i64, i64)>> = BTreeMap::new();
        for row in self.of_kind("LIMIT#").filter(|row| !row["upto"].is_null()) {
            let at = text(row, "pk").split_once('/').map_or(Some(0), |(_, at)| at.parse().ok());
            let stretch = (at.unwrap_or(-1), row["upto"].as_i64().unwrap_or_default());
            wholes.entry(whole_of(row)).or_default().push(stretch);
        }
        for (name, mut stretches) in wholes {
            stretches.sort_unstable();
            let ends: Vec<i64> = std::iter::once(0).chain(stretches.iter().map(|(_, upto)| *upto)).collect();
            let begins: Vec<i64> = stretches.iter().map(|(at, _)| *at).collect();
            let most = if name.starts_with("LIMIT#PREFIX#") { PARTS_OF_A_PREFIX } else { PARTS };
            if ends.split_last() != Some((&most, &begins)) {
                findings.add("I24", format!("{name} is cut into {stretches:?}, which are not {most} parts"));
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

    /// Whether a call was paid for first and could not be placed then: it is counted, though it is not there.
    fn was_paid_and_not_placed(&self, call: &str) -> bool {
        let is_meant = |sale: &Value| sale["work"]["call"] == call && sale["refund"]["reason"] == "undeliverable";
        self.of_kind("SALE#").any(is_meant)
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
                if field == "wallet" && self.was_paid_and_not_placed(name) {
                    if entry["cost"] != 0 || !entry["ends_at"].is_null() {
                        findings.add("I24", format!("call {name} is counted for {whose} as if it were placed"));
                    }
                    continue;
                }
                findings.add("I24", format!("call {name} is counted for {whose}, and is not there"));
                continue;
            };
            if entry["counted_at"] != call["created_at"] {
                findings.add("I24", format!("call {name} is counted for {whose} at another time than it was dialled"));
            }
            if field == "wallet" && entry["ends_at"].is_null() == call["ended_at"].is_null() {
                findings.add("I24", format!("whether call {name} is over is counted for {whose} as it is not"));
            }
            let loss = lost(call);
            if field == "wallet" && entry["cost"] != loss {
                findings
                    .add("I24", format!("call {name} is counted for {whose} as {}, and loses {loss}", entry["cost"]));
            }
        }
        // Where all that were ever counted are there.
        if field == "wallet" && row["version"].as_i64() == i64::try_from(list.len()).ok() {
            let points = |call: &Value| {
                let risk = if call["cost"]["risk"] == true { GOOD } else { 0 };
                let is_good = call["cost"]["kept"].as_i64() > Some(0) && lost(call) <= 0;
                if is_good { 1 } else { -risk }
            };
            let expected: i64 = calls.values().map(|call| points(call)).sum();
            let good = row["good"].as_i64().unwrap_or_default();
            if good != expected {
                findings.add("I24", format!("{good} calls of {whose} are counted as good, and {expected} are"));
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
               "settled": true, "charge": "paid",
               "cost": {"micros": 100, "price": 540, "kept": 540, "prefix": 7, "day": 8, "dear": true}})
    }

    fn limits() -> Vec<Value> {
        vec![
            json!({"pk": "LIMIT#CALLS", "running": 0}),
            json!({"pk": "LIMIT#COST", "slot": 8, "loss": -440, "loss_2": -440, "gross": 100, "gross_2": 100,
                   "dear": -440, "dear_2": -440}),
            json!({"pk": "LIMIT#PREFIX#1213", "slot": 9, "loss": -440, "loss_1": -440}),
            json!({"pk": "LIMIT#WALLET#w", "version": 1, "good": 1, "entries": {"a": {"counted_at": 10, "cost": -440}}}),
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
        assert!(with(1, |row| row["loss"] = json!(-439)).contains("LIMIT#COST has summed up -439 as loss"));
        assert!(with(1, |row| row["gross_2"] = json!(99)).contains("LIMIT#COST has 99 in gross_2"));
        assert!(with(1, |row| row["dear_2"] = json!(1)).contains("LIMIT#COST has 1 in dear_2"));
        assert!(with(2, |row| row["loss_1"] = json!(0)).contains("LIMIT#PREFIX#1213 has 0 in loss_1"));
        assert_eq!(with(2, |row| *row = json!({"pk": "LIMIT#PREFIX#1213", "slot": 10, "loss": 0})), "", "it is past");
        assert!(with(3, |row| row["good"] = json!(2)).contains("2 calls of w are counted as good, and 1 are"));
        assert!(with(3, |row| row["entries"] = json!({})).contains("call a is not counted for w"));
        assert!(with(3, |row| row["entries"]["a"]["ends_at"] = json!(20)).contains("as it is not"));
        assert!(with(3, |row| row["entries"]["a"]["cost"] = json!(7)).contains("as 7, and loses -440"));
        assert!(with(4, |row| row["entries"]["b"] = json!({"counted_at": 1})).contains("call b is counted"));
    }

    #[test]
    fn slices_are_held_against_the_calls_together() {
        let sliced = |name: &str, upto: i64, loss: i64, slot: i64| {
            let (gross, dear) = (loss + 540, loss);
            let mut row = json!({"pk": name, "slot": slot, "upto": upto, "loss": loss, "gross": gross, "dear": dear});
            for (sum, amount) in [("loss", loss), ("gross", gross), ("dear", dear)] {
                row[format!("{sum}_{}", slot.rem_euclid(3))] = json!(amount);
            }
            row
        };
        let world = |change: fn(&mut Vec<Value>)| {
            let mut rows = limits();
            rows[0] = json!({"pk": "LIMIT#CALLS", "running": 3, "upto": 32});
            rows[1] = sliced("LIMIT#COST", 32, -340, 8);
            rows[1]["gross"] = json!(100);
            rows[1]["gross_2"] = json!(100);
            let mut other = sliced("LIMIT#COST/32", 64, -100, 8);
            other["gross"] = json!(0);
            other["gross_2"] = json!(0);
            rows.extend([other, json!({"pk": "LIMIT#CALLS/32", "running": -3, "upto": 64}), call("a", 10)]);
            change(&mut rows);
            findings(rows)
        };
        assert_eq!(world(|_| {}), "");
        assert!(world(|rows| rows[6]["running"] = json!(-2)).contains("1 calls are counted as running, and 0 do"));
        assert!(world(|rows| drop(rows.remove(5))).contains("LIMIT#COST has -340 in loss_2, and its calls have -440"));
        assert!(world(|rows| rows[5]["loss_1"] = json!(1)).contains("LIMIT#COST/32 has summed up -100 as loss"));
        assert!(world(|rows| rows[5]["upto"] = json!(48)).contains("LIMIT#COST is cut into [(0, 32), (32, 48)]"));
        assert!(world(|rows| rows[1]["upto"] = json!(64)).contains("LIMIT#COST is cut into [(0, 64), (32, 64)]"));
    }

    #[test]
    fn only_what_is_settled_and_stays_paid_counts_as_income() {
        let is_found = |change: fn(&mut Value)| {
            let mut call = call("a", 10);
            change(&mut call);
            findings([call]).contains("counts as Some(540) that is kept")
        };
        assert!(!is_found(|_| {}));
        assert!(is_found(|call| call["settled"] = json!(false)));
        for charge in ["pending", "declined", "refund_due", "refunded", "credited"] {
            let mut call = call("a", 10);
            call["charge"] = json!(charge);
            assert!(findings([call]).contains("that is kept"), "{charge}");
        }
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
