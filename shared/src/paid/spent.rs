//! Payments that are used already and have no sale here: which of them the chain is asked about. A
//! look goes through up to a day of blocks, and a wallet can show one used payment as often as it
//! likes, for nothing. So a wallet has some looks a minute, which are counted in the table, and
//! what was found is kept here for that minute.
//!
//! `docs/decisions.md`: What does a payment cost us that is used already?

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::limits::MINUTE;
use crate::refusal::Refusal;
use crate::types::{Network, PaymentId, Timestamp};
use crate::x402::Reason;

use super::declined;

/// What was found out about a used payment that did not pay us.
#[derive(Clone)]
pub(super) enum Judged {
    /// It was used, and not by a request that we know of.
    Used,
    /// It will not be used, for this reason.
    Declined(Reason, Network),
}

impl From<Judged> for Refusal {
    fn from(judged: Judged) -> Self {
        match judged {
            Judged::Used => Self::PaymentUsed,
            Judged::Declined(reason, network) => declined(&reason, network),
        }
    }
}

/// The payments that were looked up in the last minute, with the second at which that is over.
#[derive(Default)]
pub(super) struct Spent(Mutex<HashMap<PaymentId, (i64, Judged)>>);

impl Spent {
    /// What was found out a moment ago.
    pub(super) fn recall(&self, payment: &PaymentId, now: Timestamp) -> Option<Judged> {
        let kept = self.kept();
        let (until, judged) = kept.get(payment)?;
        (now.as_second() < *until).then(|| judged.clone())
    }

    /// Keeps it for a minute. There are no more of them than looks.
    pub(super) fn remember(&self, payment: PaymentId, judged: Judged, now: Timestamp) {
        let (now, mut kept) = (now.as_second(), self.kept());
        kept.retain(|_, (until, _)| now < *until);
        kept.insert(payment, (now.saturating_add_unsigned(MINUTE.as_secs()), judged));
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<PaymentId, (i64, Judged)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{Address, B256};

    use super::{Judged, Spent};
    use crate::types::{EvmNetwork, PaymentId, Timestamp};

    #[test]
    fn what_was_found_out_holds_for_a_minute_and_is_forgotten() {
        let spent = Spent::default();
        let at = |second| Timestamp::from_second(second).unwrap();
        let [one, other] = [1, 2].map(|nth| PaymentId::evm(EvmNetwork::Base, Address::ZERO, B256::repeat_byte(nth)));
        spent.remember(one.clone(), Judged::Used, at(1_000));
        assert!(spent.recall(&one, at(1_059)).is_some() && spent.recall(&one, at(1_060)).is_none());
        assert!(spent.recall(&other, at(1_000)).is_none());
        spent.remember(other, Judged::Used, at(1_060));
        assert_eq!(spent.kept().len(), 1);
    }
}
