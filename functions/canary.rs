//! The canary: once an hour it buys a list, over the internet and with money, as any client does.
//! It has no other right than to sign with its own wallet's key.

use shared::endpoints::rounds;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    rounds::canary().await
}
