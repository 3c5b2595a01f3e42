//! The table of the API as `llms.txt`: what a language model needs to use it, in the fewest words.

use std::fmt::Write;

use super::{STEPS, SUMMARY};
use crate::api::{self, Endpoint, Field, Kind, sample_of};
use crate::x402::Terms;

/// The whole text. Writing to a string cannot fail.
pub(super) fn llms_txt(terms: &Terms) -> String {
    let mut text = String::new();
    let url = &terms.public_url;
    let networks: Vec<_> = terms.payees.iter().map(|payee| payee.network().caip2()).collect();
    let _ = write!(
        text,
        "# Dialtone\n\n> {SUMMARY}\n\n{STEPS}\n\n\
         - Base URL: {url}\n\
         - Accepted: USDC on {}, scheme `exact`, by x402 version 2 (`PAYMENT-SIGNATURE`) or 1 (`X-PAYMENT`)\n\
         - [OpenAPI 3.1]({url}/openapi.json): every field, limit, answer and error\n\
         - [What is sold]({url}/.well-known/x402)\n\n\
         ## Endpoints\n",
        networks.join(" or "),
    );
    for endpoint in api::ALL {
        describe(endpoint, &mut text);
    }
    text.push_str("\n## Errors\n\n");
    text.push_str(
        "Bodies are flat JSON: `error` and `code` (the same), `message`, and the fields named in brackets.\n\n",
    );
    for code in codes() {
        let fields = if code.fields.is_empty() { String::new() } else { format!(" [{}]", code.fields.join(", ")) };
        let _ = writeln!(text, "- {} `{}`{fields}: {}", code.status, code.name, code.when);
    }
    text
}

fn describe(endpoint: &Endpoint, text: &mut String) {
    let price = if endpoint.is_paid() { endpoint.price.to_string() } else { "free".to_owned() };
    let Endpoint { method, path, title, about, .. } = endpoint;
    let _ = write!(text, "\n### {} {path} ({price})\n\n{title}. {about}\n", method.as_str());
    if endpoint.is_paid() {
        text.push_str("\nBody:\n\n");
        if endpoint.request.is_empty() {
            text.push_str("- none\n");
        }
        for field in endpoint.request {
            let needed = if field.required { "required" } else { "optional" };
            let _ = writeln!(text, "- `{}` ({}, {needed}): {}", field.name, kind(field), field.about);
        }
    }
    let _ = write!(text, "\nAnswers 200, such as:\n\n    {}\n", sample_of(endpoint.answer));
    let refusals: Vec<_> = endpoint.refusals.iter().map(|code| format!("{} {}", code.status, code.name)).collect();
    let _ = writeln!(text, "\nErrors: {}", refusals.join(", "));
}

fn kind(field: &Field) -> String {
    match field.kind {
        Kind::Text(limit) => format!("text of {} to {} characters", limit.shortest, limit.longest),
        Kind::Integer(limit) => format!("integer from {} to {}, {} by default", limit.least, limit.most, limit.default),
        Kind::Pattern(pattern) => format!("text like {pattern}"),
        Kind::Phone => "E.164".to_owned(),
        Kind::Boolean => "boolean".to_owned(),
        Kind::Count | Kind::Number => "number".to_owned(),
        Kind::Word(words) => words.join(" | "),
        Kind::Object(_) | Kind::OrNull(_) => "object".to_owned(),
        Kind::List(_) => "list".to_owned(),
        Kind::String | Kind::Time | Kind::Url => "text".to_owned(),
    }
}

/// Each refusal once.
fn codes() -> Vec<&'static api::Code> {
    let mut all: Vec<&api::Code> = Vec::new();
    for code in api::ALL.into_iter().flat_map(|endpoint| endpoint.refusals) {
        if !all.contains(&code) {
            all.push(code);
        }
    }
    all.sort_by_key(|code| code.status);
    all
}
