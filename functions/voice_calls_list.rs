//! `POST /api/v1/voice/calls/list`, $0.001: the calls of the paying wallet, newest first.

use shared::endpoints::voice_calls_list;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    voice_calls_list::run().await
}
