//! The `exact` scheme on EVM chains: who signed an EIP-3009 `TransferWithAuthorization`, or any
//! other hash. It knows the token's signing domain and the curve; it knows nothing of prices or
//! times.

use std::borrow::Cow;
use std::sync::OnceLock;

use alloy_primitives::{Address, B256, U256, b256, keccak256};
use alloy_sol_types::{Eip712Domain, SolStruct, sol};
use secp256k1::ecdsa::{RecoverableSignature, RecoveryId};
use secp256k1::{Message, Secp256k1, VerifyOnly};

use super::{Authorization, SignedAuthorization};
use crate::types::EvmNetwork;

/// The EIP-712 version of USDC on every network of ours.
pub(super) const DOMAIN_VERSION: &str = "2";
/// The length of a signature by a plain key: r, s and v.
pub(super) const ECDSA: usize = 65;

/// Half the order of the curve. USDC takes only signatures whose s is not above it, so that each
/// has one spelling.
const HALF_ORDER: B256 = b256!("0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0");

sol! {
    struct TransferWithAuthorization {
        address from;
        address to;
        uint256 value;
        uint256 validAfter;
        uint256 validBefore;
        bytes32 nonce;
    }
}

/// The hash that the payer signs.
pub(super) fn digest(network: EvmNetwork, authorization: &Authorization) -> B256 {
    let domain = Eip712Domain::new(
        Some(Cow::Borrowed(network.usdc_name())),
        Some(Cow::Borrowed(DOMAIN_VERSION)),
        Some(U256::from(network.chain_id())),
        Some(network.usdc()),
        None,
    );
    let message = TransferWithAuthorization {
        from: authorization.from,
        to: authorization.to,
        value: U256::from(authorization.value.atomic()),
        validAfter: U256::from(authorization.valid_after),
        validBefore: U256::from(authorization.valid_before),
        nonce: authorization.nonce,
    };
    message.eip712_signing_hash(&domain)
}

/// The address whose key signed this authorization for the network's USDC, or nothing if these
/// bytes are not a signature that the contract would take.
pub(super) fn signer(network: EvmNetwork, authorization: &Authorization, signature: &[u8; ECDSA]) -> Option<Address> {
    recovered(digest(network, authorization), signature)
}

/// The address whose key signed this hash, or nothing if these bytes are not a signature in its one
/// spelling: r and a low s, then a v that is 0 or 1, or 27 or 28.
pub(super) fn recovered(digest: B256, signature: &[u8; ECDSA]) -> Option<Address> {
    let (rs, v) = signature.split_last_chunk::<1>()?;
    let recovery = match v {
        [0 | 27] => RecoveryId::Zero,
        [1 | 28] => RecoveryId::One,
        _ => return None,
    };
    let (_, s) = rs.split_last_chunk::<32>()?;
    if *s > HALF_ORDER.0 {
        return None;
    }
    let signature = RecoverableSignature::from_compact(rs, recovery).ok()?;
    let key = context().recover_ecdsa(Message::from_digest(digest.0), &signature).ok()?;
    let [_, point @ ..] = key.serialize_uncompressed();
    Some(Address::from_slice(keccak256(point).get(12..)?))
}

/// The same signature with v as 27 or 28, which is all that the contract takes. Anything longer is
/// left as it is.
fn normalized(mut signature: Vec<u8>) -> Vec<u8> {
    if signature.len() == ECDSA
        && let Some(v @ (0 | 1)) = signature.last_mut()
    {
        *v += 27;
    }
    signature
}

/// The form in which it is settled.
impl SignedAuthorization {
    pub(super) fn normalized(self) -> Self {
        Self { signature: normalized(self.signature), ..self }
    }
}

/// Made once: the tables of a context cost more than a recovery.
fn context() -> &'static Secp256k1<VerifyOnly> {
    static CONTEXT: OnceLock<Secp256k1<VerifyOnly>> = OnceLock::new();
    CONTEXT.get_or_init(Secp256k1::verification_only)
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{U256, address, b256, hex};

    use super::{HALF_ORDER, digest, normalized, signer};
    use crate::types::{EvmNetwork, Usdc};
    use crate::x402::Authorization;

    /// Signed by `@x402/fetch` 2.27 with a well-known test key, hashed with viem.
    const AUTHORIZATION: Authorization = Authorization {
        from: address!("0x70997970C51812dc3A010C7d01b50e0d17dc79C8"),
        to: address!("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"),
        value: Usdc::micros(540_000),
        valid_after: 0,
        valid_before: 1_795_519_772,
        nonce: b256!("0xb04faa1422f6034bb0b2cc423e01d197ececa6647c499cd37a3dc320da75b7e1"),
    };
    const SIGNATURE: [u8; 65] = hex!(
        "e7c180820c224b85d156aa440c7399320949d5963e9a13826244a303e2076333089cfa00c1ff29c218ecb6c74127f85aa60de65aaa585f2b12c1da9c95e733d51c"
    );

    #[test]
    fn the_digest_is_what_published_clients_sign() {
        for (network, expected) in [
            (EvmNetwork::BaseSepolia, b256!("0x975e129ffdd2376afbf12a17cc0279337015e046275bf6d95c08a1817d08175e")),
            (EvmNetwork::Base, b256!("0x48c5b9c125db8c724603b641a41113221e8c50e00a23de0425e2d1996bb2bed0")),
        ] {
            assert_eq!(digest(network, &AUTHORIZATION), expected, "{network:?}");
        }
    }

    #[test]
    fn a_signature_names_its_signer_on_its_own_network_only() {
        assert_eq!(signer(EvmNetwork::BaseSepolia, &AUTHORIZATION, &SIGNATURE), Some(AUTHORIZATION.from));
        assert_ne!(signer(EvmNetwork::Base, &AUTHORIZATION, &SIGNATURE), Some(AUTHORIZATION.from));
        let other = Authorization { value: Usdc::micros(540_001), ..AUTHORIZATION };
        assert_ne!(signer(EvmNetwork::BaseSepolia, &other, &SIGNATURE), Some(AUTHORIZATION.from));
    }

    #[test]
    fn a_signature_has_one_spelling_but_for_v() {
        let with_v = |v: u8| {
            let mut signature = SIGNATURE;
            signature[64] = v;
            signer(EvmNetwork::BaseSepolia, &AUTHORIZATION, &signature)
        };
        assert_eq!(with_v(1), Some(AUTHORIZATION.from));
        assert_eq!(with_v(28), Some(AUTHORIZATION.from));
        assert_ne!(with_v(27), Some(AUTHORIZATION.from));
        for v in [2, 3, 26, 29, 30, 35, 255] {
            assert_eq!(with_v(v), None, "v = {v}");
        }
    }

    #[test]
    fn the_mirrored_signature_is_refused() {
        // (r, n − s) with the other v is the same signature to the curve, and not to the contract.
        let order = U256::from_be_slice(&hex!("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"));
        let mut mirrored = SIGNATURE;
        let s = U256::from_be_slice(&SIGNATURE[32..64]);
        mirrored[32..64].copy_from_slice(&(order - s).to_be_bytes::<32>());
        mirrored[64] = 27;
        assert_eq!(signer(EvmNetwork::BaseSepolia, &AUTHORIZATION, &mirrored), None);
    }

    #[test]
    fn the_highest_s_is_half_the_order() {
        let with_s = |s: U256| {
            let mut signature = SIGNATURE;
            signature[32..64].copy_from_slice(&s.to_be_bytes::<32>());
            signer(EvmNetwork::BaseSepolia, &AUTHORIZATION, &signature)
        };
        let half = U256::from_be_bytes(HALF_ORDER.0);
        assert!(with_s(half).is_some());
        assert_eq!(with_s(half + U256::ONE), None);
    }

    #[test]
    fn nonsense_is_not_a_wallets_signature() {
        for bytes in [[0; 65], [0xff; 65], {
            let mut zero_s = SIGNATURE;
            zero_s[32..64].copy_from_slice(&[0; 32]);
            zero_s
        }] {
            assert_eq!(signer(EvmNetwork::BaseSepolia, &AUTHORIZATION, &bytes), None);
        }
    }

    #[test]
    fn v_is_forwarded_as_the_contract_takes_it() {
        for (v, forwarded) in [(0, 27), (1, 28), (27, 27), (28, 28)] {
            let mut signature = vec![1; 65];
            signature[64] = v;
            assert_eq!(normalized(signature).last(), Some(&forwarded));
        }
        let wallet = vec![0; 96];
        assert_eq!(normalized(wallet.clone()), wallet);
    }
}
