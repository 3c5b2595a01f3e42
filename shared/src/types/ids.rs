//! Identifiers: of a call, of a payment, of an attempt.

use std::fmt;

use alloy_primitives::{Address, B256};

use solana_signature::Signature;

use super::{EvmNetwork, Network, SolanaNetwork};

/// Crockford's alphabet: no I, L, O or U, so that nothing can be misread.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 26;

/// A call's id: 128 random bits in 26 Crockford characters. Polling is free and unauthenticated, so
/// a caller who has the id may read the call: it must not be guessable, and must not derive from
/// anything on chain.
#[derive(Clone, PartialEq, Eq)]
pub struct CallId(Box<str>);

/// The text cannot be a call's id.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a call id")]
pub struct NotACallId;

impl CallId {
    /// The id that these bits spell.
    pub fn from_bits(bits: u128) -> Self {
        Self(crockford(bits).into())
    }

    /// Reads an id exactly as we write it: one spelling, so that one call has one key.
    pub fn parse(text: &str) -> Result<Self, NotACallId> {
        // 26 characters hold 130 bits; the first one has only three to give.
        let (first, _) = text.as_bytes().split_first().ok_or(NotACallId)?;
        if text.len() == LENGTH && *first <= b'7' && text.bytes().all(|c| ALPHABET.contains(&c)) {
            Ok(Self(text.into()))
        } else {
            Err(NotACallId)
        }
    }

    /// The 26 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CallId {
    /// A capability does not belong in a log; its first characters are enough to follow a call.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…", self.0.get(..6).unwrap_or_default())
    }
}

/// One try at serving a request. A write whose answer was lost is told by it from a rival's write.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AttemptId(Box<str>);

impl AttemptId {
    /// The id that these bits spell.
    pub fn from_bits(bits: u128) -> Self {
        Self(crockford(bits).into())
    }

    /// Reads an id from a row of ours.
    pub fn from_row(text: String) -> Self {
        Self(text.into())
    }

    /// The characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name by which the *chain* deduplicates a payment. Never the header, the signature or a
/// transaction hash: all three can be re-encoded or shared.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PaymentId(Box<str>);

impl PaymentId {
    /// EIP-3009: a payer's nonce can be used once per token contract, and we are paid in one of
    /// each network's.
    pub fn evm(network: EvmNetwork, payer: Address, nonce: B256) -> Self {
        Self(format!("{}:{payer:#x}:{nonce:#x}", network.caip2()).into())
    }

    /// Solana: a message can be processed once. Signatures are not part of it, since the fee
    /// payer's comes later.
    pub fn solana(network: SolanaNetwork, message: B256) -> Self {
        Self(format!("{}:{}", network.caip2(), alloy_primitives::hex::encode(message)).into())
    }

    /// Reads an id from a row of ours.
    pub fn from_row(text: String) -> Self {
        Self(text.into())
    }

    /// The id as our keys write it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A number below `shards` that spreads payments evenly: the nonce is random.
    pub fn shard(&self, shards: u8) -> u8 {
        self.0.bytes().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte)) % shards
    }

    /// A name for things made for this payment at a vendor. Short and one-way: vendors show such
    /// names, and a nonce that is not settled yet stays with us.
    pub fn tag(&self) -> String {
        use sha2::{Digest, Sha256};
        let digest: [u8; 32] = Sha256::digest(self.0.as_bytes()).into();
        let mut head = [0; 16];
        head.copy_from_slice(digest.get(..16).unwrap_or(&[0; 16]));
        format!("dt-{}", crockford(u128::from_be_bytes(head)))
    }
}

impl fmt::Debug for PaymentId {
    /// The nonce of an unsettled payment is half of a stranger's front-run, so a log gets the
    /// one-way name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.tag())
    }
}

/// A transaction, as its network names it. One transaction can settle many payments, so it
/// identifies none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TransactionId(Box<str>);

impl TransactionId {
    /// An EVM transaction's hash.
    pub fn evm(hash: B256) -> Self {
        Self(format!("{hash:#x}").into())
    }

    /// Reads a name from a row of ours.
    pub fn from_row(text: String) -> Self {
        Self(text.into())
    }

    /// Reads a name: on EVM chains 0x and a hash that is not all zeros, on Solana the first
    /// signature in base58.
    pub fn read(network: Network, text: &str) -> Option<Self> {
        match network {
            Network::Evm(_) => {
                let digits = text.strip_prefix("0x").filter(|digits| digits.len() == 64)?;
                let hash = digits.parse::<B256>().ok().filter(|hash| !hash.is_zero())?;
                Some(Self::evm(hash))
            }
            Network::Solana(_) => {
                let signature = text.parse::<Signature>().ok()?;
                (signature != Signature::default()).then(|| Self(signature.to_string().into()))
            }
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn crockford(bits: u128) -> String {
    (0..LENGTH)
        .rev()
        .map(|place| {
            let digit = usize::try_from((bits >> (place * 5)) & 31).unwrap_or(0);
            ALPHABET.get(digit).copied().map_or('0', char::from)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{CallId, NotACallId, TransactionId};
    use crate::types::{EvmNetwork, SolanaNetwork};

    #[test]
    fn a_call_id_has_one_spelling() {
        assert_eq!(CallId::from_bits(0).as_str(), "00000000000000000000000000");
        assert_eq!(CallId::from_bits(u128::MAX).as_str(), "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
        let id = CallId::from_bits(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
        assert_eq!(CallId::parse(id.as_str()).unwrap().as_str(), id.as_str());
    }

    #[test]
    fn what_is_not_a_call_id_is_not_looked_for() {
        for text in [
            "",
            "01HXY9",
            "8ZZZZZZZZZZZZZZZZZZZZZZZZZ",
            "7zzzzzzzzzzzzzzzzzzzzzzzzz",
            "0000000000000000000000000I",
            "../../../../../../../../etc",
        ] {
            assert_eq!(CallId::parse(text), Err(NotACallId), "{text}");
        }
    }

    #[test]
    fn a_transaction_is_named_as_its_network_names_it() {
        let (evm, solana) = (EvmNetwork::Base.into(), SolanaNetwork::Mainnet.into());
        let hash = format!("0x{}", "Ab".repeat(32));
        let signature = "5VERv8NMvzbJMEkV8xnrLkEaWRtSz9CosKDYjCJjBRnbJLgp8uirBgmQpjKhoR4tjF3ZpRzrFmBV6UjKdiSZkQUW";
        assert_eq!(TransactionId::read(evm, &hash).unwrap().as_str(), hash.to_lowercase());
        assert_eq!(TransactionId::read(solana, signature).unwrap().as_str(), signature);
        for (network, text) in [(evm, signature), (solana, hash.as_str()), (evm, ""), (solana, ""), (evm, "0x12")] {
            assert_eq!(TransactionId::read(network, text), None, "{text}");
        }
        assert_eq!(TransactionId::read(evm, &format!("0x{}", "0".repeat(64))), None);
        assert_eq!(TransactionId::read(evm, &format!("0x0x{}", "a".repeat(62))), None);
        assert_eq!(TransactionId::read(solana, &"1".repeat(64)), None);
    }
}
