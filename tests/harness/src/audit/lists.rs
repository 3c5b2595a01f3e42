//! Lists of calls: each call is in the list of its wallet, at its time, and nothing else is; and
//! what a wallet was told is its own.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Findings, Ledgers, text};

impl Ledgers {
    pub(super) fn lists(&self, findings: &mut Findings) {
        let place = |row: &Value| (text(row, "pk").to_owned(), text(row, "sk").to_owned());
        let listed: BTreeSet<_> = self.of_kind("CALLS#").map(place).collect();
        let expected: BTreeSet<_> = self.of_kind("CALL#").map(place_of).collect();
        for (wallet, entry) in expected.difference(&listed) {
            findings.add("I27", format!("{entry} is not in {wallet}"));
        }
        for (wallet, entry) in listed.difference(&expected) {
            findings.add("I27", format!("{entry} is in {wallet}, and there is no such call"));
        }
        self.told_are_their_own(findings);
    }

    /// A call that has come to nothing since has no row any more, and was its wallet's as far as
    /// can be known.
    fn told_are_their_own(&self, findings: &mut Findings) {
        for client in &self.clients {
            let (Some((from, _)), Some(said)) = (client.key(), &client.asked.said) else { continue };
            let owner = |id: &str| self.of_kind("CALL#").find(|row| text(row, "pk") == format!("CALL#{id}"));
            for row in said.listed.iter().filter_map(|id| owner(id)) {
                let wallet = text(row, "wallet");
                if !wallet.to_ascii_lowercase().ends_with(&from.to_ascii_lowercase()) {
                    findings.add("I9", format!("{from} was told {}, which is {wallet}'s", text(row, "pk")));
                }
            }
        }
    }
}

/// Where a call belongs.
fn place_of(call: &Value) -> (String, String) {
    let id = text(call, "pk").trim_start_matches("CALL#");
    let at = call["created_at"].as_i64().unwrap_or_default();
    (format!("CALLS#{}", text(call, "wallet")), format!("{at:012}#{id}"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::answers::tests::client;
    use super::*;

    fn call() -> Value {
        json!({"pk": "CALL#c", "sk": "CALL", "wallet": format!("eip155:84532:0x{}", "aa".repeat(20)), "created_at": 1000})
    }

    fn entry() -> Value {
        json!({"pk": format!("CALLS#eip155:84532:0x{}", "aa".repeat(20)), "sk": "000000001000#c"})
    }

    fn findings(rows: Vec<Value>, told: Option<u8>) -> String {
        let mut findings = Findings::default();
        let clients = told.map(|_| {
            let mut client = client(0, "/v1/voice/calls/list", 200);
            client.asked.said.as_mut().expect("an answer").listed = vec!["c".into(), "gone".into()];
            client
        });
        Ledgers { rows, clients: clients.into_iter().collect(), ..Ledgers::default() }.lists(&mut findings);
        findings.line()
    }

    #[test]
    fn a_call_is_in_the_list_of_its_wallet_at_its_time() {
        assert_eq!(findings(vec![call(), entry()], Some(0)), "");
        assert!(findings(vec![call()], None).starts_with("I27: 000000001000#c is not in CALLS#eip155"));
        assert!(findings(vec![entry()], None).contains("there is no such call"));
        let mut later = call();
        later["created_at"] = json!(1001);
        assert!(findings(vec![later, entry()], None).contains("I27: 000000001001#c is not in"));
    }

    #[test]
    fn what_a_wallet_is_told_is_its_own() {
        let (mut other, mut listed) = (call(), entry());
        other["wallet"] = json!("eip155:84532:0xbb");
        listed["pk"] = json!("CALLS#eip155:84532:0xbb");
        assert!(findings(vec![other, listed], Some(0)).starts_with("I9: "));
    }
}
