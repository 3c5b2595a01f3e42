//! A purchase at the carrier: recorded, made by name, told to the dialler, and brought to the fence; or rolled back. It
//! refuses to know how the number was found.

use std::time::Duration;

use tracing::warn;

use crate::invocation::Invocation;
use crate::refusal::{Fault, Refusal};
use crate::sale::Stop;
use crate::store::limits::{Purchases, not_bought, not_sold};
use crate::store::numbers::{bought, forget_purchase, intend_purchase, stock};
use crate::store::sales::{NewSale, NotStepped, Open, Sale, Settling};
use crate::store::{Changes, Source, Work};
use crate::telemetry;
use crate::telemetry::metrics::UPSTREAM_COST;
use crate::types::{Country, PhoneNumber, Usdc};
use crate::upstream::twilio::{Bought, BuyError, monthly_price};

use super::failed::buy_failed;
use super::{LOOK, Numbers, RESERVE, TRIES};

const BUY: Duration = Duration::from_secs(8);

impl Numbers {
    pub(super) async fn buy(
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
                Err(error) => return Err(self.give_up(sale, &number, error, invocation).await.into()),
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

    /// Nothing was bought, or nobody knows. The sale is voided where that is certain; otherwise the sweep looks later.
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
                vendor: "Twilio",
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
}

/// The first month of a number is billed when it is bought.
fn count_purchase(country: Country) {
    telemetry::add(&UPSTREAM_COST, monthly_price(country).map_or(0, Usdc::atomic), ["twilio".into()]);
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
