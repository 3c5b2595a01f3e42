//! `GET /openapi.json`, `/llms.txt`, `/.well-known/x402`, free: what there is, for directories and
//! agents; and `GET /api/v1/voice/voices` and `/languages`: what a call can choose from. Made of
//! the same tables that the other functions sell by.

use shared::endpoints::discovery;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    discovery::run().await
}
