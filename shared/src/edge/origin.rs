//! Where a function is reached. A deployment with a domain of its own says so; in one without, the
//! gateway does: each event has the name by which the API was asked, and no client can choose it,
//! unlike `Host`. What a function says of itself then waits for its first request.
//!
//! `docs/decisions.md`: Why may the public address be left out?

use std::ops::Deref;
use std::sync::OnceLock;

use lambda_http::request::LambdaRequest;

use crate::env::Env;

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

    /// The handler at this origin; none, where the gateway did not say which. The first one is
    /// kept: an API has one name, unless an operator gave it another by hand.
    pub(super) fn at(&self, origin: Option<&str>) -> Option<Here<'_, H>> {
        let (build, kept) = match self {
            Self::Known(handler) => return Some(Here::Kept(handler)),
            Self::Learns { build, kept } => (build, kept),
        };
        let origin = origin?;
        if let Some((known, handler)) = kept.get()
            && known == origin
        {
            return Some(Here::Kept(handler));
        }
        let mut env = Env::of_process();
        env.reached_at(origin);
        let made = Box::new(build(&mut env));
        let made = env.complete(made).ok()?;
        match kept.set((origin.to_owned(), made)) {
            Ok(()) => self.at(Some(origin)),
            Err((_, made)) => Some(Here::Made(made)),
        }
    }
}

/// The origin by which the gateway was asked. A name that cannot be a host's is none.
pub(super) fn of(event: &LambdaRequest) -> Option<String> {
    let LambdaRequest::ApiGatewayV2(request) = event else { return None };
    let name = request.request_context.domain_name.as_deref()?;
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:".contains(&byte);
    (!name.is_empty() && name.bytes().all(is_host)).then(|| format!("https://{name}"))
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;

    use super::Behind;
    use crate::env::Env;

    fn where_it_is(env: &mut Env) -> String {
        env.public_url()
    }

    #[test]
    fn what_is_built_for_one_name_answers_at_no_other() {
        let learns = Behind::Learns { build: where_it_is, kept: OnceLock::new() };
        let at = |origin: Option<&str>| learns.at(origin).map(|here| here.clone());
        for origin in ["https://first.acme.io", "https://second.acme.io", "https://first.acme.io"] {
            assert_eq!(at(Some(origin)).as_deref(), Some(origin));
        }
        assert_eq!(at(None), None, "the gateway did not say");
        assert_eq!(at(Some("https://no host/")), None);
        let known = Behind::Known(Box::new("https://own.acme.io".to_owned()));
        assert_eq!(
            known.at(Some("https://first.acme.io")).map(|here| here.clone()).as_deref(),
            Some("https://own.acme.io")
        );
    }
}
