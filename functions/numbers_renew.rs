//! `POST /api/v1/phone/numbers/renew`, $5.00: thirty more days for an active number, counted from
//! its current end. Only its owner may.

use shared::endpoints::numbers_renew;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    numbers_renew::run().await
}
