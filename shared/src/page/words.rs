//! A call in words for a person. The reasons that programs get speak of parameters and polling;
//! these do not.

use crate::api::VOICE_CALL;
use crate::calls::Shown;
use crate::calls::shown::Paid;
use crate::store::View;
use crate::types::call::{EndedBy, Message};
use crate::types::{Decimal, PhoneNumber};

/// The same for an id that is unknown and one that cannot be one.
pub(super) const NO_SUCH_CALL: &str = "Check the address: it ends in the call's id, 26 capital letters and digits, exactly as \
                                       it was given when the call was placed. A call is kept for 30 days.";
pub(super) const NOT_FROM_THERE: &str = "It was to be hung up from a page of another site, which is not possible. Open the call's own page, and use the \
                                         button there.";
pub(super) const TRY_AGAIN: &str =
    "Something failed on our side. Nothing is lost by it: wait a moment and load the page again.";

/// The page's words for a call.
pub(super) struct Words {
    /// In two or three words.
    pub(super) title: &'static str,
    /// In a sentence.
    pub(super) about: String,
    /// `live`, `good`, `plain` or `bad`: how it looks.
    pub(super) tone: &'static str,
}

impl Words {
    pub(super) fn of(shown: &Shown) -> Self {
        let view = &shown.view;
        let words = |title, about: &str, tone| Self { title, about: about.to_owned(), tone };
        match view.ended_by {
            EndedBy::InProgress if shown.is_ending => words("Hanging up", "The call is being ended.", "live"),
            EndedBy::InProgress if shown.is_unplaced => words(
                "Confirming the payment",
                "The payment for the call is being confirmed. The phone may not have rung yet.",
                "live",
            ),
            // An open line may still be ringing.
            EndedBy::InProgress if view.started_at.is_none() && view.transcript.is_empty() => {
                words("Calling", "The phone is being rung.", "live")
            }
            EndedBy::InProgress => words("On the phone", "What is said appears below as it is heard.", "live"),
            EndedBy::User => words(
                "They hung up",
                "The person who was called ended the call, as most people do once they have answered.",
                "good",
            ),
            EndedBy::Assistant => {
                words("The AI hung up", "It had done what it was to do, or its time was nearly up.", "good")
            }
            EndedBy::Timeout => words("Time was up", "The call was cut off at its longest duration.", "plain"),
            EndedBy::Requested => words("Hung up on request", requested(view), "plain"),
            EndedBy::NoAnswer => words("No answer", "The phone rang and was not picked up.", "plain"),
            EndedBy::Busy => words("The line was busy", "Another try in a few minutes may get through.", "plain"),
            EndedBy::Voicemail => words("Voicemail answered", what_the_machine_heard(view.message), "plain"),
            // The reason says what failed; what it cost is said beside it.
            EndedBy::Error => words("The call failed", &without_charge(&view.reason), "bad"),
        }
    }
}

fn requested(view: &View) -> &'static str {
    if view.status.is_failure() {
        "It was ended by a request, from this page or from the program that placed it, before the phone rang."
    } else {
        "It was ended by a request, from this page or from the program that placed it."
    }
}

fn what_the_machine_heard(message: Option<Message>) -> &'static str {
    match message {
        None => "The AI hung up without leaving a message.",
        Some(Message::Wanted) => "The AI was to leave a message. It is not known whether it did.",
        Some(Message::Left) => "The AI left the message.",
    }
}

fn without_charge(reason: &str) -> String {
    let sentences = reason.split_inclusive(". ").filter(|sentence| !sentence.contains("not charged"));
    sentences.collect::<String>().trim_end().to_owned()
}

/// The page's words for the money.
pub(super) struct Money<'a> {
    pub(super) about: String,
    pub(super) transaction: Option<&'a str>,
}

impl<'a> Money<'a> {
    pub(super) fn of(shown: &'a Shown) -> Self {
        let price = VOICE_CALL.price;
        let failed = shown.view.status.is_failure();
        let (about, transaction) = match &shown.money.state {
            Paid::Pending if failed => {
                (format!("Not charged: if the payment of {price} still arrives, it goes back."), None)
            }
            Paid::Pending => (format!("The payment of {price} is being confirmed."), None),
            Paid::Charged(None) => ("Paid with the wallet's credit.".to_owned(), None),
            Paid::Charged(Some(paid)) => (format!("{price} paid."), Some(paid.as_str())),
            Paid::Declined => ("Not charged: the payment was declined, so the call was stopped.".to_owned(), None),
            Paid::Lapsed => (
                format!("Not charged: the payment of {price} was not made in time. If it still arrives, it goes back."),
                None,
            ),
            Paid::RefundDue => (format!("Not charged: {price} goes back to the wallet that paid."), None),
            Paid::Refunded(back) => {
                (format!("Not charged: {price} was paid back to the wallet that paid."), back.as_deref())
            }
            Paid::Credited => {
                (format!("Not charged: {price} was credited, and the wallet's next call is paid with it."), None)
            }
        };
        Self { about, transaction }
    }
}

/// A phone number in groups, where it is known how people group it.
pub(super) fn number(number: &PhoneNumber) -> String {
    let plain = number.as_str();
    let groups = number.area_code().and_then(|area| Some((area, plain.get(5..8)?, plain.get(8..)?)));
    groups.map_or_else(|| plain.to_owned(), |(area, exchange, line)| format!("+1 {area} {exchange} {line}"))
}

/// Minutes in decimals, as people say them.
pub(super) fn length(minutes: &str) -> Option<String> {
    let seconds = Decimal::parse(minutes)?.times(60);
    Some(match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("{seconds} s"),
        (minutes, 0) => format!("{minutes} min"),
        (minutes, seconds) => format!("{minutes} min {seconds} s"),
    })
}
