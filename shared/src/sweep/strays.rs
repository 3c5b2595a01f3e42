//! Payments that came although nobody asked for them, or no longer: anybody who has seen a signed authorization can submit it
//! until it expires, also one that we refused. What the chain says was paid to us is held against our records, and what
//! bought nothing goes back.
//!
//! Only blocks that are final are looked at, so nothing is paid back that may yet vanish; and no payment is passed by
//! while its sale is unfinished.

use std::time::Duration;

use tracing::warn;

use super::{Report, Sweep, failed};
use crate::invocation::Invocation;
use crate::refusal::Fault;
use crate::store::State;
use crate::store::refunds::Stranger;
use crate::types::{Place, TransactionId, Wallet};
use crate::x402::{Inbound, InboundPayment, Received};

/// There is no hurry: a block takes a quarter of an hour to be final.
const EVERY: Duration = Duration::from_mins(5);
const ASK: Duration = Duration::from_secs(5);
const RESERVE: Duration = Duration::from_secs(3);
/// Stretches of blocks in one round, each as long as a node answers for.
const STRETCHES: u8 = 4;

/// Whether a payment is done with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    Done,
    /// Its sale is still going on: it may be granted yet.
    NotYet,
}

/// What was looked at.
struct Stretch {
    /// The last block of it that is done with, or will be when the rest of it is.
    through: u64,
    /// The rest of it comes before this transaction.
    before: Option<TransactionId>,
    /// There is more to look at.
    more: bool,
}

impl Stretch {
    fn place(&self) -> Option<Place> {
        self.before.clone().map(|before| Place { top: self.through, before })
    }
}

impl Sweep {
    /// Goes on from where the last round has come to.
    pub(super) async fn watch_strays(&self, invocation: &Invocation, report: &mut Report) {
        for payee in &self.payees {
            if self.cashier.nodes.knows(payee.network()) {
                self.watch(payee, invocation, report).await;
            }
        }
    }

    async fn watch(&self, payee: &Wallet, invocation: &Invocation, report: &mut Report) {
        let name = name(payee);
        match self.store.take_turn(&name, EVERY, invocation.now, invocation.attempt.as_str()).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(fault) => return failed(report, &fault.into()),
        }
        for _ in 0..STRETCHES {
            if invocation.remaining() < super::STEP {
                return;
            }
            match self.go_on(&name, payee, invocation, report).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(fault) => return failed(report, &fault),
            }
        }
    }

    /// Looks at everything from a block on that is final, whatever was looked at before.
    pub(super) async fn watch_from(
        &self,
        network: Option<&str>,
        block: u64,
        invocation: &Invocation,
        report: &mut Report,
    ) {
        let meant = |payee: &&Wallet| network.is_none_or(|network| payee.network().caip2() == network);
        let Some(payee) = self.payees.iter().find(meant) else {
            return warn!("nothing is paid to us on that network");
        };
        if !self.cashier.nodes.knows(payee.network()) {
            return warn!("there is no node to ask what was paid");
        }
        let (mut from, mut place) = (block, None);
        while invocation.remaining() > super::STEP {
            match self.stretch(payee, Some(from), place.as_ref(), invocation, report).await {
                Ok(Some(stretch)) if stretch.more => {
                    place = stretch.place();
                    from = if place.is_some() { from } else { stretch.through + 1 };
                }
                Ok(_) => return,
                Err(fault) => return failed(report, &fault),
            }
        }
        warn!(from, "the round ends before the chain does");
    }

    /// One stretch of blocks. Says whether there is another.
    async fn go_on(
        &self,
        name: &str,
        payee: &Wallet,
        invocation: &Invocation,
        report: &mut Report,
    ) -> Result<bool, Fault> {
        let seen = self.store.progress(name).await?;
        let was = self.store.place(name, seen).await?;
        let from = seen.map(|last| last + 1);
        let Some(stretch) = self.stretch(payee, from, was.as_ref(), invocation, report).await? else {
            return Ok(false);
        };
        let place = stretch.place();
        if place.is_none() && seen.is_none_or(|last| last < stretch.through) {
            self.store.go_on(name, seen, stretch.through, &invocation.attempt).await?;
        } else if place != was {
            self.store.stop_at(name, seen, place.as_ref(), &invocation.attempt).await?;
        }
        Ok(stretch.more)
    }

    async fn stretch(
        &self,
        payee: &Wallet,
        from: Option<u64>,
        place: Option<&Place>,
        invocation: &Invocation,
        report: &mut Report,
    ) -> Result<Option<Stretch>, Fault> {
        let limit = invocation.at_most(ASK, RESERVE);
        let received = match self.cashier.nodes.received(payee, from, place, limit).await {
            Ok(received) => received,
            Err(error) => {
                warn!(%error, network = payee.network().caip2(), "the chain could not be asked what was paid");
                return Ok(None);
            }
        };
        let Received { payments, finalized, before, mut through } = received;
        let mut waits = false;
        for inbound in &payments {
            if self.match_up(payee, inbound, invocation, report).await? == Seen::NotYet {
                // The others are not kept waiting; this one is looked at again, with all that is no older.
                (through, waits) = (through.min(inbound.block.saturating_sub(1)), true);
            }
        }
        let more = before.is_some() || (!waits && through < finalized);
        Ok(Some(Stretch { through, before, more }))
    }

    /// Holds one payment against the records.
    async fn match_up(
        &self,
        payee: &Wallet,
        inbound: &Inbound,
        invocation: &Invocation,
        report: &mut Report,
    ) -> Result<Seen, Fault> {
        let Some(InboundPayment { id, payer, unique, amount }) = inbound.payment.clone() else {
            // Not as a buyer pays: an operator moves funds, or a stranger is generous.
            warn!(transaction = %inbound.transaction, "an ordinary transfer to the payee");
            return Ok(Seen::Done);
        };
        let transaction = inbound.transaction.to_string();
        let (by, now) = (&invocation.attempt, invocation.now);
        let owed = match self.store.sale(&id).await? {
            Some(record) if record.refund.is_some() => return Ok(Seen::Done),
            Some(record) => match record.state {
                State::Open | State::Settling => return Ok(Seen::NotYet),
                // This is what it was paid with.
                State::Closed if record.credit().is_none() => return Ok(Seen::Done),
                State::Closed | State::Void => self.store.owe(&record, amount, transaction, by, now).await?,
            },
            None => {
                let stranger = Stranger { id: id.clone(), payer, payee: *payee, unique, amount, transaction };
                self.store.owe_stranger(stranger, by, now).await?
            }
        };
        if !owed {
            // Somebody uses it this very moment; the next round sees what came of that.
            return Ok(Seen::NotYet);
        }
        warn!(payment = ?id, %amount, "paid for nothing: it goes back");
        report.strays += 1;
        Ok(Seen::Done)
    }
}

/// What this is called where it is recorded how far it has come on a network.
fn name(payee: &Wallet) -> String {
    match payee {
        Wallet::Evm { .. } => "STRAYS".to_owned(),
        Wallet::Solana { .. } => "STRAYS#solana".to_owned(),
    }
}
