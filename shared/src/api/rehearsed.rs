//! What a dry run answers that would be served: what would happen, for how much, and what is left.

use super::calls::{DOLLARS, FROM, TO};
use super::numbers::{A_WALLET, EXPIRES_AT, PHONE_NUMBER};
use super::{Field, IGNORED_FIELDS, Kind};
use crate::limits::Limit;

/// Its fields.
pub const REHEARSED: &[Field] = &[
    Field::always("dry_run", Kind::Boolean, "Always `true`: nothing was done, and nothing was charged.").such_as("true"),
    Field::always(
        "would",
        Kind::Word(&[
            "lease_number",
            "renew_number",
            "list_numbers",
            "list_calls",
            "place_call",
            "replay",
            "finish_earlier",
            "check_payment",
        ]),
        "What the same request would do without `dry_run`. `replay`: it was served before, with this payment or under this \
         `Idempotency-Key`, and gets that answer again. `finish_earlier`: an earlier purchase of the wallet has stopped halfway, and is \
         carried on first; what comes of it is not known. `check_payment`: the wallet's contract is asked whether it has signed, and \
         nothing is said of the wallet before.",
    )
    .such_as("\"place_call\""),
    Field::always("message", Kind::String, "The same in a sentence.").such_as(
        "\"This call would be placed. Nothing was done, and nothing was charged: send the request without `dry_run` and with a payment.\"",
    ),
    Field::maybe("wallet", Kind::String, "The wallet that has signed in, or signed the payment.").such_as(A_WALLET),
    Field::always("price", Kind::Pattern(DOLLARS), "What it costs, in dollars.").such_as("\"0.54\""),
    Field::maybe(
        "charge",
        Kind::Pattern(DOLLARS),
        "What would be charged now: the price, or 0.00 where what the wallet is owed pays, or an earlier request has paid.",
    )
    .such_as("\"0.54\""),
    Field::always(
        "payment",
        Kind::Word(&["signed", "none", "not_checked"]),
        "The payment that was shown. `signed`: it is what is asked for, and its wallet's key has signed it. `none`: a wallet has signed \
         in. `not_checked`: only the wallet's contract can say whether it has signed it.",
    )
    .such_as("\"none\""),
    Field::always(
        "not_checked",
        Kind::Names,
        "What a dry run leaves out, asking only this service: `signature` (the wallet's contract), `balance` (the chain), `facilitator` \
         (whether the payment settles), `dialler` (whether it takes the call or the number now), `carrier` (whether it has a number).",
    )
    .such_as("[\"balance\", \"facilitator\", \"dialler\"]"),
    Field { required: false, ..FROM },
    Field { required: false, ..TO },
    Field::maybe("expected_duration_minutes", Kind::Count, "When the call is cut off at the latest.").such_as("3"),
    Field { required: false, example: None, ..PHONE_NUMBER },
    Field { required: false, example: None, about: "When the lease would end.", ..EXPIRES_AT },
    Field::maybe(
        "limits",
        Kind::Object(LEFT),
        "What is left to the wallet of its own limits, this request not yet taken off, by the names that a 429 has in `limit`.",
    ),
    IGNORED_FIELDS,
];

const LEFT: &[Field] = &[
    count(Limit::CallsAtOnce),
    count(Limit::CallsPerHour),
    count(Limit::CallsPerDay),
    count(Limit::RefusedCalls),
    count(Limit::SamePerHour),
    count(Limit::SamePerDay),
    Field::maybe(Limit::WalletCost.code(), Kind::Pattern(DOLLARS), "What calls may still cost us, in dollars."),
    count(Limit::NumbersPerDay),
    count(Limit::InDoubt),
];

const fn count(limit: Limit) -> Field {
    Field::maybe(limit.code(), Kind::Count, "How many more.")
}
