//! What is checked of a payment on Solana, in the order of `@x402/svm` 2.27.0
//! `exact/facilitator/scheme.ts`.

use super::wire::Asked;
use crate::sim::solana::programs::{COMPUTE_BUDGET, LIGHTHOUSE, MEMO, TOKEN, TOKEN_2022, transfer_checked};
use crate::sim::solana::wire::{Compiled, Message, Transaction};
use crate::sim::solana::{Commitment, Pubkey, Solana, associated};

/// Micro-lamports for each unit of computing.
const DEAREST: u64 = 5_000_000;

/// Why a payment is not taken.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) reason: String,
    pub(super) message: Option<String>,
    pub(super) payer: String,
}

impl Refused {
    pub(super) fn by(payer: Pubkey, reason: &str) -> Self {
        Self { reason: reason.into(), message: None, payer: payer.to_string() }
    }
}

type Judged<T> = Result<T, Refused>;

/// Refuses a payment whose payer is not known yet.
fn refuse<T>(reason: &str) -> Judged<T> {
    Err(Refused { reason: format!("invalid_exact_svm_{reason}"), message: None, payer: String::new() })
}

/// Reasons that version 1 writes without their prefix.
fn refuse_short<T>(asked: &Asked, reason: &str) -> Judged<T> {
    match asked.version {
        1 => Err(Refused { reason: reason.into(), message: None, payer: String::new() }),
        _ => refuse(reason),
    }
}

pub(super) fn judge(solana: &Solana, managed: &[Pubkey], asked: &Asked) -> Judged<(Transaction, Pubkey)> {
    let fee_payer = terms(managed, asked)?;
    let Ok(transaction) = asked.decode() else { return refuse("payload_transaction_could_not_be_decoded") };
    let message = &transaction.message;
    if message.keys.first() != Some(&fee_payer) {
        return refuse("fee_payer_mismatch");
    }
    let signed = |(key, by): (&Pubkey, &[u8; 64])| key.signed(&transaction.bytes, by);
    if !message.signers().iter().zip(&transaction.signatures).skip(1).all(signed) {
        return refuse("payload_signature_invalid");
    }
    if !message.lookups.is_empty() {
        if asked.version == 1 {
            return refuse("payload_transaction_could_not_be_decoded");
        }
        // There are no tables here.
        let tables: Vec<_> = message.lookups.iter().map(|lookup| lookup.table.to_string()).collect();
        let missing = format!("Accounts not found at addresses: {}", tables.join(", "));
        return refuse(&format!("smart_wallet_alt_resolution_failed: {missing}"));
    }
    if !message.is_sane() {
        return refuse("payload_transaction_could_not_be_decoded");
    }
    let most = if asked.version == 1 { 6 } else { 7 };
    if !(3..=most).contains(&message.instructions.len()) {
        return refuse("payload_transaction_instructions_length");
    }
    computing(message)?;
    let Some(payer) = payer(message) else { return refuse("payload_no_transfer_instruction") };
    layout(managed, asked, message)
        .map_err(|reason| Refused::by(payer, &format!("invalid_exact_svm_payload_{reason}")))?;
    let slot = solana.slot_at(Commitment::Confirmed);
    if let Err(failure) = solana.try_out(&transaction, slot) {
        let reason = "transaction_simulation_failed";
        let reason = if asked.version == 1 { reason.to_owned() } else { format!("invalid_exact_svm_{reason}") };
        let message = Some(format!("Simulation failed: {}", failure.to_json()));
        return Err(Refused { reason, message, payer: payer.to_string() });
    }
    Ok((transaction, payer))
}

fn terms(managed: &[Pubkey], asked: &Asked) -> Judged<Pubkey> {
    if asked.paid.0 != "exact" {
        return refuse_short(asked, "unsupported_scheme");
    }
    if asked.paid.1 != asked.network {
        return refuse_short(asked, "network_mismatch");
    }
    let Some(fee_payer) = asked.extra["feePayer"].as_str().filter(|text| !text.is_empty()) else {
        return refuse("payload_missing_fee_payer");
    };
    // Coinbase's takes no unknown keys.
    let known = ["feePayer", "memo", "recentBlockhash", "lastValidBlockHeight"];
    if !asked.extra.as_object().is_some_and(|extra| extra.keys().all(|key| known.contains(&key.as_str()))) {
        let reason = "invalid_exact_solana_extra_field".to_owned();
        return Err(Refused { reason, message: None, payer: String::new() });
    }
    match managed.iter().find(|key| key.to_string() == fee_payer) {
        Some(key) => Ok(*key),
        None => refuse_short(asked, "fee_payer_not_managed_by_facilitator"),
    }
}

fn computing(message: &Message) -> Judged<()> {
    let budget = |at: usize| message.instructions.get(at).filter(|one| message.program(one) == COMPUTE_BUDGET);
    let data = |at: usize| budget(at).map(|one| one.data.as_slice()).unwrap_or_default();
    if !matches!(data(0), [2, _, _, _, _, ..]) {
        return refuse("payload_transaction_instructions_compute_limit_instruction");
    }
    let price = match data(1) {
        [3, price @ ..] => price.first_chunk().map(|price| u64::from_le_bytes(*price)),
        _ => None,
    };
    match price {
        None => refuse("payload_transaction_instructions_compute_price_instruction"),
        Some(price) if price > DEAREST => refuse("payload_transaction_instructions_compute_price_instruction_too_high"),
        Some(_) => Ok(()),
    }
}

/// Who pays: the fourth account of the first instruction to a token's program that has one.
pub(super) fn payer(message: &Message) -> Option<Pubkey> {
    let is_token = |one: &&Compiled| [TOKEN, TOKEN_2022].contains(&message.program(one).as_str());
    let transfers = message.instructions.iter().filter(is_token);
    transfers.filter_map(|one| one.accounts.get(3)).find_map(|at| message.key(*at))
}

fn layout(managed: &[Pubkey], asked: &Asked, message: &Message) -> Result<(), String> {
    let Some(transfer) = message.instructions.get(2) else { return Err("no_transfer_instruction".into()) };
    let key = |at: usize| transfer.accounts.get(at).and_then(|at| message.key(*at));
    let is_token = [TOKEN, TOKEN_2022].contains(&message.program(transfer).as_str());
    let amount = transfer_checked(&transfer.data).map(|(amount, _)| amount).filter(|_| is_token);
    let (Some(amount), Some(mint), Some(to), Some(authority)) = (amount, key(1), key(2), key(3)) else {
        return Err("no_transfer_instruction".into());
    };
    if managed.contains(&authority) {
        return Err("transaction_fee_payer_transferring_funds".into());
    }
    if mint.to_string() != asked.asset {
        return Err("mint_mismatch".into());
    }
    if asked.pay_to.parse().map(|owner| associated(owner, mint)) != Ok(to) {
        return Err("recipient_mismatch".into());
    }
    if u128::from(amount) != asked.amount {
        return Err("amount_mismatch".into());
    }
    others(asked, message)
}

fn others(asked: &Asked, message: &Message) -> Result<(), String> {
    let rest = message.instructions.iter().skip(3);
    let mut memos = Vec::new();
    for (one, place) in rest.zip(["fourth", "fifth", "sixth", "seventh"]) {
        match message.program(one).as_str() {
            MEMO => memos.push(one.data.as_slice()),
            LIGHTHOUSE => {}
            _ => return Err(format!("unknown_{place}_instruction")),
        }
    }
    let Some(memo) = asked.extra["memo"].as_str().filter(|memo| !memo.is_empty()) else { return Ok(()) };
    match memos.as_slice() {
        [one] if *one == memo.as_bytes() => Ok(()),
        [_] => Err("memo_mismatch".into()),
        _ => Err("memo_count".into()),
    }
}
