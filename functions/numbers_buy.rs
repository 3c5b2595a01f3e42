//! `POST /api/v1/phone/numbers/buy`, $5.00: a phone number for the calling wallet, leased for
//! thirty days.

use shared::endpoints::numbers_buy;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    numbers_buy::run().await
}
