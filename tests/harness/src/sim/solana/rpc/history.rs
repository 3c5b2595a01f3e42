//! What has happened: statuses of signatures, the transactions that name an address, and whole
//! transactions.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::super::programs::{MEMO, TOKEN};
use super::super::wire::Message;
use super::super::{Account, Commitment, LIFE, Landed, Solana};
use super::accounts::amount;
use super::{Outcome, Refusal, address, bytes, context, invalid, kept, refusal};

/// Signatures in one question about statuses.
const MOST_STATUSES: usize = 256;
/// Signatures in one answer about an address.
const MOST_SIGNATURES: u64 = 1000;
/// Lamports of each signature, and what is left of an account that had a million.
const FEE: u64 = 5000;

pub(super) fn statuses(cluster: &Solana, params: &Value) -> Outcome {
    let asked = params[0].as_array().ok_or_else(|| invalid("Invalid params: invalid type: expected a sequence."))?;
    if asked.len() > MOST_STATUSES {
        return Err(invalid(format!("Too many inputs provided; max {MOST_STATUSES}")));
    }
    let now = cluster.slot();
    let all = params[1]["searchTransactionHistory"] == true;
    let mut values = Vec::new();
    for signature in asked {
        bytes::<64>(signature)?;
        let landed = cluster.transaction(signature.as_str().unwrap_or_default());
        // Without a search only the newest blocks are known.
        let landed = landed.filter(|landed| landed.slot <= now && (all || landed.slot + LIFE >= now));
        values.push(landed.map_or(Value::Null, |landed| status(cluster, &landed)));
    }
    Ok(context(now, &Value::Array(values)))
}

fn status(cluster: &Solana, landed: &Landed) -> Value {
    let sure = sure(cluster, landed);
    let confirmations = (sure != "finalized").then(|| cluster.slot() - landed.slot);
    let error = landed.error.map(super::super::Failure::to_json);
    let status = error.as_ref().map_or_else(|| json!({"Ok": null}), |error| json!({"Err": error}));
    json!({"slot": landed.slot, "confirmations": confirmations, "err": error, "status": status, "confirmationStatus": sure})
}

fn sure(cluster: &Solana, landed: &Landed) -> &'static str {
    if landed.slot <= cluster.slot_at(Commitment::Finalized) {
        "finalized"
    } else if landed.slot <= cluster.slot_at(Commitment::Confirmed) {
        "confirmed"
    } else {
        "processed"
    }
}

pub(super) fn of_address(cluster: &Solana, params: &Value) -> Outcome {
    let (key, options) = (address(&params[0])?, &params[1]);
    let head = kept(cluster, options)?;
    let limit = options["limit"].as_u64().unwrap_or(MOST_SIGNATURES);
    if !(1..=MOST_SIGNATURES).contains(&limit) {
        return Err(invalid(format!("Invalid limit; max {MOST_SIGNATURES}")));
    }
    let end = |name: &str| match &options[name] {
        Value::Null => Ok(None),
        signature => bytes::<64>(signature).map(|_| signature.as_str()),
    };
    let (before, until) = (end("before")?, end("until")?);
    let landed = cluster.transactions();
    let mut newest: Vec<_> = landed.iter().rev().filter(|one| one.slot <= head).collect();
    if let Some(before) = before {
        let at = newest.iter().position(|one| one.signature == before).map_or(newest.len(), |at| at + 1);
        newest.drain(..at);
    }
    let named = newest.into_iter().take_while(|one| until != Some(one.signature.as_str()));
    let named = named.filter(|one| one.transaction.message.keys.contains(&key));
    let limit = usize::try_from(limit).unwrap_or_default();
    Ok(named.take(limit).map(|one| entry(cluster, one)).collect())
}

fn entry(cluster: &Solana, landed: &Landed) -> Value {
    json!({
        "signature": landed.signature, "slot": landed.slot, "err": landed.error.map(super::super::Failure::to_json),
        "memo": memo(&landed.transaction.message), "blockTime": cluster.time_of(landed.slot),
        "confirmationStatus": sure(cluster, landed),
    })
}

/// All memos, each with its length.
fn memo(message: &Message) -> Option<String> {
    let memos = message.instructions.iter().filter(|one| message.program(one) == MEMO);
    let memos: Vec<_> =
        memos.map(|one| format!("[{}] {}", one.data.len(), String::from_utf8_lossy(&one.data))).collect();
    (!memos.is_empty()).then(|| memos.join("; "))
}

pub(super) fn transaction(cluster: &Solana, params: &Value) -> Outcome {
    bytes::<64>(&params[0])?;
    let options = &params[1];
    let head = kept(cluster, options)?;
    let landed = cluster.transaction(params[0].as_str().unwrap_or_default());
    let Some(landed) = landed.filter(|landed| landed.slot <= head) else { return Ok(Value::Null) };
    if options["encoding"] != "base64" {
        return Err(invalid("only the encoding base64 is known here"));
    }
    whole(cluster, &landed, options)
}

fn whole(cluster: &Solana, landed: &Landed, options: &Value) -> Result<Value, Refusal> {
    let most = options["maxSupportedTransactionVersion"].as_u64();
    let version = landed.transaction.message.version.number();
    if let Some(version) = version.filter(|version| most.is_none_or(|most| most < *version)) {
        let message = format!(
            "Transaction version ({version}) is not supported by the requesting client. Please try the request again with \
             the following configuration parameter: \"maxSupportedTransactionVersion\": {version}"
        );
        return Err(refusal(-32015, message));
    }
    let mut answer = json!({
        "slot": landed.slot,
        "blockTime": cluster.time_of(landed.slot),
        "transaction": [BASE64_STANDARD.encode(landed.transaction.encode()), "base64"],
        "meta": meta(landed),
    });
    if most.is_some() {
        answer["version"] = version.map_or_else(|| json!("legacy"), |version| json!(version));
    }
    Ok(answer)
}

fn meta(landed: &Landed) -> Value {
    let error = landed.error.map(super::super::Failure::to_json);
    let status = error.as_ref().map_or_else(|| json!({"Ok": null}), |error| json!({"Err": error}));
    let lamports = vec![1_000_000; landed.transaction.message.keys.len()];
    let [before, after] = &landed.balances;
    let tokens = |held: &[(usize, Account)]| -> Value {
        let one = |(at, account): &(usize, Account)| {
            json!({
                "accountIndex": at, "mint": account.mint.to_string(), "owner": account.owner.to_string(),
                "programId": TOKEN, "uiTokenAmount": amount(account.amount),
            })
        };
        held.iter().map(one).collect()
    };
    json!({
        "err": error, "status": status, "fee": FEE * u64::from(landed.transaction.message.header[0]),
        "preBalances": lamports, "postBalances": lamports, "computeUnitsConsumed": 6_500,
        "preTokenBalances": tokens(before), "postTokenBalances": tokens(after), "innerInstructions": [],
        "logMessages": [], "rewards": null, "loadedAddresses": {"readonly": [], "writable": []},
    })
}
