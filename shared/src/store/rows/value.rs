//! What stands in an attribute. A word is written as it is read: by the one spelling beside its
//! variant; what is long and not text stands in bytes, which are half of their digits.

use std::fmt;

use alloy_primitives::hex;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Book, Charge, Custody, Pause, RefundReason, Refunding, State};
use crate::store::fault::StoreFault;
use crate::types::call::{AnsweredBy, CallEndedBy, Dialler, EndedBy, Message, Retry, Role, Status};
use crate::types::{AttemptId, Country, PaymentId, Timestamp, Wallet};

/// A value of an attribute.
#[derive(Clone, PartialEq, Debug)]
pub(in crate::store) struct Value(AttributeValue);

impl Value {
    /// A row, or a part of one.
    pub(in crate::store) fn row(row: &impl Serialize) -> Result<Self, StoreFault> {
        Ok(Self(serde_dynamo::to_attribute_value(row)?))
    }

    /// What a chain names, as a [`Packed`] stands in a row.
    pub(in crate::store) fn packed(name: &str) -> Self {
        Self(
            Packed(name.to_owned())
                .bytes()
                .map_or_else(|| AttributeValue::S(name.to_owned()), |bytes| AttributeValue::B(Blob::new(bytes))),
        )
    }
}

/// Bytes. They have no `Debug` of their own: a signature is one.
#[derive(Clone, PartialEq, Eq, Default)]
pub(in crate::store) struct Bytes(pub(in crate::store) Vec<u8>);

impl Bytes {
    pub(in crate::store) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bytes({})", self.0.len())
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, row: S) -> Result<S::Ok, S::Error> {
        row.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(row: D) -> Result<Self, D::Error> {
        struct OfBytes;
        impl Visitor<'_> for OfBytes {
            type Value = Bytes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }

            fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Bytes, E> {
                Ok(Bytes(bytes))
            }
        }
        row.deserialize_byte_buf(OfBytes)
    }
}

/// Something that a chain names: the bytes of an EVM chain's hexadecimal digits, and the text of
/// Solana's base58.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::store) struct Packed(pub(in crate::store) String);

impl From<&Wallet> for Packed {
    fn from(wallet: &Wallet) -> Self {
        Self(wallet.account())
    }
}

impl Packed {
    fn bytes(&self) -> Option<Vec<u8>> {
        let digits = self.0.strip_prefix("0x")?;
        hex::decode(digits).ok().filter(|bytes| hex::encode(bytes) == digits)
    }
}

impl Serialize for Packed {
    fn serialize<S: Serializer>(&self, row: S) -> Result<S::Ok, S::Error> {
        match self.bytes() {
            Some(bytes) => row.serialize_bytes(&bytes),
            None => row.serialize_str(&self.0),
        }
    }
}

impl<'de> Deserialize<'de> for Packed {
    fn deserialize<D: Deserializer<'de>>(row: D) -> Result<Self, D::Error> {
        struct OfEither;
        impl Visitor<'_> for OfEither {
            type Value = Packed;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes or a text")
            }

            fn visit_str<E>(self, text: &str) -> Result<Packed, E> {
                Ok(Packed(text.to_owned()))
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Packed, E> {
                Ok(Packed(hex::encode_prefixed(bytes)))
            }
        }
        row.deserialize_any(OfEither)
    }
}

impl From<&Bytes> for Value {
    fn from(bytes: &Bytes) -> Self {
        Self(AttributeValue::B(Blob::new(bytes.0.clone())))
    }
}

impl From<Value> for AttributeValue {
    fn from(value: Value) -> Self {
        value.0
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self(AttributeValue::S(text.to_owned()))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self(AttributeValue::S(text))
    }
}

impl From<bool> for Value {
    fn from(bool: bool) -> Self {
        Self(AttributeValue::Bool(bool))
    }
}

impl From<Timestamp> for Value {
    fn from(at: Timestamp) -> Self {
        at.as_second().into()
    }
}

impl From<Country> for Value {
    fn from(country: Country) -> Self {
        country.as_str().into()
    }
}

impl From<&PaymentId> for Value {
    fn from(payment: &PaymentId) -> Self {
        payment.as_str().into()
    }
}

impl From<&AttemptId> for Value {
    fn from(attempt: &AttemptId) -> Self {
        attempt.as_str().into()
    }
}

impl From<&Wallet> for Value {
    fn from(wallet: &Wallet) -> Self {
        wallet.caip10().into()
    }
}

macro_rules! numbers {
    ($($number:ident)+) => {
        $(impl From<$number> for Value {
            fn from(number: $number) -> Self {
                Self(AttributeValue::N(number.to_string()))
            }
        })+
    };
}

numbers! { i64 u64 u32 }

/// Words that stand in rows.
macro_rules! stored {
    ($($word:ident)+) => {
        $(impl From<$word> for Value {
            fn from(word: $word) -> Self {
                word.as_str().into()
            }
        }

        impl Serialize for $word {
            fn serialize<S: Serializer>(&self, row: S) -> Result<S::Ok, S::Error> {
                row.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $word {
            fn deserialize<D: Deserializer<'de>>(row: D) -> Result<Self, D::Error> {
                let text = String::deserialize(row)?;
                Self::parse(&text).ok_or_else(|| D::Error::unknown_variant(&text, Self::WORDS))
            }
        })+
    };
}

stored! { AnsweredBy Book CallEndedBy Charge Custody Dialler EndedBy Message Pause RefundReason Refunding Retry Role State Status }

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue;

    use super::{
        AnsweredBy, Book, CallEndedBy, Charge, Custody, Dialler, EndedBy, Message, Pause, RefundReason, Refunding,
        Retry, Role, State, Status, Value,
    };

    #[test]
    fn a_word_is_read_as_it_was_written_and_nothing_else_is() {
        macro_rules! each {
            ($($word:ident)+) => {
                $(for word in $word::ALL {
                    let row: AttributeValue = serde_dynamo::to_attribute_value(word).unwrap();
                    assert_eq!(AttributeValue::from(Value::from(*word)), row, "one spelling for both ways");
                    assert_eq!(serde_dynamo::from_attribute_value::<_, $word>(row).unwrap(), *word);
                    let other = AttributeValue::S(format!("{}s", word.as_str()));
                    assert!(serde_dynamo::from_attribute_value::<_, $word>(other).is_err());
                })+
            };
        }
        each! { AnsweredBy Book CallEndedBy Charge Custody Dialler EndedBy Message Pause RefundReason Refunding Retry Role State Status }
    }
}
