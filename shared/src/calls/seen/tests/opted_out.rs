//! Who has asked not to be called again, and how long it is waited for what the dialler's model
//! makes of it.

use super::{LENGTH, RESULTS, TALK, USER, at, dialled, look, looked_at, over, with};
use crate::calls::pace::Asker;
use crate::calls::seen::{before, judge};
use crate::store::calls::{Call, Line};

const ASKED: (&str, &str) = ("disposition", "callee_asked_not_to_be_called_again");
const OTHER: (&str, &str) = ("disposition", "callee_did_not_ask_that");
const SAID_BY_US: (&str, &str) = ("assistant", "Hello, is Andy there?");
const MACHINE: (&str, &str) = ("answered_by", "voicemail");

fn opted_out(call: Call, fields: &[(&str, &str)]) -> bool {
    look(call, 60, &over(fields)).line.view.is_some_and(|view| view.opted_out)
}

#[test]
fn only_a_person_who_has_said_something_opts_out() {
    for (fields, counts) in [
        (vec![ASKED, TALK, USER], true),
        (vec![ASKED, TALK, USER, ("answered_by", "human")], true),
        (vec![ASKED, TALK, ("status", "canceled")], true),
        // The line failed behind the words, which were said all the same.
        (vec![ASKED, TALK, ("status", "failed"), LENGTH], true),
        (vec![OTHER, TALK, USER], false),
        (vec![TALK, USER], false),
        (vec![ASKED, SAID_BY_US, USER], false),
        (vec![ASKED, TALK, USER, MACHINE], false),
        (vec![ASKED, MACHINE], false),
        (vec![ASKED, ("status", "no-answer")], false),
        (vec![ASKED, ("status", "busy")], false),
        (vec![ASKED, ("status", "failed")], false),
        (vec![ASKED, ("status", "canceled")], false),
        (vec![ASKED], false),
    ] {
        assert_eq!(opted_out(dialled(), &fields), counts, "{fields:?}");
        let leaves_message = Call { line: Line { message: Some("Hi.".to_owned()), ..dialled().line }, ..dialled() };
        assert_eq!(opted_out(leaves_message, &fields), counts, "{fields:?}, where a message is left");
    }
    let asked = look(dialled(), 60, &over(&[ASKED, TALK, USER]));
    assert!(opted_out(asked, &[OTHER, TALK, USER]), "what was asked for once stays so");
}

#[test]
fn a_word_settles_a_call_in_which_a_person_spoke_once_the_model_has_chosen() {
    for (fields, closes) in [
        (vec![TALK, USER], false),
        (vec![TALK, USER, ASKED], true),
        (vec![TALK, USER, OTHER], true),
        // Nothing can be asked for where no person spoke.
        (vec![("status", "no-answer")], true),
        (vec![SAID_BY_US, USER], true),
    ] {
        let call = looked_at(dialled(), 60);
        let record = with(&fields, &RESULTS);
        let told = judge(&call, &record.heard(before(&call)), Asker::Told, at(60));
        assert_eq!(told.closed, closes, "{fields:?}");
        // The minute that every end is given closes it as well.
        let call = call.after(told);
        let later = looked_at(call, 125);
        assert!(judge(&later, &record.heard(before(&later)), Asker::Knows, at(125)).closed, "{fields:?}");
    }
}
