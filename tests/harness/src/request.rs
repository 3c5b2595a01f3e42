//! Requests to the gateway, and the dance of x402: ask, be told the price, sign, ask again.

use std::panic::Location;

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::wallet::{Challenge, Demand, Payer, Payment, Presented, SignIn, Signer};

/// A request that has not been sent.
#[derive(Clone, Debug)]
#[must_use]
pub struct Request {
    client: reqwest::Client,
    method: Method,
    url: String,
    headers: Vec<(String, String)>,
    body: Bytes,
}

impl Request {
    /// A request to this URL.
    pub fn new(client: &reqwest::Client, method: Method, url: String) -> Self {
        Self { client: client.clone(), method, url, headers: Vec::new(), body: Bytes::new() }
    }

    /// One more header; repeating a name repeats the header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a JSON body.
    pub fn body(self, json: &Value) -> Self {
        self.raw("application/json", json.to_string())
    }

    /// With any body.
    pub fn raw(mut self, content_type: &str, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.header("content-type", content_type)
    }

    /// With a payment.
    pub fn paid_with(self, payment: &impl Presented) -> Self {
        let (name, value) = payment.header();
        self.header(name, &value)
    }

    /// With a sign-in.
    pub fn signed_in_with(self, sign_in: &SignIn) -> Self {
        let (name, value) = sign_in.header();
        self.header(name, &value)
    }

    /// Asks what to sign, signs in, and asks again.
    pub async fn sign_in(self, wallet: &impl Signer) -> Response {
        self.sign_in_bent(wallet, |sign_in| sign_in).await
    }

    /// The same, with a sign-in that a test has bent.
    pub async fn sign_in_bent(self, wallet: &impl Signer, bend: impl FnOnce(SignIn) -> SignIn) -> Response {
        let asked = self.clone().send().await;
        let sign_in = bend(wallet.signs_in(&asked.challenge()));
        self.signed_in_with(&sign_in).send().await
    }

    /// Sends it.
    pub async fn send(self) -> Response {
        let what = format!("{} {}", self.method, self.url);
        let mut request = self.client.request(self.method, self.url).body(self.body);
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        let answer = request.send().await.unwrap_or_else(|error| panic!("{what}: no answer: {error}"));
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = answer.bytes().await.unwrap_or_else(|error| panic!("{what}: half an answer: {error}"));
        Response { what, status, headers, body }
    }

    /// Sends it without a payment, and reads what it costs.
    pub async fn demand(self) -> Demand {
        self.send().await.demand()
    }

    /// Asks for the price, signs, and asks again.
    pub async fn pay<W: Payer>(self, wallet: &W) -> Paid<W::Payment> {
        self.pay_bent(wallet, |payment| payment).await
    }

    /// The same, with a payment that a test has bent.
    pub async fn pay_bent<W: Payer>(self, wallet: &W, bend: impl FnOnce(W::Payment) -> W::Payment) -> Paid<W::Payment> {
        let asked = self.clone().send().await;
        let payment = bend(wallet.signs(&asked.demand()));
        let answer = self.paid_with(&payment).send().await;
        Paid { asked, payment, answer }
    }
}

/// The two exchanges of a paid request.
#[derive(Debug)]
pub struct Paid<P = Payment> {
    /// The answer to the first, a 402.
    pub asked: Response,
    /// What the second carried.
    pub payment: P,
    /// The answer to the second.
    pub answer: Response,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Response {
    what: String,
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Response {
    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| self.complain(&format!("the body is not JSON: {error}")))
    }

    /// A header, if it is there.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// What this 402 asks for, in both versions.
    #[track_caller]
    pub fn demand(&self) -> Demand {
        self.expect(402);
        match self.header("payment-required") {
            Some(header) => Demand::read(header, &self.body),
            None => self.complain("a 402 without PAYMENT-REQUIRED"),
        }
    }

    /// What this 402 asks a wallet to sign.
    #[track_caller]
    pub fn challenge(&self) -> Challenge {
        let asked = self.demand().required["extensions"]["sign-in-with-x"].clone();
        if asked.is_null() { self.complain("a 402 that asks for no signature alone") } else { Challenge(asked) }
    }

    /// The settlement in `PAYMENT-RESPONSE` or `X-PAYMENT-RESPONSE`, if there is one.
    #[track_caller]
    pub fn settlement(&self) -> Option<Value> {
        let header = self.header("payment-response").or_else(|| self.header("x-payment-response"))?;
        let json = STANDARD.decode(header).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Some(json.unwrap_or_else(|| self.complain("the settlement is not base64 of JSON")))
    }

    /// Fails unless the status is this one.
    #[track_caller]
    pub fn expect(&self, status: u16) -> &Self {
        if self.status.as_u16() != status {
            self.complain(&format!("expected {status}"));
        }
        self
    }

    /// Fails unless it is a refusal with this status and code; returns its body.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) -> Value {
        let body = self.expect(status).json();
        if body["error"] != code {
            self.complain(&format!("expected the code {code}"));
        }
        body
    }

    #[track_caller]
    fn complain(&self, why: &str) -> ! {
        let (at, body) = (Location::caller(), String::from_utf8_lossy(&self.body));
        panic!("{why}\n  {} → {}\n  {body}\n  at {at}", self.what, self.status)
    }
}
