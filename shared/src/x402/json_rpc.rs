//! JSON-RPC to a node, of whatever chain: one question, one answer; or two in one request, which
//! one backend of a load-balanced node answers.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::PaymentKeys;
use super::wire_v2::Object;
use crate::telemetry::Neighbour;
use crate::wire::http::{NoReply, Reply, client, send};
use crate::wire::secrets::Rotating;

/// Where the key of a node's address belongs, if it has one.
pub const KEY: &str = "{key}";

/// The address of a node. It may hold a key, and so is not for logs.
pub struct Place {
    url: String,
    key: Option<Arc<Rotating<PaymentKeys>>>,
    of: fn(&PaymentKeys) -> Option<&str>,
}

impl Place {
    /// An address that has its key, if any, from a secret.
    pub fn keyed(url: String, keys: Arc<Rotating<PaymentKeys>>, of: fn(&PaymentKeys) -> Option<&str>) -> Self {
        Self { url, key: Some(keys), of }
    }
}

impl From<String> for Place {
    fn from(url: String) -> Self {
        Self { url, key: None, of: |_| None }
    }
}

/// A node, and how long it may take for each answer.
pub(super) struct Question<'a> {
    pub(super) place: &'a Place,
    pub(super) limit: Duration,
}

#[derive(Serialize)]
struct Request<'a, P> {
    jsonrpc: &'static str,
    id: u8,
    method: &'a str,
    params: P,
}

/// An answer of several, which may come in any order.
#[derive(Deserialize)]
struct Numbered {
    id: u8,
}

/// One of two questions that are asked in one request, and how its answer is read.
pub(super) struct Half<'a, T> {
    pub(super) method: &'a str,
    pub(super) params: Value,
    pub(super) read: fn(&[u8]) -> Option<T>,
}

impl<'a, T> Half<'a, T> {
    fn request(&self, id: u8) -> Request<'a, &Value> {
        Request { jsonrpc: "2.0", id, method: self.method, params: &self.params }
    }
}

impl Question<'_> {
    /// Asks, and reads the answer whole or not at all.
    pub(super) async fn ask<T>(&self, method: &str, params: Value, read: fn(&[u8]) -> Option<T>) -> Result<T, NoReply> {
        let reply = self.send(&Request { jsonrpc: "2.0", id: 1, method, params }).await?;
        let answer = read(&reply.body);
        if answer.is_none() {
            no_use(method, &reply);
        }
        answer.ok_or(NoReply::Unknown)
    }

    /// Asks two questions in one request, in this order, and reads each of the answers that can be
    /// read. One answer for both is an error, and the second question's.
    pub(super) async fn ask_both<A, B>(
        &self,
        first: &Half<'_, A>,
        second: &Half<'_, B>,
    ) -> Result<(Option<A>, B), NoReply> {
        let reply = self.send(&(first.request(1), second.request(2))).await?;
        let (one, other) = match serde_json::from_slice::<Vec<&RawValue>>(&reply.body) {
            Ok(answers) => (numbered(&answers, 1), numbered(&answers, 2)),
            // Asked for less, such a node would refuse that as well.
            Err(_) if takes_one_question(&reply.body) => {
                tracing::error!("the node does not answer two questions in one request; another one is needed");
                return Err(NoReply::Unknown);
            }
            Err(_) => (None, Some(&*reply.body)),
        };
        let answer = other.and_then(second.read);
        if answer.is_none() {
            no_use(second.method, &reply);
        }
        Ok((one.and_then(first.read), answer.ok_or(NoReply::Unknown)?))
    }

    async fn send(&self, question: &impl Serialize) -> Result<Reply, NoReply> {
        match &self.place.key {
            None => send(Neighbour::Node, client().post(&self.place.url).json(question), self.limit).await,
            Some(keys) => {
                let request = |keys: &PaymentKeys| {
                    let url = self.place.url.replace(KEY, (self.place.of)(keys)?);
                    Some(client().post(url).json(question))
                };
                keys.send(Neighbour::Node, request, self.limit).await
            }
        }
    }
}

/// Whether one error for both questions is about their being two.
fn takes_one_question(body: &[u8]) -> bool {
    let Ok(Object(Refused { error: Object(error) })) = serde_json::from_slice(body) else { return false };
    let words = error.message.to_ascii_lowercase();
    matches!(error.code, -32_700 | -32_601) || ["batch", "invalid request"].iter().any(|word| words.contains(word))
}

#[derive(Deserialize)]
struct Refused {
    error: Object<WhyRefused>,
}

#[derive(Deserialize)]
struct WhyRefused {
    #[serde(default)]
    code: i64,
    #[serde(default)]
    message: String,
}

/// The answer with this number, if it is there once.
fn numbered<'a>(answers: &[&'a RawValue], id: u8) -> Option<&'a [u8]> {
    let is_it = |answer: &&&RawValue| {
        serde_json::from_str::<Object<Numbered>>(answer.get()).is_ok_and(|Object(answer)| answer.id == id)
    };
    let mut its = answers.iter().filter(is_it);
    its.next().filter(|_| its.next().is_none()).map(|answer| answer.get().as_bytes())
}

fn no_use(method: &str, reply: &Reply) {
    tracing::warn!(method, status = reply.status.as_u16(), "the RPC endpoint gave no usable answer");
}

#[cfg(test)]
mod tests {
    use super::takes_one_question;

    #[test]
    fn a_node_that_refuses_two_questions_is_told_from_one_that_answers_less() {
        let error = |code: i64, message: &str| {
            format!(r#"{{"jsonrpc":"2.0","id":null,"error":{{"code":{code},"message":"{message}"}}}}"#)
        };
        for (code, message) in [
            (-32_600, "Batch requests are not supported"),
            (-32_600, "Invalid Request"),
            (-32_700, "parse error"),
            (-32_601, "the method does not exist"),
        ] {
            assert!(takes_one_question(error(code, message).as_bytes()), "{message}");
        }
        for (code, message) in [
            (-32_005, "query returned more than 10000 results"),
            (-32_600, "up to a 500 block range"),
            (429, "slow down"),
        ] {
            assert!(!takes_one_question(error(code, message).as_bytes()), "{message}");
        }
        for body in ["", "[]", "{}", r#"{"jsonrpc":"2.0","id":1,"result":[]}"#] {
            assert!(!takes_one_question(body.as_bytes()), "{body}");
        }
    }
}
