//! Numbers and leases against the carrier and the sales: every number that is billed is ours to know of, the other way
//! round as well, and nobody has a number without having paid for it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Ledgers, text};

impl Ledgers {
    pub(super) fn numbers(&self, findings: &mut Vec<String>) {
        let known: BTreeSet<String> = self
            .of_kind("NUMBER#")
            .filter_map(|row| text(row, "pk").strip_prefix("NUMBER#"))
            .map(str::to_owned)
            .collect();
        for number in self.billed.difference(&known) {
            findings.push(format!("{number} is billed by the carrier, and not in the table"));
        }
        for number in known.difference(&self.billed) {
            findings.push(format!("{number} is in the table, and not at the carrier"));
        }
        self.custody(findings);
        self.leases(findings);
    }

    /// In whose hands each number is.
    fn custody(&self, findings: &mut Vec<String>) {
        for row in self.of_kind("NUMBER#") {
            let number = text(row, "pk").trim_start_matches("NUMBER#");
            let custody = text(row, "custody");
            match custody {
                "leased" => {
                    let owner = text(row, "owner");
                    let lease = self.leases_of(number).any(|(wallet, _)| wallet == owner);
                    if !lease {
                        findings.push(format!("{number} is leased to {owner}, who has no lease of it"));
                    }
                }
                "pooled" | "releasing" => {
                    if row["due_queue"].is_null() || row["due_at"].is_null() {
                        findings.push(format!("{number} is {custody}, and in no queue"));
                    }
                }
                "buying" | "held" => {
                    let sale = format!("SALE#{}", text(row, "sale"));
                    let sale = self.of_kind("SALE#").find(|row| text(row, "pk") == sale);
                    if !sale.is_some_and(|sale| matches!(text(sale, "state"), "open" | "settling")) {
                        findings.push(format!("{number} is {custody} for a sale that is over"));
                    }
                }
                other => findings.push(format!("{number} is in the unknown custody {other:?}")),
            }
        }
    }

    /// Each lease against its number and against what was sold.
    fn leases(&self, findings: &mut Vec<String>) {
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
                findings.push(format!("nobody will come back to {wallet}'s lease of {number}"));
            }
            let sold = self.sold("lease").filter(|sale| {
                sale["work"]["number"] == number
                    && wallet.ends_with(&text(&sale["payment"], "from").to_ascii_lowercase())
            });
            if sold.count() == 0 {
                findings.push(format!("{wallet} has a lease of {number} that was never sold"));
            }
            let leased = self.of_kind("NUMBER#").any(|row| {
                text(row, "pk").strip_prefix("NUMBER#") == Some(number)
                    && row["custody"] == "leased"
                    && text(row, "owner") == wallet
            });
            if !leased {
                findings.push(format!("{wallet} has a lease of {number}, which is in other hands"));
            }
        }
        for (number, wallets) in active.iter().filter(|(_, wallets)| wallets.len() > 1) {
            findings.push(format!("{number} is leased to {} wallets at once: {}", wallets.len(), wallets.join(", ")));
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
        json!({"pk": "SALE#1", "state": "closed", "work": {"kind": "lease", "number": NUMBER}, "payment": {"from": "0xAA"}})
    }

    fn findings(rows: Vec<Value>, billed: &[&str]) -> String {
        let mut findings = Vec::new();
        let billed = billed.iter().map(|number| (*number).to_owned()).collect();
        Ledgers { rows, billed, now: 100, ..Ledgers::default() }.numbers(&mut findings);
        findings.join("; ")
    }

    #[test]
    fn a_number_that_is_paid_leased_and_billed_is_in_order() {
        assert_eq!(findings(vec![number("leased"), lease(WALLET), sale()], &[NUMBER]), "");
    }

    #[test]
    fn carrier_and_table_must_agree() {
        assert!(findings(vec![], &[NUMBER]).contains("not in the table"));
        assert!(findings(vec![number("leased"), lease(WALLET), sale()], &[]).contains("not at the carrier"));
    }

    #[test]
    fn a_lease_needs_a_sale_and_a_number_needs_one_owner() {
        assert!(findings(vec![number("leased"), lease(WALLET)], &[NUMBER]).contains("never sold"));
        assert!(findings(vec![number("leased"), sale()], &[NUMBER]).contains("no lease of it"));
        let twice = vec![number("leased"), lease(WALLET), lease("eip155:8453:0xbb"), sale()];
        assert!(findings(twice, &[NUMBER]).contains("leased to 2 wallets at once"));
        assert!(findings(vec![number("held")], &[NUMBER]).contains("held for a sale that is over"));
    }
}
