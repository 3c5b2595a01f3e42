//! A transaction of Solana's, signed for real whatever it says: what we take is one transfer of the
//! price to us and nothing else, and its payer is who signed.
//!
//! A payer signs what he likes, so the signature is put under each input's message, with the keys
//! of those of its signers that we know. Whether the result is a payment is read a second time
//! here, byte by byte from the format.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue};
use ring::signature::{Ed25519KeyPair, KeyPair};
use sha2::{Digest, Sha256};
use shared::types::{SolanaAddress, SolanaNetwork, Timestamp, Usdc, Wallet};
use shared::x402::{Checked, Offer, Payload, Presented, Quote, Terms, token_account};

use crate::fit;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;
const PRICE: u64 = 540_000;
const LONGEST: usize = 1232;
const CLUSTER: SolanaNetwork = SolanaNetwork::Mainnet;

const PAYEE: SolanaAddress = SolanaAddress::new_from_array([0x5e; 32]);
const USDC: SolanaAddress = SolanaAddress::from_str_const("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v");
const COMPUTE_BUDGET: SolanaAddress = SolanaAddress::from_str_const("ComputeBudget111111111111111111111111111111");
const TOKEN: SolanaAddress = SolanaAddress::from_str_const("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
const NOTES: [SolanaAddress; 2] = [
    SolanaAddress::from_str_const("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr"),
    SolanaAddress::from_str_const("L2TExMFKdjpN9kozasaurPirfHy9P8sbXoAN1qA3S95"),
];

/// Two payers. Their keys are public, and worth nothing.
static KEYS: LazyLock<[Ed25519KeyPair; 2]> =
    LazyLock::new(|| [1, 2].map(|byte| Ed25519KeyPair::from_seed_unchecked(&[byte; 32]).expect("a seed")));

/// The first byte chooses the version of the header, and whether the rest is a message or a whole
/// transaction.
pub fn transaction(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    let transaction = if choice & 2 == 0 { signed(rest) } else { rest.to_vec() };
    let found = payment(&transaction);
    let (name, document) = match choice & 1 {
        0 => ("payment-signature", version_2(&transaction)),
        _ => ("x-payment", version_1(&transaction)),
    };
    let value = HeaderValue::try_from(STANDARD.encode(document)).expect("base64");
    let headers = HeaderMap::from_iter([(HeaderName::from_static(name), value)]);
    let presented = match Presented::read(&headers) {
        Ok(presented) => presented.expect("a header is a payment or an error"),
        Err(malformed) => {
            assert!(found.is_none(), "a payment is {malformed}");
            return fit::printable(malformed.to_string().as_bytes(), "a refusal");
        }
    };
    match (presented.check(&quotes(), NOW), found) {
        (Ok(Checked::Misfit(misfit)), Some(Found { message, fits: false, .. })) => {
            assert!(misfit.is_proven() && misfit.id().as_str().contains(&hex(&message)), "{misfit:?}");
            fit::printable(misfit.why.message.as_bytes(), "a refusal");
            fit::code(misfit.why.reason);
        }
        (Ok(Checked::Authentic(taken)), Some(found)) if found.fits => {
            let Payload::Solana(transfer) = taken.payload() else { panic!("{taken:?} is not a transfer") };
            let payer = SolanaAddress::new_from_array(found.payer);
            assert_eq!(taken.payer(), Wallet::Solana { network: CLUSTER, address: payer });
            assert_eq!((transfer.amount.atomic(), &transfer.transaction), (PRICE, &transaction));
            assert_eq!(transfer.message.0, found.message);
            assert!(taken.id().as_str().contains(&hex(&found.message)), "{taken:?}");
        }
        (Err(refused), None) => {
            fit::printable(refused.message.as_bytes(), "a refusal");
            fit::code(refused.reason);
        }
        (taken, found) => panic!("{taken:?} is {}", if found.is_some() { "a payment" } else { "no payment" }),
    }
}

/// A message as a transaction, signed by those of its signers whose keys we have; and by the first
/// of them not at all.
fn signed(message: &[u8]) -> Vec<u8> {
    let header = usize::from(message.first().is_none_or(|first| first & 0x80 != 0));
    let signers = message.get(header).copied().unwrap_or_default().min(4);
    let mut transaction = vec![signers];
    for place in 0..usize::from(signers) {
        // The keys begin behind the three counts and their own, which has one byte up to 127 of
        // them.
        let from = header + 4 + 32 * place;
        let key = message.get(from..from + 32);
        let known = KEYS.iter().find(|known| place > 0 && Some(known.public_key().as_ref()) == key);
        match known {
            Some(known) => transaction.extend(known.sign(message).as_ref()),
            None => transaction.extend([0; 64]),
        }
    }
    transaction.extend(message);
    transaction
}

/// What the second reading finds.
struct Found {
    payer: [u8; 32],
    message: [u8; 32],
    /// Whether it pays us the price.
    fits: bool,
}

/// Whether these bytes are a payment, and nothing else.
fn payment(transaction: &[u8]) -> Option<Found> {
    if transaction.len() > LONGEST {
        return None;
    }
    let mut rest = Bytes(transaction);
    let count = rest.count()?;
    let signatures: Vec<[u8; 64]> = (0..count).map(|_| rest.take()).collect::<Option<_>>()?;
    let message = rest.0;
    let legacy = message.first()? & 0x80 == 0;
    if !legacy && rest.take()? != [0x80] {
        return None;
    }
    let [signers, reading, others] = rest.take()?;
    let keys: Vec<[u8; 32]> = (0..rest.count()?).map(|_| rest.take()).collect::<Option<_>>()?;
    let _blockhash: [u8; 32] = rest.take()?;
    let mut instructions = Vec::new();
    for _ in 0..rest.count()? {
        let [program] = rest.take()?;
        instructions.push((program, rest.run()?, rest.run()?));
    }
    if !legacy && rest.count()? != 0 || !rest.0.is_empty() {
        return None;
    }
    let (signers, others) = (usize::from(signers), usize::from(others));
    let makes_sense = usize::from(reading) < signers && signers + others <= keys.len() && signatures.len() == signers;
    let known = |place: &u8| usize::from(*place) < keys.len();
    let within =
        |(program, accounts, _): &(u8, &[u8], &[u8])| *program > 0 && known(program) && accounts.iter().all(known);
    if !makes_sense || !instructions.iter().all(within) || !(3..=7).contains(&instructions.len()) {
        return None;
    }
    let key = |place: u8| keys[usize::from(place)];
    let of = |place: usize| SolanaAddress::new_from_array(key(instructions[place].0));
    let (limit, price, transfer) = (instructions[0].2, instructions[1].2, &instructions[2]);
    let cheap = price.len() == 9 && price[0] == 3 && u64::from_le_bytes(price[1..].try_into().ok()?) <= 5_000_000;
    let computes = [of(0), of(1)] == [COMPUTE_BUDGET; 2] && limit.len() == 5 && limit[0] == 2 && cheap;
    let harmless = (3..instructions.len()).all(|place| NOTES.contains(&of(place)));
    let moves = transfer.2.len() == 10 && (transfer.2[0], transfer.2[9]) == (12, 6);
    let &[source, mint, destination, payer] = transfer.1 else { return None };
    let pays = of(2) == TOKEN && moves && key(mint) == USDC.to_bytes();
    let idle = instructions.iter().flat_map(|(_, accounts, _)| *accounts).all(|place| key(*place) != keys[0]);
    // Only our keys have signed anything in here, so the signer is one of two.
    let by = |place: usize| KEYS.iter().find(|known| known.public_key().as_ref() == keys[place]);
    let right = |place: usize| by(place).is_some_and(|known| known.sign(message).as_ref() == signatures[place]);
    let all_signed = (1..signers).all(right) && (1..signers).any(|place| keys[place] == key(payer));
    let own = || key(source) == token_account(CLUSTER, SolanaAddress::new_from_array(key(payer))).to_bytes();
    if !(computes && harmless && pays && idle && all_signed && own()) {
        return None;
    }
    let fits = transfer.2[1..9] == PRICE.to_le_bytes() && key(destination) == token_account(CLUSTER, PAYEE).to_bytes();
    Some(Found { payer: key(payer), message: Sha256::digest(message).into(), fits })
}

struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    /// Seven bits a byte, in as few bytes as will do.
    fn count(&mut self) -> Option<usize> {
        let [first] = self.take()?;
        if first & 0x80 == 0 {
            return Some(first.into());
        }
        let [second] = self.take()?;
        let low = usize::from(first & 0x7f) | usize::from(second & 0x7f) << 7;
        if second & 0x80 == 0 {
            return (second != 0).then_some(low);
        }
        let [third] = self.take()?;
        (1..=3).contains(&third).then_some(low | usize::from(third) << 14)
    }

    fn run(&mut self) -> Option<&'a [u8]> {
        let many = self.count()?;
        let (taken, rest) = self.0.split_at_checked(many)?;
        self.0 = rest;
        Some(taken)
    }
}

fn version_1(transaction: &[u8]) -> String {
    let transaction = STANDARD.encode(transaction);
    format!(r#"{{"x402Version":1,"scheme":"exact","network":"solana","payload":{{"transaction":"{transaction}"}}}}"#)
}

fn version_2(transaction: &[u8]) -> String {
    let (transaction, network) = (STANDARD.encode(transaction), "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp");
    format!(
        concat!(
            r#"{{"x402Version":2,"payload":{{"transaction":"{}"}},"resource":{{"url":"https://elsewhere.example/"}},"#,
            r#""accepted":{{"scheme":"exact","network":"{}","amount":"{}","asset":"{}","payTo":"{}","#,
            r#""maxTimeoutSeconds":300,"extra":{{"feePayer":"{}"}}}}}}"#
        ),
        transaction, network, PRICE, USDC, PAYEE, PAYEE
    )
}

fn quotes() -> Vec<Quote> {
    let payees = vec![Wallet::Solana { network: CLUSTER, address: PAYEE }];
    let terms = Terms { public_url: "https://dialtone.example".to_owned(), payees };
    terms.quotes(&Offer { path: "/paid", price: Usdc::micros(PRICE), description: "Something" })
}

fn hex(bytes: &[u8]) -> String {
    alloy_primitives::hex::encode(bytes)
}

/// Messages for a fuzzer to begin with: payments, and what is nearly one.
#[cfg(test)]
mod tests {
    use super::*;

    /// Keys by the order in which a message lists them, and instructions with indices of those.
    fn message(legacy: bool, header: [u8; 3], keys: &[[u8; 32]], instructions: &[(u8, &[u8], &[u8])]) -> Vec<u8> {
        let length = |bytes: &[u8]| u8::try_from(bytes.len()).expect("a short one");
        let mut out = if legacy { Vec::new() } else { vec![0x80] };
        out.extend(header);
        out.push(u8::try_from(keys.len()).expect("a few"));
        out.extend(keys.iter().flatten());
        out.extend([9; 32]);
        out.push(u8::try_from(instructions.len()).expect("a few"));
        for (program, accounts, data) in instructions {
            out.extend([&[*program, length(accounts)], *accounts, &[length(data)], *data].concat());
        }
        if !legacy {
            out.push(0);
        }
        out
    }

    fn payer(which: usize) -> [u8; 32] {
        KEYS[which].public_key().as_ref().try_into().expect("a key")
    }

    fn keys() -> Vec<[u8; 32]> {
        let (budget, memo) = (COMPUTE_BUDGET.to_bytes(), NOTES[0].to_bytes());
        let account = |owner| token_account(CLUSTER, owner).to_bytes();
        let (source, destination) = (account(SolanaAddress::new_from_array(payer(0))), account(PAYEE));
        vec![[3; 32], payer(0), source, destination, budget, TOKEN.to_bytes(), memo, USDC.to_bytes(), payer(1)]
    }

    fn pays(amount: u64) -> Vec<u8> {
        [&[12], amount.to_le_bytes().as_slice(), &[6]].concat()
    }

    /// What is in `fuzz/corpus/transaction/`, and whether it is a payment.
    fn seeds() -> Vec<(&'static str, Vec<u8>, bool)> {
        let limit: (u8, &[u8], &[u8]) = (4, &[], &[2, 0x20, 0x4e, 0, 0]);
        let price: (u8, &[u8], &[u8]) = (4, &[], &[3, 1, 0, 0, 0, 0, 0, 0, 0]);
        let dear: (u8, &[u8], &[u8]) = (4, &[], &[3, 0x41, 0x4b, 0x4c, 0, 0, 0, 0, 0]);
        let (right, less, accounts) = (pays(PRICE), pays(PRICE - 1), [2, 7, 3, 1]);
        let transfer: (u8, &[u8], &[u8]) = (5, &accounts, &right);
        let memo: (u8, &[u8], &[u8]) = (6, &[], b"f00d");
        let header = [2, 1, 5];
        let usual = [limit, price, transfer, memo];
        let with = |instructions: &[(u8, &[u8], &[u8])]| message(false, header, &keys(), instructions);
        vec![
            ("usual", with(&usual), true),
            ("legacy", message(true, header, &keys(), &usual), true),
            ("bare", with(&usual[..3]), true),
            ("seven", with(&[limit, price, transfer, memo, memo, memo, memo]), true),
            ("eight", with(&[limit, price, transfer, memo, memo, memo, memo, memo]), false),
            ("less", with(&[limit, price, (5, &accounts, &less), memo]), false),
            ("twice", with(&[limit, price, transfer, transfer]), false),
            ("dear", with(&[limit, dear, transfer, memo]), false),
            ("order", with(&[price, limit, transfer, memo]), false),
            ("fee_payer", with(&[limit, price, transfer, (6, &[0], b"f00d")]), false),
            ("owner", with(&[limit, price, (5, &[2, 7, 3, 8], &right), memo]), false),
            ("multisig", with(&[limit, price, (5, &[2, 7, 3, 1, 8], &right), memo]), false),
            ("source", with(&[limit, price, (5, &[3, 7, 3, 1], &right), memo]), false),
            ("counts", message(false, [2, 2, 5], &keys(), &usual), false),
        ]
    }

    #[test]
    fn the_seeds_are_what_their_names_say() {
        for (name, message, is_payment) in seeds() {
            assert_eq!(payment(&signed(&message)).is_some_and(|found| found.fits), is_payment, "{name}");
            for version in [0, 1] {
                transaction(&[&[version], message.as_slice()].concat());
                let mut whole = signed(&message);
                transaction(&[&[version | 2], whole.as_slice()].concat());
                // A bit of the payer's signature.
                whole[70] ^= 1;
                assert!(payment(&whole).is_none());
                transaction(&[&[version | 2], whole.as_slice()].concat());
            }
        }
    }

    #[test]
    fn the_corpus_begins_with_them() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/transaction");
        for (name, message, _) in seeds() {
            let kept = std::fs::read(folder.join(name)).unwrap_or_default();
            assert_eq!(kept, [&[0], message.as_slice()].concat(), "{name}");
        }
    }
}
