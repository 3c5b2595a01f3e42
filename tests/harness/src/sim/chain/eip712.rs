//! Typed-data hashing and signatures, written out by hand from EIP-712 and EIP-3009.
//!
//! By hand on purpose: what it checks was hashed by a library, and two independent derivations must
//! agree.

use std::sync::LazyLock;

use alloy_primitives::{Address, B256, U256, keccak256};
use secp256k1::ecdsa::{RecoverableSignature, RecoveryId, Signature};
use secp256k1::{All, Message, PublicKey, Secp256k1, SecretKey};

static CURVE: LazyLock<Secp256k1<All>> = LazyLock::new(Secp256k1::new);
static DOMAIN_TYPE: LazyLock<B256> =
    LazyLock::new(|| keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"));
static TRANSFER_TYPE: LazyLock<B256> = LazyLock::new(|| {
    keccak256(
        "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)",
    )
});

/// An EIP-712 domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// Name of the signing domain.
    pub name: String,
    /// Its version.
    pub version: String,
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// Contract that verifies.
    pub contract: Address,
}

impl Domain {
    /// `DOMAIN_SEPARATOR`.
    pub fn separator(&self) -> B256 {
        words(&[
            *DOMAIN_TYPE,
            keccak256(&self.name),
            keccak256(&self.version),
            U256::from(self.chain_id).into(),
            self.contract.into_word(),
        ])
    }
}

/// An EIP-3009 authorization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    /// Who pays.
    pub from: Address,
    /// Who is paid.
    pub to: Address,
    /// Micro-dollars.
    pub value: U256,
    /// Not before this second, and not in it.
    pub valid_after: U256,
    /// Not after this second, and not in it.
    pub valid_before: U256,
    /// Any 32 bytes, once per payer.
    pub nonce: B256,
}

impl Authorization {
    /// What is signed.
    pub fn digest(&self, domain: &Domain) -> B256 {
        let body = words(&[
            *TRANSFER_TYPE,
            self.from.into_word(),
            self.to.into_word(),
            self.value.into(),
            self.valid_after.into(),
            self.valid_before.into(),
            self.nonce,
        ]);
        let mut message = Vec::from([0x19, 0x01]);
        message.extend_from_slice(domain.separator().as_slice());
        message.extend_from_slice(body.as_slice());
        keccak256(message)
    }
}

fn words(words: &[B256]) -> B256 {
    keccak256(words.iter().flat_map(|word| word.0).collect::<Vec<u8>>())
}

/// The order of the curve.
const ORDER: U256 = alloy_primitives::uint!(0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141_U256);

/// A throw-away private key.
#[derive(Clone)]
pub struct Key(SecretKey);

impl Key {
    /// A key from 32 bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(SecretKey::from_byte_array(bytes).unwrap_or_else(|_| panic!("not a private key: zero or too large")))
    }

    /// A new key.
    pub fn random() -> Self {
        let mut bytes = crate::sim::random::<32>();
        // Below the curve's order, whatever was drawn.
        bytes[0] &= 0x7f;
        bytes[31] |= 1;
        Self::new(bytes)
    }

    /// Its address.
    pub fn address(&self) -> Address {
        address_of(&self.0.public_key(&CURVE))
    }

    /// The 32 bytes, for wallets that want them.
    pub fn secret(&self) -> [u8; 32] {
        self.0.secret_bytes()
    }

    /// The public key, uncompressed: 65 bytes that begin with a 4.
    pub fn point(&self) -> [u8; 65] {
        self.0.public_key(&CURVE).serialize_uncompressed()
    }

    /// The signature in DER, with the high s of the two if asked for.
    pub fn sign_der(&self, digest: &B256, high: bool) -> Vec<u8> {
        let mut signature = CURVE.sign_ecdsa(Message::from_digest(digest.0), &self.0);
        if high {
            let mut compact = signature.serialize_compact();
            let s = U256::from_be_slice(&compact[32..]);
            compact[32..].copy_from_slice(&(ORDER - s).to_be_bytes::<32>());
            signature = Signature::from_compact(&compact).unwrap_or(signature);
        }
        signature.serialize_der().to_vec()
    }

    /// r, s, and v as 27 or 28.
    pub fn sign(&self, digest: &B256) -> [u8; 65] {
        let signed = CURVE.sign_ecdsa_recoverable(Message::from_digest(digest.0), &self.0);
        let (recovery, compact) = signed.serialize_compact();
        let mut bytes = [0; 65];
        bytes[..64].copy_from_slice(&compact);
        bytes[64] = 27 + u8::from(recovery == RecoveryId::One);
        bytes
    }
}

fn address_of(key: &PublicKey) -> Address {
    let uncompressed = key.serialize_uncompressed();
    Address::from_word(keccak256(&uncompressed[1..]))
}

/// Recovery as the precompile does it: any s, v 27 or 28. Verifying libraries also take v 0 and 1.
pub(crate) fn recover_lenient(digest: &B256, signature: &[u8]) -> Option<Address> {
    let (compact, v) = split(signature)?;
    let recovery = match v {
        0 | 27 => RecoveryId::Zero,
        1 | 28 => RecoveryId::One,
        _ => return None,
    };
    let signed = RecoverableSignature::from_compact(&compact, recovery).ok()?;
    CURVE.recover_ecdsa(Message::from_digest(digest.0), &signed).ok().map(|key| address_of(&key))
}

/// Recovery as USDC's `ECRecover` does it: low s and v 27 or 28 only.
pub(crate) fn recover_strict(digest: &B256, signature: &[u8]) -> Option<Address> {
    let (compact, v) = split(signature)?;
    if !matches!(v, 27 | 28) {
        return None;
    }
    if is_high(&compact)? {
        return None;
    }
    recover_lenient(digest, signature)
}

/// Whether s is high, and v; of 65 bytes that can be a signature.
pub(crate) fn spelling(signature: &[u8]) -> Option<(bool, u8)> {
    let (compact, v) = split(signature)?;
    Some((is_high(&compact)?, v))
}

fn is_high(compact: &[u8; 64]) -> Option<bool> {
    let mut normalized = Signature::from_compact(compact).ok()?;
    normalized.normalize_s();
    Some(normalized.serialize_compact() != *compact)
}

fn split(signature: &[u8]) -> Option<([u8; 64], u8)> {
    let (v, compact) = signature.split_last()?;
    Some((compact.try_into().ok()?, *v))
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{address, b256, hex};

    use super::*;
    use crate::sim::chain::Network;

    fn vector() -> Authorization {
        Authorization {
            from: address!("70997970C51812dc3A010C7d01b50e0d17dc79C8"),
            to: address!("3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"),
            value: U256::from(540_000),
            valid_after: U256::ZERO,
            valid_before: U256::from(1_795_519_772_u64),
            nonce: b256!("b04faa1422f6034bb0b2cc423e01d197ececa6647c499cd37a3dc320da75b7e1"),
        }
    }

    #[test]
    fn separators_are_those_of_the_live_tokens() {
        assert_eq!(
            Network::Base.domain().separator(),
            b256!("02fa7265e7c5d81118673727957699e4d68f74cd74b7db77da710fe8a2c7834f")
        );
        assert_eq!(
            Network::BaseSepolia.domain().separator(),
            b256!("71f17a3b2ff373b803d70a5a07c046c1a2bc8e89c09ef722fcb047abe94c9818")
        );
    }

    #[test]
    fn a_published_clients_signature_recovers() {
        let digest = vector().digest(&Network::BaseSepolia.domain());
        assert_eq!(digest, b256!("975e129ffdd2376afbf12a17cc0279337015e046275bf6d95c08a1817d08175e"));
        let signature = hex!(
            "e7c180820c224b85d156aa440c7399320949d5963e9a13826244a303e2076333089cfa00c1ff29c218ecb6c74127f85aa60de65aaa585f2b12c1da9c95e733d51c"
        );
        assert_eq!(recover_strict(&digest, &signature), Some(vector().from));
        let on_base = vector().digest(&Network::Base.domain());
        assert_eq!(on_base, b256!("48c5b9c125db8c724603b641a41113221e8c50e00a23de0425e2d1996bb2bed0"));
        assert_ne!(recover_strict(&on_base, &signature), Some(vector().from));
    }

    #[test]
    fn keys_sign_what_they_say() {
        let key = Key::new(hex!("59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"));
        assert_eq!(key.address(), vector().from);
        let digest = vector().digest(&Network::Base.domain());
        assert_eq!(recover_strict(&digest, &key.sign(&digest)), Some(key.address()));
    }

    #[test]
    fn usdc_refuses_what_libraries_accept() {
        let key = Key::random();
        let digest = vector().digest(&Network::Base.domain());
        let good = key.sign(&digest);
        let mut small_v = good;
        small_v[64] -= 27;
        assert_eq!(recover_lenient(&digest, &small_v), Some(key.address()));
        assert_eq!(recover_strict(&digest, &small_v), None);
        let high = high_s(&good);
        assert_eq!(recover_lenient(&digest, &high), Some(key.address()));
        assert_eq!(recover_strict(&digest, &high), None);
    }

    fn high_s(signature: &[u8; 65]) -> [u8; 65] {
        let s = U256::from_be_slice(&signature[32..64]);
        let mut high = *signature;
        high[32..64].copy_from_slice(&(ORDER - s).to_be_bytes::<32>());
        high[64] = if signature[64] == 27 { 28 } else { 27 };
        high
    }
}
