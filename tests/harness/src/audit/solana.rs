//! The other rail's ledger: what came to the payee's account on Solana, and what the refund wallet
//! there has sent.
//!
//! A payment there is known by its payer and its message. A refund has a fresh message each time it
//! is signed, so it is known by what its memo says.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Payment, text};
use crate::ledger::Transfer;
use crate::world::{World, solana_payee};

/// Who is paid there.
pub(super) fn payee() -> String {
    solana_payee().to_string()
}

/// To the payee, and from the refund wallet.
pub(super) fn payments(world: &World) -> (Vec<Payment>, Vec<Payment>) {
    let money = &world.solana_money;
    let all = money.transfers();
    // A transfer names accounts. A wallet that is paid back has paid before.
    let owners: BTreeMap<_, _> = all.iter().map(|one| (money.account(one.authority), one.authority)).collect();
    let (payees, refunders) = (money.account(solana_payee()), money.account(world.solana_refund_wallet));
    let (mut payments, mut refunds) = (Vec::new(), Vec::new());
    for Transfer { authority, from, to, micros, signature, digest, memo } in all {
        let payment = |to: String, nonce| Payment {
            from: authority.to_string(),
            to,
            nonce,
            value: micros,
            transaction: signature,
        };
        if from == to {
            // Nothing has moved.
        } else if to == payees {
            payments.push(payment(payee(), digest));
        } else if from == refunders {
            refunds.push(payment(owners.get(&to).unwrap_or(&to).to_string(), memo));
        }
    }
    (payments, refunds)
}

/// Whether a transfer from the refund wallet there is what a sale says was sent for it, or says so
/// itself.
pub(super) fn is_for(sent: &Payment, sale: &Value, nonce: &str) -> bool {
    let id = text(sale, "pk").trim_start_matches("SALE#");
    let told = text(&sale["refund"], "transaction");
    let named = !told.is_empty() && told == sent.transaction;
    let says = |words: &str| sent.nonce == words;
    named || says(nonce) || says(nonce.trim_start_matches("0x")) || says(&format!("dialtone refund of {id}"))
}

/// Whether an account of the table is spelled as base58 spells a key.
pub(super) fn is_account(address: &str) -> bool {
    address.parse::<crate::sim::solana::Pubkey>().is_ok_and(|key| key.to_string() == address)
}
