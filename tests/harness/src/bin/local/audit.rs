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
    let sold = world.dynamo.rows().iter().filter_map(price).sum::<u64>();
    say::pair("the payees have", &say::dollars(has));
    say::pair("sold for", &say::dollars(sold));
    if has == sold { Ok(()) } else { Err("the payees do not have what was sold".to_owned()) }
}

/// What was paid for this row, if it is of something that was delivered.
fn price(row: &Value) -> Option<u64> {
    let delivered = row["pk"].as_str()?.starts_with("SALE#") && row["state"] == "closed";
    row["payment"]["value"].as_u64().filter(|_| delivered && row["work"]["credit"] != true)
}
