//! The other rail's ledger: what came to the payee's account on Solana, and what the refund wallet there has sent.
//!
//! A payment there is known by its payer and its message. A refund has a fresh message each time it is signed, so it is known
//! by what its memo says.

use serde_json::Value;

use super::{Payment, text};
use crate::sim::solana::Landed;
use crate::sim::solana::programs::MEMO;
use crate::world::{World, solana_payee};

/// Who is paid there.
pub(super) fn payee() -> String {
    solana_payee().to_string()
}

/// To the payee, and from the refund wallet.
pub(super) fn payments(world: &World) -> (Vec<Payment>, Vec<Payment>) {
    let refunder = world.solana_refund_wallet;
    let (mut payments, mut refunds) = (Vec::new(), Vec::new());
    for landed in world.solana.transactions() {
        for moved in landed.moved.iter().filter(|moved| moved.from != moved.to) {
            let payment = |nonce: String| Payment {
                from: moved.authority.to_string(),
                to: moved.to.to_string(),
                nonce,
                value: moved.micros,
                transaction: landed.signature.clone(),
            };
            if moved.to == solana_payee() {
                payments.push(payment(landed.transaction.digest()));
            } else if moved.from == refunder {
                refunds.push(payment(memo(&landed)));
            }
        }
    }
    (payments, refunds)
}

fn memo(landed: &Landed) -> String {
    let message = &landed.transaction.message;
    let memo = message.instructions.iter().find(|one| message.program(one) == MEMO);
    memo.map(|one| String::from_utf8_lossy(&one.data).into_owned()).unwrap_or_default()
}

/// Whether a transfer from the refund wallet there is what a sale says was sent for it, or says so itself.
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
