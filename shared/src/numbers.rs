//! Numbers: from the pool or from the carrier to a sale, and back. Every purchase is recorded
//! before it is made, by name, so that a lost answer can be looked up and a repeated one buys
//! nothing.
//!
//! `docs/decisions.md`: Why does a wanted area code go to the carrier before another area's number is taken from the pool?

mod failed;
mod purchase;

use std::time::Duration;

use futures_util::future;
use tracing::warn;

use crate::invocation::Invocation;
use crate::leases;
use crate::limits::prices::Prices;
use crate::limits::{Limit, NumberBudget, Reached};
use crate::refusal::{Fault, Refusal};
use crate::sale::{Behind, Rehearsal, Stop};
use crate::store::limits::Purchases;
use crate::store::numbers::hold;
use crate::store::sales::{Claimable, Claimed, NewSale, Sale, Settling};
use crate::store::{BoughtCount, Changes, Custody, Hurdle, Source, State, Store, Work, work};
use crate::telemetry::Neighbour;
use crate::types::{AreaCode, Country, PaymentId, PhoneNumber, Run, Timestamp, Usdc, Wallet};
use crate::upstream::alarms::Alarms;
use crate::upstream::bland::{Bland, BlandError, Imported};
use crate::upstream::twilio::{Kind, Twilio, TwilioError};
use failed::{bland_failed, twilio_failed};

/// How many numbers are tried before a sale gives up: others may be quicker, at the pool and at the
/// carrier.
const TRIES: usize = 3;
/// How often a claim is tried again because others have counted meanwhile.
const CROWD: u32 = 16;
/// How many idle numbers are looked at to find one of the wanted area.
const POOL_GLANCE: u16 = 100;

const SEARCH: Duration = Duration::from_secs(5);
const IMPORT: Duration = Duration::from_secs(6);
const LOOK: Duration = Duration::from_secs(5);
/// An alarm may take this long while no client waits for it.
const ALARM: Duration = Duration::from_secs(1);
/// Settling begins first. In a new process an alarm has a client to build, which takes milliseconds
/// of the only thread, and the payment's connection would wait for them.
const AFTER_SETTLING: Duration = Duration::from_millis(10);
/// What must be left for settling when something is bought.
const RESERVE: Duration = Duration::from_secs(8);

/// A buyer's wishes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// The country.
    pub country: Country,
    /// The area code, if there is a number of it.
    pub area: Option<AreaCode>,
}

impl Wanted {
    /// The lease of a number for it. What was wished for is kept with it, since the answer says
    /// whether that was met.
    fn met_by(&self, number: &PhoneNumber, source: Source) -> work::Lease {
        work::Lease { number: number.clone(), country: self.country, area: self.area.clone(), source }
    }
}

/// The stock for a buyer, none of it reserved; and what the wallet has bought already.
#[derive(Debug)]
pub struct Candidates {
    wanted: Wanted,
    /// Of the wanted area, or of any where none is wanted.
    near: Vec<PhoneNumber>,
    /// Of another area.
    far: Vec<PhoneNumber>,
    purchases: Purchases,
    /// What one costs that is bought.
    cost: Usdc,
}

/// The pool and the carrier.
pub struct Numbers {
    store: Store,
    twilio: Twilio,
    bland: Bland,
}

/// The wallet's purchases that come before another one.
fn behind(sale: PaymentId, ended: Vec<PaymentId>) -> Stop {
    Stop::Behind(Behind { sale, limit: Limit::UnpaidNumber, ended })
}

impl Numbers {
    /// Numbers of this table, this carrier and this dialler.
    pub fn new(store: Store, twilio: Twilio, bland: Bland) -> Self {
        Self { store, twilio, bland }
    }

    /// Looks what is in stock. The carrier is not asked before it is known whether the payer can
    /// pay: [`Numbers::reserve`].
    pub async fn look(
        &self,
        payer: &Wallet,
        wanted: &Wanted,
        budget: &NumberBudget,
        run: Run,
        invocation: &Invocation,
    ) -> Result<Candidates, Refusal> {
        if run == Run::Dry {
            return self.candidates(payer, wanted, budget, invocation).await;
        }
        // A number that the dialler could not be told of would be of no use to who bought it.
        let dialler = self.bland.ready(invocation.at_most(LOOK, RESERVE));
        let (candidates, dialler) = future::join(self.candidates(payer, wanted, budget, invocation), dialler).await;
        let candidates = candidates?;
        dialler.map_err(bland_failed)?;
        Ok(candidates)
    }

    async fn candidates(
        &self,
        payer: &Wallet,
        wanted: &Wanted,
        budget: &NumberBudget,
        invocation: &Invocation,
    ) -> Result<Candidates, Refusal> {
        let country = wanted.country;
        let cost = priced(country, &budget.prices)?;
        let pooled = self.store.pooled(country, invocation.now, POOL_GLANCE);
        let (pooled, purchases) = future::join(pooled, self.store.before_purchase(payer, budget, invocation.now)).await;
        let (mut pooled, purchases) = (pooled?, purchases?);
        purchases.check(invocation.now)?;
        shuffle(&mut pooled, invocation.dice);
        let (near, far) = match &wanted.area {
            Some(area) => pooled.into_iter().partition(|number| area.has(number)),
            None => (pooled, Vec::new()),
        };
        Ok(Candidates { wanted: wanted.clone(), near, far, purchases, cost })
    }

    /// What the carrier has, of an area or of any: landlines first, then what else of a country's
    /// numbers can call.
    async fn search(
        &self,
        country: Country,
        area: Option<&AreaCode>,
        invocation: &Invocation,
    ) -> Result<Vec<PhoneNumber>, Refusal> {
        // Only landlines have an area.
        let kinds = if area.is_some() { &[Kind::Local][..] } else { &Kind::ALL };
        let mut is_offered = area.is_some();
        for kind in kinds {
            let limit = invocation.at_most(SEARCH, RESERVE);
            match self.twilio.search(country, *kind, area, limit).await {
                Ok(mut offered) if !offered.is_empty() => {
                    shuffle(&mut offered, invocation.dice);
                    return Ok(offered);
                }
                Ok(_) => is_offered = true,
                Err(TwilioError::NotOffered) => {}
                Err(error) => return Err(twilio_failed(error)),
            }
        }
        if is_offered { Ok(Vec::new()) } else { Err(twilio_failed(TwilioError::NotOffered)) }
    }

    /// Brings a number to the fence: a pooled one in a single write, another one by buying it.
    /// First one of the wanted area from the pool, whose numbers are paid for, then from the
    /// carrier; then one of any area, likewise. A dry run does not ask the carrier.
    pub async fn reserve(
        &self,
        new: NewSale,
        candidates: Candidates,
        invocation: &Invocation,
    ) -> Result<Sale<Settling>, Stop> {
        let Candidates { wanted, near, far, mut purchases, cost } = candidates;
        if let Some(sale) = self.claim_one_of(&new, &near, &wanted, &mut purchases).await? {
            return Ok(sale);
        }
        if new.run == Run::Dry {
            return Err(self.rehearse(&new, cost, &mut purchases).await);
        }
        let mut offered = Vec::new();
        if let Some(area) = wanted.area.as_ref().filter(|_| near.is_empty()) {
            offered = self.search(wanted.country, Some(area), invocation).await?;
            if offered.is_empty()
                && let Some(sale) = self.claim_one_of(&new, &far, &wanted, &mut purchases).await?
            {
                return Ok(sale);
            }
        }
        if offered.is_empty() {
            offered = self.search(wanted.country, None, invocation).await?;
        }
        self.buy(new, (&wanted, cost), offered, purchases, invocation).await
    }

    /// Claims a sale with one of these numbers of the pool, if any of those that are tried is not
    /// another wallet's by now.
    async fn claim_one_of(
        &self,
        new: &NewSale,
        pooled: &[PhoneNumber],
        wanted: &Wanted,
        purchases: &mut Purchases,
    ) -> Result<Option<Sale<Settling>>, Stop> {
        for number in pooled.iter().take(TRIES) {
            if let Some(sale) = self.claim_pooled(new, number, wanted, purchases).await? {
                return Ok(Some(sale));
            }
        }
        Ok(None)
    }

    /// Claims a sale with a number of the pool. `None`: another wallet has it.
    async fn claim_pooled(
        &self,
        new: &NewSale,
        number: &PhoneNumber,
        wanted: &Wanted,
        purchases: &mut Purchases,
    ) -> Result<Option<Sale<Settling>>, Stop> {
        for _ in 0..CROWD {
            let lease = Work::Lease(wanted.met_by(number, Source::Pool));
            match self.claim(new, (lease, Source::Pool), hold(number, &new.id, new.now), purchases).await? {
                Came::Ours(sale) => return Ok(Some(sale)),
                Came::Taken => return Ok(None),
                Came::Counted => {}
            }
        }
        Err(crowded())
    }

    /// Claims a sale with what it needs. What was counted meanwhile is learned from the write that
    /// was refused.
    async fn claim<Stage: Claimable>(
        &self,
        new: &NewSale,
        (work, source): (Work, Source),
        needs: Changes,
        purchases: &mut Purchases,
    ) -> Result<Came<Stage>, Stop> {
        self.is_the_only_one(new, purchases).await?;
        let counted = purchases.admit(&new.signed.payer, &new.id, source, new.now)?.map_err(Refusal::from)?;
        match self.store.claim(new.clone(), work, needs.and(counted)).await? {
            Claimed::Ours(sale) => Ok(Came::Ours(sale)),
            Claimed::Rehearsed(work) => Err(Stop::Rehearsed(Rehearsal { work: *work, left: purchases.left(new.now) })),
            Claimed::Earlier(record) => Err(Stop::Earlier(record)),
            Claimed::Lost(lost) => match lost.hurdle {
                Hurdle::Number => Ok(Came::Taken),
                Hurdle::Bought(count) => {
                    purchases.learn(count, lost, new.now)?;
                    // The wallet has bought another one meanwhile: what it could pay when it was
                    // asked, it may have paid for that.
                    match purchases.last(&new.id).pop() {
                        Some(sale) if count == BoughtCount::OfWallet => Err(behind(sale, Vec::new())),
                        _ => Ok(Came::Counted),
                    }
                }
                Hurdle::Sale
                | Hurdle::Name
                | Hurdle::Lease
                | Hurdle::Call
                | Hurdle::Wallet
                | Hurdle::OptOut
                | Hurdle::Calls(_)
                | Hurdle::RefundsToday
                | Hurdle::RefundsToPayer
                | Hurdle::RefundsStopped
                | Hurdle::Switch => Err(lost.hurdle.unasked().into()),
            },
        }
    }

    /// Looks whether the wallet's last purchase has come to its end: until it has, it is not known
    /// whether the wallet can pay for another, and what is bought for it is bought with our money.
    async fn is_the_only_one(&self, new: &NewSale, purchases: &Purchases) -> Result<(), Stop> {
        let mut ended = Vec::new();
        for sale in purchases.last(&new.id) {
            let Some(record) = self.store.sale(&sale).await? else { continue };
            if matches!(record.state, State::Open | State::Settling) {
                return Err(behind(sale, ended));
            }
            // What the wallet holds may have been asked before this was paid.
            let paid_since = record.settled.is_some_and(|settled| settled.at.as_second() >= new.now.as_second());
            if paid_since && !new.waited_for.contains(&sale) {
                ended.push(sale);
            }
        }
        match ended.pop() {
            Some(sale) => Err(behind(sale, ended)),
            None => Ok(()),
        }
    }

    /// Makes a number known to the dialler; once more if that fails, since repeating it is
    /// harmless.
    async fn import(&self, number: &PhoneNumber, reserve: Duration, invocation: &Invocation) -> Result<(), Refusal> {
        let mut failure = None;
        for _ in 0..2 {
            match self.bland.import(number, invocation.at_most(IMPORT, reserve)).await {
                Ok(Imported::In) => return Ok(()),
                Ok(Imported::NotOwned) => failure = Some("the number is not ready yet; try again".to_owned()),
                Err(error @ (BlandError::Account { .. } | BlandError::RateLimited { .. })) => {
                    return Err(bland_failed(error));
                }
                Err(error) => failure = Some(error.to_string()),
            }
        }
        Err(Refusal::Upstream { vendor: Neighbour::Bland, message: failure.unwrap_or_default() })
    }

    /// Makes a number that is stock known to the dialler, and free.
    pub async fn make_ready(&self, number: &PhoneNumber, invocation: &Invocation) -> Result<(), Fault> {
        let Some(holding) = self.store.holding(number).await? else { return Ok(()) };
        if let Err(refusal) = self.import(number, RESERVE, invocation).await {
            warn!(?number, ?refusal, "a number could not be imported");
            return Ok(());
        }
        let changes = crate::store::numbers::imported(number, holding.country, invocation.now);
        let step = format!("import {} {}", number.as_str(), invocation.attempt.as_str());
        self.store.apply(changes, &step).await?;
        Ok(())
    }

    /// Gives back a number that is on its way to the carrier: the dialler forgets it first, so that
    /// it cannot be dialled from when it is another wallet's.
    pub async fn release(&self, number: &PhoneNumber, invocation: &Invocation) -> Result<(), Fault> {
        let Some(holding) = self.store.holding(number).await? else { return Ok(()) };
        if holding.custody != Custody::Releasing {
            return Ok(());
        }
        let limit = invocation.at_most(LOOK, Duration::from_secs(2));
        if let Err(error) = self.bland.forget(number, limit).await {
            warn!(?number, %error, "a number could not be forgotten");
            return Ok(());
        }
        let sid = holding.sid.unwrap_or_default();
        if let Err(error) = self.twilio.release(&sid, limit).await {
            warn!(?number, %error, "a number could not be released");
            return Ok(());
        }
        let step = format!("released {} {}", number.as_str(), invocation.attempt.as_str());
        self.store.apply(crate::store::numbers::released(number), &step).await?;
        Ok(())
    }

    /// The carrier, for comparing its bill with the table.
    pub fn twilio(&self) -> &Twilio {
        &self.twilio
    }

    /// The dialler, for what is left to be spent there.
    pub fn bland(&self) -> &Bland {
        &self.bland
    }
}

/// What came of a claim with a number.
enum Came<Stage> {
    /// The sale is ours.
    Ours(Sale<Stage>),
    /// Another wallet has the number.
    Taken,
    /// Others have counted meanwhile.
    Counted,
}

fn crowded() -> Stop {
    Stop::Refuse(Reached { limit: Limit::Crowd, retry_after: 1 }.into())
}

/// What a number of this country costs; a country without a price is not sold.
pub fn priced(country: Country, prices: &Prices) -> Result<Usdc, Refusal> {
    prices.of(country).ok_or_else(|| {
        let sold: Vec<_> = prices.countries().map(|country| country.to_string()).collect();
        Refusal::bad(
            "country",
            format!("numbers of {country} are not sold here. There are numbers of: {}", sold.join(", ")),
        )
    })
}

/// Sets the alarm that takes a lease back in time. A lost alarm changes nothing for a caller: the
/// reaper comes by anyway.
pub async fn set_alarm(
    alarms: &Alarms,
    wallet: &Wallet,
    number: &PhoneNumber,
    ends: Timestamp,
    invocation: &Invocation,
) {
    let Ok(at) = ends.checked_add(leases::GRACE) else { return };
    tokio::time::sleep(AFTER_SETTLING).await;
    let limit = invocation.at_most(ALARM, Duration::ZERO);
    match tokio::time::timeout(limit, alarms.set(wallet, number, at, limit)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => warn!(?number, %error, "no alarm was set for a lease"),
        Err(_) => warn!(?number, "no alarm was set for a lease in time"),
    }
}

/// The country of a number that we own without having bought it here, as far as the number tells.
pub fn country_of(number: &PhoneNumber) -> Country {
    let code = phonelib::extract_country(number.as_str()).map(|country| country.code);
    code.and_then(|code| Country::parse(code).ok()).unwrap_or(Country::US)
}

/// Puts equals into an order of this invocation's own: buyers who come at the same time should not
/// all reach for the same number, nor for the one beside it.
fn shuffle(numbers: &mut [PhoneNumber], dice: u64) {
    let mut dice = dice;
    for place in (1..numbers.len()).rev() {
        // Knuth's generator; its upper bits are the good ones.
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let other = usize::try_from(dice >> 33).unwrap_or(0) % (place + 1);
        numbers.swap(place, other);
    }
}
