//! What clients were told, against what became of it: a wallet that was told that nothing was
//! charged has not paid, one payment bought one thing, and no wallet was answered in another's
//! name.

use std::collections::BTreeMap;

use alloy_primitives::U256;

use super::refunds::refund;
use super::{Client, Findings, Ledgers};
use crate::history::Said;
use crate::spec;

/// What costs nothing.
const FREE: [u16; 5] = [400, 403, 404, 429, 502];

/// Whether it says that nothing was charged, and will not be.
fn is_free(said: &Said) -> bool {
    FREE.contains(&said.status) || said.status == 503 && said.code == "upstream_error"
}

impl Ledgers {
    pub(super) fn answers(&self, findings: &mut Findings) {
        if !self.is_whole {
            return;
        }
        for client in &self.clients {
            if !client.asked.dry_run {
                self.was_true(client, findings);
            }
            was_the_payer(client, findings);
            let said = client.asked.said.as_ref();
            if client.asked.is_of_the_api() && said.is_some_and(|said| said.ours && !said.no_store) {
                let (method, path) = (&client.asked.method, &client.asked.path);
                findings.add("I21", format!("the answer to {method} {path} may be kept by a cache"));
            }
            // A page has words for people instead of a code.
            if let Some(said) = said.filter(|said| said.ours && said.status >= 400 && !said.code.is_empty()) {
                let Said { status, code, .. } = said;
                if !spec::is_refusal(code, *status) {
                    findings.add("I26", format!("answered {status} {code:?}, which is not a refusal of the API's"));
                }
            }
        }
        self.one_thing_each(findings);
        self.ends_stay(findings);
    }

    /// A refusal that says "not charged".
    fn was_true(&self, client: &Client, findings: &mut Findings) {
        let (Some((from, nonce)), Some(said)) = (client.key(), &client.asked.said) else { return };
        let promise = match said.status {
            402 if was_asked_for_this(client) => "I3",
            _ if is_free(said) => "I5",
            _ => return,
        };
        let sale = self.sale_of((&from, &nonce));
        let moved = self.payments.iter().any(|paid| paid.from == from && paid.nonce == nonce);
        // A copy that was under way at the same time may have been served, or have been told to
        // wait and been granted since: then the wallet has what it paid for. A 402 would have made
        // its client sign anew, so there this is not an excuse.
        let granted = sale.is_some_and(|sale| sale["state"] == "closed");
        let was_served = promise == "I5" && self.has_copy(client, granted);
        if !moved || was_served || sale.is_some_and(|sale| refund(sale).is_some()) || self.was_asked_again(client) {
            return;
        }
        let code = &said.code;
        findings
            .add(promise, format!("answered {} {code} to payment {nonce} of {from}, and it moved money", said.status));
    }

    /// Whether another request with the same payment was served; or, where it has been granted,
    /// left without the last word.
    fn has_copy(&self, client: &Client, granted: bool) -> bool {
        let key = client.key();
        let left_open = |said: &Said| said.status >= 500 && !is_free(said);
        let as_copy = |said: Option<&Said>| match said {
            Some(said) => said.status == 200 || granted && left_open(said),
            None => granted,
        };
        let mut others = self.meant().filter(|other| !std::ptr::eq(*other, client) && other.key() == key);
        others.any(|other| as_copy(other.asked.said.as_ref()))
    }

    /// The same payment was presented again afterwards, or for something else: then that has bought
    /// what it bought.
    fn was_asked_again(&self, client: &Client) -> bool {
        let key = client.key();
        let answered = client.until.unwrap_or(client.at);
        let differs =
            |other: &Client| (other.asked.endpoint(), other.asked.body) != (client.asked.endpoint(), client.asked.body);
        self.meant().any(|other| other.key() == key && (other.at > answered || differs(other)))
    }

    /// What was asked in earnest: a dry run moves nothing, whatever it carries and is told.
    fn meant(&self) -> impl Iterator<Item = &Client> {
        self.clients.iter().filter(|client| !client.asked.dry_run)
    }

    /// What a payment has bought is the same however often it is asked.
    fn one_thing_each(&self, findings: &mut Findings) {
        let mut bought = BTreeMap::<_, (&str, &str)>::new();
        for client in self.meant().filter(|client| client.status() == 200) {
            let (Some(key), Some(said)) = (client.key(), &client.asked.said) else { continue };
            let this = (client.asked.endpoint(), said.product.as_str());
            let first = bought.entry(key.clone()).or_insert(this);
            if *first != this {
                let (from, nonce) = key;
                findings.add("I2", format!("payment {nonce} of {from} bought {first:?} and {this:?}"));
            }
        }
    }

    /// A call that has ended stays ended, and as it did. Only an error may come to light later.
    fn ends_stay(&self, findings: &mut Findings) {
        let mut ends = BTreeMap::<&str, (&Client, &(String, String))>::new();
        for client in &self.clients {
            let call = client.asked.said.as_ref().filter(|said| said.status == 200).and_then(|said| said.call.as_ref());
            let (Some(id), Some(call)) = (client.asked.call_id(), call) else { continue };
            if let Some((first, end)) = ends.get(id) {
                let later = client.at > first.until.unwrap_or(first.at);
                if later && *end != call && call.1 != "ERROR" {
                    findings.add("I19", format!("call {id} ended as {end:?}, and later as {call:?}"));
                }
            }
            if call.1 != "IN_PROGRESS" {
                ends.insert(id, (client, call));
            }
        }
    }
}

/// A 402 speaks of its own offer. A payment for another one may have bought that.
fn was_asked_for_this(client: &Client) -> bool {
    let asked = client.asked.said.as_ref().and_then(|said| said.asked);
    let presented = client.asked.paying.as_ref().map(|paying| &paying.authorization);
    if let Some(presented) = &client.asked.on_solana {
        let asked = client.asked.said.as_ref().and_then(|said| said.asked_on_solana);
        return asked.is_some_and(|(micros, owner)| presented.micros == micros && presented.pays(owner));
    }
    let presented: Option<(U256, _)> = presented.map(|presented| (presented.value, presented.to));
    presented.is_some() && presented == asked
}

/// Only who has signed is answered as the one who pays.
fn was_the_payer(client: &Client, findings: &mut Findings) {
    let asked = &client.asked;
    let sells = asked.method == "POST" && spec::price(&asked.path).is_some();
    let would = asked.said.as_ref().map_or("", |said| said.would.as_str());
    // Who has only signed in is known as well; and what a contract would have to be asked is said
    // to who has shown nothing.
    let is_known = asked.dry_run && (asked.signed_in.is_some() || would == "check_payment");
    // What hour it is at a number is no wallet's, and is said before a payment is asked for.
    let is_the_hour = asked.said.as_ref().is_some_and(|said| said.code == "quiet_hours");
    if sells && matches!(client.status(), 200 | 403) && !client.signed && !is_known && !is_the_hour {
        let (status, path) = (client.status(), &asked.path);
        let key = asked.key().unwrap_or_default();
        findings.add("I9", format!("answered {status} at {path} to {key:?}, which its payer has not signed"));
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use alloy_primitives::{Address, B256};
    use serde_json::json;

    use super::super::Payment;
    use super::super::sales::tests::{payment, sale};
    use super::*;
    use crate::history::{Exchange, Paying};
    use crate::sim::chain::Authorization;
    use crate::world::PAYEE;

    const NONCE: B256 = B256::repeat_byte(1);

    pub(in crate::audit) fn client(second: u64, path: &str, status: u16) -> Client {
        let authorization = Authorization {
            from: Address::repeat_byte(0xaa),
            to: PAYEE,
            value: U256::from(1000),
            valid_after: U256::ZERO,
            valid_before: U256::MAX,
            nonce: NONCE,
        };
        let asked = (status == 402).then_some((U256::from(1000), PAYEE));
        let said = Said { status, asked, ours: true, no_store: true, ..Said::default() };
        let asked = Exchange {
            method: "POST".into(),
            path: path.into(),
            dry_run: false,
            body: 0,
            payments: 1,
            paying: Some(Paying { authorization, signature: vec![0; 65] }),
            on_solana: None,
            signed_in: None,
            said: Some(said),
        };
        let at = Duration::from_secs(second);
        Client { at, until: Some(at + Duration::from_millis(500)), asked, signed: true }
    }

    fn bent(mut client: Client, bend: impl FnOnce(&mut Client, &mut Said)) -> Client {
        let mut said = client.asked.said.take().expect("an answer");
        bend(&mut client, &mut said);
        client.asked.said = Some(said);
        client
    }

    fn list(second: u64, status: u16) -> Client {
        client(second, "/v1/phone/numbers/list", status)
    }

    fn paid() -> Payment {
        Payment { from: format!("{:#x}", Address::repeat_byte(0xaa)), nonce: NONCE.to_string(), ..payment() }
    }

    fn findings_of(clients: Vec<Client>, rows: Vec<serde_json::Value>, payments: Vec<Payment>) -> String {
        let mut findings = Findings::default();
        Ledgers { clients, rows, payments, is_whole: true, ..Ledgers::default() }.answers(&mut findings);
        findings.line()
    }

    fn findings(clients: Vec<Client>) -> String {
        findings_of(clients, Vec::new(), vec![paid()])
    }

    #[test]
    fn a_payer_who_was_refused_has_what_a_copy_of_it_was_served() {
        assert_eq!(findings(vec![list(0, 502), list(0, 200)]), "");
        assert!(findings(vec![list(0, 502), list(0, 503)]).starts_with("I5"), "no buyer was served");
        let mut granted = sale("closed");
        granted["payment"]["nonce"] = json!(NONCE.to_string());
        granted["payment"]["from"] = json!(paid().from);
        let findings_of = |clients| findings_of(clients, vec![granted.clone()], vec![paid()]);
        assert_eq!(findings_of(vec![list(0, 502), list(0, 503)]), "", "the copy was told to wait");
        assert!(findings_of(vec![list(0, 502)]).starts_with("I5"), "there was no copy");
        assert!(findings_of(vec![list(0, 502), list(0, 502)]).starts_with("I5"), "both were told that it is free");
    }

    #[test]
    fn a_payer_who_was_told_402_has_not_paid() {
        assert!(findings(vec![list(0, 402)]).starts_with("I3: answered 402"));
        assert!(findings(vec![list(0, 402), list(0, 200)]).starts_with("I3"), "nor has its twin");
        assert_eq!(findings_of(vec![list(0, 402)], vec![], vec![]), "");
        assert_eq!(findings(vec![list(0, 402), list(1, 200)]), "", "it was sent again");
        let dearer = bent(list(0, 402), |_, said| said.asked = Some((U256::from(5000), PAYEE)));
        assert_eq!(findings(vec![dearer, list(0, 200)]), "", "it was for something else");
        let mut back = sale("void");
        back["payment"]["nonce"] = json!(NONCE.to_string());
        back["payment"]["from"] = json!(paid().from);
        back["refund"] = json!({"state": "refunded"});
        assert_eq!(findings_of(vec![list(0, 402)], vec![back], vec![paid()]), "");
    }

    #[test]
    fn a_payer_who_was_refused_has_not_paid() {
        for status in FREE {
            assert!(findings(vec![list(0, status)]).starts_with("I5: answered"), "{status}");
        }
        let unreachable = bent(list(0, 503), |_, said| said.code = "upstream_error".into());
        assert!(findings(vec![unreachable]).starts_with("I5"));
        let pending = bent(list(0, 503), |_, said| said.code = "payment_pending".into());
        assert_eq!(findings(vec![pending, list(0, 409), list(0, 500)]), "");
    }

    #[test]
    fn one_payment_buys_one_thing() {
        let product = |second, product: &str| bent(list(second, 200), |_, said| said.product = product.into());
        assert_eq!(findings(vec![product(0, "a"), product(1, "a")]), "");
        assert!(findings(vec![product(0, "a"), product(1, "b")]).starts_with("I2: payment"));
        let elsewhere = client(1, "/v1/phone/numbers/buy", 200);
        assert!(findings(vec![list(0, 200), elsewhere]).starts_with("I2"));
    }

    #[test]
    fn no_payer_is_answered_in_anothers_name() {
        for status in [200, 403] {
            let forged = bent(list(0, status), |client, _| client.signed = false);
            assert!(findings_of(vec![forged], vec![], vec![]).starts_with("I9: answered"), "{status}");
        }
        let refused = bent(list(0, 402), |client, _| client.signed = false);
        assert_eq!(findings(vec![refused]), "");
        let night = bent(list(0, 403), |client, said| {
            client.signed = false;
            said.code = "quiet_hours".into();
        });
        assert_eq!(findings(vec![night]), "");
    }

    #[test]
    fn a_dry_run_is_of_who_has_signed_and_is_no_word_about_what_is_meant() {
        let dry = |second, status, would: &str| {
            bent(list(second, status), |client, said| {
                client.asked.dry_run = true;
                said.would = would.into();
            })
        };
        assert_eq!(findings(vec![dry(0, 403, ""), list(1, 200)]), "");
        assert!(findings(vec![list(0, 502), dry(0, 200, "list_numbers")]).starts_with("I5"), "it is no copy");
        assert!(findings(vec![list(0, 402), dry(1, 200, "list_numbers")]).starts_with("I3"), "and did not pay");
        let forged = |client: Client| findings_of(vec![Client { signed: false, ..client }], vec![], vec![]);
        assert!(forged(dry(0, 200, "list_numbers")).starts_with("I9"));
        assert_eq!(forged(dry(0, 200, "check_payment")), "");
        let signed_in = bent(dry(0, 403, ""), |client, _| client.asked.signed_in = Some("0xab".into()));
        assert_eq!(forged(signed_in), "");
    }

    #[test]
    fn nothing_is_kept_by_a_cache() {
        let kept = bent(list(0, 500), |_, said| said.no_store = false);
        assert!(findings(vec![kept]).starts_with("I21: the answer to POST"));
    }

    #[test]
    fn a_refusal_has_a_code_and_a_status_that_go_together() {
        let coded = |status, code: &str| bent(list(0, status), |_, said| said.code = code.into());
        let unpaid = |client| findings_of(vec![client], vec![], vec![]);
        for (status, code) in [(404, "no_such_path"), (503, "upstream_error"), (502, "upstream_error"), (404, "")] {
            assert_eq!(unpaid(coded(status, code)), "", "{status} {code}: one of ours, or a page");
        }
        for (status, code) in [(418, "no_such_path"), (400, "upstream_error"), (500, "oops")] {
            assert!(unpaid(coded(status, code)).starts_with("I26: answered"), "{status} {code}");
        }
    }

    #[test]
    fn a_call_ends_once() {
        let look = |second, end: &str| {
            bent(client(second, "/v1/voice/call/c", 200), |client, said| {
                client.asked.method = "GET".into();
                client.asked.paying = None;
                said.call = Some(("completed".into(), end.into()));
            })
        };
        assert_eq!(findings(vec![look(0, "IN_PROGRESS"), look(1, "USER"), look(2, "USER")]), "");
        assert_eq!(findings(vec![look(1, "USER"), look(2, "ERROR"), look(3, "ERROR")]), "");
        assert!(findings(vec![look(1, "USER"), look(2, "IN_PROGRESS")]).starts_with("I19: call c ended"));
        assert!(findings(vec![look(1, "USER"), look(2, "ASSISTANT")]).starts_with("I19: call c ended"));
    }
}
