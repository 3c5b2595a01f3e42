//! What a facilitator answers, and what it means.

use alloy_primitives::B256;
use http::StatusCode;

use super::{Reason, settlement, verdict};
use crate::types::{EvmNetwork, TransactionId};
use crate::x402::samples::{PAYER, verified};
use crate::x402::{Receipt, SettleAnswer, Verdict};

const HASH: &str = "0xabababababababababababababababababababababababababababababababab";

fn settled(status: u16, body: &str) -> SettleAnswer {
    let body = body.replace("HASH", HASH).replace("PAYER", &PAYER.to_string());
    settlement(StatusCode::from_u16(status).unwrap(), body.as_bytes(), &verified(EvmNetwork::Base))
}

fn transaction() -> TransactionId {
    TransactionId::evm(B256::repeat_byte(0xab))
}

fn unknown(transaction: Option<TransactionId>) -> SettleAnswer {
    SettleAnswer::Unknown { transaction, contradiction: false, refused: false }
}

#[test]
fn a_success_that_is_ours_from_end_to_end_is_paid() {
    let receipt = Receipt { transaction: transaction(), payer: verified(EvmNetwork::Base).payer() };
    for body in [
        r#"{"success":true,"transaction":"HASH","network":"eip155:8453","payer":"PAYER"}"#,
        r#"{"success":true,"transaction":"HASH","network":"eip155:8453"}"#,
        r#"{"success":true,"transaction":"HASH","network":"base","payer":null,"errorReason":null}"#,
        r#"{"success":true,"transaction":"HASH","network":"eip155:8453","amount":"540000","errorReason":"","extra":{}}"#,
        &format!(
            r#"{{"success":true,"transaction":"0x{}","network":"eip155:8453","payer":"{:#x}"}}"#,
            "AB".repeat(32),
            PAYER
        ),
    ] {
        assert_eq!(settled(200, body), SettleAnswer::Settled(receipt.clone()), "{body}");
    }
}

#[test]
fn a_success_that_differs_in_anything_is_a_contradiction() {
    let hash = Some(transaction());
    for (status, body, transaction) in [
        // Another payer, network, amount; none; or not well-formed.
        (
            200,
            r#"{"success":true,"transaction":"HASH","network":"eip155:8453","payer":"0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"}"#,
            hash.clone(),
        ),
        (200, r#"{"success":true,"transaction":"HASH","network":"eip155:8453","payer":""}"#, hash.clone()),
        (200, r#"{"success":true,"transaction":"HASH","network":"eip155:84532","payer":"PAYER"}"#, hash.clone()),
        (200, r#"{"success":true,"transaction":"HASH","payer":"PAYER"}"#, hash.clone()),
        (200, r#"{"success":true,"transaction":"HASH","network":"eip155:8453","amount":"1"}"#, hash.clone()),
        (
            200,
            r#"{"success":true,"transaction":"HASH","network":"eip155:8453","errorReason":"settlement_pending"}"#,
            hash.clone(),
        ),
        // Hashes that are none.
        (200, r#"{"success":true,"network":"eip155:8453","payer":"PAYER"}"#, None),
        (200, r#"{"success":true,"transaction":"","network":"eip155:8453"}"#, None),
        (200, r#"{"success":true,"transaction":"0xabab","network":"eip155:8453"}"#, None),
        (200, r#"{"success":true,"transaction":"HASH\r\nset-cookie: a=b","network":"eip155:8453"}"#, None),
        (
            200,
            r#"{"success":true,"transaction":"0x0000000000000000000000000000000000000000000000000000000000000000","network":"eip155:8453"}"#,
            None,
        ),
        // One of which something cannot be read, behind whatever status.
        (200, r#"{"success":true,"transaction":["HASH"],"network":"eip155:8453"}"#, None),
        (200, r#"{"success":true,"transaction":"HASH","transaction":"HASH","network":"eip155:8453"}"#, None),
        (403, r#"{"success":true,"transaction":5}"#, None),
        (429, r#"{"success":true,"payer":{}}"#, None),
        // A success that the status denies.
        (500, r#"{"success":true,"transaction":"HASH","network":"eip155:8453","payer":"PAYER"}"#, hash.clone()),
        (402, r#"{"success":true,"transaction":"HASH","network":"eip155:8453","payer":"PAYER"}"#, hash.clone()),
        (429, r#"{"success":true,"transaction":"HASH","network":"eip155:8453","payer":"PAYER"}"#, hash.clone()),
        (302, r#"{"success":true,"transaction":"HASH","network":"eip155:8453","payer":"PAYER"}"#, hash.clone()),
    ] {
        let expected = SettleAnswer::Unknown { transaction, contradiction: true, refused: false };
        assert_eq!(settled(status, body), expected, "{status} {body}");
    }
}

#[test]
fn what_may_still_happen_is_unknown() {
    for (status, body, transaction) in [
        (200, r#"{"success":false,"errorReason":"settlement_pending","transaction":"HASH"}"#, Some(transaction())),
        (500, r#"{"success":false,"errorReason":"settlement_pending","transaction":"HASH"}"#, Some(transaction())),
        (200, r#"{"success":false,"errorReason":"settlement_pending","transaction":"0x12"}"#, None),
        (200, r#"{"success":false,"errorReason":"settle_exact_evm_transaction_confirmation_timed_out"}"#, None),
        (200, r#"{"success":false,"errorReason":"settle_exact_node_failure"}"#, None),
        (200, r#"{"success":false,"errorReason":"settle_exact_svm_block_height_exceeded"}"#, None),
        (200, r#"{"success":false,"errorReason":"unexpected_settle_error"}"#, None),
        (200, r#"{"success":false,"errorReason":"unexpected_error"}"#, None),
        (200, r#"{"success":false,"errorReason":"unknown_error"}"#, None),
        (200, r#"{"success":false}"#, None),
        (200, r#"{"success":false,"errorReason":""}"#, None),
        (200, r#"{"success":false,"errorReason":"\u0000\u0000"}"#, None),
        (500, "Internal Server Error", None),
        (502, "<html>bad gateway</html>", None),
        (503, "", None),
        (504, r#"{"error":"timeout"}"#, None),
        // Unreadable.
        (200, "", None),
        (200, "null", None),
        (200, "{}", None),
        (200, r#"{"success":tr"#, None),
        (200, r#"{"success":"true","transaction":"HASH","network":"eip155:8453"}"#, None),
        (200, r#"{"success":false,"success":true,"transaction":"HASH","network":"eip155:8453"}"#, None),
        (200, r#"[{"success":true}]"#, None),
        (200, r#"[true,null,"HASH","eip155:8453",null,null]"#, None),
        (400, r#"{"error":"invalid request"}"#, None),
        (408, "", None),
        (409, "", None),
        (302, "", None),
    ] {
        assert_eq!(settled(status, body), unknown(transaction), "{status} {body}");
    }
}

#[test]
fn a_refusal_behind_an_error_of_the_server_is_unknown_and_not_silence() {
    for (body, transaction) in [
        (r#"{"success":false,"errorReason":"insufficient_funds"}"#, None),
        (r#"{"success":false,"errorReason":"invalid_transaction_state","transaction":"HASH"}"#, Some(transaction())),
    ] {
        let expected = SettleAnswer::Unknown { transaction, contradiction: false, refused: true };
        assert_eq!(settled(500, body), expected, "{body}");
    }
}

#[test]
fn what_went_no_further_than_the_door_was_not_sent() {
    for (status, body) in [
        (429, ""),
        (429, r#"{"success":false,"errorReason":"rate_limited"}"#),
        (401, "Unauthorized"),
        (403, ""),
        (404, "<html></html>"),
        (405, r#"{"error":"method not allowed"}"#),
    ] {
        assert_eq!(settled(status, body), SettleAnswer::NotSent, "{status} {body}");
    }
}

#[test]
fn a_refusal_that_may_be_our_own_success_is_looked_up() {
    for (status, body, reason) in [
        (
            200,
            r#"{"success":false,"errorReason":"invalid_exact_evm_nonce_already_used","transaction":""}"#,
            "invalid_exact_evm_nonce_already_used",
        ),
        (200, r#"{"success":false,"errorReason":"duplicate_settlement"}"#, "duplicate_settlement"),
        (409, r#"{"success":false,"errorReason":"duplicate_settlement"}"#, "duplicate_settlement"),
        (
            200,
            r#"{"success":false,"errorReason":"invalid_exact_evm_transaction_failed"}"#,
            "invalid_exact_evm_transaction_failed",
        ),
        (200, r#"{"success":false,"errorReason":"settle_exact_failed_onchain"}"#, "settle_exact_failed_onchain"),
        (
            200,
            r#"{"success":false,"errorReason":"invalid_exact_evm_transaction_simulation_failed"}"#,
            "invalid_exact_evm_transaction_simulation_failed",
        ),
        (200, r#"{"success":false,"errorReason":"transaction_simulation"}"#, "transaction_simulation"),
        (
            200,
            r#"{"success":false,"errorReason":"invalid_exact_evm_transfer_event_mismatch"}"#,
            "invalid_exact_evm_transfer_event_mismatch",
        ),
        (200, r#"{"success":false,"errorReason":"invalid_transaction_state"}"#, "invalid_transaction_state"),
        // A refusal that names a transaction was not one before it was sent.
        (200, r#"{"success":false,"errorReason":"insufficient_funds","transaction":"HASH"}"#, "insufficient_funds"),
    ] {
        let transaction = body.contains("HASH").then(transaction);
        let expected = SettleAnswer::LookItUp { reason: Reason::read(reason), transaction };
        assert_eq!(settled(status, body), expected, "{status} {body}");
    }
}

#[test]
fn any_other_reason_is_a_refusal_and_is_passed_on_clean() {
    for (status, body, reason) in [
        (
            200,
            r#"{"success":false,"errorReason":"insufficient_funds","errorMessage":"node says: secret"}"#,
            "insufficient_funds",
        ),
        (
            400,
            r#"{"success":false,"errorReason":"invalid_exact_evm_payload_signature","transaction":""}"#,
            "invalid_exact_evm_payload_signature",
        ),
        (403, r#"{"success":false,"errorReason":"kyt_risk_detected"}"#, "kyt_risk_detected"),
        (402, r#"{"success":false,"errorReason":"permit2_2612_amount_mismatch"}"#, "permit2_2612_amount_mismatch"),
        (200, r#"{"success":false,"errorReason":"invalid_amount: Tokenkeg"}"#, "invalid_amount"),
        (200, r#"{"success":false,"errorReason":"InsufficientFunds\r\nset-cookie: a=b"}"#, "insufficientfunds"),
    ] {
        let expected = SettleAnswer::Declined { reason: Reason::read(reason) };
        assert_eq!(settled(status, body), expected, "{status} {body}");
    }
}

#[test]
fn a_verdict_is_valid_only_without_doubt() {
    let invalid = |reason: &str| Verdict::Invalid { reason: Reason::read(reason) };
    let look_it_up = |reason: &str| Verdict::LookItUp { reason: Reason::read(reason) };
    for (status, body, expected) in [
        (200, r#"{"isValid":true,"payer":"PAYER"}"#, Verdict::Valid),
        (200, r#"{"isValid":true}"#, Verdict::Valid),
        (200, r#"{"isValid":true,"payer":"0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"}"#, Verdict::Unavailable),
        (500, r#"{"isValid":true,"payer":"PAYER"}"#, Verdict::Unavailable),
        (
            200,
            r#"{"isValid":false,"invalidReason":"insufficient_funds","payer":"PAYER"}"#,
            invalid("insufficient_funds"),
        ),
        (400, r#"{"isValid":false,"invalidReason":"invalid_payload"}"#, invalid("invalid_payload")),
        (
            200,
            r#"{"isValid":false,"invalidReason":"invalid_exact_evm_transaction_simulation_failed"}"#,
            look_it_up("invalid_exact_evm_transaction_simulation_failed"),
        ),
        (
            200,
            r#"{"isValid":false,"invalidReason":"invalid_exact_evm_nonce_already_used"}"#,
            look_it_up("invalid_exact_evm_nonce_already_used"),
        ),
        (200, r#"{"isValid":false,"invalidReason":"unexpected_verify_error"}"#, Verdict::Unavailable),
        (500, r#"{"isValid":false,"invalidReason":"insufficient_funds"}"#, Verdict::Unavailable),
        (200, r#"{"isValid":false}"#, Verdict::Unavailable),
        (200, r#"{"isValid":"true"}"#, Verdict::Unavailable),
        (200, "", Verdict::Unavailable),
        (401, "Unauthorized", Verdict::Unavailable),
        (429, "", Verdict::RateLimited { retry_after: Some(7) }),
    ] {
        let body = body.replace("PAYER", &PAYER.to_string());
        let status = StatusCode::from_u16(status).unwrap();
        let read = verdict(status, Some(7), body.as_bytes(), &verified(EvmNetwork::Base));
        assert_eq!(read, expected, "{status} {body}");
    }
}
