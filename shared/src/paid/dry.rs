//! What a dry run is told: what would happen, or the refusal that would come. It goes the way of
//! the request that it rehearses, up to the claim, which is decided and not written; whom else that
//! request would ask is said, and not asked.
//!
//! - `docs/decisions.md`: How does a dry run know what a claim would meet?
//! - `docs/decisions.md`: What does a dry run not tell?

use http::{HeaderName, HeaderValue};
use lambda_http::Request;
use serde_json::{Map, Value, json};

use super::order::{self, Means, Order};
use super::{Endpoint, Paid, Said, price, refused};
use crate::api;
use crate::edge::Answer;
use crate::invocation::Invocation;
use crate::leases;
use crate::limits::{self, IN_DOUBT, Left, Limit, Rest};
use crate::refusal::{Fault, Refusal};
use crate::sale::Rehearsal;
use crate::store::Work;
use crate::store::sales::Signed;
use crate::types::{PaymentId, Run, Usdc, Wallet, rfc3339};
use crate::x402::{Caller, Unproven};

/// The outcome of a dry run that would be served.
const DRY_RUN: &str = "dry_run";

/// What a wallet's owner reads before signing.
pub(super) const STATEMENT: &str = "Sign in to see what a request would do. Signing in buys nothing.";
/// What a client is told that has shown no wallet.
pub(super) const ASKED: &str = "Sign in with your wallet to learn what would happen: sign what extensions.sign-in-with-x.info says, and \
                                repeat the request with it in the header SIGN-IN-WITH-X. Or send the payment that you would pay \
                                with; it is not used. Nothing is to be paid.";

/// What is known to others alone.
const MONEY: [&str; 2] = ["balance", "facilitator"];

impl<E: Endpoint> Paid<E> {
    /// The answer of a dry run: what was refused is refused in the same words, and a header says
    /// that it was none.
    pub(super) async fn rehearsed(
        &self,
        outcome: Result<Answer, Refusal>,
        request: &Request,
        invocation: &Invocation,
    ) -> Answer {
        let mut answer = match outcome {
            Ok(answer) => answer,
            Err(Refusal::PaymentRequired { reason, message }) => {
                let asked = price::Asked::of(E::ENDPOINT, request);
                self.demand(reason, message, &asked, Run::Dry, invocation).await
            }
            Err(refusal) => Answer::refusal_rehearsed(&refusal),
        };
        let says = (HeaderName::from_static("dry-run"), HeaderValue::from_static("true"));
        answer.response.headers_mut().extend([says]);
        answer
    }

    /// What a wallet that has signed in would have to sign.
    pub(super) fn imagined(&self, caller: &Caller, invocation: &Invocation) -> Result<(PaymentId, Signed), Refusal> {
        let wallet = caller.wallet();
        let quote = self.quotes.iter().find(|quote| quote.network() == wallet.network());
        let quote =
            quote.ok_or(Refusal::Fault(Fault::Broken("a wallet has signed in on a network without a price")))?;
        Ok(order::imagined(wallet, quote, &invocation.attempt))
    }

    /// A payment that only a contract can judge: what can be said without knowing whether it is
    /// good. Nothing is read for the wallet that it names.
    pub(super) fn unconfirmed(
        &self,
        unproven: &Unproven,
        ask: Result<E::Ask, Refusal>,
        said: &Said<'_>,
    ) -> Result<Answer, Refusal> {
        let now = said.invocation.now;
        unproven.window(now, self.longest(unproven.claim())).map_err(refused)?;
        self.unproven.may_be_asked_about(unproven, now)?;
        if let Some(refusal) = self.endpoint.not_now(&ask?, now) {
            return Err(refusal);
        }
        let more = json!({
            "charge": E::ENDPOINT.price.dollars(),
            "payment": "not_checked",
            "not_checked": with_money(&["signature"]),
        });
        let what = "Only the wallet's contract can say whether it has signed this payment, and a dry run does not ask it. The request \
                    itself and the price, the payee and the time of the payment are right";
        Ok(said.would(E::ENDPOINT, "check_payment", what, more))
    }

    /// What would be claimed.
    pub(super) fn sells(order: &Order<'_>, rehearsal: Rehearsal, in_doubt: u64) -> Result<Answer, Refusal> {
        let Rehearsal { work, left } = rehearsal;
        let price = E::ENDPOINT.price;
        let (would, what, asked, charge, mut more): (_, _, &[&str], _, _) = match &work {
            Work::Call(call) => {
                let more = json!({
                    "from": call.from.as_str(), "to": call.to.as_str(), "expected_duration_minutes": call.max_duration,
                });
                let charge = if call.credit { Usdc::micros(0) } else { price };
                ("place_call", "This call would be placed", &["dialler"], charge, more)
            }
            Work::Lease(_) => ("lease_number", "A number that is in stock would be leased", &[], price, json!({})),
            Work::Nothing => {
                let what = "A number would be bought from the carrier and leased, if it has one";
                ("lease_number", what, &["carrier", "dialler"], price, json!({}))
            }
            Work::Renew(renew) => {
                let ends = renew.expires_at.checked_add(leases::TERM);
                let ends = ends.map_err(|_| Refusal::Fault(Fault::Broken("a lease beyond the calendar")))?;
                let more = json!({"phone_number": renew.number.as_str(), "expires_at": rfc3339(ends)});
                ("renew_number", "This lease would be renewed", &[], price, more)
            }
            Work::List(_) => ("list_numbers", "The wallet's numbers would be listed", &[], price, json!({})),
            Work::Calls(_) => ("list_calls", "The wallet's calls would be listed", &[], price, json!({})),
        };
        let doubts = limits::left(Limit::InDoubt, IN_DOUBT, in_doubt);
        let facts = [
            ("wallet", json!(order.means.caller().wallet().to_string())),
            ("charge", json!(charge.dollars())),
            ("payment", json!(if matches!(order.means, Means::Payment(_)) { "signed" } else { "none" })),
            ("not_checked", json!(with_money(asked))),
            ("limits", left.iter().chain([&doubts]).map(written).collect::<Map<_, _>>().into()),
        ];
        if let Some(more) = more.as_object_mut() {
            more.extend(facts.map(|(name, value)| (name.to_owned(), value)));
        }
        Ok(order.said.would(E::ENDPOINT, would, what, more))
    }
}

fn with_money(others: &[&'static str]) -> Vec<&'static str> {
    MONEY.into_iter().chain(others.iter().copied()).collect()
}

/// What is left of a limit, by its name.
fn written(left: &Left) -> (String, Value) {
    let rest = match left.rest {
        Rest::Count(count) => json!(count),
        Rest::Cost(cost) => json!(cost.dollars()),
    };
    (left.limit.code().to_owned(), rest)
}

impl Said<'_> {
    /// An earlier request was served with this payment, or under this name.
    pub(super) fn replays(&self, endpoint: &api::Endpoint, wallet: &Wallet) -> Answer {
        let more = json!({
            "wallet": wallet.to_string(), "charge": Usdc::micros(0).dollars(), "payment": self.payment(), "not_checked": [],
        });
        self.would(endpoint, "replay", "An earlier request has bought this, and its answer would be given again", more)
    }

    /// An earlier sale of the wallet was left halfway.
    pub(super) fn finishes_earlier(&self, endpoint: &api::Endpoint, wallet: &Wallet) -> Answer {
        let more = json!({"wallet": wallet.to_string(), "payment": self.payment(), "not_checked": MONEY});
        let what = "An earlier purchase of this wallet has stopped halfway: it would be carried to its end first, and it is not known \
                    what comes of it";
        self.would(endpoint, "finish_earlier", what, more)
    }

    fn payment(&self) -> &'static str {
        if self.signed_in { "none" } else { "signed" }
    }

    fn would(&self, endpoint: &api::Endpoint, would: &str, what: &str, more: Value) -> Answer {
        let message = format!(
            "{what}. Nothing was done, and nothing was charged: the same request with a payment and without `dry_run` is meant."
        );
        let mut body = json!({
            "dry_run": true, "would": would, "message": message, "price": endpoint.price.dollars(),
        });
        if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
            body.extend(more);
        }
        self.ok(&body, Vec::new(), DRY_RUN)
    }
}
