//! The word that Bland sends when a call is over: at which address, and how it is known from a
//! stranger's. What stands in it is not read: it is a reason to ask for the call's record, and that
//! says how the call has ended.
//!
//! `docs/decisions.md`: What is believed of the dialler's word?

use alloy_primitives::hex;
use ring::hmac;

use super::{Bland, BlandError, BlandKeys};
use crate::types::CallId;

/// Behind our own origin.
const PATH: &str = "/webhooks/bland";

/// The sender of a word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sender {
    /// Bland, as far as can be known.
    Bland,
    /// It was sent to an address that was not given for this call.
    Stranger,
    /// The address is right, and the signature is not that of the organisation's secret.
    Unsigned,
}

impl Bland {
    /// Who a word about this call is from, by the token in its address and by the signature over
    /// its bytes.
    pub async fn sender(
        &self,
        call: &CallId,
        token: &str,
        signature: Option<&str>,
        body: &[u8],
        limit: std::time::Duration,
    ) -> Result<Sender, BlandError> {
        let keys = self.keys.get(limit).await.map_err(|_| BlandError::NotSent)?;
        Ok(keys.sender(call, token, signature, body))
    }
}

impl BlandKeys {
    /// Where Bland sends its word about this call: nowhere where it could not, since it takes
    /// `https` only. The token can be made by who has our API key, which is Bland and us.
    pub(super) fn address(&self, origin: &str, call: &CallId) -> Option<String> {
        let token = hex::encode(hmac::sign(&self.tokens, named(call).as_bytes()));
        origin.starts_with("https://").then(|| format!("{origin}{PATH}/{}/{token}", call.as_str()))
    }

    fn sender(&self, call: &CallId, token: &str, signature: Option<&str>, body: &[u8]) -> Sender {
        let is_made_by = |key, of: &[u8], digits: &str| {
            let is_lower = !digits.bytes().any(|digit| digit.is_ascii_uppercase());
            is_lower && hex::decode(digits).is_ok_and(|tag| hmac::verify(key, of, &tag).is_ok())
        };
        if token.len() != 64 || !is_made_by(&self.tokens, named(call).as_bytes(), token) {
            return Sender::Stranger;
        }
        match &self.words {
            Some(key) if !signature.is_some_and(|digits| is_made_by(key, body, digits)) => Sender::Unsigned,
            _ => Sender::Bland,
        }
    }
}

fn named(call: &CallId) -> String {
    format!("dialtone call over {}", call.as_str())
}

#[cfg(test)]
mod tests {
    use alloy_primitives::hex;
    use ring::hmac;

    use super::{BlandKeys, PATH, Sender};
    use crate::types::CallId;

    fn keys(api_key: &str, secret: Option<&str>) -> BlandKeys {
        BlandKeys::new(api_key, "enc", secret).unwrap()
    }

    #[test]
    fn a_word_is_blands_only_at_the_address_that_was_given_for_its_call() {
        let (call, other) = (CallId::from_bits(1), CallId::from_bits(2));
        let ours = keys("org_1", None);
        let address = ours.address("https://example.com", &call).unwrap();
        let start = format!("https://example.com{PATH}/{}/", call.as_str());
        let token = address.strip_prefix(&start).unwrap().to_owned();
        let sender = |keys: &BlandKeys, call, token: &str| keys.sender(call, token, None, b"");
        assert_eq!(sender(&ours, &call, &token), Sender::Bland);
        for (keys, call, token) in [
            (&ours, &other, token.clone()),
            (&keys("org_2", None), &call, token.clone()),
            (&ours, &call, String::new()),
            (&ours, &call, token[..62].to_owned()),
            (&ours, &call, token.to_uppercase()),
            (&ours, &call, format!("{token}00")),
            (&ours, &call, format!("0x{token}")),
            (&ours, &call, "0".repeat(64)),
        ] {
            assert_eq!(sender(keys, call, &token), Sender::Stranger, "{token}");
        }
        // Bland takes nothing else.
        assert_eq!(ours.address("http://127.0.0.1:1", &call), None);
    }

    #[test]
    fn where_there_is_a_secret_each_byte_is_signed_with_it() {
        let (call, body) = (CallId::from_bits(1), br#"{"call_id":"b","completed":true}"#);
        let signed = |secret: &str, body: &[u8]| {
            hex::encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), body))
        };
        let ours = keys("org_1", Some("whsec"));
        let address = ours.address("https://example.com", &call).unwrap();
        let (_, token) = address.rsplit_once('/').unwrap();
        let good = signed("whsec", body);
        assert_eq!(ours.sender(&call, token, Some(&good), body), Sender::Bland);
        for signature in [None, Some(signed("other", body)), Some(signed("whsec", b"{}")), Some(good.to_uppercase())] {
            assert_eq!(ours.sender(&call, token, signature.as_deref(), body), Sender::Unsigned);
        }
        assert_eq!(ours.sender(&call, "0", Some(&good), body), Sender::Stranger);
        // Without one there is nothing to hold it against.
        assert_eq!(keys("org_1", None).sender(&call, token, Some("00"), body), Sender::Bland);
    }
}
