//! The API, in one table: what can be asked for, where, for how much, with which fields and limits, and how it is
//! answered. The functions sell by it and read their bodies by it; the 402 and the documents for directories and agents
//! are made of it. It knows what is promised, and nothing of how it is kept.

mod calls;
pub mod codes;
mod exact;
mod fields;
pub mod languages;
mod nearest;
mod numbers;
mod unoffered;

pub use calls::{
    FIRST_SENTENCE, INTERRUPTION_THRESHOLD, MAX_DURATION, TASK, UNTRUSTED, VOICE, VOICE_CALL, VOICE_CALL_STATUS,
};
pub use codes::Code;
pub use exact::{absent, request_of};
pub use fields::{Field, IGNORED_FIELDS, Integer, Kind, LARGEST_BODY, LONGEST_TEXT, Text, body_of, sample_of};
pub use nearest::nearest;
pub use numbers::{NUMBERS_BUY, NUMBERS_LIST, NUMBERS_RENEW};
pub use unoffered::{Promise, Unoffered};

use crate::types::Usdc;
use crate::x402::Offer;

/// What there is, in the order in which a new caller would use it.
pub const ALL: [&Endpoint; 5] = [&NUMBERS_BUY, &VOICE_CALL, &VOICE_CALL_STATUS, &NUMBERS_LIST, &NUMBERS_RENEW];

/// What is free to read beside the endpoints.
pub const DOCUMENTS: [&str; 7] =
    ["/", "/openapi.json", "/llms.txt", "/.well-known/x402", "/robots.txt", "/favicon.ico", "/favicon.svg"];

/// The header in which a client gives a purchase a name of its own, so that paying twice for it is impossible: visible ASCII.
pub const IDEMPOTENCY_KEY: Text = Text { field: "Idempotency-Key", shortest: 1, longest: 128 };
/// For so many days such a name is known.
pub const IDEMPOTENCY_DAYS: u32 = 30;

/// One thing that can be asked for.
#[derive(Debug)]
pub struct Endpoint {
    /// The function's name, in the log too.
    pub name: &'static str,
    /// How it is asked for.
    pub method: Method,
    /// Where. A `{parameter}` is a part of the path.
    pub path: &'static str,
    /// The same, for clients that are set up without `/api`.
    pub alias: &'static str,
    /// What it costs; nothing, if it is free.
    pub price: Usdc,
    /// What it sells, in a few words for wallets and directories. ASCII, because a published client fails on anything else.
    pub title: &'static str,
    /// What has to be known before it is used.
    pub about: &'static str,
    /// The body.
    pub request: &'static [Field],
    /// What a body might ask for in vain, here and not everywhere.
    unoffered: &'static [Unoffered],
    /// The body of a 200.
    pub answer: &'static [Field],
    /// Every other answer.
    pub refusals: &'static [Code],
}

impl Endpoint {
    /// Whether it is paid for.
    pub const fn is_paid(&self) -> bool {
        self.price.atomic() > 0
    }

    /// What a body might ask for in vain.
    pub fn unoffered(&self) -> impl Iterator<Item = &'static Unoffered> {
        let everywhere = if self.is_paid() { unoffered::ANYWHERE } else { &[] };
        self.unoffered.iter().chain(everywhere)
    }

    /// What a payment is for.
    pub const fn offer(&self) -> Offer<'static> {
        Offer { path: self.path, price: self.price, description: self.title }
    }
}

/// How something is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Method {
    /// With a body; it may be paid for.
    Post,
    /// By its address alone, free.
    Get,
}

impl Method {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Get => "GET",
        }
    }

    /// What `Allow` says: also what every server answers to where it answers to this, and what browsers ask beforehand.
    pub const fn allow(self) -> &'static str {
        match self {
            Self::Post => "POST, OPTIONS",
            Self::Get => "GET, HEAD, OPTIONS",
        }
    }

    /// Whether a request of this method is served. A client that asks for the head alone is answered as if for the whole.
    pub fn serves(self, method: &http::Method) -> bool {
        match self {
            Self::Post => method == http::Method::POST,
            Self::Get => method == http::Method::GET || method == http::Method::HEAD,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ALL, Method};

    #[test]
    fn an_endpoint_has_two_addresses_and_says_all_of_its_refusals_once() {
        for endpoint in ALL {
            assert_eq!(format!("/api{}", endpoint.alias), endpoint.path);
            assert!(endpoint.title.is_ascii() && !endpoint.title.is_empty(), "{}", endpoint.name);
            assert_eq!(endpoint.is_paid(), endpoint.method == Method::Post, "{}", endpoint.name);
            for (at, code) in endpoint.refusals.iter().enumerate() {
                let twice = endpoint.refusals.iter().skip(at + 1).any(|other| other == code);
                assert!(!twice, "{}: {code:?}", endpoint.name);
            }
        }
    }

    #[test]
    fn what_allow_says_is_what_is_served() {
        for method in [Method::Post, Method::Get] {
            for name in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "get"] {
                let asked = http::Method::from_bytes(name.as_bytes()).unwrap();
                assert_eq!(method.serves(&asked), method.allow().split(", ").any(|one| one == name), "{name}");
            }
        }
    }
}
