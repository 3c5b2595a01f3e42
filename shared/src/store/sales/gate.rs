//! What is looked at before anything is sold.
//!
//! `docs/decisions.md`: Why may a wallet have two payments in doubt, and no third?

use crate::store::controls::Controls;
use crate::store::item::Item;
use crate::store::rows::{DUE_QUEUE, DoubtsRow, Pause, TTL, WalletRow};
use crate::store::{Store, StoreFault, keys};
use crate::types::{PaymentId, Timestamp, Wallet};

use super::Record;
use super::named::first_named;

/// The things that are looked at before anything is sold.
pub struct Gate {
    /// The sale of the payment, if there is one.
    pub record: Option<Record>,
    /// The operator refuses this wallet.
    pub blocked: bool,
    /// What is not sold at the moment.
    pub paused: Option<Pause>,
    /// The payment that was first to carry the wallet's name for this purchase, if it is
    /// remembered.
    pub named: Option<PaymentId>,
    /// How many payments of the wallet are in doubt.
    pub in_doubt: u64,
}

impl Store {
    /// What has to be known before a wallet is sold anything for a payment, in one round trip.
    pub async fn gate(
        &self,
        payment: &PaymentId,
        wallet: &Wallet,
        name: Option<&str>,
        now: Timestamp,
    ) -> Result<Gate, StoreFault> {
        let keys = [keys::sale(payment), keys::wallet(wallet), keys::control(), keys::doubts(wallet)];
        let ([sale, wallet, control, doubts], named) = match name {
            None => (self.items(keys).await?, None),
            Some(name) => {
                let [sale, wallet_row, control, doubts] = keys;
                let keys = [sale, wallet_row, control, doubts, keys::purchase(wallet, name)];
                let [sale, wallet, control, doubts, named] = self.items(keys).await?;
                ([sale, wallet, control, doubts], named)
            }
        };
        let row: WalletRow = serde_dynamo::from_item(wallet.unwrap_or_default())?;
        let doubts: DoubtsRow = serde_dynamo::from_item(doubts.unwrap_or_default())?;
        Ok(Gate {
            record: sale
                .filter(|item| !is_forgotten(item, now))
                .map(|item| Record::from_row(payment.clone(), serde_dynamo::from_item(item)?))
                .transpose()?,
            blocked: row.blocked_at.is_some(),
            paused: Controls::from_item(control)?.paused.map(|(what, _)| what),
            named: named.map(|item| first_named(item, now)).transpose()?.flatten(),
            in_doubt: doubts.doubts.max(0).cast_unsigned(),
        })
    }

    /// The payment that was first to carry this name of a wallet's, if it is remembered.
    pub async fn first_named(
        &self,
        wallet: &Wallet,
        name: &str,
        now: Timestamp,
    ) -> Result<Option<PaymentId>, StoreFault> {
        let [item] = self.items([keys::purchase(wallet, name)]).await?;
        Ok(item.map(|item| first_named(item, now)).transpose()?.flatten())
    }

    /// The sale of a payment, as long as the table has it: what carries a sale on, or looks for
    /// where money went, goes by all that is there.
    pub async fn sale(&self, payment: &PaymentId) -> Result<Option<Record>, StoreFault> {
        let item = self.item(keys::sale(payment)).await?;
        item.map(|item| Record::from_row(payment.clone(), serde_dynamo::from_item(item)?)).transpose()
    }
}

/// Whether a sale has ended so long ago that it is remembered no longer, though it may not be
/// deleted yet.
fn is_forgotten(item: &Item, now: Timestamp) -> bool {
    let ttl = item.get(TTL.as_str()).and_then(|ttl| ttl.as_n().ok()?.parse::<i64>().ok());
    !item.contains_key(DUE_QUEUE.as_str()) && ttl.is_some_and(|ttl| ttl <= now.as_second())
}
