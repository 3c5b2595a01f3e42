//! Placing a call: who may call from where, the intent, the dial, the fence.

use std::time::Duration;

use futures_util::future;
use tracing::error;

use crate::invocation::Invocation;
use crate::leases::{self, NotMeant};
use crate::refusal::Refusal;
use crate::sale::Stop;
use crate::store::calls::{NewCall, NotNow, dial, not_dialled, placed, why_not};
use crate::store::numbers::Belongings;
use crate::store::sales::{Claimed, NewSale, Open, Sale, Settling};
use crate::store::{Store, StoreFault, Work};
use crate::types::{PhoneNumber, Usdc, Wallet};
use crate::upstream::bland::{Bland, BlandCallId, BlandError, Dial, DialError, Found, Imported};

const DIAL: Duration = Duration::from_secs(8);
const FIND: Duration = Duration::from_secs(5);
const IMPORT: Duration = Duration::from_secs(4);
/// How long it may take to find out whether we can ask the dialler at all.
const READY: Duration = Duration::from_secs(4);
/// What must be left for settling when a phone rings.
const RESERVE: Duration = Duration::from_secs(8);
/// A call that runs longer than it may is stopped after this.
const OVERTIME: Duration = Duration::from_mins(1);
/// Our clock and the dialler's may disagree by so much when a call is looked for.
const SKEW: Duration = Duration::from_mins(1);

/// A call that somebody wants placed; everything in it is valid.
#[derive(Clone, Debug)]
pub struct CallRequest {
    /// The callee.
    pub to: PhoneNumber,
    /// The caller, where it is named.
    pub from: Option<PhoneNumber>,
    /// What to do.
    pub task: String,
    /// The voice.
    pub voice: Option<String>,
    /// The language, as the dialler spells it.
    pub language: String,
    /// Minutes.
    pub max_duration: u32,
    /// The opener.
    pub first_sentence: Option<String>,
    /// Whether the callee speaks first.
    pub wait_for_greeting: bool,
    /// Milliseconds.
    pub interruption_threshold: u32,
}

/// The number to call from, and who pays.
#[derive(Debug)]
pub struct CallPlan {
    from: PhoneNumber,
    /// What the wallet is owed.
    credit: Usdc,
}

/// Calls, placed and looked at.
pub struct Calls {
    pub(super) store: Store,
    pub(super) bland: Bland,
}

impl Calls {
    /// Calls of this table, through this dialler.
    pub fn new(store: Store, bland: Bland) -> Self {
        Self { store, bland }
    }

    /// Finds out from which number this wallet may place this call.
    pub async fn plan(
        &self,
        payer: &Wallet,
        request: &CallRequest,
        invocation: &Invocation,
    ) -> Result<CallPlan, Refusal> {
        let now = invocation.now;
        let dialler = self.bland.ready(invocation.at_most(READY, RESERVE));
        let reads = (self.store.belongings(payer), self.store.holding(&request.to));
        let (belongings, ours, dialler) = future::join3(reads.0, reads.1, dialler).await;
        if ours?.is_some() {
            // What an idle or leased number of ours answers is not defined, and a loop of them would cost real money.
            let message = "it is one of our own numbers, which cannot take calls".to_owned();
            return Err(Refusal::UnsupportedDestination { message });
        }
        let Belongings { leases, credit } = belongings?;
        let active = leases::active(leases, now);
        match leases::meant(&active, request.from.as_ref()) {
            Ok(_) if dialler.is_err() => Err(refusal(DialError::NotSent)),
            Ok(lease) => Ok(CallPlan { from: lease.number.clone(), credit }),
            Err(NotMeant::None) => Err(Refusal::NoOwnedNumbers),
            Err(NotMeant::Ambiguous) => Err(Refusal::AmbiguousFrom { active: leases::numbers(&active) }),
            Err(NotMeant::NotYours) => match &request.from {
                Some(named) => Err(leases::not_yours(&self.store, named, &active, now).await),
                None => Err(Refusal::AmbiguousFrom { active: leases::numbers(&active) }),
            },
        }
    }

    /// Records the intent, dials, and comes to the fence: the dialler's acceptance and the fence are one write.
    pub async fn place(
        &self,
        new: NewSale,
        request: &CallRequest,
        plan: CallPlan,
        invocation: &Invocation,
    ) -> Result<Sale<Settling>, Stop> {
        let sale = self.intend(new, request, &plan, invocation).await?;
        match self.dial(request, &plan, invocation).await {
            Ok(id) => self.fence(sale, id).await,
            Err(DialError::Unknown) => self.find(sale, invocation).await,
            Err(error) => {
                self.withdraw(sale).await?;
                Err(refusal(error).into())
            }
        }
    }

    async fn intend(
        &self,
        new: NewSale,
        request: &CallRequest,
        plan: &CallPlan,
        invocation: &Invocation,
    ) -> Result<Sale<Open>, Stop> {
        let id = invocation.call_id.clone();
        let longest = Duration::from_secs(u64::from(request.max_duration) * 60) + OVERTIME;
        // What a wallet is owed pays before its payment does.
        let credit = Some(new.signed.amount).filter(|price| *price <= plan.credit);
        let call = NewCall {
            id: id.clone(),
            wallet: new.signed.payer,
            from: plan.from.clone(),
            to: request.to.clone(),
            max_duration: request.max_duration,
            due_at: invocation.now.saturating_add(longest).map_err(StoreFault::from)?,
            credit,
        };
        let changes = dial(&call, &new.id, invocation.now)?;
        let work = Work::Call {
            call: id,
            from: call.from,
            to: call.to,
            max_duration: request.max_duration,
            placed: None,
            credit: credit.is_some(),
        };
        match self.store.claim(new, work, changes).await? {
            Claimed::Ours(sale) => Ok(sale),
            Claimed::Earlier(record) => Err(Stop::Earlier(record)),
            Claimed::Lost(lost) => Err(Stop::Refuse(match why_not(&lost, invocation.now)? {
                NotNow::Dialling => Refusal::RateLimited {
                    retry_after: 2,
                    message: "Another call of this wallet is still being paid for.".to_owned(),
                },
                NotNow::Unpaid(until) => Refusal::RateLimited {
                    retry_after: until.as_second().saturating_sub(invocation.now.as_second()).max(1).cast_unsigned(),
                    message: "This wallet had a phone rung and the payment for it was declined.".to_owned(),
                },
                NotNow::LeaseEnded => Refusal::NoOwnedNumbers,
                NotNow::CreditSpent => Refusal::RateLimited {
                    retry_after: 1,
                    message: "This wallet's credit was just spent on another call.".to_owned(),
                },
            })),
        }
    }

    /// Dials. A caller ID that the dialler does not know (any more) is imported and tried once more: nothing was dialled.
    async fn dial(
        &self,
        request: &CallRequest,
        plan: &CallPlan,
        invocation: &Invocation,
    ) -> Result<BlandCallId, DialError> {
        let dial = Dial {
            to: &request.to,
            from: &plan.from,
            task: &request.task,
            voice: request.voice.as_deref(),
            language: &request.language,
            max_duration: request.max_duration,
            first_sentence: request.first_sentence.as_deref(),
            wait_for_greeting: request.wait_for_greeting,
            interruption_threshold: request.interruption_threshold,
            request_id: &invocation.call_id,
        };
        match self.bland.dial(&dial, invocation.at_most(DIAL, RESERVE)).await {
            Err(DialError::NumberNotReady) => {
                let limit = invocation.at_most(IMPORT, RESERVE);
                match self.bland.import(&plan.from, limit).await {
                    Ok(Imported::In) => self.bland.dial(&dial, invocation.at_most(DIAL, RESERVE)).await,
                    _ => Err(DialError::NumberNotReady),
                }
            }
            answer => answer,
        }
    }

    /// The dialler did not answer. It is looked for and never dialled again: there is no way to dial something once.
    async fn find(&self, sale: Sale<Open>, invocation: &Invocation) -> Result<Sale<Settling>, Stop> {
        let limit = invocation.at_most(FIND, RESERVE);
        match self.look_for(&sale, limit).await {
            Ok(Some(id)) => self.fence(sale, id).await,
            // It may still turn up: the sale stays open, and the sweep stops whatever it finds.
            Ok(None) | Err(_) => Err(Stop::Refuse(Refusal::Upstream {
                vendor: "Bland",
                message: "it is not known whether the call was placed; if it was, it is stopped".to_owned(),
            })),
        }
    }

    /// The dialler's id of the call that an open sale was about to place, if it shows one.
    pub(super) async fn look_for(&self, sale: &Sale<Open>, limit: Duration) -> Result<Option<BlandCallId>, BlandError> {
        let record = sale.record();
        let Work::Call { call, from, to, .. } = &record.work else { return Ok(None) };
        let since = record.created_at.saturating_sub(SKEW).unwrap_or(record.created_at);
        match self.bland.find(from, to, since, call, limit).await? {
            Found::One(id) => Ok(Some(id)),
            Found::None => Ok(None),
        }
    }

    async fn fence(&self, sale: Sale<Open>, id: BlandCallId) -> Result<Sale<Settling>, Stop> {
        let Work::Call { call, from, to, max_duration, credit, .. } = sale.record().work.clone() else {
            return Err(Stop::Refuse(StoreFault::Impossible("a call's sale without a call").into()));
        };
        let accepted = placed(&call, id.as_str());
        let work = Work::Call { call, from, to, max_duration, placed: Some(id.as_str().to_owned()), credit };
        self.store.fence(sale, work, accepted).await.map_err(|not| Stop::Refuse(not.into()))
    }

    /// Voids a sale for which nobody was rung. The same payment can be used again.
    pub(super) async fn withdraw(&self, sale: Sale<Open>) -> Result<(), Refusal> {
        let record = sale.record();
        let Work::Call { call, .. } = &record.work else { return Ok(()) };
        let changes = not_dialled(call, &record.signed.payer, &record.id, record.credit());
        self.store.void(sale, changes, false).await.map(drop).map_err(|(_, not)| not.into())
    }
}

fn refusal(error: DialError) -> Refusal {
    match error {
        DialError::UnsupportedDestination { message } => Refusal::UnsupportedDestination { message },
        DialError::RateLimited { retry_after } => Refusal::UpstreamRateLimited { vendor: "Bland", retry_after },
        DialError::Account { message } => {
            error!(message, "Bland does not accept our account");
            Refusal::Upstream { vendor: "Bland", message: "calls are not available at the moment".to_owned() }
        }
        // What Bland refuses of a request that we have checked is the caller's: a voice it does not have, a task it objects to.
        DialError::Refused { message } => Refusal::bad("body", format!("Bland refuses the call: {message}")),
        other => Refusal::Upstream { vendor: "Bland", message: other.to_string() },
    }
}
