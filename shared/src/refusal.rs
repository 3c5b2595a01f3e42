//! Every answer that is not 200, in one enum and one match: what happened, which status and code that is, what the
//! caller reads. It knows the neighbours' vocabularies no more than it must to pass their words on.
//!
//! The order of the variants is the order in which they win: the first that applies is the answer.

mod bought;
mod facts;

use serde_json::{Value, json};

use crate::api::{LARGEST_BODY, Method, NUMBERS_BUY, codes};
use crate::limits::{Limit, Reached};
use crate::store::StoreFault;
use crate::store::sales::NotStepped;
use crate::types::{PhoneNumber, Wallet};
use crate::upstream::http::NoReply;
pub use bought::{Bought, Product, UnderWay, poll_url};
pub use facts::Facts;

/// An answer that is not 200.
#[derive(Debug)]
pub enum Refusal {
    /// 405
    MethodNotAllowed {
        /// The method that is.
        method: Method,
        /// What may be meant, near this address, by the method that was sent.
        meant: Vec<(Method, &'static str)>,
    },
    /// 413: the body is larger than anything that is asked for here.
    TooLarge,
    /// 400: the payment header cannot be read.
    InvalidPayment(String),
    /// 402: no payment, or one that we will never use.
    PaymentRequired {
        /// A code for programs.
        reason: String,
        /// A sentence for people.
        message: String,
    },
    /// 409: this signature belongs to another request.
    PaymentConflict {
        /// What it has paid for, or is about to; nothing, if it bought nothing.
        bought: Bought,
    },
    /// 409: the wallet has given this name to another request.
    IdempotencyConflict,
    /// 409: this payment was made already, and no request of ours is known that made it.
    PaymentUsed,
    /// 409: this signature is being worked on.
    PaymentInProgress {
        /// Seconds until it is done, or until the next request finds out what became of it.
        retry_after: u64,
    },
    /// 403: the operator refuses this wallet.
    WalletBlocked,
    /// 503: the operator has paused what is asked for.
    SellingPaused,
    /// 400
    BadRequest {
        /// The field that is wrong.
        field: String,
        /// What is wrong with it.
        message: String,
    },
    /// 400: the number cannot be called.
    UnsupportedDestination {
        /// Why.
        message: String,
    },
    /// 403: the wallet has no active number.
    NoOwnedNumbers,
    /// 403: the wallet names a number that it does not own.
    WrongWallet {
        /// The wallet that leases it, if there is one.
        actual_owner: Option<Wallet>,
        /// What the wallet does own.
        active: Vec<PhoneNumber>,
    },
    /// 400: the wallet owns several numbers and names none.
    AmbiguousFrom {
        /// Which.
        active: Vec<PhoneNumber>,
    },
    /// 403: the person at this number does not want to be called.
    DestinationOptedOut,
    /// 409: the payment was made, buys nothing, and goes back.
    PaymentReturned {
        /// Why it buys nothing, where that is a vendor's doing.
        why: Option<Box<Refusal>>,
    },
    /// 409: the wallet talks to this number already.
    CallInProgress {
        /// The call.
        call: UnderWay,
    },
    /// 429: our own limit.
    RateLimited {
        /// Which, for programs: a word that stays the same.
        limit: &'static str,
        /// Seconds.
        retry_after: u64,
        /// Which, for people, and what to do.
        message: String,
        /// The wallet's calls that are not over, where these are what there is too much of.
        calls: Vec<UnderWay>,
    },
    /// 429: as many payments of the wallet as may be are in doubt. When that ends is not known.
    InDoubt,
    /// 429: a vendor's limit.
    UpstreamRateLimited {
        /// Whose.
        vendor: &'static str,
        /// Seconds.
        retry_after: u64,
    },
    /// 502: a vendor refused or failed.
    Upstream {
        /// Who.
        vendor: &'static str,
        /// What it said.
        message: String,
    },
    /// 502: a vendor may have done what it was asked, and it is not known yet. Nothing is charged.
    UpstreamDoubt {
        /// Who.
        vendor: &'static str,
        /// What is not known.
        message: String,
        /// Seconds until the same header finds out.
        retry_after: u64,
    },
    /// 503: the payment was never sent, and will not be.
    NotSettled,
    /// 503: the payment's outcome is unknown.
    PaymentPending {
        /// An earlier request has sent it.
        replayed: bool,
    },
    /// 503: the payment was made, and it is not known yet whether what it is for was done.
    DeliveryPending {
        /// An earlier request has made it.
        replayed: bool,
        /// Seconds until the same header finds out.
        retry_after: u64,
    },
    /// 404: no such call, or no such id.
    UnknownCall,
    /// 404: nothing is at this address.
    NoSuchPath {
        /// The methods and the paths that may be meant.
        meant: Vec<(Method, &'static str)>,
    },
    /// 500: our own fault, before anything was charged. The cause is logged, never shown.
    Fault(Fault),
}

/// Something of ours failed. Its text is for the log.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The store.
    #[error("{0}")]
    Store(#[from] StoreFault),
    /// The chain, where a round needs its answer to go on.
    #[error("the chain could not be asked what was paid: {0}")]
    Chain(#[from] NoReply),
    /// Anything that can only be a mistake of ours.
    #[error("{0}")]
    Broken(&'static str),
}

impl From<StoreFault> for Refusal {
    fn from(fault: StoreFault) -> Self {
        Self::Fault(Fault::Store(fault))
    }
}

impl From<Reached> for Refusal {
    fn from(reached: Reached) -> Self {
        let Reached { limit, retry_after } = reached;
        Self::RateLimited { limit: limit.code(), retry_after, message: limit.to_string(), calls: Vec::new() }
    }
}

/// A step of a sale that was not made: another attempt's turn, or our own fault.
impl From<NotStepped> for Refusal {
    fn from(not: NotStepped) -> Self {
        match not {
            NotStepped::Overtaken => Self::PaymentInProgress { retry_after: 2 },
            NotStepped::Lost(_) => Self::Fault(Fault::Broken("what a sale held has changed under it")),
            NotStepped::Fault(fault) => fault.into(),
        }
    }
}

impl Refusal {
    /// A field that is not as it should be.
    pub fn bad(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::BadRequest { field: field.into(), message: message.into() }
    }

    /// The name of the limit that was hit, if it was one. Metrics are told apart by it, so there are few.
    pub fn limit(&self) -> Option<&'static str> {
        match self {
            Self::RateLimited { limit, .. } => Some(limit),
            Self::InDoubt => Some(Limit::InDoubt.code()),
            Self::UpstreamRateLimited { vendor, .. } => Some(vendor),
            _ => None,
        }
    }

    /// The refusal in HTTP's terms.
    pub fn facts(&self) -> Facts {
        match self {
            Self::NoSuchPath { meant } => {
                let meant = did_you_mean(meant);
                let message = format!("There is nothing at this address. {meant}GET /openapi.json says what there is. {FREE}");
                Facts::new(codes::NO_SUCH_PATH, message)
            }
            Self::MethodNotAllowed { method, meant } => {
                let message = format!("This endpoint takes {} only. {}{FREE}", method.as_str(), did_you_mean(meant));
                Facts::new(codes::METHOD_NOT_ALLOWED, message).header("allow", method.allow())
            }
            Self::TooLarge => {
                Facts::new(codes::TOO_LARGE, format!("The body is larger than {} KB. {FREE}", LARGEST_BODY / 1024))
            }
            Self::InvalidPayment(what) => Facts::new(codes::INVALID_PAYMENT, format!("The payment header is unreadable: {} {FREE}", sentence(what))),
            Self::PaymentRequired { reason, message } => {
                Facts::new(codes::PAYMENT_REQUIRED, format!("{message} {FREE}")).with("reason", json!(reason))
            }
            Self::PaymentConflict { bought } => bought.conflict(),
            Self::IdempotencyConflict => Facts::new(
                codes::IDEMPOTENCY_CONFLICT,
                format!("This wallet has used this idempotency key for another request. Take a new key for this one. {FREE}"),
            ),
            Self::PaymentUsed => Facts::new(
                codes::PAYMENT_CONFLICT,
                "This payment was used already, and not by a request that we know of. Look at the wallet's history before \
                 you sign another one."
                    .to_owned(),
            ),
            Self::PaymentInProgress { retry_after } => Facts::new(
                codes::PAYMENT_IN_PROGRESS,
                format!(
                    "An earlier request for this is still being worked on. Repeat this one in {retry_after} s: you cannot be \
                     charged twice."
                ),
            )
            .retry_after(*retry_after),
            Self::PaymentReturned { why } => {
                let why = why.as_ref().map(|why| format!("{} ", why.cause())).unwrap_or_default();
                let message = "This payment was made and buys nothing: it goes back to the wallet. Sign a new payment to try again.";
                Facts::new(codes::PAYMENT_RETURNED, format!("{why}{message}"))
            }
            Self::WalletBlocked => Facts::new(
                codes::WALLET_BLOCKED,
                format!("This wallet is not served: its use was against the terms. Ask the operator if that is a mistake. {FREE}"),
            ),
            Self::BadRequest { field, message } => {
                Facts::new(codes::BAD_REQUEST, format!("`{field}`: {} {FREE}", sentence(message))).with("field", json!(field))
            }
            Self::UnsupportedDestination { message } => {
                Facts::new(codes::UNSUPPORTED_DESTINATION, format!("This number cannot be called: {} {FREE}", sentence(message)))
                    .with("field", json!("phone_number"))
            }
            Self::NoOwnedNumbers => Facts::new(
                codes::NO_OWNED_NUMBERS,
                format!(
                    "This wallet has no active phone number. Buy one at POST {} ({} for 30 days). {FREE}",
                    NUMBERS_BUY.path, NUMBERS_BUY.price
                ),
            )
            .with("buy_endpoint", json!(NUMBERS_BUY.path)),
            Self::WrongWallet { actual_owner, active } => {
                Facts::new(codes::WRONG_WALLET, format!("This wallet does not own that number. {} {FREE}", owns(active)))
                    .with("actualOwner", json!(actual_owner.map(|wallet| wallet.to_string())))
                    .with("your_active_numbers", numbers(active))
            }
            Self::AmbiguousFrom { active } => Facts::new(
                codes::AMBIGUOUS_FROM,
                format!("This wallet owns several numbers; name one as `from`. {} {FREE}", owns(active)),
            )
            .with("field", json!("from"))
            .with("your_active_numbers", numbers(active)),
            Self::DestinationOptedOut => Facts::new(
                codes::DESTINATION_OPTED_OUT,
                format!("The person at this number has asked not to be called. Do not try again. {FREE}"),
            )
            .with("field", json!("phone_number")),
            Self::CallInProgress { call } => Facts::new(
                codes::CALL_IN_PROGRESS,
                format!("This wallet is in a call with this number already. Poll that one: {}. {FREE}", call.poll_url()),
            )
            .with("call_id", json!(call.id.as_str()))
            .with("poll_url", json!(call.poll_url())),
            Self::RateLimited { .. }
            | Self::InDoubt
            | Self::UpstreamDoubt { .. }
            | Self::UpstreamRateLimited { .. }
            | Self::Upstream { .. }
            | Self::SellingPaused
            | Self::NotSettled
            | Self::PaymentPending { .. }
            | Self::DeliveryPending { .. }
            | Self::UnknownCall
            | Self::Fault(_) => self.later(),
        }
    }

    /// What it says of its cause, without what it says of the payment.
    fn cause(&self) -> String {
        let message = self.facts().message;
        message.strip_suffix(FREE).unwrap_or(&message).trim_end().to_owned()
    }

    /// What may be otherwise later, and what is our fault alone.
    fn later(&self) -> Facts {
        match self {
            Self::RateLimited { limit, retry_after, message, calls } => {
                let facts = Facts::new(codes::RATE_LIMITED, format!("{message} Try again in {retry_after} s. {FREE}"))
                    .with("limit", json!(limit))
                    .retry_after(*retry_after);
                if calls.is_empty() { facts } else { facts.with("calls_in_flight", calls.iter().map(UnderWay::json).collect()) }
            }
            Self::InDoubt => {
                Facts::new(codes::RATE_LIMITED, format!("{} {FREE}", Limit::InDoubt)).with("limit", json!(Limit::InDoubt.code()))
            }
            Self::UpstreamDoubt { vendor, message, retry_after } => Facts::new(
                codes::UPSTREAM_ERROR,
                format!("{vendor}: {message}. Repeat the same header in {retry_after} s to find out. {FREE}"),
            )
            .with("upstream", json!(vendor))
            .retry_after(*retry_after),
            Self::UpstreamRateLimited { vendor, retry_after } => Facts::new(
                codes::UPSTREAM_RATE_LIMITED,
                format!("{vendor} is limiting our requests. Try again in {retry_after} s. {FREE}"),
            )
            .retry_after(*retry_after),
            Self::Upstream { vendor, message } => {
                Facts::new(codes::UPSTREAM_ERROR, format!("{vendor}: {} {FREE}", sentence(message))).with("upstream", json!(vendor))
            }
            Self::NotSettled => Facts::new(
                codes::NOT_SETTLED,
                format!("The payment facilitator cannot be reached. Repeat the same header later. {FREE}"),
            )
            .with("upstream", json!("facilitator"))
            .retry_after(5),
            Self::PaymentPending { replayed } => {
                let message = "The payment was sent, and its outcome is not known yet. Repeat the same header: you cannot be \
                               charged twice.";
                let facts = Facts::new(codes::PAYMENT_PENDING, message.to_owned()).retry_after(5);
                if *replayed { facts.header("idempotent-replayed", "true") } else { facts }
            }
            Self::DeliveryPending { replayed, retry_after } => {
                let message = format!(
                    "The payment was made, and it is not known yet whether what it is for was done. Repeat the same header in \
                     {retry_after} s: you cannot be charged twice, and what was not done is paid back."
                );
                let facts = Facts::new(codes::PAYMENT_PENDING, message).retry_after(*retry_after);
                if *replayed { facts.header("idempotent-replayed", "true") } else { facts }
            }
            Self::UnknownCall => Facts::new(codes::UNKNOWN_CALL, "There is no call with this id.".to_owned()),
            Self::SellingPaused => Facts::new(
                codes::SELLING_PAUSED,
                format!(
                    "Sales are paused. Existing numbers keep working, and calls can still be polled. Try again later with \
                     the same header or a new one. {FREE}"
                ),
            )
            .retry_after(PAUSE),
            // A fault: everything else is said above.
            _ => Facts::new(
                codes::INTERNAL_ERROR,
                "Something failed on our side. Repeat the same header: you cannot be charged twice.".to_owned(),
            ),
        }
    }
}

/// How long a pause lasts is not known; looking again every five minutes does no harm.
const PAUSE: u64 = 300;

/// BlockRun's MCP server looks for these words before it tells a user that nothing was paid.
const FREE: &str = "Not charged.";

fn did_you_mean(meant: &[(Method, &str)]) -> String {
    let meant: Vec<_> = meant.iter().map(|(method, path)| format!("{} {path}", method.as_str())).collect();
    if meant.is_empty() { String::new() } else { format!("Did you mean {}? ", meant.join(" or ")) }
}

/// Words of ours or of a vendor's with one end: vendors bring their own full stop, as a rule.
fn sentence(words: &str) -> String {
    let words = words.trim_end();
    let ends = words.ends_with(['.', '!', '?', '…', '。']);
    if ends { words.to_owned() } else { format!("{words}.") }
}

/// The SDKs drop every field but the message, so it says which numbers the wallet owns.
fn owns(active: &[PhoneNumber]) -> String {
    if active.is_empty() {
        return "It owns no active number.".to_owned();
    }
    let list: Vec<&str> = active.iter().map(PhoneNumber::as_str).collect();
    format!("It owns {}.", list.join(", "))
}

fn numbers(active: &[PhoneNumber]) -> Value {
    active.iter().map(PhoneNumber::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::Refusal;

    #[test]
    fn a_vendors_sentence_has_one_full_stop() {
        for (said, shown) in [
            ("A Bundle is required.", "twilio: A Bundle is required. Not charged."),
            ("A Bundle is required", "twilio: A Bundle is required. Not charged."),
            ("Why? \n", "twilio: Why? Not charged."),
        ] {
            let refusal = Refusal::Upstream { vendor: "twilio", message: said.to_owned() };
            assert_eq!(refusal.facts().message, shown);
        }
        assert_eq!(Refusal::bad("task", "is missing").facts().message, "`task`: is missing. Not charged.");
    }
}
