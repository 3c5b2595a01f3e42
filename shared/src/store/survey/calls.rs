//! Calls that an operator looks for, what is refused to whom, and who has credit: read from the
//! whole table, page by page.

use crate::store::calls::Call;
use crate::store::controls::Switched;
use crate::store::item::Item;
use crate::store::keys::{self, CALL, CALLS, Key, Named, OPTED_OUT};
use crate::store::parse::instant_of;
use crate::store::requests::unavailable;
use crate::store::rows::{
    BLOCKED_AT, CREATED_AT, CREDIT, CallRow, FROM, Name, OptOutRow, PK, SK, TO, Value, WalletRow,
};
use crate::store::{Cursor, Store, StoreFault};
use crate::types::{PhoneNumber, Timestamp, Usdc, Wallet};

use super::{Page, named};

/// The calls that are looked for; what is not said is not asked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SoughtCalls {
    /// The caller.
    pub from: Option<PhoneNumber>,
    /// The callee.
    pub to: Option<PhoneNumber>,
    /// Dialled then or later.
    pub since: Option<Timestamp>,
    /// Dialled before.
    pub until: Option<Timestamp>,
}

/// A wallet that is sold nothing, or a number that is not called.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Barred {
    /// A wallet.
    Wallet(Wallet, Switched),
    /// A person, of whom the number is not known here.
    Destination(Switched),
}

impl Store {
    /// One page of a search through all calls, without what was said in them.
    pub async fn seek_calls(&self, sought: &SoughtCalls, from: Option<Cursor>) -> Result<Page<Call>, StoreFault> {
        let number = |number: &PhoneNumber| Value::from(number.as_str());
        let wanted: [(&str, Name, &str, Option<Value>); 4] = [
            ("#from", FROM, "=", sought.from.as_ref().map(number)),
            ("#to", TO, "=", sought.to.as_ref().map(number)),
            ("#at", CREATED_AT, ">=", sought.since.map(Value::from)),
            ("#at", CREATED_AT, "<", sought.until.map(Value::from)),
        ];
        let mut scan = self.client.scan().table_name(&self.table).set_exclusive_start_key(from.map(|cursor| cursor.0));
        scan = named(scan, [("#pk", PK), ("#sk", SK)])
            .expression_attribute_values(":calls", Value::from(CALLS).into())
            .expression_attribute_values(":call", Value::from(CALL).into());
        let mut filter = "begins_with(#pk, :calls) AND #sk = :call".to_owned();
        for (place, (of, name, compares, value)) in wanted.into_iter().enumerate() {
            let Some(value) = value else { continue };
            filter.extend([" AND ", of, " ", compares, " :v", &place.to_string()]);
            scan = named(scan, [(of, name)]).expression_attribute_values(format!(":v{place}"), value.into());
        }
        let answer = scan.filter_expression(filter).send().await.map_err(|error| unavailable(&error))?;
        let looked_at = u64::try_from(answer.scanned_count).unwrap_or(0);
        let found = answer.items.unwrap_or_default().into_iter().map(call).collect::<Result<_, _>>()?;
        Ok(Page { found, looked_at, next: answer.last_evaluated_key.map(Cursor) })
    }

    /// One page of a search through all that is refused.
    pub async fn seek_barred(&self, from: Option<Cursor>) -> Result<Page<Barred>, StoreFault> {
        let scan = self.client.scan().table_name(&self.table).set_exclusive_start_key(from.map(|cursor| cursor.0));
        let scan = named(scan, [("#pk", PK), ("#blocked", BLOCKED_AT)])
            .expression_attribute_values(":out", Value::from(OPTED_OUT).into())
            .filter_expression("attribute_exists(#blocked) OR begins_with(#pk, :out)");
        let answer = scan.send().await.map_err(|error| unavailable(&error))?;
        let looked_at = u64::try_from(answer.scanned_count).unwrap_or(0);
        let found = answer.items.unwrap_or_default().into_iter().map(barred).collect::<Result<_, _>>()?;
        Ok(Page { found, looked_at, next: answer.last_evaluated_key.map(Cursor) })
    }

    /// One page of a search through all wallets that are owed something which they can spend on
    /// calls.
    pub async fn seek_credit(&self, from: Option<Cursor>) -> Result<Page<(Wallet, Usdc)>, StoreFault> {
        let scan = self.client.scan().table_name(&self.table).set_exclusive_start_key(from.map(|cursor| cursor.0));
        let scan = named(scan, [("#credit", CREDIT)])
            .expression_attribute_values(":nothing", Value::from(0_u64).into())
            .filter_expression("#credit > :nothing");
        let answer = scan.send().await.map_err(|error| unavailable(&error))?;
        let looked_at = u64::try_from(answer.scanned_count).unwrap_or(0);
        let of_wallet = |item: Item| {
            // A sale has a mark of the same name.
            let wallet = keys::read_wallet(&Key::of(&item)?)?;
            Some(serde_dynamo::from_item(item).map(|row: WalletRow| (wallet, Usdc::micros(row.credit))))
        };
        let found = answer.items.unwrap_or_default().into_iter().filter_map(of_wallet).collect::<Result<_, _>>()?;
        Ok(Page { found, looked_at, next: answer.last_evaluated_key.map(Cursor) })
    }
}

fn call(item: Item) -> Result<Call, StoreFault> {
    let key = Key::of(&item).ok_or(StoreFault::Row("key of a call"))?;
    let Some(Named::Call(id)) = keys::read(&key) else { return Err(StoreFault::Row("key of a call")) };
    let row: CallRow = serde_dynamo::from_item(item)?;
    Call::from_row(id, row, (Vec::new(), Vec::new()))
}

fn barred(item: Item) -> Result<Barred, StoreFault> {
    let key = Key::of(&item).ok_or(StoreFault::Row("key of what is refused"))?;
    if let Some(wallet) = keys::read_wallet(&key) {
        let row: WalletRow = serde_dynamo::from_item(item)?;
        let since = instant_of(row.blocked_at.unwrap_or_default())?;
        return Ok(Barred::Wallet(wallet, Switched { since, why: row.blocked_for.unwrap_or_default() }));
    }
    let row: OptOutRow = serde_dynamo::from_item(item)?;
    Ok(Barred::Destination(Switched { since: instant_of(row.opted_out_at)?, why: row.opted_out_for }))
}
