//! What a facilitator's answers mean. Pure functions of status, body and payment, because this is where money is lost:
//! the body is read before the status, a failure is not proof that nothing was paid, and a success is not proof that
//! we were.

use http::StatusCode;

use super::{Receipt, SettleAnswer, Verdict};
use crate::types::{Network, SolanaAddress, SolanaNetwork, TransactionId};
use crate::x402::Verified;
use crate::x402::payment::network as named;
use crate::x402::wire_v2::{EXACT, Kind, Object, SettleClaim, SettleResponse, SupportedResponse, VerifyResponse};

/// Longest reason that is passed on.
const LONGEST_REASON: usize = 80;

/// What an answer to `/verify` means.
pub fn verdict(status: StatusCode, retry_after: Option<u64>, body: &[u8], payment: &Verified) -> Verdict {
    if status == StatusCode::TOO_MANY_REQUESTS {
        return Verdict::RateLimited { retry_after };
    }
    let Ok(Object(answer)) = serde_json::from_slice::<Object<VerifyResponse>>(body) else {
        return Verdict::Unavailable;
    };
    let payer_is_ours = answer.payer.is_none_or(|payer| payment.payer().is_spelled(&payer));
    match (answer.is_valid, answer.invalid_reason.map(|reason| code(&reason))) {
        (true, _) if status.is_success() && payer_is_ours => Verdict::Valid,
        (false, Some(reason)) if !status.is_server_error() && !is_the_facilitators_trouble(&reason) => {
            if may_be_our_own_success(&reason) {
                Verdict::LookItUp { reason }
            } else {
                Verdict::Invalid { reason }
            }
        }
        // A validity that comes with an error status or with another payer, and an invalidity without a reason or for
        // reasons of the facilitator's own: it does not know what it says, and nothing has happened yet.
        (true | false, _) => Verdict::Unavailable,
    }
}

/// What an answer to `/settle` means.
pub fn settlement(status: StatusCode, body: &[u8], payment: &Verified) -> SettleAnswer {
    match serde_json::from_slice::<Object<SettleResponse>>(body) {
        Ok(Object(answer)) if answer.success => success(status, &answer, payment),
        // It is no refusal either, behind whatever status.
        Err(_) if claims_success(body) => SettleAnswer::Unknown { transaction: None, contradiction: true },
        _ if status == StatusCode::TOO_MANY_REQUESTS => SettleAnswer::NotSent,
        Ok(Object(answer)) => failure(status, &answer, payment.payer().network()),
        Err(_) if was_turned_away(status) => SettleAnswer::NotSent,
        Err(_) => unknown(None),
    }
}

/// Whether an answer that cannot be read says in one field, which can, that money moved.
fn claims_success(body: &[u8]) -> bool {
    serde_json::from_slice::<Object<SettleClaim>>(body).is_ok_and(|Object(claim)| claim.success)
}

/// A success counts when it is one from end to end.
fn success(status: StatusCode, answer: &SettleResponse, payment: &Verified) -> SettleAnswer {
    let payer = payment.payer();
    let transaction = transaction(answer, payer.network());
    let amount = payment.quote().amount.atomic().to_string();
    let ours = status.is_success()
        && answer.error_reason.as_deref().is_none_or(str::is_empty)
        && answer.network.as_deref().and_then(named) == Some(payer.network())
        && answer.payer.as_deref().is_none_or(|text| payer.is_spelled(text))
        && answer.amount.as_deref().is_none_or(|text| text == amount);
    match transaction {
        Some(transaction) if ours => SettleAnswer::Settled(Receipt { transaction, payer }),
        _ => SettleAnswer::Unknown { transaction, contradiction: true },
    }
}

fn failure(status: StatusCode, answer: &SettleResponse, network: Network) -> SettleAnswer {
    let transaction = transaction(answer, network);
    let Some(reason) = answer.error_reason.as_deref().map(code) else {
        return unknown(transaction);
    };
    if status.is_server_error() || is_pending(&reason) || is_the_facilitators_trouble(&reason) {
        unknown(transaction)
    } else if transaction.is_some() || may_be_our_own_success(&reason) {
        SettleAnswer::LookItUp { reason, transaction }
    } else {
        SettleAnswer::Declined { reason }
    }
}

/// The question went no further than the door: a wrong key or a wrong route.
fn was_turned_away(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED
    )
}

/// Submitted, or perhaps submitted, with the end not seen. `block_height_exceeded` is Solana's way to say so.
fn is_pending(reason: &str) -> bool {
    ["pending", "timed_out", "timeout", "block_height_exceeded", "not_confirmed"]
        .iter()
        .any(|part| reason.contains(part))
}

/// Something went wrong over there, at a point that it does not tell.
fn is_the_facilitators_trouble(reason: &str) -> bool {
    reason.contains("node_failure")
        || reason.starts_with("unexpected")
        || matches!(reason, "unknown_error" | "internal_error" | UNSPECIFIED)
}

/// The nonce is spent, or spending it again did not work: by whom and for whom is for the chain to say. A reverted
/// transaction and a failed simulation are what a facilitator sees when another submitted the same payment first.
fn may_be_our_own_success(reason: &str) -> bool {
    [
        "already_used",
        "nonce_used",
        "duplicate",
        "transaction_failed",
        "failed_onchain",
        "simulation",
        "transfer_event_mismatch",
        "invalid_transaction_state",
    ]
    .iter()
    .any(|part| reason.contains(part))
}

/// Whether a facilitator's reason says in so many words that the nonce is used. It does not say for whom.
pub fn says_used(reason: &str) -> bool {
    ["already_used", "nonce_used", "duplicate"].iter().any(|part| reason.contains(part))
}

/// What a payer can do about a reason for which a payment was declined.
pub fn remedy(reason: &str) -> &'static str {
    let has = |parts: &[&str]| parts.iter().any(|part| reason.contains(part));
    if has(&["valid_after", "not_yet_valid"]) {
        "The chain's clock is some seconds behind: set authorization.validAfter a minute into the past, and sign again."
    } else if has(&["expired", "valid_before", "blockhash"]) {
        "It came too late: sign a new payment and send it at once."
    } else if has(&["insufficient", "balance", "exceeds"]) {
        "The wallet has too little USDC on this network: top it up and sign a new payment."
    } else if has(&["cancel"]) {
        "Its payer has cancelled it: sign a new payment."
    } else if has(&["signature"]) {
        "Sign with the key of the wallet that pays, and with the domain in accepts[].extra."
    } else {
        "Check the wallet's USDC and sign a new payment."
    }
}

fn unknown(transaction: Option<TransactionId>) -> SettleAnswer {
    SettleAnswer::Unknown { transaction, contradiction: false }
}

fn transaction(answer: &SettleResponse, network: Network) -> Option<TransactionId> {
    TransactionId::read(network, answer.transaction.as_deref()?)
}

/// Whose signature this facilitator lets a Solana transaction begin with, according to its `/supported`.
pub fn fee_payer(status: StatusCode, body: &[u8], network: SolanaNetwork) -> Option<SolanaAddress> {
    let Object(supported) = serde_json::from_slice::<Object<SupportedResponse>>(body).ok()?;
    let ours = |kind: &Kind| kind.scheme == EXACT && named(&kind.network) == Some(network.into());
    let mut found = supported.kinds.into_iter().filter(|kind| status.is_success() && ours(kind));
    found.find_map(|kind| kind.extra?.fee_payer?.parse().ok())
}

/// Whether it says that a transaction begins with a key that is not its own, or no longer.
pub fn blames_fee_payer(body: &[u8]) -> bool {
    let body = String::from_utf8_lossy(body);
    ["fee_payer_not_managed", "fee_payer_mismatch", "invalid_fee_payer"].iter().any(|reason| body.contains(reason))
}

/// The reason of one that gave none.
const UNSPECIFIED: &str = "unspecified";

/// A reason, fit to be shown: it goes into headers, logs and other people's terminals, and facilitators have been seen to
/// put whole node dumps there. What follows the first foreign character (`: <program>`) is dropped.
fn code(reason: &str) -> String {
    let code: String = reason
        .chars()
        .map(|c| c.to_ascii_lowercase())
        .take_while(|c| matches!(c, 'a'..='z' | '0'..='9' | '_' | ':'))
        .take(LONGEST_REASON)
        .collect();
    let code = code.trim_end_matches(':');
    if code.is_empty() { UNSPECIFIED.to_owned() } else { code.to_owned() }
}

#[cfg(test)]
mod tests;
