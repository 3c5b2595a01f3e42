//! What a facilitator's answers mean. Pure functions of status, body and payment, because this is
//! where money is lost: the body is read before the status, a failure is not proof that nothing was
//! paid, and a success is not proof that we were.

mod reason;
pub use reason::Reason;

use http::StatusCode;

use crate::types::{Network, SolanaAddress, SolanaNetwork, TransactionId};
use crate::x402::version::network as named;
use crate::x402::wire_v2::{EXACT, Kind, Object, SettleClaim, SettleResponse, SupportedResponse, VerifyResponse};
use crate::x402::{Receipt, Verified};

/// The facilitator's verdict on a payment. It reserves nothing: a valid payment can fail to settle.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It could be settled now, and the payer is who we think.
    Valid,
    /// It could not.
    Invalid {
        /// Why.
        reason: Reason,
    },
    /// It could not, and that can be because it was made already: by us, or by a third party that
    /// submitted it for us.
    LookItUp {
        /// Why.
        reason: Reason,
    },
    /// Too many questions; ask again after this many seconds.
    RateLimited {
        /// Seconds, where it says.
        retry_after: Option<u64>,
    },
    /// No answer that means anything.
    Unavailable,
}

/// The meaning of an answer to `/settle`. Only the first says that we were paid, and only the
/// second that nothing happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SettleAnswer {
    /// Paid, and everything the answer says is what we asked for.
    Settled(Receipt),
    /// The facilitator never took the question: ask again, or give up without harm.
    NotSent,
    /// A definite refusal. Where there is a chain to ask, ask it.
    Declined {
        /// Why.
        reason: Reason,
    },
    /// A refusal that can be the echo of our own success, or of a third party submitting the same
    /// payment for us: the chain knows.
    LookItUp {
        /// Why.
        reason: Reason,
        /// The transaction that came to nothing, where one was named.
        transaction: Option<TransactionId>,
    },
    /// It may or may not be settled.
    Unknown {
        /// The transaction to look at, where one was named.
        transaction: Option<TransactionId>,
        /// The answer contradicts itself or us: an operator should look at this facilitator.
        contradiction: bool,
        /// It names what is wrong with the payment, behind a status that says that it broke down.
        refused: bool,
    },
}

/// What an answer to `/verify` means.
pub fn verdict(status: StatusCode, retry_after: Option<u64>, body: &[u8], payment: &Verified) -> Verdict {
    if status == StatusCode::TOO_MANY_REQUESTS {
        return Verdict::RateLimited { retry_after };
    }
    let Ok(Object(answer)) = serde_json::from_slice::<Object<VerifyResponse>>(body) else {
        return Verdict::Unavailable;
    };
    let payer_is_ours = answer.payer.is_none_or(|payer| payment.payer().is_spelled(&payer));
    match (answer.is_valid, answer.invalid_reason.as_deref().map(Reason::read)) {
        (true, _) if status.is_success() && payer_is_ours => Verdict::Valid,
        (false, Some(reason)) if !status.is_server_error() && !reason.is_the_facilitators_trouble() => {
            if reason.may_be_our_own_success() { Verdict::LookItUp { reason } } else { Verdict::Invalid { reason } }
        }
        // A validity that comes with an error status or with another payer, and an invalidity
        // without a reason or for reasons of the facilitator's own: it does not know what it says,
        // and nothing has happened yet.
        (true | false, _) => Verdict::Unavailable,
    }
}

/// What an answer to `/settle` means.
pub fn settlement(status: StatusCode, body: &[u8], payment: &Verified) -> SettleAnswer {
    match serde_json::from_slice::<Object<SettleResponse>>(body) {
        Ok(Object(answer)) if answer.success => success(status, &answer, payment),
        // It is not a refusal either, behind whatever status.
        Err(_) if claims_success(body) => contradiction(None),
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
        _ => contradiction(transaction),
    }
}

fn failure(status: StatusCode, answer: &SettleResponse, network: Network) -> SettleAnswer {
    let transaction = transaction(answer, network);
    let Some(reason) = answer.error_reason.as_deref().map(Reason::read) else {
        return unknown(transaction);
    };
    if reason.is_pending() || reason.is_the_facilitators_trouble() {
        unknown(transaction)
    } else if status.is_server_error() {
        SettleAnswer::Unknown { transaction, contradiction: false, refused: true }
    } else if transaction.is_some() || reason.may_be_our_own_success() {
        SettleAnswer::LookItUp { reason, transaction }
    } else {
        SettleAnswer::Declined { reason }
    }
}

/// Whether nothing was said of the payment, since our key is not one, is not paid for, or may not
/// do this.
pub fn is_about_us(status: StatusCode, body: &[u8]) -> bool {
    let of_us = matches!(status, StatusCode::UNAUTHORIZED | StatusCode::PAYMENT_REQUIRED | StatusCode::FORBIDDEN);
    of_us && status_says_it_all(body)
}

/// Whether an answer has none of the members that answers about payments have.
fn status_says_it_all(body: &[u8]) -> bool {
    let told: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    ["isValid", "success", "invalidReason", "errorReason"].iter().all(|name| told.get(name).is_none())
}

/// The question went no further than the door: a wrong key or a wrong route.
fn was_turned_away(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED
    )
}

fn unknown(transaction: Option<TransactionId>) -> SettleAnswer {
    SettleAnswer::Unknown { transaction, contradiction: false, refused: false }
}

fn contradiction(transaction: Option<TransactionId>) -> SettleAnswer {
    SettleAnswer::Unknown { transaction, contradiction: true, refused: false }
}

fn transaction(answer: &SettleResponse, network: Network) -> Option<TransactionId> {
    TransactionId::read(network, answer.transaction.as_deref()?)
}

/// Whose signature this facilitator lets a Solana transaction begin with, according to its
/// `/supported`.
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

#[cfg(test)]
mod tests;
