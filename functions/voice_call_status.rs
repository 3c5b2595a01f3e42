//! `GET /api/v1/voice/call/{call_id}`, free: how a call stands, what was said, and how it ended, at
//! once or as soon as something is new (`?wait=`); a page for a client that asks for HTML. A client
//! that has the id may ask; one that is unknown and one that cannot be an id get the same answer.

use shared::endpoints::voice_call_status;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    voice_call_status::run().await
}
