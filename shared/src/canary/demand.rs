//! What a 402 asks for, and whether it may be signed: only what our own price list says, in USDC,
//! on a network of ours, to a payee of the deployment. And what is sent back with the signature.
//! Pure.

use std::time::Duration;

use alloy_primitives::{Address, hex};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use serde_json::{Value, json};

use crate::types::{EvmNetwork, Network, Usdc, Wallet};
use crate::x402::SignedAuthorization;
use crate::x402::headers::PAYMENT_REQUIRED;

/// As long as a signature is good, whatever the demand allows.
const LONGEST: u64 = 600;

/// The way to pay that is taken, as it was offered.
#[derive(Clone, PartialEq, Debug)]
pub struct Chosen {
    /// Where it is paid.
    pub network: EvmNetwork,
    /// Who is paid.
    pub payee: Address,
    /// For how long a signature has to be good.
    pub lasts: Duration,
    /// As it stood in the 402, which is repeated to the seller.
    pub accepted: Value,
}

/// The first way to pay that a plain key can take. `payees` are those that the deployment has;
/// none, where that is not known.
pub fn chosen(required: &Value, price: Usdc, payees: &[Wallet]) -> Result<Chosen, String> {
    let offers = required["accepts"].as_array().map(Vec::as_slice).unwrap_or_default();
    let on_evm = offers.iter().find_map(|offer| match Network::from_caip2(offer["network"].as_str()?) {
        Some(Network::Evm(network)) if offer["scheme"] == "exact" => Some((network, offer)),
        _ => None,
    });
    let (network, offer) = on_evm.ok_or("it offers no way to pay on an EVM network")?;
    let text = |name: &str| offer[name].as_str().unwrap_or_default();
    let amount = text("amount").parse().map(Usdc::micros).map_err(|_| "it names no amount".to_owned())?;
    if amount != price {
        return Err(format!("it asks for {amount}, and the price is {price}"));
    }
    if text("asset").parse() != Ok(network.usdc()) {
        return Err("it asks for another token than USDC".to_owned());
    }
    let payee: Address = text("payTo").parse().map_err(|_| "it names no payee".to_owned())?;
    let paid = Wallet::Evm { network, address: payee };
    if !payees.is_empty() && !payees.contains(&paid) {
        return Err(format!("it wants to be paid at {paid}, which is not this deployment's payee"));
    }
    let lasts = offer["maxTimeoutSeconds"].as_u64().filter(|seconds| *seconds > 0).unwrap_or(LONGEST).min(LONGEST);
    Ok(Chosen { network, payee, lasts: Duration::from_secs(lasts), accepted: offer.clone() })
}

/// The demand in the headers of a 402, if it can be read.
pub fn required(headers: &HeaderMap) -> Option<Value> {
    let bytes = STANDARD.decode(headers.get(PAYMENT_REQUIRED)?).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// The header that pays. `resource` is repeated from the 402, as what was chosen of it.
pub fn header(chosen: &Chosen, signed: &SignedAuthorization, resource: &Value) -> String {
    let of = &signed.authorization;
    let document = json!({
        "x402Version": 2,
        "resource": resource,
        "accepted": chosen.accepted,
        "payload": {
            "signature": hex::encode_prefixed(&signed.signature),
            "authorization": {
                "from": of.from.to_string(),
                "to": of.to.to_string(),
                "value": of.value.atomic().to_string(),
                "validAfter": of.valid_after.to_string(),
                "validBefore": of.valid_before.to_string(),
                "nonce": of.nonce.to_string(),
            },
        },
    });
    STANDARD.encode(document.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::types::{EvmNetwork, Usdc, Wallet};

    use super::chosen;

    const PAYEE: &str = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC";

    fn offer() -> Value {
        json!({
            "scheme": "exact", "network": "eip155:84532", "amount": "1000", "payTo": PAYEE, "maxTimeoutSeconds": 60,
            "asset": EvmNetwork::BaseSepolia.usdc().to_string(),
        })
    }

    fn payees() -> Vec<Wallet> {
        vec![Wallet::Evm { network: EvmNetwork::BaseSepolia, address: PAYEE.parse().unwrap() }]
    }

    #[test]
    fn what_the_price_list_says_is_signed() {
        let solana = json!({"scheme": "exact", "network": "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1", "amount": "1000"});
        for (accepts, payees) in
            [(vec![offer()], payees()), (vec![offer()], Vec::new()), (vec![solana, offer()], payees())]
        {
            let chosen = chosen(&json!({"accepts": accepts}), Usdc::micros(1_000), &payees).unwrap();
            assert_eq!((chosen.network, chosen.lasts.as_secs()), (EvmNetwork::BaseSepolia, 60));
            assert_eq!(chosen.accepted, offer());
        }
    }

    #[test]
    fn nothing_else_is() {
        for (name, value, why) in [
            ("amount", json!("1001"), "the price is"),
            ("amount", json!("5000000"), "the price is"),
            ("amount", json!(null), "no amount"),
            ("asset", json!(PAYEE), "another token"),
            ("network", json!("eip155:1"), "no way to pay"),
            ("scheme", json!("upto"), "no way to pay"),
            ("payTo", json!("0x00000000000000000000000000000000000000aa"), "not this deployment's payee"),
            ("payTo", json!("nowhere"), "no payee"),
        ] {
            let mut bent = offer();
            bent[name] = value;
            let said = chosen(&json!({"accepts": [bent]}), Usdc::micros(1_000), &payees()).unwrap_err();
            assert!(said.contains(why), "{name}: {said}");
        }
        assert!(chosen(&json!(null), Usdc::micros(1_000), &payees()).is_err());
    }

    #[test]
    fn a_signature_is_good_for_minutes_whatever_the_demand_allows() {
        for (allowed, seconds) in [(json!(60), 60), (json!(604_800), 600), (json!(0), 600), (json!(null), 600)] {
            let mut bent = offer();
            bent["maxTimeoutSeconds"] = allowed;
            let chosen = chosen(&json!({"accepts": [bent]}), Usdc::micros(1_000), &payees()).unwrap();
            assert_eq!(chosen.lasts.as_secs(), seconds);
        }
    }
}
