//! Which signatures that only a contract can judge are worth a question: those that can be one at
//! all, that were not refused just before, and no more in a minute than an operator allows. A
//! stranger can make up any number of them for nothing, in any wallet's name. So each name has a
//! share, and those of wallets that have paid have a minute of their own.
//!
//! The minute is counted in the table, for all processes together. What is kept here spares
//! questions and is never right for longer than that minute: that the strangers' is used up, and
//! which claims the contract itself did not know. There are no more of those than were asked about.
//!
//! - `docs/decisions.md`: Which payments are settled before anything is done for them?
//! - `docs/decisions.md`: Who is asked about whose signature only a contract can judge?

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use alloy_primitives::{Address, B256};
use tracing::warn;

use super::refused;
use crate::env::Env;
use crate::invocation::Invocation;
use crate::limits::{KNOWN, Limit, MINUTE, NAMES, PROOF, Reached};
use crate::refusal::Refusal;
use crate::store::Store;
use crate::store::limits::Tally;
use crate::store::sales::Record;
use crate::types::{Timestamp, Wallet};
use crate::x402::Unproven;

/// Decides which are asked about.
pub(super) struct Judge {
    most: u32,
    /// Factories that an operator knows, besides our own.
    pub(super) factories: Vec<Address>,
    kept: Mutex<Kept>,
}

/// The counts that are kept until a minute is over; instants are epoch seconds.
#[derive(Default)]
struct Kept {
    /// When more may be asked about in the names of strangers.
    again_at: i64,
    /// By fingerprint, until when a claim is refused without a question.
    refused: HashMap<B256, i64>,
}

impl Judge {
    pub(super) fn from_env(env: &mut Env) -> Self {
        let (most, factories) = env.unproven();
        Self { most, factories, kept: Mutex::default() }
    }

    /// Whether others may be asked about this signature. Counts it, if so.
    pub(super) async fn admit(
        &self,
        unproven: &Unproven,
        store: &Store,
        invocation: &Invocation,
    ) -> Result<(), Refusal> {
        self.may_be_asked_about(unproven, invocation.now)?;
        let (payer, now) = (unproven.claim().payer(), invocation.now);
        let own = Tally::of_unproven_by(&payer, self.most.div_ceil(NAMES));
        let (has_paid, room) = store.known(&payer, &own, now).await?;
        room?;
        if !has_paid {
            self.kept().room(now.as_second())?;
        }
        // Its own share first: a crowd in one name takes no more of what is for all.
        store.count(&own, now).await?.map_err(Refusal::from)?;
        let most = if has_paid { self.most.saturating_mul(KNOWN) } else { self.most };
        if let Err(reached) = store.count(&Tally::of_unproven(has_paid, most), now).await? {
            if !has_paid && reached.limit == Limit::Unproven {
                self.kept().again_at = now.as_second().saturating_add_unsigned(reached.retry_after);
            }
            return Err(reached.into());
        }
        Ok(())
    }

    /// Whether one more payment of a wallet may be tried that a key has signed and that code
    /// decides, which can have each declined for nothing. They have a count of their own: no
    /// stranger uses it up, since each was signed by that key.
    pub(super) async fn admit_signed(&self, payer: &Wallet, store: &Store, now: Timestamp) -> Result<(), Refusal> {
        let own = Tally::of_signed_by_key_of(payer, self.most.div_ceil(NAMES));
        store.count(&own, now).await?.map_err(Refusal::from)
    }

    /// A sale has been granted: if a contract has signed for it, and it has cost enough, its wallet
    /// is known from now on.
    pub(super) async fn has_paid(&self, record: &Record, store: &Store, now: Timestamp) {
        if record.signed.is_a_contracts()
            && record.signed.amount >= PROOF
            && let Err(why) = store.know(&record.signed.payer, now).await
        {
            warn!(%why, payment = ?record.id, "a wallet that has paid stays a stranger");
        }
    }

    /// What is known of it without asking or counting.
    pub(super) fn may_be_asked_about(&self, unproven: &Unproven, now: Timestamp) -> Result<(), Refusal> {
        unproven.form(&self.factories).map_err(refused)?;
        self.kept().recall(unproven.fingerprint(), now.as_second())
    }

    /// The payer's contract does not know this signature.
    pub(super) fn remember(&self, unproven: &Unproven, now: Timestamp) {
        self.kept().remember(unproven.fingerprint(), now.as_second());
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn recall(&self, fingerprint: B256, now: i64) -> Result<(), Refusal> {
        if self.refused.get(&fingerprint).is_some_and(|until| now < *until) {
            return Err(refused(Unproven::not_signed()));
        }
        Ok(())
    }

    fn room(&self, now: i64) -> Result<(), Reached> {
        match u64::try_from(self.again_at - now) {
            Ok(retry_after) if retry_after > 0 => Err(Reached { limit: Limit::Unproven, retry_after }),
            _ => Ok(()),
        }
    }

    fn remember(&mut self, fingerprint: B256, now: i64) {
        self.refused.retain(|_, until| now < *until);
        self.refused.insert(fingerprint, now.saturating_add_unsigned(MINUTE.as_secs()));
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::B256;

    use super::Kept;

    #[test]
    fn a_refused_claim_is_refused_for_a_minute_and_forgotten() {
        let mut kept = Kept::default();
        let [one, other] = [1, 2].map(B256::repeat_byte);
        kept.remember(one, 1_000);
        assert!(
            kept.recall(one, 1_059).is_err() && kept.recall(one, 1_060).is_ok() && kept.recall(other, 1_000).is_ok()
        );
        kept.remember(other, 1_060);
        assert_eq!(kept.refused.len(), 1);
    }

    #[test]
    fn a_minute_that_is_used_up_says_when_it_is_over() {
        let kept = Kept { again_at: 1_060, ..Kept::default() };
        assert_eq!(kept.room(1_018).map_err(|reached| reached.retry_after), Err(42));
        assert!(kept.room(1_060).is_ok());
    }
}
