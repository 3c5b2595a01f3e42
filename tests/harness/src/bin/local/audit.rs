//! Whether everything adds up when a world ends: the harness's audit, and what was sold against
//! what the payees have.

use harness::World;
use harness::world::{PAYEE, solana_payee};
use serde_json::Value;

use crate::{Trouble, say};

/// Lets everything come to its end, and says what is wrong.
pub(crate) async fn everything_adds_up(world: &World) -> Result<(), Trouble> {
    say::heading("Holding the ledgers against each other");
    let findings: Vec<String> = harness::audit::of(world).await.iter().map(ToString::to_string).collect();
    if !findings.is_empty() {
        return Err(format!("the audit found:\n- {}", findings.join("\n- ")));
    }
    let has = world.ledger.balance(PAYEE) + world.solana_money.balance(solana_payee());
    let owed = Owed::of(&world.dynamo.rows());
    say::pair("the payees have", &say::dollars(has));
    say::pair("sold for", &say::dollars(owed.sold));
    if owed.going_back > 0 {
        say::pair("came for nothing, and went or goes back", &say::dollars(owed.going_back));
    }
    owed.is_all_of(has)
}

/// What the payees should have. Money goes back from a wallet of its own, so they keep it all.
#[derive(PartialEq, Eq, Debug, Default)]
struct Owed {
    /// For what was delivered.
    sold: u64,
    /// For nothing, and it went back or will: strays, and sales that came to nothing once paid.
    going_back: u64,
}

impl Owed {
    fn of(rows: &[Value]) -> Self {
        let mut owed = Self::default();
        for row in rows.iter().filter(|row| row["pk"].as_str().is_some_and(|pk| pk.starts_with("SALE#"))) {
            let value = row["payment"]["value"].as_u64().unwrap_or_default();
            match row["state"].as_str() {
                Some("closed") if row["work"]["credit"] != true => owed.sold += value,
                Some("void") if !row["refund"].is_null() => owed.going_back += value,
                // Credit paid, and its own payment was made by another party all the same.
                Some("closed") if !row["refund"]["taken_by"].is_null() => owed.going_back += value,
                _ => {}
            }
        }
        owed
    }

    fn is_all_of(&self, has: u64) -> Result<(), String> {
        let known = self.sold + self.going_back;
        match has.checked_sub(known) {
            Some(0) => Ok(()),
            Some(more) => {
                Err(format!("the payees have {} that bought nothing, and that does not go back", say::dollars(more)))
            }
            None => Err(format!("the payees do not have {} of what was sold", say::dollars(known - has))),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_bought_nothing_is_an_error_unless_it_goes_back() {
        let row = |state: &str, refund: Value, work: Value| json!({"pk": "SALE#1", "state": state, "payment": {"value": 1_000}, "refund": refund, "work": work});
        let sold = row("closed", Value::Null, json!({"kind": "list"}));
        let back = |refund: &str| row("void", json!({"state": refund}), Value::Null);
        let by_credit = |refund: Value| row("closed", refund, json!({"kind": "call", "credit": true}));
        let other = json!({"pk": "CALL#1", "state": "closed", "payment": {"value": 1_000}});
        for (rows, has, adds_up) in [
            (vec![sold.clone()], 1_000, true),
            (vec![sold.clone(), other], 1_000, true),
            (vec![sold.clone(), row("closed", Value::Null, json!({"kind": "list", "credit": true}))], 1_000, true),
            (vec![sold.clone(), row("void", Value::Null, Value::Null)], 1_000, true),
            // A stray: found, on its way, back, and as credit.
            (vec![sold.clone(), back("due")], 2_000, true),
            (vec![sold.clone(), back("sending")], 2_000, true),
            (vec![sold.clone(), back("refunded")], 2_000, true),
            (vec![sold.clone(), back("credited")], 2_000, true),
            (vec![row("closed", json!({"state": "refunded"}), json!({"kind": "call"}))], 1_000, true),
            // Of a call that credit paid: what its own payment brought, and what only was credit.
            (vec![by_credit(json!({"state": "refunded", "taken_by": "0xab"}))], 1_000, true),
            (vec![by_credit(json!({"state": "credited"}))], 0, true),
            // One that was not found.
            (vec![sold.clone()], 2_000, false),
            (vec![sold.clone(), back("due")], 3_000, false),
            // What was sold was not paid.
            (vec![sold.clone()], 0, false),
            (vec![sold, back("due")], 1_000, false),
        ] {
            assert_eq!(Owed::of(&rows).is_all_of(has).is_ok(), adds_up, "{rows:?} {has}");
        }
    }
}
