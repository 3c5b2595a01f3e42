//! A quote as the wire writes it, in both versions: to the payer, who picks one, and to the
//! facilitator, who is told which.

use std::time::Duration;

use serde_json::value::RawValue;

use super::exact_evm::DOMAIN_VERSION;
use super::{Quote, wire_v1, wire_v2};
use crate::types::{EvmNetwork, Network, SolanaAddress};

/// How long a buyer's authorization should live. Longer than any answer of ours takes, and above
/// the 60 s that published clients wait.
pub const MAX_TIMEOUT: Duration = Duration::from_mins(5);

/// All our answers are JSON.
pub(super) const JSON: &str = "application/json";

impl Quote {
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

    /// The same as version 1 writes it.
    pub(super) fn requirements_v1<'a>(
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
pub(super) fn extra(network: Network, fee_payer: Option<SolanaAddress>) -> Option<wire_v2::Extra<'static>> {
    match network {
        Network::Evm(network) => Some(eip712(network)),
        Network::Solana(_) => fee_payer.map(paid_by),
    }
}

/// What an EVM wallet has to know: the token's signing domain.
pub(super) fn eip712(network: EvmNetwork) -> wire_v2::Extra<'static> {
    wire_v2::Extra::Eip712 { name: network.usdc_name(), version: DOMAIN_VERSION }
}

/// What a Solana wallet has to know: whose signature its transaction begins with.
pub(super) fn paid_by(fee_payer: SolanaAddress) -> wire_v2::Extra<'static> {
    wire_v2::Extra::Solana { fee_payer: fee_payer.to_string() }
}
