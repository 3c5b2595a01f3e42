//! A payment on Solana, as a published client makes it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{CALL, now, terms};
use crate::types::{SolanaNetwork, Wallet};
use crate::x402::{Payload, Quote, Terms, Transfer, Verified, Version};

/// By `@x402/svm` 2.27 with the well-known keys 1 (payer), 2 (fee payer) and 3 (payee).
pub(in crate::x402) const PUBLISHED: &str = "AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABpSIzodogBVU+MDbyZNuRqI9q6hTxpN/ZGKHo5f42xF3nK4iqfcdx33r3SG58utTeCHMgL7ZiNa8Ag/iL1E8gPgAIBBAiBOXcOqH0XX1ajVGbDTH7My42KkbTuN6Jd9g9bj8mzlIqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29cK8kCOGhpAsJh82TGFPHsq0/z4F9YGhwIBT/HU9NN52y3u4T1/jPeFaQeWwjr0hpa8fhuRvZTRT6HDzBHpR7Q4AMGRm/lIRcy/+ytunLDm+e8jOW7xfcSayxDmzpAAAAAxvp6877brTo9ZfNqq8l0MbG75MLS9uDkfKYCA0UvXWEFSlNamSkhBk0k6HFg2jh8fDW13bySu4HkH6hAQQVEjQbd9uHXZaGT2cvhRs7reawctIXtX1s3kTqM9YV+/wCpruutSnlvzC4V3ExgYbRe2bNz8mrfx5jKfS2MxYGCcY4EBAAFAiBOAAAEAAkDAQAAAAAAAAAHBAIFAwEKDGA9CAAAAAAABgYAIGQwYTRmOWY1YTRlY2I0NjBhZWQxN2NkMTI0YjgzZDIwAA==";
pub(in crate::x402) const PAYER: &str = "AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9";
pub(in crate::x402) const FEE_PAYER: &str = "9hSR6S7WPtxmTojgo6GG3k4yDPecgJY292j7xrsUGWBu";
pub(in crate::x402) const PAYEE: &str = "GyGKxMyg1p9SsHfm15MkNUu1u9TN2JtTspcdmrtGUdse";

pub(in crate::x402) const SINCE: u64 = 1_795_519_500;

/// Where we are paid on Base, and then on Solana.
pub(in crate::x402) fn both() -> Terms {
    let solana = Wallet::on(SolanaNetwork::Mainnet.into(), PAYEE).unwrap();
    let evm = terms().payees[0];
    Terms { payees: vec![evm, solana], ..terms() }
}

pub(in crate::x402) fn quote() -> Quote {
    both().quotes(&CALL).pop().unwrap()
}

pub(in crate::x402) fn transfer() -> Transfer {
    assert_eq!(now().as_second(), 1_795_519_500);
    Transfer::read(SolanaNetwork::Mainnet, STANDARD.decode(PUBLISHED).unwrap(), SINCE).unwrap()
}

pub(in crate::x402) fn verified() -> Verified {
    Verified::restore(quote(), Payload::Solana(transfer()), Version::V2)
}

/// What a published version 2 client sends.
pub(in crate::x402) fn payment_v2() -> Value {
    json!({
        "x402Version": 2,
        "payload": { "transaction": PUBLISHED },
        "accepted": {
            "scheme": "exact",
            "network": "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp",
            "amount": "540000",
            "asset": "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
            "payTo": PAYEE,
            "maxTimeoutSeconds": 300,
            "extra": { "feePayer": FEE_PAYER },
        },
    })
}

/// What a published version 1 client sends.
pub(in crate::x402) fn payment_v1() -> Value {
    json!({
        "x402Version": 1,
        "scheme": "exact",
        "network": "solana",
        "payload": { "transaction": PUBLISHED },
    })
}
