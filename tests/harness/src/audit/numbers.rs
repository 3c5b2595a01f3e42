//! Numbers against the carrier and the sales: every number that is billed is ours to know of, the
//! other way round as well, and no wallet has a number without having paid for it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Findings, Ledgers, account, text};

impl Ledgers {
    pub(super) fn numbers(&self, findings: &mut Findings) {
        let known: BTreeSet<String> = self
            .of_kind("NUMBER#")
            .filter_map(|row| text(row, "pk").strip_prefix("NUMBER#"))
            .map(str::to_owned)
            .collect();
        for number in self.billed.difference(&known) {
            findings.add("I12", format!("{number} is billed by the carrier, and not in the table"));
        }
        for number in known.difference(&self.billed) {
            findings.add("I12", format!("{number} is in the table, and not at the carrier"));
        }
        self.custody(findings);
        self.owners(findings);
    }

    /// In whose hands each number is.
    fn custody(&self, findings: &mut Findings) {
        let mut kept = BTreeMap::<&str, &str>::new();
        for row in self.of_kind("NUMBER#") {
            let number = text(row, "pk").trim_start_matches("NUMBER#");
            let custody = text(row, "custody");
            match custody {
                "leased" => {
                    let owner = text(row, "owner");
                    let lease = self.leases_of(number).any(|(wallet, _)| wallet == owner);
                    if !lease {
                        findings.add("I11", format!("{number} is leased to {owner}, who has no lease of it"));
                    }
                    if !self.billed.contains(number) {
                        findings.add("I13", format!("{number} is leased to {owner}, and is not ours"));
                    }
                }
                "pooled" | "releasing" | "importing" => {
                    if row["due_queue"].is_null() || row["due_at"].is_null() {
                        findings.add("I8", format!("{number} is {custody}, and in no queue"));
                    }
                }
                "buying" | "held" => {
                    let name = text(row, "sale");
                    let pk = format!("SALE#{name}");
                    let sale = self.of_kind("SALE#").find(|row| text(row, "pk") == pk);
                    if !sale.is_some_and(|sale| matches!(text(sale, "state"), "open" | "settling")) {
                        findings.add("I8", format!("{number} is {custody} for a sale that is over"));
                    }
                    if let Some(other) = kept.insert(name, number) {
                        findings.add("I2", format!("{pk} keeps two numbers: {other} and {number}"));
                    }
                }
                other => findings.add("I8", format!("{number} is in the unknown custody {other:?}")),
            }
        }
    }

    /// Each lease against its number and against what was sold.
    fn owners(&self, findings: &mut Findings) {
        let mut active = BTreeMap::<&str, Vec<&str>>::new();
        for row in self.of_kind("WALLET#") {
            let Some(number) = text(row, "sk").strip_prefix("LEASE#") else {
                continue;
            };
            let wallet = text(row, "pk").trim_start_matches("WALLET#");
            if row["expires_at"].as_i64().is_some_and(|end| end > self.now) {
                active.entry(number).or_default().push(wallet);
            }
            if row["due_queue"].is_null() || row["due_at"].is_null() {
                findings.add("I8", format!("no round will come back to {wallet}'s lease of {number}"));
            }
            let sold = self
                .sold("lease")
                .filter(|sale| sale["work"]["number"] == number && wallet.ends_with(&account(&sale["payment"])));
            if sold.count() == 0 {
                findings.add("I1", format!("{wallet} has a lease of {number} that was never sold"));
            }
            let leased = self.of_kind("NUMBER#").any(|row| {
                text(row, "pk").strip_prefix("NUMBER#") == Some(number)
                    && row["custody"] == "leased"
                    && text(row, "owner") == wallet
            });
            if !leased {
                findings.add("I11", format!("{wallet} has a lease of {number}, which is in other hands"));
            }
        }
        for (number, wallets) in active.iter().filter(|(_, wallets)| wallets.len() > 1) {
            let (count, wallets) = (wallets.len(), wallets.join(", "));
            findings.add("I11", format!("{number} is leased to {count} wallets at once: {wallets}"));
        }
    }

    fn leases_of<'a>(&'a self, number: &'a str) -> impl Iterator<Item = (&'a str, &'a serde_json::Value)> {
        self.of_kind("WALLET#")
            .filter(move |row| text(row, "sk").strip_prefix("LEASE#") == Some(number))
            .map(|row| (text(row, "pk").trim_start_matches("WALLET#"), row))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const NUMBER: &str = "+14155550100";
    const WALLET: &str = "eip155:8453:0xaa";

    fn number(custody: &str) -> Value {
        json!({"pk": format!("NUMBER#{NUMBER}"), "sk": "NUMBER", "custody": custody, "owner": WALLET})
    }

    fn lease(wallet: &str) -> Value {
        json!({"pk": format!("WALLET#{wallet}"), "sk": format!("LEASE#{NUMBER}"), "expires_at": 200, "due_queue": "LEASE#1", "due_at": 200})
    }

    fn sale() -> Value {
        json!({
            "pk": "SALE#1", "state": "closed", "work": {"kind": "lease", "number": NUMBER},
            "payment": {"from": "0xAA"},
        })
    }

    fn findings(rows: Vec<Value>, billed: &[&str]) -> String {
        let mut findings = Findings::default();
        let billed = billed.iter().map(|number| (*number).to_owned()).collect();
        Ledgers { rows, billed, now: 100, ..Ledgers::default() }.numbers(&mut findings);
        findings.line()
    }

    #[test]
    fn a_number_that_is_paid_leased_and_billed_is_in_order() {
        assert_eq!(findings(vec![number("leased"), lease(WALLET), sale()], &[NUMBER]), "");
    }

    #[test]
    fn carrier_and_table_must_agree() {
        assert_eq!(
            findings(vec![], &[NUMBER]),
            format!("I12: {NUMBER} is billed by the carrier, and not in the table")
        );
        let gone = findings(vec![number("leased"), lease(WALLET), sale()], &[]);
        assert!(gone.contains("I12") && gone.contains("not at the carrier") && gone.contains("I13"), "{gone}");
    }

    #[test]
    fn a_lease_needs_a_sale_and_a_number_needs_one_owner() {
        assert!(
            findings(vec![number("leased"), lease(WALLET)], &[NUMBER]).contains("I1: eip155:8453:0xaa has a lease")
        );
        assert!(findings(vec![number("leased"), sale()], &[NUMBER]).starts_with("I11: +14155550100 is leased to"));
        let twice = vec![number("leased"), lease(WALLET), lease("eip155:8453:0xbb"), sale()];
        assert!(findings(twice, &[NUMBER]).contains("leased to 2 wallets at once"));
    }

    #[test]
    fn a_sale_that_keeps_a_number_still_needs_it_and_only_one() {
        assert!(findings(vec![number("held")], &[NUMBER]).starts_with("I8: +14155550100 is held for a sale"));
        let mut held = [number("held"), number("buying")];
        held[1]["pk"] = json!("NUMBER#+14155550101");
        for row in &mut held {
            row["sale"] = json!("1");
        }
        let mut open = sale();
        open["state"] = json!("open");
        let [first, second] = held;
        let found = findings(vec![first, second, open], &[NUMBER, "+14155550101"]);
        assert!(found.starts_with("I2: SALE#1 keeps two numbers"), "{found}");
        assert!(findings(vec![number("pooled")], &[NUMBER]).starts_with("I8: +14155550100 is pooled, and in no"));
    }
}
