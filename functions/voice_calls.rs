//! `GET /api/v1/voice/calls`, free: the calls of the wallet that signs in, newest first.

use shared::endpoints::voice_calls;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    voice_calls::run().await
}
