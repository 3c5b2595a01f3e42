//! Payment headers: their names, and how a document travels in one. It knows nothing of what the documents mean.
//!
//! Reading is strict, since whatever two programs read differently is a way to cheat one of them: standard alphabet, no
//! stray bits, no whitespace, UTF-8, at most 8 KB, at most sixteen levels deep. Padding may be missing, because some clients
//! leave it out and it carries nothing.

use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::{Malformed, Receipt, Version, offer, wire_v2};
use crate::types::nesting;

/// The demand, on a 402.
pub const PAYMENT_REQUIRED: HeaderName = HeaderName::from_static("payment-required");
/// The payment of version 2.
pub const PAYMENT_SIGNATURE: HeaderName = HeaderName::from_static("payment-signature");
/// The payment of version 1.
pub const X_PAYMENT: HeaderName = HeaderName::from_static("x-payment");
/// The receipt of version 2.
pub const PAYMENT_RESPONSE: HeaderName = HeaderName::from_static("payment-response");
/// The receipt of version 1.
pub const X_PAYMENT_RESPONSE: HeaderName = HeaderName::from_static("x-payment-response");
/// The transaction's hash alone, which published SDKs show to their callers.
pub const X_PAYMENT_RECEIPT: HeaderName = HeaderName::from_static("x-payment-receipt");

/// The largest payment header that is read. The gateway's limit for all headers together is 10 KB.
pub const LONGEST: usize = 8 * 1024;
/// How deep a payment's JSON may be nested. Clients echo the schema of what they buy, which takes eleven levels.
const DEEPEST: usize = 16;

const LENIENT_PADDING: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The payment that a request carries, decoded to JSON, or nothing if it carries none. Some clients send the same payment
/// under both names: that is one payment. A header with nothing in it is no header.
pub(super) fn payment_json(headers: &HeaderMap) -> Result<Option<Vec<u8>>, Malformed> {
    let values = [PAYMENT_SIGNATURE, X_PAYMENT].into_iter().flat_map(|name| headers.get_all(name));
    let values: Vec<&[u8]> = values.map(|value| value.as_bytes().trim_ascii()).collect();
    // Before the commas are looked at, which JSON is full of.
    if values.iter().any(|value| value.starts_with(b"{")) {
        return Err(Malformed::PlainJson);
    }
    // API Gateway joins repeated headers with a comma, which base64 does not have.
    let mut payments = values.iter().flat_map(|value| value.split(|byte| *byte == b',')).map(<[u8]>::trim_ascii);
    let Some(value) = payments.find(|value| !value.is_empty()) else {
        return Ok(None);
    };
    if payments.any(|other| !other.is_empty() && other != value) {
        return Err(Malformed::Several);
    }
    if value.len() > LONGEST {
        return Err(Malformed::TooLong);
    }
    let json = base64(value).ok_or(Malformed::NotBase64)?;
    // Asked here, because the parser does not look into what it skips.
    if str::from_utf8(&json).is_err() {
        return Err(Malformed::NotJson);
    }
    if nesting(&json) > DEEPEST {
        return Err(Malformed::TooDeep);
    }
    Ok(Some(json))
}

/// Bytes in their one spelling, but for the padding.
pub(super) fn base64(text: &[u8]) -> Option<Vec<u8>> {
    LENIENT_PADDING.decode(text).ok()
}

/// The headers that say a payment was settled, in the version that the payer spoke. Only for answers to a payment whose
/// money moved, errors included: clients take them as proof of that.
pub fn receipt_headers(version: Version, receipt: &Receipt) -> [(HeaderName, HeaderValue); 2] {
    let (name, network) = match version {
        Version::V1 => (X_PAYMENT_RESPONSE, receipt.payer.network().v1_name()),
        Version::V2 => (PAYMENT_RESPONSE, receipt.payer.network().caip2()),
    };
    let document = offer::json(&wire_v2::ReceiptOut {
        success: true,
        transaction: receipt.transaction.as_str(),
        network,
        payer: &receipt.payer.to_string(),
    });
    [(name, ascii(STANDARD.encode(document))), (X_PAYMENT_RECEIPT, ascii(receipt.transaction.as_str().to_owned()))]
}

/// Base64, base58 and hexadecimal are always valid in a header.
fn ascii(text: String) -> HeaderValue {
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::{LONGEST, PAYMENT_SIGNATURE, X_PAYMENT, payment_json, receipt_headers};
    use crate::types::{EvmNetwork, TransactionId, Wallet};
    use crate::x402::{Malformed, Receipt, Version};

    fn headers(values: &[(HeaderName, &str)]) -> HeaderMap {
        values.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).expect("visible ASCII"))).fold(
            HeaderMap::new(),
            |mut map, (name, value)| {
                map.append(name, value);
                map
            },
        )
    }

    #[test]
    fn one_header_of_either_name_is_decoded() {
        for name in [PAYMENT_SIGNATURE, X_PAYMENT] {
            for text in ["eyJhIjoxfQ==", "eyJhIjoxfQ"] {
                let read = payment_json(&headers(&[(name.clone(), text)]));
                assert_eq!(read, Ok(Some(b"{\"a\":1}".to_vec())), "{name} {text}");
            }
        }
        assert_eq!(payment_json(&HeaderMap::new()), Ok(None));
    }

    #[test]
    fn one_payment_may_come_several_times_and_two_are_refused() {
        let (value, other) = ("eyJhIjoxfQ==", "eyJhIjoyfQ==");
        for same in [
            headers(&[(PAYMENT_SIGNATURE, value), (X_PAYMENT, value)]),
            headers(&[(PAYMENT_SIGNATURE, value), (PAYMENT_SIGNATURE, value)]),
            headers(&[(PAYMENT_SIGNATURE, "eyJhIjoxfQ==,eyJhIjoxfQ==")]),
            headers(&[(PAYMENT_SIGNATURE, "eyJhIjoxfQ== , eyJhIjoxfQ==")]),
            headers(&[(PAYMENT_SIGNATURE, value), (X_PAYMENT, "")]),
            headers(&[(PAYMENT_SIGNATURE, " "), (X_PAYMENT, value)]),
            headers(&[(PAYMENT_SIGNATURE, ",eyJhIjoxfQ==,")]),
        ] {
            assert_eq!(payment_json(&same), Ok(Some(br#"{"a":1}"#.to_vec())), "{same:?}");
        }
        for several in [
            headers(&[(PAYMENT_SIGNATURE, value), (X_PAYMENT, other)]),
            headers(&[(PAYMENT_SIGNATURE, value), (PAYMENT_SIGNATURE, other)]),
            headers(&[(PAYMENT_SIGNATURE, "eyJhIjoxfQ==,eyJhIjoyfQ==")]),
            headers(&[(PAYMENT_SIGNATURE, value), (PAYMENT_SIGNATURE, value), (X_PAYMENT, other)]),
        ] {
            assert_eq!(payment_json(&several), Err(Malformed::Several), "{several:?}");
        }
        for nothing in ["", " ", ",", " , "] {
            assert_eq!(payment_json(&headers(&[(PAYMENT_SIGNATURE, nothing), (X_PAYMENT, "")])), Ok(None));
        }
    }

    #[test]
    fn json_that_was_not_encoded_is_told_so() {
        for text in ["{\"a\":1}", "{\"a\":1,\"b\":2}", " {}"] {
            assert_eq!(payment_json(&headers(&[(X_PAYMENT, text)])), Err(Malformed::PlainJson), "{text}");
        }
    }

    #[test]
    fn base64_has_one_spelling_but_for_its_padding() {
        for text in [
            "eyJhIjoxfR==",     // stray bits
            "eyJhIjox fQ==",    // whitespace inside
            "eyJhIjoxfQ===",    // too much padding
            "e30=eyJhIjoxfQ==", // two documents
            "Pz8_",             // base64url
            "Pz8-",
            "e",
        ] {
            assert_eq!(payment_json(&headers(&[(X_PAYMENT, text)])), Err(Malformed::NotBase64), "{text}");
        }
    }

    #[test]
    fn a_document_is_text_also_where_nobody_reads_it() {
        let document = STANDARD.encode(b"{\"skipped\":\"\xff\"}");
        assert_eq!(payment_json(&headers(&[(X_PAYMENT, &document)])), Err(Malformed::NotJson));
    }

    #[test]
    fn size_and_depth_are_bounded() {
        let padded = |length: usize| STANDARD.encode(vec![b' '; length / 4 * 3]);
        assert!(payment_json(&headers(&[(X_PAYMENT, &padded(LONGEST))])).is_ok());
        assert_eq!(payment_json(&headers(&[(X_PAYMENT, &padded(LONGEST + 4))])), Err(Malformed::TooLong));

        let nested = |levels: usize| STANDARD.encode("[".repeat(levels) + &"]".repeat(levels));
        assert!(payment_json(&headers(&[(X_PAYMENT, &nested(16))])).is_ok());
        assert_eq!(payment_json(&headers(&[(X_PAYMENT, &nested(17))])), Err(Malformed::TooDeep));
    }

    #[test]
    fn a_receipt_speaks_the_payers_version() {
        let receipt = Receipt {
            transaction: TransactionId::evm(alloy_primitives::B256::repeat_byte(0xab)),
            payer: Wallet::Evm {
                network: EvmNetwork::BaseSepolia,
                address: alloy_primitives::address!("0x70997970C51812dc3A010C7d01b50e0d17dc79C8"),
            },
        };
        let hash = format!("0x{}", "ab".repeat(32));
        for (version, name, network) in
            [(Version::V1, "x-payment-response", "base-sepolia"), (Version::V2, "payment-response", "eip155:84532")]
        {
            let [(proof, document), (short, transaction)] = receipt_headers(version, &receipt);
            assert_eq!((proof.as_str(), short.as_str()), (name, "x-payment-receipt"));
            assert_eq!(transaction, hash.as_str());
            assert_eq!(
                STANDARD.decode(document).ok().and_then(|json| String::from_utf8(json).ok()),
                Some(format!(
                    r#"{{"success":true,"transaction":"{hash}","network":"{network}","payer":"0x70997970C51812dc3A010C7d01b50e0d17dc79C8"}}"#
                )),
            );
        }
    }
}
