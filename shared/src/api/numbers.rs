//! Numbers: bought, renewed, listed.

use super::codes::{
    BAD_REQUEST, IDEMPOTENCY_CONFLICT, INTERNAL_ERROR, INVALID_PAYMENT, METHOD_NOT_ALLOWED, NOT_SETTLED,
    PAYMENT_CONFLICT, PAYMENT_IN_PROGRESS, PAYMENT_PENDING, PAYMENT_REQUIRED, PAYMENT_RETURNED, RATE_LIMITED,
    SELLING_PAUSED, TOO_LARGE, UPSTREAM_ERROR, UPSTREAM_RATE_LIMITED, WALLET_BLOCKED, WRONG_WALLET,
};
use super::unoffered::{BUY, RENEW};
use super::{Endpoint, Field, IGNORED_FIELDS, Kind, Method};
use crate::types::Usdc;

/// A number for thirty days.
pub const NUMBERS_BUY: Endpoint = Endpoint {
    name: "numbers_buy",
    method: Method::Post,
    path: "/api/v1/phone/numbers/buy",
    alias: "/v1/phone/numbers/buy",
    price: Usdc::micros(5_000_000),
    title: "A US phone number for 30 days, owned by the paying wallet",
    about: "Leases a phone number to the wallet that pays, for 30 days. It is the caller ID of that wallet's calls, and no \
            other wallet can use or renew it. Sold are the US, Canada, and what else the operator has a price for: another country is a \
            400 that names them, before anything is paid. Where the operator has no regulatory approval it is a 502, not charged.",
    request: &[
        Field::maybe("country", Kind::Country, "ISO 3166-1 alpha-2; `US` if it is left out. A country that is not sold is refused before payment.")
            .called_elsewhere("countrycode isocountry isocountrycode countryiso isocode iso iso2 iso3166 nation cc")
            .such_as("\"US\""),
        Field::maybe(
            "area_code",
            Kind::AreaCode,
            "Preferred area code: three digits in the US and Canada, one to five elsewhere. Best effort: another one is taken \
             where there is none.",
        )
        .also(&["areaCode"])
        .called_elsewhere("area areas areacodes code npa npanxx prefix citycode dialcode areaprefix preferredareacode preferredarea")
        .such_as("\"415\""),
    ],
    unoffered: BUY,
    answer: &[
        PHONE_NUMBER,
        COUNTRY,
        Field::always("owner_wallet", Kind::String, "The wallet that paid.")
            .such_as("\"0xCC8c44AD3dc2A58D841c3EB26131E49b22665EF8\""),
        EXPIRES_AT,
        CHAIN,
        TRANSACTION,
        IGNORED_FIELDS,
    ],
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

/// Thirty more days.
pub const NUMBERS_RENEW: Endpoint = Endpoint {
    name: "numbers_renew",
    method: Method::Post,
    path: "/api/v1/phone/numbers/renew",
    alias: "/v1/phone/numbers/renew",
    price: Usdc::micros(5_000_000),
    title: "30 more days for an active phone number of the paying wallet",
    about: "Adds 30 days to the current end of an active lease. Only the wallet that owns the number can.",
    request: &[Field { required: true, ..PHONE_NUMBER }
        .also(&["phoneNumber"])
        .called_elsewhere("phone number phoneno num msisdn tel telephone e164 to from lease line")],
    unoffered: RENEW,
    answer: &[PHONE_NUMBER, EXPIRES_AT, TRANSACTION, IGNORED_FIELDS],
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
        WRONG_WALLET,
        RATE_LIMITED,
        UPSTREAM_RATE_LIMITED,
        UPSTREAM_ERROR,
        NOT_SETTLED,
        PAYMENT_PENDING,
        INTERNAL_ERROR,
    ],
};

/// What the wallet has.
pub const NUMBERS_LIST: Endpoint = Endpoint {
    name: "numbers_list",
    method: Method::Post,
    path: "/api/v1/phone/numbers/list",
    alias: "/v1/phone/numbers/list",
    price: Usdc::micros(1_000),
    title: "The active phone numbers of the paying wallet",
    about: "Lists the active numbers of the wallet that pays. Nothing is asked: the payment says whose they are.",
    request: &[],
    unoffered: &[],
    answer: &[
        Field::always("wallet", Kind::String, "The wallet that paid.")
            .such_as("\"0xCC8c44AD3dc2A58D841c3EB26131E49b22665EF8\""),
        Field::always(
            "numbers",
            Kind::List(&[
                PHONE_NUMBER,
                COUNTRY,
                EXPIRES_AT,
                Field::always(
                    "days_remaining",
                    Kind::Count,
                    "Whole days, rounded down: 29 from the first second of a lease of 30.",
                )
                .such_as("28"),
                CHAIN,
                Field::always("active", Kind::Boolean, "Always true: what has ended is not listed.").such_as("true"),
            ]),
            "What the wallet owns.",
        ),
        Field::always("count", Kind::Count, "How many there are.").such_as("1"),
        TRANSACTION,
        IGNORED_FIELDS,
    ],
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

const PHONE_NUMBER: Field =
    Field::always("phone_number", Kind::Phone, "The number, in E.164.").such_as("\"+14155551234\"");
const COUNTRY: Field =
    Field::always("country", Kind::Pattern("^[A-Z]{2}$"), "Its country, ISO 3166-1 alpha-2.").such_as("\"US\"");
const EXPIRES_AT: Field =
    Field::always("expires_at", Kind::Time, "When the lease ends.").such_as("\"2026-06-17T12:00:00Z\"");
const CHAIN: Field =
    Field::always("chain", Kind::Word(&["base", "base-sepolia", "solana", "solana-devnet"]), "Where it was paid.")
        .such_as("\"base\"");
pub(super) const TRANSACTION: Field =
    Field::always("transaction", Kind::String, "The transaction that paid.").such_as("\"0xabcd...1234\"");
