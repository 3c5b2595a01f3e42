//! The message of a sign-in as it is signed, and who has signed it. Version 1 of CAIP-122, in the
//! two dialects of the published clients, which are the same where there is a statement.

use alloy_primitives::eip191_hash_message;
use solana_signature::Signature;

use super::NotSignedIn;
use super::wire::Signed;
use crate::types::{Network, Wallet};
use crate::x402::exact_evm::{ECDSA, recovered};
use crate::x402::hex::hex_bytes;

/// The wallet of the message's address, if its key has signed the message. No neighbour is asked.
pub(super) fn signer(network: Network, signed: &Signed) -> Result<Wallet, NotSignedIn> {
    let wallet = Wallet::on(network, &signed.address).map_err(|_| {
        let address = match network {
            Network::Evm(_) => "0x and 40 hexadecimal digits",
            Network::Solana(_) => "a wallet in base58",
        };
        NotSignedIn::Malformed(format!("`address` must be {address}"))
    })?;
    let text = text(network, signed);
    let is_signed = match wallet {
        Wallet::Evm { address, .. } => {
            let signature = hex_bytes::<ECDSA>(&signed.signature);
            signature.and_then(|signature| recovered(eip191_hash_message(&text), &signature)) == Some(address)
        }
        // Strict: a key of small order, which anyone can sign for, has signed nothing.
        Wallet::Solana { address, .. } => {
            let signature = signed.signature.parse::<Signature>();
            signature.is_ok_and(|signature| signature.verify(address.as_ref(), text.as_bytes()))
        }
    };
    if is_signed { Ok(wallet) } else { Err(NotSignedIn::InvalidSignature) }
}

/// The message, each part as the client wrote it.
fn text(network: Network, signed: &Signed) -> String {
    let (rail, chain) = match network {
        Network::Evm(_) => ("Ethereum", "eip155:"),
        Network::Solana(_) => ("Solana", "solana:"),
    };
    let chain = network.caip2().trim_start_matches(chain);
    let Signed { domain, address, uri, version, nonce, issued_at, .. } = signed;
    let statement = signed.statement.as_deref().unwrap_or_default();
    let mut lines = vec![
        format!("{domain} wants you to sign in with your {rail} account:"),
        address.clone(),
        String::new(),
        statement.to_owned(),
        String::new(),
        format!("URI: {uri}"),
        format!("Version: {version}"),
        format!("Chain ID: {chain}"),
        format!("Nonce: {nonce}"),
        format!("Issued At: {issued_at}"),
    ];
    let further = [
        ("Expiration Time", &signed.expiration_time),
        ("Not Before", &signed.not_before),
        ("Request ID", &signed.request_id),
    ];
    lines.extend(further.iter().filter_map(|(name, value)| Some(format!("{name}: {}", value.as_ref()?))));
    if let Some(resources) = &signed.resources {
        lines.push("Resources:".to_owned());
        lines.extend(resources.iter().map(|resource| format!("- {resource}")));
    }
    lines.join("\n")
}
