//! Where a callee's number stands beside the call itself: in the sale of it, in the list of its
//! wallet and in lists that were bought, and in what is counted of its wallet. The number is looked
//! for in the whole table, and taken out where its call is gone.
//!
//! | item | from → to | condition | made by |
//! |---|---|---|---|
//! | sale of a call, sale of a list, what is counted of a wallet | with a callee's number → without | as it was seen | [`Store::erase_trace`] |
//! | place in the list of a wallet | there → (none) | – | [`Store::erase_trace`] |
//!
//! What is counted of a destination has the number in its key, and is left to its end, two days
//! after its last call: without it that phone could be rung again as often as if it had not been.

use crate::store::change::{Change, is};
use crate::store::dialled::Dialled;
use crate::store::item::Item;
use crate::store::keys::{self, COUNTED, Key, Named, SALES};
use crate::store::limits;
use crate::store::parse::number_of;
use crate::store::requests::unavailable;
use crate::store::rows::{ATTEMPT, CallRow, CountedRow, CountedRows, DialledRow, PK, SK, STATE, TO, Value, WORK};
use crate::store::sales::Record;
use crate::store::survey::Page;
use crate::store::work::{CallListing, ListedCall};
use crate::store::{Cursor, Store, StoreFault, Work};
use crate::types::{CallId, PaymentId, PhoneNumber, Wallet};

/// The field of a bought list in which its calls stand.
const LISTED: &str = "calls";

/// A mark of what is to be erased.
#[derive(Clone, Copy, Debug)]
pub enum Sought<'a> {
    /// All calls to this number.
    Callee(&'a PhoneNumber),
    /// This call.
    Call(&'a CallId),
}

impl Sought<'_> {
    fn is(self, call: &CallId, to: &PhoneNumber) -> bool {
        match self {
            Self::Callee(callee) => callee == to,
            Self::Call(id) => id == call,
        }
    }
}

/// A callee's number, and whose call it stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trace {
    /// The call.
    pub call: CallId,
    to: PhoneNumber,
    place: Place,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Place {
    /// The call itself.
    Call,
    /// The sale of it.
    Sale(PaymentId),
    /// A list that was bought.
    List(PaymentId),
    /// The list of its wallet.
    Dialled(Wallet, Dialled),
    /// What is counted of its wallet.
    Counted(Wallet),
}

impl Store {
    /// One page of a search through the whole table.
    pub async fn traces_of(&self, sought: Sought<'_>, from: Option<Cursor>) -> Result<Page<Trace>, StoreFault> {
        let scan = self.client.scan().table_name(&self.table).set_exclusive_start_key(from.map(|cursor| cursor.0));
        let scan = [("#pk", PK), ("#work", WORK)]
            .into_iter()
            .fold(scan, |scan, (of, name)| scan.expression_attribute_names(of, name.as_str()))
            .expression_attribute_names("#listed", LISTED)
            .expression_attribute_values(":sales", Value::from(SALES).into())
            .expression_attribute_values(":counted", Value::from(COUNTED).into());
        // No filter can look into a list or a map whose keys it does not know.
        let (scan, item) = match sought {
            Sought::Callee(callee) => (
                scan.expression_attribute_names("#to", TO.as_str())
                    .expression_attribute_values(":to", Value::from(callee.as_str()).into()),
                "#to = :to OR #work.#to = :to",
            ),
            Sought::Call(call) => (
                scan.expression_attribute_names("#sk", SK.as_str())
                    .expression_attribute_values(":call", Value::from(call.as_str()).into()),
                "contains(#pk, :call) OR contains(#sk, :call) OR #work.#call = :call",
            ),
        };
        let scan =
            if matches!(sought, Sought::Call(_)) { scan.expression_attribute_names("#call", "call") } else { scan };
        let lists = "begins_with(#pk, :sales) AND attribute_exists(#work.#listed)";
        let scan = scan.filter_expression(format!("{item} OR begins_with(#pk, :counted) OR ({lists})"));
        let answer = scan.send().await.map_err(|error| unavailable(&error))?;
        let mut found = Vec::new();
        for item in answer.items.unwrap_or_default() {
            found.extend(traces(item)?.into_iter().filter(|trace| sought.is(&trace.call, &trace.to)));
        }
        let looked_at = u64::try_from(answer.scanned_count).unwrap_or(0);
        Ok(Page { found, looked_at, next: answer.last_evaluated_key.map(Cursor) })
    }

    /// Takes a number out, which is for who knows that its call is gone. What the call itself holds
    /// is not touched.
    pub async fn erase_trace(&self, trace: &Trace) -> Result<bool, StoreFault> {
        match &trace.place {
            Place::Call => Ok(false),
            _ if trace.to == trace.to.without_subscriber() => Ok(false),
            Place::Sale(sale) => Ok(self.change(without_callee(sale, &trace.to)).await?.is_ok()),
            Place::List(sale) => self.erase_listed(sale, &trace.call).await,
            Place::Dialled(wallet, place) => {
                let gone = [Change::delete(keys::dialled(wallet, place)).anyway()].into_iter().collect();
                self.transact(gone, &format!("erase place {}", trace.call.as_str())).await?;
                Ok(true)
            }
            Place::Counted(wallet) => {
                let change = limits::without_callee(&trace.call, wallet, &trace.to);
                Ok(self.change(change).await?.is_ok())
            }
        }
    }

    /// A list that was bought is told again as it was, but for this.
    async fn erase_listed(&self, sale: &PaymentId, erased: &CallId) -> Result<bool, StoreFault> {
        let Some(record) = self.sale(sale).await? else { return Ok(false) };
        let Work::Calls(CallListing { calls, next }) = &record.work else { return Ok(false) };
        let call = |call: &ListedCall| {
            let to = if call.id == *erased { call.to.without_subscriber() } else { call.to.clone() };
            ListedCall { to, ..call.clone() }
        };
        let work = Work::Calls(CallListing { calls: calls.iter().map(call).collect(), next: next.clone() });
        let change = Change::update(keys::sale(sale)).set(WORK, Value::row(&work.to_row())?);
        let change = change.when(is(STATE, record.state)).when(is(ATTEMPT, &record.attempt));
        Ok(self.change(change).await?.is_ok())
    }
}

/// A sale in which this callee's number stands no more.
pub(super) fn without_callee(sale: &PaymentId, callee: &PhoneNumber) -> Change {
    let to = WORK.then(TO);
    let erased = callee.without_subscriber();
    Change::update(keys::sale(sale)).set(to.clone(), erased.as_str()).when(is(to, callee.as_str()))
}

/// What an item holds of callees.
fn traces(item: Item) -> Result<Vec<Trace>, StoreFault> {
    let Some(key) = Key::of(&item) else { return Ok(Vec::new()) };
    if let Some(wallet) = keys::read_counted(&key) {
        let row: CountedRows = serde_dynamo::from_item(item)?;
        let trace = |(id, entry): (String, CountedRow)| {
            let (call, to) = (CallId::parse(&id).ok()?, PhoneNumber::parse(entry.to?.as_str()).ok()?);
            Some(Trace { call, to, place: Place::Counted(wallet) })
        };
        return Ok(row.entries.into_iter().filter_map(trace).collect());
    }
    if let Some((wallet, place)) = keys::read_listed(&key) {
        let row: DialledRow = serde_dynamo::from_item(item)?;
        let call = place.call.clone();
        return Ok(vec![Trace { call, to: number_of(&row.to)?, place: Place::Dialled(wallet, place) }]);
    }
    Ok(match keys::read(&key) {
        Some(Named::Call(call)) if key == keys::call(&call) => {
            let row: CallRow = serde_dynamo::from_item(item)?;
            vec![Trace { call, to: number_of(&row.to)?, place: Place::Call }]
        }
        Some(Named::Sale(sale)) => {
            let record = Record::from_row(sale.clone(), serde_dynamo::from_item(item)?)?;
            match record.work {
                Work::Call(call) => vec![Trace { call: call.id, to: call.to, place: Place::Sale(sale) }],
                Work::Calls(listing) => {
                    let trace =
                        |call: ListedCall| Trace { call: call.id, to: call.to, place: Place::List(sale.clone()) };
                    listing.calls.into_iter().map(trace).collect()
                }
                Work::Lease(_) | Work::Renew(_) | Work::List(_) | Work::Nothing => Vec::new(),
            }
        }
        _ => Vec::new(),
    })
}
