//! Placing a call: who may call from where, the intent, the dial, the fence. Where only a contract
//! can say whether we will be paid, the fence comes first, and the phone rings behind it
//! ([`Calls::deliver`]).

use std::time::Duration;

use futures_util::future;
use tracing::warn;

use super::refused::{refusal, seconds_until, stop};
use super::{destinations, disclosure, voicemail};
use crate::invocation::Invocation;
use crate::leases::{self, NotMeant};
use crate::limits::manners::Manners;
use crate::limits::{Budget, Limit, Reached, rates};
use crate::refusal::{Fault, Refusal};
use crate::sale::{Delivery, Rehearsal, Stop};
use crate::store::calls::{NewCall, NotNow, dial, not_dialled};
use crate::store::controls::List;
use crate::store::limits::{Asking, Counters, paid_and_not_placed, refused, undone};
use crate::store::numbers::Belongings;
use crate::store::sales::{Claimable, Claimed, NewSale, Open, Record, Sale, Settling};
use crate::store::{Changes, Cost, Store, StoreFault, Work, work};
use crate::telemetry::Neighbour;
use crate::types::call::Dialler;
use crate::types::{CallId, PhoneNumber, Question, Run, Timestamp, Usdc, Wallet};
use crate::upstream::bland::{Bland, BlandCallId, BlandError, Dial, DialError, Found, Imported};

const DIAL: Duration = Duration::from_secs(8);
const FIND: Duration = Duration::from_secs(5);
const IMPORT: Duration = Duration::from_secs(4);
/// How long it may take to find out whether we can ask the dialler at all.
const READY: Duration = Duration::from_secs(4);
/// A call that the dialler has accepted, and said that it failed, is in its lists after this.
const SHOWN: Duration = Duration::from_secs(10);
/// What must be left for settling when a phone rings.
const RESERVE: Duration = Duration::from_secs(8);
/// What must be left when a phone rings for what is paid: one write.
const AFTER_PAYMENT: Duration = Duration::from_secs(3);
/// A call that runs longer than it may is stopped after this.
const OVERTIME: Duration = Duration::from_mins(1);
/// How often a claim is tried again because others have counted meanwhile. Each of them has got
/// what it wanted, and of those who can be in each other's way, the calls to one destination, there
/// are ten in a day.
pub const CROWD: u32 = 16;
/// Our clock and the dialler's may disagree by so much when a call is looked for.
const SKEW: Duration = Duration::from_mins(1);

/// A call that a caller wants placed; everything in it is valid.
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
    /// What to leave where voicemail answers.
    pub voicemail_message: Option<String>,
    /// What is to be known of it once it is over.
    pub questions: Vec<Question>,
}

impl CallRequest {
    /// What a machine is told, if anything.
    fn message_from(&self, from: &PhoneNumber) -> Option<String> {
        self.voicemail_message.as_deref().map(|message| voicemail::spoken(message, from))
    }
}

/// The number to call from, who pays, and what has been counted.
#[derive(Debug)]
pub struct CallPlan {
    from: PhoneNumber,
    /// What the wallet is owed.
    credit: Usdc,
    counters: Counters,
    budget: Budget,
}

/// Calls, placed and looked at.
pub struct Calls {
    pub(super) store: Store,
    pub(super) bland: Bland,
    /// Our origin, where calls are placed and the dialler is to tell us of their end.
    origin: Option<String>,
    /// What callees are told, and when no phone rings.
    pub(super) manners: Manners,
    /// What may be done about callees who ask not to be called again.
    pub(super) list: List,
}

impl Calls {
    /// Calls of this table, through this dialler.
    pub fn new(store: Store, bland: Bland) -> Self {
        Self { store, bland, origin: None, manners: Manners::default(), list: List::Closed }
    }

    /// The same, whose dialler tells us at this origin when a call is over.
    #[must_use]
    pub fn told_at(self, origin: String) -> Self {
        Self { origin: Some(origin), ..self }
    }

    /// Finds out from which number this wallet may call, and whether there were too many.
    pub async fn plan(
        &self,
        payer: &Wallet,
        request: &CallRequest,
        budget: &Budget,
        run: Run,
        invocation: &Invocation,
    ) -> Result<CallPlan, Refusal> {
        let now = invocation.now;
        let dialler = async {
            match run {
                Run::Real => self.bland.ready(invocation.at_most(READY, RESERVE)).await.is_ok(),
                Run::Dry => true,
            }
        };
        let reads = (
            self.store.belongings(payer),
            self.store.before_call(&invocation.call_id, payer, &request.to, budget, now),
        );
        let (belongings, before, dialler) = future::join3(reads.0, reads.1, dialler).await;
        let (ours, counters) = before?;
        if ours.is_some() {
            // What an idle or leased number of ours answers is not defined, and a loop of them
            // would cost real money.
            let message = "it is one of our own numbers, which cannot take calls".to_owned();
            return Err(Refusal::UnsupportedDestination { message });
        }
        let Belongings { leases, credit } = belongings?;
        let active = leases::active(leases, now);
        match leases::meant(&active, request.from.as_ref()) {
            Ok(_) if !dialler => Err(refusal(DialError::NotSent)),
            Ok(lease) => {
                let asking = asking(&invocation.call_id, payer, request, Usdc::micros(0), budget, now)?;
                let counters = self.admitted(counters, &asking, budget, run, invocation).await?;
                Ok(CallPlan { from: lease.number.clone(), credit, counters, budget: *budget })
            }
            Err(NotMeant::None) => Err(Refusal::NoOwnedNumbers),
            Err(NotMeant::Ambiguous) => Err(Refusal::AmbiguousFrom { active: leases::numbers(&active) }),
            Err(NotMeant::NotYours) => match &request.from {
                Some(named) => Err(leases::not_yours(&self.store, named, &active, run, now).await),
                None => Err(Refusal::AmbiguousFrom { active: leases::numbers(&active) }),
            },
        }
    }

    /// Records the intent, dials, and comes to the fence: the dialler's acceptance and the fence
    /// are one write, of the sale alone. The call says so in a write behind it.
    pub async fn place(
        &self,
        new: NewSale,
        request: &CallRequest,
        plan: CallPlan,
        invocation: &Invocation,
    ) -> Result<Sale<Settling>, Stop> {
        let from = plan.from.clone();
        // What a wallet is owed pays before its payment does, and is ours already.
        let credit = Some(new.signed.amount).filter(|price| *price <= plan.credit);
        if credit.is_none() && new.by_code {
            return self.intend(new, request, plan, credit, invocation).await;
        }
        let sale = self.intend(new, request, plan, credit, invocation).await?;
        match self.dial(request, &from, RESERVE, invocation).await {
            Ok(id) => self.fence(sale, id).await,
            Err(error @ (DialError::Unclear | DialError::Unknown)) => self.find(sale, &error, invocation).await,
            Err(error) => {
                self.withdraw(sale, &error).await?;
                Err(refusal(error).into())
            }
        }
    }

    /// Places a call that is paid for, or looks whether it was placed where that may have been
    /// `begun`. Only a request that says the task can place it, and never twice: a payment for
    /// which no phone rang goes back.
    pub async fn deliver(
        &self,
        request: Option<&CallRequest>,
        record: &Record,
        begun: bool,
        invocation: &Invocation,
    ) -> Result<Delivery, Fault> {
        let call = record.work.call()?;
        Ok(self.delivered(request, record, call, begun, invocation).await)
    }

    async fn delivered(
        &self,
        request: Option<&CallRequest>,
        record: &Record,
        call: &work::Call,
        begun: bool,
        invocation: &Invocation,
    ) -> Delivery {
        let mut until = record.busy_until;
        if !begun {
            let Some(request) = request else { return not_placed(record, call, None) };
            // The night may have begun since it was paid for.
            if let Some(refusal) = self.not_now(&call.to, invocation.now) {
                return not_placed(record, call, Some(refusal));
            }
            match self.dial(request, &call.from, AFTER_PAYMENT, invocation).await {
                Ok(id) => return Delivery::Done { id: id.as_str().to_owned() },
                Err(DialError::Unclear) => until = invocation.soon(SHOWN),
                Err(DialError::Unknown) => {}
                Err(error) => return not_placed(record, call, Some(refusal(error))),
            }
        }
        match self.look_for(record, call, invocation.at_most(FIND, AFTER_PAYMENT)).await {
            Ok(Some(id)) => Delivery::Done { id: id.as_str().to_owned() },
            Ok(None) if begun => not_placed(record, call, None),
            Ok(None) => Delivery::Unknown { until },
            Err(error) => {
                warn!(payment = ?record.id, %error, "a call that is paid for cannot be looked for yet");
                Delivery::Unknown { until: until.max(invocation.soon(SHOWN)) }
            }
        }
    }

    /// Claims the sale with the intent to dial. A write that is refused tells what was counted.
    async fn intend<Stage: Claimable>(
        &self,
        new: NewSale,
        request: &CallRequest,
        mut plan: CallPlan,
        credit: Option<Usdc>,
        invocation: &Invocation,
    ) -> Result<Sale<Stage>, Stop> {
        let now = invocation.now;
        for _ in 0..CROWD {
            let price = new.signed.amount;
            let asking = asking(&invocation.call_id, &new.signed.payer, request, price, &plan.budget, now)?;
            let admitted = match self.store.admit(&mut plan.counters, &asking, &plan.budget, now).await? {
                Ok(admitted) => admitted,
                Err(obstacle) => return Err(self.hindered(obstacle, &new.id, &plan.counters, &request.to).await),
            };
            let call = NewCall {
                id: invocation.call_id.clone(),
                wallet: new.signed.payer,
                from: plan.from.clone(),
                to: request.to.clone(),
                max_duration: request.max_duration,
                message: request.message_from(&plan.from).as_deref().map(voicemail::digest),
                questions: request.questions.clone(),
                recorded: self.manners.records,
                dialler: Dialler::Bland,
                due_at: asking.ends_at,
                credit,
                cost: Some(admitted.cost),
            };
            let changes = dial(&call, &new.id, now)?.and(admitted.changes);
            match self.store.claim(new.clone(), work_of(call), changes).await? {
                Claimed::Ours(sale) => return Ok(sale),
                Claimed::Earlier(record) => return Err(Stop::Earlier(record)),
                Claimed::Rehearsed(work) => {
                    let left = plan.counters.left(&request.to, &plan.budget, now);
                    return Err(Stop::Rehearsed(Rehearsal { work: *work, left }));
                }
                Claimed::Lost(lost) => match NotNow::of(lost, now)? {
                    NotNow::Counted(count, lost) => plan.counters.learn(count, lost, now)?,
                    NotNow::Said(reason) => return Err(stop(reason, now)),
                },
            }
        }
        Err(Stop::Refuse(Reached { limit: Limit::Crowd, retry_after: 1 }.into()))
    }

    /// Dials. A caller ID that the dialler does not know is imported, and it is tried once more.
    async fn dial(
        &self,
        request: &CallRequest,
        from: &PhoneNumber,
        reserve: Duration,
        invocation: &Invocation,
    ) -> Result<BlandCallId, DialError> {
        let message = request.message_from(from);
        let opener = disclosure::opener(self.manners, request.first_sentence.as_deref(), &request.language);
        let dial = Dial {
            to: &request.to,
            from,
            task: &request.task,
            voice: request.voice.as_deref(),
            language: &request.language,
            max_duration: request.max_duration,
            first_sentence: opener.as_deref(),
            wait_for_greeting: request.wait_for_greeting,
            interruption_threshold: request.interruption_threshold,
            record: self.manners.records,
            voicemail_message: message.as_deref(),
            request_id: &invocation.call_id,
            told_at: self.origin.as_deref(),
        };
        match self.bland.dial(&dial, invocation.at_most(DIAL, reserve)).await {
            Err(DialError::NumberNotReady) => {
                let limit = invocation.at_most(IMPORT, reserve);
                match self.bland.import(from, limit).await {
                    Ok(Imported::In) => self.bland.dial(&dial, invocation.at_most(DIAL, reserve)).await,
                    _ => Err(DialError::NumberNotReady),
                }
            }
            answer => answer,
        }
    }

    /// The dialler did not answer. It is looked for, and never dialled again.
    async fn find(&self, sale: Sale<Open>, error: &DialError, invocation: &Invocation) -> Result<Sale<Settling>, Stop> {
        let limit = invocation.at_most(FIND, RESERVE);
        if let Ok(Some(id)) = self.look_for(sale.record(), sale.record().work.call()?, limit).await {
            return self.fence(sale, id).await;
        }
        // It may still turn up: the caller's next request looks again, or the reaper.
        let now = invocation.current();
        let mut looked_at = sale.record().busy_until;
        if *error == DialError::Unclear {
            looked_at = now.saturating_add(SHOWN).map_err(StoreFault::from)?;
            self.store.defer(sale, looked_at).await.map_err(|not| Stop::Refuse(not.into()))?;
        }
        Err(Stop::Refuse(Refusal::UpstreamDoubt {
            vendor: Neighbour::Bland,
            message: "it is not known whether the call was placed; if it was, it is stopped".to_owned(),
            retry_after: seconds_until(looked_at, now),
        }))
    }

    /// The dialler's id of the call that a sale was about to place, if it shows one.
    pub(super) async fn look_for(
        &self,
        record: &Record,
        call: &work::Call,
        limit: Duration,
    ) -> Result<Option<BlandCallId>, BlandError> {
        let since = record.created_at.saturating_sub(SKEW).unwrap_or(record.created_at);
        match self.bland.find(&call.from, &call.to, since, &call.id, limit).await? {
            Found::One(id) => Ok(Some(id)),
            Found::None => Ok(None),
        }
    }

    async fn fence(&self, sale: Sale<Open>, id: BlandCallId) -> Result<Sale<Settling>, Stop> {
        let call = sale.record().work.call()?.clone();
        let work = Work::Call(work::Call { placed: Some(id.as_str().to_owned()), ..call.clone() });
        let sale = self.store.fence(sale, work, Changes::none()).await.map_err(|not| Stop::Refuse(not.into()))?;
        // Without it the call is looked at and hung up once it is paid for: the sale says it then.
        if let Err(fault) = self.store.placed(&call.id, id.as_str()).await {
            warn!(payment = ?sale.record().id, %fault, "a call's name at the dialler is not beside it yet");
        }
        Ok(sale)
    }

    /// Voids a sale for which no phone rang. The same payment can be used again.
    async fn withdraw(&self, sale: Sale<Open>, error: &DialError) -> Result<(), Refusal> {
        let (record, call) = (sale.record(), sale.record().work.call()?);
        let undo = if error.is_about_the_call() { refused } else { undone };
        let changes = let_go(record, call, undo);
        self.store.void(sale, changes, false).await.map(drop).map_err(|(_, not)| not.into())
    }
}

/// What is let go with a call for which no phone rang.
pub(super) fn no_phone_rang(record: &Record, call: &work::Call) -> Changes {
    let_go(record, call, undone)
}

fn not_placed(record: &Record, call: &work::Call, why: Option<Refusal>) -> Delivery {
    Delivery::Impossible { changes: let_go(record, call, paid_and_not_placed), why }
}

/// What becomes of the counts of a call that is let go.
type Uncount = fn(&CallId, &Wallet, &PhoneNumber, Option<&Cost>) -> Changes;

fn let_go(record: &Record, call: &work::Call, uncount: Uncount) -> Changes {
    let payer = &record.signed.payer;
    let counts = uncount(&call.id, payer, &call.to, call.cost.as_ref());
    not_dialled(&call.id, payer, &record.id, record.credit(), record.created_at).and(counts)
}

/// What is counted for a call, should it be placed.
fn asking<'a>(
    call: &'a CallId,
    wallet: &'a Wallet,
    request: &'a CallRequest,
    price: Usdc,
    budget: &Budget,
    now: Timestamp,
) -> Result<Asking<'a>, StoreFault> {
    let (to, minutes) = (&request.to, u64::from(request.max_duration));
    let minute = budget.minute.plus(rates::carrier_minute(to));
    let ends_at = now.saturating_add(Duration::from_mins(minutes) + OVERTIME)?;
    let cost = minute.times(minutes).plus(rates::questions(request.questions.len()));
    Ok(Asking { call, wallet, to, business: destinations::is_a_business(to), cost, price, ends_at })
}

fn work_of(call: NewCall) -> Work {
    Work::Call(work::Call {
        id: call.id,
        from: call.from,
        to: call.to,
        max_duration: call.max_duration,
        placed: None,
        credit: call.credit.is_some(),
        cost: call.cost,
    })
}
