//! The refunds: every minute, what is owed goes back to who paid it. The only function that may sign with the refund
//! wallet's key; whether money goes back was decided by others, and stands in the sale's record.

use shared::edge;
use shared::invocation::Invocation;
use shared::refunds::{Event, Refunds};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let refunds = edge::start(Refunds::from_env)?;
    let refunds = &refunds;
    lambda_runtime::run(lambda_runtime::service_fn(|event: lambda_runtime::LambdaEvent<Event>| async move {
        let answer = refunds.run(event.payload, &Invocation::begin()).await;
        Ok::<_, std::convert::Infallible>(answer)
    }))
    .await
}
