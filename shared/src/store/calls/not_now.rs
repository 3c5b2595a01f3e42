//! Why a call may not be dialled, from what its claim was lost to.
//!
//! `docs/decisions.md`: Why is a number not called again whose line failed in a conversation?

use crate::store::parse::instant_of;
use crate::store::rows::WalletRow;
use crate::store::{CallCount, Hurdle, Lost, StoreFault};
use crate::types::{PaymentId, Timestamp};

use super::UNPAID_PAUSE;

/// Why the claim of a call was lost.
#[derive(Debug)]
pub enum NotNow {
    /// This was counted on meanwhile: with what is found now, it is to be asked again whether the
    /// call may be placed.
    Counted(CallCount, Lost),
    /// It may not be dialled.
    Said(Reason),
}

/// Why a call may not be dialled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reason {
    /// Another call of this wallet is not paid yet: this sale's.
    Dialling(PaymentId),
    /// A phone rang for this wallet and was not paid for; it may try again then.
    Unpaid(Timestamp),
    /// The credit was just spent on another call.
    CreditSpent,
    /// The operator has just blocked the wallet.
    Blocked,
    /// The callee has just asked not to be called.
    OptedOut,
}

impl NotNow {
    /// What a lost claim stands for.
    pub fn of(lost: Lost, now: Timestamp) -> Result<Self, StoreFault> {
        match lost.hurdle {
            Hurdle::Wallet => of_wallet(lost.found()?, now).map(Self::Said),
            Hurdle::OptOut => Ok(Self::Said(Reason::OptedOut)),
            Hurdle::Calls(count) => Ok(Self::Counted(count, lost)),
            Hurdle::Call => Err(StoreFault::Impossible("two calls with one id")),
            Hurdle::Sale
            | Hurdle::Name
            | Hurdle::Number
            | Hurdle::Lease
            | Hurdle::Bought(_)
            | Hurdle::RefundsToday
            | Hurdle::RefundsToPayer
            | Hurdle::RefundsStopped
            | Hurdle::Switch => Err(lost.hurdle.unasked()),
        }
    }
}

/// What of a wallet's row stands in the way of a call. A wallet without a row has no credit either.
fn of_wallet(row: Option<WalletRow>, now: Timestamp) -> Result<Reason, StoreFault> {
    let Some(row) = row else { return Ok(Reason::CreditSpent) };
    match (row.unpaid_at, row.dial) {
        _ if row.blocked_at.is_some() => Ok(Reason::Blocked),
        (_, Some(sale)) => Ok(Reason::Dialling(PaymentId::from_row(sale))),
        (Some(at), None) if at > now.as_second() - UNPAID_PAUSE.as_secs().cast_signed() => {
            Ok(Reason::Unpaid(instant_of(at)?.saturating_add(UNPAID_PAUSE)?))
        }
        _ => Ok(Reason::CreditSpent),
    }
}

#[cfg(test)]
mod tests {
    use super::{CallCount, Hurdle, Lost, NotNow, PaymentId, Reason, Timestamp, UNPAID_PAUSE};
    use crate::store::item::Item;
    use crate::store::rows::{BLOCKED_AT, DIAL, UNPAID_AT, Value};

    fn said(hurdle: Hurdle, old: Option<Item>, now: i64) -> Option<Reason> {
        match NotNow::of(Lost { hurdle, old, busy: false }, Timestamp::from_second(now).unwrap()) {
            Ok(NotNow::Said(reason)) => Some(reason),
            Ok(NotNow::Counted(..)) | Err(_) => None,
        }
    }

    #[test]
    fn a_wallet_that_may_not_dial_is_told_the_first_reason_in_its_row() {
        let now = 1_800_000_000;
        let pause = UNPAID_PAUSE.as_secs().cast_signed();
        let (blocked, dials) = ((BLOCKED_AT, Value::from(now)), (DIAL, Value::from("another")));
        let unpaid = |seconds_ago| (UNPAID_AT, Value::from(now - seconds_ago));
        let dialling = Reason::Dialling(PaymentId::from_row("another".to_owned()));
        let again = |second| Reason::Unpaid(Timestamp::from_second(second).unwrap());
        for (row, reason) in [
            (vec![blocked.clone(), dials.clone(), unpaid(1)], Reason::Blocked),
            (vec![blocked], Reason::Blocked),
            (vec![dials.clone(), unpaid(1)], dialling.clone()),
            (vec![dials], dialling),
            (vec![unpaid(0)], again(now + pause)),
            (vec![unpaid(pause - 1)], again(now + 1)),
            (vec![unpaid(pause)], Reason::CreditSpent),
            (vec![], Reason::CreditSpent),
        ] {
            let old = row.into_iter().map(|(name, value)| (name.as_str().to_owned(), value.into())).collect();
            assert_eq!(said(Hurdle::Wallet, Some(old), now), Some(reason));
        }
        assert_eq!(said(Hurdle::Wallet, None, now), Some(Reason::CreditSpent), "a wallet without a row");
    }

    #[test]
    fn each_hurdle_of_a_call_is_named_and_no_other_is_expected() {
        assert_eq!(said(Hurdle::OptOut, None, 0), Some(Reason::OptedOut));
        let counted = Lost { hurdle: Hurdle::Calls(CallCount::OfAll), old: None, busy: false };
        let again = NotNow::of(counted, Timestamp::UNIX_EPOCH).unwrap();
        assert!(matches!(again, NotNow::Counted(CallCount::OfAll, _)));
        for hurdle in [Hurdle::Call, Hurdle::Number, Hurdle::Lease, Hurdle::Sale] {
            assert!(NotNow::of(Lost { hurdle, old: None, busy: false }, Timestamp::UNIX_EPOCH).is_err(), "{hurdle:?}");
        }
    }
}
