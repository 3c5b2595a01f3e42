//! Numbers: bought, renewed, listed.

use super::codes::{RENEWAL_IN_PROGRESS, WRONG_WALLET};
use super::unoffered::{BUY, LIST, RENEW};
use super::{DRY_RUN, Endpoint, Field, IGNORED_FIELDS, Kind, Method, Parts, Tag, refusals};
use crate::types::Usdc;

/// A number for thirty days.
pub const NUMBERS_BUY: Endpoint = Endpoint {
    name: "numbers_buy",
    tag: Tag::Numbers,
    method: Method::Post,
    path: "/api/v1/phone/numbers/buy",
    alias: "/v1/phone/numbers/buy",
    price: Usdc::micros(5_000_000),
    title: "A US phone number for 30 days, owned by the paying wallet",
    about: "Leases a phone number to the paying wallet for 30 days. It is the caller ID of that wallet's calls, and no \
            other wallet can use or renew it. `country` says what is sold; another one is a 400. Where the operator has no regulatory approval it is a 502, not charged.",
    parameters: &[DRY_RUN],
    request: &[
        Field::maybe("country", Kind::Country, "ISO 3166-1 alpha-2; `US` if it is left out.")
            .called_elsewhere("countrycode isocountry isocountrycode countryiso isocode iso iso2 iso3166 nation cc countries alpha2 regioncode callingcode dialcode dialingcode \
                 diallingcode phonecode isdcode isd internationalcode countrydialcode")
            .told_by(COUNTRY_IN_A_NAME)
            .such_as("\"US\""),
        Field::maybe(
            "area_code",
            Kind::AreaCode,
            "Preferred area code of that country: three digits in the US and Canada, one to five elsewhere. Best effort: `area_code_matched` says \
             whether it was met.",
        )
        .also(&["areaCode"])
        .called_elsewhere("area areas areacodes code npa npanxx prefix prefixes citycode stdcode ndc nationaldestinationcode \
                          areaprefix preferredareacode preferredarea desiredareacode numberdesiredareacode wantedareacode")
        .told_by(&[
            &["area", "code codes prefix prefixes"],
            &["areacode"],
            &["npa"],
            &["national", "destination", "code codes"],
            &["number numbers phone phonenumber did local std", "prefix prefixes", "!order invoice"],
        ])
        .such_as("\"415\""),
    ],
    unoffered: BUY,
    success: 200,
    answer: &[
        PHONE_NUMBER,
        COUNTRY,
        Field::always("owner_wallet", Kind::String, "The wallet that paid.").such_as(A_WALLET),
        EXPIRES_AT,
        CHAIN,
        TRANSACTION,
        Field::maybe(
            "area_code_matched",
            Kind::Boolean,
            "Whether it has the `area_code` that was asked for, if one was.",
        )
        .such_as("true"),
        IGNORED_FIELDS,
    ],
    refusals: refusals::of_paid![],
};

/// What speaks of the country of the number, and not of what a caller notes of itself or of its own
/// customers.
const COUNTRY_IN_A_NAME: &[Parts] = &[
    &[
        "country countries cntry ctry",
        "!user users client clients customer customers account billing payer buyer owner company organization organisation \
         tenant home residence residency resident citizenship birth tax shipping invoice ip geo geoip cf browser app wallet \
         viewer visitor device card sim merchant detected",
    ],
    &["iso", "alpha 2 3 3166 31661"],
    &["alpha", "2 3"],
];

/// Thirty more days.
pub const NUMBERS_RENEW: Endpoint = Endpoint {
    name: "numbers_renew",
    tag: Tag::Numbers,
    method: Method::Post,
    path: "/api/v1/phone/numbers/renew",
    alias: "/v1/phone/numbers/renew",
    price: Usdc::micros(5_000_000),
    title: "30 more days for an active phone number of the paying wallet",
    about: "Adds 30 days to the current end of an active lease. Only the wallet that owns the number can.",
    parameters: &[DRY_RUN],
    request: &[Field { required: true, ..PHONE_NUMBER }.also(&["phoneNumber"]).called_elsewhere(
        "phone number phoneno num msisdn tel telephone e164 to from lease line numbertorenew phonetorenew \
             phonenumbertorenew leasetorenew renewnumber renewphone renewphonenumber renewlease",
    )],
    unoffered: RENEW,
    success: 200,
    answer: &[PHONE_NUMBER, EXPIRES_AT, TRANSACTION, IGNORED_FIELDS],
    refusals: refusals::of_paid![WRONG_WALLET, RENEWAL_IN_PROGRESS],
};

/// What the wallet has.
pub const NUMBERS_LIST: Endpoint = Endpoint {
    name: "numbers_list",
    tag: Tag::Numbers,
    method: Method::Post,
    path: "/api/v1/phone/numbers/list",
    alias: "/v1/phone/numbers/list",
    price: Usdc::micros(1_000),
    title: "The active phone numbers of the paying wallet",
    about: "Lists the active numbers of the wallet that pays. Nothing is asked: the payment says whose they are.",
    parameters: &[DRY_RUN],
    request: &[],
    unoffered: LIST,
    success: 200,
    answer: &[WALLET, LISTED, COUNT, TRANSACTION, IGNORED_FIELDS],
    refusals: refusals::of_paid![],
};

/// The same for a wallet that signs in.
pub const NUMBERS: Endpoint = Endpoint {
    name: "numbers",
    tag: Tag::Numbers,
    method: Method::Get,
    path: "/api/v1/phone/numbers",
    alias: "/v1/phone/numbers",
    price: Usdc::micros(0),
    title: "The active phone numbers of the wallet that signs in",
    about: "Lists the active numbers of the wallet that signs in: as `list`, but for `transaction`, since nothing is paid. \
            Without the header SIGN-IN-WITH-X it says what to sign.",
    parameters: &[],
    request: &[],
    unoffered: &[],
    success: 200,
    answer: &[SIGNED_IN, LISTED, COUNT, IGNORED_FIELDS],
    refusals: refusals::of_signed_in![],
};

pub(super) const A_WALLET: &str = "\"0xCC8c44AD3dc2A58D841c3EB26131E49b22665EF8\"";
const LISTED: Field = Field::always(
    "numbers",
    Kind::List(&[
        PHONE_NUMBER,
        COUNTRY,
        EXPIRES_AT,
        Field::always(
            "days_remaining",
            Kind::Count,
            "Whole days that are left, rounded down: 30 in the second in which a lease of 30 days begins, 29 after it.",
        )
        .such_as("28"),
        CHAIN,
        Field::always("active", Kind::Boolean, "Always true: what has ended is not listed.").such_as("true"),
    ]),
    "What the wallet owns.",
);
const COUNT: Field = Field::always("count", Kind::Count, "How many there are.").such_as("1");
pub(super) const SIGNED_IN: Field =
    Field::always("wallet", Kind::String, "The wallet that has signed in.").such_as(A_WALLET);
pub(super) const WALLET: Field = Field::always("wallet", Kind::String, "The wallet that paid.").such_as(A_WALLET);
pub(super) const PHONE_NUMBER: Field =
    Field::always("phone_number", Kind::Phone, "The number, in E.164.").such_as("\"+14155551234\"");
const COUNTRY: Field =
    Field::always("country", Kind::Pattern("^[A-Z]{2}$"), "Its country, ISO 3166-1 alpha-2.").such_as("\"US\"");
pub(super) const EXPIRES_AT: Field =
    Field::always("expires_at", Kind::Time, "When the lease ends.").such_as("\"2026-06-17T12:00:00Z\"");
const CHAIN: Field =
    Field::always("chain", Kind::Word(&["base", "base-sepolia", "solana", "solana-devnet"]), "Where it was paid.")
        .such_as("\"base\"");
pub(super) const TRANSACTION: Field =
    Field::always("transaction", Kind::String, "The transaction that paid.").such_as("\"0xabcd...1234\"");
