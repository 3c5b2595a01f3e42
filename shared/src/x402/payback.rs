//! A payment back: an EIP-3009 authorization from our refund wallet to a wallet that paid us. Its
//! nonce follows from the payment that it gives back, so however often one is signed and sent, the
//! token moves the money once. Pure: the key is somewhere else, and so is what decides that money
//! goes back.

use alloy_primitives::{Address, B256, keccak256};

use super::{Authorization, Draft, Payload, Quote, SignedAuthorization, Verified, Version};
use crate::types::{EvmNetwork, PaymentId, Usdc, Wallet};

/// What is hashed before the payment's id. Another one would let every refund be sent a second
/// time.
const PURPOSE: &[u8] = b"dialtone refund of ";

/// A payment back that is not signed yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Payback {
    quote: Quote,
    draft: Draft,
}

impl Payback {
    /// All of `amount` back to who paid it. `resource` names what it had been paid for.
    pub fn new(
        payment: &PaymentId,
        (network, payer): (EvmNetwork, Address),
        amount: Usdc,
        wallet: Address,
        valid_before: u64,
        resource: String,
    ) -> Self {
        let quote = Quote {
            pay_to: Wallet::Evm { network, address: payer },
            amount,
            resource,
            description: "A payment back".into(),
        };
        let authorization = Authorization {
            from: wallet,
            to: payer,
            value: amount,
            valid_after: 0,
            valid_before,
            nonce: nonce(payment),
        };
        Self { quote, draft: Draft { network, authorization } }
    }

    /// What the refund wallet's key signs.
    pub fn digest(&self) -> B256 {
        self.draft.digest()
    }

    /// The payment with its signature, DER-encoded as a key store gives it. Nothing, if another key
    /// has signed or something else was signed.
    pub fn signed(self, der: &[u8]) -> Option<Verified> {
        let Self { quote, draft } = self;
        Some(Verified::restore(quote, Payload::Evm(draft.signed(der)?), Version::V2))
    }

    /// The payment as it was sent, for asking the chain what became of it: that needs no signature.
    pub fn unsigned(self) -> Verified {
        let Draft { network, authorization } = self.draft;
        let unsigned = SignedAuthorization { network, authorization, signature: Vec::new() };
        Verified::restore(self.quote, Payload::Evm(unsigned), Version::V2)
    }
}

/// What names the payment back of a payment, on either rail.
pub(super) fn nonce(payment: &PaymentId) -> B256 {
    keccak256([PURPOSE, payment.as_str().as_bytes()].concat())
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{U256, b256, hex};
    use secp256k1::ecdsa::Signature;
    use secp256k1::{Message, Secp256k1, SecretKey};

    use super::*;

    fn key() -> SecretKey {
        SecretKey::from_byte_array([7; 32]).unwrap()
    }

    fn wallet() -> Address {
        let point = key().public_key(&Secp256k1::new()).serialize_uncompressed();
        Address::from_slice(&keccak256(&point[1..])[12..])
    }

    fn payer() -> (EvmNetwork, Address) {
        (EvmNetwork::Base, Address::repeat_byte(0x11))
    }

    fn payment(nonce: u8) -> PaymentId {
        PaymentId::evm(EvmNetwork::Base, payer().1, B256::repeat_byte(nonce))
    }

    fn payback(nonce: u8, valid_before: u64) -> Payback {
        let amount = Usdc::micros(540_000);
        Payback::new(&payment(nonce), payer(), amount, wallet(), valid_before, "https://example.com/call".to_owned())
    }

    fn der(payback: &Payback) -> Vec<u8> {
        let digest = Message::from_digest(payback.digest().0);
        Secp256k1::new().sign_ecdsa(digest, &key()).serialize_der().to_vec()
    }

    /// The same signature with the mirrored s, which a key store may well answer with.
    fn mirrored(der: &[u8]) -> Vec<u8> {
        let order = U256::from_be_slice(&hex!("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"));
        let mut compact = Signature::from_der(der).unwrap().serialize_compact();
        let s = U256::from_be_slice(&compact[32..]);
        compact[32..].copy_from_slice(&(order - s).to_be_bytes::<32>());
        Signature::from_compact(&compact).unwrap().serialize_der().to_vec()
    }

    #[test]
    fn a_payment_goes_back_under_one_nonce_however_often_it_is_sent() {
        assert_eq!(payback(1, 100).draft.authorization.nonce, payback(1, 999).draft.authorization.nonce);
        assert_ne!(payback(1, 100).draft.authorization.nonce, payback(2, 100).draft.authorization.nonce);
        // Written down: a later version that derives another one would pay back once more.
        let recorded = b256!("0x1a926791c85134fa18c22c0fd0fc2a5b2f8be07fa2b59c13b430fb1aed7e774d");
        assert_eq!(payback(1, 100).draft.authorization.nonce, recorded);
    }

    #[test]
    fn it_is_signed_as_the_token_takes_it_whichever_s_the_key_store_gives() {
        for nonce in 0..20 {
            let payback = payback(nonce, 100);
            let low = der(&payback);
            let expected = payback.clone().signed(&low).expect("our key has signed it");
            assert_eq!(payback.clone().signed(&mirrored(&low)), Some(expected.clone()));
            assert_eq!(expected.payer(), Wallet::Evm { network: EvmNetwork::Base, address: wallet() });
            let Payload::Evm(signed) = expected.payload() else { unreachable!("it is an authorization") };
            assert!(matches!(signed.signature[64], 27 | 28));
        }
    }

    #[test]
    fn what_another_key_signed_is_not_sent() {
        assert_eq!(payback(1, 100).signed(&der(&payback(2, 100))), None);
        assert_eq!(payback(1, 100).signed(&[]), None);
        assert_eq!(payback(1, 100).signed(&[0x30, 0, 0]), None);
    }
}
