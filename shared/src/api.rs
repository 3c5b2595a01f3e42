//! The API, in one table: what can be asked for, where, for how much, with which fields and limits,
//! and how it is answered. The functions sell by it and read their bodies by it; the 402 and the
//! documents for directories and agents are made of it. It knows what is promised, and nothing of
//! how it is kept.

mod calls;
mod choices;
pub mod codes;
mod dry_run;
mod exact;
mod fields;
pub mod languages;
mod lists;
pub mod mcp;
mod nearest;
mod numbers;
mod refusals;
mod rehearsed;
mod sold;
mod unoffered;
mod unrecorded;
pub mod voices;

pub use calls::{
    FIRST_SENTENCE, INTERRUPTION_THRESHOLD, MAX_DURATION, QUESTIONS, TASK, UNTRUSTED, VOICE_CALL, VOICE_CALL_HANGUP,
    VOICE_CALL_STATUS, VOICEMAIL_MESSAGE, WAIT,
};
pub use choices::{VOICE_LANGUAGES, VOICE_VOICES};
pub use codes::Code;
pub use dry_run::DRY_RUN;
pub use exact::{absent, no_text, request_of, sold_in};
pub use fields::{
    Anyway, Field, IGNORED_FIELDS, Integer, Kind, LARGEST_BODY, LONGEST_TEXT, Parts, Questions, Text, body_of,
    sample_of,
};
pub use lists::{CALLS_LISTED, VOICE_CALLS, VOICE_CALLS_LIST};
pub use nearest::{nearest, nearest_served, said_besides};
pub use numbers::{NUMBERS, NUMBERS_BUY, NUMBERS_LIST, NUMBERS_RENEW};
pub use rehearsed::REHEARSED;
pub use unoffered::{NEWEST_FIRST, Promise, Unoffered, Within, is_one_of};
pub use unrecorded::voice_call;

use crate::types::{Usdc, words};
use crate::x402::Offer;

/// What there is, in the order in which a new caller would use it.
pub const ALL: [&Endpoint; 11] = [
    &NUMBERS_BUY,
    &VOICE_CALL,
    &VOICE_CALL_STATUS,
    &VOICE_CALL_HANGUP,
    &VOICE_CALLS,
    &VOICE_CALLS_LIST,
    &NUMBERS,
    &NUMBERS_LIST,
    &NUMBERS_RENEW,
    &VOICE_VOICES,
    &VOICE_LANGUAGES,
];

/// What is free to read beside the endpoints.
pub const DOCUMENTS: [&str; 8] =
    ["/", "/openapi.json", "/llms.txt", "/terms", "/.well-known/x402", "/robots.txt", "/favicon.ico", "/favicon.svg"];

/// Where the tools of the Model Context Protocol are.
pub const MCP: &str = "/mcp";

/// The header in which a client gives a purchase a name of its own, so that paying twice for it is
/// impossible: visible ASCII.
pub const IDEMPOTENCY_KEY: Text = Text { field: "Idempotency-Key", shortest: 1, longest: 128 };
/// A name with this many characters is not guessed: it proves that a request is its client's, as a
/// payment that is on the chain does not. x402's `payment-identifier` has as many.
pub const IDEMPOTENCY_SECRET: usize = 16;
/// As an expression. A gateway joins repeated headers with a comma, so no name has one.
pub const IDEMPOTENCY_PATTERN: &str = r"^[!-+\--~]+$";
/// How many days such a name is known.
pub const IDEMPOTENCY_DAYS: u32 = 30;

/// One thing that can be asked for.
#[derive(Debug)]
pub struct Endpoint {
    /// The function's name, in the log too.
    pub name: &'static str,
    /// Which of the two things that are sold it is about.
    pub tag: Tag,
    /// How it is asked for.
    pub method: Method,
    /// Where. A `{parameter}` is a part of the path.
    pub path: &'static str,
    /// The same, for clients that are set up without `/api`.
    pub alias: &'static str,
    /// What it costs; nothing, if it is free.
    pub price: Usdc,
    /// What it sells, in a few words for wallets and directories. ASCII, because a published client
    /// fails on anything else.
    pub title: &'static str,
    /// What has to be known before it is used.
    pub about: &'static str,
    /// What may stand in the address behind the question mark.
    pub parameters: &'static [Field],
    /// The body.
    pub request: &'static [Field],
    /// What a request might ask for in vain, here and not everywhere.
    pub(crate) unoffered: &'static [Unoffered],
    /// The status of a success.
    pub success: u16,
    /// The body of a success.
    pub answer: &'static [Field],
    /// Every other answer, but for [`Endpoint::refused_unknown`]; a client that prefers HTML may
    /// also be led to a page.
    pub refusals: &'static [Code],
}

impl Endpoint {
    /// Whether it is paid for.
    pub const fn is_paid(&self) -> bool {
        self.price.atomic() > 0
    }

    /// Whether a wallet signs in for it.
    pub fn is_signed_in_for(&self) -> bool {
        self.refusals.contains(&codes::SIGN_IN_REQUIRED)
    }

    /// What a dry run of it is refused with besides; nothing, where there is none.
    pub const fn refused_unknown(&self) -> &'static [Code] {
        if self.is_paid() { dry_run::UNKNOWN_CALLER } else { &[] }
    }

    /// What can be asked for, where it is read: in the body, or behind the question mark.
    pub const fn asked(&self) -> &'static [Field] {
        if self.method.has_body() { self.request } else { self.parameters }
    }

    /// What a request might ask for in vain.
    pub fn unoffered(&self) -> impl Iterator<Item = &'static Unoffered> {
        let everywhere = if self.is_paid() { unoffered::ANYWHERE } else { &[] };
        self.unoffered.iter().chain(everywhere)
    }

    /// What a payment is for.
    pub const fn offer(&self) -> Offer<'static> {
        Offer { path: self.path, price: self.price, description: self.title }
    }
}

words! {
    /// A chapter of the OpenAPI document.
    pub enum Tag {
        /// Phone numbers.
        Numbers = "Numbers",
        /// Calls, and what they can choose from.
        Calls = "Calls",
    }
}

impl Tag {
    /// What its endpoints have in common.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Numbers => "Phone numbers, leased to the wallet that pays.",
            Self::Calls => "Calls, placed and followed.",
        }
    }
}

/// The method by which something is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Method {
    /// With a body; it may be paid for.
    Post,
    /// By its address alone, free; a wallet may have to sign in.
    Get,
    /// By its address alone: ends what is there.
    Delete,
}

impl Method {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Get => "GET",
            Self::Delete => "DELETE",
        }
    }

    /// Whether what is asked for is said in a body.
    pub const fn has_body(self) -> bool {
        match self {
            Self::Post => true,
            Self::Get | Self::Delete => false,
        }
    }

    /// The methods of requests that are served as this one. A client that asks for the head alone
    /// is answered as if for the whole.
    const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Post => &["POST"],
            Self::Get => &["GET", "HEAD"],
            Self::Delete => &["DELETE"],
        }
    }

    /// Whether a request of this method is served.
    pub fn serves(self, method: &http::Method) -> bool {
        self.names().contains(&method.as_str())
    }
}

/// What `Allow` says of an address at which these can be asked: also what every server answers to,
/// which browsers ask beforehand.
pub fn allow(methods: &[Method]) -> String {
    let names: Vec<&str> = methods.iter().flat_map(|method| method.names()).copied().chain(["OPTIONS"]).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::{ALL, Method, allow, codes};

    #[test]
    fn an_endpoint_has_two_addresses_and_says_all_of_its_refusals_once() {
        for endpoint in ALL {
            assert_eq!(format!("/api{}", endpoint.alias), endpoint.path);
            assert!(endpoint.title.is_ascii() && !endpoint.title.is_empty(), "{}", endpoint.name);
            assert!(!endpoint.is_paid() || endpoint.method == Method::Post, "{}", endpoint.name);
            assert!(!(endpoint.is_paid() && endpoint.is_signed_in_for()), "{}: one of the two", endpoint.name);
            let signing = codes::NOT_SIGNED_IN.iter().all(|code| endpoint.refusals.contains(code));
            assert_eq!(signing, endpoint.is_signed_in_for(), "{}", endpoint.name);
            for (at, code) in endpoint.refusals.iter().enumerate() {
                let twice = endpoint.refusals.iter().skip(at + 1).any(|other| other == code);
                assert!(!twice, "{}: {code:?}", endpoint.name);
            }
        }
    }

    #[test]
    fn an_address_has_each_method_once() {
        for (at, endpoint) in ALL.into_iter().enumerate() {
            let mut others = ALL.into_iter().skip(at + 1);
            assert!(!others.any(|other| (other.path, other.method) == (endpoint.path, endpoint.method)));
        }
    }

    #[test]
    fn what_allow_says_is_what_is_served() {
        use Method::{Delete, Get, Post};
        for (methods, said) in [
            (&[Post][..], "POST, OPTIONS"),
            (&[Get], "GET, HEAD, OPTIONS"),
            (&[Get, Delete], "GET, HEAD, DELETE, OPTIONS"),
        ] {
            assert_eq!(allow(methods), said);
            for name in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "get"] {
                let asked = http::Method::from_bytes(name.as_bytes()).unwrap();
                let served = methods.iter().any(|method| method.serves(&asked));
                assert_eq!(served, said.split(", ").any(|one| one == name), "{name}");
            }
        }
    }
}
