//! The `exact` scheme on Solana: a transaction that a wallet has signed and the facilitator will
//! pay the fee of. It knows what such a transaction may consist of and who signed it; it knows
//! nothing of prices.
//!
//! The rules are those of the specification
//! (<https://github.com/coinbase/x402/blob/main/specs/schemes/exact/scheme_exact_svm.md>), read
//! strictly: whatever they do not name could make the facilitator pay for something else, or the
//! transfer undo itself.
//!
//! - `docs/decisions.md`: Why may a Solana payment have so few kinds of instructions?
//! - `docs/decisions.md`: Why does nothing here check whose key pays a Solana fee?

use std::fmt;

use alloy_primitives::B256;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, UnparsedPublicKey};
use sha2::{Digest, Sha256};
use solana_hash::Hash;
use solana_message::VersionedMessage;
use solana_message::compiled_instruction::CompiledInstruction;
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;

use crate::types::{PaymentId, SolanaAddress, SolanaNetwork, TransactionId, Usdc, Wallet};

/// The longest transaction that the network carries: an IPv6 packet less its headers.
pub(super) const LONGEST: usize = 1232;
/// Compute limit, compute price and the transfer; and at most this many notes behind them.
const INSTRUCTIONS: std::ops::RangeInclusive<usize> = 3..=7;
/// Micro-lamports per compute unit. The facilitator pays, and takes no more.
const HIGHEST_PRICE: u64 = 5_000_000;
/// Compute units. A payment takes 6,500, a memo and the assertions of a wallet some tens of
/// thousands; published facilitators pay for no more than this.
const MOST_UNITS: u32 = 200_000;
/// Of USDC.
pub(super) const DECIMALS: u8 = 6;

pub(super) const COMPUTE_BUDGET: SolanaAddress =
    SolanaAddress::from_str_const("ComputeBudget111111111111111111111111111111");
pub(super) const TOKEN: SolanaAddress = SolanaAddress::from_str_const("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
pub(super) const MEMO: SolanaAddress = SolanaAddress::from_str_const("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr");
const TOKEN_ACCOUNTS: SolanaAddress = SolanaAddress::from_str_const("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");
/// Wallets add its assertions about what a transaction may do to their accounts.
const LIGHTHOUSE: SolanaAddress = SolanaAddress::from_str_const("L2TExMFKdjpN9kozasaurPirfHy9P8sbXoAN1qA3S95");

/// First bytes of the instructions' data.
pub(super) const SET_COMPUTE_UNIT_LIMIT: u8 = 2;
pub(super) const SET_COMPUTE_UNIT_PRICE: u8 = 3;
pub(super) const TRANSFER_CHECKED: u8 = 12;

/// A transfer of USDC that its payer has signed, in the transaction that makes it.
#[derive(Clone, PartialEq, Eq)]
pub struct Transfer {
    /// The cluster whose USDC it is.
    pub network: SolanaNetwork,
    /// Whose signature moves the money: the customer.
    pub payer: SolanaAddress,
    /// Who signs first and pays the fee: the facilitator.
    pub fee_payer: SolanaAddress,
    /// The token account that it comes from: the payer's associated one.
    pub source: SolanaAddress,
    /// The token account that it goes to.
    pub destination: SolanaAddress,
    /// How much.
    pub amount: Usdc,
    /// SHA-256 of what is signed, which the cluster processes once.
    pub message: B256,
    /// A recent block; 150 blocks after it the transaction can no longer be processed.
    pub blockhash: Hash,
    /// The transaction as it is handed on, the fee payer's signature still missing.
    pub transaction: Vec<u8>,
    /// Unix seconds at which it was there already: whatever cluster state is younger knows its
    /// block or never will.
    pub since: u64,
}

/// Why bytes are not such a transfer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotATransfer {
    /// They are not a transaction, or not in its one spelling.
    #[error("the transaction cannot be read")]
    Unreadable,
    /// They are one that does something else, or more.
    #[error("{0}")]
    Rule(&'static str),
    /// A signature is missing or is not by who must sign.
    #[error("the transaction is not signed by the owner of the tokens")]
    Unsigned,
}

impl Transfer {
    /// Seconds after which its block is taken to be past: 150 blocks are a minute, and three when
    /// the cluster is slow. Up to then it is worth settling again; that it is dead is for the
    /// cluster to say.
    pub const LIFE: u64 = 180;

    /// Reads a transaction and holds it to every rule that needs no price. No neighbour is asked.
    pub fn read(network: SolanaNetwork, transaction: Vec<u8>, since: u64) -> Result<Self, NotATransfer> {
        let decoded = decode(&transaction).ok_or(NotATransfer::Unreadable)?;
        let message = &decoded.message;
        rule(!matches!(message, VersionedMessage::V1(_)), "The transaction must be a legacy or a version 0 one.")?;
        let lookups = message.address_table_lookups().is_none_or(<[_]>::is_empty);
        rule(lookups, "The transaction must not use address tables.")?;
        let keys = message.static_account_keys();
        let fee_payer = *keys.first().ok_or(NotATransfer::Unreadable)?;
        let Moved { payer, source, mint, destination, amount } = moved(keys, message.instructions())?;
        rule(mint == network.usdc(), "The tokens must be USDC.")?;
        let accounts = message.instructions().iter().flat_map(|one| &one.accounts);
        let spends = |account: &u8| keys.get(usize::from(*account)) == Some(&fee_payer);
        rule(!accounts.into_iter().any(spends), "The fee payer must take part in nothing but the fee.")?;
        let bytes = message.serialize();
        signed(&decoded, &payer, &bytes)?;
        // So what its payer holds is what it can pay, and its history is the payer's own.
        let own = source == token_account(network, payer);
        rule(own, "The tokens must come from the associated token account of the wallet that signs.")?;
        Ok(Self {
            network,
            payer,
            fee_payer,
            source,
            destination,
            amount,
            message: B256::new(Sha256::digest(&bytes).into()),
            blockhash: *message.recent_blockhash(),
            transaction,
            since,
        })
    }

    /// What the cluster deduplicates it by.
    pub fn id(&self) -> PaymentId {
        PaymentId::solana(self.network, self.message)
    }

    /// Who pays.
    pub fn wallet(&self) -> Wallet {
        Wallet::Solana { network: self.network, address: self.payer }
    }

    /// Whether it pays this wallet, and this much.
    pub fn pays(&self, payee: &Wallet, amount: Usdc) -> bool {
        let Wallet::Solana { network, address } = *payee else { return false };
        (network, amount) == (self.network, self.amount) && self.destination == token_account(network, address)
    }

    pub(super) fn base64(&self) -> String {
        STANDARD.encode(&self.transaction)
    }

    /// What tells its transaction from all others.
    pub(super) fn named(&self) -> Option<Named> {
        let message = decode(&self.transaction)?.message.serialize();
        Some(Named { fee_payer: UnparsedPublicKey::new(&ED25519, self.fee_payer), message })
    }
}

/// The parts of a transaction that its name is made of: it is the signature by which the fee payer
/// signs the message.
pub(super) struct Named {
    fee_payer: UnparsedPublicKey<SolanaAddress>,
    message: Vec<u8>,
}

impl Named {
    /// Whether this is the name of the transaction. No other signer can make another of that name,
    /// nor the fee payer give another transaction this one's.
    pub(super) fn is(&self, name: &TransactionId) -> bool {
        let signature = name.as_str().parse::<Signature>();
        signature.is_ok_and(|signature| self.fee_payer.verify(&self.message, signature.as_ref()).is_ok())
    }
}

/// A transaction in its one spelling: another would be another text for the same payment.
pub(super) fn decode(bytes: &[u8]) -> Option<VersionedTransaction> {
    if bytes.len() > LONGEST {
        return None;
    }
    let decoded: VersionedTransaction = wincode::deserialize_exact(bytes).ok()?;
    decoded.sanitize().ok()?;
    (wincode::serialize(&decoded).ok()?.as_slice() == bytes).then_some(decoded)
}

/// The token account of a wallet: where USDC goes that is paid to it.
pub fn token_account(network: SolanaNetwork, owner: SolanaAddress) -> SolanaAddress {
    let mint = network.usdc();
    let seeds: [&[u8]; 3] = [owner.as_ref(), TOKEN.as_ref(), mint.as_ref()];
    SolanaAddress::find_program_address(&seeds, &TOKEN_ACCOUNTS).0
}

/// The amount and the accounts of the one transfer.
struct Moved {
    payer: SolanaAddress,
    source: SolanaAddress,
    mint: SolanaAddress,
    destination: SolanaAddress,
    amount: Usdc,
}

fn moved(keys: &[SolanaAddress], instructions: &[CompiledInstruction]) -> Result<Moved, NotATransfer> {
    rule(INSTRUCTIONS.contains(&instructions.len()), "The transaction must have three to seven instructions.")?;
    let [limit, price, transfer, notes @ ..] = instructions else { return Err(NotATransfer::Unreadable) };
    let of = |one: &CompiledInstruction, program| keys.get(usize::from(one.program_id_index)) == Some(&program);
    let limit = Some(limit).filter(|limit| of(limit, COMPUTE_BUDGET));
    let units = limit.and_then(|limit| limit.data.strip_prefix(&[SET_COMPUTE_UNIT_LIMIT])?.try_into().ok());
    let units = units
        .map(u32::from_le_bytes)
        .ok_or(NotATransfer::Rule("The first instruction must set the compute unit limit."))?;
    rule(units <= MOST_UNITS, "The compute unit limit must be at most 200000.")?;
    let price = Some(price).filter(|price| of(price, COMPUTE_BUDGET));
    let price = price.and_then(|price| number(price.data.strip_prefix(&[SET_COMPUTE_UNIT_PRICE])?));
    let price = price.ok_or(NotATransfer::Rule("The second instruction must set the compute unit price."))?;
    rule(price <= HIGHEST_PRICE, "The compute unit price must be at most 5000000 micro-lamports.")?;
    let moves = Some(transfer).filter(|transfer| of(transfer, TOKEN));
    let amount = moves
        .and_then(|it| number(it.data.strip_prefix(&[TRANSFER_CHECKED])?.strip_suffix(&[DECIMALS])?))
        .map(Usdc::micros)
        .ok_or(NotATransfer::Rule("The third instruction must be TransferChecked of the token program."))?;
    let [source, mint, destination, owner] = transfer.accounts[..] else {
        return Err(NotATransfer::Rule("TransferChecked must have one owner that signs for itself."));
    };
    let harmless = notes.iter().all(|note| of(note, MEMO) || of(note, LIGHTHOUSE));
    rule(harmless, "After the transfer only memos and Lighthouse assertions may follow.")?;
    let key = |index: u8| keys.get(usize::from(index)).copied().ok_or(NotATransfer::Unreadable);
    Ok(Moved { payer: key(owner)?, source: key(source)?, mint: key(mint)?, destination: key(destination)?, amount })
}

fn number(bytes: &[u8]) -> Option<u64> {
    bytes.try_into().ok().map(u64::from_le_bytes)
}

/// Whether all have signed that must, the payer among them; but for the fee payer, who signs last.
fn signed(transaction: &VersionedTransaction, payer: &SolanaAddress, message: &[u8]) -> Result<(), NotATransfer> {
    let keys = transaction.message.static_account_keys();
    let mut others = keys.iter().zip(&transaction.signatures).skip(1);
    let all = others.clone().all(|(key, signature)| signature.verify(key.as_ref(), message));
    if all && others.any(|(key, _)| key == payer) { Ok(()) } else { Err(NotATransfer::Unsigned) }
}

fn rule(holds: bool, otherwise: &'static str) -> Result<(), NotATransfer> {
    if holds { Ok(()) } else { Err(NotATransfer::Rule(otherwise)) }
}

/// Who holds the bytes can submit the payment, so they are not for a log.
impl fmt::Debug for Transfer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transfer")
            .field("id", &self.id())
            .field("payer", &self.wallet())
            .field("amount", &self.amount)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
