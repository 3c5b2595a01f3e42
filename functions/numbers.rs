//! `GET /api/v1/phone/numbers`, free: the active numbers of the wallet that signs in.

use shared::endpoints::numbers;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    numbers::run().await
}
