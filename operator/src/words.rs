//! What records mean, in words. Pure, so that each state can be shown to say what it is.

use shared::store::sales::Record;
use shared::store::work::{Call, Lease};
use shared::store::{Charge, Custody, RefundReason, Refunding, Source, State, Work};
use shared::types::{PhoneNumber, Timestamp, rfc3339};

/// How long ago, in the largest unit that says it.
pub(crate) fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second().saturating_sub(at.as_second());
    let (amount, direction) = (seconds.unsigned_abs(), if seconds < 0 { "from now" } else { "ago" });
    let (count, unit) = match amount {
        0..60 => (amount, "s"),
        60..7_200 => (amount / 60, "min"),
        7_200..172_800 => (amount / 3_600, "h"),
        _ => (amount / 86_400, "days"),
    };
    format!("{count} {unit} {direction}")
}

/// When, and how long ago that is.
pub(crate) fn when(at: Timestamp, now: Timestamp) -> String {
    format!("{} ({})", rfc3339(at), ago(at, now))
}

/// What was sold, or was about to be. `number` says how a phone number may be shown.
pub(crate) fn work(work: &Work, number: impl Fn(&PhoneNumber) -> String) -> String {
    match work {
        Work::Lease(Lease { number: of, country, source, .. }) => {
            let source = match source {
                Source::Pool => "from the pool",
                Source::Carrier(_) => "bought at the carrier",
                Source::Order(_) => "to be bought at the carrier once it is paid for",
            };
            format!("a lease of {} ({country}), {source}", number(of))
        }
        Work::Renew(renew) => {
            format!("30 more days of {}, whose lease ended {}", number(&renew.number), rfc3339(renew.expires_at))
        }
        Work::List(list) => format!("a list of {}", counted(list.numbers.len(), "number")),
        Work::Calls(list) => format!("a list of {}", counted(list.calls.len(), "call")),
        Work::Call(Call { id, from, to, max_duration, credit, .. }) => {
            let with = if *credit { ", paid with credit" } else { "" };
            let (from, to) = (number(from), number(to));
            format!("call {} from {from} to {to}, up to {max_duration} min{with}", id.as_str())
        }
        Work::Nothing => "nothing: it was paid without asking".to_owned(),
    }
}

/// So many of something.
pub(crate) fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// Where a sale stands, in one word.
pub(crate) fn state(state: State) -> &'static str {
    match state {
        State::Open => "open",
        State::Settling => "settling",
        State::Closed => "closed",
        State::Void => "void",
    }
}

/// What became of a payment.
pub(crate) fn outcome(record: &Record, now: Timestamp) -> String {
    if let Some(refund) = &record.refund {
        let why = reason(refund.reason);
        return match refund.state {
            Refunding::Due => format!("{} goes back ({why}); nothing was sent yet", refund.amount),
            Refunding::Sending => format!("{} goes back ({why}); it was sent and may still land", refund.amount),
            Refunding::Refunded => format!("{} is back ({why})", refund.amount),
            Refunding::Credited => format!("{} became credit for calls ({why})", refund.amount),
        };
    }
    match record.state {
        State::Closed if record.credit().is_some() => "paid with credit, and delivered".to_owned(),
        State::Closed => "paid and delivered".to_owned(),
        State::Void if record.spent => "not charged; this signature will not be used again".to_owned(),
        State::Void => "not charged; the same signature may try again".to_owned(),
        State::Open if now < record.busy_until => "being worked on; nothing is settled".to_owned(),
        State::Open => "left before settling; the reaper undoes it".to_owned(),
        State::Settling if record.settled.is_some() && now < record.busy_until => "paid; being delivered".to_owned(),
        State::Settling if record.settled.is_some() => {
            "paid, and not known to be delivered; the reaper looks, and pays it back if it was not".to_owned()
        }
        State::Settling if now < record.busy_until && !record.rests(now) => "being settled".to_owned(),
        State::Settling if record.contested => {
            "unknown: the facilitator says that the nonce is used; only the chain can tell by whom".to_owned()
        }
        State::Settling => "unknown: it may have been settled; the reaper asks again".to_owned(),
    }
}

/// Why money goes back.
pub(crate) fn reason(reason: RefundReason) -> &'static str {
    match reason {
        RefundReason::CallFailed => "the call ended in an error",
        RefundReason::ProductGone => "what was paid for was gone",
        RefundReason::Undeliverable => "it was paid first, and what it was for could not be done",
        RefundReason::Late => "it was given up, and was made after all",
        RefundReason::Stray => "it bought nothing",
        RefundReason::ByHand => "an operator decided it",
    }
}

/// What a call has cost its wallet.
pub(crate) fn charge(charge: Charge) -> &'static str {
    match charge {
        Charge::Pending => "not settled yet",
        Charge::Paid => "paid",
        Charge::Declined => "declined, not charged",
        Charge::Lapsed => "not made in time, not charged",
        Charge::RefundDue => "to be paid back",
        Charge::Refunded => "paid back",
        Charge::Credited => "credited",
    }
}

/// In whose hands a number is.
pub(crate) fn custody(custody: Custody) -> &'static str {
    match custody {
        Custody::Buying => "about to be bought for a sale",
        Custody::Importing => "ours at the carrier; the dialler does not know it yet",
        Custody::Held => "kept for a sale that is being settled",
        Custody::Leased => "leased",
        Custody::Pooled => "idle",
        Custody::Releasing => "on its way back to the carrier",
    }
}

#[cfg(test)]
mod tests {
    use super::ago;
    use shared::types::Timestamp;

    #[test]
    fn a_time_is_told_in_the_unit_that_says_it() {
        let now = Timestamp::from_second(1_000_000).unwrap();
        for (before, text) in [
            (0, "0 s ago"),
            (59, "59 s ago"),
            (60, "1 min ago"),
            (7_199, "119 min ago"),
            (7_200, "2 h ago"),
            (172_800, "2 days ago"),
            (-90, "1 min from now"),
        ] {
            assert_eq!(ago(Timestamp::from_second(1_000_000 - before).unwrap(), now), text);
        }
    }
}
