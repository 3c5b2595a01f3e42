//! What a refusal points to: the call that is under way already, and what a payment has bought
//! before.

use serde_json::{Value, json};

use super::Facts;
use super::facts::FREE;
use crate::api::{VOICE_CALL_STATUS, codes};
use crate::types::{CallId, PhoneNumber, Timestamp, rfc3339};

/// The purchase that a payment has made, or is about to make.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bought {
    /// Whether it is paid for.
    pub paid: bool,
    /// What it is.
    pub what: Option<Product>,
    /// The transaction that paid.
    pub transaction: Option<String>,
}

/// Something that is sold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Product {
    /// A call, which is not named: its id is told to the wallet that placed it.
    Call,
    /// A lease, or thirty days of one.
    Number(PhoneNumber),
    /// A list of numbers.
    List,
    /// A list of calls.
    Calls,
    /// A list of calls that was told already.
    CallsTold,
}

/// A call that is not over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnderWay {
    /// The call.
    pub id: CallId,
    /// Who is called.
    pub to: PhoneNumber,
}

/// A renewal that was made while another one of the same number was on its way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Renewed {
    /// The number.
    pub number: PhoneNumber,
    /// When its lease ends now.
    pub expires_at: Timestamp,
    /// The transaction that paid, where it is known.
    pub transaction: Option<String>,
}

impl Renewed {
    /// That it is not done once more. A client that signs anew because it has heard nothing learns
    /// what its first payment did.
    pub(super) fn facts(&self) -> Facts {
        let (number, ends) = (self.number.as_str(), rfc3339(self.expires_at));
        let message = format!(
            "Another renewal of {number} was being paid for when this one came, and has been made: its lease ends {ends}. Only for \
             thirty days more, repeat this request with this payment. {FREE}"
        );
        let facts = Facts::new(codes::RENEWAL_IN_PROGRESS, message)
            .with("phone_number", json!(number))
            .with("expires_at", json!(ends));
        match &self.transaction {
            Some(transaction) => facts.with("transaction", json!(transaction)),
            None => facts,
        }
    }
}

impl UnderWay {
    pub(super) fn poll_url(&self) -> String {
        poll_url(&self.id)
    }

    pub(super) fn json(&self) -> Value {
        json!({"call_id": self.id.as_str(), "poll_url": self.poll_url(), "to": self.to.as_str()})
    }
}

/// Where a call is polled.
pub fn poll_url(call: &CallId) -> String {
    VOICE_CALL_STATUS.path.replace("{call_id}", call.as_str())
}

impl Bought {
    /// That it cannot pay for something else. Where it has paid, nothing says "sign a new one":
    /// that would be paid twice.
    ///
    /// `docs/decisions.md`: What does a payment prove once it is on the chain?
    pub(super) fn conflict(&self) -> Facts {
        let Some(what) = &self.what else {
            return Facts::new(
                codes::PAYMENT_CONFLICT,
                format!(
                    "This payment came with another request before, which was not charged. Repeat that request with it, or sign \
                     a new payment for this one. {FREE}"
                ),
            );
        };
        let named = match what {
            Product::Call => "a call: the request that placed it is told which",
            Product::Number(number) => number.as_str(),
            Product::List => "a list of the wallet's numbers",
            Product::Calls => "a list of the wallet's calls",
            Product::CallsTold => {
                return Facts::new(
                    codes::PAYMENT_CONFLICT,
                    "This payment has paid for a list of the wallet's calls. It is on the chain for all to read, so it \
                     does not prove any more who asks. Repeat it with the `Idempotency-Key` that it first came with, if that has \
                     16 characters or more. GET /api/v1/voice/calls shows the list to the wallet that signs in, free."
                        .to_owned(),
                )
                .with("transaction", json!(self.transaction));
            }
        };
        let stands = if self.paid { "has paid for another request" } else { "is about to pay for another request" };
        let message = format!("This payment {stands} and cannot pay for this one. It is for {named}.");
        let facts = Facts::new(codes::PAYMENT_CONFLICT, message);
        let facts = match what {
            Product::Number(number) => facts.with("phone_number", json!(number.as_str())),
            Product::Call | Product::List | Product::Calls | Product::CallsTold => facts,
        };
        match &self.transaction {
            Some(transaction) => facts.with("transaction", json!(transaction)),
            None => facts,
        }
    }
}
