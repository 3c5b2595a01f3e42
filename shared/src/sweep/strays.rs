//! Payments that we did not ask for, or no longer: a third party that has seen a signed
//! authorization can submit it until it expires, also one that we refused. What the chain says was
//! paid to us is held against our records, and what bought nothing goes back.
//!
//! Only blocks that are final are looked at, so nothing is paid back that may yet vanish; and no
//! payment is passed by while its sale is unfinished.
//!
//! - `docs/decisions.md`: Why does `payments_from` not look at everything?
//! - `docs/decisions.md`: Why does a stray payment not simply go back?

use std::time::Duration;

use tracing::warn;

use super::{Report, Sweep, failed};
use crate::invocation::Invocation;
use crate::refusal::Fault;
use crate::store::State;
use crate::store::books::OnChain;
use crate::store::refunds::Stranger;
use crate::store::watch::Stride;
use crate::telemetry;
use crate::telemetry::metrics::WATCH_LAG;
use crate::types::{AttemptId, DAY, Network, Place, Timestamp, TransactionId, Wallet};
use crate::wire::http::NoReply;
use crate::x402::{Inbound, InboundPayment, Reach, Received};

/// There is no hurry: a block takes a quarter of an hour to be final.
const EVERY: Duration = Duration::from_mins(5);
/// The turn at it, which all payees share.
const TURN: &str = "WATCH";
const LONGEST_ANSWER: Duration = Duration::from_secs(5);
const RESERVE: Duration = Duration::from_secs(3);
/// Stretches of blocks in one round, each as long as a node answers for. Some 800 transfers to the
/// payee fit into one, so a day of 200,000 is worked off in ten rounds.
const STRETCHES: u8 = 32;

/// A final block that is as old, in seconds, has had others after it.
const OLD: u64 = 3_600;

/// No chain is asked for more blocks at once, so no more are remembered.
const LONGEST: u64 = 10_000;

/// Records are kept for sixty days at least, and slots are not counted to the day.
const REACH: u64 = 50 * DAY.as_secs();

/// Whether a payment is done with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    Done,
    /// Its sale is still going on: it may be granted yet.
    NotYet,
}

/// A stretch of blocks that is to be looked at.
#[derive(Clone, Copy)]
struct Ask<'a> {
    /// The first block; where none was looked at before, the last final one.
    from: Option<u64>,
    reach: Reach,
    /// Where the last part of this stretch ended.
    place: Option<&'a Place>,
    /// A payment that is older by this many seconds, and has no record, is left alone.
    oldest: u64,
}

/// A stretch of blocks that was looked at.
struct Stretch {
    /// The last block of it that is done with.
    through: u64,
    /// There is another after it.
    more: bool,
    /// The last block that is final.
    finalized: u64,
    /// When it was made, in Unix seconds, if the node says it.
    finalized_at: Option<u64>,
    /// How far the next may reach.
    reach: Reach,
    /// The rest of it comes before this transaction.
    before: Option<TransactionId>,
}

impl Stretch {
    fn place(&self) -> Option<Place> {
        self.before.clone().map(|before| Place { top: self.through, before })
    }

    /// How many seconds ago the last block was made that is done with. After it a node that stands
    /// still has nothing to show, and is behind all the same.
    fn lag(&self, network: Network, invocation: &Invocation) -> Result<u64, NoReply> {
        let now = u64::try_from(invocation.now.as_second()).unwrap_or(0);
        let age = now.saturating_sub(self.finalized_at.ok_or(NoReply::Unknown)?);
        if age > OLD {
            warn!(network = network.caip2(), age, "the last block that is final is old");
        }
        Ok(age.saturating_add(seconds(network, self.finalized.saturating_sub(self.through))))
    }
}

impl Sweep {
    /// Goes on from where the last round has come to, if it is time. All payees have one turn: if
    /// each had its own, and they fell on different rounds, a node that is silent would be missing
    /// in nothing that is told of the others.
    pub(super) async fn watch_strays(&self, invocation: &Invocation, report: &mut Report) {
        let watched: Vec<_> = self.payees.iter().filter(|payee| self.cashier.nodes.knows(payee.network())).collect();
        if watched.is_empty() {
            return;
        }
        match self.store.take_turn(TURN, EVERY, invocation.now, invocation.attempt.as_str()).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(fault) => return failed(report, &fault.into()),
        }
        let mut seen = Vec::new();
        for payee in watched {
            seen.push(self.watch(payee, invocation, report).await);
        }
        // Where a node does not answer nothing is told of the others either: that it is missing is
        // what rings.
        let lags: Result<Vec<Option<u64>>, NoReply> = seen.into_iter().collect();
        if let Ok(Some(seconds)) = lags.map(|lags| lags.into_iter().flatten().max()) {
            telemetry::gauge(&WATCH_LAG, seconds, []);
        }
    }

    /// Says how long ago the last block was made that is done with. A node that does not answer
    /// is not a fault of ours, which would hide all others for as long as it is away.
    async fn watch(
        &self,
        payee: &Wallet,
        invocation: &Invocation,
        report: &mut Report,
    ) -> Result<Option<u64>, NoReply> {
        let name = name(payee);
        let mut lag = None;
        for _ in 0..STRETCHES {
            if invocation.remaining() < super::STEP {
                break;
            }
            match self.go_on(&name, payee, invocation, report).await {
                Ok(stretch) => {
                    lag = Some(stretch.lag(payee.network(), invocation));
                    if !stretch.more {
                        break;
                    }
                }
                Err(Fault::Chain(error)) => {
                    warn!(network = payee.network().caip2(), %error, "the node does not say what was paid");
                    return lag.unwrap_or(Err(error)).map(Some);
                }
                Err(fault) => {
                    failed(report, &fault);
                    break;
                }
            }
        }
        lag.transpose()
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
        let oldest = match self.oldest(payee, invocation).await {
            Ok(oldest) => oldest,
            Err(fault) => return failed(report, &fault),
        };
        let (mut from, mut reach, mut place) = (block, Reach::default(), None);
        while invocation.remaining() > super::STEP {
            let ask = Ask { from: Some(from), reach, place: place.as_ref(), oldest };
            match self.stretch(payee, ask, invocation, report).await {
                Ok(stretch) if stretch.more => {
                    (reach, place) = (stretch.reach, stretch.place());
                    from = if place.is_some() { from } else { stretch.through + 1 };
                }
                Ok(_) => return,
                Err(fault) => return failed(report, &fault),
            }
        }
        warn!(from, "the round ends before the chain does");
    }

    /// How many seconds before the last final block the records reach: a payment that is older and
    /// has none may have bought something from another table, or so long ago that it is forgotten.
    async fn oldest(&self, payee: &Wallet, invocation: &Invocation) -> Result<u64, Fault> {
        let since = self.store.watched_since(&name(payee)).await?;
        let watched = since.map_or(REACH, |since| seconds_since(since, invocation));
        Ok(watched.min(REACH))
    }

    /// One stretch of blocks, from where the last one has come to.
    async fn go_on(
        &self,
        name: &str,
        payee: &Wallet,
        invocation: &Invocation,
        report: &mut Report,
    ) -> Result<Stretch, Fault> {
        let seen = self.store.progress(name).await?;
        let was = self.store.stride(name).await?;
        let place = self.store.place(name, seen).await?;
        let reach = was.map_or_else(Reach::default, |Stride { blocks, inside }| Reach { blocks, inside });
        let ask = Ask { from: seen.map(|last| last + 1), reach, place: place.as_ref(), oldest: u64::MAX };
        let stretch = match self.stretch(payee, ask, invocation, report).await {
            Err(Fault::Chain(error)) => {
                // A node that takes too long says nothing of why: less may do.
                let less = Stride { blocks: reach.blocks.min(LONGEST) / 2, inside: reach.inside };
                self.store
                    .keep_stride(name, seen, Stride { blocks: less.blocks.max(1), ..less }, by(invocation))
                    .await?;
                return Err(error.into());
            }
            stretch => stretch?,
        };
        if seen.is_none() {
            self.store.begin_watch(name, invocation.now, by(invocation)).await?;
        }
        let rest = stretch.place();
        let moves = rest.is_none() && seen.is_none_or(|last| last < stretch.through);
        if !moves && rest != place {
            self.store.stop_at(name, seen, rest.as_ref(), by(invocation)).await?;
        }
        if moves && !self.store.go_on(name, seen, stretch.through, by(invocation)).await? {
            // Another round is quicker.
            return Ok(Stretch { more: false, ..stretch });
        }
        let (through, Reach { blocks, inside }) = (if moves { Some(stretch.through) } else { seen }, stretch.reach);
        let is = Stride { blocks: blocks.min(LONGEST), inside };
        let known = was.map(|was| if moves { Stride { inside: 0, ..was } } else { was });
        if known != Some(is) {
            self.store.keep_stride(name, through, is, by(invocation)).await?;
        }
        // Nothing is done with before all of it is.
        let through = if rest.is_some() { seen.unwrap_or(stretch.through) } else { stretch.through };
        Ok(Stretch { through, ..stretch })
    }

    async fn stretch(
        &self,
        payee: &Wallet,
        ask: Ask<'_>,
        invocation: &Invocation,
        report: &mut Report,
    ) -> Result<Stretch, Fault> {
        let limit = invocation.at_most(LONGEST_ANSWER, RESERVE);
        let Ask { from, reach, place, oldest } = ask;
        let received = self.cashier.nodes.received(payee, from, reach, place, limit).await?;
        let Received { finalized, finalized_at, .. } = received;
        let ordinary = received.payments.iter().filter(|inbound| inbound.payment.is_none());
        if let Some(first) = ordinary.clone().next() {
            // Not as a buyer pays: an operator moves funds, or a stranger is generous.
            warn!(transaction = %first.transaction, transfers = ordinary.count(), "an ordinary transfer to the payee");
        }
        if matches!(payee, Wallet::Solana { .. }) {
            return self.backwards(payee, received, ask, invocation, report).await;
        }
        for inbound in &received.payments {
            let ours = age(payee, inbound, finalized) <= oldest;
            let late = invocation.remaining() < super::STEP;
            if late || self.match_up(payee, inbound, ours, invocation, report).await? == Seen::NotYet {
                let through = inbound.block.saturating_sub(1);
                // Of a block that is read in parts, this part is read again.
                let inside = if from == Some(inbound.block) { reach.inside } else { 0 };
                let reach = Reach { inside, ..received.reach };
                return Ok(Stretch { through, more: false, finalized, finalized_at, reach, before: None });
            }
        }
        let more = received.through < finalized;
        Ok(Stretch { through: received.through, more, finalized, finalized_at, reach: received.reach, before: None })
    }

    /// The same for what is told newest first: what is older than an unfinished sale is not kept
    /// waiting by it.
    async fn backwards(
        &self,
        payee: &Wallet,
        received: Received,
        Ask { from, place, oldest, .. }: Ask<'_>,
        invocation: &Invocation,
        report: &mut Report,
    ) -> Result<Stretch, Fault> {
        let Received { payments, finalized, finalized_at, reach, before, mut through } = received;
        let mut waits = false;
        for inbound in &payments {
            if invocation.remaining() < super::STEP {
                // Nothing of this part is done with.
                let through =
                    place.map(|place| place.top).or(from.map(|from| from.saturating_sub(1))).unwrap_or(through);
                let before = place.map(|place| place.before.clone());
                return Ok(Stretch { through, more: false, finalized, finalized_at, reach, before });
            }
            let ours = age(payee, inbound, finalized) <= oldest;
            if self.match_up(payee, inbound, ours, invocation, report).await? == Seen::NotYet {
                // It is looked at again, with all that is not older.
                (through, waits) = (through.min(inbound.block.saturating_sub(1)), true);
            }
        }
        let more = before.is_some() || (!waits && through < finalized);
        Ok(Stretch { through, more, finalized, finalized_at, reach, before })
    }

    /// Holds one payment against the records.
    async fn match_up(
        &self,
        payee: &Wallet,
        inbound: &Inbound,
        ours: bool,
        invocation: &Invocation,
        report: &mut Report,
    ) -> Result<Seen, Fault> {
        let Some(InboundPayment { id, payer, unique, amount }) = inbound.payment.clone() else {
            return Ok(Seen::Done);
        };
        let transaction = inbound.transaction.to_string();
        let (by, now) = (&invocation.attempt, invocation.now);
        let owed = match self.store.sale(&id).await? {
            Some(record) if record.refund.is_some() => return Ok(Seen::Done),
            Some(record) => match record.state {
                State::Open | State::Settling => return Ok(Seen::NotYet),
                // This is what it was paid with. The same nonce can have moved another amount.
                State::Closed if record.credit().is_none() => {
                    if record.signed.amount == amount {
                        self.seen(&record, OnChain::Yes, invocation).await?;
                    }
                    return Ok(Seen::Done);
                }
                State::Closed | State::Void => self.store.owe(&record, amount, transaction, by, now).await?,
            },
            None if !ours => {
                warn!(payment = ?id, "paid before this table's records reach: it may have bought something");
                return Ok(Seen::Done);
            }
            None => {
                let stranger = Stranger { id: id.clone(), payer, payee: *payee, unique, amount, transaction };
                self.store.owe_stranger(stranger, by, now).await?
            }
        };
        if !owed {
            // A request uses it this very moment; the next round sees what came of that.
            return Ok(Seen::NotYet);
        }
        warn!(payment = ?id, %amount, "paid for nothing: it goes back");
        report.strays += 1;
        Ok(Seen::Done)
    }
}

/// How many seconds before the last final block a payment was made.
fn age(payee: &Wallet, inbound: &Inbound, finalized: u64) -> u64 {
    seconds(payee.network(), finalized.saturating_sub(inbound.block))
}

fn seconds_since(then: Timestamp, invocation: &Invocation) -> u64 {
    u64::try_from(invocation.now.duration_since(then).as_secs()).unwrap_or(0)
}

/// How long this many blocks of a chain, or slots of a cluster, take.
fn seconds(network: Network, blocks: u64) -> u64 {
    match network {
        Network::Evm(_) => blocks.saturating_mul(2),
        Network::Solana(_) => blocks.saturating_mul(2) / 5,
    }
}

fn by(invocation: &Invocation) -> &AttemptId {
    &invocation.attempt
}

/// The progress key of this watcher for a payee's network.
fn name(payee: &Wallet) -> String {
    match payee {
        Wallet::Evm { .. } => "STRAYS".to_owned(),
        Wallet::Solana { .. } => "STRAYS#solana".to_owned(),
    }
}
