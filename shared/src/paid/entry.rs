//! Whether a request gets in: what was bought before with its payment or under its name, and
//! whether its wallet is sold anything now. It refuses to know what is asked for.
//!
//! - `docs/decisions.md`: Why is a payment that does not fit the offer looked up all the same?
//! - `docs/decisions.md`: Why are paused and blocked looked at before a body?

use super::order::Order;
use super::replay::Past;
use super::{Endpoint, Paid, Said};
use crate::edge::Answer;
use crate::limits::IN_DOUBT;
use crate::refusal::Refusal;
use crate::store::Pause;
use crate::store::sales::Gate;
use crate::types::PaymentId;

/// The state of the gate.
pub(super) enum Entry {
    /// The answer to an earlier request.
    Served(Answer),
    /// It is open.
    Open(Way),
    /// It is shut.
    Shut(Refusal),
    /// It is open since a moment ago: see [`Past::Undone`].
    Undone,
}

/// The standing of a wallet that gets in.
pub(super) struct Way {
    /// What was sold under this name before, and came to nothing.
    pub(super) instead_of: Option<PaymentId>,
    /// How many of its payments are in doubt.
    pub(super) in_doubt: u64,
}

impl<E: Endpoint> Paid<E> {
    /// What another request with this payment, or under this name, has bought meanwhile.
    pub(super) async fn twin(&self, order: &Order<'_>) -> Result<Past, Refusal> {
        let (said, store) = (&order.said, &self.cashier.store);
        let Some(name) = &said.name else { return self.replay(store.sale(&said.id).await?, said).await };
        let gate = store.gate(&said.id, order.means.caller().wallet(), Some(name), said.invocation.now).await?;
        match self.enter(gate, said).await? {
            Entry::Served(answer) => Ok(Past::Answered(answer)),
            Entry::Open(_) | Entry::Shut(_) => Ok(Past::Nothing),
            Entry::Undone => Ok(Past::Undone),
        }
    }

    /// What was bought before with this payment or under this name; or whether this wallet is sold
    /// anything now.
    pub(super) async fn enter(&self, gate: Gate, said: &Said<'_>) -> Result<Entry, Refusal> {
        let Gate { record, blocked, paused, named, in_doubt } = gate;
        match self.replay(record, said).await? {
            Past::Answered(answer) => return Ok(Entry::Served(answer)),
            Past::Undone => return Ok(Entry::Undone),
            Past::Nothing => {}
        }
        let named = named.filter(|first| *first != said.id);
        if let Some(first) = &named {
            match self.replay(self.cashier.store.sale(first).await?, said).await? {
                Past::Answered(answer) => return Ok(Entry::Served(answer)),
                Past::Undone => return Ok(Entry::Undone),
                Past::Nothing => {}
            }
        }
        Ok(match passes::<E>(blocked, paused, in_doubt) {
            Ok(()) => Entry::Open(Way { instead_of: named, in_doubt }),
            Err(refusal) => Entry::Shut(refusal),
        })
    }
}

/// Whether this wallet is sold this now. Before everything that a plan could say: who is sold
/// nothing need not mend a body.
fn passes<E: Endpoint>(blocked: bool, paused: Option<Pause>, in_doubt: u64) -> Result<(), Refusal> {
    if blocked {
        return Err(Refusal::WalletBlocked);
    }
    match paused {
        Some(pause) if pause == Pause::All || pause == E::PAUSED_BY => Err(Refusal::SellingPaused),
        // One more doubt would be one more that costs questions until it ends.
        _ if in_doubt >= IN_DOUBT => Err(Refusal::InDoubt),
        _ => Ok(()),
    }
}
