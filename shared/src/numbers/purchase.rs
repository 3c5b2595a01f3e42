//! A purchase at the carrier: recorded, made by name, told to the dialler, and brought to the
//! fence; or rolled back. Where we must not spend before we are paid, the fence comes first, and
//! the number is bought behind it ([`Numbers::deliver`]). It refuses to know how the number was
//! found.

use std::time::Duration;

use tracing::warn;

use crate::invocation::Invocation;
use crate::refusal::{Fault, Refusal};
use crate::sale::{Delivery, Stop};
use crate::store::books::unsold;
use crate::store::limits::{Purchases, not_bought, not_sold, owed_for_no_longer};
use crate::store::numbers::{bought, forget_purchase, intend_purchase, stock};
use crate::store::sales::{NewSale, NotStepped, Open, Record, Sale, Settling};
use crate::store::work::Lease;
use crate::store::{Changes, Source, StoreFault, Work};
use crate::telemetry::metrics::UPSTREAM_COST;
use crate::telemetry::{self, Neighbour};
use crate::types::{PaymentId, PhoneNumber, Timestamp, Usdc};
use crate::upstream::twilio::{Bought, BuyError};

use super::failed::buy_failed;
use super::{CROWD, Came, LOOK, Numbers, RESERVE, TRIES, Wanted, crowded};

const BUY: Duration = Duration::from_secs(8);
/// What must be left when a number is bought that is paid for: one write.
const AFTER_PAYMENT: Duration = Duration::from_secs(3);
/// When a carrier that could not be asked is asked again.
const AGAIN: Duration = Duration::from_secs(10);

impl Numbers {
    pub(super) async fn buy(
        &self,
        new: NewSale,
        (wanted, cost): (&Wanted, Usdc),
        offered: Vec<PhoneNumber>,
        mut purchases: Purchases,
        invocation: &Invocation,
    ) -> Result<Sale<Settling>, Stop> {
        let message = if offered.is_empty() {
            format!("no number is available in {}", wanted.country)
        } else {
            "others were quicker for the numbers that were tried; try again".to_owned()
        };
        let offered = offered.into_iter().take(TRIES);
        let mut carried: Option<Sale<Open>> = None;
        for number in offered {
            let sale = match carried.take() {
                // Without an answer the number is in our hands already.
                None => match self.claim_offered(&new, &number, (wanted, cost), &mut purchases).await? {
                    Begun::Intended(sale) => sale,
                    Begun::Ordered(sale) => return Ok(sale),
                    Begun::Taken => continue,
                },
                Some(sale) => self.intend_instead(sale, &number, wanted).await?,
            };
            match self.buy_named(&number, &new.id, RESERVE, invocation).await {
                Ok(bought) => {
                    count_purchase(cost);
                    return self.import_and_fence(sale, &number, &bought, invocation).await;
                }
                Err(BuyError::Taken) => carried = Some(sale),
                Err(error) => return Err(self.give_up(sale, &number, error, invocation).await.into()),
            }
        }
        if let Some(sale) = carried {
            self.withdraw(sale).await?;
        }
        Err(Refusal::Upstream { vendor: Neighbour::Twilio, message }.into())
    }

    /// Claims a sale with the intent to buy this number: at once, or once it is paid for, where
    /// only a contract can say whether it will be, or where too much of today is not paid for.
    async fn claim_offered(
        &self,
        new: &NewSale,
        number: &PhoneNumber,
        (wanted, cost): (&Wanted, Usdc),
        purchases: &mut Purchases,
    ) -> Result<Begun, Stop> {
        for _ in 0..CROWD {
            let source = bought_from(new, cost, purchases);
            let what = (Work::Lease(wanted.met_by(number, source)), source);
            let needs = intend_purchase(number, wanted.country, &new.id);
            let came = if matches!(source, Source::Order(_)) {
                self.claim(new, what, needs, purchases).await?.begun(Begun::Ordered)
            } else {
                self.claim(new, what, needs, purchases).await?.begun(Begun::Intended)
            };
            if let Some(begun) = came {
                return Ok(begun);
            }
        }
        Err(crowded())
    }

    /// What would come of a claim with some number that the carrier has. Which that is, and whether
    /// it has one, is not asked.
    pub(super) async fn rehearse(&self, new: &NewSale, cost: Usdc, purchases: &mut Purchases) -> Stop {
        let what = (Work::Nothing, bought_from(new, cost, purchases));
        match self.claim::<Open>(new, what, Changes::none(), purchases).await {
            Err(stop) => stop,
            Ok(_) => crowded(),
        }
    }

    /// Records that this number is about to be bought instead of the one that was taken.
    async fn intend_instead(
        &self,
        sale: Sale<Open>,
        number: &PhoneNumber,
        wanted: &Wanted,
    ) -> Result<Sale<Open>, Stop> {
        let id = sale.record().id.clone();
        let lease = sale.record().work.lease()?;
        let forget = forget_purchase(&lease.number, &id);
        let source = lease.source;
        let work = Work::Lease(wanted.met_by(number, source));
        let changes = forget.and(intend_purchase(number, wanted.country, &id));
        let stepped = self.store.intend(sale, work, changes, number.as_str()).await;
        stepped.map_err(|not| Stop::Refuse(not.into()))
    }

    /// Buys a number by name. Where the answer says nothing, or says that it is sold, we look
    /// whether it is ours.
    async fn buy_named(
        &self,
        number: &PhoneNumber,
        sale: &PaymentId,
        reserve: Duration,
        invocation: &Invocation,
    ) -> Result<Bought, BuyError> {
        let limit = invocation.at_most(BUY, reserve);
        let tag = sale.tag();
        let error = match self.twilio.buy(number, &tag, limit).await {
            Ok(bought) => return Ok(bought),
            Err(error @ (BuyError::Unknown | BuyError::Taken)) => error,
            Err(error) => return Err(error),
        };
        match self.twilio.owned(number, invocation.at_most(LOOK, reserve)).await {
            Ok(Some(owned)) if owned.tag == tag => Ok(Bought { sid: owned.sid }),
            _ => Err(error),
        }
    }

    async fn import_and_fence(
        &self,
        sale: Sale<Open>,
        number: &PhoneNumber,
        bought_as: &Bought,
        invocation: &Invocation,
    ) -> Result<Sale<Settling>, Stop> {
        let id = sale.record().id.clone();
        if let Err(refusal) = self.import(number, RESERVE, invocation).await {
            let stocked = stocked(sale.record(), sale.record().work.lease()?, &bought_as.sid, invocation.now)?;
            self.store.void(sale, stocked, false).await.map_err(|(_, not)| Stop::Refuse(not.into()))?;
            return Err(refusal.into());
        }
        let work = sale.record().work.clone();
        let fenced = self.store.fence(sale, work, bought(number, &id, &bought_as.sid)).await;
        fenced.map_err(|not| Stop::Refuse(not.into()))
    }

    /// Nothing was bought, or it is not known. The sale is voided where that is certain; otherwise
    /// the reaper looks later.
    async fn give_up(
        &self,
        sale: Sale<Open>,
        number: &PhoneNumber,
        error: BuyError,
        invocation: &Invocation,
    ) -> Refusal {
        if error == BuyError::Unknown {
            warn!(payment = ?sale.record().id, ?number, "it is not known whether a number was bought");
            let left = sale.record().busy_until.as_second() - invocation.current().as_second();
            return Refusal::UpstreamDoubt {
                vendor: Neighbour::Twilio,
                message: "it is not known whether the purchase came through".to_owned(),
                retry_after: u64::try_from(left).unwrap_or(0).max(1),
            };
        }
        match self.withdraw(sale).await {
            Ok(()) => buy_failed(error),
            Err(refusal) => refusal,
        }
    }

    /// Voids a sale for which nothing was bought. The same payment can be used again.
    async fn withdraw(&self, sale: Sale<Open>) -> Result<(), Refusal> {
        let record = sale.record();
        let lease = record.work.lease()?;
        let forget = forget_purchase(&lease.number, &record.id).and(not_bought_of(record, lease));
        self.store.void(sale, forget, false).await.map(drop).map_err(|(_, not)| not.into())
    }

    /// Rolls back a purchase that was left before the fence: what was bought is stock, what was not
    /// is forgotten.
    pub async fn roll_back(&self, sale: Sale<Open>, invocation: &Invocation) -> Result<(), Fault> {
        let lease = sale.record().work.lease()?.clone();
        let id = sale.record().id.clone();
        let owned = match self.twilio.owned(&lease.number, invocation.at_most(LOOK, Duration::from_secs(3))).await {
            Ok(owned) => owned,
            Err(error) => {
                warn!(payment = ?id, %error, "a purchase cannot be looked up yet");
                return Ok(());
            }
        };
        let changes = match owned {
            Some(owned) => {
                // The process that bought it did not live to tell.
                lease.source.cost().into_iter().for_each(count_purchase);
                stocked(sale.record(), &lease, &owned.sid, invocation.now)?
            }
            None => forget_purchase(&lease.number, &id).and(not_bought_of(sale.record(), &lease)),
        };
        match self.store.give_up(sale, changes, false).await {
            Ok(_) | Err(NotStepped::Overtaken) => Ok(()),
            Err(NotStepped::Lost(_)) => Err(Fault::Broken("a purchase that cannot be given up")),
            Err(NotStepped::Fault(fault)) => Err(fault.into()),
        }
    }
}

impl Numbers {
    /// Buys the number that is paid for, or looks what became of that where it may have been
    /// `begun`. What is then ours is what was paid for; what is not goes back, and is not tried
    /// again.
    pub async fn deliver(&self, record: &Record, begun: bool, invocation: &Invocation) -> Result<Delivery, Fault> {
        let lease = record.work.lease()?;
        let (number, Source::Order(booked)) = (&lease.number, lease.source) else {
            return Err(Fault::Broken("a number that was not ordered is paid for before it is there"));
        };
        let bought = if begun {
            self.bought_before(number, record, invocation).await
        } else {
            self.buy_named(number, &record.id, AFTER_PAYMENT, invocation).await
        };
        let bought = match bought {
            Ok(bought) => bought,
            Err(BuyError::Unknown) => {
                warn!(payment = ?record.id, ?number, "it is not known whether a number that is paid for was bought");
                return Ok(Delivery::Unknown { until: record.busy_until.max(invocation.soon(AGAIN)) });
            }
            Err(error) => {
                let changes = forget_purchase(number, &record.id).and(not_bought_of(record, lease));
                return Ok(Delivery::Impossible { changes, why: Some(buy_failed(error)) });
            }
        };
        count_purchase(booked.cost);
        Ok(match self.import(number, AFTER_PAYMENT, invocation).await {
            Ok(()) => Delivery::Done { id: bought.sid },
            Err(why) => {
                Delivery::Impossible { changes: stocked(record, lease, &bought.sid, invocation.now)?, why: Some(why) }
            }
        })
    }

    async fn bought_before(
        &self,
        number: &PhoneNumber,
        record: &Record,
        invocation: &Invocation,
    ) -> Result<Bought, BuyError> {
        match self.twilio.owned(number, invocation.at_most(LOOK, AFTER_PAYMENT)).await {
            Ok(Some(owned)) if owned.tag == record.id.tag() => Ok(Bought { sid: owned.sid }),
            Ok(_) => Err(BuyError::Taken),
            Err(_) => Err(BuyError::Unknown),
        }
    }
}

/// Whether a number of the carrier's is bought before it is paid for, or after.
fn bought_from(new: &NewSale, cost: Usdc, purchases: &Purchases) -> Source {
    let paid_first = new.by_code || purchases.want_payment_first(cost, new.now);
    let booked = purchases.booked(cost, new.now);
    if paid_first { Source::Order(booked) } else { Source::Carrier(booked) }
}

/// What came of a claim with a number that the carrier offers.
enum Begun {
    /// The sale is ours, and the number is to be bought.
    Intended(Sale<Open>),
    /// The sale is ours, and the number is to be bought once it is paid for.
    Ordered(Sale<Settling>),
    /// Another wallet has the number.
    Taken,
}

impl<Stage> Came<Stage> {
    /// What it is, for a number that the carrier offers; nothing, if it is to be tried again.
    fn begun(self, ours: impl FnOnce(Sale<Stage>) -> Begun) -> Option<Begun> {
        match self {
            Self::Ours(sale) => Some(ours(sale)),
            Self::Taken => Some(Begun::Taken),
            Self::Counted => None,
        }
    }
}

/// The month is paid, so the number is stock, and the reaper makes it known to the dialler. That is
/// not for the buyer to pay, and stands in the books by itself.
fn stocked(record: &Record, lease: &Lease, sid: &str, now: Timestamp) -> Result<Changes, StoreFault> {
    Ok(stock(&lease.number, &record.id, sid, now)
        .and(not_sold(&record.signed.payer, &record.id))
        .and(owed_for_no_longer(lease.source))
        .and(unsold(record, now)?))
}

/// The first month of a number is billed when it is bought.
fn count_purchase(cost: Usdc) {
    telemetry::add(&UPSTREAM_COST, cost.atomic(), ["twilio_numbers".into()]);
}

fn not_bought_of(record: &Record, lease: &Lease) -> Changes {
    not_bought(&record.signed.payer, &record.id, lease.source)
}
