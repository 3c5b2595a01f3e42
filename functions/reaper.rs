//! The reaper: every minute, and once for each lease at the time it ends. Takes expired leases back, finishes what
//! requests have left unfinished, looks after running calls, and once a day compares the table with the carrier's bill.

use shared::edge;
use shared::sweep::Sweep;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    edge::run_rounds(Sweep::from_env).await
}
