//! x402 version 2, as the specification writes it:
//! <https://github.com/coinbase/x402/blob/main/specs/x402-specification-v2.md>. Types for serde and
//! nothing else; what they mean is decided elsewhere. What we read ignores fields that we do not
//! use, because clients echo extensions; what we write is exact, because published clients compare
//! it.

use std::fmt;

use serde::de::{self, Deserializer, Unexpected, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

pub(super) use crate::types::Object;

/// The only payment scheme that we sell by: a fixed amount, signed for as it stands.
pub(super) const EXACT: &str = "exact";

/// The content of `PAYMENT-REQUIRED`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PaymentRequired<'a> {
    pub(super) x402_version: u8,
    pub(super) error: &'a str,
    pub(super) resource: Resource<'a>,
    /// One entry per way to pay. Published SDKs look at the first only, so EVM entries come first.
    pub(super) accepts: Vec<Requirements<'a>>,
    pub(super) extensions: &'a RawValue,
}

/// The product that is paid for.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Resource<'a> {
    pub(super) url: &'a str,
    pub(super) description: &'a str,
    pub(super) mime_type: &'static str,
}

/// One way to pay.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Requirements<'a> {
    pub(super) scheme: &'static str,
    pub(super) network: &'static str,
    pub(super) amount: String,
    pub(super) asset: String,
    pub(super) pay_to: String,
    pub(super) max_timeout_seconds: u64,
    pub(super) extra: Extra<'a>,
}

/// What a scheme adds on a kind of chain.
#[derive(Clone, Serialize)]
#[serde(untagged)]
pub(super) enum Extra<'a> {
    /// EVM: the token's EIP-712 domain. Exactly these keys: clients rebuild it, and compare.
    Eip712 { name: &'a str, version: &'a str },
    /// Solana: who pays the fee, which is the facilitator. It is part of what is signed.
    #[serde(rename_all = "camelCase")]
    Solana { fee_payer: String },
}

/// Enough of a payment to know how to read the rest.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Envelope {
    pub(super) x402_version: Integer,
}

/// A JSON number that is whole, as JSON Schema has it: `2` and `2.0` are the same.
#[derive(Clone, Copy)]
pub(super) struct Integer(pub(super) u64);

impl<'de> Deserialize<'de> for Integer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Integer;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an integer")
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Integer, E> {
                Ok(Integer(value))
            }

            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Integer, E> {
                integral(value).map(Integer).ok_or_else(|| E::invalid_value(Unexpected::Float(value), &self))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// The whole number that a float is, if it is one: its shortest spelling has no exponent, and a
/// point only before a fraction.
fn integral(value: f64) -> Option<u64> {
    decimal(&value.to_string())
}

/// The content of `PAYMENT-SIGNATURE`.
#[derive(Deserialize)]
pub(super) struct Payment<'a> {
    /// Read in two steps: what it says beside scheme and network matters only where those are ours.
    #[serde(borrow)]
    pub(super) accepted: &'a RawValue,
    /// Depends on the scheme and the chain, so it is read once those are known to be ours.
    #[serde(borrow)]
    pub(super) payload: &'a RawValue,
    /// Whatever the client has to say beside it. What we do not know is not looked into.
    #[serde(borrow, default)]
    pub(super) extensions: Option<&'a RawValue>,
}

/// The way to pay that the client says it chose.
#[derive(Deserialize)]
pub(super) struct Chosen {
    pub(super) scheme: String,
    pub(super) network: String,
}

/// The part of our demand that the client repeats.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Accepted {
    pub(super) amount: Decimal,
    pub(super) asset: String,
    pub(super) pay_to: String,
}

/// The payload of `exact` on EVM chains, the same in both versions of the protocol.
#[derive(Deserialize)]
pub(super) struct ExactEvm {
    pub(super) signature: String,
    pub(super) authorization: Object<Authorization>,
}

/// The payload of `exact` on Solana, the same in both versions of the protocol.
#[derive(Deserialize)]
pub(super) struct ExactSvm {
    pub(super) transaction: String,
}

/// EIP-3009 `TransferWithAuthorization`, as a client writes it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Authorization {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) value: Decimal,
    pub(super) valid_after: Instant,
    pub(super) valid_before: Instant,
    pub(super) nonce: String,
}

/// A time as a `uint256`. What is beyond 2^64 is as late as can be said.
#[derive(Clone, Copy)]
pub(super) struct Instant(pub(super) u64);

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Decimal::deserialize(deserializer).map(|Decimal(second)| Self(second))
    }
}

/// An amount as a `uint256`, which the protocol writes as a decimal string. Clients whose 402 held
/// a JSON number echo a JSON number, so integers are read too, as JSON Schema has them. In a string
/// nothing else is: no sign, no leading zero, no exponent, no fraction.
#[derive(Clone, Copy)]
pub(super) struct Decimal(pub(super) u64);

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Decimal;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a decimal integer in a string")
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Decimal, E> {
                Ok(Decimal(value))
            }

            /// How JSON integers beyond 2^64 are read, and those with a point.
            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Decimal, E> {
                integral(value).map(Decimal).ok_or_else(|| E::invalid_value(Unexpected::Float(value), &self))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Decimal, E> {
                decimal(text).map(Decimal).ok_or_else(|| not_this(text, &self))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// `^(0|[1-9][0-9]{0,77})$`, which is as long as a `uint256` gets. What is beyond 2^64 is as much
/// as can be said.
fn decimal(text: &str) -> Option<u64> {
    let digits = (1..=78).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_digit());
    let canonical = text == "0" || !text.starts_with('0');
    // `parse` alone would also take a plus sign and leading zeros.
    if digits && canonical { Some(text.parse().unwrap_or(u64::MAX)) } else { None }
}

/// The words for it are chosen by the field's name.
fn not_this<E: de::Error>(text: &str, expected: &dyn de::Expected) -> E {
    E::invalid_value(Unexpected::Str(text), expected)
}

/// The body of `/verify` and of `/settle`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FacilitatorRequest<'a> {
    pub(super) x402_version: u8,
    pub(super) payment_payload: PaymentPayload<'a>,
    pub(super) payment_requirements: Requirements<'a>,
}

/// A payment as we pass it on.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PaymentPayload<'a> {
    pub(super) x402_version: u8,
    pub(super) resource: Resource<'a>,
    pub(super) accepted: Requirements<'a>,
    pub(super) payload: PayloadOut,
}

/// [`ExactEvm`] or [`ExactSvm`], written.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum PayloadOut {
    Evm { signature: String, authorization: AuthorizationOut },
    Solana { transaction: String },
}

/// [`Authorization`], written: numbers as strings, addresses in EIP-55.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AuthorizationOut {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) value: String,
    pub(super) valid_after: String,
    pub(super) valid_before: String,
    pub(super) nonce: String,
}

/// The answer of `/verify`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VerifyResponse {
    pub(super) is_valid: bool,
    pub(super) invalid_reason: Option<String>,
    pub(super) payer: Option<String>,
}

/// The answer of `/settle`. All beside `success` is optional: facilitators differ in it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SettleResponse {
    pub(super) success: bool,
    pub(super) error_reason: Option<String>,
    pub(super) transaction: Option<String>,
    pub(super) network: Option<String>,
    pub(super) payer: Option<String>,
    pub(super) amount: Option<String>,
}

/// The answer of `/supported`, as far as we ask.
#[derive(Deserialize)]
pub(super) struct SupportedResponse {
    pub(super) kinds: Vec<Kind>,
}

/// One way to pay that the facilitator can settle.
#[derive(Deserialize)]
pub(super) struct Kind {
    pub(super) scheme: String,
    pub(super) network: String,
    pub(super) extra: Option<KindExtra>,
}

/// The additions to a kind.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct KindExtra {
    pub(super) fee_payer: Option<String>,
}

/// The least that an answer of `/settle` says.
#[derive(Deserialize)]
pub(super) struct SettleClaim {
    pub(super) success: bool,
}

/// The content of a receipt header, in either version: only the spelling of the network differs.
#[derive(Serialize)]
pub(super) struct ReceiptOut<'a> {
    pub(super) success: bool,
    pub(super) transaction: &'a str,
    pub(super) network: &'static str,
    pub(super) payer: &'a str,
}

#[cfg(test)]
mod tests {
    use super::{Decimal, Instant, Integer, decimal};

    #[test]
    fn only_canonical_decimals_are_numbers() {
        for (text, value) in [
            ("0", 0),
            ("1000", 1000),
            ("18446744073709551615", u64::MAX),
            ("18446744073709551616", u64::MAX),
            ("100000000000000000000", u64::MAX),
            (&"9".repeat(78), u64::MAX),
        ] {
            assert_eq!(decimal(text), Some(value), "{text}");
        }
        for text in [
            "",
            "00",
            "01000",
            "+1000",
            "-1",
            " 1000",
            "1000 ",
            "1e3",
            "1000.0",
            "0x10",
            "1_000",
            "1abc",
            "USD 10",
            "１０",
            "٣",
            &"9".repeat(79),
            "1\0",
        ] {
            assert_eq!(decimal(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_json_integer_is_read_however_it_is_written_and_a_fraction_is_not() {
        let amount = |text| serde_json::from_str::<Decimal>(text).ok().map(|decimal| decimal.0);
        let instant = |text| serde_json::from_str::<Instant>(text).ok().map(|instant| instant.0);
        let integer = |text| serde_json::from_str::<Integer>(text).ok().map(|integer| integer.0);
        for (text, value) in [
            ("540000", 540_000),
            ("540000.0", 540_000),
            ("5.4e5", 540_000),
            ("0.0", 0),
            ("2.0", 2),
            ("1e3", 1_000),
            ("18446744073709551616", u64::MAX),
            ("1e30", u64::MAX),
        ] {
            assert_eq!((amount(text), instant(text), integer(text)), (Some(value), Some(value), Some(value)), "{text}");
        }
        for text in ["-1", "-1.0", "1.5", "540000.5", "1e-3", "null", "true", "[1]", "\"1e3\"", "\"1000.0\""] {
            assert_eq!((amount(text), instant(text), integer(text)), (None, None, None), "{text}");
        }
        assert_eq!((amount("\"540000\""), instant("\"540000\"")), (Some(540_000), Some(540_000)));
        assert_eq!(integer("\"2\""), None, "a version is a number");
    }
}
