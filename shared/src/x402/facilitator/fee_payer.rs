//! Which key of the facilitator's pays the fee of Solana transactions. Clients sign it, so every
//! demand names it; the facilitator may change it at any time.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::types::{SolanaAddress, SolanaNetwork, Timestamp};

/// How long it is believed. A key that has changed shows as a refusal, and is forgotten then.
const KEPT: Duration = Duration::from_hours(1);
/// How long it is not asked for again after there was no answer.
const PAUSE: Duration = Duration::from_secs(30);

/// The key that pays the fees, as it was last named.
#[derive(Default)]
pub(super) struct FeePayer(Mutex<Option<Known>>);

#[derive(Clone, Copy)]
struct Known {
    network: SolanaNetwork,
    key: Option<SolanaAddress>,
    until: Timestamp,
}

/// It is time to ask.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Ask;

impl FeePayer {
    /// What the last answer was, if that is not too long ago; none, if there was none.
    pub(super) fn known(&self, network: SolanaNetwork, now: Timestamp) -> Result<Option<SolanaAddress>, Ask> {
        let known = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.filter(|known| known.network == network && now < known.until).map(|known| known.key).ok_or(Ask)
    }

    pub(super) fn learn(&self, network: SolanaNetwork, key: Option<SolanaAddress>, now: Timestamp) {
        let until = now.saturating_add(if key.is_some() { KEPT } else { PAUSE }).unwrap_or(now);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Known { network, key, until });
    }

    pub(super) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

#[cfg(test)]
mod tests {
    use super::{Ask, FeePayer, KEPT, PAUSE};
    use crate::types::{SolanaAddress, SolanaNetwork, Timestamp};

    #[test]
    fn an_answer_is_kept_for_an_hour_and_none_for_half_a_minute() {
        let (network, key) = (SolanaNetwork::Mainnet, SolanaAddress::new_from_array([7; 32]));
        let (known, now) = (FeePayer::default(), Timestamp::UNIX_EPOCH);
        assert_eq!(known.known(network, now), Err(Ask));
        known.learn(network, Some(key), now);
        assert_eq!(known.known(network, now + KEPT / 2), Ok(Some(key)));
        assert_eq!(known.known(SolanaNetwork::Devnet, now), Err(Ask));
        assert_eq!(known.known(network, now + KEPT), Err(Ask));
        known.learn(network, None, now);
        assert_eq!(known.known(network, now + PAUSE / 2), Ok(None));
        assert_eq!(known.known(network, now + PAUSE), Err(Ask));
        known.learn(network, Some(key), now);
        known.forget();
        assert_eq!(known.known(network, now), Err(Ask));
    }
}
