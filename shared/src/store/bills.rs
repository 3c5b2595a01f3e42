//! Bills: what was known of a vendor's bill for each of the last days when it was last asked for. A
//! bill grows while its day goes on and for a while after, and what it grows by counts once.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::types::AttemptId;

use super::change::{Change, Changes, as_seen};
use super::rows::BY_DAY;
use super::{Done, Hurdle, Store, StoreFault, keys};

/// What is billed for each day, in micro-dollars: below nothing, where more was given back than
/// billed.
pub type Bills = BTreeMap<Date, i64>;

impl Store {
    /// What was known of the bills; nothing, if they were never asked for.
    pub async fn bills(&self, name: &str) -> Result<Option<Bills>, StoreFault> {
        self.turn(name).await?.by_day.as_deref().map(read).transpose()
    }

    /// Remembers them; not, if another round has.
    pub async fn keep_bills(
        &self,
        name: &str,
        known: Option<&Bills>,
        now: &Bills,
        by: &AttemptId,
    ) -> Result<bool, StoreFault> {
        let change = Change::update(keys::turn(name)).set(BY_DAY, written(now));
        let change = change.when(as_seen(BY_DAY, known.map(written))).or(Hurdle::Switch);
        let token = format!("bills {name} {} {}", written(now), by.as_str());
        Ok(matches!(self.transact(Changes::of([change]), &token).await?, Done::Yes))
    }
}

pub(super) fn written(bills: &Bills) -> String {
    bills.iter().map(|(day, bill)| format!("{day}={bill}")).collect::<Vec<_>>().join(",")
}

pub(super) fn read(text: &str) -> Result<Bills, StoreFault> {
    let entry = |entry: &str| {
        let (day, bill) = entry.split_once('=')?;
        Some((day.parse().ok()?, bill.parse().ok()?))
    };
    let entries = text.split(',').filter(|part| !part.is_empty());
    entries.map(|part| entry(part).ok_or(StoreFault::Row("bill"))).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::{Bills, read, written};

    #[test]
    fn bills_are_read_as_they_were_written() {
        let bills = Bills::from([(date(2026, 11, 28), -5), (date(2026, 11, 29), 1_230_000), (date(2026, 11, 30), 0)]);
        assert_eq!(written(&bills), "2026-11-28=-5,2026-11-29=1230000,2026-11-30=0");
        assert_eq!((read(&written(&bills)).unwrap(), read("").unwrap()), (bills, Bills::new()));
        for wrong in ["2026-11-29", "2026-11-29=", "2026-11-29=1.5", "yesterday=1"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
