//! A facilitator's answers: paid only if every word of the answer says so, and about this payment.

use std::sync::LazyLock;

use shared::x402::answers::{settlement, verdict};
use shared::x402::{Receipt, SettleAnswer, Verdict, Verified, Version, receipt_headers};

use crate::json::{self, Json};
use crate::{fit, payment, status};

static PAYMENT: LazyLock<Verified> = LazyLock::new(payment::verified);

/// The first byte chooses the question, the second the status; the rest is the body.
pub fn facilitator(data: &[u8]) {
    let [question, code, body @ ..] = data else { return };
    if json::may_be_too_deep(body) {
        return;
    }
    let status = status(*code);
    let document = json::lossy(body);
    let root = document.as_ref().map_or(&Json::Null, |document| &document.root);
    // What not every parser would read claims nothing.
    let plain = json::read(body).is_some_and(|document| document.plain);
    if question & 1 == 0 {
        settled(status, root, plain, &settlement(status, body, &PAYMENT));
    } else {
        verified(status, root, &verdict(status, None, body, &PAYMENT));
    }
}

fn settled(status: http::StatusCode, root: &Json, plain: bool, answer: &SettleAnswer) {
    let success = root.get("success") == Some(&Json::Bool(true));
    let hash = root.text_of("transaction").and_then(hash);
    match answer {
        SettleAnswer::Settled(receipt) => {
            assert!(status.is_success() && success);
            assert_eq!(Some(receipt.transaction.to_string()), hash);
            assert!(matches!(root.text_of("network"), Some("eip155:8453" | "base")));
            assert!(root.lacks("payer") || root.text_of("payer").is_some_and(is_the_payer));
            assert!(root.lacks("amount") || root.text_of("amount") == Some("540000"));
            assert!(root.lacks("errorReason") || root.text_of("errorReason") == Some(""));
            assert_eq!(receipt.payer, PAYMENT.payer());
            shown(receipt);
        }
        SettleAnswer::NotSent => {
            assert!(matches!(status.as_u16(), 401 | 403 | 404 | 405 | 429));
            assert!(!(success && plain), "money may have moved");
        }
        SettleAnswer::Declined { reason } => {
            fit::code(reason.as_str());
            // Nothing in it may hint at money on its way.
            assert!(!status.is_server_error() && root.get("success") == Some(&Json::Bool(false)) && hash.is_none());
            for hint in ["pending", "timed_out", "nonce_used", "nonce_already_used", "duplicate", "unexpected"] {
                assert!(!reason.as_str().starts_with(hint) && !reason.as_str().ends_with(hint), "{reason}");
            }
        }
        SettleAnswer::LookItUp { reason, .. } => {
            fit::code(reason.as_str());
            assert!(!status.is_server_error() && root.get("success") == Some(&Json::Bool(false)));
        }
        SettleAnswer::Unknown { transaction, contradiction, refused } => {
            assert!(*contradiction == success || (success && !plain));
            assert!(!refused || (!success && status.is_server_error()));
            assert!(transaction.is_none() || transaction.as_ref().map(ToString::to_string) == hash);
        }
    }
}

fn verified(status: http::StatusCode, root: &Json, verdict: &Verdict) {
    match verdict {
        Verdict::Valid => {
            assert!(status.is_success() && root.get("isValid") == Some(&Json::Bool(true)));
            assert!(root.lacks("payer") || root.text_of("payer").is_some_and(is_the_payer));
        }
        Verdict::Invalid { reason } | Verdict::LookItUp { reason } => {
            fit::code(reason.as_str());
            assert!(!status.is_server_error() && root.get("isValid") == Some(&Json::Bool(false)));
        }
        Verdict::RateLimited { .. } => assert_eq!(status.as_u16(), 429),
        Verdict::Unavailable => {}
    }
}

/// What reaches the client's headers.
fn shown(receipt: &Receipt) {
    for version in [Version::V1, Version::V2] {
        for (name, value) in receipt_headers(version, receipt) {
            assert!(!value.is_empty());
            fit::printable(value.as_bytes(), name.as_str());
        }
    }
}

/// `^0x[0-9a-f]{64}$` in either case, in the lower one, and not zero.
fn hash(text: &str) -> Option<String> {
    let digits = text.strip_prefix("0x")?;
    let fits = digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit()) && digits.bytes().any(|b| b != b'0');
    fits.then(|| text.to_ascii_lowercase())
}

fn is_the_payer(text: &str) -> bool {
    text.starts_with("0x") && text.eq_ignore_ascii_case(&PAYMENT.payer().to_string())
}
