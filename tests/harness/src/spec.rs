//! What is sold, by the specification: paths, prices in millionths of USDC, and the codes of
//! refusals. All tests and the audit of every world take it from here, and nothing of it from the
//! product.

/// A number for thirty days.
pub const BUY: &str = "/api/v1/phone/numbers/buy";
/// Thirty more days.
pub const RENEW: &str = "/api/v1/phone/numbers/renew";
/// The numbers of the paying wallet.
pub const LIST: &str = "/api/v1/phone/numbers/list";
/// The numbers of the wallet that signs in.
pub const NUMBERS: &str = "/api/v1/phone/numbers";
/// The calls of the wallet that signs in.
pub const MY_CALLS: &str = "/api/v1/voice/calls";
/// The calls of the paying wallet.
pub const CALLS: &str = "/api/v1/voice/calls/list";
/// A call.
pub const CALL: &str = "/api/v1/voice/call";

/// What thirty days of a number cost.
pub const NUMBER_PRICE: u64 = 5_000_000;
/// What a call costs.
pub const CALL_PRICE: u64 = 540_000;
/// What a list costs.
pub const LIST_PRICE: u64 = 1_000;

/// What is sold, and for how much.
pub const SOLD: [(&str, u64); 5] =
    [(BUY, NUMBER_PRICE), (RENEW, NUMBER_PRICE), (LIST, LIST_PRICE), (CALL, CALL_PRICE), (CALLS, LIST_PRICE)];

/// Every refusal there is: its code and its statuses.
pub const CODES: [(&str, &[u16]); 37] = [
    ("ambiguous_from", &[400]),
    ("bad_request", &[400]),
    ("invalid_payment", &[400]),
    ("unsupported_destination", &[400]),
    ("siwx_expired", &[401]),
    ("siwx_invalid_signature", &[401]),
    ("siwx_malformed", &[401]),
    ("siwx_not_yet_valid", &[401]),
    ("siwx_wrong_chain", &[401]),
    ("siwx_wrong_domain", &[401]),
    ("siwx_wrong_statement", &[401]),
    ("siwx_wrong_uri", &[401]),
    ("payment_required", &[402]),
    ("sign_in_required", &[402]),
    ("destination_opted_out", &[403]),
    ("foreign_page", &[403]),
    ("no_owned_numbers", &[403]),
    ("quiet_hours", &[403]),
    ("wallet_blocked", &[403]),
    ("wrong_wallet", &[403]),
    ("no_such_path", &[404]),
    ("unknown_call", &[404]),
    ("method_not_allowed", &[405]),
    ("call_already_ended", &[409]),
    ("call_in_progress", &[409]),
    ("idempotency_conflict", &[409]),
    ("payment_conflict", &[409]),
    ("payment_in_progress", &[409]),
    ("payment_returned", &[409]),
    ("renewal_in_progress", &[409]),
    ("too_large", &[413]),
    ("rate_limited", &[429]),
    ("upstream_rate_limited", &[429]),
    ("internal_error", &[500]),
    ("upstream_error", &[502, 503]),
    ("payment_pending", &[503]),
    ("selling_paused", &[503]),
];

/// A path without its version's prefix, which there are two of: `/phone/numbers/buy`.
pub fn endpoint(path: &str) -> &str {
    ["/api/v1", "/v1"].into_iter().find_map(|prefix| path.strip_prefix(prefix)).unwrap_or(path)
}

/// The price of what is sold at this path, under either prefix.
pub fn price(path: &str) -> Option<u64> {
    SOLD.iter().find(|(sold, _)| endpoint(sold) == endpoint(path)).map(|(_, price)| *price)
}

/// Whether there is a refusal of this code and status.
pub fn is_refusal(code: &str, status: u16) -> bool {
    CODES.iter().any(|(known, statuses)| *known == code && statuses.contains(&status))
}
