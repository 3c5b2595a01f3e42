//! What an operator switches: wallets that are refused, people who do not want to be called, and
//! whether anything is sold. It refuses to know what is refused for it, and how that is worded.
//!
//! | item | from → to | condition |
//! |---|---|---|
//! | wallet | any → blocked | not blocked |
//! | wallet | blocked → as it was | blocked |
//! | opt-out | (none) → there | absent |
//! | opt-out | there → (none) | there |
//! | control | selling, new sales paused → paused | not paused so far |
//! | control | paused → selling | paused |
//! | control | no salt → salt | no salt |
//!
//! Each answers whether it changed anything: done twice, it is done once.
//!
//! Those who do not want to be called are kept as hashes, so that a list of them is of no use. The
//! salt stands in the same table, since it must survive with it: with another one all of them could
//! be called again.
//!
//! `docs/decisions.md`: Why is the opt-out list hashed with a salt that stands beside it?

use alloy_primitives::hex;
use sha2::{Digest, Sha256};

use crate::types::{AttemptId, PhoneNumber, Timestamp, Usdc, Wallet};

use super::change::{Change, Changes, When, above, is, no};
use super::item::Item;
use super::keys;
use super::parse::instant_of;
use super::rows::{
    BLOCKED_AT, BLOCKED_FOR, ControlRow, MISSING, OPTED_OUT_AT, OPTED_OUT_FOR, OptOutRow, PAUSED, PAUSED_AT,
    PAUSED_FOR, Pause, SALT, WalletRow,
};
use super::{Done, Hurdle, Store, StoreFault};

/// Something that was switched.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Switched {
    /// Since when.
    pub since: Timestamp,
    /// Why, in the operator's words. They are for operators.
    pub why: String,
}

/// A function's right to the list of those who are not called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum List {
    /// Nothing: it leaves such a look to others.
    Closed,
    /// Write into it, once it has a salt.
    Open,
    /// Make its salt, too.
    Begun,
}

/// The switches for all wallets.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Controls {
    /// What is not sold, if something is not.
    pub paused: Option<(Pause, Switched)>,
    /// What was granted since selling was last resumed, and is not on the chain.
    pub missing: Option<Usdc>,
    /// What destinations are hashed with; none as long as no person has opted out.
    pub(super) salt: Option<String>,
}

impl Controls {
    pub(super) fn from_item(item: Option<Item>) -> Result<Self, StoreFault> {
        let row: ControlRow = serde_dynamo::from_item(item.unwrap_or_default())?;
        let since = instant_of(row.paused_at.unwrap_or_default())?;
        let why = row.paused_for.unwrap_or_default();
        Ok(Self {
            paused: row.paused.map(|what| (what, Switched { since, why })),
            missing: row.missing.map(Usdc::micros),
            salt: row.salt,
        })
    }

    /// The name of a destination in the opt-out list; none as long as it is empty.
    pub(super) fn hash(&self, number: &PhoneNumber) -> Option<String> {
        let salt = self.salt.as_ref()?;
        let digest: [u8; 32] = Sha256::new().chain_update(salt).chain_update(number.as_str()).finalize().into();
        Some(hex::encode(digest))
    }
}

/// Whether a wallet is refused.
pub(super) fn blocked(row: &WalletRow) -> Result<Option<Switched>, StoreFault> {
    let why = row.blocked_for.clone().unwrap_or_default();
    row.blocked_at.map(|at| Ok(Switched { since: instant_of(at)?, why })).transpose()
}

impl Store {
    /// What is switched for all wallets.
    pub async fn controls(&self) -> Result<Controls, StoreFault> {
        Controls::from_item(self.item(keys::control()).await?)
    }

    /// Whether anything was ever switched for all wallets, or a person has opted out. In a table
    /// that is new, nothing was.
    pub async fn was_switched(&self) -> Result<bool, StoreFault> {
        Ok(self.item(keys::control()).await?.is_some())
    }

    /// control: selling, new sales paused → paused
    pub async fn pause_selling(
        &self,
        what: Pause,
        why: &str,
        by: &AttemptId,
        now: Timestamp,
    ) -> Result<bool, StoreFault> {
        // What stopped everything stands until it is resumed: a pause of new sales would let the
        // rest be sold again.
        let wider = match what {
            Pause::New => None,
            Pause::All => Some(is(PAUSED, Pause::New)),
        };
        let change = Change::update(keys::control())
            .set(PAUSED, what)
            .set(PAUSED_AT, now)
            .set(PAUSED_FOR, why)
            .when(When::Any(wider.into_iter().chain([no(PAUSED)]).collect()));
        self.switched(change, &format!("pause {}", what.as_str()), by).await
    }

    /// control: paused → selling
    pub async fn resume_selling(&self, by: &AttemptId) -> Result<bool, StoreFault> {
        let paused = [Pause::New, Pause::All].map(|what| is(PAUSED, what));
        let change = Change::update(keys::control())
            .remove(PAUSED)
            .remove(PAUSED_AT)
            .remove(PAUSED_FOR)
            // An operator who resumes has seen what is missing.
            .remove(MISSING)
            .when(When::Any(paused.into()));
        self.switched(change, "resume", by).await
    }

    /// Whether a wallet is blocked, since when and why.
    pub async fn blocked(&self, wallet: &Wallet) -> Result<Option<Switched>, StoreFault> {
        let item = self.item(keys::wallet(wallet)).await?;
        blocked(&serde_dynamo::from_item(item.unwrap_or_default())?)
    }

    /// wallet: any → blocked
    pub async fn block_wallet(
        &self,
        wallet: &Wallet,
        why: &str,
        by: &AttemptId,
        now: Timestamp,
    ) -> Result<bool, StoreFault> {
        let change =
            Change::update(keys::wallet(wallet)).set(BLOCKED_AT, now).set(BLOCKED_FOR, why).when(no(BLOCKED_AT));
        self.switched(change, &format!("block {}", wallet.caip10()), by).await
    }

    /// wallet: blocked → as it was
    pub async fn unblock_wallet(&self, wallet: &Wallet, by: &AttemptId) -> Result<bool, StoreFault> {
        let change = Change::update(keys::wallet(wallet))
            .remove(BLOCKED_AT)
            .remove(BLOCKED_FOR)
            .when(above(BLOCKED_AT, i64::MIN));
        self.switched(change, &format!("unblock {}", wallet.caip10()), by).await
    }

    /// Whether a destination is not called, since when and why.
    pub async fn opted_out(&self, number: &PhoneNumber) -> Result<Option<Switched>, StoreFault> {
        let Some(hash) = self.controls().await?.hash(number) else { return Ok(None) };
        let Some(item) = self.item(keys::opt_out(&hash)).await? else { return Ok(None) };
        let row: OptOutRow = serde_dynamo::from_item(item)?;
        Ok(Some(Switched { since: instant_of(row.opted_out_at)?, why: row.opted_out_for }))
    }

    /// opt-out: (none) → there
    pub async fn opt_out(
        &self,
        number: &PhoneNumber,
        why: &str,
        by: &AttemptId,
        now: Timestamp,
    ) -> Result<bool, StoreFault> {
        let mut controls = self.controls().await?;
        if controls.salt.is_none() {
            let digest: [u8; 32] = Sha256::new().chain_update("salt").chain_update(by.as_str()).finalize().into();
            let change = Change::update(keys::control()).set(SALT, hex::encode(digest)).when(no(SALT));
            self.switched(change, "salt", by).await?;
            // Another process may have been quicker, and its salt is the one.
            controls = self.controls().await?;
        }
        let hash = controls.hash(number).ok_or(StoreFault::Impossible("a salt that was made and is not there"))?;
        let change = Change::put(keys::opt_out(&hash), Item::new())
            .set(OPTED_OUT_AT, now)
            .set(OPTED_OUT_FOR, why)
            .when(When::Absent);
        self.switched(change, &format!("opt out {hash}"), by).await
    }

    /// opt-out: (none) → there, for a callee who has asked for it in a call. Says whether it is
    /// there: where no person has opted out before, the list has no salt, and not every function
    /// may make one.
    pub async fn opt_out_in_a_call(
        &self,
        number: &PhoneNumber,
        why: &str,
        list: List,
        by: &AttemptId,
        now: Timestamp,
    ) -> Result<bool, StoreFault> {
        let may = match list {
            List::Closed => false,
            List::Open => self.controls().await?.salt.is_some(),
            List::Begun => true,
        };
        if !may {
            return Ok(false);
        }
        self.opt_out(number, why, by, now).await.map(|_| true)
    }

    /// opt-out: there → (none)
    pub async fn opt_in(&self, number: &PhoneNumber, by: &AttemptId) -> Result<bool, StoreFault> {
        let Some(hash) = self.controls().await?.hash(number) else { return Ok(false) };
        let change = Change::delete(keys::opt_out(&hash)).when(above(OPTED_OUT_AT, i64::MIN));
        self.switched(change, &format!("opt in {hash}"), by).await
    }

    /// Switches something. The step names what: one attempt may switch several of a kind, and each
    /// is a step of its own.
    async fn switched(&self, change: Change, step: &str, by: &AttemptId) -> Result<bool, StoreFault> {
        let done = self.transact(Changes::of([change.or(Hurdle::Switch)]), &format!("{step} {}", by.as_str())).await?;
        Ok(matches!(done, Done::Yes))
    }
}
