//! What an endpoint sells, priced for each network, and the 402 that asks for it. It knows both versions of the wire and
//! the facts of each network; it knows nothing of payments.

use std::borrow::Cow;
use std::time::Duration;

use alloy_primitives::Address;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::{wire_v1, wire_v2};
use crate::types::{Network, Usdc};

/// How long a buyer's authorization should live. Longer than any answer of ours takes, and above the 60 s that published
/// clients wait.
pub const MAX_TIMEOUT: Duration = Duration::from_mins(5);

/// All our answers are JSON.
const JSON: &str = "application/json";

/// What an endpoint sells: a constant in its file.
#[derive(Clone, Copy, Debug)]
pub struct Offer {
    /// The path, such as `/api/v1/voice/call`.
    pub path: &'static str,
    /// The price.
    pub price: Usdc,
    /// A few words for wallets and directories. ASCII, because a published client fails on anything else.
    pub description: &'static str,
}

/// How we are paid, the same for everything we sell.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Our origin without a trailing slash, from the configuration: a `Host` header is the client's to choose.
    pub public_url: String,
    /// Where we can be paid, the preferred network first: clients take the first that they know.
    pub networks: Vec<Network>,
    /// Who is paid.
    pub payee: Address,
}

/// An offer's price on one network: what a payment must match.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Quote {
    /// The network.
    pub network: Network,
    /// Who is paid.
    pub pay_to: Address,
    /// Exactly how much.
    pub amount: Usdc,
    /// The URL of what is sold.
    pub resource: String,
    /// The offer's description.
    pub description: Cow<'static, str>,
}

impl Terms {
    /// The offer on every network of ours, in order of preference.
    pub fn quotes(&self, offer: &Offer) -> Vec<Quote> {
        let quote = |network: &Network| Quote {
            network: *network,
            pay_to: self.payee,
            amount: offer.price,
            resource: format!("{}{}", self.public_url, offer.path),
            description: Cow::Borrowed(offer.description),
        };
        self.networks.iter().map(quote).collect()
    }
}

impl Quote {
    /// This quote as an entry of version 2's `accepts`.
    pub(super) fn requirements(&self) -> wire_v2::Requirements<'static> {
        wire_v2::Requirements {
            scheme: wire_v2::EXACT,
            network: self.network.caip2(),
            amount: self.amount.atomic().to_string(),
            asset: self.network.usdc().to_string(),
            pay_to: self.pay_to.to_string(),
            max_timeout_seconds: MAX_TIMEOUT.as_secs(),
            extra: eip712(self.network),
        }
    }

    /// What this quote is for.
    pub(super) fn resource(&self) -> wire_v2::Resource<'_> {
        wire_v2::Resource { url: &self.resource, description: &self.description, mime_type: JSON }
    }

    fn requirements_v1(&self) -> wire_v1::Requirements<'_> {
        wire_v1::Requirements {
            scheme: wire_v2::EXACT,
            network: self.network.v1_name(),
            max_amount_required: self.amount.atomic().to_string(),
            resource: &self.resource,
            description: &self.description,
            mime_type: JSON,
            pay_to: self.pay_to.to_string(),
            max_timeout_seconds: MAX_TIMEOUT.as_secs(),
            asset: self.network.usdc().to_string(),
            extra: eip712(self.network),
        }
    }
}

fn eip712(network: Network) -> wire_v2::Extra<'static> {
    wire_v2::Extra::Eip712 { name: network.usdc_name(), version: super::exact_evm::DOMAIN_VERSION }
}

/// A 402 that both versions of the protocol can read: version 2 in the header, version 1 in the body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Demand {
    /// The value of `PAYMENT-REQUIRED`.
    pub header: String,
    /// The JSON body.
    pub body: Vec<u8>,
}

/// Asks for payment. `reason` is a code: `payment_required` where none was given, otherwise why the one given will not do
/// ([`super::PaymentRefused`]); `message` says it in a sentence. The answer depends on nothing else, so whoever asks often
/// for the same reason can keep it.
pub fn demand(terms: &Terms, offer: &Offer, reason: &str, message: &str) -> Demand {
    let quotes = terms.quotes(offer);
    let resource = format!("{}{}", terms.public_url, offer.path);
    let header = wire_v2::PaymentRequired {
        x402_version: 2,
        error: message,
        resource: wire_v2::Resource { url: &resource, description: offer.description, mime_type: JSON },
        accepts: quotes.iter().map(Quote::requirements).collect(),
    };
    let body = wire_v1::PaymentRequired {
        x402_version: 1,
        error: "payment_required",
        code: "payment_required",
        reason,
        message,
        accepts: quotes.iter().map(Quote::requirements_v1).collect(),
    };
    Demand { header: STANDARD.encode(json(&header)), body: json(&body) }
}

/// These documents are structs of strings and integers, which always serialize; an empty one would only be refused.
pub(super) fn json(document: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(document).unwrap_or_default()
}

#[cfg(test)]
mod tests;
