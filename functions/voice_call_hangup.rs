//! `POST /api/v1/voice/call/{call_id}/hangup`, free: ends a call. The id is the right to, as it is
//! the right to look, so that every client and a person at the call's page can.

use shared::endpoints::voice_call_hangup;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    voice_call_hangup::run().await
}
