//! `POST /api/v1/voice/call`, $0.54: an AI voice calls a number and does its task. Answers as soon
//! as the call is under way; how it goes is polled for.

use shared::endpoints::voice_call;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    voice_call::run().await
}
