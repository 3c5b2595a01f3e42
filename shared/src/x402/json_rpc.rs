//! JSON-RPC to a node, of whatever chain: one question, one answer.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use crate::telemetry::Neighbour;
use crate::upstream::http::{NoReply, client, send};

/// A node, and how long it may take for each answer.
pub(super) struct Question<'a> {
    /// It may hold a key, and so is not for logs.
    pub(super) url: &'a str,
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
        let request = client().post(self.url).json(&Request { jsonrpc: "2.0", id: 1, method, params });
        let reply = send(Neighbour::Node, request, self.limit).await?;
        let answer = read(&reply.body);
        if answer.is_none() {
            tracing::warn!(method, status = reply.status.as_u16(), "the RPC endpoint gave no usable answer");
        }
        answer.ok_or(NoReply::Unknown)
    }
}
