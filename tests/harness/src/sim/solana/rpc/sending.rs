//! Transactions that come in: to be tried out, or to be sent.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::super::wire::{LARGEST_V1, Transaction};
use super::super::{Failure, Solana, base58};
use super::{Outcome, Refusal, bank, context, invalid, named, refusal};

const KIND: &str = "solana_transaction::versioned::VersionedTransaction";

fn read(value: &Value, options: &Value) -> Result<Transaction, Refusal> {
    let text = value.as_str().ok_or_else(|| invalid("Invalid params: invalid type: expected a string."))?;
    let bytes = match options["encoding"].as_str() {
        Some("base64") => {
            BASE64_STANDARD.decode(text).map_err(|why| invalid(format!("invalid base64 encoding: {why:?}")))?
        }
        None | Some("base58") => {
            bs58::decode(text).into_vec().map_err(|why| invalid(format!("invalid base58 encoding: {why:?}")))?
        }
        Some(other) => {
            return Err(invalid(format!("unsupported encoding: {other}. Supported encodings: base58, base64")));
        }
    };
    let too_large = |most: usize| {
        let message = format!("decoded {KIND} too large: {} bytes (max: {most} bytes)", bytes.len());
        Err(invalid(message))
    };
    if bytes.len() > LARGEST_V1 {
        return too_large(LARGEST_V1);
    }
    let transaction = Transaction::decode(&bytes);
    let transaction = transaction.map_err(|why| invalid(format!("failed to deserialize {KIND}: {why}")))?;
    let most = transaction.message.version.largest();
    if bytes.len() > most {
        return too_large(most);
    }
    let sane = transaction.message.is_sane() && transaction.signatures.len() == transaction.message.signers().len();
    if !sane {
        return Err(invalid("invalid transaction: Transaction failed to sanitize accounts offsets correctly"));
    }
    Ok(transaction)
}

pub(super) fn simulate(cluster: &Solana, params: &Value) -> Outcome {
    let options = &params[1];
    let (verifies, replaces) = (options["sigVerify"] == true, options["replaceRecentBlockhash"] == true);
    if verifies && replaces {
        return Err(invalid("sigVerify may not be used with replaceRecentBlockhash"));
    }
    let mut transaction = read(&params[0], options)?;
    let slot = bank(cluster, options)?;
    let (fresh, last) = (cluster.hash_of(slot), Solana::height_of(slot) + super::super::LIFE);
    if replaces {
        transaction.message.blockhash = fresh;
        transaction.bytes = transaction.message.encode();
    }
    if verifies && !transaction.is_signed() {
        return Err(refusal(-32003, "Transaction signature verification failure"));
    }
    let outcome = Solana::precheck(&transaction).and_then(|()| cluster.try_out(&transaction, slot));
    let mut value = simulated(outcome.err());
    if replaces {
        value["replacementBlockhash"] = json!({"blockhash": base58(&fresh), "lastValidBlockHeight": last});
    }
    Ok(context(slot, &value))
}

fn simulated(failure: Option<Failure>) -> Value {
    let units = match failure {
        None | Some(Failure::Instruction(..)) => 6_500,
        Some(_) => 0,
    };
    json!({
        "err": failure.map(Failure::to_json), "logs": [], "accounts": null, "unitsConsumed": units, "returnData": null,
        "innerInstructions": null, "replacementBlockhash": null,
    })
}

pub(super) fn send(cluster: &Solana, params: &Value) -> Outcome {
    let options = &params[1];
    let transaction = read(&params[0], options)?;
    if !transaction.is_signed() && options["skipPreflight"] != true {
        return Err(refusal(-32003, "Transaction signature verification failure"));
    }
    if options["skipPreflight"] != true {
        // It is asked of another bank than everything else, unless told.
        let commitment = match &options["preflightCommitment"] {
            Value::Null => super::Commitment::Finalized,
            name => named(name)?,
        };
        cluster.simulate(&transaction, cluster.slot_at(commitment)).map_err(|failure| {
            let message = format!("Transaction simulation failed: {failure}");
            Refusal(-32002, message, simulated(Some(failure)))
        })?;
    }
    // Without a preflight a node says the signature whatever it is, and passes the packet on.
    let _ = cluster.send(&transaction);
    Ok(json!(transaction.signature()))
}
