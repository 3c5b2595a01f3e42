//! What a request says besides its money: what it asks for, under which name, and what of it was not read. Whether an earlier
//! one said the same. It refuses to know whether the payment is good.

use http::{HeaderName, HeaderValue};
use lambda_http::{Request, RequestExt};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::edge::Answer;
use crate::invocation::Invocation;
use crate::store::Work;
use crate::store::sales::Record;
use crate::types::{PaymentId, PhoneNumber};
use crate::x402::Version;

/// What a request says: all that an earlier one's answer depends on.
pub(super) struct Said<'a> {
    /// The payment that it carries.
    pub(super) id: PaymentId,
    /// The protocol version that the payer speaks.
    pub(super) version: Version,
    /// The hash of what is asked for; none, if the body asks for nothing that there is.
    pub(super) request: Option<String>,
    /// The number that it names to call from.
    pub(super) caller_id: Option<PhoneNumber>,
    /// The wallet's own name for it.
    pub(super) name: Option<String>,
    /// The names in its body and its address that nothing is made of.
    pub(super) ignored: Vec<String>,
    pub(super) invocation: &'a Invocation,
}

impl Said<'_> {
    /// Whether an earlier request asked for the same.
    pub(super) fn asks_for(&self, record: &Record) -> bool {
        let from = match &record.work {
            Work::Call { from, .. } => Some(from),
            Work::Lease { .. } | Work::Renew { .. } | Work::List { .. } | Work::Nothing => None,
        };
        self.request.as_ref() == Some(&record.request) && (self.caller_id.is_none() || self.caller_id.as_ref() == from)
    }

    /// A success, which names what was ignored if anything was.
    pub(super) fn ok(
        &self,
        body: &impl Serialize,
        headers: Vec<(HeaderName, HeaderValue)>,
        outcome: &'static str,
    ) -> Answer {
        if self.ignored.is_empty() {
            return Answer::ok(body, headers, outcome);
        }
        let mut body = serde_json::to_value(body).unwrap_or_default();
        if let Value::Object(fields) = &mut body {
            fields.insert("ignored_fields".to_owned(), json!(self.ignored));
        }
        Answer::ok(&body, headers, outcome)
    }
}

/// What stands in the address behind the question mark. Nothing is made of it.
pub(super) fn parameters(request: &Request) -> impl Iterator<Item = (&str, &str)> {
    request.query_string_parameters_ref().into_iter().flat_map(|parameters| parameters.iter())
}

/// What makes two requests the same: the endpoint, and what is asked of it.
pub(super) fn request_hash(path: &str, essence: &Value) -> String {
    let essence = essence.to_string();
    let digest: [u8; 32] = Sha256::new().chain_update(path).chain_update(b"\n").chain_update(essence).finalize().into();
    alloy_primitives::hex::encode(digest)
}
