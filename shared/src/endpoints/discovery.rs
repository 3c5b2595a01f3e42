//! `GET /openapi.json`, `/llms.txt`, `/terms`, `/.well-known/x402`, free: what there is, for
//! directories and agents; and `GET /api/v1/voice/voices` and `/languages`: what a call can choose
//! from. Made of the same tables that the other functions sell by.

use crate::discovery::Discovery;
use crate::edge::{self, Handler};
use crate::env::Env;

/// The function, as it is shipped.
pub fn handler(env: &mut Env) -> impl Handler + use<> {
    Discovery::from_env(env)
}

/// Serves Lambda's events until Lambda ends it.
pub async fn run() -> Result<(), lambda_http::Error> {
    edge::run(handler).await
}
