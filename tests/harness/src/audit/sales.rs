//! Sales against the chain: whatever was granted was paid exactly once, whatever was paid was
//! granted or goes back, and at the price that it is offered for.

use std::collections::BTreeMap;

use serde_json::Value;

use super::ledgers::payee;
use super::refunds::{by_credit, refund};
use super::{Findings, Ledgers, same, solana, text};
use crate::spec;

impl Ledgers {
    pub(super) fn sales(&self, findings: &mut Findings) {
        for sale in self.of_kind("SALE#") {
            self.paid_if_granted(sale, findings);
            self.at_its_price(sale, findings);
        }
        for payment in &self.payments {
            if self.sale_of((&payment.from, &payment.nonce)).is_none() {
                let (from, nonce) = (&payment.from, &payment.nonce);
                findings.add("I7", format!("{from} paid {} for nothing we know of ({nonce})", payment.value));
            }
        }
        self.one_key_each(findings);
    }

    fn paid_if_granted(&self, sale: &Value, findings: &mut Findings) {
        let (name, state) = (text(sale, "pk"), text(sale, "state"));
        let paid: Vec<_> = self.paid(sale).collect();
        match (state, paid.as_slice()) {
            ("closed", [_]) if by_credit(sale) && refund(sale).is_none() => {
                findings.add("I1", format!("{name} was paid by credit, and paid all the same"));
            }
            ("closed", [] | [_]) if by_credit(sale) => {}
            ("closed", [payment]) => {
                if sale["payment"]["value"] != payment.value {
                    let value = &sale["payment"]["value"];
                    findings.add("I6", format!("{name} was paid with {}, not {value}", payment.value));
                }
                if sale["settled"]["transaction"] != payment.transaction {
                    let hash = &payment.transaction;
                    findings.add("I1", format!("{name} has another transaction than the chain: {hash}"));
                }
            }
            ("closed", payments) => {
                findings.add("I1", format!("{name} was granted, and paid {} times", payments.len()));
            }
            ("void", []) if refund(sale).is_some() => {
                findings.add("I4", format!("{name} was never paid, and is paid back"));
            }
            ("void", []) => {}
            ("void", _) if refund(sale).is_some() => {}
            ("void", _) => findings.add("I1", format!("{name} was paid and is void")),
            ("open" | "settling", _) => self.unfinished(sale, findings),
            (other, _) => findings.add("I8", format!("{name} is in the unknown state {other:?}")),
        }
    }

    fn unfinished(&self, sale: &Value, findings: &mut Findings) {
        let (name, state) = (text(sale, "pk"), text(sale, "state"));
        if sale["due_queue"].is_null() || sale["due_at"].is_null() {
            findings.add("I8", format!("{name} is {state}, and no round will come back to it"));
        } else if self.could_ask(sale) {
            findings.add("I8", format!("{name} is still {state}, although everything is well and its time is over"));
        }
    }

    /// Whether doubts about it could be settled.
    fn could_ask(&self, sale: &Value) -> bool {
        if text(&sale["payment"], "network") == self.cluster { self.has_solana_rpc } else { self.has_rpc }
    }

    fn at_its_price(&self, sale: &Value, findings: &mut Findings) {
        let (name, payment) = (text(sale, "pk"), &sale["payment"]);
        // A stray was never offered anything.
        if text(sale, "state") == "void" && refund(sale).is_some() {
            return;
        }
        let endpoint = spec::endpoint(text(sale, "endpoint"));
        let price = spec::price(text(sale, "endpoint"));
        if price.is_none_or(|price| payment["value"] != price) {
            findings.add("I6", format!("{name} sells {endpoint:?} for {}", payment["value"]));
        }
        let network = text(payment, "network");
        let payee = if network == self.cluster { solana::payee() } else { payee() };
        if !same(text(payment, "to"), &payee) {
            findings.add("I6", format!("{name} pays another payee: {}", payment["to"]));
        }
        if network != self.network && network != self.cluster {
            findings.add("I6", format!("{name} is paid on {}, and this is {}", payment["network"], self.network));
        }
    }

    /// A key is a name of its own: no other spelling of it may be there.
    fn one_key_each(&self, findings: &mut Findings) {
        let mut sales = BTreeMap::<(String, String), &str>::new();
        for sale in self.of_kind("SALE#") {
            let part = |name: &str| match text(&sale["payment"], name) {
                hex if hex.starts_with("0x") || hex.starts_with("0X") => hex.to_ascii_lowercase(),
                base58 => base58.to_owned(),
            };
            let name = text(sale, "pk");
            if let Some(other) = sales.insert((part("from"), part("nonce")), name) {
                findings.add("I10", format!("{other} and {name} are the same payment"));
            }
        }
        let wallets = self.of_kind("WALLET#").map(|row| text(row, "pk"));
        for wallet in wallets {
            let account = wallet.trim_start_matches("WALLET#");
            if account.strip_prefix(&format!("{}:", self.cluster)).is_some_and(solana::is_account) {
                continue;
            }
            let address = account.strip_prefix(&format!("{}:0x", self.network)).unwrap_or_default();
            let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
            if address.len() != 40 || !address.bytes().all(hex) {
                findings.add("I10", format!("{wallet} is not the one spelling of a wallet here"));
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::{Value, json};

    use super::super::Payment;
    use super::*;

    pub(in crate::audit) const NETWORK: &str = "eip155:84532";
    pub(in crate::audit) const PAYER: &str = "0xaa00000000000000000000000000000000000000";

    pub(in crate::audit) fn sale(state: &str) -> Value {
        json!({
            "pk": "SALE#1", "sk": "SALE", "state": state, "work": {"kind": "list"}, "endpoint": "/v1/phone/numbers/list",
            "payment": {"from": PAYER.to_uppercase().replace('X', "x"), "to": payee(), "nonce": "0x01", "value": 1000,
                        "network": NETWORK},
            "settled": {"transaction": "0x0f", "settled_at": 100},
        })
    }

    pub(in crate::audit) fn payment() -> Payment {
        Payment { from: PAYER.into(), to: payee(), nonce: "0x01".into(), value: 1000, transaction: "0x0f".into() }
    }

    fn findings(rows: Vec<Value>, payments: Vec<Payment>) -> String {
        let mut findings = Findings::default();
        let network = NETWORK.to_owned();
        Ledgers { rows, payments, network, has_rpc: true, ..Ledgers::default() }.sales(&mut findings);
        findings.line()
    }

    fn with(mut sale: Value, path: &str, value: Value) -> Value {
        if let Some(at) = sale.pointer_mut(path) {
            *at = value;
        } else {
            sale[path.trim_start_matches('/')] = value;
        }
        sale
    }

    #[test]
    fn paid_and_granted_or_neither_is_in_order() {
        assert_eq!(findings(vec![sale("closed")], vec![payment()]), "");
        assert_eq!(findings(vec![sale("void")], vec![]), "");
        let refunded = with(sale("void"), "/refund", json!({"state": "refunded"}));
        assert_eq!(findings(vec![refunded], vec![payment()]), "", "gone when it was paid, and paid back");
        let credit = with(sale("closed"), "/work", json!({"kind": "call", "credit": true}));
        assert_eq!(findings(vec![credit], vec![]), "");
    }

    #[test]
    fn granted_is_paid_once_and_paid_is_granted() {
        assert!(findings(vec![sale("closed")], vec![]).starts_with("I1: SALE#1 was granted, and paid 0 times"));
        assert!(
            findings(vec![sale("closed")], vec![payment(), payment()]).contains("I1: SALE#1 was granted, and paid 2")
        );
        assert!(findings(vec![sale("void")], vec![payment()]).starts_with("I1: SALE#1 was paid and is void"));
        let credit = with(sale("closed"), "/work", json!({"kind": "call", "credit": true}));
        assert!(findings(vec![credit], vec![payment()]).starts_with("I1: SALE#1 was paid by credit, and paid"));
        let other = Payment { transaction: "0x0e".into(), ..payment() };
        assert!(findings(vec![sale("closed")], vec![other]).starts_with("I1: SALE#1 has another transaction"));
    }

    #[test]
    fn what_was_not_paid_is_not_paid_back() {
        let refunded = with(sale("void"), "/refund", json!({"state": "refunded"}));
        assert!(findings(vec![refunded], vec![]).starts_with("I4: SALE#1 was never paid"));
    }

    #[test]
    fn it_is_the_offer_that_is_paid() {
        let paid = |sale| findings(vec![sale], vec![payment()]);
        let cheap = Payment { value: 999, ..payment() };
        assert!(findings(vec![sale("closed")], vec![cheap]).starts_with("I6: SALE#1 was paid with 999"));
        let buy = with(sale("closed"), "/endpoint", json!("/v1/phone/numbers/buy"));
        assert!(paid(buy).starts_with("I6: SALE#1 sells \"/phone/numbers/buy\" for 1000"));
        assert!(paid(with(sale("closed"), "/payment/to", json!("0x02"))).starts_with("I6: SALE#1 pays another payee"));
        let mainnet = with(sale("closed"), "/payment/network", json!("eip155:8453"));
        assert!(paid(mainnet).starts_with("I6: SALE#1 is paid on"));
    }

    #[test]
    fn money_that_no_sale_knows_of_is_found() {
        assert!(findings(vec![], vec![payment()]).contains("I7") && findings(vec![], vec![payment()]).contains(PAYER));
    }

    #[test]
    fn nothing_stays_unfinished() {
        let left = with(sale("settling"), "/due_queue", json!(null));
        assert!(findings(vec![left], vec![]).starts_with("I8: SALE#1 is settling, and no round"));
        let due = with(with(sale("settling"), "/due_queue", json!("SALE#0")), "/due_at", json!(1));
        assert!(findings(vec![due], vec![]).starts_with("I8: SALE#1 is still settling"));
    }

    #[test]
    fn a_payment_and_a_wallet_have_one_key() {
        let twin = with(sale("void"), "/pk", json!("SALE#2"));
        assert!(findings(vec![sale("void"), twin], vec![]).starts_with("I10: SALE#1 and SALE#2"));
        let shouted = json!({"pk": format!("WALLET#{NETWORK}:{}", PAYER.to_uppercase()), "sk": "WALLET"});
        assert!(findings(vec![shouted], vec![]).starts_with("I10: WALLET#"));
    }
}
