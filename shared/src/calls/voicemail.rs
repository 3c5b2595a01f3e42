//! A message for a voicemail box: what is spoken of it, and how it is known to have been left.
//! Pure.
//!
//! A message in an artificial voice is a prerecorded one to the law of the United States (FCC
//! 24-17), which wants it said at the beginning who is calling, and during it at which number (47
//! CFR 64.1200(b)). We know the number and what speaks, and say these; who it is that calls only
//! the caller knows, and the field says so.
//!
//! - `docs/decisions.md`: Why is only a digest of the message kept?
//! - `docs/decisions.md`: Why does a message for voicemail begin with our own sentence?

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::types::call::{Role, Utterance};
use crate::types::{PhoneNumber, trimmed};

/// What is said before a caller's message. The digits stand apart, so that they are read one by
/// one.
fn disclosure(from: &PhoneNumber) -> String {
    let digits: Vec<String> = from.as_str().chars().filter(char::is_ascii_digit).map(String::from).collect();
    format!("This is a recorded message in an artificial, AI-generated voice, from the number {}.", digits.join(" "))
}

/// What the AI says to a machine.
pub(super) fn spoken(message: &str, from: &PhoneNumber) -> String {
    format!("{} {}", disclosure(from), trimmed(message))
}

/// A message that was handed to the dialler, as it is kept: what it is compared by, and none of its
/// words.
pub(super) fn digest(spoken: &str) -> String {
    let words = spoken.split_whitespace().collect::<Vec<_>>().join(" ");
    STANDARD.encode(Sha256::digest(words))
}

/// Whether this message was spoken: a line of the AI's is it, and all of it.
pub(super) fn was_left(kept: &str, transcript: &[Utterance]) -> bool {
    transcript.iter().any(|line| line.role == Role::Assistant && digest(&line.text) == kept)
}

#[cfg(test)]
mod tests {
    use super::{digest, spoken, was_left};
    use crate::types::PhoneNumber;
    use crate::types::call::{Role, Utterance};

    #[test]
    fn a_message_begins_with_what_speaks_and_from_which_number() {
        let from = PhoneNumber::parse("+14155551234").unwrap();
        assert_eq!(
            spoken("  Call Vicky back. \n", &from),
            "This is a recorded message in an artificial, AI-generated voice, from the number 1 4 1 5 5 5 5 1 2 3 4. Call \
             Vicky back."
        );
        // The dialler cuts what takes longer than 80 seconds, in which some 1,200 letters are
        // spoken.
        assert!(spoken(&"x".repeat(crate::api::VOICEMAIL_MESSAGE.longest), &from).len() < 800);
    }

    #[test]
    fn a_message_was_left_only_where_the_ai_has_said_all_of_it() {
        let line = |role, text: &str| Utterance { role, text: text.to_owned() };
        let kept = digest("Recorded. Call me back.");
        for (lines, left) in [
            (vec![line(Role::User, "Leave a message."), line(Role::Assistant, "Recorded. Call me back.")], true),
            (vec![line(Role::Assistant, " Recorded.\nCall  me back. ")], true),
            (vec![line(Role::Assistant, "Recorded. Call me")], false),
            (vec![line(Role::Assistant, "Recorded. Call me back. Bye.")], false),
            (vec![line(Role::User, "Recorded. Call me back.")], false),
            (vec![line(Role::Assistant, "Recorded."), line(Role::Assistant, "Call me back.")], false),
            (vec![], false),
        ] {
            assert_eq!(was_left(&kept, &lines), left, "{lines:?}");
        }
    }
}
