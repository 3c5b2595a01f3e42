//! Money that goes back: once, to the payer, as much as was paid; or as a credit instead; and only for what was not
//! delivered.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Findings, Ledgers, Payment, text};

/// A sale's refund, if there is one.
pub(super) fn refund(sale: &Value) -> Option<&Value> {
    Some(&sale["refund"]).filter(|refund| !refund.is_null())
}

/// Whether a sale was paid with what an earlier one was credited.
pub(super) fn by_credit(sale: &Value) -> bool {
    sale["state"] == "closed" && (sale["by_credit"] == true || sale["settled"]["by"] == "credit")
}

impl Ledgers {
    pub(super) fn refunds(&self, findings: &mut Findings) {
        let mut claimed = BTreeMap::<&str, &str>::new();
        for sale in self.of_kind("SALE#") {
            let Some(refund) = refund(sale) else { continue };
            let name = text(sale, "pk");
            self.was_not_delivered(sale, findings);
            match text(refund, "state") {
                "refunded" => match self.sent_for(sale) {
                    Some(sent) => {
                        self.is_right(sale, sent, findings);
                        if let Some(other) = claimed.insert(&sent.transaction, name) {
                            findings.add("I4", format!("{other} and {name} have one refund between them"));
                        }
                    }
                    None => findings.add("I4", format!("{name} was refunded, and the chain knows nothing of it")),
                },
                "credited" => {
                    if let Some(sent) = self.sent_for(sale) {
                        findings.add("I4", format!("{name} was credited, and refunded by {}", sent.transaction));
                        claimed.insert(&sent.transaction, name);
                    }
                }
                "due" | "sending" if sale["due_queue"].is_null() => {
                    findings.add("I8", format!("{name} is to be paid back, and nobody will come back to it"));
                }
                "due" | "sending" => {}
                other => findings.add("I8", format!("{name} has a refund in the unknown state {other:?}")),
            }
        }
        for sent in self.refunds.iter().filter(|sent| !claimed.contains_key(sent.transaction.as_str())) {
            let Payment { to, value, transaction, .. } = sent;
            findings.add("I4", format!("{value} went to {to} for no refund that we know of ({transaction})"));
        }
    }

    /// The transfer that a refund names.
    fn sent_for(&self, sale: &Value) -> Option<&Payment> {
        let named = text(&sale["refund"], "transaction");
        self.refunds.iter().find(|sent| !named.is_empty() && sent.transaction == named)
    }

    fn is_right(&self, sale: &Value, sent: &Payment, findings: &mut Findings) {
        let (name, payment) = (text(sale, "pk"), &sale["payment"]);
        if !text(payment, "from").eq_ignore_ascii_case(&sent.to) {
            findings.add("I4", format!("{name} was refunded to somebody else: {}", sent.to));
        }
        let paid = self.paid(sale).next().map(|paid| paid.value);
        if paid != Some(sent.value) {
            findings.add("I4", format!("{name} was refunded {} of {}", sent.value, paid.unwrap_or_default()));
        }
    }

    /// Only a call that ended in an error is granted and goes back; and what was paid by credit and then paid as well.
    fn was_not_delivered(&self, sale: &Value, findings: &mut Findings) {
        if sale["state"] != "closed" || (by_credit(sale) && self.paid(sale).next().is_some()) {
            return;
        }
        let call = text(&sale["work"], "call");
        let row = self.of_kind("CALL#").find(|row| text(row, "pk").strip_prefix("CALL#") == Some(call));
        if !row.is_some_and(|row| row["view"]["ended_by"] == "ERROR") {
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
        Payment { from, to, nonce: "0x02".into(), value: 1000, transaction: "0x0e".into() }
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
        let call = json!({"pk": "CALL#c", "view": {"ended_by": "ERROR"}});
        assert_eq!(findings(vec![failed, call], vec![sent()]), "");
    }

    #[test]
    fn a_refund_is_one_to_the_payer_and_of_what_was_paid() {
        assert!(findings(vec![refunded()], vec![]).starts_with("I4: SALE#1 was refunded, and the chain"));
        let stranger = Payment { to: "0xcc".into(), ..sent() };
        assert!(findings(vec![refunded()], vec![stranger]).starts_with("I4: SALE#1 was refunded to somebody else"));
        let half = Payment { value: 500, ..sent() };
        assert!(findings(vec![refunded()], vec![half]).starts_with("I4: SALE#1 was refunded 500 of 1000"));
        let again = Payment { transaction: "0x0d".into(), ..sent() };
        assert!(findings(vec![refunded()], vec![sent(), again]).starts_with("I4: 1000 went to"));
        let mut twin = refunded();
        twin["pk"] = json!("SALE#2");
        assert!(findings(vec![refunded(), twin], vec![sent()]).contains("I4: SALE#1 and SALE#2 have one refund"));
    }

    #[test]
    fn a_credit_is_no_refund_and_what_was_delivered_is_neither() {
        let both = with("void", json!({"state": "credited", "transaction": "0x0e"}));
        assert!(findings(vec![both], vec![sent()]).starts_with("I4: SALE#1 was credited, and refunded"));
        let delivered = with("closed", json!({"state": "credited"}));
        assert!(findings(vec![delivered], vec![]).starts_with("I4: SALE#1 was delivered, and is paid back"));
    }

    #[test]
    fn a_refund_that_is_due_has_somebody_to_send_it() {
        let due = |queue| {
            let mut sale = with("void", json!({"state": "due"}));
            sale["due_queue"] = queue;
            findings(vec![sale], vec![])
        };
        assert_eq!(due(json!("REFUND#1")), "");
        assert!(due(json!(null)).starts_with("I8: SALE#1 is to be paid back"));
    }
}
