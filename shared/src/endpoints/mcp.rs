//! `POST /mcp`: what is sold here, as tools for agents that speak the Model Context Protocol. Made
//! of the same table as everything else, and with no right of its own: a tool asks the endpoint
//! that it is made of.

use crate::edge::{self, Handler};
use crate::env::Env;
use crate::mcp::Mcp;

/// The function, as it is shipped.
pub fn handler(env: &mut Env) -> impl Handler + use<> {
    Mcp::from_env(env)
}

/// Serves Lambda's events until Lambda ends it.
pub async fn run() -> Result<(), lambda_http::Error> {
    edge::run(handler).await
}
