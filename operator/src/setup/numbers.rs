//! Numbers: what the carrier bills and the table does not know becomes stock, by the arrows of the
//! daily comparison; and the first stock is bought, if the operator wants it.

use shared::invocation::Invocation;
use shared::numbers::{Numbers, country_of};
use shared::store::numbers::adopt;
use shared::store::{Custody, Store};
use shared::types::{Country, PhoneNumber};
use shared::upstream::bland::{Bland, Imported};
use shared::upstream::twilio::{BuyError, Kind, Owned, Twilio};

use super::Course;
use crate::show::ASK;
use crate::terminal::Trouble;

const WHAT: &str = "numbers";
/// What numbers are called at the carrier that were bought for no sale.
const TAG: &str = "dialtone stock";
/// How many candidates are tried for one number.
const TRIES: usize = 3;

/// The numbers that were found, and what was done about them.
#[derive(Default)]
struct Count {
    owned: usize,
    unknown: usize,
    adopted: usize,
    imported: usize,
    /// The dialler has forgotten them, or never knew them.
    strange: usize,
    /// The dialler does not take them.
    left: Vec<PhoneNumber>,
}

/// The dialler, to which numbers have to be known.
struct Dialler {
    numbers: Numbers,
    bland: Bland,
    /// What it knows, if it says so.
    known: Option<Vec<String>>,
}

impl Course {
    pub(super) async fn numbers(&mut self) {
        let settings = &self.desk.settings;
        let (Ok(store), Some(twilio)) = (settings.store(), settings.twilio()) else {
            return self.note(WHAT, "not looked at: the table or Twilio's key is missing");
        };
        // Without a dialler they are adopted, and imported by the reaper when there is one.
        let ready = match (settings.twilio(), settings.bland(), settings.bland()) {
            (Some(carrier), Some(asked), Some(bland)) => {
                let known = bland.all_known(ASK).await.ok();
                Some(Dialler { numbers: Numbers::new(store.clone(), carrier, asked), bland, known })
            }
            _ => None,
        };
        let count = match self.compare(&store, &twilio, ready.as_ref()).await {
            Ok(count) => count,
            Err(trouble) => return self.missing(WHAT, trouble.to_string(), "Run this again."),
        };
        self.tell(&count);
        if self.options.stock > 0 && !self.options.check {
            match ready {
                Some(ready) => self.stock(&store, &twilio, &ready).await,
                None => {
                    self.missing("stock", "nothing is bought before Bland can be reached", "Put Bland right first.");
                }
            }
        } else if count.owned == 0 {
            let said = "none is bought. Whether the account may buy is seen only when it does: --stock 1 buys one ($1.15 a month)";
            self.note("stock", said);
        }
    }

    fn tell(&mut self, count: &Count) {
        if self.options.check && count.unknown > 0 {
            let said = format!("the carrier bills {}, of which the table does not know {}", count.owned, count.unknown);
            return self.missing(WHAT, said, "Run this without --check: it makes them stock.");
        }
        if self.options.check && count.strange > 0 {
            let said =
                format!("the dialler does not know {} of {}: calls from them are refused", count.strange, count.owned);
            return self.missing(WHAT, said, "Run this without --check: it imports them.");
        }
        if !count.left.is_empty() {
            let numbers: Vec<String> = count.left.iter().map(|number| self.desk.terminal.number(number)).collect();
            let said = format!("the dialler does not take {}", numbers.join(", "));
            return self.missing(
                WHAT,
                said,
                "Is its handle for this sub-account? The reaper tries again every minute.",
            );
        }
        let said =
            format!("the carrier bills {}; {} were adopted, {} imported", count.owned, count.adopted, count.imported);
        if count.adopted + count.imported > 0 { self.done(WHAT, said) } else { self.ready(WHAT, said) }
    }

    async fn compare(&self, store: &Store, twilio: &Twilio, ready: Option<&Dialler>) -> Result<Count, Trouble> {
        let (mut count, mut page) = (Count::default(), None);
        loop {
            let (owned, next) = twilio.all_owned(page, ASK).await.map_err(|error| Trouble(error.to_string()))?;
            for number in &owned {
                count.owned += 1;
                self.compare_one(store, number, ready, &mut count).await?;
                if count.owned.is_multiple_of(10) {
                    self.desk.terminal.progress(format!("{} numbers", count.owned));
                }
            }
            if next.is_none() {
                return Ok(count);
            }
            page = next;
        }
    }

    async fn compare_one(
        &self,
        store: &Store,
        owned: &Owned,
        ready: Option<&Dialler>,
        count: &mut Count,
    ) -> Result<(), Trouble> {
        // Each has the time of an invocation of its own.
        let invocation = Invocation::begin();
        let custody = store.holding(&owned.number).await?.map(|holding| holding.custody);
        if custody.is_none() {
            count.unknown += 1;
            if self.options.check {
                return Ok(());
            }
            let step = format!("adopt {} {}", owned.number.as_str(), invocation.attempt.as_str());
            let adopted = adopt(&owned.number, country_of(&owned.number), &owned.sid, invocation.now);
            store.apply(adopted, &step).await?;
            count.adopted += 1;
        }
        if let Some(ready) = ready.filter(|_| !self.options.check && matches!(custody, None | Some(Custody::Importing)))
        {
            ready.numbers.make_ready(&owned.number, &invocation).await.map_err(|fault| Trouble(fault.to_string()))?;
            match store.holding(&owned.number).await?.map(|holding| holding.custody) {
                Some(Custody::Importing) => count.left.push(owned.number.clone()),
                _ => count.imported += 1,
            }
        }
        let known = |known: &Vec<String>| known.iter().any(|known| known == owned.number.as_str());
        let in_use = matches!(custody, Some(Custody::Leased | Custody::Pooled | Custody::Held));
        if let Some(ready) = ready.filter(|ready| in_use && !ready.known.as_ref().is_none_or(known)) {
            count.strange += 1;
            if !self.options.check {
                match ready.bland.import(&owned.number, ASK).await {
                    Ok(Imported::In) => count.imported += 1,
                    Ok(Imported::NotOwned) | Err(_) => count.left.push(owned.number.clone()),
                }
            }
        }
        Ok(())
    }

    /// Buys until this many are idle. A run that dies in between has bought a number that the next
    /// run, or the reaper, adopts.
    async fn stock(&mut self, store: &Store, twilio: &Twilio, ready: &Dialler) {
        const WHAT: &str = "stock";
        let wanted = usize::from(self.options.stock);
        let mut bought = 0;
        loop {
            let idle = match store.pooled(Country::US, Invocation::begin().now, 100).await {
                Ok(idle) => idle.len(),
                Err(fault) => return self.missing(WHAT, fault.to_string(), "Run this again."),
            };
            if idle >= wanted {
                let said = format!("{idle} numbers are idle; {bought} were bought");
                return if bought > 0 { self.done(WHAT, said) } else { self.ready(WHAT, said) };
            }
            if bought >= wanted {
                let next = "They become idle when the dialler takes them; the reaper tries again every minute.";
                return self.missing(WHAT, format!("{bought} were bought, and {idle} of {wanted} are idle"), next);
            }
            match self.buy_one(store, twilio, ready).await {
                Ok(()) => bought += 1,
                Err(trouble) => {
                    let next = "Look at the account in Twilio's Console: an account that is new, on trial or restricted may not buy.";
                    return self.missing(WHAT, trouble.to_string(), next);
                }
            }
            self.desk.terminal.progress(format!("{bought} bought"));
        }
    }

    async fn buy_one(&self, store: &Store, twilio: &Twilio, ready: &Dialler) -> Result<(), Trouble> {
        let offered =
            twilio.search(Country::US, Kind::Local, None, ASK).await.map_err(|error| Trouble(error.to_string()))?;
        let mut last = Trouble::new("Twilio has nothing for sale");
        for number in offered.iter().take(TRIES) {
            let invocation = Invocation::begin();
            let sid = match twilio.buy(number, TAG, ASK).await {
                Ok(bought) => bought.sid,
                // It may be ours, if its answer was lost.
                Err(error @ (BuyError::Taken | BuyError::Unknown)) => {
                    let Ok(Some(owned)) = twilio.owned(number, ASK).await else {
                        last = Trouble(error.to_string());
                        continue;
                    };
                    owned.sid
                }
                Err(error) => return Err(Trouble(error.to_string())),
            };
            let step = format!("adopt {} {}", number.as_str(), invocation.attempt.as_str());
            store.apply(adopt(number, Country::US, &sid, invocation.now), &step).await?;
            return ready.numbers.make_ready(number, &invocation).await.map_err(|fault| Trouble(fault.to_string()));
        }
        Err(last)
    }
}
