//! Which transactions are payments.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::signature::Ed25519KeyPair;
use solana_message::v0::{self, MessageAddressTableLookup};
use solana_signature::Signature;

use super::*;
use crate::x402::samples::solana::{FEE_PAYER, PAYEE, PAYER, PUBLISHED};

fn published() -> VersionedTransaction {
    decode(&STANDARD.decode(PUBLISHED).unwrap()).unwrap()
}

/// The published transaction's accounts, in its own order.
mod account {
    pub(super) const FEE_PAYER: u8 = 0;
    pub(super) const PAYER: u8 = 1;
    pub(super) const COMPUTE_BUDGET: u8 = 4;
    pub(super) const MINT: u8 = 5;
    pub(super) const MEMO: u8 = 6;
}

fn sign(transaction: &mut VersionedTransaction) {
    let key = Ed25519KeyPair::from_seed_unchecked(&[1; 32]).unwrap();
    let signature = key.sign(&transaction.message.serialize());
    transaction.signatures[1] = Signature::try_from(signature.as_ref()).unwrap();
}

fn read(transaction: &VersionedTransaction) -> Result<Transfer, NotATransfer> {
    Transfer::read(SolanaNetwork::Mainnet, wincode::serialize(transaction).unwrap(), 0)
}

/// The published transaction with another message, signed anew.
fn with(change: impl FnOnce(&mut v0::Message)) -> Result<Transfer, NotATransfer> {
    let mut transaction = published();
    let VersionedMessage::V0(message) = &mut transaction.message else { unreachable!("it is of version 0") };
    change(message);
    sign(&mut transaction);
    read(&transaction)
}

fn note(program_id_index: u8, accounts: &[u8], data: &[u8]) -> CompiledInstruction {
    CompiledInstruction { program_id_index, accounts: accounts.to_vec(), data: data.to_vec() }
}

#[test]
fn what_a_published_client_signs_is_a_transfer() {
    let transfer = read(&published()).expect("a transfer");
    assert_eq!(transfer.payer.to_string(), PAYER);
    assert_eq!(transfer.fee_payer.to_string(), FEE_PAYER);
    assert_eq!(transfer.amount, Usdc::micros(540_000));
    assert_eq!(transfer.source, token_account(SolanaNetwork::Mainnet, PAYER.parse().unwrap()));
    assert_eq!(transfer.destination, token_account(SolanaNetwork::Mainnet, PAYEE.parse().unwrap()));
    assert_eq!(transfer.base64(), PUBLISHED);
    assert!(transfer.id().as_str().starts_with("solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp:"));
}

#[test]
fn the_fee_payers_signature_changes_nothing_about_what_is_paid() {
    let mut settled = published();
    settled.signatures[0] = Signature::from([7; 64]);
    assert_eq!(read(&settled).unwrap().id(), read(&published()).unwrap().id());
}

#[test]
fn no_bit_of_what_was_signed_can_be_changed() {
    let genuine = STANDARD.decode(PUBLISHED).unwrap();
    let id = read(&published()).unwrap().id();
    for at in 0..genuine.len() {
        let mut bent = genuine.clone();
        bent[at] ^= 1 << (at % 8);
        match Transfer::read(SolanaNetwork::Mainnet, bent, 0) {
            // The fee payer's signature is not there yet, so anything may stand in its place.
            Ok(transfer) => assert!((1..65).contains(&at) && transfer.id() == id, "byte {at}"),
            Err(_) => assert!(!(1..65).contains(&at), "byte {at}"),
        }
    }
}

#[test]
fn a_transaction_fills_a_packet_at_most() {
    let long = |memo: usize| with(|message| message.instructions[3].data = vec![b'a'; memo]);
    let published = published();
    let VersionedMessage::V0(message) = &published.message else { unreachable!("it is of version 0") };
    let others = wincode::serialize(&published).unwrap().len() - message.instructions[3].data.len();
    // A longer memo takes one more byte to say how long it is.
    let fits = LONGEST - others - 1;
    assert_eq!(long(fits).unwrap().transaction.len(), LONGEST);
    assert_eq!(long(fits + 1).unwrap_err(), NotATransfer::Unreadable);
}

#[test]
fn memos_and_assertions_may_follow_and_nothing_else() {
    let lighthouse = |message: &mut v0::Message| {
        message.account_keys.push(LIGHTHOUSE);
        message.header.num_readonly_unsigned_accounts += 1;
        u8::try_from(message.account_keys.len() - 1).unwrap()
    };
    let added = |notes: usize| {
        with(|message| {
            let program = lighthouse(message);
            message.instructions.extend((0..notes).map(|_| note(program, &[account::PAYER], b"assert")));
        })
    };
    assert!(with(|message| message.instructions.truncate(3)).is_ok());
    assert!(added(3).is_ok());
    assert_eq!(added(4).unwrap_err(), NotATransfer::Rule("The transaction must have three to seven instructions."));
    let short = with(|message| message.instructions.truncate(2));
    assert_eq!(short.unwrap_err(), NotATransfer::Rule("The transaction must have three to seven instructions."));

    let twice = with(|message| message.instructions.push(message.instructions[2].clone()));
    let others = "After the transfer only memos and Lighthouse assertions may follow.";
    assert_eq!(twice.unwrap_err(), NotATransfer::Rule(others));
    let budget = with(|message| message.instructions.push(note(account::COMPUTE_BUDGET, &[], &[1, 0, 0, 1, 0])));
    assert_eq!(budget.unwrap_err(), NotATransfer::Rule(others));
}

type Bend = fn(&mut v0::Message);

#[test]
fn each_rule_has_its_sentence() {
    let limit = "The first instruction must set the compute unit limit.";
    let price = "The second instruction must set the compute unit price.";
    let transfer = "The third instruction must be TransferChecked of the token program.";
    let cases: [(Bend, &str); 17] = [
        (|it| it.instructions.swap(0, 1), limit),
        (|it| it.instructions[0].data.push(0), limit),
        (|it| it.instructions[0].program_id_index = account::MEMO, limit),
        (|it| it.instructions[1].data[0] = 4, price),
        (|it| it.instructions[1].data.truncate(8), price),
        (|it| it.instructions[1].program_id_index = account::MEMO, price),
        (
            |it| it.instructions[1].data[1..].copy_from_slice(&5_000_001_u64.to_le_bytes()),
            "The compute unit price must be at most 5000000 micro-lamports.",
        ),
        // Transfer, which says neither mint nor decimals.
        (|it| it.instructions[2].data = [&[3][..], &540_000_u64.to_le_bytes()].concat(), transfer),
        (|it| *it.instructions[2].data.last_mut().unwrap() = 9, transfer),
        (|it| it.instructions[2].program_id_index = account::MEMO, transfer),
        (
            |it| it.instructions[2].accounts.push(account::PAYER),
            "TransferChecked must have one owner that signs for itself.",
        ),
        (|it| it.account_keys[usize::from(account::MINT)] = MEMO, "The tokens must be USDC."),
        (
            |it| it.instructions[2].accounts[3] = account::FEE_PAYER,
            "The fee payer must take part in nothing but the fee.",
        ),
        (
            |it| it.instructions[2].accounts[0] = account::FEE_PAYER,
            "The fee payer must take part in nothing but the fee.",
        ),
        (
            |it| it.instructions[3].accounts.push(account::FEE_PAYER),
            "The fee payer must take part in nothing but the fee.",
        ),
        (
            |it| {
                it.address_table_lookups.push(MessageAddressTableLookup {
                    account_key: MEMO,
                    writable_indexes: vec![1],
                    readonly_indexes: vec![],
                });
            },
            "The transaction must not use address tables.",
        ),
        // A mint that has a longer history than any wallet, or what another has let the payer
        // spend.
        (
            |it| it.instructions[2].accounts[0] = account::MINT,
            "The tokens must come from the associated token account of the wallet that signs.",
        ),
    ];
    for (bend, sentence) in cases {
        assert_eq!(with(bend).unwrap_err(), NotATransfer::Rule(sentence));
    }
    let highest: Bend = |it| it.instructions[1].data[1..].copy_from_slice(&5_000_000_u64.to_le_bytes());
    assert!(with(highest).is_ok());
}

#[test]
fn the_tokens_of_another_cluster_are_not_ours() {
    let bytes = wincode::serialize(&published()).unwrap();
    let elsewhere = Transfer::read(SolanaNetwork::Devnet, bytes, 0);
    assert_eq!(elsewhere.unwrap_err(), NotATransfer::Rule("The tokens must be USDC."));
}

#[test]
fn the_owner_has_to_sign_and_everybody_else_who_must() {
    let mut zeroed = published();
    zeroed.signatures[1] = Signature::default();
    assert_eq!(read(&zeroed).unwrap_err(), NotATransfer::Unsigned);
    let mut flipped = published();
    let mut bytes: [u8; 64] = flipped.signatures[1].into();
    bytes[0] ^= 1;
    flipped.signatures[1] = Signature::from(bytes);
    assert_eq!(read(&flipped).unwrap_err(), NotATransfer::Unsigned);
    // The owner is in it, and need not sign.
    let foreign = with(|message| {
        message.account_keys.insert(2, PAYEE.parse().unwrap());
        for one in &mut message.instructions {
            one.program_id_index += 1;
            for index in &mut one.accounts {
                *index += u8::from(*index >= 2);
            }
        }
        message.instructions[2].accounts[3] = 2;
    });
    assert_eq!(foreign.unwrap_err(), NotATransfer::Unsigned);
    // A third signature is asked for, and not there.
    let mut third = published();
    let VersionedMessage::V0(message) = &mut third.message else { unreachable!("it is of version 0") };
    message.header.num_required_signatures = 3;
    third.signatures.push(Signature::default());
    sign(&mut third);
    assert_eq!(read(&third).unwrap_err(), NotATransfer::Unsigned);
}

#[test]
fn a_transaction_has_one_spelling() {
    let bytes = STANDARD.decode(PUBLISHED).unwrap();
    assert!(decode(&bytes).is_some());
    // Something behind it, something missing, and a length that is written with a byte too many.
    let padded = [&bytes[..], &[0]].concat();
    let long = [&[0x82, 0x00][..], &bytes[1..]].concat();
    for other in [&padded[..], &bytes[..bytes.len() - 1], &long, &[], &[0xff; 64], &[0; LONGEST + 1]] {
        assert!(decode(other).is_none(), "{} bytes", other.len());
    }
}

#[test]
fn a_legacy_transaction_pays_as_well() {
    let transaction = published();
    let VersionedMessage::V0(v0) = transaction.message else { unreachable!("it is of version 0") };
    let message = VersionedMessage::Legacy(solana_message::legacy::Message {
        header: v0.header,
        account_keys: v0.account_keys,
        recent_blockhash: v0.recent_blockhash,
        instructions: v0.instructions,
    });
    let mut legacy = VersionedTransaction { signatures: transaction.signatures, message };
    sign(&mut legacy);
    assert_eq!(read(&legacy).unwrap().amount, Usdc::micros(540_000));
}

#[test]
fn a_log_shows_nothing_that_could_be_submitted() {
    let transfer = read(&published()).unwrap();
    let text = format!("{transfer:?}");
    assert!(text.contains(PAYER), "{text}");
    assert!(!text.contains(&alloy_primitives::hex::encode(transfer.message)), "{text}");
}
