//! The refunds: every minute, what is owed goes back to who paid it. The only function that may
//! sign with the refund wallet's key; whether money goes back was decided by others, and stands in
//! the sale's record.

use shared::endpoints::rounds;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    rounds::refunds().await
}
