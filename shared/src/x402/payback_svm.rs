//! A payment back on Solana: a transfer from our refund wallet to a wallet that paid us, in a
//! transaction of which the facilitator pays the fee. Unlike an authorization it has no nonce, so
//! one that was built is sent again as it is, until its block is past; only then may another be
//! built. When that is is for the cluster to say.

use alloy_primitives::hex;
use ring::signature::{Ed25519KeyPair, KeyPair};
use solana_hash::Hash;
use solana_message::compiled_instruction::CompiledInstruction;
use solana_message::{MessageHeader, VersionedMessage, v0};
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;

use super::exact_svm::{
    COMPUTE_BUDGET, DECIMALS, MEMO, SET_COMPUTE_UNIT_LIMIT, SET_COMPUTE_UNIT_PRICE, TOKEN, TRANSFER_CHECKED, Transfer,
    token_account,
};
use super::payback::nonce;
use crate::types::{PaymentId, SolanaAddress, SolanaNetwork, Usdc};

/// Published clients ask for 20,000, with a memo half as long as ours.
const COMPUTE_UNITS: u32 = 60_000;
/// Micro-lamports per unit: the least that is not nothing.
const PRICE: u64 = 1;

/// The key of the wallet that pays back on Solana.
pub struct SolanaKey(Ed25519KeyPair);

/// Where the accounts of the transaction are in its list.
mod at {
    pub(super) const WALLET: u8 = 1;
    pub(super) const SOURCE: u8 = 2;
    pub(super) const DESTINATION: u8 = 3;
    pub(super) const MINT: u8 = 4;
    pub(super) const COMPUTE_BUDGET: u8 = 5;
    pub(super) const TOKEN: u8 = 6;
    pub(super) const MEMO: u8 = 7;
}

impl SolanaKey {
    /// Reads a key as wallets export it: 64 bytes in base58, the secret and then the public half.
    /// Nothing, if the halves do not belong together.
    pub fn parse(text: &str) -> Option<Self> {
        // A signature has as many bytes and the same spelling.
        let bytes: [u8; 64] = text.parse::<Signature>().ok()?.into();
        let (secret, public) = bytes.split_at(32);
        Ed25519KeyPair::from_seed_and_public_key(secret, public).ok().map(Self)
    }

    /// The wallet whose key it is.
    pub fn address(&self) -> SolanaAddress {
        let mut bytes = [0; 32];
        for (to, from) in bytes.iter_mut().zip(self.0.public_key().as_ref()) {
            *to = *from;
        }
        SolanaAddress::new_from_array(bytes)
    }

    /// All of `amount` to `payee`, signed; its memo is the word that would be the nonce on an EVM
    /// chain. Nothing, if that breaks a rule of the scheme.
    pub fn pay_back(&self, payment: &PaymentId, payback: &Unsigned) -> Option<Transfer> {
        let message = VersionedMessage::V0(payback.message(self.address(), payment));
        let signature = Signature::try_from(self.0.sign(&message.serialize()).as_ref()).ok()?;
        let transaction = VersionedTransaction { signatures: vec![Signature::default(), signature], message };
        Transfer::read(payback.network, wincode::serialize(&transaction).ok()?, payback.now).ok()
    }
}

/// A payment back that is not signed yet.
#[derive(Clone, Copy, Debug)]
pub struct Unsigned {
    /// The cluster.
    pub network: SolanaNetwork,
    /// Who gets it.
    pub payee: SolanaAddress,
    /// How much.
    pub amount: Usdc,
    /// The facilitator's key.
    pub fee_payer: SolanaAddress,
    /// The block that it is built on.
    pub blockhash: Hash,
    /// Unix seconds.
    pub now: u64,
}

impl Unsigned {
    fn message(&self, wallet: SolanaAddress, payment: &PaymentId) -> v0::Message {
        let instruction = |program_id_index, accounts: &[u8], data: Vec<u8>| CompiledInstruction {
            program_id_index,
            accounts: accounts.to_vec(),
            data,
        };
        let limit = [&[SET_COMPUTE_UNIT_LIMIT][..], &COMPUTE_UNITS.to_le_bytes()].concat();
        let price = [&[SET_COMPUTE_UNIT_PRICE][..], &PRICE.to_le_bytes()].concat();
        let transfer = [&[TRANSFER_CHECKED][..], &self.amount.atomic().to_le_bytes(), &[DECIMALS]].concat();
        v0::Message {
            header: MessageHeader {
                num_required_signatures: 2,
                num_readonly_signed_accounts: 1,
                num_readonly_unsigned_accounts: 4,
            },
            account_keys: vec![
                self.fee_payer,
                wallet,
                token_account(self.network, wallet),
                token_account(self.network, self.payee),
                self.network.usdc(),
                COMPUTE_BUDGET,
                TOKEN,
                MEMO,
            ],
            recent_blockhash: self.blockhash,
            instructions: vec![
                instruction(at::COMPUTE_BUDGET, &[], limit),
                instruction(at::COMPUTE_BUDGET, &[], price),
                instruction(at::TOKEN, &[at::SOURCE, at::MINT, at::DESTINATION, at::WALLET], transfer),
                instruction(at::MEMO, &[], hex::encode(nonce(payment)).into_bytes()),
            ],
            address_table_lookups: Vec::new(),
        }
    }
}

impl std::fmt::Debug for SolanaKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SolanaKey({})", self.address())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::EvmNetwork;
    use crate::x402::samples::solana::{FEE_PAYER, PAYEE, PAYER};

    /// The well-known key 1, as wallets export it.
    fn exported() -> String {
        let key = Ed25519KeyPair::from_seed_unchecked(&[1; 32]).unwrap();
        let mut bytes = [1; 64];
        bytes[32..].copy_from_slice(key.public_key().as_ref());
        Signature::from(bytes).to_string()
    }

    fn unsigned() -> Unsigned {
        Unsigned {
            network: SolanaNetwork::Mainnet,
            payee: PAYEE.parse().unwrap(),
            amount: Usdc::micros(540_000),
            fee_payer: FEE_PAYER.parse().unwrap(),
            blockhash: Hash::new_from_array([9; 32]),
            now: 7,
        }
    }

    fn payment(nonce: u8) -> PaymentId {
        let nonce = alloy_primitives::B256::repeat_byte(nonce);
        PaymentId::evm(EvmNetwork::Base, alloy_primitives::Address::ZERO, nonce)
    }

    #[test]
    fn a_key_is_read_as_wallets_export_it() {
        let key = SolanaKey::parse(&exported()).expect("a key");
        assert_eq!(key.address().to_string(), PAYER);
        assert_eq!(format!("{key:?}"), format!("SolanaKey({PAYER})"));
        let other_half = Signature::from([1; 64]).to_string();
        for text in ["", PAYER, "0x01", &other_half, &exported()[1..]] {
            assert!(SolanaKey::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_payment_back_keeps_the_rules_of_the_scheme() {
        let key = SolanaKey::parse(&exported()).unwrap();
        let transfer = key.pay_back(&payment(1), &unsigned()).expect("a transfer");
        assert_eq!(transfer.payer, key.address());
        assert_eq!(transfer.destination, token_account(SolanaNetwork::Mainnet, PAYEE.parse().unwrap()));
        assert_eq!((transfer.amount, transfer.since), (Usdc::micros(540_000), 7));
        assert_eq!(transfer.blockhash, Hash::new_from_array([9; 32]));
    }

    #[test]
    fn two_equal_payments_go_back_in_two_transactions() {
        let key = SolanaKey::parse(&exported()).unwrap();
        let message = |nonce| key.pay_back(&payment(nonce), &unsigned()).unwrap().message;
        assert_ne!(message(1), message(2));
        assert_eq!(message(1), message(1));
    }

    #[test]
    fn the_facilitators_own_key_is_not_a_refund_wallet() {
        let key = SolanaKey::parse(&exported()).unwrap();
        assert!(key.pay_back(&payment(1), &Unsigned { fee_payer: key.address(), ..unsigned() }).is_none());
    }
}
