//! The reaper: every minute, and once for each lease at the time it ends. Takes expired leases
//! back, finishes what requests have left unfinished, looks after running calls, and once a day
//! compares the table with the carrier's bill.

use shared::endpoints::rounds;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    rounds::reaper().await
}
