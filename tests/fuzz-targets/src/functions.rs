//! The shipped functions in this process, built from an environment like Lambda's. Every neighbour
//! is at one address; the listener there sees all that a request causes.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::{HeaderName, HeaderValue, Method};
use lambda_http::{Body, Request, RequestExt, Response};
use shared::edge::Handler;
use shared::endpoints::{
    mcp, numbers, numbers_buy, numbers_list, numbers_renew, voice_call, voice_call_hangup, voice_call_status,
    voice_calls_list,
};
use shared::env::Env;
use shared::invocation::Invocation;

use crate::judge::{ON_BASE, ON_SEPOLIA, Sells};
use crate::signed::{Chain, PAYEE};

/// How many signatures that only a contract can judge are asked about in a minute.
pub const UNPROVEN_PER_MINUTE: usize = 60;

type Serve = Box<dyn Fn(Request) -> BoxFuture<'static, Response<Body>> + Send + Sync>;

/// A function that is paid for.
pub struct Paid {
    /// Its file in `functions/`.
    pub name: &'static str,
    /// What it sells.
    pub sells: Sells,
    /// A body that it takes.
    pub body: &'static str,
    serve: Serve,
}

/// All of them.
pub struct Functions {
    /// Those that are paid for.
    pub paid: [Paid; 5],
    status: Serve,
    hangup: Serve,
    numbers: Serve,
}

impl Functions {
    /// Functions whose every neighbour is at this URL. With a node they are paid on Base, without
    /// one on its test network.
    pub fn with_neighbours_at(url: &str, node: bool) -> Self {
        let chains: &'static [&'static Chain] = if node { &ON_BASE } else { &ON_SEPOLIA };
        let call = r#"{"phone_number":"+12133610872","task":"Confirm the reservation for tonight."}"#;
        let paid = |name, price, body, serve| Paid { name, sells: Sells { chains, price }, body, serve };
        Self {
            paid: [
                paid("voice_call", 540_000, call, build(url, node, voice_call::handler)),
                paid("numbers_buy", 5_000_000, r#"{"area_code":"415"}"#, build(url, node, numbers_buy::handler)),
                paid(
                    "numbers_renew",
                    5_000_000,
                    r#"{"phone_number":"+14155551234"}"#,
                    build(url, node, numbers_renew::handler),
                ),
                paid("numbers_list", 1_000, "", build(url, node, numbers_list::handler)),
                paid("voice_calls_list", 1_000, r#"{"limit":5}"#, build(url, node, voice_calls_list::handler)),
            ],
            status: build(url, node, voice_call_status::handler),
            hangup: build(url, node, voice_call_hangup::handler),
            numbers: build(url, node, numbers::handler),
        }
    }

    /// The one that a byte of an input chooses, of which `values` are used. What came later has the
    /// last of them, so that an input that was kept means what it meant.
    pub fn chosen(&self, byte: u8, values: usize) -> &Paid {
        let (choice, first) = (usize::from(byte) % values, 4);
        let later = self.paid.iter().rev().take(self.paid.len() - first).rev();
        let later = later.zip(values + first - self.paid.len()..).find(|(_, last)| *last == choice);
        later.map_or_else(|| &self.paid[choice % first], |(function, _)| function)
    }

    /// Asks for a wallet's numbers with this header.
    pub fn numbers(&self, name: &HeaderName, value: &HeaderValue) -> BoxFuture<'static, Response<Body>> {
        let mut request = Request::new(Body::Empty);
        request.headers_mut().insert(name, value.clone());
        (self.numbers)(request)
    }

    /// Asks for a call by a name.
    pub fn status(&self, name: &str) -> BoxFuture<'static, Response<Body>> {
        let parameters = HashMap::from([("call_id".to_owned(), vec![name.to_owned()])]);
        (self.status)(Request::new(Body::Empty).with_path_parameters(parameters))
    }

    /// Hangs up by a name that no call has, with this body.
    pub fn hang_up(&self, body: &[u8]) -> BoxFuture<'static, Response<Body>> {
        let parameters = HashMap::from([("call_id".to_owned(), vec!["unknown".to_owned()])]);
        let body = if body.is_empty() { Body::Empty } else { Body::Binary(body.to_vec()) };
        let mut request = Request::new(body);
        *request.method_mut() = Method::POST;
        (self.hangup)(request.with_path_parameters(parameters))
    }
}

/// The MCP server.
pub struct Messages(Serve);

impl Messages {
    /// One whose tools ask endpoints at this URL.
    pub fn to(url: &str) -> Self {
        let mut env = Env::from({
            let url = url.to_owned();
            move |name| if name == "PUBLIC_URL" { Some(url.clone()) } else { variable(name, &url, false) }
        });
        let handler = mcp::handler(&mut env);
        Self(served(env, handler))
    }

    /// A message with these headers.
    pub fn post<'a>(
        &self,
        headers: impl Iterator<Item = (&'static str, &'a str)>,
        body: &[u8],
    ) -> BoxFuture<'static, Response<Body>> {
        let mut request = Request::new(Body::Binary(body.to_vec()));
        *request.method_mut() = Method::POST;
        for (name, value) in headers {
            request.headers_mut().append(name, HeaderValue::from_str(value).expect("a header"));
        }
        (self.0)(request)
    }
}

impl Paid {
    /// A request as it is.
    pub fn serve(&self, request: Request) -> BoxFuture<'static, Response<Body>> {
        (self.serve)(request)
    }

    /// A request with these payment headers and this body.
    pub fn post(&self, payments: &[(HeaderName, HeaderValue)], body: &[u8]) -> BoxFuture<'static, Response<Body>> {
        let body = if body.is_empty() { Body::Empty } else { Body::Binary(body.to_vec()) };
        let mut request = Request::new(body);
        *request.method_mut() = Method::POST;
        for (name, value) in payments {
            request.headers_mut().append(name, value.clone());
        }
        (self.serve)(request)
    }
}

fn build<H: Handler>(url: &str, node: bool, handler: impl FnOnce(&mut Env) -> H) -> Serve {
    let url = url.to_owned();
    let mut env = Env::from(move |name| variable(name, &url, node));
    let handler = handler(&mut env);
    served(env, handler)
}

fn served<H: Handler>(env: Env, handler: H) -> Serve {
    let handler = Arc::new(env.complete(handler).expect("a complete environment"));
    Box::new(move |request| {
        let handler = Arc::clone(&handler);
        Box::pin(async move { handler.handle(request, Invocation::begin()).await.response })
    })
}

fn variable(name: &str, url: &str, node: bool) -> Option<String> {
    Some(match name {
        "PUBLIC_URL" => "https://dialtone.example".to_owned(),
        "PAYMENT_NETWORKS" => if node { "eip155:8453" } else { "eip155:84532" }.to_owned(),
        "EVM_PAYEE" => PAYEE.to_string(),
        "EVM_RPC_URL" if node => url.to_owned(),
        "AWS_REGION" => "us-east-1".to_owned(),
        "AWS_ENDPOINT_URL_DYNAMODB" | "AWS_ENDPOINT_URL_SCHEDULER" | "FACILITATOR_URL" | "TWILIO_URL" | "BLAND_URL" => {
            url.to_owned()
        }
        "TABLE_NAME"
        | "AWS_ACCESS_KEY_ID"
        | "AWS_SECRET_ACCESS_KEY"
        | "TWILIO_ACCOUNT_SID"
        | "SCHEDULE_GROUP"
        | "SCHEDULE_ROLE_ARN"
        | "SCHEDULE_DEAD_LETTERS_ARN"
        | "REAPER_ARN" => "test".to_owned(),
        "TWILIO_SECRET" => r#"{"api_key":"test","api_secret":"test"}"#.to_owned(),
        "BLAND_SECRET" => r#"{"api_key":"test","encrypted_key":"test"}"#.to_owned(),
        "BLAND_PLAN" => "start".to_owned(),
        "DAILY_CALL_BUDGET"
        | "DAILY_CALL_LOSS"
        | "PREFIX_CALL_LOSS"
        | "WALLET_CALL_LOSS"
        | "DAILY_NUMBER_BUDGET"
        | "UNPAID_NUMBER_BUDGET"
        | "POOL_KEPT"
        | "DAILY_REFUND_LIMIT"
        | "WALLET_REFUND_LIMIT"
        | "DAILY_STRAY_LIMIT"
        | "LARGEST_STRAY"
        | "MISSING_PAYMENTS_STOP" => "500".to_owned(),
        "UNPROVEN_PER_MINUTE" => UNPROVEN_PER_MINUTE.to_string(),
        _ => return None,
    })
}
