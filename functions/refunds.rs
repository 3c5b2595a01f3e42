//! The refunds: every minute, what is owed goes back to who paid it. The only function that may sign with the refund
//! wallet's key; whether money goes back was decided by others, and stands in the sale's record.

use shared::edge;
use shared::invocation::Invocation;
use shared::refunds::Refunds;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let refunds = edge::start(Refunds::from_env)?;
    let refunds = &refunds;
    lambda_runtime::run(lambda_runtime::service_fn(|_: lambda_runtime::LambdaEvent<serde_json::Value>| async move {
        let report = refunds.run(&Invocation::begin()).await;
        Ok::<_, std::convert::Infallible>(report)
    }))
    .await
}
