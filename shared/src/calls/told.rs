//! The dialler's word that a call is over: a reason to look, once, now. Nothing that stands in it
//! is believed, so one that is doubled, replayed, late, or sent by a stranger who has learned its
//! address, gains a look that was allowed anyway; and one that is lost costs the wait for the next
//! look that is due.
//!
//! `docs/decisions.md`: What is believed of the dialler's word?

use std::time::Duration;

use super::Calls;
use super::look::ASK;
use super::pace::{Asker, pause};
use crate::invocation::Invocation;
use crate::refusal::Refusal;
use crate::store::calls::Call;
use crate::telemetry::Neighbour;
use crate::types::CallId;
use crate::upstream::bland::Sender;

/// How often it is seen whether the turn to look is free. Another look has just been made, and may
/// have come before the end.
const TICK: Duration = Duration::from_secs(1);
/// How long it may take to find out whose word it is.
const READY: Duration = Duration::from_secs(4);

impl Calls {
    /// Whether a word is the dialler's own. It is asked before the table is.
    pub async fn is_told(
        &self,
        id: &CallId,
        token: &str,
        signature: Option<&str>,
        body: &[u8],
        invocation: &Invocation,
    ) -> Result<(), Refusal> {
        let sender = self.bland.sender(id, token, signature, body, invocation.at_most(READY, READY)).await;
        match sender {
            Ok(Sender::Bland) => Ok(()),
            Ok(Sender::Stranger) => Err(Refusal::UnknownCall),
            Ok(Sender::Unsigned) => {
                tracing::warn!(call = ?id, "a word about a call is not signed with the organisation's secret");
                Err(Refusal::UnknownCall)
            }
            Err(_) => Err(not_seen()),
        }
    }

    /// Looks at a call of which the dialler says that it is over. Whatever keeps it from being seen
    /// to be so is worth another word.
    pub async fn told(&self, id: &CallId, invocation: &Invocation) -> Result<(), Refusal> {
        loop {
            let (call, invocation) = self.when_it_may_look(id, invocation).await?;
            let before = call.line.looked_at;
            let call = self.look_and_see_to(Asker::Told, ASK, call, &invocation).await?;
            if call.line.ended_at.is_some() {
                return Ok(());
            }
            // Another request may have taken the turn, and look just now.
            if call.line.looked_at != before || call.line.placed.is_none() || invocation.remaining() < ASK + TICK {
                return Err(not_seen());
            }
            tokio::time::sleep(TICK).await;
        }
    }

    /// A call whose turn is free, or that needs no look.
    async fn when_it_may_look(&self, id: &CallId, invocation: &Invocation) -> Result<(Call, Invocation), Refusal> {
        let mut invocation = invocation.clone();
        loop {
            let call = self.kept(id, &invocation).await?;
            let free = call.line.looked_at.saturating_add(pause(&call, Asker::Told));
            let is_free = free <= invocation.now.as_second() || call.line.closed || call.line.placed.is_none();
            if is_free || invocation.remaining() < ASK + TICK {
                return Ok((call, invocation));
            }
            tokio::time::sleep(TICK).await;
            invocation = invocation.resumed();
        }
    }
}

fn not_seen() -> Refusal {
    Refusal::UpstreamDoubt {
        vendor: Neighbour::Bland,
        message: "the call could not be seen to be over".to_owned(),
        retry_after: 5,
    }
}
