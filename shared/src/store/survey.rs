//! Questions of an operator's: what waits and since when, where a wallet stands, and which sale is
//! meant by something that is not a key. The last one reads the whole table, page by page, so no
//! request and no function asks it.

mod calls;
mod tag;

use aws_sdk_dynamodb::operation::scan::builders::ScanFluentBuilder;

use crate::types::{Network, PaymentId, Timestamp, Usdc, Wallet};

use super::calls::UNPAID_PAUSE;
use super::item::Item;
use super::keys::{self, Key, Named, SALES};
use super::parse::instant_of;
use super::queues::candidate;
use super::requests::unavailable;
use super::rows::{DUE_AT, FROM, NETWORK, Name, PAYMENT, PK, REFUND, SETTLED, TAKEN_BY, TRANSACTION, Value, WalletRow};
use super::sales::Record;
use super::{Candidate, Cursor, Queue, Store, StoreFault};

pub use calls::{Barred, SoughtCalls};

/// A mark by which a sale is known without its payment's id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Sought {
    /// A transaction that paid it, or that gave it back.
    Transaction(String),
    /// Who paid.
    Payer(Wallet),
    /// The one-way name that stands in logs and at the carrier.
    Tag(String),
}

/// One page of a search.
pub struct Page<T> {
    /// What is meant.
    pub found: Vec<T>,
    /// How many items were looked at.
    pub looked_at: u64,
    /// Where the next one begins, if there is one.
    pub next: Option<Cursor>,
}

/// A wallet's standing beside its leases.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Standing {
    /// The sale whose call is dialled and not paid yet.
    pub dialling: Option<PaymentId>,
    /// Until when it may have no phone rung, since one was not paid for.
    pub paused_until: Option<Timestamp>,
    /// What it is owed and can spend on calls.
    pub credit: Usdc,
}

impl Store {
    /// Everything in a queue, whether its time has come or not, and when that is: the earliest
    /// first.
    pub async fn waiting(&self, queue: Queue, most: u16) -> Result<Vec<(Candidate, Timestamp)>, StoreFault> {
        self.due_with_time(queue, Timestamp::MAX, most).await
    }

    /// What is due in a queue and since when, the oldest first.
    pub async fn due_with_time(
        &self,
        queue: Queue,
        until: Timestamp,
        most: u16,
    ) -> Result<Vec<(Candidate, Timestamp)>, StoreFault> {
        let items = self.queued(queue, until, most).await?;
        let with_time = |item: &Item| {
            let at = item.get(DUE_AT.as_str())?.as_n().ok()?.parse().ok()?;
            Some((candidate(item)?, Timestamp::from_second(at).ok()?))
        };
        Ok(items.iter().filter_map(with_time).collect())
    }

    /// When a turn was last taken.
    pub async fn turn_taken(&self, name: &str) -> Result<Option<Timestamp>, StoreFault> {
        self.turn(name).await?.taken_at.map(instant_of).transpose()
    }

    /// Where a wallet stands; `None` if it has never done anything that is counted.
    pub async fn standing(&self, wallet: &Wallet, now: Timestamp) -> Result<Option<Standing>, StoreFault> {
        let Some(item) = self.item(keys::wallet(wallet)).await? else { return Ok(None) };
        let row: WalletRow = serde_dynamo::from_item(item)?;
        let paused_until = row.unpaid_at.map(|at| Ok::<_, StoreFault>(instant_of(at)?.saturating_add(UNPAID_PAUSE)?));
        Ok(Some(Standing {
            dialling: row.dial.map(PaymentId::from_row),
            paused_until: paused_until.transpose()?.filter(|until| *until > now),
            credit: Usdc::micros(row.credit),
        }))
    }

    /// One page of a search through all sales.
    pub async fn seek(&self, sought: &Sought, from: Option<Cursor>) -> Result<Page<Record>, StoreFault> {
        let text = |text: &str| Value::from(text).into();
        let mut scan = self
            .client
            .scan()
            .table_name(&self.table)
            .set_exclusive_start_key(from.map(|cursor| cursor.0))
            .expression_attribute_names("#pk", PK.as_str())
            .expression_attribute_values(":sales", text(SALES));
        let mut filter = "begins_with(#pk, :sales)".to_owned();
        match sought {
            Sought::Transaction(name) => {
                filter.push_str(" AND (#settled.#tx = :packed OR #refund.#tx = :tx OR #refund.#taken = :tx)");
                let names = [("#settled", SETTLED), ("#refund", REFUND), ("#tx", TRANSACTION), ("#taken", TAKEN_BY)];
                scan = named(scan, names)
                    .expression_attribute_values(":tx", text(name))
                    .expression_attribute_values(":packed", Value::packed(name).into());
            }
            Sought::Payer(wallet) => {
                filter.push_str(" AND #payment.#from = :from AND #payment.#network = :network");
                scan = named(scan, [("#payment", PAYMENT), ("#from", FROM), ("#network", NETWORK)])
                    .expression_attribute_values(":from", Value::packed(&wallet.account()).into())
                    .expression_attribute_values(":network", text(Network::caip2(wallet.network())));
            }
            // One-way: each id has to be tried.
            Sought::Tag(_) => {}
        }
        let answer = scan.filter_expression(filter).send().await.map_err(|error| unavailable(&error))?;
        let looked_at = u64::try_from(answer.scanned_count).unwrap_or(0);
        let mut found = Vec::new();
        for item in answer.items.unwrap_or_default() {
            let Some(id) = sale_of(&item) else { continue };
            if matches!(sought, Sought::Tag(tag) if *tag != id.tag()) {
                continue;
            }
            found.push(Record::from_row(id, serde_dynamo::from_item(item)?)?);
        }
        Ok(Page { found, looked_at, next: answer.last_evaluated_key.map(Cursor) })
    }
}

fn named<const N: usize>(scan: ScanFluentBuilder, names: [(&str, Name); N]) -> ScanFluentBuilder {
    names.into_iter().fold(scan, |scan, (of, name)| scan.expression_attribute_names(of, name.as_str()))
}

fn sale_of(item: &Item) -> Option<PaymentId> {
    match keys::read(&Key::of(item)?)? {
        Named::Sale(payment) => Some(payment),
        _ => None,
    }
}
