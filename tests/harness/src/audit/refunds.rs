//! Money that goes back: once, to the payer, as much as was paid; or as a credit instead; and only
//! for what was not delivered.

use std::collections::BTreeSet;

use alloy_primitives::keccak256;
use serde_json::Value;

use super::{Findings, Ledgers, Payment, same, solana, text};

/// A sale's refund, if there is one.
pub(super) fn refund(sale: &Value) -> Option<&Value> {
    Some(&sale["refund"]).filter(|refund| !refund.is_null())
}

/// Whether a sale was paid with what an earlier one was credited.
pub(super) fn by_credit(sale: &Value) -> bool {
    sale["state"] == "closed" && sale["work"]["credit"] == true
}

impl Ledgers {
    pub(super) fn refunds(&self, findings: &mut Findings) {
        let mut claimed = BTreeSet::<&str>::new();
        for sale in self.of_kind("SALE#") {
            let Some(refund) = refund(sale) else { continue };
            let name = text(sale, "pk");
            self.was_not_delivered(sale, findings);
            match text(refund, "state") {
                "refunded" => match self.sent_for(sale) {
                    Some(sent) => {
                        self.is_right(sale, sent, findings);
                        claimed.insert(&sent.transaction);
                    }
                    None => findings.add("I4", format!("{name} was refunded, and the chain knows nothing of it")),
                },
                "credited" => {
                    if let Some(sent) = self.sent_for(sale) {
                        findings.add("I4", format!("{name} was credited, and refunded by {}", sent.transaction));
                        claimed.insert(&sent.transaction);
                    }
                }
                "due" | "sending" if sale["due_queue"].is_null() => {
                    findings.add("I8", format!("{name} is to be paid back, and no round will come back to it"));
                }
                "due" | "sending" => {}
                other => findings.add("I8", format!("{name} has a refund in the unknown state {other:?}")),
            }
        }
        for sent in self.refunds.iter().filter(|sent| !claimed.contains(sent.transaction.as_str())) {
            let Payment { to, value, transaction, .. } = sent;
            findings.add("I4", format!("{value} went to {to} for no refund that we know of ({transaction})"));
        }
    }

    /// The transfer under the one nonce that a payment can go back with.
    fn sent_for(&self, sale: &Value) -> Option<&Payment> {
        let id = text(sale, "pk").trim_start_matches("SALE#");
        let nonce = keccak256(format!("dialtone refund of {id}")).to_string();
        if text(&sale["payment"], "network").starts_with("solana:") {
            return self.refunds.iter().find(|sent| solana::is_for(sent, sale, &nonce));
        }
        self.refunds.iter().find(|sent| sent.nonce == nonce)
    }

    fn is_right(&self, sale: &Value, sent: &Payment, findings: &mut Findings) {
        let (name, payment) = (text(sale, "pk"), &sale["payment"]);
        let told = &sale["refund"]["transaction"];
        // Where no node could be asked which transaction it was, none is named.
        if !told.is_null() && *told != sent.transaction {
            findings.add("I4", format!("{name} names another refund than {}", sent.transaction));
        }
        if !same(text(payment, "from"), &sent.to) {
            findings.add("I4", format!("{name} was refunded to another payer: {}", sent.to));
        }
        let paid = self.paid(sale).next().map(|paid| paid.value);
        if paid != Some(sent.value) {
            findings.add("I4", format!("{name} was refunded {} of {}", sent.value, paid.unwrap_or_default()));
        }
    }

    /// Only a call that ended in an error is granted and goes back; and what was paid by credit and
    /// then paid as well.
    fn was_not_delivered(&self, sale: &Value, findings: &mut Findings) {
        // A person may decide it, and says so.
        if refund(sale).is_some_and(|refund| refund["reason"] == "by_hand" && !text(refund, "by").is_empty()) {
            return;
        }
        if sale["state"] != "closed" || (by_credit(sale) && self.paid(sale).next().is_some()) {
            return;
        }
        let call = text(&sale["work"], "call");
        let row = self.of_kind("CALL#").find(|row| text(row, "pk").strip_prefix("CALL#") == Some(call));
        if !row.is_some_and(|row| row["view"]["status"] == "failed") {
            findings.add("I4", format!("{} was delivered, and is paid back", text(sale, "pk")));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::sales::tests::{PAYER, payment, sale};
    use super::*;

    fn with(state: &str, refund: Value) -> Value {
        let mut sale = sale(state);
        sale["refund"] = refund;
        sale
    }

    fn sent() -> Payment {
        let (from, to) = ("0xbb".to_owned(), PAYER.to_owned());
        let nonce = keccak256("dialtone refund of 1").to_string();
        Payment { from, to, nonce, value: 1000, transaction: "0x0e".into() }
    }

    fn findings(rows: Vec<Value>, refunds: Vec<Payment>) -> String {
        let mut findings = Findings::default();
        Ledgers { rows, refunds, payments: vec![payment()], ..Ledgers::default() }.refunds(&mut findings);
        findings.line()
    }

    fn refunded() -> Value {
        with("void", json!({"state": "refunded", "transaction": "0x0e"}))
    }

    #[test]
    fn one_refund_to_the_payer_or_a_credit_is_in_order() {
        assert_eq!(findings(vec![refunded()], vec![sent()]), "");
        assert_eq!(findings(vec![with("void", json!({"state": "credited"}))], vec![]), "");
        let mut failed = with("closed", json!({"state": "refunded", "transaction": "0x0e"}));
        failed["work"] = json!({"kind": "call", "call": "c"});
        let call = json!({"pk": "CALL#c", "view": {"status": "failed", "ended_by": "ERROR"}});
        assert_eq!(findings(vec![failed, call], vec![sent()]), "");
    }

    #[test]
    fn a_refund_is_one_to_the_payer_and_of_what_was_paid() {
        assert!(findings(vec![refunded()], vec![]).starts_with("I4: SALE#1 was refunded, and the chain"));
        let stranger = Payment { to: "0xcc".into(), ..sent() };
        assert!(findings(vec![refunded()], vec![stranger]).starts_with("I4: SALE#1 was refunded to another payer"));
        let half = Payment { value: 500, ..sent() };
        assert!(findings(vec![refunded()], vec![half]).starts_with("I4: SALE#1 was refunded 500 of 1000"));
        let again = Payment { nonce: "0x02".into(), transaction: "0x0d".into(), ..sent() };
        assert!(findings(vec![refunded()], vec![sent(), again]).starts_with("I4: 1000 went to"));
        let mut twin = refunded();
        twin["pk"] = json!("SALE#2");
        assert!(findings(vec![refunded(), twin], vec![sent()]).starts_with("I4: SALE#2 was refunded, and the chain"));
        let mut other = refunded();
        other["refund"]["transaction"] = json!("0x0d");
        assert!(findings(vec![other], vec![sent()]).starts_with("I4: SALE#1 names another refund"));
    }

    #[test]
    fn a_credit_is_no_refund_and_what_was_delivered_is_neither() {
        let both = with("void", json!({"state": "credited", "transaction": "0x0e"}));
        assert!(findings(vec![both], vec![sent()]).starts_with("I4: SALE#1 was credited, and refunded"));
        let delivered = with("closed", json!({"state": "credited"}));
        assert!(findings(vec![delivered], vec![]).starts_with("I4: SALE#1 was delivered, and is paid back"));
    }

    #[test]
    fn a_refund_that_is_due_has_a_round_to_send_it() {
        let due = |queue| {
            let mut sale = with("void", json!({"state": "due"}));
            sale["due_queue"] = queue;
            findings(vec![sale], vec![])
        };
        assert_eq!(due(json!("REFUND#1")), "");
        assert!(due(json!(null)).starts_with("I8: SALE#1 is to be paid back"));
    }
}
