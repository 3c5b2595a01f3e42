//! What is counted against what happened: nothing leaks, nothing is counted twice, and no wallet
//! has called more often than it may.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Findings, Ledgers, account, text};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
/// So many half-days a window has.
const SLOTS: i64 = 3;
/// What a wallet is known by: so many good calls are used up by one that could cost more than it
/// may lose.
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
/// How many signatures are asked about in a minute that only a contract can judge, where the
/// template's number stands.
const UNPROVEN: i64 = 60;
/// How often a wallet is told in an hour whose a number is.
const OWNERS: i64 = 20;
/// How many calls of a wallet the dialler refuses in a day, and how many may be dialled at once.
const REFUSED: usize = 10;
const AT_ONCE: usize = 3;
/// What a number costs.
const NUMBER: i64 = 1_150_000;
const OF_A_DESTINATION: [(usize, i64); 1] = [(10, DAY)];
const OF_A_BUSINESS: [(usize, i64); 1] = [(100, DAY)];
/// Numbers for which a business pays, so that it is called.
const TOLL_FREE: [&str; 7] = ["+1800", "+1833", "+1844", "+1855", "+1866", "+1877", "+1888"];

/// What is counted by number alone: how many signatures were asked about in a minute, and how often
/// a wallet was told in an hour whose a number is.
fn counted_to_its_end(row: &Value, findings: &mut Findings) {
    let (name, sum) = (text(row, "pk"), row["sum"].as_i64().unwrap_or_default());
    let most = match name {
        "LIMIT#UNPROVEN" => UNPROVEN,
        "LIMIT#UNPROVEN#PAID" => 5 * UNPROVEN,
        name if name.starts_with("LIMIT#UNPROVEN#") => UNPROVEN / 3,
        _ => OWNERS,
    };
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
    if work["source"] == "carrier" { work["booked"]["cost"].as_i64().unwrap_or(NUMBER) } else { 0 }
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
        let counter: i64 = self.of_kind("LIMIT#COST").filter_map(|row| row["running"].as_i64()).sum();
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
            if ["LIMIT#UNPROVEN", "LIMIT#OWNERS#", "LIMIT#LOOKS#", "LIMIT#WAITS#"]
                .iter()
                .any(|kind| name.starts_with(kind))
            {
                counted_to_its_end(row, findings);
            }
        }
    }

    /// Only what is settled, was paid and does not go back counts as income.
    fn kept(&self, findings: &mut Findings) {
        for call in self.counted() {
            let (price, kept) = (call["cost"]["price"].as_i64(), call["cost"]["kept"].as_i64());
            let is_kept = call["closed"] == true && call["charge"] == "paid";
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

    /// Holds what calls have lost and cost against the calls: all slices of a whole together by the
    /// half-day, and each in itself all in all.
    fn windows(&self, findings: &mut Findings) {
        let mut wholes: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
        let of_calls = |row: &&Value| !row["slot"].is_null() && !text(row, "pk").starts_with("LIMIT#NUMBERS");
        for row in self.of_kind("LIMIT#").filter(of_calls) {
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
                    // What such a place of a slice held that nothing was booked in since is of a
                    // half-day long before.
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

    /// What numbers cost that were bought at the carrier: at least those that were sold, and what
    /// was bought and not paid for.
    fn bought(&self, row: &Value, findings: &mut Findings) {
        let (sum, counts) = (row["gross"].as_i64().unwrap_or_default(), in_the_window(row, "slot"));
        let cost: i64 = self.sold("lease").filter(|sale| counts(sale)).map(carriers).sum();
        if sum < cost {
            findings.add("I24", format!("LIMIT#NUMBERS has summed up {sum}, and what was sold cost {cost}"));
        }
    }

    /// What those of them cost that are not paid for: none that was sold, and no more than was
    /// begun.
    fn unpaid(&self, row: &Value, findings: &mut Findings) {
        let (sum, counts) = (row["gross"].as_i64().unwrap_or_default(), in_the_window(row, "unpaid_slot"));
        let unsold = self.of_kind("SALE#").filter(|sale| sale["state"] != "closed" && counts(sale));
        let cost: i64 = unsold.map(carriers).sum();
        if !(0..=cost).contains(&sum) {
            findings.add(
                "I24",
                format!("LIMIT#NUMBERS#UNPAID has summed up {sum}, and what was not sold cost {cost} at most"),
            );
        }
    }

    /// Whether a call was paid for first and could not be placed then: it is counted, though it is
    /// not there.
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
        // What was hung up before the phone rang counts for its wallet alone, once that is certain.
        let is_unrung = |call: &Value| {
            let (view, closed) = (&call["view"], call["closed"] == true);
            field != "wallet"
                && closed
                && view["ended_by"] == "REQUESTED"
                && view["status"] == "failed"
                && lost(call) == 0
        };
        for (name, entry) in list {
            let Some(call) = calls.get(name) else {
                if field == "wallet" && self.was_paid_and_not_placed(name) {
                    if entry["cost"] != 0 || !entry["ends_at"].is_null() {
                        findings.add("I24", format!("call {name} is counted for {whose} as if it were placed"));
                    }
                    continue;
                }
                // What the dialler has refused stays for a day, and is not a call.
                if field == "wallet" && entry["refused"] == true {
                    if entry["cost"] != 0 || !entry["ends_at"].is_null() || !entry["to"].is_null() {
                        findings.add("I24", format!("call {name} was refused and counts for {whose} as if it ran"));
                    }
                    continue;
                }
                findings.add("I24", format!("call {name} is counted for {whose}, and is not there"));
                continue;
            };
            if is_unrung(call) {
                findings.add("I24", format!("call {name} is counted for {whose}, whose phone did not ring"));
            }
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
        let refused = list.values().filter(|entry| entry["refused"] == true);
        let refused = refused.filter(|entry| entry["counted_at"].as_i64() > Some(self.now - DAY)).count();
        // What was dialled at the same moment as the last that was refused is counted behind it.
        if refused > REFUSED + AT_ONCE {
            findings.add("I24", format!("{refused} calls of {whose} were refused in a day"));
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
            if counts && !is_unrung(call) && !list.contains_key(&name) {
                findings.add("I24", format!("call {name} is not counted for {whose}"));
            }
        }
    }
}

/// Whether a sale's number was counted in a half-day that is part of a sum's window.
fn in_the_window(row: &Value, slot: &'static str) -> impl Fn(&Value) -> bool {
    let newest = row["slot"].as_i64().unwrap_or_default();
    move |sale| sale["work"]["booked"][slot].as_i64().is_some_and(|slot| (newest + 1 - SLOTS..=newest).contains(&slot))
}

#[cfg(test)]
mod tests;
