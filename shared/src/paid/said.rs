//! What a request says besides its money: what it asks for, under which name, and what of it was
//! not read. Whether an earlier one said the same. It refuses to know whether the payment is good.
//!
//! `docs/decisions.md`: What makes two requests the same?

use http::{HeaderName, HeaderValue};
use icu_normalizer::ComposingNormalizerBorrowed;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::edge::Answer;
use crate::invocation::Invocation;
use crate::store::Work;
use crate::store::sales::Record;
use crate::telemetry;
use crate::types::{PaymentId, PhoneNumber, Run, Wallet, trimmed};
use crate::x402::Version;

/// The parts of a request that an earlier one's answer depends on.
pub(super) struct Said<'a> {
    /// The payment that it carries.
    pub(super) id: PaymentId,
    /// The protocol version that the payer speaks.
    pub(super) version: Version,
    /// The hash of what is asked for; none, if the body asks for nothing that there is.
    pub(super) request: Option<String>,
    /// The number that it names to call from.
    pub(super) caller_id: Option<PhoneNumber>,
    /// The wallet's own name for it.
    pub(super) name: Option<String>,
    /// The names in its body and its address that nothing is made of.
    pub(super) ignored: Vec<String>,
    /// Whether it is meant.
    pub(super) run: Run,
    /// A wallet has signed in, and no payment is there.
    pub(super) signed_in: bool,
    pub(super) invocation: &'a Invocation,
}

impl Said<'_> {
    /// Whether an earlier request asked for the same.
    pub(super) fn asks_for(&self, record: &Record) -> bool {
        let from = match &record.work {
            Work::Call(call) => Some(&call.from),
            Work::Lease(_) | Work::Renew(_) | Work::List(_) | Work::Calls(_) | Work::Nothing => None,
        };
        self.request.as_ref() == Some(&record.request) && (self.caller_id.is_none() || self.caller_id.as_ref() == from)
    }

    /// Tells the log which sale this is about, and whose. There is none, where it is only
    /// rehearsed.
    pub(super) fn tell(&self, payer: &Wallet) {
        if self.run == Run::Real {
            telemetry::sale(&self.id, payer);
        }
    }

    /// A success, which names what was ignored if anything was.
    pub(super) fn ok(
        &self,
        body: &impl Serialize,
        headers: Vec<(HeaderName, HeaderValue)>,
        outcome: &'static str,
    ) -> Answer {
        Answer::ok_but_for(&self.ignored, body, headers, outcome)
    }
}

/// What makes two requests the same: the endpoint, and what is asked of it. Texts that look the
/// same ask for the same.
pub(super) fn request_hash(path: &str, essence: &Value) -> String {
    let essence = as_read(essence).to_string();
    let digest: [u8; 32] = Sha256::new().chain_update(path).chain_update(b"\n").chain_update(essence).finalize().into();
    alloy_primitives::hex::encode(digest)
}

/// With each text as its reader sees it: composed, with one kind of line break, and without what
/// shows nothing around it.
fn as_read(essence: &Value) -> Value {
    match essence {
        Value::String(text) => {
            let text = trimmed(text).replace("\r\n", "\n").replace('\r', "\n");
            Value::String(ComposingNormalizerBorrowed::new_nfc().normalize(&text).into_owned())
        }
        Value::Array(items) => items.iter().map(as_read).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), as_read(value))).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => essence.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::request_hash;

    #[test]
    fn texts_that_look_the_same_ask_for_the_same() {
        let of = |text: &str| request_hash("/", &json!([text, {"questions": [[text]]}]));
        for (one, other) in [
            ("caf\u{e9}", "cafe\u{301}"),
            ("\u{1112}\u{1161}\u{11ab}", "\u{d55c}"),
            ("\u{212b}", "\u{c5}"),
            ("a", " a\u{200b}\u{2060}\u{feff}\n"),
            ("a\nb", "a\r\nb"),
            ("a\nb", "a\rb"),
        ] {
            assert_eq!(of(one), of(other), "{one:?} {other:?}");
        }
        for (one, other) in [
            ("a", "A"),
            ("a b", "ab"),
            ("a b", "a  b"),
            ("a\nb", "a\n\nb"),
            ("a\u{200b}b", "ab"),
            ("1", "\u{ff11}"),
            ("fi", "\u{fb01}"),
            ("e", "e\u{301}"),
        ] {
            assert_ne!(of(one), of(other), "{one:?} {other:?}");
        }
    }
}
