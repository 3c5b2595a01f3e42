//! Giving money back: for calls that ended in an error, for what was paid and could not be
//! delivered, for payments that we did not ask for. Each goes back once: the intent is recorded
//! before an authorization is sent, every authorization for one payment has one nonce, and credit
//! is given only when none of them can land any more.
//!
//! It refuses to decide that money goes back: it does what the sale's item says is owed.

mod evm;
mod guard;
mod look;
mod solana;

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, future, stream};
use serde::{Deserialize, Serialize};
use tracing::{error, info, warn};

use crate::edge::Rounds;
use crate::env::Env;
use crate::invocation::Invocation;
use crate::refusal::Fault;
use crate::store::refunds::Bounds;
use crate::store::sales::{Record, Refund};
use crate::store::{Candidate, Queue, Refunding, SHARDS, Store, StoreFault};
use crate::telemetry;
use crate::telemetry::metrics::{MONEY_BACK, REFUNDS, ROUNDS};
use crate::types::{EvmNetwork, Network, PaymentId, SolanaNetwork, Usdc, Wallet};
use crate::upstream::kms::SigningKey;
use crate::wire::secrets::{Rotating, SecretError};
use crate::x402::{Facilitator, Nodes, SettleAnswer, SolanaKey, Truth, Verified};

/// How much of one queue is looked at in one go.
const MOST: u16 = 25;
/// How many of what we owe in one queue are worked off at once,
const SLOTS: usize = 4;
/// and how long each of them may take. What hangs for longer is left as it is, which its record
/// says, and comes again later.
const EACH: Duration = Duration::from_secs(12);
/// A refund is not begun with less time than this left.
const STEP: Duration = Duration::from_secs(8);
/// How long the facilitator may take, and what must be left for the write that follows.
const SETTLE: Duration = Duration::from_secs(15);
const RESERVE: Duration = Duration::from_secs(3);
const SIGN: Duration = Duration::from_secs(4);
const ASK: Duration = Duration::from_secs(5);
/// Less than this is not worth a transaction of the facilitator's: it becomes credit.
const LEAST: Usdc = Usdc::micros(1_000);
/// This many definite refusals, and the wallet gets credit instead.
const REFUSALS: u32 = 3;
/// When it is tried again: soon, then seldom.
const SOON: Duration = Duration::from_mins(1);
const SELDOM: Duration = Duration::from_mins(10);
/// What is given back on one day before an operator should look why. It goes on all the same: it is
/// owed.
const DAILY_BUDGET: Usdc = Usdc::micros(50_000_000);
/// The refund wallet should be filled when it holds less.
const LOW: Usdc = Usdc::micros(10_000_000);

/// An event that wakes the refunds: an operator's question, or anything else for a round.
#[derive(Debug, Default, Deserialize)]
pub struct Event {
    /// Only say which wallet pays back, so that it can be filled.
    #[serde(default)]
    wallet: bool,
    /// Look what the wallets that pay back hold, and raise the alarm if it is little.
    #[serde(default)]
    float: bool,
}

/// An answer of the refunds.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// What a round has done.
    Round(Report),
    /// Which wallet pays back; none, where there is no key or it cannot be asked for.
    Wallet {
        /// EIP-55.
        wallet: Option<String>,
        /// Base58, where we are paid on Solana too.
        #[serde(skip_serializing_if = "Option::is_none")]
        solana: Option<String>,
    },
    /// What those wallets hold, in dollars; of those that could be asked about.
    Float {
        /// On the EVM chain.
        #[serde(skip_serializing_if = "Option::is_none")]
        evm: Option<String>,
        /// On Solana.
        #[serde(skip_serializing_if = "Option::is_none")]
        solana: Option<String>,
    },
}

/// The result of a round.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Payments that are back.
    pub refunded: u32,
    /// Payments that became credit.
    pub credited: u32,
    /// Payments that are tried again later.
    pub waiting: u32,
    /// Steps that failed and will be tried again.
    pub faults: u32,
}

impl Report {
    fn and(self, other: &Self) -> Self {
        Self {
            refunded: self.refunded + other.refunded,
            credited: self.credited + other.credited,
            waiting: self.waiting + other.waiting,
            faults: self.faults + other.faults,
        }
    }
}

/// The wallets that give money back, with the store, the facilitator and the nodes that they need
/// for it.
pub struct Refunds {
    store: Store,
    facilitator: Facilitator,
    nodes: Nodes,
    /// Nothing, where there is no refund wallet: then all refunds are credit.
    key: Option<SigningKey>,
    /// Likewise on Solana, where its secret may not be filled.
    solana: Option<Rotating<SolanaKey>>,
    /// Where we are paid, and so pay back.
    network: Option<EvmNetwork>,
    cluster: Option<SolanaNetwork>,
    /// Who is paid there.
    payees: Vec<Wallet>,
    /// How much may go back in a day.
    bounds: Bounds,
    /// The largest stray payment that goes back without an operator.
    largest_stray: Usdc,
    /// What a payment back is said to be for, where it is for nothing that we sold.
    origin: String,
}

/// The next step of a refund.
enum Next {
    Refunded(Option<String>),
    Credited,
    Later {
        refused: u32,
        after: Duration,
    },
    /// The wallet that pays back holds too little.
    Poor,
    /// It is not its turn today.
    NotToday,
    /// An operator, or the day's limit, has stopped all of them.
    Stopped,
}

/// The fate of what was sent.
enum Sent {
    Landed(Option<String>),
    Refused,
    /// The wallet that pays back holds too little: refunds that are sent side by side may all have
    /// seen the same balance. That says nothing about this refund, and does not count against it.
    Poor,
    Unknown,
}

impl Refunds {
    /// Reads who gives money back, and how.
    pub fn from_env(env: &mut Env) -> Self {
        let networks = env.networks();
        Self {
            store: env.store(),
            facilitator: env.facilitator(),
            nodes: env.nodes(),
            key: env.refund_key(),
            solana: env.refund_solana_key(),
            network: networks.iter().find_map(|network| if let Network::Evm(it) = network { Some(*it) } else { None }),
            cluster: networks
                .iter()
                .find_map(|network| if let Network::Solana(it) = network { Some(*it) } else { None }),
            payees: env.payees(),
            bounds: Bounds { all: env.refund_limit(), payer: env.wallet_refund_limit(), strays: env.stray_limit() },
            largest_stray: env.largest_stray(),
            origin: env.public_url(),
        }
    }
}

impl Rounds for Refunds {
    const NAME: &'static str = "refunds";
    type Event = Event;
    type Report = Answer;

    /// One round, or an answer.
    async fn go(&self, event: Event, invocation: &Invocation) -> Answer {
        match event {
            Event { wallet: true, .. } => {
                let solana = self.solana_key(invocation).await.ok().flatten().map(|key| key.address().to_string());
                Answer::Wallet { wallet: self.wallet(invocation).await, solana }
            }
            Event { float: true, .. } => self.float(invocation).await,
            Event { .. } => Answer::Round(self.round(invocation).await),
        }
    }
}

impl Refunds {
    async fn wallet(&self, invocation: &Invocation) -> Option<String> {
        let address = self.key.as_ref()?.address(invocation.at_most(SIGN, RESERVE)).await;
        address
            .inspect_err(|fault| error!(%fault, "the refund wallet's key cannot be asked for"))
            .ok()
            .map(|at| at.to_string())
    }

    /// Nothing, where there is no wallet to pay back from.
    async fn solana_key(&self, invocation: &Invocation) -> Result<Option<Arc<SolanaKey>>, SecretError> {
        let Some(key) = &self.solana else { return Ok(None) };
        match key.get(invocation.at_most(SIGN, RESERVE)).await {
            Ok(key) => Ok(Some(key)),
            Err(SecretError::Empty) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn round(&self, invocation: &Invocation) -> Report {
        // What we owe goes first, all shards at once: what is slow keeps only what is behind it in
        // its own shard waiting.
        let owed = (0..SHARDS).map(|shard| Box::pin(self.queue(Queue::Refunds(shard), SLOTS, invocation)));
        let mut report = future::join_all(owed).await.iter().fold(Report::default(), Report::and);
        // Stray payments have what is left of the time, one after another: each has to leave the
        // wallet what we may come to owe. All are in one queue, the longest owed first, whatever
        // shard a payer has chosen.
        report = report.and(&self.queue(Queue::Strays, 1, invocation).await);
        if report.refunded > 0
            && let Err(fault) = self.watch_budget(invocation).await
        {
            failed(&mut report, &fault);
        }
        if let Err(fault) = self.look_round(invocation).await {
            failed(&mut report, &fault);
        }
        telemetry::add(&ROUNDS, 1, []);
        report
    }

    /// Works one queue off, so many of it at a time.
    async fn queue(&self, queue: Queue, slots: usize, invocation: &Invocation) -> Report {
        let mut report = Report::default();
        let due = match self.store.due(queue, invocation.now, MOST).await {
            Ok(due) => due,
            Err(fault) => {
                failed(&mut report, &fault.into());
                return report;
            }
        };
        let payments = due.into_iter().filter_map(|candidate| match candidate {
            Candidate::Sale(payment) => Some(payment),
            _ => None,
        });
        let each = payments.map(|payment| Box::pin(self.in_time(payment, queue, invocation)));
        let reports: Vec<Report> = stream::iter(each).buffer_unordered(slots).collect().await;
        reports.iter().fold(report, Report::and)
    }

    /// One refund, as far as it comes in the time of one.
    async fn in_time(&self, payment: PaymentId, queue: Queue, invocation: &Invocation) -> Report {
        let mut report = Report::default();
        if invocation.remaining() < STEP {
            warn!(?queue, ?payment, "the round ends before the queue does");
            return report;
        }
        match tokio::time::timeout(EACH, self.one(&payment, invocation, &mut report)).await {
            Ok(Ok(())) => {}
            Ok(Err(fault)) => failed(&mut report, &fault),
            Err(_) => {
                warn!(?payment, "a refund took too long and is left for later");
                report.waiting += 1;
                if let Err(fault) = self.leave(&payment, invocation).await {
                    failed(&mut report, &fault);
                }
            }
        }
        report
    }

    /// Puts a refund off that was left in the middle, so that others come first.
    async fn leave(&self, payment: &PaymentId, invocation: &Invocation) -> Result<(), Fault> {
        let Some(record) = self.store.sale(payment).await? else { return Ok(()) };
        let open = |refund: &&Refund| matches!(refund.state, Refunding::Due | Refunding::Sending);
        let Some(refund) = record.refund.as_ref().filter(open) else { return Ok(()) };
        let after = guard::ever_later(refund, invocation.now);
        let until = invocation.now.saturating_add(after).map_err(StoreFault::from)?;
        let Refund { refused, poor_since, .. } = *refund;
        self.store.put_off_refund(&record, refused, poor_since, until, &invocation.attempt).await.map_err(Fault::from)
    }

    async fn one(&self, payment: &PaymentId, invocation: &Invocation, report: &mut Report) -> Result<(), Fault> {
        let Some(record) = self.store.sale(payment).await? else { return Ok(()) };
        let open = |refund: &&Refund| matches!(refund.state, Refunding::Due | Refunding::Sending);
        let Some(refund) = record.refund.as_ref().filter(open).cloned() else { return Ok(()) };
        let credit = is_credit(&refund, false);
        let came_in = self.came_in(&record, credit);
        let held_back = if credit { None } else { self.held_back(&record, &refund, invocation).await? };
        let (record, next) = match record.signed.payer {
            _ if let Some(next) = held_back => (record, next),
            Wallet::Evm { .. } if is_credit(&refund, self.key.is_none()) => (record, Next::Credited),
            Wallet::Evm { network, address } => self.authorize(record, &refund, (network, address), invocation).await?,
            Wallet::Solana { network, address } => match self.solana_key(invocation).await {
                Ok(key) if is_credit(&refund, key.is_none()) => (record, Next::Credited),
                Ok(key) => self.transfer(record, &refund, (network, address), key.as_deref(), invocation).await?,
                Err(_) => (record, Next::Later { refused: refund.refused, after: SOON }),
            },
        };
        let (refused, poor_since, after) = match next {
            Next::Refunded(transaction) => {
                let done =
                    self.store.refunded(&record, transaction, came_in, &invocation.attempt, invocation.now).await?;
                report.refunded += u32::from(done);
                count(done, "refunded", refund.amount);
                info!(?payment, amount = %refund.amount, reason = ?refund.reason, "paid back");
                return Ok(());
            }
            Next::Credited => {
                let done = self.store.credited(&record, came_in, &invocation.attempt, invocation.now).await?;
                report.credited += u32::from(done);
                count(done, "credited", refund.amount);
                info!(?payment, amount = %refund.amount, reason = ?refund.reason, "credited");
                return Ok(());
            }
            // Of the record as it is now: what was sent meanwhile has ended the wait for the
            // wallet.
            Next::Later { refused, after } => {
                (refused, record.refund.as_ref().and_then(|refund| refund.poor_since), after)
            }
            Next::Stopped => (refund.refused, None, SELDOM),
            Next::Poor => (refund.refused, refund.poor_since.or(Some(invocation.now)), SELDOM),
            Next::NotToday => (refund.refused, None, guard::until_tomorrow(refund.asked_at, invocation.now)),
        };
        let until = invocation.now.saturating_add(after).map_err(StoreFault::from)?;
        self.store.put_off_refund(&record, refused, poor_since, until, &invocation.attempt).await?;
        report.waiting += 1;
        telemetry::add(&REFUNDS, 1, ["waiting".into()]);
        Ok(())
    }

    async fn settle(&self, payment: &Verified, invocation: &Invocation) -> Sent {
        let limit = invocation.at_most(SETTLE, RESERVE);
        let answer = self.facilitator.settle(payment, invocation.current(), limit).await;
        if let SettleAnswer::Settled(receipt) = &answer {
            return Sent::Landed(Some(receipt.transaction.to_string()));
        }
        match (answer, self.truth(payment, invocation).await) {
            (_, Some(Truth::Paid { transaction })) => Sent::Landed(Some(transaction.to_string())),
            (SettleAnswer::Declined { reason }, _) => {
                let (alarm, sent) = if reason.says_poor() {
                    ("refund_wallet_empty", Sent::Poor)
                } else {
                    ("refund_refused", Sent::Refused)
                };
                error!(alarm, reason = reason.as_str(), "a refund was refused");
                sent
            }
            // Only our own key can use this nonce, and it is used for nothing else.
            (SettleAnswer::LookItUp { reason, .. }, None) if !self.knows(payment) && reason.says_used() => {
                Sent::Landed(None)
            }
            (answer, _) => {
                let sent = !matches!(answer, SettleAnswer::NotSent);
                warn!(sent, "the outcome of a refund is unknown");
                Sent::Unknown
            }
        }
    }

    async fn truth(&self, payment: &Verified, invocation: &Invocation) -> Option<Truth> {
        self.nodes.truth(payment, u64::MAX, invocation.at_most(ASK, RESERVE)).await
    }

    /// The same, of a payment of a record: where the search for it does not come to its end, the
    /// record keeps how far it came.
    async fn search(&self, record: &Record, payment: &Verified, limit: Duration) -> Result<Option<Truth>, Fault> {
        let mut searched = record.searched.clone();
        let since = u64::try_from(record.created_at.as_second()).unwrap_or(0);
        let truth = self.nodes.search(payment, (since, u64::MAX), &mut searched, limit).await;
        if let Some(place) = searched.filter(|place| truth.is_none() && record.searched.as_ref() != Some(place)) {
            self.store.keep_place(record, &place).await?;
        }
        Ok(truth)
    }

    fn knows(&self, payment: &Verified) -> bool {
        self.nodes.knows(payment.payer().network())
    }

    /// What a payment back is said to be for.
    fn resource(&self, record: &Record) -> String {
        let resource = &record.signed.resource;
        if resource.is_empty() { self.origin.clone() } else { resource.clone() }
    }
}

/// Counted where it is written down, so that each is counted once.
fn count(done: bool, result: &'static str, amount: Usdc) {
    if done {
        telemetry::add(&REFUNDS, 1, [result.into()]);
        telemetry::add(&MONEY_BACK, amount.atomic(), [result.into()]);
    }
}

/// What never moved on the chain, and what is too small or has no wallet to come from, is not sent
/// at all. Once something was sent, this is no longer so simple.
fn is_credit(refund: &Refund, keyless: bool) -> bool {
    refund.state == Refunding::Due && (refund.taken_by.is_none() || refund.amount < LEAST || keyless)
}

fn failed(report: &mut Report, fault: &Fault) {
    telemetry::fault();
    error!(%fault, "a refund");
    report.faults += 1;
}
