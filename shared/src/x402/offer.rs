//! What an endpoint sells, priced for each network, and the 402 that asks for it. It knows both
//! versions of the wire and the facts of each network; it knows nothing of payments.

use std::borrow::Cow;
use std::iter;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::requirements::{JSON, extra};
use super::{Listing, Quote, wire_v1, wire_v2};
use crate::types::{SolanaAddress, SolanaNetwork, Usdc, Wallet};
use crate::wire::json;

/// A product: an endpoint's path, price and description.
#[derive(Clone, Copy, Debug)]
pub struct Offer<'a> {
    /// Where, such as `/api/v1/voice/call`.
    pub path: &'a str,
    /// The price.
    pub price: Usdc,
    /// A few words for wallets and directories. ASCII, because a published client fails on anything
    /// else.
    pub description: &'static str,
}

/// The terms on which we are paid, the same for everything we sell.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Our origin without a trailing slash, from the configuration: a `Host` header is the client's
    /// to choose.
    pub public_url: String,
    /// Who is paid: one wallet per network, the preferred network first. Clients take the first
    /// that they know.
    pub payees: Vec<Wallet>,
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

/// A 402 that both versions of the protocol can read: version 2 in the header, version 1 in the
/// body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Demand {
    /// The value of `PAYMENT-REQUIRED`.
    pub header: String,
    /// The JSON body.
    pub body: Vec<u8>,
}

/// Asks for payment, and tells how what is sold is `listed`. `reason` is a code: `payment_required`
/// where none was given, otherwise why the one given will not do ([`super::PaymentRefused`]);
/// `message` says it in a sentence. Solana is asked for where a facilitator's `fee_payer` is known.
/// Fields of the request that are `ignored` are named in the body; the header stays ASCII, and they
/// are the caller's own words. The answer depends on nothing else, so a caller that asks often for
/// the same reason can keep it.
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

#[cfg(test)]
mod tests;
