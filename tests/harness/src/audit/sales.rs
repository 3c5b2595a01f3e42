//! Sales against the chain: whatever was granted was paid exactly once, and whatever was paid was granted.

use super::{Ledgers, Payment, text};

impl Ledgers {
    pub(super) fn sales(&self, findings: &mut Vec<String>) {
        for sale in self.of_kind("SALE#") {
            let (name, state) = (text(sale, "pk"), text(sale, "state"));
            let paid: Vec<_> = self.payments.iter().filter(|payment| pays(payment, sale)).collect();
            match (state, paid.as_slice()) {
                ("closed", []) if sale["work"]["credit"] == true => {}
                ("closed", [_]) if sale["work"]["credit"] == true && !sale["refund"].is_null() => {}
                ("closed", [payment]) => {
                    if sale["payment"]["value"] != payment.value {
                        findings
                            .push(format!("{name} was paid with {}, not {}", payment.value, sale["payment"]["value"]));
                    }
                    if sale["settled"]["transaction"] != payment.transaction {
                        findings
                            .push(format!("{name} has another transaction than the chain: {}", payment.transaction));
                    }
                }
                ("closed", payments) => findings.push(format!("{name} was granted, and paid {} times", payments.len())),
                ("void", []) => {}
                ("void", [_]) if !sale["refund"].is_null() => {}
                ("void", _) => findings.push(format!("{name} was paid and is void")),
                ("open" | "settling", _) => self.unfinished(sale, findings),
                (other, _) => findings.push(format!("{name} is in the unknown state {other:?}")),
            }
        }
        for payment in &self.payments {
            if !self.of_kind("SALE#").any(|sale| pays(payment, sale)) {
                findings.push(format!("{} paid {} for nothing we know of", payment.from, payment.value));
            }
        }
    }

    fn unfinished(&self, sale: &serde_json::Value, findings: &mut Vec<String>) {
        let (name, state) = (text(sale, "pk"), text(sale, "state"));
        if sale["due_queue"].is_null() || sale["due_at"].is_null() {
            findings.push(format!("{name} is {state}, and nobody will come back to it"));
        } else if self.has_rpc {
            findings.push(format!("{name} is still {state}, although everything is well and its time is over"));
        }
    }
}

fn pays(payment: &Payment, sale: &serde_json::Value) -> bool {
    let agrees = |name: &str, other: &str| text(&sale["payment"], name).eq_ignore_ascii_case(other);
    agrees("from", &payment.from) && agrees("nonce", &payment.nonce)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn sale(state: &str) -> Value {
        json!({
            "pk": "SALE#1", "sk": "SALE", "state": state, "work": {"kind": "list"},
            "payment": {"from": "0xAa", "nonce": "0x01", "value": 1000}, "settled": {"transaction": "0x0f"},
        })
    }

    fn payment() -> Payment {
        Payment { from: "0xaa".into(), nonce: "0x01".into(), value: 1000, transaction: "0x0f".into() }
    }

    fn findings(rows: Vec<Value>, payments: Vec<Payment>) -> Vec<String> {
        let mut findings = Vec::new();
        Ledgers { rows, payments, has_rpc: true, ..Ledgers::default() }.sales(&mut findings);
        findings
    }

    #[test]
    fn paid_and_granted_or_neither_is_in_order() {
        assert_eq!(findings(vec![sale("closed")], vec![payment()]), Vec::<String>::new());
        assert_eq!(findings(vec![sale("void")], vec![]), Vec::<String>::new());
    }

    #[test]
    fn everything_else_is_found() {
        let one = |rows, payments| findings(rows, payments).join("; ");
        assert!(one(vec![sale("closed")], vec![]).contains("paid 0 times"));
        assert!(one(vec![sale("closed")], vec![payment(), payment()]).contains("paid 2 times"));
        assert!(one(vec![sale("void")], vec![payment()]).contains("paid and is void"));
        assert!(one(vec![], vec![payment()]).contains("for nothing we know of"));
        assert!(one(vec![sale("settling")], vec![payment()]).contains("nobody will come back"));
    }
}
