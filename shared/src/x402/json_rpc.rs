//! JSON-RPC to a node, of whatever chain: one question, one answer.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::PaymentKeys;
use crate::telemetry::Neighbour;
use crate::wire::http::{NoReply, client, send};
use crate::wire::secrets::Rotating;

/// Where the key of a node's address belongs, if it has one.
pub const KEY: &str = "{key}";

/// Where a node is. It may hold a key, and so is not for logs.
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
struct Request<'a> {
    jsonrpc: &'static str,
    id: u8,
    method: &'a str,
    params: Value,
}

impl Question<'_> {
    /// Asks, and reads the answer whole or not at all.
    pub(super) async fn ask<T>(&self, method: &str, params: Value, read: fn(&[u8]) -> Option<T>) -> Result<T, NoReply> {
        let question = Request { jsonrpc: "2.0", id: 1, method, params };
        let reply = match &self.place.key {
            None => send(Neighbour::Node, client().post(&self.place.url).json(&question), self.limit).await?,
            Some(keys) => {
                let request = |keys: &PaymentKeys| {
                    let url = self.place.url.replace(KEY, (self.place.of)(keys)?);
                    Some(client().post(url).json(&question))
                };
                keys.send(Neighbour::Node, request, self.limit).await?
            }
        };
        let answer = read(&reply.body);
        if answer.is_none() {
            tracing::warn!(method, status = reply.status.as_u16(), "the RPC endpoint gave no usable answer");
        }
        answer.ok_or(NoReply::Unknown)
    }
}
