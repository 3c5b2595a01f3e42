//! The same on Solana.

use super::*;
use crate::types::SolanaNetwork;
use crate::x402::samples::solana::{PAYEE, PAYER, both, payment_v1, payment_v2, quote};

fn check(document: &Value) -> Result<Checked, PaymentRefused> {
    read(document).unwrap().check(&both().quotes(&CALL), now())
}

fn with(path: &str, value: impl Into<Value>) -> Value {
    let mut document = payment_v2();
    *document.pointer_mut(path).expect(path) = value.into();
    document
}

#[test]
fn both_versions_of_a_payment_are_the_same_payment() {
    let [v1, v2] = [payment_v1(), payment_v2()].map(|document| match check(&document) {
        Ok(Checked::Authentic(payment)) => payment,
        other => panic!("{other:?}"),
    });
    assert_eq!((v1.version(), v2.version()), (Version::V1, Version::V2));
    assert_eq!((v1.id(), v1.quote()), (v2.id(), &quote()));
    assert_eq!(v1.payer().caip10(), format!("solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp:{PAYER}"));
    assert!(v1.window(Timestamp::UNIX_EPOCH, LONGEST_WINDOW).is_ok());
}

#[test]
fn what_cannot_be_read_says_why() {
    for (document, expected) in [
        (with("/payload", json!({})), "`payload.transaction` is missing: it must be a Solana transaction"),
        (with("/payload", Value::Null), "`payload` must be a JSON object"),
        (
            with("/payload/transaction", "A A="),
            "`payload.transaction` must be a Solana transaction in wire format, as base64",
        ),
        (with("/payload/transaction", "AQID"), "`payload.transaction` must be a Solana transaction"),
        (with("/payload/transaction", ""), "`payload.transaction` must be a Solana transaction"),
        (with("/payload/transaction", 7), "`payload.transaction` must be a Solana transaction"),
    ] {
        let problem = read(&document).err().expect("to be malformed").to_string();
        assert!(problem.contains(expected), "{document}: {problem}");
    }
}

#[test]
fn what_is_not_our_offer_is_refused_with_its_reason() {
    let lower = PAYEE.to_lowercase();
    for (document, reason) in [
        (with("/accepted/scheme", "upto"), "unsupported_scheme"),
        (with("/accepted/network", "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1"), "network_mismatch"),
        (with("/accepted/asset", "4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU"), "asset_mismatch"),
        (with("/accepted/asset", "epjfwdd5aufqssqem2qn1xzybapc8g4wegghkzwytdt1v"), "asset_mismatch"),
        (with("/accepted/payTo", PAYER), "recipient_mismatch"),
        // Base58 has cases.
        (with("/accepted/payTo", lower), "recipient_mismatch"),
        (with("/accepted/amount", "540001"), "value_mismatch"),
    ] {
        assert_eq!(refused(check(&document)).reason, reason, "{document}");
    }
}

#[test]
fn the_transfer_itself_is_held_against_the_offer() {
    let offered = |change: fn(&mut crate::x402::Quote)| {
        let mut quote = quote();
        change(&mut quote);
        refused(read(&payment_v1()).unwrap().check(&[quote], now())).reason
    };
    assert_eq!(offered(|quote| quote.amount = Usdc::micros(540_001)), "value_mismatch");
    assert_eq!(offered(|quote| quote.amount = Usdc::micros(539_999)), "value_mismatch");
    let to_payer = |quote: &mut crate::x402::Quote| {
        quote.pay_to = crate::types::Wallet::on(SolanaNetwork::Mainnet.into(), PAYER).unwrap();
    };
    assert_eq!(offered(to_payer), "recipient_mismatch");
    // Nothing is sold for it here.
    let only_base = [super::quote(EvmNetwork::Base)];
    let refused = refused(read(&payment_v2()).unwrap().check(&only_base, now()));
    assert_eq!(refused.reason, "network_mismatch");
}
