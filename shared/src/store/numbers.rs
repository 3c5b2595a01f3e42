//! Numbers and leases: their transitions, and the questions that are asked of them.
//!
//! `docs/decisions.md`: Why is a pooled number not a state of its own while it rests?

use std::collections::{BTreeSet, HashMap};

use crate::types::{Country, PaymentId, PhoneNumber, Timestamp, Usdc, Wallet};

use super::change::{Change, Changes, Step, When, above, at_most, is, no};
use super::hurdle::Hurdle;
use super::item::Item;
use super::keys::{self, Key, LEASES, Named, Queue};
use super::lost::{Done, Lost};
use super::parse::{country_of, instant_of, number_of};
use super::rows::{
    COUNTRY, CUSTODY, Custody, DUE_AT, EXPIRES_AT, HOLD, LeaseRow, NumberRow, OWNER, RENEWED_AT_MS, SALE, SID,
    WalletRow,
};
use super::work::Listed;
use super::{Candidate, Store, StoreFault};

/// pooled (its time has come) → held
pub fn hold(number: &PhoneNumber, sale: &PaymentId, now: Timestamp) -> Changes {
    Changes::of([Change::update(keys::number(number))
        .set(CUSTODY, Custody::Held)
        .set(SALE, sale)
        .not_due()
        .when(is(CUSTODY, Custody::Pooled))
        .when(at_most(DUE_AT, now))
        .or(Hurdle::Number)])
}

/// (none) → buying
pub fn intend_purchase(number: &PhoneNumber, country: Country, sale: &PaymentId) -> Changes {
    Changes::of([Change::put(keys::number(number), Item::new())
        .set(CUSTODY, Custody::Buying)
        .set(COUNTRY, country)
        .set(SALE, sale)
        .when(When::Absent)
        .or(Hurdle::Number)])
}

/// buying → held
pub fn bought(number: &PhoneNumber, sale: &PaymentId, sid: &str) -> Changes {
    Changes::of([Change::update(keys::number(number))
        .set(CUSTODY, Custody::Held)
        .set(SID, sid)
        .when(is(CUSTODY, Custody::Buying))
        .when(is(SALE, sale))
        .or(Hurdle::Number)])
}

/// buying → (none): it was not bought
pub fn forget_purchase(number: &PhoneNumber, sale: &PaymentId) -> Changes {
    Changes::of([Change::delete(keys::number(number))
        .when(is(CUSTODY, Custody::Buying))
        .when(is(SALE, sale))
        .or(Hurdle::Number)])
}

/// held → leased, and the lease begins
pub fn lease(
    number: &PhoneNumber,
    country: Country,
    wallet: &Wallet,
    sale: &PaymentId,
    expires_at: Timestamp,
) -> Changes {
    Changes::of([
        leased(Change::update(keys::number(number)), wallet)
            .when(is(CUSTODY, Custody::Held))
            .when(is(SALE, sale))
            .or(Hurdle::Number),
        begun(number, country, wallet, expires_at),
    ])
}

/// buying → leased, and the lease begins: what was ordered and paid for is ours
pub fn lease_ordered(
    number: &PhoneNumber,
    country: Country,
    wallet: &Wallet,
    sale: &PaymentId,
    expires_at: Timestamp,
    sid: &str,
) -> Changes {
    Changes::of([
        leased(Change::update(keys::number(number)), wallet)
            .set(SID, sid)
            .when(is(CUSTODY, Custody::Buying))
            .when(is(SALE, sale))
            .or(Hurdle::Number),
        begun(number, country, wallet, expires_at),
    ])
}

/// held → pooled: what was kept for a sale that came to nothing. The month is paid, so it is stock.
pub fn pool(number: &PhoneNumber, country: Country, sale: &PaymentId, from: Timestamp) -> Changes {
    Changes::of([pooled(Change::update(keys::number(number)), country, from)
        .remove(SALE)
        .when(is(CUSTODY, Custody::Held))
        .when(is(SALE, sale))
        .or(Hurdle::Number)])
}

/// buying → importing: it is ours at the carrier, and no sale's; the dialler does not know it yet
pub fn stock(number: &PhoneNumber, sale: &PaymentId, sid: &str, now: Timestamp) -> Changes {
    Changes::of([importing(Change::update(keys::number(number)), sid, now)
        .remove(SALE)
        .when(is(CUSTODY, Custody::Buying))
        .when(is(SALE, sale))
        .or(Hurdle::Number)])
}

/// (none) → importing: the carrier bills it and the table did not know
pub fn adopt(number: &PhoneNumber, country: Country, sid: &str, now: Timestamp) -> Changes {
    Changes::of([importing(Change::put(keys::number(number), Item::new()), sid, now)
        .set(COUNTRY, country)
        .when(When::Absent)
        .or(Hurdle::Number)])
}

/// importing → pooled: the dialler knows it, so it can be handed out
pub fn imported(number: &PhoneNumber, country: Country, from: Timestamp) -> Changes {
    Changes::of([pooled(Change::update(keys::number(number)), country, from)
        .when(is(CUSTODY, Custody::Importing))
        .or(Hurdle::Number)])
}

/// leased → pooled from `from` on, and the lease ends; unless it was renewed or is held meanwhile
pub fn reclaim(lease: &Lease, wallet: &Wallet, from: Timestamp) -> Changes {
    Changes::of([
        Change::delete(keys::lease(wallet, &lease.number))
            .when(is(EXPIRES_AT, lease.expires_at))
            .when(no(HOLD))
            .or(Hurdle::Lease),
        pooled(Change::update(keys::number(&lease.number)), lease.country, from)
            .remove(OWNER)
            .when(is(CUSTODY, Custody::Leased))
            .when(is(OWNER, wallet))
            .or(Hurdle::Number),
    ])
}

/// pooled → releasing: from here on it is not handed out again
pub fn intend_release(number: &PhoneNumber, now: Timestamp) -> Changes {
    Changes::of([Change::update(keys::number(number))
        .set(CUSTODY, Custody::Releasing)
        .due(Queue::Releases, now)
        .when(is(CUSTODY, Custody::Pooled))
        .when(at_most(DUE_AT, now))
        .or(Hurdle::Number)])
}

/// releasing → (none): the carrier no longer bills it
pub fn released(number: &PhoneNumber) -> Changes {
    Changes::of([Change::delete(keys::number(number)).when(is(CUSTODY, Custody::Releasing)).or(Hurdle::Number)])
}

/// active, not held → held for a renewal, which counts from the end that was seen: if another one
/// has moved it meanwhile, this one must look again. The hold has no time-out of its own: it lives
/// as long as its sale.
pub fn hold_lease(lease: &Lease, wallet: &Wallet, sale: &PaymentId, now: Timestamp) -> Changes {
    Changes::of([Change::update(keys::lease(wallet, &lease.number))
        .set(HOLD, sale)
        .when(is(EXPIRES_AT, lease.expires_at))
        .when(above(EXPIRES_AT, now))
        .when(no(HOLD))
        .or(Hurdle::Lease)])
}

/// held → extended `now`, and let go
pub fn extend(
    number: &PhoneNumber,
    wallet: &Wallet,
    sale: &PaymentId,
    expires_at: Timestamp,
    now: Timestamp,
) -> Changes {
    Changes::of([Change::update(keys::lease(wallet, number))
        .set(EXPIRES_AT, expires_at)
        .set(RENEWED_AT_MS, now.as_millisecond())
        .set(DUE_AT, expires_at)
        .remove(HOLD)
        .when(is(HOLD, sale))
        .or(Hurdle::Lease)])
}

/// held → as it was
pub fn let_go(number: &PhoneNumber, wallet: &Wallet, sale: &PaymentId) -> Changes {
    Changes::of([Change::update(keys::lease(wallet, number)).remove(HOLD).when(is(HOLD, sale)).or(Hurdle::Lease)])
}

fn leased(change: Change, wallet: &Wallet) -> Change {
    change.set(CUSTODY, Custody::Leased).set(OWNER, wallet).remove(SALE)
}

fn begun(number: &PhoneNumber, country: Country, wallet: &Wallet, expires_at: Timestamp) -> Step {
    Change::put(keys::lease(wallet, number), Item::new())
        .set(COUNTRY, country)
        .set(EXPIRES_AT, expires_at)
        .due(Queue::of_lease(number), expires_at)
        .when(When::Absent)
        .or(Hurdle::Lease)
}

fn importing(change: Change, sid: &str, now: Timestamp) -> Change {
    change.set(CUSTODY, Custody::Importing).set(SID, sid).due(Queue::Imports, now)
}

fn pooled(change: Change, country: Country, from: Timestamp) -> Change {
    change.set(CUSTODY, Custody::Pooled).due(Queue::Pool(country), from)
}

/// A lease, active or not: whether it is active depends on the time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lease {
    /// The number.
    pub number: PhoneNumber,
    /// Its country.
    pub country: Country,
    /// The first instant at which it is no longer active.
    pub expires_at: Timestamp,
    /// When it was last renewed, to the millisecond: a renewal that came in before has met that
    /// one.
    pub renewed_at: Option<Timestamp>,
    /// The renewal that is being settled.
    pub hold: Option<PaymentId>,
}

impl Lease {
    /// Active because its time says so.
    pub fn is_active(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }

    /// The lease of which a hold was refused, as it was found.
    pub fn found(lost: Lost) -> Result<Option<Self>, StoreFault> {
        lost.old.map(|item| Self::from_row(&serde_dynamo::from_item(item)?)).transpose()
    }

    /// As it is listed.
    pub fn listed(&self) -> Listed {
        Listed { number: self.number.clone(), country: self.country, expires_at: self.expires_at }
    }

    fn from_row(row: &LeaseRow) -> Result<Self, StoreFault> {
        Ok(Self {
            number: number_of(row.sk.strip_prefix(LEASES).unwrap_or_default())?,
            country: country_of(&row.country)?,
            expires_at: instant_of(row.expires_at)?,
            renewed_at: row.renewed_at_ms.and_then(|at| Timestamp::from_millisecond(at).ok()),
            hold: row.hold.clone().map(PaymentId::from_row),
        })
    }
}

/// The leases and the credit of a wallet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Belongings {
    /// Its leases, by number, active or not.
    pub leases: Vec<Lease>,
    /// What it is owed and can spend on calls.
    pub credit: Usdc,
}

/// A number in our hands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Holding {
    /// In whose hands exactly.
    pub custody: Custody,
    /// Its country.
    pub country: Country,
    /// Its lessee, while it is leased.
    pub owner: Option<Wallet>,
    /// The sale that it is bought or kept for.
    pub sale: Option<PaymentId>,
    /// The carrier's id of it.
    pub sid: Option<String>,
    /// From when on it may be leased again, while it is pooled.
    pub free_from: Option<Timestamp>,
}

impl Holding {
    pub(super) fn from_item(item: Item) -> Result<Self, StoreFault> {
        let row: NumberRow = serde_dynamo::from_item(item)?;
        Ok(Self {
            custody: row.custody,
            country: country_of(&row.country)?,
            owner: row.owner.as_deref().and_then(|text| Wallet::from_caip10(text).ok()),
            sale: row.sale.map(PaymentId::from_row),
            sid: row.sid,
            free_from: row.due_at.map(instant_of).transpose()?,
        })
    }
}

impl Store {
    /// A wallet's leases and its credit: consistent, because a number can be used the moment it is
    /// bought.
    pub async fn belongings(&self, wallet: &Wallet) -> Result<Belongings, StoreFault> {
        let mut belongings = Belongings { leases: Vec::new(), credit: Usdc::micros(0) };
        for item in self.partition(keys::wallet_partition(wallet)).await? {
            if keys::is_of_lease(&item) {
                belongings.leases.push(Lease::from_row(&serde_dynamo::from_item(item)?)?);
            } else {
                belongings.credit = Usdc::micros(serde_dynamo::from_item::<_, WalletRow>(item)?.credit);
            }
        }
        Ok(belongings)
    }

    /// A wallet's leases, by number.
    pub async fn leases(&self, wallet: &Wallet) -> Result<Vec<Lease>, StoreFault> {
        Ok(self.belongings(wallet).await?.leases)
    }

    /// One lease of a wallet.
    pub async fn lease(&self, wallet: &Wallet, number: &PhoneNumber) -> Result<Option<Lease>, StoreFault> {
        let item = self.item(keys::lease(wallet, number)).await?;
        item.map(|item| Lease::from_row(&serde_dynamo::from_item(item)?)).transpose()
    }

    /// A number, if it is in our hands.
    pub async fn holding(&self, number: &PhoneNumber) -> Result<Option<Holding>, StoreFault> {
        self.item(keys::number(number)).await?.map(Holding::from_item).transpose()
    }

    /// What is known of several numbers, a hundred at most.
    pub async fn holdings(&self, numbers: &BTreeSet<PhoneNumber>) -> Result<HashMap<PhoneNumber, Holding>, StoreFault> {
        if numbers.is_empty() {
            return Ok(HashMap::new());
        }
        let keys: Vec<_> = numbers.iter().map(keys::number).collect();
        let held = self.batch(&keys).await?.into_iter().map(|item| match keys::read(&Key::of(&item)?)? {
            Named::Number(number) => Some(Holding::from_item(item).map(|holding| (number, holding))),
            _ => None,
        });
        held.flatten().collect()
    }

    /// Idle numbers of a country whose time has come, those that have rested longest first.
    /// Candidates only: the condition of [`hold`] decides.
    pub async fn pooled(&self, country: Country, now: Timestamp, most: u16) -> Result<Vec<PhoneNumber>, StoreFault> {
        let due = self.due(Queue::Pool(country), now, most).await?;
        Ok(due
            .into_iter()
            .filter_map(|candidate| if let Candidate::Number(number) = candidate { Some(number) } else { None })
            .collect())
    }

    /// Makes a transition that belongs to no sale.
    pub async fn apply(&self, changes: Changes, token: &str) -> Result<Done, StoreFault> {
        self.transact(changes, token).await
    }
}
