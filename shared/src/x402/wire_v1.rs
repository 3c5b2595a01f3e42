//! x402 version 1, as the specification writes it:
//! <https://github.com/coinbase/x402/blob/main/specs/x402-specification-v1.md>. Types for serde and
//! nothing else. Version 1 clients parse every entry of `accepts` strictly: networks have names
//! from a closed list, `description` and `mimeType` are required, and an `outputSchema` of null
//! makes them throw.
//!
//! `docs/decisions.md`: Why does only the first entry of version 1's 402 say what to send?

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::wire_v2::Extra;

/// The body of a 402: version 1's document, and beside it the flat fields that every refusal of
/// ours has.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PaymentRequired<'a> {
    pub(super) x402_version: u8,
    pub(super) error: &'static str,
    pub(super) code: &'static str,
    pub(super) reason: &'a str,
    pub(super) message: &'a str,
    #[serde(rename = "ignored_fields", skip_serializing_if = "<[String]>::is_empty")]
    pub(super) ignored_fields: &'a [String],
    pub(super) accepts: Vec<Requirements<'a>>,
}

/// One way to pay.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Requirements<'a> {
    pub(super) scheme: &'static str,
    pub(super) network: &'static str,
    pub(super) max_amount_required: String,
    pub(super) resource: &'a str,
    pub(super) description: &'a str,
    pub(super) mime_type: &'static str,
    /// What to send, and what comes back. Readers look at the first entry only, so the others leave
    /// it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) output_schema: Option<&'a RawValue>,
    pub(super) pay_to: String,
    pub(super) max_timeout_seconds: u64,
    pub(super) asset: String,
    pub(super) extra: Extra<'a>,
}

/// The content of `X-PAYMENT`.
#[derive(Deserialize)]
pub(super) struct Payment<'a> {
    pub(super) scheme: String,
    pub(super) network: String,
    /// Depends on the scheme and the chain, so it is read once those are known to be ours.
    #[serde(borrow)]
    pub(super) payload: &'a RawValue,
    /// The specification has none; clients in transition send version 2's.
    #[serde(borrow, default)]
    pub(super) extensions: Option<&'a RawValue>,
}
