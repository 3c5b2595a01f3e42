//! `POST /api/v1/phone/numbers/list`, $0.001: the active numbers of the calling wallet.

use shared::endpoints::numbers_list;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    numbers_list::run().await
}
