//! The fields of a payment, as a client's author is told about them: by their whole path, and with
//! what each must be. It reads nothing; it has the words for what could not be read.

use serde_json::error::Category;

use crate::x402::Malformed;

/// What a field must be, by its own name.
fn must_be(field: &str) -> &'static str {
    match field {
        "x402Version" => "1 or 2",
        "accepted" | "payload" | "authorization" => "a JSON object",
        "amount" | "value" => {
            "a whole number of millionths of a USDC, in a string of at most 78 decimal digits without a leading zero"
        }
        "validAfter" | "validBefore" => {
            "whole seconds since 1970, in a string of at most 78 decimal digits without a leading zero"
        }
        "from" | "to" => "0x and 40 hexadecimal digits",
        "nonce" => "0x and 64 hexadecimal digits",
        "signature" => "0x and pairs of hexadecimal digits",
        "transaction" => "a Solana transaction in wire format, as base64 (standard alphabet, no whitespace)",
        _ => "a string",
    }
}

/// A field that is there and is not what it must be.
pub(super) fn wrong(path: &str) -> Malformed {
    let name = path.rsplit('.').next().unwrap_or(path);
    Malformed::Shape(format!("`{path}` must be {}", must_be(name)))
}

/// Why a document could not be read, that stands at `within` of the payment, or is all of it. Not
/// in the parser's own words, and without the value, which may be a nonce or a signature. Every
/// name in it is the protocol's: what is unknown is skipped.
pub(super) fn unreadable(error: &serde_path_to_error::Error<serde_json::Error>, within: &str) -> Malformed {
    let text = error.inner().to_string();
    // A number that no machine holds is good JSON.
    let is_json = error.inner().classify() == Category::Data || text.starts_with("number out of range");
    if !is_json {
        return Malformed::NotJson;
    }
    let path = joined(within, &error.path().to_string());
    let quoted = text.split('`').nth(1);
    match quoted {
        Some(field) if text.starts_with("missing field") => {
            Malformed::Shape(format!("`{}` is missing: it must be {}", joined(&path, field), must_be(field)))
        }
        Some(field) if text.starts_with("duplicate field") => {
            Malformed::Shape(format!("`{}` is there twice", joined(&path, field)))
        }
        _ if path.is_empty() => Malformed::Shape("it must be a JSON object".to_owned()),
        _ => wrong(&path),
    }
}

/// A path within another. The parser writes a dot for the document itself.
fn joined(within: &str, path: &str) -> String {
    match (within, path) {
        (within, "." | "") => within.to_owned(),
        ("", path) => path.to_owned(),
        (within, path) => format!("{within}.{path}"),
    }
}
