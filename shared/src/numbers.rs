//! Numbers: from the pool or from the carrier to a sale, and back. Every purchase is recorded before it is made, by name,
//! so that a lost answer can be looked up and a repeated one buys nothing.

mod failed;

use std::time::Duration;

use futures_util::future;
use tracing::warn;

use crate::invocation::Invocation;
use crate::leases;
use crate::limits::{Limit, Reached};
use crate::refusal::{Fault, Refusal};
use crate::sale::Stop;
use crate::store::limits::{Purchases, not_bought, not_sold};
use crate::store::numbers::{bought, forget_purchase, hold, intend_purchase, stock};
use crate::store::sales::{Claimable, Claimed, NewSale, NotStepped, Open, Sale, Settling};
use crate::store::{Changes, Custody, Lost, Source, Store, Work};
use crate::telemetry;
use crate::telemetry::metrics::UPSTREAM_COST;
use crate::types::{Country, PhoneNumber, Timestamp, Usdc, Wallet};
use crate::upstream::alarms::Alarms;
use crate::upstream::bland::{Bland, BlandError, Imported};
use crate::upstream::twilio::{Bought, BuyError, Twilio, monthly_price};
use failed::{bland_failed, buy_failed, twilio_failed};

/// How many numbers are tried before a sale gives up: others may be quicker, at the pool and at the carrier.
const TRIES: usize = 3;
/// How often a claim is tried again because others have counted meanwhile.
const CROWD: u32 = 16;
/// How many idle numbers are looked at to find one of the wanted area.
const POOL_GLANCE: u16 = 100;

const SEARCH: Duration = Duration::from_secs(5);
const BUY: Duration = Duration::from_secs(8);
const IMPORT: Duration = Duration::from_secs(6);
const LOOK: Duration = Duration::from_secs(5);
/// An alarm may take as long as nobody waits for it.
const ALARM: Duration = Duration::from_secs(1);
/// Settling begins first. In a new process an alarm has a client to build, which takes milliseconds of the only thread, and
/// the payment's connection would wait for them.
const AFTER_SETTLING: Duration = Duration::from_millis(10);
/// What must be left for settling when something is bought.
const RESERVE: Duration = Duration::from_secs(8);

/// What a buyer wants.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// The country.
    pub country: Country,
    /// The area code, if there is a number of it.
    pub area: Option<String>,
}

/// What there is for a buyer: candidates, none of them reserved; and what it has bought already.
#[derive(Debug)]
pub struct Candidates {
    country: Country,
    pooled: Vec<PhoneNumber>,
    offered: Vec<PhoneNumber>,
    purchases: Purchases,
}

/// The pool and the carrier.
pub struct Numbers {
    store: Store,
    twilio: Twilio,
    bland: Bland,
}

impl Numbers {
    /// Numbers of this table, this carrier and this dialler.
    pub fn new(store: Store, twilio: Twilio, bland: Bland) -> Self {
        Self { store, twilio, bland }
    }

    /// Looks for numbers: of the wanted area in the pool, then at the carrier; of any area in the pool, then at the
    /// carrier. The pool comes first because its numbers are paid for.
    pub async fn look(
        &self,
        payer: &Wallet,
        wanted: &Wanted,
        budget: Usdc,
        invocation: &Invocation,
    ) -> Result<Candidates, Refusal> {
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
        budget: Usdc,
        invocation: &Invocation,
    ) -> Result<Candidates, Refusal> {
        let country = wanted.country;
        let pooled = self.store.pooled(country, invocation.now, POOL_GLANCE);
        let (pooled, purchases) = future::join(pooled, self.store.before_purchase(payer, budget)).await;
        let (mut pooled, purchases) = (pooled?, purchases?);
        purchases.check(invocation.now)?;
        shuffle(&mut pooled, invocation.dice);
        let mut candidates = Candidates { country, pooled, offered: Vec::new(), purchases };
        if let Some(area) = &wanted.area {
            let (near, far): (Vec<_>, Vec<_>) =
                candidates.pooled.into_iter().partition(|number| number.area_code() == Some(area));
            candidates.pooled = near;
            if candidates.pooled.is_empty() {
                candidates.offered = self.search(country, Some(area), invocation).await?;
                candidates.pooled = if candidates.offered.is_empty() { far } else { Vec::new() };
            }
        }
        if candidates.pooled.is_empty() && candidates.offered.is_empty() {
            candidates.offered = self.search(country, None, invocation).await?;
        }
        Ok(candidates)
    }

    async fn search(
        &self,
        country: Country,
        area: Option<&str>,
        invocation: &Invocation,
    ) -> Result<Vec<PhoneNumber>, Refusal> {
        let limit = invocation.at_most(SEARCH, RESERVE);
        let mut offered = self.twilio.search(country, area, limit).await.map_err(twilio_failed)?;
        shuffle(&mut offered, invocation.dice);
        Ok(offered)
    }

    /// Brings a number to the fence: a pooled one in a single write, another one by buying it.
    pub async fn reserve(
        &self,
        new: NewSale,
        candidates: Candidates,
        invocation: &Invocation,
    ) -> Result<Sale<Settling>, Stop> {
        let Candidates { country, pooled, mut offered, mut purchases } = candidates;
        for number in pooled.iter().take(TRIES) {
            let needs = || hold(number, &new.id, new.now);
            if let Some(sale) = self.claim(&new, number, country, Source::Pool, needs, &mut purchases).await? {
                return Ok(sale);
            }
        }
        if offered.is_empty() {
            offered = self.search(country, None, invocation).await?;
        }
        self.buy(new, country, offered, purchases, invocation).await
    }

    /// Claims a sale for this number. `None`: somebody else has it. What was counted meanwhile is learned from the write that
    /// was refused.
    async fn claim<Stage: Claimable>(
        &self,
        new: &NewSale,
        number: &PhoneNumber,
        country: Country,
        source: Source,
        needs: impl Fn() -> Changes,
        purchases: &mut Purchases,
    ) -> Result<Option<Sale<Stage>>, Stop> {
        for _ in 0..CROWD {
            let counted = purchases.admit(&new.signed.payer, &new.id, source, new.now)?.map_err(Refusal::from)?;
            let work = Work::Lease { number: number.clone(), country, source };
            match self.store.claim(new.clone(), work, needs().and(counted)).await? {
                Claimed::Ours(sale) => return Ok(Some(sale)),
                Claimed::Earlier(record) => return Err(Stop::Earlier(record)),
                Claimed::Lost(Lost { change: 0, .. }) => return Ok(None),
                Claimed::Lost(lost) => purchases.learn(lost.change - 1, lost)?,
            }
        }
        Err(Stop::Refuse(Reached { limit: Limit::Crowd, retry_after: 1 }.into()))
    }

    async fn buy(
        &self,
        new: NewSale,
        country: Country,
        offered: Vec<PhoneNumber>,
        mut purchases: Purchases,
        invocation: &Invocation,
    ) -> Result<Sale<Settling>, Stop> {
        let message = if offered.is_empty() {
            format!("no number is available in {country}")
        } else {
            "others were quicker for the numbers that were tried; try again".to_owned()
        };
        let offered = offered.into_iter().take(TRIES);
        let mut carried: Option<Sale<Open>> = None;
        for number in offered {
            let needs = || intend_purchase(&number, country, &new.id);
            let sale = match carried.take() {
                // Without an answer the number is in our hands already.
                None => match self.claim(&new, &number, country, Source::Carrier, needs, &mut purchases).await? {
                    Some(sale) => sale,
                    None => continue,
                },
                Some(sale) => self.intend_instead(sale, &number, country).await?,
            };
            match self.buy_named(&number, &new, invocation).await {
                Ok(bought) => {
                    count_purchase(country);
                    return self.import_and_fence(sale, &number, country, &bought, invocation).await;
                }
                Err(BuyError::Taken) => carried = Some(sale),
                Err(error) => return Err(self.give_up(sale, &number, error).await.into()),
            }
        }
        if let Some(sale) = carried {
            self.withdraw(sale).await?;
        }
        Err(Refusal::Upstream { vendor: "Twilio", message }.into())
    }

    /// Records that this number is about to be bought instead of the one that was taken.
    async fn intend_instead(
        &self,
        sale: Sale<Open>,
        number: &PhoneNumber,
        country: Country,
    ) -> Result<Sale<Open>, Stop> {
        let id = sale.record().id.clone();
        let forget = forget_purchase_of(&sale);
        let work = Work::Lease { number: number.clone(), country, source: Source::Carrier };
        let changes = forget.and(intend_purchase(number, country, &id));
        let stepped = self.store.intend(sale, work, changes, number.as_str()).await;
        stepped.map_err(|not| Stop::Refuse(not.into()))
    }

    /// Buys a number by name. Where the answer says nothing, or says that somebody has it, we look whether it is us.
    async fn buy_named(
        &self,
        number: &PhoneNumber,
        new: &NewSale,
        invocation: &Invocation,
    ) -> Result<Bought, BuyError> {
        let limit = invocation.at_most(BUY, RESERVE);
        let tag = new.id.tag();
        let error = match self.twilio.buy(number, &tag, limit).await {
            Ok(bought) => return Ok(bought),
            Err(error @ (BuyError::Unknown | BuyError::Taken)) => error,
            Err(error) => return Err(error),
        };
        match self.twilio.owned(number, invocation.at_most(LOOK, RESERVE)).await {
            Ok(Some(owned)) if owned.tag == tag => Ok(Bought { sid: owned.sid }),
            _ => Err(error),
        }
    }

    async fn import_and_fence(
        &self,
        sale: Sale<Open>,
        number: &PhoneNumber,
        country: Country,
        bought_as: &Bought,
        invocation: &Invocation,
    ) -> Result<Sale<Settling>, Stop> {
        let id = sale.record().id.clone();
        if let Err(refusal) = self.import(number, invocation).await {
            // The month is paid, so the number is stock; the sweep makes it known to the dialler.
            let stocked =
                stock(number, &id, &bought_as.sid, invocation.now).and(not_sold(&sale.record().signed.payer, &id));
            self.store.void(sale, stocked, false).await.map_err(|(_, not)| Stop::Refuse(not.into()))?;
            return Err(refusal.into());
        }
        let work = Work::Lease { number: number.clone(), country, source: Source::Carrier };
        let fenced = self.store.fence(sale, work, bought(number, &id, &bought_as.sid)).await;
        fenced.map_err(|not| Stop::Refuse(not.into()))
    }

    /// Makes a number known to the dialler; once more if that fails, since repeating it is harmless.
    async fn import(&self, number: &PhoneNumber, invocation: &Invocation) -> Result<(), Refusal> {
        let mut failure = None;
        for _ in 0..2 {
            match self.bland.import(number, invocation.at_most(IMPORT, RESERVE)).await {
                Ok(Imported::In) => return Ok(()),
                Ok(Imported::NotOwned) => failure = Some("the number is not ready yet; try again".to_owned()),
                Err(error @ (BlandError::Account { .. } | BlandError::RateLimited { .. })) => {
                    return Err(bland_failed(error));
                }
                Err(error) => failure = Some(error.to_string()),
            }
        }
        Err(Refusal::Upstream { vendor: "Bland", message: failure.unwrap_or_default() })
    }

    /// Nothing was bought, or nobody knows. The sale is voided where that is certain; otherwise the sweep looks later.
    async fn give_up(&self, sale: Sale<Open>, number: &PhoneNumber, error: BuyError) -> Refusal {
        if error == BuyError::Unknown {
            warn!(payment = ?sale.record().id, ?number, "it is not known whether a number was bought");
            return Refusal::Upstream {
                vendor: "Twilio",
                message: "the purchase did not come through; try again".to_owned(),
            };
        }
        match self.withdraw(sale).await {
            Ok(()) => buy_failed(error),
            Err(refusal) => refusal,
        }
    }

    /// Voids a sale for which nothing was bought. The same payment can be used again.
    async fn withdraw(&self, sale: Sale<Open>) -> Result<(), Refusal> {
        let forget = forget_purchase_of(&sale).and(not_bought_of(&sale));
        self.store.void(sale, forget, false).await.map(drop).map_err(|(_, not)| not.into())
    }

    /// Rolls back a purchase that was left before the fence: what was bought is stock, what was not is forgotten.
    pub async fn roll_back(&self, sale: Sale<Open>, invocation: &Invocation) -> Result<(), Fault> {
        let Work::Lease { number, country, .. } = &sale.record().work else {
            return Err(Fault::Broken("not a purchase"));
        };
        let (number, country) = (number.clone(), *country);
        let id = sale.record().id.clone();
        let owned = match self.twilio.owned(&number, invocation.at_most(LOOK, Duration::from_secs(3))).await {
            Ok(owned) => owned,
            Err(error) => {
                warn!(payment = ?id, %error, "a purchase cannot be looked up yet");
                return Ok(());
            }
        };
        let changes = match owned {
            Some(owned) => {
                // Whoever bought it did not live to tell.
                count_purchase(country);
                stock(&number, &id, &owned.sid, invocation.now).and(not_sold(&sale.record().signed.payer, &id))
            }
            None => forget_purchase(&number, &id).and(not_bought_of(&sale)),
        };
        match self.store.give_up(sale, changes, false).await {
            Ok(_) | Err(NotStepped::Overtaken) => Ok(()),
            Err(NotStepped::Lost(_)) => Err(Fault::Broken("a purchase that cannot be given up")),
            Err(NotStepped::Fault(fault)) => Err(fault.into()),
        }
    }

    /// Makes a number that is stock known to the dialler, and free.
    pub async fn make_ready(&self, number: &PhoneNumber, invocation: &Invocation) -> Result<(), Fault> {
        let Some(holding) = self.store.holding(number).await? else { return Ok(()) };
        if let Err(refusal) = self.import(number, invocation).await {
            warn!(?number, ?refusal, "a number could not be imported");
            return Ok(());
        }
        let changes = crate::store::numbers::imported(number, holding.country, invocation.now);
        let step = format!("import {} {}", number.as_str(), invocation.attempt.as_str());
        self.store.apply(changes, &step).await?;
        Ok(())
    }

    /// Gives back a number that is on its way to the carrier: the dialler forgets it first, so that it cannot be dialled
    /// from when it is somebody else's.
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
}

/// The first month of a number is billed when it is bought.
fn count_purchase(country: Country) {
    telemetry::add(&UPSTREAM_COST, monthly_price(country).map_or(0, Usdc::atomic), ["twilio".into()]);
}

/// Sets the alarm that takes a lease back in time. A lost alarm changes nothing for anybody: the sweep comes by anyway.
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

/// Puts equals into an order of this invocation's own: buyers who come at the same time should not all reach for the same
/// number, nor for the one beside it.
fn shuffle(numbers: &mut [PhoneNumber], dice: u64) {
    let mut dice = dice;
    for place in (1..numbers.len()).rev() {
        // Knuth's generator; its upper bits are the good ones.
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let other = usize::try_from(dice >> 33).unwrap_or(0) % (place + 1);
        numbers.swap(place, other);
    }
}

fn forget_purchase_of(sale: &Sale<Open>) -> Changes {
    match &sale.record().work {
        Work::Lease { number, .. } => forget_purchase(number, &sale.record().id),
        _ => Changes::none(),
    }
}

fn not_bought_of(sale: &Sale<Open>) -> Changes {
    let record = sale.record();
    not_bought(&record.signed.payer, &record.id, record.created_at)
}
