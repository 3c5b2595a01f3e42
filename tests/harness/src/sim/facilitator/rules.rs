//! What a facilitator checks, in the order of `@x402/evm` 2.27.0 `exact/facilitator/eip3009.ts`.

use alloy_primitives::{Address, B256, U256, b256};

use super::wire::Asked;
use crate::sim::Chain;
use crate::sim::chain::{Domain, Revert};

/// Last 32 bytes of an ERC-6492 signature.
const ERC_6492: B256 = b256!("6492649264926492649264926492649264926492649264926492649264926492");

/// Time that a settlement needs to get into a block.
const PAD: u64 = 6;

/// What came of looking at a payment.
pub(super) enum Outcome {
    Fine,
    Refused {
        reason: String,
        message: Option<String>,
    },
    /// The library threw, and its host answered for it.
    Thrown {
        name: Option<&'static str>,
        message: String,
    },
}

/// What came of sending it.
pub(super) enum Settled {
    Done(B256),
    Failed { reason: String, message: Option<String> },
}

fn refused(reason: &str) -> Outcome {
    Outcome::Refused { reason: reason.into(), message: None }
}

pub(super) fn judge(chain: &Chain, now: i64, asked: &Asked, simulate: bool) -> Outcome {
    let served = match asked.version {
        1 => chain.network().v1_name(),
        _ => chain.network().caip2(),
    };
    if asked.scheme != "exact" || asked.network != served {
        let message = format!("No facilitator registered for scheme: {} and network: {}", asked.scheme, asked.network);
        return Outcome::Thrown { name: None, message };
    }
    if let Some(refusal) = terms(asked).or_else(|| checksums(asked, simulate)) {
        return refusal;
    }
    if let Some(refusal) = signature(chain, asked).or_else(|| window_and_value(now, asked)) {
        return refusal;
    }
    // Version 1 of the reference never looks whether there is a token at all.
    if asked.version == 2 && !is_token(chain, asked) {
        return refused("asset_not_deployed_contract");
    }
    if simulate && is_token(chain, asked) { simulated(chain, asked) } else { Outcome::Fine }
}

fn is_token(chain: &Chain, asked: &Asked) -> bool {
    asked.asset.parse() == Ok(chain.network().usdc())
}

fn terms(asked: &Asked) -> Option<Outcome> {
    if asked.paid.0 != asked.scheme {
        return Some(refused("invalid_exact_evm_scheme"));
    }
    let extra = asked.extra.as_object();
    if !["name", "version"].iter().all(|key| asked.extra[key].is_string()) {
        return Some(refused("invalid_exact_evm_missing_eip712_domain"));
    }
    if extra.is_some_and(|extra| extra.len() > 2) {
        return Some(refused("invalid_exact_evm_extra_field"));
    }
    (asked.paid.1 != asked.network).then(|| refused("invalid_exact_evm_network_mismatch"))
}

/// The PyPI facilitator hands addresses to a library that throws on any but EIP-55: its
/// verification takes that for a failed simulation, its settlement fails with the exception.
fn checksums(asked: &Asked, verifying: bool) -> Option<Outcome> {
    let spelled = [&asked.from, &asked.to, &asked.asset, &asked.pay_to];
    let wrong = spelled.into_iter().find(|text| Address::parse_checksummed(text, None).is_err())?;
    Some(if verifying {
        refused("invalid_exact_evm_transaction_simulation_failed")
    } else {
        Outcome::Thrown {
            name: Some("InvalidAddress"),
            message: format!(
                "('web3.py only accepts checksum addresses. The software that gave you this non-checksum address should \
                 be considered unsafe, please file it as a bug on their platform. Try using an ENS name instead. Or, if \
                 you must accept lower safety, use Web3.to_checksum_address(lower_case_address).', '{wrong}')"
            ),
        }
    })
}

fn signature(chain: &Chain, asked: &Asked) -> Option<Outcome> {
    if asked.signature.ends_with(ERC_6492.as_slice()) {
        return Some(refused("eip6492_factory_not_allowed"));
    }
    // Checked in the domain that the server named, not in the token's own: a wrong name only shows
    // in the simulation.
    let domain = Domain {
        name: asked.extra["name"].as_str().unwrap_or_default().into(),
        version: asked.extra["version"].as_str().unwrap_or_default().into(),
        chain_id: chain.network().chain_id(),
        contract: asked.asset.parse().unwrap_or_default(),
    };
    let digest = asked.authorization.digest(&domain);
    (!chain.speaks_for(asked.authorization.from, &digest, &asked.signature))
        .then(|| refused("invalid_exact_evm_signature"))
}

fn window_and_value(now: i64, asked: &Asked) -> Option<Outcome> {
    let now = U256::from(now.unsigned_abs());
    let what = &asked.authorization;
    let reason = if asked.pay_to.parse() != Ok(what.to) {
        "invalid_exact_evm_recipient_mismatch"
    } else if what.valid_before < now + U256::from(PAD) {
        "invalid_exact_evm_payload_authorization_valid_before"
    } else if what.valid_after > now {
        "invalid_exact_evm_payload_authorization_valid_after"
    } else if what.value != asked.amount {
        match asked.version {
            1 => "invalid_exact_evm_authorization_value",
            _ => "invalid_exact_evm_payload_authorization_value_mismatch",
        }
    } else {
        return None;
    };
    Some(refused(reason))
}

/// The simulated call, and the reference's diagnosis of its failure.
fn simulated(chain: &Chain, asked: &Asked) -> Outcome {
    let Err(revert) = chain.simulate(&asked.authorization, &asked.signature) else {
        return Outcome::Fine;
    };
    let what = &asked.authorization;
    let network = chain.network();
    let reason = if chain.authorization_state(what.from, what.nonce) {
        "invalid_exact_evm_nonce_already_used"
    } else if asked.extra["name"] != network.token_name() {
        "invalid_exact_evm_token_name_mismatch"
    } else if asked.extra["version"] != network.token_version() {
        "invalid_exact_evm_token_version_mismatch"
    } else if U256::from(chain.balance(what.from)) < what.value {
        "invalid_exact_evm_insufficient_balance"
    } else {
        "invalid_exact_evm_transaction_simulation_failed"
    };
    Outcome::Refused { reason: reason.into(), message: Some(reverted(revert)) }
}

/// Sends the transfer and waits for its block.
pub(super) fn send(chain: &Chain, asked: &Asked) -> Settled {
    if !is_token(chain, asked) {
        return Settled::Failed { reason: "invalid_exact_evm_transfer_event_mismatch".into(), message: None };
    }
    match chain.transfer_with_authorization(&asked.authorization, &asked.signature) {
        Ok(hash) => Settled::Done(hash),
        // Version 1 puts the whole revert text where the reason belongs.
        Err(revert) if asked.version == 1 => Settled::Failed { reason: reverted(revert), message: None },
        Err(revert) => {
            let reason = match revert {
                Revert::UsedOrCanceled => "invalid_exact_evm_nonce_already_used",
                Revert::Balance => "invalid_exact_evm_insufficient_balance",
                Revert::HighS | Revert::OtherV | Revert::InvalidSignature => "invalid_exact_evm_signature",
                Revert::Expired => "invalid_exact_evm_payload_authorization_valid_before",
                Revert::NotYetValid => "invalid_exact_evm_transaction_failed",
            };
            Settled::Failed { reason: reason.into(), message: Some(reverted(revert)) }
        }
    }
}

fn reverted(revert: Revert) -> String {
    format!(
        "The contract function \"transferWithAuthorization\" reverted with the following reason:\n{}\n\nContract Call:\n  \
         function:  transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 \
         validBefore, bytes32 nonce, uint8 v, bytes32 r, bytes32 s)\n\nDocs: https://viem.sh/docs/contract/writeContract\n\
         Version: viem@2.57.20",
        revert.text()
    )
}
