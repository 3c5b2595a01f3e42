//! Leases in time: thirty days for each payment, from the first payment on, and nothing less.
//!
//! Every instant in the table is shifted alike when time passes, so that what was paid and what was
//! granted for it can be compared whenever it was.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Findings, Ledgers, account, text};

/// What five dollars buy, in seconds.
const TERM: i64 = 30 * 24 * 60 * 60;
/// How long after its end a number is in no wallet's hands.
const GRACE: i64 = 31 * 60;
/// A lease is granted and used by different processes, which begin when they begin.
const SKEW: i64 = 60;

/// A lease as it was paid for.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Tenure {
    wallet: String,
    number: String,
    begins: i64,
    ends: i64,
}

impl Ledgers {
    pub(super) fn leases(&self, findings: &mut Findings) {
        let tenures = self.tenures(findings);
        for (index, one) in tenures.iter().enumerate() {
            let Tenure { wallet, number, begins, ends } = one;
            for next in tenures.iter().skip(index + 1).filter(|next| next.number == *number) {
                if next.begins < ends + GRACE && *begins < next.ends + GRACE {
                    let other = &next.wallet;
                    findings.add("I11", format!("{number} was leased to {wallet} and to {other} at the same time"));
                }
            }
            let again = tenures
                .iter()
                .any(|other| (&other.wallet, &other.number) == (wallet, number) && other.begins > *begins);
            if !again {
                self.is_there(one, findings);
            }
        }
        self.calls_were_from_their_own(&tenures, findings);
    }

    /// The row of a lease, against what was paid for it.
    fn is_there(&self, paid: &Tenure, findings: &mut Findings) {
        let Tenure { wallet, number, ends, .. } = paid;
        let key = (format!("WALLET#{wallet}"), format!("LEASE#{number}"));
        let row = self.rows.iter().find(|row| text(row, "pk") == key.0 && text(row, "sk") == key.1);
        match row.map(|row| &row["expires_at"]) {
            Some(at) if *at == *ends => {}
            Some(at) => {
                let off = at.as_i64().unwrap_or_default() - ends;
                findings.add("I14", format!("{wallet}'s lease of {number} ends {off} s after what was paid for it"));
            }
            None if ends + GRACE > self.now => {
                let left = ends + GRACE - self.now;
                findings.add("I15", format!("{wallet}'s lease of {number} was taken back {left} s too early"));
            }
            None => {}
        }
    }

    /// All leases that were ever paid for, with their renewals.
    fn tenures(&self, findings: &mut Findings) -> Vec<Tenure> {
        let mut renewals = BTreeMap::<(String, String), Vec<&Value>>::new();
        for sale in self.sold("renew") {
            renewals.entry(key(sale)).or_default().push(sale);
        }
        let mut begun = BTreeMap::<(String, String), Vec<i64>>::new();
        for sale in self.sold("lease") {
            begun.entry(key(sale)).or_default().push(settled_at(sale));
        }
        let mut tenures = Vec::new();
        for ((wallet, number), mut begins) in begun {
            let mut renewed = renewals.remove(&(wallet.clone(), number.clone())).unwrap_or_default();
            renewed.sort_by_key(|sale| old_end(sale));
            begins.sort_unstable();
            let mut renewed = renewed.into_iter().peekable();
            for (index, begins_at) in begins.iter().enumerate() {
                let next = begins.get(index + 1).copied().unwrap_or(i64::MAX);
                let mut ends = begins_at + TERM;
                while let Some(sale) = renewed.next_if(|sale| old_end(sale) < next.max(ends + 1)) {
                    if old_end(sale) != ends {
                        let (name, off) = (text(sale, "pk"), old_end(sale) - ends);
                        findings.add("I14", format!("{name} renewed {number} from {off} s after its end"));
                    }
                    ends += TERM;
                }
                tenures.push(Tenure { wallet: wallet.clone(), number: number.clone(), begins: *begins_at, ends });
            }
        }
        for ((wallet, number), _) in renewals {
            findings.add("I1", format!("{wallet} has renewed {number}, which it never leased"));
        }
        tenures
    }

    fn calls_were_from_their_own(&self, tenures: &[Tenure], findings: &mut Findings) {
        for row in self.of_kind("CALL#").filter(|row| !row["placed"].is_null()) {
            let (wallet, from) = (text(row, "wallet"), text(row, "from"));
            let at = row["created_at"].as_i64().unwrap_or_default();
            let its = |one: &Tenure| one.wallet == wallet && one.number == from;
            if !tenures.iter().any(|one| its(one) && one.begins - SKEW <= at && at < one.ends) {
                findings.add("I16", format!("{} was from {from}, which {wallet} did not lease then", text(row, "pk")));
            }
        }
    }
}

fn key(sale: &Value) -> (String, String) {
    let payment = &sale["payment"];
    let wallet = account(payment);
    (wallet, text(&sale["work"], "number").to_owned())
}

fn settled_at(sale: &Value) -> i64 {
    sale["settled"]["settled_at"].as_i64().unwrap_or_default()
}

/// The end that a renewal was added to.
fn old_end(sale: &Value) -> i64 {
    sale["work"]["expires_at"].as_i64().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::sales::tests::{NETWORK, PAYER};
    use super::*;

    const NUMBER: &str = "+14155550100";
    const BEGUN: i64 = 1_000;

    fn sale(from: &str, work: &Value, settled_at: i64) -> Value {
        json!({
            "pk": format!("SALE#{settled_at}"), "state": "closed", "work": work, "settled": {"settled_at": settled_at},
            "payment": {"from": from, "network": NETWORK},
        })
    }

    fn bought() -> Value {
        sale(PAYER, &json!({"kind": "lease", "number": NUMBER}), BEGUN)
    }

    fn renewed(from: i64) -> Value {
        sale(PAYER, &json!({"kind": "renew", "number": NUMBER, "expires_at": from}), BEGUN + 50)
    }

    fn lease(ends: i64) -> Value {
        json!({"pk": format!("WALLET#{NETWORK}:{PAYER}"), "sk": format!("LEASE#{NUMBER}"), "expires_at": ends})
    }

    fn call(at: i64) -> Value {
        let wallet = format!("{NETWORK}:{PAYER}");
        json!({"pk": "CALL#c", "wallet": wallet, "from": NUMBER, "placed": "b", "created_at": at})
    }

    fn findings(rows: Vec<Value>, now: i64) -> String {
        let mut findings = Findings::default();
        Ledgers { rows, now, ..Ledgers::default() }.leases(&mut findings);
        findings.line()
    }

    #[test]
    fn thirty_days_for_each_payment_are_in_order() {
        let end = BEGUN + TERM;
        assert_eq!(findings(vec![bought(), lease(end), call(end - 1)], BEGUN), "");
        assert_eq!(findings(vec![bought(), renewed(end), lease(end + TERM), call(end)], BEGUN), "");
        assert_eq!(findings(vec![bought()], end + GRACE), "", "it is over");
        let again = sale(PAYER, &json!({"kind": "lease", "number": NUMBER}), end + 3 * GRACE);
        assert_eq!(findings(vec![bought(), again, lease(end + 3 * GRACE + TERM)], end + 4 * GRACE), "");
    }

    #[test]
    fn a_lease_ends_when_it_was_paid_to_end() {
        let end = BEGUN + TERM;
        assert!(findings(vec![bought(), lease(end - 1)], BEGUN).starts_with("I14"));
        assert!(findings(vec![bought(), renewed(end), lease(end)], BEGUN).contains("ends -2592000 s after"));
        assert!(findings(vec![bought(), renewed(BEGUN + 50), lease(end + TERM)], BEGUN).starts_with("I14: SALE#1050"));
    }

    #[test]
    fn nothing_is_taken_back_before_its_end_and_the_grace() {
        let last = BEGUN + TERM + GRACE - 1;
        assert!(
            findings(vec![bought()], last).contains("I15") && findings(vec![bought()], last).contains("1 s too early")
        );
    }

    #[test]
    fn a_number_is_one_wallets_at_a_time() {
        let other = sale("0xbb", &json!({"kind": "lease", "number": NUMBER}), BEGUN + TERM + GRACE - 1);
        let found = findings(vec![bought(), other], BEGUN + 3 * TERM);
        assert!(found.starts_with("I11: +14155550100 was leased to"), "{found}");
    }

    #[test]
    fn a_call_is_from_a_number_that_its_wallet_leased_then() {
        let end = BEGUN + TERM;
        assert!(findings(vec![bought(), lease(end), call(end)], BEGUN).starts_with("I16: CALL#c"));
        assert!(findings(vec![call(BEGUN)], BEGUN).starts_with("I16: CALL#c"));
    }

    #[test]
    fn a_renewal_is_of_a_lease() {
        assert!(findings(vec![renewed(BEGUN)], BEGUN).starts_with("I1: eip155"));
    }
}
