//! What an endpoint sells, priced for each network, and the 402 that asks for it. It knows both versions of the wire and
//! the facts of each network; it knows nothing of payments.

use std::borrow::Cow;
use std::iter;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::value::RawValue;

use super::{Listing, wire_v1, wire_v2};
use crate::types::{EvmNetwork, Network, SolanaAddress, SolanaNetwork, Usdc, Wallet};

/// How long a buyer's authorization should live. Longer than any answer of ours takes, and above the 60 s that published
/// clients wait.
pub const MAX_TIMEOUT: Duration = Duration::from_mins(5);

/// All our answers are JSON.
const JSON: &str = "application/json";

/// What an endpoint sells.
#[derive(Clone, Copy, Debug)]
pub struct Offer<'a> {
    /// Where, such as `/api/v1/voice/call`.
    pub path: &'a str,
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
    /// Who is paid: one wallet per network, the preferred network first. Clients take the first that they know.
    pub payees: Vec<Wallet>,
}

/// An offer's price on one network: what a payment must match.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Quote {
    /// Who is paid, and on which network.
    pub pay_to: Wallet,
    /// Exactly how much.
    pub amount: Usdc,
    /// The URL of what is sold.
    pub resource: String,
    /// The offer's description.
    pub description: Cow<'static, str>,
}

impl Terms {
    /// The cluster that we are paid on, if we are paid on one.
    pub fn solana(&self) -> Option<SolanaNetwork> {
        self.payees.iter().find_map(|payee| match payee {
            Wallet::Solana { network, .. } => Some(*network),
            Wallet::Evm { .. } => None,
        })
    }

    /// The offer on every network of ours, in order of preference.
    pub fn quotes(&self, offer: &Offer<'_>) -> Vec<Quote> {
        let quote = |payee: &Wallet| Quote {
            pay_to: *payee,
            amount: offer.price,
            resource: format!("{}{}", self.public_url, offer.path),
            description: Cow::Borrowed(offer.description),
        };
        self.payees.iter().map(quote).collect()
    }
}

impl Quote {
    /// The network on which it is paid.
    pub const fn network(&self) -> Network {
        self.pay_to.network()
    }

    /// This quote as an entry of version 2's `accepts`.
    pub(super) fn requirements(&self, extra: wire_v2::Extra<'static>) -> wire_v2::Requirements<'static> {
        wire_v2::Requirements {
            scheme: wire_v2::EXACT,
            network: self.network().caip2(),
            amount: self.amount.atomic().to_string(),
            asset: self.network().asset(),
            pay_to: self.pay_to.to_string(),
            max_timeout_seconds: MAX_TIMEOUT.as_secs(),
            extra,
        }
    }

    /// What this quote is for.
    pub(super) fn resource(&self) -> wire_v2::Resource<'_> {
        wire_v2::Resource { url: &self.resource, description: &self.description, mime_type: JSON }
    }

    fn requirements_v1<'a>(
        &'a self,
        extra: wire_v2::Extra<'static>,
        output_schema: Option<&'a RawValue>,
    ) -> wire_v1::Requirements<'a> {
        wire_v1::Requirements {
            scheme: wire_v2::EXACT,
            network: self.network().v1_name(),
            max_amount_required: self.amount.atomic().to_string(),
            resource: &self.resource,
            description: &self.description,
            mime_type: JSON,
            output_schema,
            pay_to: self.pay_to.to_string(),
            max_timeout_seconds: MAX_TIMEOUT.as_secs(),
            asset: self.network().asset(),
            extra,
        }
    }
}

/// What has to be known to sign for a network, beside the quote; nothing, if it is not known.
fn extra(network: Network, fee_payer: Option<SolanaAddress>) -> Option<wire_v2::Extra<'static>> {
    match network {
        Network::Evm(network) => Some(eip712(network)),
        Network::Solana(_) => fee_payer.map(paid_by),
    }
}

pub(super) fn eip712(network: EvmNetwork) -> wire_v2::Extra<'static> {
    wire_v2::Extra::Eip712 { name: network.usdc_name(), version: super::exact_evm::DOMAIN_VERSION }
}

pub(super) fn paid_by(fee_payer: SolanaAddress) -> wire_v2::Extra<'static> {
    wire_v2::Extra::Solana { fee_payer: fee_payer.to_string() }
}

/// A 402 that both versions of the protocol can read: version 2 in the header, version 1 in the body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Demand {
    /// The value of `PAYMENT-REQUIRED`.
    pub header: String,
    /// The JSON body.
    pub body: Vec<u8>,
}

/// Asks for payment, and tells how what is sold is `listed`. `reason` is a code: `payment_required` where none was given, otherwise why the one given will not do
/// ([`super::PaymentRefused`]); `message` says it in a sentence. Solana is asked for where a facilitator's `fee_payer` is
/// known. Fields of the request that are `ignored` are named in the body; the header stays ASCII, and they are the caller's own
/// words. The answer depends on nothing else, so a caller that asks often for the same reason can keep it.
pub fn demand(
    terms: &Terms,
    offer: &Offer<'_>,
    listed: &Listing,
    fee_payer: Option<SolanaAddress>,
    reason: &str,
    message: &str,
    ignored: &[String],
) -> Demand {
    let quotes = terms.quotes(offer);
    let ways = || quotes.iter().filter_map(|quote| Some((quote, extra(quote.network(), fee_payer)?)));
    let resource = format!("{}{}", terms.public_url, offer.path);
    let header = wire_v2::PaymentRequired {
        x402_version: 2,
        error: message,
        resource: wire_v2::Resource { url: &resource, description: offer.description, mime_type: JSON },
        accepts: ways().map(|(quote, extra)| quote.requirements(extra)).collect(),
        extensions: listed.extensions(),
    };
    let schemas = iter::once(Some(listed.output_schema())).chain(iter::repeat(None));
    let body = wire_v1::PaymentRequired {
        x402_version: 1,
        error: "payment_required",
        code: "payment_required",
        reason,
        message,
        ignored_fields: ignored,
        accepts: ways().zip(schemas).map(|((quote, extra), schema)| quote.requirements_v1(extra, schema)).collect(),
    };
    Demand { header: STANDARD.encode(json(&header)), body: json(&body) }
}

/// These documents are structs of strings and integers, which always serialize; an empty one would only be refused.
pub(super) fn json(document: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(document).unwrap_or_default()
}

#[cfg(test)]
mod tests;
