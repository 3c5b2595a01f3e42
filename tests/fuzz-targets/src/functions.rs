//! The shipped functions in this process: their own sources, built from an environment like Lambda's. Every neighbour is at
//! one address; whoever listens there sees all that a request causes.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::{HeaderName, HeaderValue, Method};
use lambda_http::{Body, Request, RequestExt, Response};
use shared::edge::Handler;
use shared::env::Env;
use shared::invocation::Invocation;

use crate::judge::{EVERYWHERE, ON_BASE, Sells};
use crate::signed::{Chain, PAYEE};

#[expect(dead_code, reason = "its `main` is for Lambda")]
#[path = "../../../functions/numbers_buy.rs"]
mod numbers_buy;
#[expect(dead_code, reason = "its `main` is for Lambda")]
#[path = "../../../functions/numbers_list.rs"]
mod numbers_list;
#[expect(dead_code, reason = "its `main` is for Lambda")]
#[path = "../../../functions/numbers_renew.rs"]
mod numbers_renew;
#[expect(dead_code, reason = "its `main` is for Lambda")]
#[path = "../../../functions/voice_call.rs"]
mod voice_call;
#[expect(dead_code, reason = "its `main` is for Lambda")]
#[path = "../../../functions/voice_call_status.rs"]
mod voice_call_status;

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
    pub paid: [Paid; 4],
    status: Serve,
}

impl Functions {
    /// Functions whose every neighbour is at this URL. With a node they can be paid on one chain only.
    pub fn with_neighbours_at(url: &str, node: bool) -> Self {
        let chains: &'static [&'static Chain] = if node { &ON_BASE } else { &EVERYWHERE };
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
            ],
            status: build(url, node, voice_call_status::handler),
        }
    }

    /// Asks for a call by a name.
    pub fn status(&self, name: &str) -> BoxFuture<'static, Response<Body>> {
        let parameters = HashMap::from([("call_id".to_owned(), vec![name.to_owned()])]);
        (self.status)(Request::new(Body::Empty).with_path_parameters(parameters))
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
    let handler = Arc::new(env.complete(handler).expect("a complete environment"));
    Box::new(move |request| {
        let handler = Arc::clone(&handler);
        Box::pin(async move { handler.handle(request, Invocation::begin()).await.response })
    })
}

fn variable(name: &str, url: &str, node: bool) -> Option<String> {
    let networks = if node { "eip155:8453" } else { "eip155:8453,eip155:84532" };
    Some(match name {
        "PUBLIC_URL" => "https://dialtone.example".to_owned(),
        "PAYMENT_NETWORKS" => networks.to_owned(),
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
        | "DAILY_NUMBER_BUDGET"
        | "UNPAID_NUMBER_BUDGET"
        | "DAILY_REFUND_LIMIT"
        | "DAILY_STRAY_LIMIT"
        | "LARGEST_STRAY"
        | "MISSING_PAYMENTS_STOP" => "500".to_owned(),
        "UNPROVEN_PER_MINUTE" => UNPROVEN_PER_MINUTE.to_string(),
        _ => return None,
    })
}
