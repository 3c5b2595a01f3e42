//! An endpoint as a sale sees it that is carried to its end: it undoes, and delivers what one
//! request has asked for.

use super::Endpoint;
use crate::invocation::Invocation;
use crate::refusal::Fault;
use crate::sale::{Deliver, Delivery, Undo};
use crate::store::Work;
use crate::store::sales::Record;

/// An endpoint, and what one request has asked of it.
pub(super) struct Counter<'a, E: Endpoint> {
    pub(super) endpoint: &'a E,
    /// Only the request that has claimed the sale knows it.
    pub(super) ask: Option<&'a E::Ask>,
}

impl<E: Endpoint> Undo for Counter<'_, E> {
    async fn undo(&self, work: &Work, invocation: &Invocation) {
        self.endpoint.undo(work, invocation).await;
    }

    async fn is_over(&self, work: &Work, invocation: &Invocation) -> bool {
        self.endpoint.is_over(work, invocation).await
    }
}

impl<E: Endpoint> Deliver for Counter<'_, E> {
    async fn deliver(&self, record: &Record, begun: bool, invocation: &Invocation) -> Result<Delivery, Fault> {
        self.endpoint.deliver(self.ask, record, begun, invocation).await
    }
}
