//! Walks: lists of a neighbour's that are longer than a round, and are gone through page by page
//! over several of them. Where a walk has come to, and what it has counted on its way, are one
//! write, so a page counts once however often it is looked at.

use std::collections::BTreeMap;

use crate::types::{AttemptId, Country, Timestamp};

use super::change::{Change, Changes, as_seen, is};
use super::parse::{country_of, instant_of};
use super::rows::{BY_COUNTRY, PAGE, TAKEN_AT, TurnRow, WALKED};
use super::{Done, Hurdle, Store, StoreFault, keys};

/// A walk that is under way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Walk {
    /// When it began.
    pub began: Timestamp,
    /// How many pages are done with.
    pub pages: u64,
    /// What the neighbour calls the next page; nothing before the first.
    pub page: Option<String>,
    /// What was counted on them, by country.
    pub counted: BTreeMap<Country, u64>,
}

/// The standing of something that is gone through once in a while.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Walked {
    /// When the last walk began, if there was one.
    pub began: Option<Timestamp>,
    /// The walk, if it is not at its end.
    pub under_way: Option<Walk>,
}

impl Store {
    /// Where it stands.
    pub async fn walked(&self, name: &str) -> Result<Walked, StoreFault> {
        let TurnRow { taken_at, walked, page, by_country, .. } = self.turn(name).await?;
        let began = taken_at.map(instant_of).transpose()?;
        let under_way = match began.zip(walked) {
            Some((began, pages)) => Some(Walk { began, pages, page, counted: read(&by_country.unwrap_or_default())? }),
            None => None,
        };
        Ok(Walked { began, under_way })
    }

    /// Begins a walk, and forgets how far the last one has come; nothing, if another round has
    /// begun one.
    pub async fn begin_walk(
        &self,
        name: &str,
        last: Option<Timestamp>,
        now: Timestamp,
        by: &AttemptId,
    ) -> Result<Option<Walk>, StoreFault> {
        let change = Change::update(keys::turn(name)).set(TAKEN_AT, now).set(WALKED, 0_u64);
        let change = change.remove(PAGE).remove(BY_COUNTRY).when(as_seen(TAKEN_AT, last)).or(Hurdle::Switch);
        let done = self.transact(Changes::of([change]), &format!("walk {name} {last:?} {now} {}", by.as_str())).await?;
        let walk = Walk { began: now, pages: 0, page: None, counted: BTreeMap::new() };
        Ok(matches!(done, Done::Yes).then_some(walk))
    }

    /// Goes on from the page before this; or to the end, where there is no next one. Not, if
    /// another round has.
    pub async fn walk_on(&self, name: &str, walk: &Walk, by: &AttemptId) -> Result<bool, StoreFault> {
        let change = Change::update(keys::turn(name)).when(is(TAKEN_AT, walk.began));
        let change = change.when(is(WALKED, walk.pages.saturating_sub(1)));
        let change = match &walk.page {
            Some(page) => {
                change.set(WALKED, walk.pages).set(PAGE, page.as_str()).set(BY_COUNTRY, written(&walk.counted))
            }
            None => change.remove(WALKED).remove(PAGE).remove(BY_COUNTRY),
        };
        let token = format!("walk {name} {} {} {}", walk.began.as_second(), walk.pages, by.as_str());
        Ok(matches!(self.transact(Changes::of([change.or(Hurdle::Switch)]), &token).await?, Done::Yes))
    }
}

/// `CA=2,US=40`.
fn written(counted: &BTreeMap<Country, u64>) -> String {
    counted.iter().map(|(country, many)| format!("{country}={many}")).collect::<Vec<_>>().join(",")
}

fn read(text: &str) -> Result<BTreeMap<Country, u64>, StoreFault> {
    let entry = |entry: &str| {
        let (country, many) = entry.split_once('=').ok_or(StoreFault::Row("count"))?;
        let many = many.parse().map_err(|_| StoreFault::Row("count"))?;
        Ok((country_of(country)?, many))
    };
    text.split(',').filter(|part| !part.is_empty()).map(entry).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{read, written};
    use crate::types::Country;

    #[test]
    fn what_was_counted_is_read_as_it_was_written() {
        for counted in [
            BTreeMap::new(),
            BTreeMap::from([(Country::US, 40)]),
            BTreeMap::from([(Country::US, u64::MAX), (Country::CA, 2)]),
        ] {
            assert_eq!(read(&written(&counted)).unwrap(), counted);
        }
        for wrong in ["US", "US=", "US=-1", "us=1", "US=1;CA=2"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
