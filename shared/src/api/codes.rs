//! Every answer that is not 200: its status, its code, when it is given and what its body tells
//! beside `error`, `code` and `message`.

/// An answer that is not 200.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Code {
    /// The status.
    pub status: u16,
    /// What `error` and `code` say.
    pub name: &'static str,
    /// When it is given.
    pub when: &'static str,
    /// Further fields of the body.
    pub fields: &'static [&'static str],
    /// Whether `Retry-After` says when to ask again.
    pub again: bool,
}

const fn code(status: u16, name: &'static str, when: &'static str) -> Code {
    Code { status, name, when, fields: &[], again: false }
}

impl Code {
    const fn tells(self, fields: &'static [&'static str]) -> Self {
        Self { fields, ..self }
    }

    const fn again(self) -> Self {
        Self { again: true, ..self }
    }
}

/// The wrong method.
pub const METHOD_NOT_ALLOWED: Code = code(405, "method_not_allowed", "another method; `Allow` names those there are");
/// Too much to read.
pub const TOO_LARGE: Code = code(413, "too_large", "the body is larger than 128 KB");
/// No payment can be read from the header.
pub const INVALID_PAYMENT: Code = code(400, "invalid_payment", "the payment header cannot be read");
/// What a payer does next who has not paid.
pub const SIGN: &str = "Sign one of `accepts` and repeat the request with the payment, as base64, in the header PAYMENT-SIGNATURE \
     (X-PAYMENT in version 1).";
/// Pay.
pub const PAYMENT_REQUIRED: Code = code(
    402,
    "payment_required",
    "no payment, or one not as offered, forged, expired or declined. We will not use it; if a third party submits it, it goes back",
)
.tells(&["reason"]);
/// Sign in.
pub const SIGN_IN_REQUIRED: Code = code(
    402,
    "sign_in_required",
    "no wallet has signed in; nothing is to be paid. `extensions.sign-in-with-x` says what to sign",
);
/// The header of a sign-in cannot be read.
pub const SIWX_MALFORMED: Code = code(401, "siwx_malformed", "the header SIGN-IN-WITH-X cannot be read");
/// It is for another host.
pub const SIWX_WRONG_DOMAIN: Code = code(401, "siwx_wrong_domain", "what was signed is for another host");
/// It is for another address.
pub const SIWX_WRONG_URI: Code = code(401, "siwx_wrong_uri", "what was signed is for another address");
/// It says something else.
pub const SIWX_WRONG_STATEMENT: Code =
    code(401, "siwx_wrong_statement", "what was signed has not the statement that was asked for");
/// It is for a network that is not ours.
pub const SIWX_WRONG_CHAIN: Code =
    code(401, "siwx_wrong_chain", "what was signed is for a network that is not taken here");
/// Its time has not come.
pub const SIWX_NOT_YET_VALID: Code =
    code(401, "siwx_not_yet_valid", "what was signed is good only later, or its clock is more than 30 seconds ahead");
/// Its time is over.
pub const SIWX_EXPIRED: Code = code(401, "siwx_expired", "what was signed is older than five minutes, or has expired");
/// Its address has not signed it.
pub const SIWX_INVALID_SIGNATURE: Code =
    code(401, "siwx_invalid_signature", "the key of the address has not signed it; a contract cannot sign in");
/// Every reason for which a wallet is not signed in that has tried to, in the order in which they
/// win.
pub const NOT_SIGNED_IN: [Code; 8] = [
    SIWX_MALFORMED,
    SIWX_WRONG_DOMAIN,
    SIWX_WRONG_URI,
    SIWX_WRONG_STATEMENT,
    SIWX_WRONG_CHAIN,
    SIWX_NOT_YET_VALID,
    SIWX_EXPIRED,
    SIWX_INVALID_SIGNATURE,
];
/// The signature belongs to something else.
pub const PAYMENT_CONFLICT: Code = code(
    409,
    "payment_conflict",
    "the signature was used for another request, whose product is named here (a call without its id), or elsewhere; or \
     for this list of calls, without its key",
)
.tells(&["phone_number", "transaction"]);
/// A name belongs to something else.
pub const IDEMPOTENCY_CONFLICT: Code = code(
    409,
    "idempotency_conflict",
    "the wallet has used this `Idempotency-Key` (or `payment-identifier`) for another request",
);
/// Two calls to one number at once.
pub const CALL_IN_PROGRESS: Code =
    code(409, "call_in_progress", "the wallet is in a call with this number: poll that one")
        .tells(&["call_id", "poll_url"]);
/// Two renewals of one number at once.
pub const RENEWAL_IN_PROGRESS: Code = code(
    409,
    "renewal_in_progress",
    "another renewal of this number was being paid for when this one came, and has been made: this payment is not used",
)
.tells(&["phone_number", "expires_at", "transaction"]);
/// The signature is being worked on.
pub const PAYMENT_IN_PROGRESS: Code =
    code(409, "payment_in_progress", "a request with this payment is being worked on: repeat the same header")
        .tells(&["retry_after_seconds"])
        .again();
/// The money goes back.
pub const PAYMENT_RETURNED: Code = code(
    409,
    "payment_returned",
    "the payment was made and buys nothing, since what it was for is gone or could not be done: it goes back to the wallet",
);
/// The operator refuses the wallet.
pub const WALLET_BLOCKED: Code =
    code(403, "wallet_blocked", "the operator refuses this wallet everything that is paid for");
/// The operator has paused it.
pub const SELLING_PAUSED: Code =
    code(503, "selling_paused", "the operator has paused what is asked for; calls can be polled, nothing was charged")
        .tells(&["retry_after_seconds"])
        .again();
/// A field is wrong.
pub const BAD_REQUEST: Code =
    code(400, "bad_request", "a field is missing or wrong; `field` names it").tells(&["field"]);
/// A number that is not called.
pub const UNSUPPORTED_DESTINATION: Code = code(
    400,
    "unsupported_destination",
    "the number cannot be called: emergency, premium and satellite numbers, and our own",
)
.tells(&["field"]);
/// It is night at the callee.
pub const QUIET_HOURS: Code = code(
    403,
    "quiet_hours",
    "it is night at the number, and the operator lets no phone ring then; `opens_at` says when it may be called",
)
.tells(&["field", "opens_at", "retry_after_seconds"])
.again();
/// No number to call from.
pub const NO_OWNED_NUMBERS: Code =
    code(403, "no_owned_numbers", "the wallet has no active number: buy one first").tells(&["buy_endpoint"]);
/// Another wallet's number.
pub const WRONG_WALLET: Code = code(403, "wrong_wallet", "the wallet does not own the number that it names")
    .tells(&["actualOwner", "your_active_numbers"]);
/// Which number?
pub const AMBIGUOUS_FROM: Code = code(400, "ambiguous_from", "the wallet has several numbers, and `from` names none")
    .tells(&["field", "your_active_numbers"]);
/// A person who does not want to be called.
pub const DESTINATION_OPTED_OUT: Code =
    code(403, "destination_opted_out", "the person at this number has asked not to be called: do not try again")
        .tells(&["field"]);
/// Our own limit.
pub const RATE_LIMITED: Code =
    code(429, "rate_limited", "a limit of ours, which `limit` and the message name; nothing was charged")
        .tells(&["limit", "retry_after_seconds", "calls_in_flight"])
        .again();
/// A vendor's limit.
pub const UPSTREAM_RATE_LIMITED: Code =
    code(429, "upstream_rate_limited", "a limit of the carrier's, the dialler's or the facilitator's")
        .tells(&["retry_after_seconds"])
        .again();
/// A vendor refused or failed.
pub const UPSTREAM_ERROR: Code =
    code(502, "upstream_error", "the carrier, the dialler or the facilitator refused or failed; nothing was charged")
        .tells(&["upstream", "retry_after_seconds"])
        .again();
/// The payment was not sent.
pub const NOT_SETTLED: Code =
    code(503, "upstream_error", "the facilitator could not be reached, so nothing was charged: repeat the same header")
        .tells(&["upstream", "retry_after_seconds"])
        .again();
/// The payment's outcome is unknown.
pub const PAYMENT_PENDING: Code = code(
    503,
    "payment_pending",
    "the payment was sent, and its outcome, or that of what it pays for, is not known yet: repeat the same header",
)
.tells(&["retry_after_seconds"])
.again();
/// Our own fault.
pub const INTERNAL_ERROR: Code = code(500, "internal_error", "something failed on our side: repeat the same header");
/// There is no such call.
pub const UNKNOWN_CALL: Code = code(404, "unknown_call", "there is no call with this id");
/// A page of another site.
pub const FOREIGN_PAGE: Code = code(
    403,
    "foreign_page",
    "a browser sent this for a page of another site, in a way that a page may without asking: the call goes on",
);
/// There is nothing to hang up.
pub const CALL_ALREADY_ENDED: Code =
    code(409, "call_already_ended", "the call is over, so there is nothing to hang up: poll it for how it ended")
        .tells(&["call_id", "poll_url"]);
/// There is nothing at this address.
pub const NO_SUCH_PATH: Code =
    code(404, "no_such_path", "an address at which there is nothing; the message names the nearest");
