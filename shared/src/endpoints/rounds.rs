//! What no request asks for: the rounds of the reaper and of the refunds, and the canary, as
//! EventBridge asks for them.

use crate::canary::Canary;
use crate::edge;
use crate::refunds::Refunds;
use crate::sweep::Sweep;

/// Serves the reaper's events until Lambda ends it.
pub async fn reaper() -> Result<(), lambda_runtime::Error> {
    edge::run_rounds(Sweep::from_env).await
}

/// Serves the refunds' events until Lambda ends it.
pub async fn refunds() -> Result<(), lambda_runtime::Error> {
    edge::run_rounds(Refunds::from_env).await
}

/// Serves the canary's events until Lambda ends it.
pub async fn canary() -> Result<(), lambda_runtime::Error> {
    edge::run_rounds(Canary::from_env).await
}
