//! Waiting for something new about a call: one request for each call, on the looks that are due
//! anyway. What is new is what makes the answer another one than it was when the request came; what
//! had changed before that is in the first look.
//!
//! `docs/decisions.md`: How does a request wait, and for what?

use std::time::Duration;

use tokio::time::sleep;
use tracing::warn;

use super::look::{ASK, still_kept};
use super::pace::Asker;
use super::{Calls, Shown};
use crate::invocation::Invocation;
use crate::refusal::Refusal;
use crate::store::StoreFault;
use crate::store::calls::Call;
use crate::types::CallId;

/// How often the call's row is read while a request waits: another change of it, by a look, a
/// payment or a hang-up, is seen this soon.
const TICK: Duration = Duration::from_secs(1);
/// A place is kept for this long after its request should have left it. One that died in it blocks
/// no other for longer.
const SPARE: Duration = Duration::from_secs(3);

impl Calls {
    /// A call as it is seen once something about it is new, or after so long.
    pub async fn wait(&self, id: &CallId, wait: Duration, invocation: &Invocation) -> Result<Shown, Refusal> {
        let known = self.kept(id, invocation).await?;
        let before = Shown::of(known.clone(), invocation.now);
        let asker = if wait.is_zero() { Asker::Polls } else { Asker::Waits };
        let call = self.look_and_see_to(asker, ASK, known, invocation).await?;
        let shown = Shown::of(call.clone(), invocation.now);
        if wait.is_zero() || shown.is_final || shown.is_news_after(&before) {
            return Ok(shown);
        }
        let until = invocation.now.saturating_add(wait.saturating_add(SPARE)).map_err(StoreFault::from)?;
        if !self.store.take_wait(&call, invocation.now, until).await? {
            return Ok(shown);
        }
        let shown = self.until_news(call.clone(), shown, wait, invocation).await;
        // What is not left ends by itself.
        if let Err(fault) = self.store.leave_wait(&call, until).await {
            warn!(%fault, "a place to wait in could not be left");
        }
        shown
    }

    async fn until_news(
        &self,
        mut call: Call,
        before: Shown,
        wait: Duration,
        invocation: &Invocation,
    ) -> Result<Shown, Refusal> {
        let mut shown = before.clone();
        loop {
            let left = wait.saturating_sub(invocation.elapsed());
            if left.is_zero() || shown.is_news_after(&before) {
                return Ok(shown);
            }
            sleep(left.min(TICK)).await;
            let invocation = invocation.resumed();
            let known = still_kept(self.store.again(&call).await?, &invocation)?;
            let left = wait.saturating_sub(invocation.elapsed()).max(TICK);
            call = self.look_and_see_to(Asker::Waits, left, known, &invocation).await?;
            shown = Shown::of(call.clone(), invocation.now);
        }
    }
}
