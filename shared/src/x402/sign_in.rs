//! Signing in with a wallet: the extension `sign-in-with-x` (CAIP-122), as a message of EIP-4361 on
//! EVM chains and its like on Solana. It knows what a wallet is asked to sign, and whose signature
//! a header holds; it knows nothing of what is shown for it.
//!
//! There is no session, and nothing is remembered: that a message is fresh is said by its own
//! times, and what it is good for by its own address. So it may be shown again until its five
//! minutes are over, which suits what is only read. Only a key can sign in: a contract's word would
//! have to be asked for, by a client that is not known yet.
//!
//! - `docs/decisions.md`: Why can a smart wallet not sign in?
//! - `docs/decisions.md`: Why is `uri` the very address that was asked?
//! - `docs/decisions.md`: Why does a sign-in for a list say something else than one for a dry run?

mod message;
mod read;
mod wire;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use serde_json::value::RawValue;

use super::requirements::JSON;
use super::{Caller, Demand, wire_v2};
use crate::types::{Network, Timestamp, rfc3339};
use crate::wire::json;

pub use read::LONGEST;

/// The header that a wallet signs in with.
pub const HEADER: &str = "sign-in-with-x";
/// How long a message is good, from when it was issued.
pub const GOOD_FOR: Duration = Duration::from_mins(5);
/// How far ahead of ours a client's clock may be.
pub const AHEAD: Duration = Duration::from_secs(30);

/// The desk at which wallets sign in: our origin, the networks and the statement.
#[derive(Debug)]
pub struct SignIn {
    /// Our origin without a trailing slash, from the configuration: a `Host` header is the client's
    /// to choose.
    origin: String,
    networks: Vec<Network>,
    /// What a wallet's owner reads before signing. ASCII.
    statement: &'static str,
    schema: Box<RawValue>,
}

/// The address that a wallet signs in for.
#[derive(Clone, Copy, Debug)]
pub struct Purpose<'a> {
    /// Where it is, such as `/api/v1/phone/numbers`: the path that was asked.
    pub path: &'a str,
    /// What it is, in a few words of ASCII.
    pub title: &'a str,
}

/// The words of a 402 that asks a wallet to sign in.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    /// A code for programs.
    pub code: &'a str,
    /// A sentence for people. ASCII.
    pub message: &'a str,
}

/// Why a header does not sign in. Answered with 401 and never with another 402, which a published
/// client does not survive.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotSignedIn {
    /// It cannot be read. Nothing of it is repeated.
    #[error("it cannot be read: {0}")]
    Malformed(String),
    /// It is for another host.
    #[error("its `domain` must be {0}")]
    WrongDomain(String),
    /// It is for another address.
    #[error("its `uri` must be {0}, the address that is asked")]
    WrongUri(String),
    /// It says something else than what we ask to be signed.
    #[error("its `statement` must be \"{0}\"")]
    WrongStatement(&'static str),
    /// It is for a network that we do not know, or of a `type` that is another network's.
    #[error("its `chainId` and `type` must be {0}")]
    WrongChain(String),
    /// Its time is over.
    #[error("it has expired: it is good for {} minutes from `issuedAt`, and no longer than `expirationTime`", GOOD_FOR.as_secs() / 60)]
    Expired,
    /// Its time has not come.
    #[error("it is not good yet: `issuedAt` may be {} seconds ahead, and `notBefore` must have passed", AHEAD.as_secs())]
    NotYetValid,
    /// The key of its `address` has not signed it.
    #[error(
        "the key of `address` has not signed it: on an EVM chain sign the message by `personal_sign` (65 bytes, a low s, not a \
         contract's signature), on Solana its bytes"
    )]
    InvalidSignature,
}

impl SignIn {
    /// At this origin, for wallets of these networks, the preferred first, and for what this
    /// statement says.
    pub fn new(origin: String, networks: Vec<Network>, statement: &'static str) -> Self {
        Self { origin, networks, statement, schema: wire::schema() }
    }

    /// What a wallet is asked to sign. The nonce only tells messages apart.
    pub fn challenge(&self, purpose: &Purpose<'_>, words: &Words<'_>, nonce: &str, now: Timestamp) -> Demand {
        let uri = self.uri(purpose.path);
        let issued_at = rfc3339(now);
        let expiration_time = rfc3339(now.saturating_add(GOOD_FOR).unwrap_or(now));
        let info = wire::Info {
            domain: self.host(),
            uri: &uri,
            version: wire::VERSION,
            nonce,
            issued_at: &issued_at,
            expiration_time: &expiration_time,
            statement: self.statement,
            resources: [&uri],
        };
        let chain = |network: &Network| wire::Chain { chain_id: network.caip2(), kind: wire::kind(*network) };
        let asked = wire::SignInWithX {
            info,
            supported_chains: self.networks.iter().map(chain).collect(),
            schema: &self.schema,
        };
        let header = wire::Required {
            x402_version: 2,
            error: words.message,
            code: None,
            message: None,
            resource: wire_v2::Resource { url: &uri, description: purpose.title, mime_type: JSON },
            accepts: [],
            extensions: wire::Extensions { asked },
        };
        let text = json(&header);
        let body = wire::Required { error: words.code, code: Some(words.code), message: Some(words.message), ..header };
        Demand { header: STANDARD.encode(text), body: json(&body) }
    }

    /// The wallet that has signed in, or nothing if none has tried to.
    pub fn caller(&self, headers: &HeaderMap, path: &str, now: Timestamp) -> Result<Option<Caller>, NotSignedIn> {
        let Some(signed) = read::signed(headers)? else { return Ok(None) };
        self.is_for_us(&signed, path)?;
        let network = self.network(&signed)?;
        signed.is_fresh(now)?;
        message::signer(network, &signed).map(|wallet| Some(Caller::proven(wallet)))
    }

    /// Whether a message was signed to be shown here, and here alone.
    fn is_for_us(&self, signed: &wire::Signed, path: &str) -> Result<(), NotSignedIn> {
        let host = self.host();
        // Of the published servers one compares the host, and one the host with its port.
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        if ![host, name].contains(&signed.domain.as_str()) {
            return Err(NotSignedIn::WrongDomain(host.to_owned()));
        }
        let uri = self.uri(path);
        if signed.uri.split('?').next() != Some(uri.as_str()) {
            return Err(NotSignedIn::WrongUri(uri));
        }
        if signed.statement.as_deref() != Some(self.statement) {
            return Err(NotSignedIn::WrongStatement(self.statement));
        }
        Ok(())
    }

    fn network(&self, signed: &wire::Signed) -> Result<Network, NotSignedIn> {
        let mut ours = self.networks.iter().copied();
        ours.find(|network| network.caip2() == signed.chain_id && wire::kind(*network) == signed.kind).ok_or_else(
            || {
                let known =
                    self.networks.iter().map(|network| format!("{} ({})", network.caip2(), wire::kind(*network)));
                NotSignedIn::WrongChain(known.collect::<Vec<_>>().join(" or "))
            },
        )
    }

    fn uri(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// The host of our origin, with its port if it has one.
    fn host(&self) -> &str {
        self.origin.split_once("://").map_or(self.origin.as_str(), |(_, host)| host)
    }
}

#[cfg(test)]
mod tests;
