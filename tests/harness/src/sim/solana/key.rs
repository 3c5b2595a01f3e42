//! Keys of Solana: pairs that sign, addresses in base58, and the addresses that follow from others.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::sim::random;

/// 32 bytes: a public key, an account, a program.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pubkey(pub [u8; 32]);

impl Pubkey {
    /// Of text that is known to be one.
    pub fn of(text: &str) -> Self {
        text.parse().unwrap_or_else(|()| panic!("{text} is not an address of Solana"))
    }

    /// Did this key sign the message? As strictly as a node asks it.
    pub fn signed(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        let key = VerifyingKey::from_bytes(&self.0);
        key.is_ok_and(|key| key.verify_strict(message, &Signature::from_bytes(signature)).is_ok())
    }
}

impl fmt::Display for Pubkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base58(&self.0))
    }
}

impl fmt::Debug for Pubkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pubkey({self})")
    }
}

impl FromStr for Pubkey {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let bytes = bs58::decode(text).into_vec().map_err(|_| ())?;
        Ok(Self(bytes.try_into().map_err(|_| ())?))
    }
}

/// A pair of keys.
#[derive(Clone)]
pub struct Key(SigningKey);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.address())
    }
}

impl Key {
    /// A new one.
    pub fn random() -> Self {
        Self::of_seed(random())
    }

    /// The pair of a seed.
    pub fn of_seed(seed: [u8; 32]) -> Self {
        Self(SigningKey::from_bytes(&seed))
    }

    /// The pair that [`Key::secret`] wrote.
    pub fn of_secret(text: &str) -> Option<Self> {
        let bytes: [u8; 64] = bs58::decode(text).into_vec().ok()?.try_into().ok()?;
        SigningKey::from_keypair_bytes(&bytes).ok().map(Self)
    }

    /// Its public half.
    pub fn address(&self) -> Pubkey {
        Pubkey(self.0.verifying_key().to_bytes())
    }

    /// Both halves in base58, as wallets export them.
    pub fn secret(&self) -> String {
        base58(&self.0.to_keypair_bytes())
    }

    /// Its signature.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

/// Bytes as Solana writes them.
pub fn base58(bytes: &[u8]) -> String {
    bs58::encode(bytes).into_string()
}

/// The account in which an owner keeps a token, unless it says otherwise: the first of 256
/// addresses that is not a public key.
pub fn associated(owner: Pubkey, mint: Pubkey) -> Pubkey {
    let program = Pubkey::of(super::programs::ASSOCIATED_TOKEN);
    let token = Pubkey::of(super::programs::TOKEN);
    let derived = |bump: u8| -> [u8; 32] {
        let hash = Sha256::new().chain_update(owner.0).chain_update(token.0).chain_update(mint.0);
        hash.chain_update([bump]).chain_update(program.0).chain_update("ProgramDerivedAddress").finalize().into()
    };
    let off_curve = |bytes: &[u8; 32]| VerifyingKey::from_bytes(bytes).is_err();
    let found = (0..=u8::MAX).rev().map(derived).find(off_curve);
    Pubkey(found.unwrap_or_else(|| panic!("no associated account of {owner}")))
}
