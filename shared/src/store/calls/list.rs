//! The list of a wallet's calls. Each call has an item of its own in it, from the write that dials
//! the call to the one that finds that no phone rang, and says where the call is; how the call
//! stands is read from the call.
//!
//! `docs/decisions.md`: Why has each call an item of its own in the list of its wallet?

use std::collections::HashMap;

use crate::store::change::{Change, Step};
use crate::store::dialled::Dialled;
use crate::store::item::Item;
use crate::store::keys::{self, Key};
use crate::store::parse::number_of;
use crate::store::rows::{CallRow, DialledRow};
use crate::store::{Store, StoreFault};
use crate::types::{CallId, PhoneNumber, Timestamp, Wallet};

use super::{Call, NewCall, kept_until};

/// An entry of the list itself, before its call is read.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its place.
    pub place: Dialled,
    /// The caller.
    pub from: PhoneNumber,
    /// The callee.
    pub to: PhoneNumber,
}

impl Dialled {
    /// Whether the call is still shown.
    pub fn is_kept(&self, now: Timestamp) -> bool {
        now.as_second() < kept_until(self.at)
    }
}

impl Entry {
    fn from_item(item: &Item) -> Result<Self, StoreFault> {
        let key = Key::of(item).ok_or(StoreFault::Row("key of a listed call"))?;
        let place = keys::read_dialled(&key).ok_or(StoreFault::Row("place of a listed call"))?;
        let row: DialledRow = serde_dynamo::from_item(item.clone())?;
        Ok(Self { place, from: number_of(&row.from)?, to: number_of(&row.to)? })
    }
}

/// A call that is dialled is listed. Its entry is never changed, and goes when the call is shown no
/// longer.
pub(super) fn listed(call: &NewCall, at: Timestamp) -> Result<Step, StoreFault> {
    let key = keys::dialled(&call.wallet, &Dialled { at, call: call.id.clone() });
    let row = DialledRow {
        pk: key.pk.clone(),
        sk: key.sk.clone(),
        from: call.from.as_str().to_owned(),
        to: call.to.as_str().to_owned(),
        ttl: kept_until(at),
    };
    Ok(Change::put(key, serde_dynamo::to_item(row)?).anyway())
}

/// A call for which no phone rang is not listed any more.
pub(super) fn not_listed(call: &CallId, wallet: &Wallet, dialled_at: Timestamp) -> Step {
    Change::delete(keys::dialled(wallet, &Dialled { at: dialled_at, call: call.clone() })).anyway()
}

impl Store {
    /// The calls of a wallet, the newest first, or from the one on that was dialled before this
    /// one: at most so many.
    pub async fn dialled_by(
        &self,
        wallet: &Wallet,
        before: Option<&Dialled>,
        most: u16,
    ) -> Result<Vec<Entry>, StoreFault> {
        let before = before.map(keys::dialled_at);
        let items = self.newest(keys::dialled_partition(wallet), before, most).await?;
        items.iter().map(Entry::from_item).collect()
    }

    /// These calls by their ids, a hundred at most, without what was said in them. One that is not
    /// there any more is left out.
    pub async fn calls(&self, ids: &[&CallId]) -> Result<HashMap<String, Call>, StoreFault> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let keys: Vec<Key> = ids.iter().map(|id| keys::call(id)).collect();
        let items = self.batch(&keys).await?;
        let call = |item: Item| {
            let key = Key::of(&item);
            let id = ids.iter().find(|id| key.as_ref() == Some(&keys::call(id)));
            let id = id.ok_or(StoreFault::Impossible("a call that was not asked for"))?;
            let row: CallRow = serde_dynamo::from_item(item)?;
            Ok((id.as_str().to_owned(), Call::from_row((*id).clone(), row, (Vec::new(), Vec::new()))?))
        };
        items.into_iter().map(call).collect()
    }
}
