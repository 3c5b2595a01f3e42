//! `POST /webhooks/bland/{call_id}/{token}`: the dialler says that a call is over, which is a
//! reason to look.

use shared::endpoints::voice_call_ended;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    voice_call_ended::run().await
}
