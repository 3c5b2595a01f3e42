//! Who pays on an EVM chain: an EIP-3009 authorization and its signature, by a plain key, as the
//! operator pays to prove that a deployment sells, or by a key store. It knows no prices: what is
//! signed is what it is told.

use alloy_primitives::{Address, B256, keccak256};
use secp256k1::ecdsa::Signature;
use secp256k1::{Message, Secp256k1, SecretKey};

use super::exact_evm::{ECDSA, digest, signer};
use super::{Authorization, SignedAuthorization};
use crate::types::EvmNetwork;

/// A payer's private key. It has no `Debug`, and is not shown.
pub struct PayerKey(SecretKey);

impl PayerKey {
    /// Reads a key as wallets export it: 64 hexadecimal digits, with or without `0x`.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 32] = alloy_primitives::hex::decode_to_array(text.trim()).ok()?;
        SecretKey::from_byte_array(bytes).ok().map(Self)
    }

    /// The address that pays.
    pub fn address(&self) -> Address {
        let point = self.0.public_key(&Secp256k1::signing_only()).serialize_uncompressed();
        let [_, point @ ..] = point;
        let [_, _, _, _, _, _, _, _, _, _, _, _, address @ ..] = keccak256(point).0;
        Address::from(address)
    }

    /// The authorization with a signature that USDC takes: r, a low s, and v as 27 or 28.
    pub fn sign(&self, network: EvmNetwork, authorization: Authorization) -> SignedAuthorization {
        let digest = Message::from_digest(digest(network, &authorization).0);
        let (recovery, compact) = Secp256k1::signing_only().sign_ecdsa_recoverable(digest, &self.0).serialize_compact();
        let v = if i32::from(recovery) % 2 == 0 { 27 } else { 28 };
        let signature = [&compact[..], &[v]].concat();
        SignedAuthorization { network, authorization, signature }
    }
}

/// An authorization that a key store has still to sign.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draft {
    /// The chain that it is for.
    pub network: EvmNetwork,
    /// What is signed.
    pub authorization: Authorization,
}

impl Draft {
    /// What the payer's key signs.
    pub fn digest(&self) -> B256 {
        digest(self.network, &self.authorization)
    }

    /// The authorization with its signature, DER-encoded as a key store gives it, in the one
    /// spelling that USDC takes: a low s, and the v that names the payer. Nothing, if another key
    /// has signed or something else was signed.
    pub fn signed(self, der: &[u8]) -> Option<SignedAuthorization> {
        let Self { network, authorization } = self;
        let mut signature = Signature::from_der(der).ok()?;
        signature.normalize_s();
        let compact = signature.serialize_compact();
        let signature = [27, 28].into_iter().find_map(|v| {
            let mut bytes = [v; ECDSA];
            bytes.get_mut(..compact.len())?.copy_from_slice(&compact);
            (signer(network, &authorization, &bytes) == Some(authorization.from)).then_some(bytes)
        })?;
        Some(SignedAuthorization { network, authorization, signature: signature.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{B256, address};

    use super::PayerKey;
    use crate::types::{EvmNetwork, Usdc};
    use crate::x402::Authorization;
    use crate::x402::exact_evm::signer;

    /// The second of the accounts that development chains begin with.
    const KEY: &str = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d";

    #[test]
    fn a_key_is_read_as_wallets_export_it_and_knows_its_address() {
        let whole = address!("0x70997970C51812dc3A010C7d01b50e0d17dc79C8");
        for text in [KEY, KEY.trim_start_matches("0x"), &format!(" {KEY}\n")] {
            assert_eq!(PayerKey::parse(text).map(|key| key.address()), Some(whole), "{text:?}");
        }
        for text in ["", "0x", "0x12", &KEY[..65], &format!("0x{}", "0".repeat(64)), &format!("0x{}", "f".repeat(64))] {
            assert!(PayerKey::parse(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn what_is_signed_names_the_payer_on_its_own_network_only() {
        let key = PayerKey::parse(KEY).unwrap();
        for nonce in 0..8 {
            let authorization = Authorization {
                from: key.address(),
                to: address!("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"),
                value: Usdc::micros(1_000),
                valid_after: 0,
                valid_before: 1_795_519_772,
                nonce: B256::repeat_byte(nonce),
            };
            let signed = key.sign(EvmNetwork::BaseSepolia, authorization);
            let signature: [u8; 65] = signed.signature.clone().try_into().unwrap();
            assert_eq!(signer(EvmNetwork::BaseSepolia, &signed.authorization, &signature), Some(key.address()));
            assert_ne!(signer(EvmNetwork::Base, &signed.authorization, &signature), Some(key.address()));
        }
    }
}
