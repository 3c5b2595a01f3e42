//! Payment headers: their names, and how a document travels in one. It knows nothing of what the
//! documents mean.
//!
//! Reading is strict, since whatever two programs read differently is a way to cheat one of them:
//! one alphabet in a text, no stray bits, no whitespace, UTF-8, at most 8 KB, at most sixteen
//! levels deep. Padding may be missing, because some clients leave it out and it carries nothing,
//! and a byte order mark may be there, which carries nothing either; and the alphabet may be the
//! one for addresses, which some clients take.

use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::{Malformed, Receipt, Version, wire_v2};
use crate::types::{is_a_word_for_nothing, nesting};
use crate::wire::json;

pub use super::malformed::LONGEST;

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

/// How many spellings of one payment are read.
const MOST: usize = 4;
/// Some editors and frameworks begin a text with it. RFC 8259 lets a reader ignore it.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
/// How deep a payment's JSON may be nested. Clients echo the schema of what they buy, which takes
/// eleven levels.
pub(super) const DEEPEST: usize = 16;

const LENIENT_PADDING: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_allow_trailing_bits(false)
    .with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD_ALPHABET: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT_PADDING);
const URL_SAFE_ALPHABET: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT_PADDING);

/// A payment as it came, decoded to JSON, and where it stood.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) place: &'static str,
    pub(super) json: Vec<u8>,
}

/// The documents that a request carries as its payment; the same bytes only once. Some clients send
/// a payment under both names. A header with nothing in it is not a header, and neither is one in
/// which a client says so.
pub(super) fn payment_documents(headers: &HeaderMap) -> Result<Vec<Document>, Malformed> {
    let names = [(PAYMENT_SIGNATURE, "PAYMENT-SIGNATURE"), (X_PAYMENT, "X-PAYMENT")];
    let values = names.iter().flat_map(|(name, place)| headers.get_all(name).iter().map(move |value| (*place, value)));
    let mut seen: Vec<(&'static str, &[u8])> = Vec::new();
    for (place, value) in values.flat_map(|(place, value)| payments(value.as_bytes()).map(move |one| (place, one))) {
        if !seen.iter().any(|(_, known)| *known == value) {
            seen.push((place, value));
        }
        if seen.len() > MOST {
            return Err(Malformed::Several);
        }
    }
    let mut documents: Vec<Document> = Vec::new();
    for (place, value) in &seen {
        // What cannot be read is not known to be the same.
        let json = document(value).map_err(|why| why.of(seen.len(), place))?;
        documents.push(Document { place, json });
    }
    documents.dedup_by(|one, other| one.json == other.json);
    Ok(documents)
}

/// The payments in a header: API Gateway joins repeated ones with a comma, which base64 does not
/// have. JSON is full of them, and is one; so is a payment that is written as an address (`data:`).
/// Quotation marks around one are not part of it, and what a client's template makes of a header
/// that has no value is none: the base64 of a payment is longer.
fn payments(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let value = value.trim_ascii();
    let is_one = value.starts_with(b"{") || value.starts_with(b"data:");
    let parts = value.split(move |byte| *byte == b',' && !is_one).map(|part| unquoted(part.trim_ascii()));
    parts.filter(|value| !value.is_empty() && !is_a_word_for_nothing(value))
}

fn unquoted(value: &[u8]) -> &[u8] {
    let within = |quote: &[u8]| value.strip_prefix(quote).and_then(|value| value.strip_suffix(quote));
    within(b"\"").or_else(|| within(b"'")).unwrap_or(value).trim_ascii()
}

/// Whether a text is written as a part of an address, where `%3D` stands for `=`.
fn is_escaped(value: &[u8]) -> bool {
    value
        .windows(3)
        .any(|three| matches!(three, [b'%', one, two] if one.is_ascii_hexdigit() && two.is_ascii_hexdigit()))
}

/// A payment as it stands in a header, decoded to JSON.
fn document(value: &[u8]) -> Result<Vec<u8>, Malformed> {
    if value.starts_with(b"{") {
        return Err(Malformed::PlainJson);
    }
    if value.len() > LONGEST {
        return Err(Malformed::TooLong);
    }
    if is_hexadecimal(value) {
        return Err(Malformed::Bare);
    }
    if is_escaped(value) {
        return Err(Malformed::Escaped);
    }
    let json = encoded(value).ok_or(Malformed::NotBase64)?;
    let json = json.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&json);
    // Asked here, because the parser does not look into what it skips. A brace of two bytes is
    // UTF-16.
    let is_wide = [&b"\xff\xfe"[..], b"\xfe\xff", b"{\0", b"\0{"].iter().any(|beginning| json.starts_with(beginning));
    match str::from_utf8(json) {
        Ok(_) if !is_wide => {}
        Err(_) if !is_wide && !json.trim_ascii_start().starts_with(b"{") => return Err(Malformed::Bare),
        _ => return Err(Malformed::NotUtf8),
    }
    if nesting(json) > DEEPEST {
        return Err(Malformed::TooDeep);
    }
    Ok(json.to_vec())
}

/// Bytes as hexadecimal. The base64 of a JSON object begins with a letter that is not a digit of
/// it.
fn is_hexadecimal(value: &[u8]) -> bool {
    let digits = value.strip_prefix(b"0x").unwrap_or(value);
    digits.len() >= 16 && digits.iter().all(u8::is_ascii_hexdigit)
}

/// The bytes of a header's value, in either alphabet.
pub(super) fn encoded(text: &[u8]) -> Option<Vec<u8>> {
    base64(text).or_else(|| URL_SAFE_ALPHABET.decode(text).ok())
}

/// Bytes in their one spelling, but for the padding.
pub(super) fn base64(text: &[u8]) -> Option<Vec<u8>> {
    STANDARD_ALPHABET.decode(text).ok()
}

/// The headers that say a payment was settled, in the version that the payer spoke. Only for
/// answers to a payment whose money moved, errors included: clients take them as proof of that.
pub fn receipt_headers(version: Version, receipt: &Receipt) -> [(HeaderName, HeaderValue); 2] {
    let (name, network) = match version {
        Version::V1 => (X_PAYMENT_RESPONSE, receipt.payer.network().v1_name()),
        Version::V2 => (PAYMENT_RESPONSE, receipt.payer.network().caip2()),
    };
    let document = json(&wire_v2::ReceiptOut {
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

    use super::{LONGEST, PAYMENT_SIGNATURE, X_PAYMENT, receipt_headers};
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

    fn payment_documents(headers: &HeaderMap) -> Result<Vec<Vec<u8>>, Malformed> {
        Ok(super::payment_documents(headers)?.into_iter().map(|document| document.json).collect())
    }

    #[test]
    fn one_header_of_either_name_is_decoded() {
        for name in [PAYMENT_SIGNATURE, X_PAYMENT] {
            for text in ["eyJhIjoxfQ==", "eyJhIjoxfQ"] {
                let read = payment_documents(&headers(&[(name.clone(), text)]));
                assert_eq!(read, Ok(vec![b"{\"a\":1}".to_vec()]), "{name} {text}");
            }
        }
        assert_eq!(payment_documents(&HeaderMap::new()), Ok(Vec::new()));
    }

    #[test]
    fn the_same_bytes_are_read_once_and_what_cannot_be_read_is_not_the_same() {
        let (value, other) = ("eyJhIjoxfQ==", "eyJhIjoyfQ==");
        for same in [
            headers(&[(PAYMENT_SIGNATURE, value), (X_PAYMENT, value)]),
            headers(&[(PAYMENT_SIGNATURE, value), (X_PAYMENT, "eyJhIjoxfQ")]),
            headers(&[(PAYMENT_SIGNATURE, value), (PAYMENT_SIGNATURE, value)]),
            headers(&[(PAYMENT_SIGNATURE, "eyJhIjoxfQ==,eyJhIjoxfQ==")]),
            headers(&[(PAYMENT_SIGNATURE, "eyJhIjoxfQ== , eyJhIjoxfQ==")]),
            headers(&[(PAYMENT_SIGNATURE, value), (X_PAYMENT, "")]),
            headers(&[(PAYMENT_SIGNATURE, " "), (X_PAYMENT, value)]),
            headers(&[(PAYMENT_SIGNATURE, ",eyJhIjoxfQ==,")]),
        ] {
            assert_eq!(payment_documents(&same), Ok(vec![br#"{"a":1}"#.to_vec()]), "{same:?}");
        }
        for two in [
            headers(&[(PAYMENT_SIGNATURE, value), (X_PAYMENT, other)]),
            headers(&[(PAYMENT_SIGNATURE, "eyJhIjoxfQ==,eyJhIjoyfQ==")]),
            headers(&[(PAYMENT_SIGNATURE, value), (PAYMENT_SIGNATURE, value), (X_PAYMENT, other)]),
        ] {
            assert_eq!(payment_documents(&two).map(|documents| documents.len()), Ok(2), "{two:?}");
        }
        let several = headers(&[(PAYMENT_SIGNATURE, "eyJh,eyJi,eyJj,eyJk,eyJl")]);
        assert_eq!(payment_documents(&several), Err(Malformed::Several));
        for (two, place, why) in [
            (headers(&[(PAYMENT_SIGNATURE, value), (X_PAYMENT, "no base64")]), "X-PAYMENT", Malformed::NotBase64),
            (headers(&[(PAYMENT_SIGNATURE, "0x"), (X_PAYMENT, value)]), "PAYMENT-SIGNATURE", Malformed::NotBase64),
            (
                headers(&[(PAYMENT_SIGNATURE, value), (X_PAYMENT, "{\"a\":1,\"b\":2}")]),
                "X-PAYMENT",
                Malformed::PlainJson,
            ),
            (headers(&[(X_PAYMENT, &format!("{value}, %%%"))]), "X-PAYMENT", Malformed::NotBase64),
        ] {
            let told = payment_documents(&two);
            assert_eq!(told, Err(Malformed::OneOfTwo { place, why: Box::new(why) }), "{two:?}");
        }
        for nothing in ["", " ", ",", " , "] {
            let read = payment_documents(&headers(&[(PAYMENT_SIGNATURE, nothing), (X_PAYMENT, "")]));
            assert_eq!(read, Ok(Vec::new()));
        }
    }

    #[test]
    fn quotation_marks_and_words_for_nothing_are_not_a_payment() {
        let value = "eyJhIjoxfQ==";
        for quoted in [format!("\"{value}\""), format!("'{value}'"), format!("\" {value}\", {value}")] {
            assert_eq!(payment_documents(&headers(&[(X_PAYMENT, &quoted)])), Ok(vec![br#"{"a":1}"#.to_vec()]));
        }
        for nothing in ["null", "NULL", "undefined", "None", "none", "nil", "NaN", "\"\"", "''", "\"null\""] {
            assert_eq!(payment_documents(&headers(&[(X_PAYMENT, nothing)])), Ok(Vec::new()), "{nothing}");
        }
        for escaped in ["eyJhIjoxfQ%3D%3D", "eyJhIjoxfQ%3d"] {
            assert_eq!(payment_documents(&headers(&[(X_PAYMENT, escaped)])), Err(Malformed::Escaped));
        }
    }

    #[test]
    fn json_that_was_not_encoded_is_told_so() {
        for text in ["{\"a\":1}", "{\"a\":1,\"b\":2}", " {}"] {
            assert_eq!(payment_documents(&headers(&[(X_PAYMENT, text)])), Err(Malformed::PlainJson), "{text}");
        }
    }

    #[test]
    fn a_signature_or_a_transaction_alone_is_told_that_it_is_no_payment() {
        let signature = "1b".repeat(65);
        for text in [
            format!("0x{signature}"),
            format!("0x{}", signature.to_uppercase()),
            signature.clone(),
            format!("0x{}", "ab".repeat(32)),
            STANDARD.encode([0x9b_u8; 65]),
            STANDARD.encode([&[1_u8][..], &[0xc3; 64], &[0x80, 1, 0, 5]].concat()),
            // A signature of Solana's, in base58.
            "5VERv8NMvzbJMEkV8xnrLkEaWRtSz9CosKDYjCJjBRnbJLgp8uirBgmQpjKhoR4tjF3ZpRzrFmBV6UjKdiSZkQUW".to_owned(),
        ] {
            assert_eq!(payment_documents(&headers(&[(PAYMENT_SIGNATURE, &text)])), Err(Malformed::Bare), "{text}");
        }
    }

    #[test]
    fn base64_has_one_spelling_but_for_its_padding_and_its_alphabet() {
        for text in ["Pz8/", "Pz8_"] {
            assert_eq!(payment_documents(&headers(&[(X_PAYMENT, text)])), Ok(vec![b"???".to_vec()]), "{text}");
        }
        for text in [
            "eyJhIjoxfR==",     // stray bits
            "eyJhIjox fQ==",    // whitespace inside
            "eyJhIjoxfQ===",    // too much padding
            "e30=eyJhIjoxfQ==", // two documents
            "Pz8_Pz8/",         // two alphabets
            "e",
        ] {
            assert_eq!(payment_documents(&headers(&[(X_PAYMENT, text)])), Err(Malformed::NotBase64), "{text}");
        }
    }

    #[test]
    fn a_document_is_text_also_where_no_client_reads_it() {
        let document = STANDARD.encode(b"{\"skipped\":\"\xff\"}");
        assert_eq!(payment_documents(&headers(&[(X_PAYMENT, &document)])), Err(Malformed::NotUtf8));
        for wide in [&b"\xff\xfe{\0}\0"[..], b"\xfe\xff\0{\0}", b"{\0}\0", b"\0{\0}"] {
            let document = STANDARD.encode(wide);
            assert_eq!(payment_documents(&headers(&[(X_PAYMENT, &document)])), Err(Malformed::NotUtf8), "{wide:?}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_not_part_of_a_document() {
        let marked = STANDARD.encode("\u{feff}{\"a\":1}");
        let both = headers(&[(PAYMENT_SIGNATURE, &marked), (X_PAYMENT, "eyJhIjoxfQ==")]);
        assert_eq!(payment_documents(&both), Ok(vec![br#"{"a":1}"#.to_vec()]));
    }

    #[test]
    fn size_and_depth_are_bounded() {
        let padded = |length: usize| STANDARD.encode(vec![b' '; length / 4 * 3]);
        assert!(payment_documents(&headers(&[(X_PAYMENT, &padded(LONGEST))])).is_ok());
        assert_eq!(payment_documents(&headers(&[(X_PAYMENT, &padded(LONGEST + 4))])), Err(Malformed::TooLong));

        let nested = |levels: usize| STANDARD.encode("[".repeat(levels) + &"]".repeat(levels));
        assert!(payment_documents(&headers(&[(X_PAYMENT, &nested(16))])).is_ok());
        assert_eq!(payment_documents(&headers(&[(X_PAYMENT, &nested(17))])), Err(Malformed::TooDeep));
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
