//! The reaper: every minute, and once for each lease at the time it ends. Takes expired leases back, finishes what
//! requests have left unfinished, looks after running calls, and once a day compares the table with the carrier's bill.

use shared::edge;
use shared::invocation::Invocation;
use shared::sweep::{Event, Sweep};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let sweep = edge::start(Sweep::from_env)?;
    let sweep = &sweep;
    lambda_runtime::run(lambda_runtime::service_fn(|event: lambda_runtime::LambdaEvent<Event>| async move {
        let report = sweep.run(event.payload, &Invocation::begin()).await;
        Ok::<_, std::convert::Infallible>(report)
    }))
    .await
}
