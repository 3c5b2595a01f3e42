//! What each refusal is in HTTP, and in the caller's words.

use serde_json::{Value, json};

use super::facts::FREE;
use super::{Facts, Owner, Refusal, UnderWay, poll_url};
use crate::api::{Code, LARGEST_BODY, Method, NUMBERS_BUY, allow, codes};
use crate::limits::waiting::REST;
use crate::limits::{Limit, NEVER};
use crate::telemetry::Neighbour;
use crate::types::{PhoneNumber, rfc3339};
use crate::x402::{NotSignedIn, Reason};

/// Of a number in one of whose time zones it is night.
const MAY_BE_NIGHT: &str = "It may be night at this number, which can be in several time zones";

impl Refusal {
    /// The refusal in HTTP's terms.
    #[expect(
        clippy::too_many_lines,
        reason = "one arm for each refusal and none for all the rest: a new one does not compile unsaid"
    )]
    pub fn facts(&self) -> Facts {
        match self {
            Self::NoSuchPath { meant, besides } => {
                let meant = did_you_mean(meant);
                let message = format!(
                    "There is nothing at this address. {meant}{besides}GET /openapi.json says what there is. \
                     {FREE}"
                );
                Facts::new(codes::NO_SUCH_PATH, message)
            }
            Self::MethodNotAllowed { methods, meant, besides } => {
                let names: Vec<&str> = methods.iter().map(|method| method.as_str()).collect();
                let message =
                    format!("This endpoint takes {} only. {}{besides}{FREE}", names.join(" and "), did_you_mean(meant));
                Facts::new(codes::METHOD_NOT_ALLOWED, message).header("allow", allow(methods))
            }
            Self::ForeignPage => Facts::new(
                codes::FOREIGN_PAGE,
                "A browser sent this for a page of another site. Use the button on the call's own page, or send it with \
                 `Content-Type: application/json`. The call goes on."
                    .to_owned(),
            ),
            Self::CallAlreadyEnded { call } => Facts::new(
                codes::CALL_ALREADY_ENDED,
                format!("The call is over already, so there is nothing to hang up. How it ended: {}.", poll_url(call)),
            )
            .with("call_id", json!(call.as_str()))
            .with("poll_url", json!(poll_url(call))),
            Self::UnknownCall => Facts::new(codes::UNKNOWN_CALL, "There is no call with this id.".to_owned()),
            Self::TooLarge => {
                Facts::new(codes::TOO_LARGE, format!("The body is larger than {} KB. {FREE}", LARGEST_BODY / 1024))
            }
            Self::InvalidPayment(what) => Facts::new(
                codes::INVALID_PAYMENT,
                format!("The payment header is unreadable: {} {FREE}", sentence(what)),
            ),
            Self::PaymentRequired { reason, message } => {
                let free = if message.ends_with(Reason::GOES_BACK) { String::new() } else { format!(" {FREE}") };
                Facts::new(codes::PAYMENT_REQUIRED, format!("{message}{free}")).with("reason", json!(reason))
            }
            Self::NotSignedIn(why) => Facts::new(
                not_signed_in(why),
                format!("SIGN-IN-WITH-X: {why}. Ask without the header for what to sign now."),
            ),
            Self::PaymentReturned { why } => {
                let why = why.as_ref().map(|why| format!("{} ", why.cause())).unwrap_or_default();
                let message = "This payment was made and buys nothing: it goes back to the wallet. Sign a new \
                     payment to try again.";
                Facts::new(codes::PAYMENT_RETURNED, format!("{why}{message}"))
            }
            Self::PaymentConflict { bought } => bought.conflict(),
            Self::IdempotencyConflict => Facts::new(
                codes::IDEMPOTENCY_CONFLICT,
                format!(
                    "This wallet has used this idempotency key for another request. Take a new key for \
                     this one. {FREE}"
                ),
            ),
            Self::PaymentUsed => Facts::new(
                codes::PAYMENT_CONFLICT,
                "This payment was used already, and not by a request that we know of. Look at the \
                     wallet's history before you sign another one: what was paid to us and bought \
                     nothing goes back to the wallet by itself."
                    .to_owned(),
            ),
            Self::PaymentInProgress { retry_after } => Facts::new(
                codes::PAYMENT_IN_PROGRESS,
                format!(
                    "An earlier request for this is still being worked on. Repeat this one in \
                     {retry_after} s: you cannot be charged twice."
                ),
            )
            .retry_after(*retry_after),
            Self::WalletBlocked => Facts::new(
                codes::WALLET_BLOCKED,
                format!(
                    "This wallet is not served: its use was against the terms. Ask the operator if that \
                     is a mistake. {FREE}"
                ),
            ),
            Self::SellingPaused => Facts::new(
                codes::SELLING_PAUSED,
                format!(
                    "Sales are paused. Existing numbers keep working, and calls can still be polled. Try \
                     again later with the same header or a new one. {FREE}"
                ),
            )
            .retry_after(PAUSE),
            Self::InDoubt => Facts::new(codes::RATE_LIMITED, format!("{} {FREE}", Limit::InDoubt))
                .with("limit", json!(Limit::InDoubt.code())),
            Self::BadRequest { field, message } => {
                Facts::new(codes::BAD_REQUEST, format!("`{field}`: {} {FREE}", sentence(message)))
                    .with("field", json!(field))
            }
            Self::UnsupportedDestination { message } => Facts::new(
                codes::UNSUPPORTED_DESTINATION,
                format!("This number cannot be called: {} {FREE}", sentence(message)),
            )
            .with("field", json!("phone_number")),
            Self::QuietHours { hours: (from, until), certain, opens, retry_after } => Facts::new(
                codes::QUIET_HOURS,
                format!(
                    "{}: from here no phone rings between {from}:00 and {until}:00 of its own clock. Call again at {}. {FREE}",
                    if *certain { "It is night at this number" } else { MAY_BE_NIGHT },
                    rfc3339(*opens)
                ),
            )
            .with("field", json!("phone_number"))
            .with("opens_at", json!(rfc3339(*opens)))
            .retry_after(*retry_after),
            Self::NoOwnedNumbers => Facts::new(
                codes::NO_OWNED_NUMBERS,
                format!(
                    "This wallet has no active phone number. Buy one at POST {} ({} for 30 days). {FREE}",
                    NUMBERS_BUY.path, NUMBERS_BUY.price
                ),
            )
            .with("buy_endpoint", json!(NUMBERS_BUY.path)),
            Self::WrongWallet { actual_owner, active } => {
                let facts = Facts::new(
                    codes::WRONG_WALLET,
                    format!("This wallet does not own that number. {} {FREE}", owns(active)),
                )
                .with("your_active_numbers", numbers(active));
                match actual_owner {
                    Owner::Wallet(wallet) => facts.with("actualOwner", json!(wallet.to_string())),
                    Owner::None => facts.with("actualOwner", Value::Null),
                    Owner::Untold => facts,
                }
            }
            Self::AmbiguousFrom { active } => Facts::new(
                codes::AMBIGUOUS_FROM,
                format!("This wallet owns several numbers; name one as `from`. {} {FREE}", owns(active)),
            )
            .with("field", json!("from"))
            .with("your_active_numbers", numbers(active)),
            Self::RenewalInProgress { made } => made.facts(),
            Self::CallInProgress { call } => Facts::new(
                codes::CALL_IN_PROGRESS,
                format!(
                    "This wallet is in a call with this number already. Poll that one: {}. {FREE}",
                    call.poll_url()
                ),
            )
            .with("call_id", json!(call.id.as_str()))
            .with("poll_url", json!(call.poll_url())),
            Self::DestinationOptedOut => Facts::new(
                codes::DESTINATION_OPTED_OUT,
                format!("The person at this number has asked not to be called. Do not try again. {FREE}"),
            )
            .with("field", json!("phone_number")),
            Self::RateLimited { reached, calls } => {
                let facts = Facts::new(codes::RATE_LIMITED, format!("{reached} {FREE}"))
                    .with("limit", json!(reached.limit.code()));
                let never = reached.retry_after == NEVER;
                let facts = if never { facts } else { facts.retry_after(reached.retry_after) };
                if calls.is_empty() {
                    facts
                } else {
                    facts.with("calls_in_flight", calls.iter().map(UnderWay::json).collect())
                }
            }
            Self::UpstreamRateLimited { vendor, retry_after } => Facts::new(
                codes::UPSTREAM_RATE_LIMITED,
                capital(&format!("{} is limiting our requests. Try again in {retry_after} s. {FREE}", vendor.title())),
            )
            .retry_after(*retry_after),
            Self::Upstream { vendor, message } => {
                let said = format!("{}: {}", vendor.title(), sentence(message));
                // What a node does not tell is whether the payer was charged.
                let said = if *vendor == Neighbour::Node { said } else { format!("{said} {FREE}") };
                Facts::new(codes::UPSTREAM_ERROR, capital(&said)).with("upstream", json!(vendor.title()))
            }
            Self::NotVerified => Facts::new(
                codes::UPSTREAM_ERROR,
                format!(
                    "{}: the payment could not be verified; repeat the same header. {FREE}",
                    Neighbour::Facilitator.title()
                ),
            )
            .with("upstream", json!(Neighbour::Facilitator.title()))
            .retry_after(FACILITATOR_AGAIN),
            Self::UpstreamDoubt { vendor, message, retry_after } => Facts::new(
                codes::UPSTREAM_ERROR,
                format!("{}: {message}. Repeat the same header in {retry_after} s to find out. {FREE}", vendor.title()),
            )
            .with("upstream", json!(vendor.title()))
            .retry_after(*retry_after),
            Self::NotSettled => Facts::new(
                codes::NOT_SETTLED,
                format!("The payment facilitator cannot be reached. Repeat the same header later. {FREE}"),
            )
            .with("upstream", json!(Neighbour::Facilitator.title()))
            .retry_after(FACILITATOR_AGAIN),
            Self::PaymentPending { replayed } => {
                let message = "The payment was sent, and its outcome is not known yet. Repeat the same header: you \
                     cannot be charged twice.";
                let facts = Facts::new(codes::PAYMENT_PENDING, message.to_owned()).retry_after(REST.as_secs());
                if *replayed { facts.header("idempotent-replayed", "true") } else { facts }
            }
            Self::DeliveryPending { replayed, retry_after } => {
                let message = format!(
                    "The payment was made, and it is not known yet whether what it is for was done. \
                     Repeat the same header in {retry_after} s: you cannot be charged twice, and what was \
                     not done is paid back."
                );
                let facts = Facts::new(codes::PAYMENT_PENDING, message).retry_after(*retry_after);
                if *replayed { facts.header("idempotent-replayed", "true") } else { facts }
            }
            Self::Fault(_) => Facts::new(
                codes::INTERNAL_ERROR,
                "Something failed on our side. Repeat the same header: you cannot be charged twice.".to_owned(),
            ),
        }
    }

    /// What it says of its cause, without what it says of the payment.
    fn cause(&self) -> String {
        let message = self.facts().message;
        message.strip_suffix(FREE).unwrap_or(&message).trim_end().to_owned()
    }
}

const fn not_signed_in(why: &NotSignedIn) -> Code {
    match why {
        NotSignedIn::Malformed(_) => codes::SIWX_MALFORMED,
        NotSignedIn::WrongDomain(_) => codes::SIWX_WRONG_DOMAIN,
        NotSignedIn::WrongUri(_) => codes::SIWX_WRONG_URI,
        NotSignedIn::WrongStatement(_) => codes::SIWX_WRONG_STATEMENT,
        NotSignedIn::WrongChain(_) => codes::SIWX_WRONG_CHAIN,
        NotSignedIn::NotYetValid => codes::SIWX_NOT_YET_VALID,
        NotSignedIn::Expired => codes::SIWX_EXPIRED,
        NotSignedIn::InvalidSignature => codes::SIWX_INVALID_SIGNATURE,
    }
}

/// How long a facilitator fails is not known; asking it again after this does no harm.
const FACILITATOR_AGAIN: u64 = 5;
/// How long a pause lasts is not known; looking again every five minutes does no harm.
const PAUSE: u64 = 300;

fn did_you_mean(meant: &[(Method, &str)]) -> String {
    let meant: Vec<_> = meant.iter().map(|(method, path)| format!("{} {path}", method.as_str())).collect();
    if meant.is_empty() { String::new() } else { format!("Did you mean {}? ", meant.join(" or ")) }
}

/// Words of ours or of a vendor's with one end: vendors bring their own full stop, as a rule.
fn capital(words: &str) -> String {
    let mut rest = words.chars();
    rest.next().into_iter().flat_map(char::to_uppercase).chain(rest).collect()
}

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
    use super::{Neighbour, Refusal};

    #[test]
    fn a_vendors_sentence_has_one_full_stop() {
        for (said, shown) in [
            ("A Bundle is required.", "Twilio: A Bundle is required. Not charged."),
            ("A Bundle is required", "Twilio: A Bundle is required. Not charged."),
            ("Why? \n", "Twilio: Why? Not charged."),
        ] {
            let refusal = Refusal::Upstream { vendor: Neighbour::Twilio, message: said.to_owned() };
            assert_eq!(refusal.facts().message, shown);
        }
        assert_eq!(Refusal::bad("task", "is missing").facts().message, "`task`: is missing. Not charged.");
    }
}
