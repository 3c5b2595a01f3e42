//! Where a function is reached. A deployment with a domain of its own says so; in one without, the gateway does: each event has the
//! name by which the API was asked, and no client can choose it, unlike `Host`. What a function says of itself then waits for its first
//! request.
//!
//! `docs/decisions.md`: Why may the public address be left out?

use std::ops::Deref;
use std::sync::OnceLock;

use lambda_http::request::LambdaRequest;

use crate::env::{Env, Incomplete};

/// Stands for the address while it is not known, to see whether all else is.
const UNKNOWN: &str = "https://unknown.invalid";

/// What answers requests, once it is known where.
pub(super) enum Behind<H> {
    /// The deployment says where, or it does not matter.
    Known(Box<H>),
    /// The gateway says where.
    Learns { build: fn(&mut Env) -> H, kept: OnceLock<(String, Box<H>)> },
}

/// What answers one request.
pub(super) enum Here<'a, H> {
    Kept(&'a H),
    Made(Box<H>),
}

impl<H> Deref for Here<'_, H> {
    type Target = H;

    fn deref(&self) -> &H {
        match self {
            Self::Kept(handler) => handler,
            Self::Made(handler) => handler,
        }
    }
}

impl<H> Behind<H> {
    /// Builds a handler, or finds out whether one can be built later.
    pub(super) fn new(build: fn(&mut Env) -> H, env: &mut Env) -> Self {
        if env.knows_its_origin() {
            return Self::Known(Box::new(build(env)));
        }
        env.reached_at(UNKNOWN);
        build(env);
        Self::Learns { build, kept: OnceLock::new() }
    }

    /// The handler at this origin. The first one is kept: an API has one name, unless an operator gave it another by hand.
    pub(super) fn at(&self, origin: Option<&str>) -> Result<Here<'_, H>, Incomplete> {
        let (build, kept) = match self {
            Self::Known(handler) => return Ok(Here::Kept(handler)),
            Self::Learns { build, kept } => (build, kept),
        };
        let origin = origin.unwrap_or(UNKNOWN);
        if let Some((known, handler)) = kept.get()
            && known == origin
        {
            return Ok(Here::Kept(handler));
        }
        let mut env = Env::of_process();
        env.reached_at(origin);
        let made = Box::new(build(&mut env));
        let made = env.complete(made)?;
        match kept.set((origin.to_owned(), made)) {
            Ok(()) => self.at(Some(origin)),
            Err((_, made)) => Ok(Here::Made(made)),
        }
    }
}

/// The origin by which the gateway was asked. A name that is no host's is none.
pub(super) fn of(event: &LambdaRequest) -> Option<String> {
    let LambdaRequest::ApiGatewayV2(request) = event else { return None };
    let name = request.request_context.domain_name.as_deref()?;
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:".contains(&byte);
    (!name.is_empty() && name.bytes().all(is_host)).then(|| format!("https://{name}"))
}
