//! What wallets may do only so often, and what they have left.

use super::refunds::{by_credit, refund};
use super::{Findings, Ledgers, account, text};

impl Ledgers {
    pub(super) fn wallets(&self, findings: &mut Findings) {
        for row in self.of_kind("WALLET#").filter(|row| text(row, "sk") == "WALLET") {
            let wallet = text(row, "pk").trim_start_matches("WALLET#");
            let dialling = format!("SALE#{}", text(row, "dial"));
            let sale = self.of_kind("SALE#").find(|sale| text(sale, "pk") == dialling);
            let unfinished = sale.is_some_and(|sale| matches!(text(sale, "state"), "open" | "settling"));
            if !row["dial"].is_null() && !unfinished {
                findings.add("I24", format!("{wallet} is still dialling for {dialling}, which is over"));
            }
            let (credit, expected) = (row["credit"].as_i64().unwrap_or_default(), self.credit_of(wallet));
            if credit != expected {
                findings.add("I1", format!("{wallet} has a credit of {credit}, and should have {expected}"));
            }
        }
    }

    /// Payments in doubt are counted as long as they are, and no longer.
    pub(super) fn doubts(&self, findings: &mut Findings) {
        for row in self.of_kind("DOUBTS#") {
            let wallet = text(row, "pk").trim_start_matches("DOUBTS#");
            let in_doubt = |sale: &&serde_json::Value| {
                wallet == account(&sale["payment"]) && sale["state"] == "settling" && sale["doubted"] == true
            };
            let expected = self.of_kind("SALE#").filter(in_doubt).count();
            if row["doubts"] != expected {
                findings
                    .add("I24", format!("{wallet} has {} payments in doubt, and counts {}", expected, row["doubts"]));
            }
        }
    }

    /// What it was credited, without what it has called for since.
    fn credit_of(&self, wallet: &str) -> i64 {
        let its = |sale: &&serde_json::Value| wallet == account(&sale["payment"]);
        let sales = || self.of_kind("SALE#").filter(its);
        let credited = sales().filter(|sale| refund(sale).is_some_and(|refund| refund["state"] == "credited"));
        let credited: i64 = credited.filter_map(|sale| sale["refund"]["amount"].as_i64()).sum();
        let spent: i64 = sales()
            .filter(|sale| by_credit(sale) && !self.came_back(sale))
            .filter_map(|sale| sale["payment"]["value"].as_i64())
            .sum();
        credited - spent
    }

    /// Whether what credit paid has failed, and the credit is there again.
    fn came_back(&self, sale: &serde_json::Value) -> bool {
        let call = format!("CALL#{}", text(&sale["work"], "call"));
        self.of_kind("CALL#").any(|row| text(row, "pk") == call && text(row, "charge") == "credited")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::sales::tests::{NETWORK, PAYER, sale};
    use super::*;

    fn findings(rows: Vec<Value>) -> String {
        let mut findings = Findings::default();
        Ledgers { rows, ..Ledgers::default() }.wallets(&mut findings);
        findings.line()
    }

    fn wallet(fields: Value) -> Value {
        let mut row = fields;
        row["pk"] = json!(format!("WALLET#{NETWORK}:{PAYER}"));
        row["sk"] = json!("WALLET");
        row
    }

    #[test]
    fn a_wallet_dials_only_for_a_sale_that_goes_on() {
        assert_eq!(findings(vec![wallet(json!({"dial": "1"})), sale("settling")]), "");
        assert!(findings(vec![wallet(json!({"dial": "1"})), sale("closed")]).starts_with("I24: eip155"));
    }

    #[test]
    fn a_credit_is_what_was_credited_and_not_spent() {
        let mut credited = sale("void");
        credited["refund"] = json!({"state": "credited", "amount": 1000});
        let mut spent = sale("closed");
        spent["work"] = json!({"kind": "call", "call": "c", "credit": true});
        let has = |credit: i64, rows: &[&Value]| {
            let rows = rows.iter().map(|row| (*row).clone());
            findings(rows.chain([wallet(json!({"credit": credit}))]).collect())
        };
        assert_eq!((has(1000, &[&credited]), has(0, &[&credited, &spent])), (String::new(), String::new()));
        assert!(has(1000, &[&credited, &spent]).contains("I1") && has(0, &[&credited]).contains("should have 1000"));
    }
}
