//! What accounts hold, in bytes or spelled out.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::super::programs::{DECIMALS, TOKEN};
use super::super::{Account, Pubkey, Solana};
use super::{Outcome, address, bank, context, invalid};

/// Bytes of an account that holds a token.
const SIZE: usize = 165;
const RENT: u64 = 2_039_280;

pub(super) fn balance(cluster: &Solana, params: &Value) -> Outcome {
    let (account, slot) = (address(&params[0])?, bank(cluster, &params[1])?);
    let held = cluster.ledger().account_at(&account, slot).map(|account| amount(account.amount));
    held.map(|held| context(slot, &held)).ok_or_else(|| invalid("Invalid param: could not find account"))
}

pub(super) fn info(cluster: &Solana, params: &Value) -> Outcome {
    let (account, slot) = (address(&params[0])?, bank(cluster, &params[1])?);
    let parsed = parsed(&params[1])?;
    if account == cluster.cluster().usdc() {
        return Ok(context(slot, &mint(parsed)));
    }
    let held = cluster.ledger().account_at(&account, slot).map(|account| shown(account, parsed));
    Ok(context(slot, &held.unwrap_or_default()))
}

pub(super) fn of_owner(cluster: &Solana, params: &Value) -> Outcome {
    let owner = address(&params[0])?;
    let (slot, parsed) = (bank(cluster, &params[2])?, parsed(&params[2])?);
    let wanted = match (&params[1]["mint"], &params[1]["programId"]) {
        (Value::Null, program) if address(program)?.to_string() == TOKEN => None,
        (Value::Null, _) => return Err(invalid("Invalid param: unrecognized Token program id")),
        (mint, _) => Some(address(mint)?),
    };
    let ledger = cluster.ledger();
    let its =
        ledger.accounts_at(slot).filter(|(_, held)| held.owner == owner && wanted.is_none_or(|mint| held.mint == mint));
    let all = its.map(|(key, held)| json!({"pubkey": key.to_string(), "account": shown(held, parsed)}));
    Ok(context(slot, &all.collect()))
}

fn parsed(options: &Value) -> Result<bool, super::Refusal> {
    match options["encoding"].as_str() {
        Some("jsonParsed") => Ok(true),
        Some("base64") => Ok(false),
        // The default is a base58 that refuses more than 128 bytes, which all of these are.
        _ => Err(super::refusal(
            -32600,
            "Encoded binary (base 58) data should be less than 128 bytes, please use Base64 encoding.",
        )),
    }
}

pub(super) fn amount(micros: u64) -> Value {
    let whole = 10_u64.pow(u32::from(DECIMALS));
    let text = format!("{}.{:06}", micros / whole, micros % whole);
    let text = text.trim_end_matches('0').trim_end_matches('.').to_owned();
    json!({"amount": micros.to_string(), "decimals": DECIMALS, "uiAmountString": text})
}

fn shown(account: &Account, parsed: bool) -> Value {
    let data = if parsed {
        let mut info = json!({
            "isNative": false, "mint": account.mint.to_string(), "owner": account.owner.to_string(),
            "state": if account.frozen { "frozen" } else { "initialized" }, "tokenAmount": amount(account.amount),
        });
        if let Some((delegate, allowed)) = account.delegate {
            info["delegate"] = json!(delegate.to_string());
            info["delegatedAmount"] = amount(allowed);
        }
        json!({"program": "spl-token", "space": SIZE, "parsed": {"type": "account", "info": info}})
    } else {
        json!([BASE64_STANDARD.encode(packed(account)), "base64"])
    };
    whole(&data, RENT, SIZE)
}

fn whole(data: &Value, lamports: u64, space: usize) -> Value {
    json!({"data": data, "executable": false, "lamports": lamports, "owner": TOKEN, "rentEpoch": u64::MAX, "space": space})
}

/// As the program lays it out: an option is four bytes and its room.
fn packed(account: &Account) -> Vec<u8> {
    let (delegate, allowed) = account.delegate.map_or((None, 0), |(key, allowed)| (Some(key), allowed));
    let mut out = Vec::with_capacity(SIZE);
    out.extend(account.mint.0);
    out.extend(account.owner.0);
    out.extend(account.amount.to_le_bytes());
    option(&mut out, delegate);
    out.push(if account.frozen { 2 } else { 1 });
    out.extend([0; 12]);
    out.extend(allowed.to_le_bytes());
    option(&mut out, None);
    out
}

fn option(out: &mut Vec<u8>, key: Option<Pubkey>) {
    out.extend(u32::from(key.is_some()).to_le_bytes());
    out.extend(key.map_or([0; 32], |key| key.0));
}

fn mint(parsed: bool) -> Value {
    const MINT_SIZE: usize = 82;
    let supply = 10_u64.pow(15);
    let data = if parsed {
        let info = json!({"decimals": DECIMALS, "freezeAuthority": null, "isInitialized": true, "mintAuthority": null, "supply": supply.to_string()});
        json!({"program": "spl-token", "space": MINT_SIZE, "parsed": {"type": "mint", "info": info}})
    } else {
        let mut out = Vec::with_capacity(MINT_SIZE);
        option(&mut out, None);
        out.extend(supply.to_le_bytes());
        out.extend([DECIMALS, 1]);
        option(&mut out, None);
        json!([BASE64_STANDARD.encode(out), "base64"])
    };
    whole(&data, 1_461_600, MINT_SIZE)
}
