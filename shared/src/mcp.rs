//! `POST /mcp`: what is sold here as tools of the Model Context Protocol, for agents that know no
//! other way to ask. Streamable HTTP without sessions: each message stands alone, and is answered
//! in JSON. Clients that begin with `initialize` (up to 2025-11-25) and those that do not
//! (2026-07-28) are served by the same code.
//!
//! It sells nothing itself. A tool asks the endpoint that it is made of, over the network and at
//! our public address, with the payment that the client has sent along; so a payment means the same
//! and buys once, whichever way it came, and this function needs neither a secret nor a right. One
//! message asks one endpoint at most.
//!
//! - `docs/decisions.md`: Why is the MCP server written by hand?
//! - `docs/decisions.md`: Why does the MCP server ask our own endpoints over the network?
//! - `docs/decisions.md`: Why are lists paid for through MCP, and not signed in for?
//! - `docs/decisions.md`: Why does a page of another site get nothing from the MCP server?

mod ask;
mod door;
mod elsewhere;
mod era;
mod message;
mod problem;
mod said;
mod told;
mod words;

use std::iter;

use http::header::{ALLOW, ORIGIN};
use http::{HeaderMap, HeaderValue};
use lambda_http::{Body, Request};
use serde_json::{Value, json};

use crate::api::{Method, mcp};
use crate::edge::{self, Answer, Handler, Served};
use crate::env::Env;
use crate::invocation::Invocation;
use crate::telemetry;
use crate::types::{Country, nesting};
use door::Door;
use era::Era;
use message::{Call, Message, Params};
use problem::Problem;
use told::Told;

/// The function.
pub struct Mcp {
    door: Door,
    tools: Value,
    public_url: String,
}

impl Mcp {
    /// Reads where we are, and which countries' numbers are sold.
    pub fn from_env(env: &mut Env) -> Self {
        let public_url = env.public_url();
        let countries: Vec<Country> = env.number_prices().countries().collect();
        Self { door: Door::to(public_url.clone()), tools: said::tools(&countries), public_url }
    }

    async fn answered(&self, request: &Request, invocation: &Invocation) -> Result<Answer, (Option<String>, Problem)> {
        let nameless = |problem| (None, problem);
        from_here(request.headers(), &self.public_url).map_err(nameless)?;
        let text = text_of(request.body()).map_err(nameless)?;
        let message = Message::read(text).map_err(nameless)?;
        let id = message.id.map(|id| id.get().to_owned());
        let named = |problem: Problem| (id.clone(), if id.is_some() { problem } else { problem.of_a_notification() });
        let Some(method) = &message.method else { return Ok(Answer::silence()) };
        let params = message.params().map_err(named)?;
        let era = era::of(request.headers(), method, &params).map_err(named)?;
        let Some(id) = message.id else { return Ok(Answer::silence()) };
        telemetry::method(said::known(method));
        let (result, outcome) = self.result((era, method, &params), request, invocation).await.map_err(named)?;
        Ok(Answer::ok(&said::Response::to(id, &result), Vec::new(), outcome))
    }

    async fn result(
        &self,
        (era, method, params): (Era, &str, &Params<'_>),
        request: &Request,
        invocation: &Invocation,
    ) -> Result<(Value, &'static str), Problem> {
        let result = match (method, era) {
            ("initialize", Era::Legacy) => {
                let asked = params.protocol_version();
                said::initialized(era::negotiated(asked.as_deref()))
            }
            // Official clients of these revisions refuse an answer with anything in it.
            ("ping", Era::Legacy) => json!({}),
            ("server/discover", Era::Modern) => said::discovered(era::MODERN),
            ("tools/list", _) => {
                params.no_cursor()?;
                self.tools.clone()
            }
            ("tools/call", _) => {
                let Told { result, outcome } = self.call(&params.call()?, request, invocation).await?;
                return Ok((said::complete(result), outcome));
            }
            _ => return Err(Problem::no_such_method(method, era == Era::Modern)),
        };
        Ok((result, "ok"))
    }

    async fn call(&self, call: &Call<'_>, request: &Request, invocation: &Invocation) -> Result<Told, Problem> {
        let tool = mcp::tool(&call.name).ok_or_else(|| Problem::unknown_tool(&call.name))?;
        telemetry::tool(tool.name);
        let heeded = elsewhere::check(tool, call, request.headers(), edge::parameters(request));
        Ok(match heeded.and_then(|()| ask::of(tool, call)) {
            Ok(asked) => {
                let reply = self.door.ask(&asked, invocation).await;
                told::of(tool, &asked, reply)
            }
            Err(wrong) => told::refused_here(&wrong),
        })
    }
}

impl Handler for Mcp {
    const NAME: &'static str = mcp::MCP_NAME;

    fn serves() -> impl Iterator<Item = Served> {
        iter::once(Served { method: Method::Post, refusals: mcp::MCP_REFUSALS, unknown: &[] })
    }

    /// Clients ask by GET whether there is a stream of events, and by DELETE for a session to end.
    /// They take this for "no", and some ask for ever where it is said otherwise.
    fn wrong_method(_: &http::Method, _: &str) -> Answer {
        let problem = Problem::method_not_allowed();
        let mut answer = problem.answer(None);
        answer.response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST, OPTIONS"));
        answer
    }

    async fn handle(&self, request: Request, invocation: Invocation) -> Answer {
        match self.answered(&request, &invocation).await {
            Ok(answer) => answer,
            Err((id, problem)) => problem.answer(id),
        }
    }
}

/// Browsers say of which page a request is. A page of ours may ask, and so may one that a developer
/// has on their own machine; the pages of other sites have the HTTP API. The protocol wants this of
/// every server, whether or not it trusts a browser with anything.
fn from_here(headers: &HeaderMap, public_url: &str) -> Result<(), Problem> {
    let mut origins = headers.get_all(ORIGIN).iter();
    let is_ours = |origin: &HeaderValue| {
        let Ok(origin) = origin.to_str() else { return false };
        let loopback = ["http://localhost", "http://127.0.0.1", "http://[::1]"];
        let port = loopback.iter().find_map(|host| origin.strip_prefix(host));
        let is_port = |rest: &str| {
            rest.is_empty()
                || rest
                    .strip_prefix(':')
                    .is_some_and(|port| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()))
        };
        origin.eq_ignore_ascii_case(public_url) || port.is_some_and(is_port)
    };
    if origins.all(is_ours) { Ok(()) } else { Err(Problem::foreign()) }
}

/// The text of a message that is neither too large nor too deep.
fn text_of(body: &Body) -> Result<&str, Problem> {
    let bytes: &[u8] = body;
    if bytes.len() > mcp::LARGEST_MESSAGE {
        return Err(Problem::too_large());
    }
    let text = str::from_utf8(bytes).map_err(|_| Problem::not_json("The message is not UTF-8."))?;
    if nesting(bytes) > mcp::DEEPEST_MESSAGE {
        return Err(Problem::not_a_message(&format!(
            "The message is nested deeper than {} levels.",
            mcp::DEEPEST_MESSAGE
        )));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::from_here;

    #[test]
    fn a_page_of_ours_and_one_on_the_developers_machine_may_ask_and_no_other() {
        let asked = |origins: &[&str]| {
            let mut headers = HeaderMap::new();
            for origin in origins {
                headers.append("origin", HeaderValue::from_str(origin).unwrap());
            }
            from_here(&headers, "https://dialtone.example").is_ok()
        };
        for ours in [
            &[][..],
            &["https://dialtone.example"],
            &["https://Dialtone.example"],
            &["http://localhost"],
            &["http://localhost:6274"],
            &["http://127.0.0.1:8402"],
            &["http://[::1]:3000"],
        ] {
            assert!(asked(ours), "{ours:?}");
        }
        for other in [
            &["https://elsewhere.example"][..],
            &["null"],
            &[""],
            &["http://dialtone.example"],
            &["https://dialtone.example.evil.example"],
            &["https://dialtone.example:8443"],
            &["http://localhost.evil.example"],
            &["http://localhost:"],
            &["http://localhost:80/x"],
            &["http://127.0.0.10"],
            &["https://dialtone.example", "https://elsewhere.example"],
        ] {
            assert!(!asked(other), "{other:?}");
        }
    }
}
