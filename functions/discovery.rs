//! `GET /openapi.json`, `/llms.txt`, `/.well-known/x402`, free: what there is, for directories and agents. Made of the
//! same table that the other functions sell by.

use shared::discovery::Discovery;
use shared::edge::{self, Handler};
use shared::env::Env;

/// The function, as it is shipped.
pub(crate) fn handler(env: &mut Env) -> impl Handler + use<> {
    Discovery::from_env(env)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    edge::run(handler).await
}
