//! The word that a call is over (its post-call webhook): the call's document, posted to the address
//! that came with the call, once it has settled. It is sent again until it is taken. It goes
//! nowhere by itself: a test says when it arrives, and a word that is never delivered is one that
//! was lost.

use ring::hmac;
use serde_json::Value;

use super::Bland;
use crate::sim::hex;

/// A word that is on its way.
#[derive(Clone, Debug)]
pub struct Word {
    /// The call, by Bland's id.
    pub call: String,
    /// Where it goes.
    pub url: String,
    /// `X-Webhook-Signature`, where the organisation has a secret: lower-case hexadecimal
    /// HMAC-SHA256 of the body.
    pub signature: Option<String>,
    /// The call's document.
    pub body: String,
}

impl Bland {
    /// From now on words are signed with this secret; with nothing, they are not.
    pub fn set_webhook_secret(&self, secret: Option<&str>) {
        self.inner().account.webhook_secret = secret.map(Into::into);
    }

    /// The words that are to be delivered by now: of each call that is over and has settled, that
    /// asked for one, and of which none was taken.
    pub fn words(&self) -> Vec<Word> {
        self.progress();
        let inner = self.inner();
        let secret = inner.account.webhook_secret.as_ref();
        let of = |call: &super::Call| {
            let url = call.request["webhook"].as_str()?.to_owned();
            let mut document = call.document();
            document["isRetry"] = Value::Bool(false);
            let body = document.to_string();
            let signature = secret.map(|secret| {
                hex(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), body.as_bytes()).as_ref())
            });
            Some(Word { call: call.id.clone(), url, signature, body })
        };
        let due = |call: &&super::Call| call.is_over() && call.settled && !inner.heard_of.contains(&call.id);
        inner.calls.iter().filter(due).filter_map(of).collect()
    }

    /// A word about this call that comes before its time, or from a stranger who has learned its
    /// address.
    pub fn word_of(&self, call: &str) -> Option<Word> {
        let url = self.call(call)?.request["webhook"].as_str()?.to_owned();
        Some(Word { call: call.to_owned(), url, signature: None, body: "{\"completed\":true}".to_owned() })
    }

    /// A word about this call was answered with success: there is no other.
    pub fn taken(&self, call: &str) {
        self.inner().heard_of.insert(call.to_owned());
    }
}
