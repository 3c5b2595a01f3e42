//! The way to our own endpoints: our public address, over the network, as any other client. The
//! address is the configuration's; a `Host` header is the client's to choose.

use http::header::{ACCEPT, CONTENT_TYPE, HeaderName};

use super::ask::{Asked, PATIENCE};
use crate::api::IDEMPOTENCY_KEY;
use crate::invocation::Invocation;
use crate::telemetry::Neighbour;
use crate::wire::http::{NoReply, Reply, client, send};
use crate::x402::headers::PAYMENT_SIGNATURE;

const JSON: &str = "application/json";

pub(super) struct Door {
    public_url: String,
}

impl Door {
    pub(super) fn to(public_url: String) -> Self {
        Self { public_url }
    }

    /// Asks once. What is lost is not asked again: that is for the caller, who knows what it was
    /// paid with.
    pub(super) async fn ask(&self, asked: &Asked, invocation: &Invocation) -> Result<Reply, NoReply> {
        let url = format!("{}{}", self.public_url, asked.path);
        let mut request = client().request(asked.method.clone(), url).header(ACCEPT, JSON);
        if let Some(body) = &asked.body {
            request = request.header(CONTENT_TYPE, JSON).body(body.clone());
        }
        if let Some(payment) = &asked.payment {
            // The version is the document's own, under this name too.
            request = request.header(PAYMENT_SIGNATURE, payment.header.clone());
        }
        if let Some(name) = &asked.purchase {
            request = request.header(HeaderName::from_static(PURCHASE), name.clone());
        }
        let limit = asked.patience.min(PATIENCE.saturating_sub(invocation.elapsed()));
        send(Neighbour::Ourselves, request, limit).await
    }
}

/// [`IDEMPOTENCY_KEY`], as HTTP/2 writes it.
const PURCHASE: &str = "idempotency-key";
const _: () = assert!(IDEMPOTENCY_KEY.field.eq_ignore_ascii_case(PURCHASE));
