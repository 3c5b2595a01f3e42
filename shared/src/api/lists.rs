//! Lists of calls.

use super::calls::{CALL_ID, FROM, TO};
use super::codes::{
    BAD_REQUEST, IDEMPOTENCY_CONFLICT, INTERNAL_ERROR, INVALID_PAYMENT, METHOD_NOT_ALLOWED, NOT_SETTLED,
    PAYMENT_CONFLICT, PAYMENT_IN_PROGRESS, PAYMENT_PENDING, PAYMENT_REQUIRED, PAYMENT_RETURNED, RATE_LIMITED,
    SELLING_PAUSED, SIGN_IN_REQUIRED, SIWX_EXPIRED, SIWX_INVALID_SIGNATURE, SIWX_MALFORMED, SIWX_NOT_YET_VALID,
    SIWX_WRONG_CHAIN, SIWX_WRONG_DOMAIN, SIWX_WRONG_STATEMENT, SIWX_WRONG_URI, TOO_LARGE, UPSTREAM_ERROR,
    UPSTREAM_RATE_LIMITED, WALLET_BLOCKED,
};
use super::numbers::{SIGNED_IN, TRANSACTION, WALLET};
use super::unoffered::CALLS;
use super::{DRY_RUN, Endpoint, Field, IGNORED_FIELDS, Integer, Kind, Method};
use crate::types::Usdc;
use crate::types::call::{EndedBy, Status};

/// How many calls a page has.
pub const CALLS_LISTED: Integer = Integer { field: "limit", least: 1, most: 100, default: 20 };

/// What the wallet has called.
pub const VOICE_CALLS_LIST: Endpoint = Endpoint {
    name: "voice_calls_list",
    method: Method::Post,
    path: "/api/v1/voice/calls/list",
    alias: "/v1/voice/calls/list",
    price: Usdc::micros(1_000),
    title: "The calls of the paying wallet in the last 30 days, newest first",
    about: "Lists the calls of the wallet that pays, newest first, as the last poll saw them: no dialler is asked. It is how to find \
            a `call_id` again. What was said is in the poll of a call. A list that is asked for again with the same payment is the \
            list as it was.",
    parameters: &[DRY_RUN],
    request: WANTED,
    unoffered: CALLS,
    success: 200,
    answer: &[WALLET, LISTED, COUNT, NEXT_CURSOR, TRANSACTION, IGNORED_FIELDS],
    refusals: &[
        METHOD_NOT_ALLOWED,
        TOO_LARGE,
        INVALID_PAYMENT,
        PAYMENT_REQUIRED,
        PAYMENT_CONFLICT,
        IDEMPOTENCY_CONFLICT,
        PAYMENT_IN_PROGRESS,
        PAYMENT_RETURNED,
        WALLET_BLOCKED,
        SELLING_PAUSED,
        BAD_REQUEST,
        RATE_LIMITED,
        UPSTREAM_RATE_LIMITED,
        UPSTREAM_ERROR,
        NOT_SETTLED,
        PAYMENT_PENDING,
        INTERNAL_ERROR,
    ],
};

/// The same for a wallet that signs in.
pub const VOICE_CALLS: Endpoint = Endpoint {
    name: "voice_calls",
    method: Method::Get,
    path: "/api/v1/voice/calls",
    alias: "/v1/voice/calls",
    price: Usdc::micros(0),
    title: "The calls of the wallet that signs in, in the last 30 days, newest first",
    about: "Lists the calls of the wallet that signs in, as `list` does, but for `transaction`, since nothing is paid. It is asked for \
            in the address, and what is signed is the address without that: one message is good for all pages. Without the header \
            SIGN-IN-WITH-X it says what to sign.",
    parameters: WANTED,
    request: &[],
    unoffered: CALLS,
    success: 200,
    answer: &[SIGNED_IN, LISTED, COUNT, NEXT_CURSOR, IGNORED_FIELDS],
    refusals: &[
        METHOD_NOT_ALLOWED,
        SIGN_IN_REQUIRED,
        SIWX_MALFORMED,
        SIWX_WRONG_DOMAIN,
        SIWX_WRONG_URI,
        SIWX_WRONG_STATEMENT,
        SIWX_WRONG_CHAIN,
        SIWX_NOT_YET_VALID,
        SIWX_EXPIRED,
        SIWX_INVALID_SIGNATURE,
        BAD_REQUEST,
        INTERNAL_ERROR,
    ],
};

/// Which calls, in the body or in the address.
const WANTED: &[Field] = &[
    Field::maybe("limit", Kind::Integer(CALLS_LISTED), "How many calls at most.")
        .called_elsewhere(
            "pagesize perpage pagelimit max maxresults maxitems top take size count howmany numresults resultsperpage",
        )
        .such_as("20"),
    Field::maybe("number", Kind::Phone, "Only calls from or to this number, in E.164.").called_elsewhere(
        "phonenumber phone phoneno num msisdn tel telephone e164 from to fromnumber tonumber caller callee \
         callernumber calleenumber callerid destination recipient",
    ),
    Field::maybe("status", Kind::Word(Status::WORDS), "Only calls that stand like this.")
        .called_elsewhere("state callstatus callstate statuses"),
    Field::maybe("since", Kind::Time, "Only calls that were placed at this time or later.").called_elsewhere(
        "fromdate datefrom sincedate sincetime createdafter createdsince createdatgt startedafter \
         placedafter afterdate newerthan mindate",
    ),
    Field::maybe("cursor", Kind::Pattern(CURSOR), "`next_cursor` of the page before, as it is.").called_elsewhere(
        "nextcursor pagecursor aftercursor after startingafter startafter pagetoken nextpagetoken nexttoken nextpage \
         continuationtoken continuation exclusivestartkey page pagenumber offset skip before endingbefore",
    ),
];
const LISTED: Field = Field::always(
    "calls",
    Kind::List(&[
        CALL_ID,
        FROM,
        TO,
        Field::always("status", Kind::Word(Status::WORDS), "Where it is.").such_as("\"completed\""),
        Field::always("ended_by", Kind::Word(EndedBy::WORDS), "Why it ended.").such_as("\"USER\""),
        Field::always("call_length", Kind::OrNull(&Kind::Number), "Minutes.").such_as("1.42"),
        Field::always("charged", Kind::Boolean, "Whether it is paid for and stays so.").such_as("true"),
        Field::always("created_at", Kind::Time, "When it was placed.").such_as("\"2026-05-18T12:00:00Z\""),
        Field::always("ended_at", Kind::OrNull(&Kind::Time), "When it was over.").such_as("\"2026-05-18T12:01:30Z\""),
    ]),
    "What was called.",
);
const COUNT: Field = Field::always("count", Kind::Count, "How many are on this page.").such_as("1");
const NEXT_CURSOR: Field = Field::always(
    "next_cursor",
    Kind::OrNull(&Kind::String),
    "Where the next page begins; `null` on the last one. It is this wallet's alone, and the filters may change on the way. \
     A filter looks at a thousand calls at most, so a page can have fewer than `limit` and be followed by another.",
)
.such_as("null");

/// A cursor as it is written.
const CURSOR: &str = "^[A-Za-z0-9_-]{68}$";
