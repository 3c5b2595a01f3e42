//! The table of the API as `llms.txt`: what a language model needs to use it, in the fewest words.
//! What a model does not have to know before it asks (schemas, samples, what each code means) is in
//! the OpenAPI document and in the answers.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{Facts, STEPS, SUMMARY};
use crate::api::mcp::MCP;
use crate::api::{self, Endpoint, Field, IDEMPOTENCY_DAYS, IDEMPOTENCY_KEY, Kind};
use crate::limits::Limit;
use crate::types::Country;

/// How a call ends: the words of `ended_by`, whether it is paid for, and whether to try again.
const ENDINGS: [(&[&str], &str, &str); 6] = [
    (&["IN_PROGRESS"], "as `paid` says", "no: poll on"),
    (&["USER", "ASSISTANT"], "yes", "no: a normal end"),
    (&["TIMEOUT"], "yes", "no; take a larger `max_duration`"),
    (&["REQUESTED"], "yes, unless `status` is failed", "no: you hung up"),
    (&["NO_ANSWER", "BUSY", "VOICEMAIL"], "yes", "later"),
    (&["ERROR"], "no, paid back unasked", "as `retry` says"),
];

/// How a wallet is known that pays nothing.
const SIGN_IN: &str = "Nothing is paid. Sign the 402's `extensions.sign-in-with-x.info` (CAIP-122), repeat with `SIGN-IN-WITH-X`: good for \
                       five minutes at that address. `agentcash` does it, `@x402/fetch` and PyPI `x402` with their extension \
                       `sign-in-with-x`.";

/// How something is tried for nothing.
const DRY_RUN: &str = "`?dry_run=true` at whatever is paid for, signed in or with the payment, which stays good: nothing is done and no \
                       vendor is asked. The answer has `would`, `charge`, `from`, `limits` (what is left) and `not_checked`, or is the \
                       refusal that would come.";

/// What an agent might look for, because others sell it.
fn absent(records: bool) -> String {
    let other = if records { "unrecorded calls" } else { "recordings" };
    format!(
        "Inbound calls, SMS, one-time codes, scheduling, webhooks, transfers, {other}, automatic renewal. To ask for them is a 400."
    )
}

/// What makes a stock client pay more than its own limit allows.
const CAPS: &str = "Stock clients refuse to sign for a number until told:\n\n\
    - `@x402/fetch` ($1): `client.setSpendControls({maxAmountPerPayment: '$5'})`\n\
    - PyPI `x402` ($1): `client.set_spend_controls({\"max_amount_per_payment\": \"$5\"})`\n\
    - `x402-fetch` ($0.10, calls too): `wrapFetchWithPayment(fetch, wallet, 5_000_000n)`\n";

/// The whole text. Writing to a string cannot fail.
pub(super) fn llms_txt(facts: &Facts) -> String {
    let Facts { terms, email, countries, manners } = facts;
    let mut text = String::new();
    let url = &terms.public_url;
    let networks: Vec<_> = terms.payees.iter().map(|payee| payee.network().caip2()).collect();
    let _ = write!(
        text,
        "# Dialtone\n\n> {SUMMARY}\n\n\
         - Base URL: {url}\n\
         - Pay: USDC on {}; x402 `exact`, v2 (`PAYMENT-SIGNATURE`) or v1 (`X-PAYMENT`)\n\
         - [OpenAPI]({url}/openapi.json): schemas, codes\n\
         - MCP: {url}{MCP}\n\
         - [Terms]({url}/terms)\n",
        networks.join(" or "),
    );
    if let Some(email) = email {
        let _ = writeln!(text, "- Contact: {email}");
    }
    let _ = write!(text, "\n{STEPS}\n\n## Endpoints (`*`: required)\n");
    for endpoint in api::ALL {
        describe(endpoint, countries, &mut text);
    }
    text.push_str("\n## How a call ends\n\n`ended_by` | paid | retry\n--|--|--\n");
    for (words, paid, retry) in ENDINGS {
        let _ = writeln!(text, "{} | {paid} | {retry}", words.join(", "));
    }
    let _ = write!(
        text,
        "\n## Signing in\n\n{SIGN_IN}\n\n## Dry runs\n\n{DRY_RUN}\n\n## Not offered\n\n{}\n\n## Limits\n\n",
        absent(manners.records),
    );
    limit(&mut text);
    let _ = write!(text, "\n## Spending caps\n\n{CAPS}\n## Never pay twice\n\n");
    repeat(&mut text);
    text.push_str("\n## Errors\n\n");
    refuse(&mut text);
    text
}

fn describe(endpoint: &Endpoint, countries: &[Country], text: &mut String) {
    let price = match (endpoint.is_paid(), endpoint.is_signed_in_for()) {
        (true, _) => endpoint.price.to_string(),
        (false, true) => "free, signed in".to_owned(),
        (false, false) => "free".to_owned(),
    };
    let Endpoint { method, path, title, .. } = endpoint;
    let _ = write!(text, "\n### {} {path} ({price})\n\n{title}.\n", method.as_str());
    for field in endpoint.parameters.iter().filter(|field| field.name != api::DRY_RUN.name) {
        let _ = writeln!(text, "- `?{}=`{}: {}", field.name, limits_of(field), field.about);
    }
    for field in endpoint.request {
        let needed = if field.required { "*" } else { "" };
        let _ =
            writeln!(text, "- `{}`{needed}{}: {}{}", field.name, limits_of(field), field.about, sold(field, countries));
    }
    let names: Vec<_> = endpoint.answer.iter().map(|field| field.name).collect();
    let _ = writeln!(text, "Answer: {}", names.join(", "));
}

/// Which countries are sold, where one is asked for.
fn sold(field: &Field, countries: &[Country]) -> String {
    let codes: Vec<&str> = countries.iter().map(Country::as_str).collect();
    if matches!(field.kind, Kind::Country) { format!(" Sold here: {}.", codes.join(", ")) } else { String::new() }
}

/// What a field's own words do not say.
fn limits_of(field: &Field) -> String {
    match field.kind {
        Kind::Text(limit) | Kind::Speech(limit) => format!(" ({}–{} characters)", limit.shortest, limit.longest),
        Kind::Integer(limit) => format!(" ({}–{}, default {})", limit.least, limit.most, limit.default),
        _ => String::new(),
    }
}

/// Every limit by the name that a refusal gives it, with its number.
fn limit(text: &mut String) {
    let named = |wanted: &dyn Fn(Limit) -> bool| {
        let those = Limit::ALL.into_iter().filter(|limit| wanted(*limit));
        let each =
            those.map(|limit| [Some(limit.code().to_owned()), limit.most()].into_iter().flatten().collect::<Vec<_>>());
        each.map(|words| words.join(" ")).collect::<Vec<_>>().join(", ")
    };
    let _ = writeln!(
        text,
        "By a 429's `limit`: {}. Set by the operator: {}. Nothing exceeded, ask again: {}. A call's cost counts for all \
         of `max_duration` until a minute after its end.",
        named(&|limit| limit.most().is_some()),
        named(&Limit::is_the_operators),
        named(&|limit| limit.most().is_none() && !limit.is_the_operators()),
    );
}

fn repeat(text: &mut String) {
    let _ = writeln!(
        text,
        "Send an `{}` ({}–{} visible ASCII characters; or x402's `payment-identifier`: 16–128 letters, digits, `-`, `_`), hard to guess, with each purchase. For \
         {IDEMPOTENCY_DAYS} days the same wallet, request and key get the first answer, and a new signature is not settled; another \
         request with the key is 409 `idempotency_conflict`. Repeating a payment header cannot pay twice either. 409 \
         `call_in_progress`: that number is being called already; poll its `poll_url`.",
        IDEMPOTENCY_KEY.field, IDEMPOTENCY_KEY.shortest, IDEMPOTENCY_KEY.longest,
    );
}

/// Each refusal once.
fn refuse(text: &mut String) {
    text.push_str(
        "Flat JSON: `code`, `message` (what to do), and what is in brackets. Heed `Retry-After`. 500, 503 and \
         payment_in_progress: repeat the same payment header.\n\n",
    );
    for (status, codes) in codes() {
        let codes: Vec<_> = codes.iter().map(|code| named(code)).collect();
        let _ = writeln!(text, "{status} {}", codes.join(", "));
    }
}

fn named(code: &api::Code) -> String {
    // A header says it as well, and that is told once.
    let fields: Vec<_> = code.fields.iter().copied().filter(|field| *field != "retry_after_seconds").collect();
    if fields.is_empty() { code.name.to_owned() } else { format!("{} [{}]", code.name, fields.join(", ")) }
}

/// All refusals there are, by status.
fn codes() -> BTreeMap<u16, Vec<&'static api::Code>> {
    let mut all: BTreeMap<u16, Vec<&api::Code>> = BTreeMap::new();
    for code in api::ALL.into_iter().flat_map(|endpoint| endpoint.refusals).chain([&api::codes::NO_SUCH_PATH]) {
        let same = all.entry(code.status).or_default();
        if !same.contains(&code) {
            same.push(code);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::ENDINGS;
    use crate::api::{Kind, VOICE_CALL_STATUS};

    #[test]
    fn every_way_in_which_a_call_ends_is_in_the_table_once() {
        let field = VOICE_CALL_STATUS.answer.iter().find(|field| field.name == "ended_by").unwrap();
        let Kind::Word(words) = field.kind else { panic!("ended_by is one of some words") };
        let said: Vec<_> = ENDINGS.iter().flat_map(|(words, ..)| *words).copied().collect();
        assert_eq!(said, words);
    }
}
