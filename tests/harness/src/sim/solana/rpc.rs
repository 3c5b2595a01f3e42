//! The cluster's JSON-RPC: the methods that a payment needs and its fate can be read with, and
//! -32601 for all others.

mod accounts;
mod history;
mod sending;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::Extensions;
use axum::response::Response;
use axum::routing::post;
use serde_json::{Value, json};

use super::{Commitment, Pubkey, Solana, base58};
use crate::sim;
use crate::sim::fault::Behind;

/// A refusal: code, message, and what else is said.
struct Refusal(i64, String, Value);

type Outcome = Result<Value, Refusal>;

pub(super) fn router(cluster: Solana) -> Router {
    Router::new().route("/rpc", post(handle)).route("/", post(handle)).with_state(cluster)
}

async fn handle(State(cluster): State<Solana>, extensions: Extensions, body: Bytes) -> Response {
    let Ok(request) = serde_json::from_slice::<Value>(&body) else {
        return sim::json(200, &failure(&Value::Null, &refusal(-32700, "Parse error")));
    };
    let cluster = cluster.behind(Behind::of(&extensions));
    let answer = match request {
        Value::Array(requests) => requests.iter().map(|request| answer(&cluster, request)).collect(),
        request => answer(&cluster, &request),
    };
    sim::json(200, &answer)
}

fn answer(cluster: &Solana, request: &Value) -> Value {
    let id = request.get("id").unwrap_or(&Value::Null);
    let (Some("2.0"), Some(method)) = (request["jsonrpc"].as_str(), request["method"].as_str()) else {
        return failure(id, &refusal(-32600, "Invalid request"));
    };
    if !(request["params"].is_null() || request["params"].is_array()) {
        return failure(id, &refusal(-32602, "`params` should be an array"));
    }
    match call(cluster, method, &request["params"]) {
        Ok(result) => json!({"jsonrpc": "2.0", "result": result, "id": id}),
        Err(refusal) => failure(id, &refusal),
    }
}

fn failure(id: &Value, Refusal(code, message, data): &Refusal) -> Value {
    let mut error = json!({"code": code, "message": message});
    if !data.is_null() {
        error["data"] = data.clone();
    }
    json!({"jsonrpc": "2.0", "error": error, "id": id})
}

fn refusal(code: i64, message: impl Into<String>) -> Refusal {
    Refusal(code, message.into(), Value::Null)
}

fn invalid(message: impl Into<String>) -> Refusal {
    refusal(-32602, message)
}

fn call(cluster: &Solana, method: &str, params: &Value) -> Outcome {
    match method {
        "getHealth" => Ok(json!("ok")),
        "getVersion" => Ok(json!({"solana-core": "3.0.8", "feature-set": 3_604_001_754_u32})),
        "getGenesisHash" => Ok(json!(cluster.cluster().genesis())),
        "getSlot" => Ok(json!(bank(cluster, &params[0])?)),
        "getBlockHeight" => Ok(json!(Solana::height_of(bank(cluster, &params[0])?))),
        "getLatestBlockhash" => {
            let slot = bank(cluster, &params[0])?;
            let last = Solana::height_of(slot) + super::LIFE;
            Ok(context(slot, &json!({"blockhash": base58(&cluster.hash_of(slot)), "lastValidBlockHeight": last})))
        }
        "isBlockhashValid" => {
            let hash = bytes::<32>(&params[0])?;
            let slot = bank(cluster, &params[1])?;
            Ok(context(slot, &json!(cluster.is_alive(&hash, slot))))
        }
        "getBlockTime" => block_time(cluster, &params[0]),
        "getSignatureStatuses" => history::statuses(cluster, params),
        "getSignaturesForAddress" => history::of_address(cluster, params),
        "getTransaction" => history::transaction(cluster, params),
        "getTokenAccountBalance" => accounts::balance(cluster, params),
        "getTokenAccountsByOwner" => accounts::of_owner(cluster, params),
        "getAccountInfo" => accounts::info(cluster, params),
        "simulateTransaction" => sending::simulate(cluster, params),
        "sendTransaction" => sending::send(cluster, params),
        _ => Err(refusal(-32601, "Method not found")),
    }
}

fn block_time(cluster: &Solana, slot: &Value) -> Outcome {
    let slot = slot.as_u64().ok_or_else(|| invalid("invalid type: expected u64"))?;
    if slot > cluster.slot() {
        return Err(refusal(-32004, format!("Block not available for slot {slot}")));
    }
    Ok(json!(cluster.time_of(slot)))
}

/// The commitment that a call's options ask for; `finalized` where they say nothing.
fn commitment(options: &Value) -> Result<Commitment, Refusal> {
    match &options["commitment"] {
        Value::Null => Ok(Commitment::Finalized),
        name => named(name),
    }
}

fn named(name: &Value) -> Result<Commitment, Refusal> {
    match name.as_str() {
        Some("processed") => Ok(Commitment::Processed),
        Some("confirmed") => Ok(Commitment::Confirmed),
        Some("finalized") => Ok(Commitment::Finalized),
        _ => Err(invalid(format!(
            "Invalid params: unknown variant `{name}`, expected one of `processed`, `confirmed`, `finalized`."
        ))),
    }
}

/// The slot whose bank answers.
fn bank(cluster: &Solana, options: &Value) -> Result<u64, Refusal> {
    let slot = cluster.slot_at(commitment(options)?);
    match options["minContextSlot"].as_u64() {
        Some(least) if least > slot => {
            let message = "Minimum context slot has not been reached".to_owned();
            Err(Refusal(-32016, message, json!({"contextSlot": slot})))
        }
        _ => Ok(slot),
    }
}

/// What is in blocks: nodes keep no history of what is only processed.
fn kept(cluster: &Solana, options: &Value) -> Result<u64, Refusal> {
    if commitment(options)? == Commitment::Processed {
        return Err(invalid("Method does not support commitment below `confirmed`"));
    }
    bank(cluster, options)
}

fn context(slot: u64, value: &Value) -> Value {
    json!({"context": {"apiVersion": "3.0.8", "slot": slot}, "value": value})
}

fn address(value: &Value) -> Result<Pubkey, Refusal> {
    bytes(value).map(Pubkey)
}

fn bytes<const N: usize>(value: &Value) -> Result<[u8; N], Refusal> {
    let text = value.as_str().ok_or_else(|| invalid("Invalid params: invalid type: expected a string."))?;
    let bytes = bs58::decode(text).into_vec().map_err(|_| invalid("Invalid param: Invalid"))?;
    bytes.try_into().map_err(|_| invalid("Invalid param: WrongSize"))
}
