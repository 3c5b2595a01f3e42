//! The terms as `/terms`: what a caller answers for, and what a person who was called can do about
//! it. They say how this deployment holds its calls, as the operator has set it, and nothing that
//! it does not do.

use std::fmt::Write;

use super::Facts;
use crate::limits::manners::Manners;

/// What a caller undertakes. No law of one country: what is wanted nearly everywhere.
const CALLERS: &str = "- Call only people who have agreed to be called by an artificial voice for what you call them about, and be able to show it. To \
sell something takes consent in writing in many countries, the United States among them.
- Say at the beginning who is calling, and what for. Do not pretend to be another person, a company or an authority.
- Where a callee asks not to be called again, do not call again, from any number.
- Do not threaten, harass, defraud or collect passwords and one-time codes. Do not call emergency services.
- Whom you call and what is said is yours to decide and yours to answer for. The operator may refuse a wallet, and answers to the \
carrier and to authorities who ask where a call came from.";

/// What is kept, and for how long.
const KEPT: &str = "- Of a call: the numbers, the times, how it ended, and what was said with its summary: 30 days, then deleted, unless an authority has asked \
that it is kept. The task is not kept here.
- The two numbers alone: 60 days with the payment of the call and in lists of calls that were bought, and up to 90 days in what is counted \
against limits. Backups have what they have for 35 days more.
- Of a payment: wallet, amount, transaction, what it bought, and the first digits of the number that was called, for as long as books have to \
be kept.
- Of a person who does not want to be called: a keyed hash of the number, for ever, so that it stays so.
- The companies that carry and speak the call (Twilio, Bland) keep records of their own.";

/// The whole text. Writing to a string cannot fail.
pub(super) fn text(facts: &Facts) -> String {
    let write_to = facts.email.as_ref().map_or_else(
        || "The operator has named no address: a call itself is the way to say so.".to_owned(),
        |email| {
            format!(
                "Write to {email}, with the number that was called and the time: also to report abuse, to ask what is known of a call with \
                 you, and to have it erased."
            )
        },
    );
    let mut text = String::new();
    let _ = write!(
        text,
        "# Terms of {}\n\n\
         Calls from here are placed by programs, and spoken by an artificial voice, for wallets that pay for them.\n\n\
         ## If you place calls\n\n{CALLERS}\n\n\
         ## How calls are held here\n\n{}\n\
         ## If you were called\n\n\
         - Say in the call that you do not want to be called again. Your number is then called by no wallet from here.\n\
         - {write_to}\n\n\
         ## What is kept\n\n{KEPT}\n",
        facts.terms.public_url,
        held(facts.manners),
    );
    text
}

/// How calls are held, in sentences.
fn held(manners: Manners) -> String {
    let ai = if manners.says_ai {
        "Each call says, behind the caller's own opener, that an AI speaks."
    } else {
        "Nothing is added to what a caller has the voice say: say yourself, in `first_sentence`, that an AI speaks."
    };
    let recording = match (manners.records, manners.says_recorded) {
        (false, _) => "Calls are not recorded. They are transcribed.",
        (true, true) => "Calls are recorded and transcribed, and each says so.",
        (true, false) => {
            "Calls are recorded and transcribed: say so yourself where the law wants it, and ask whether that is agreed to."
        }
    };
    let quiet = manners.quiet.map_or_else(
        || "Calls are placed at any hour: mind what hour it is at the callee.".to_owned(),
        |quiet| {
            let (from, until) = quiet.hours();
            format!("No phone rings between {from}:00 and {until}:00 by the callee's clock (403 `quiet_hours`).")
        },
    );
    [ai, recording, &quiet].iter().fold(String::new(), |text, line| text + "- " + line + "\n")
}

#[cfg(test)]
mod tests {
    use super::{held, text};
    use crate::discovery::tests::facts;
    use crate::limits::manners::{Manners, QuietHours};

    #[test]
    fn the_terms_say_what_this_deployment_does() {
        let usual = Manners::default();
        for (manners, says) in [
            (usual, "say yourself, in `first_sentence`"),
            (usual, "Calls are recorded and transcribed: say so yourself"),
            (usual, "at any hour"),
            (Manners { says_ai: true, ..usual }, "Each call says, behind the caller's own opener"),
            (Manners { says_recorded: true, ..usual }, "and each says so."),
            (Manners { records: false, ..usual }, "Calls are not recorded."),
            (Manners { quiet: QuietHours::parse("21-8"), ..usual }, "between 21:00 and 8:00 by the callee's clock"),
        ] {
            assert!(held(manners).contains(says), "{says}");
        }
    }

    #[test]
    fn a_person_who_was_called_reads_what_to_do() {
        let without = text(&facts());
        assert!(without.contains("named no address") && without.contains("do not want to be called again"));
        // Without an address nothing can be sent to one.
        assert!(!without.contains("report abuse") && !without.contains("Write to"));
        let email = Some("care@dialtone.example".to_owned());
        let with = text(&crate::discovery::Facts { email, ..facts() });
        assert!(
            with.contains("Write to care@dialtone.example")
                && with.contains("to report abuse")
                && with.contains("erased")
        );
        for kept in ["30 days", "60 days", "up to 90 days", "35 days more", "unless an authority"] {
            assert!(with.contains(kept), "{kept}");
        }
        assert!(with.is_ascii() && with.len() < 4_000, "{}", with.len());
    }
}
