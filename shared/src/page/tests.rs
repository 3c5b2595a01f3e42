//! What a page says and allows. How it looks and behaves is for a browser to say (`tests/front`).

use super::words::{Words, length, number};
use super::{Recording, SCRIPT, STYLE, lines};
use crate::calls::seen::unseen;
use crate::store::{Spoken, View};
use crate::types::PhoneNumber;

fn ended(ended_by: &str, status: &str) -> View {
    let reason = "The carrier failed. This is an error, and you are not charged for it. Call again.".to_owned();
    View { ended_by: ended_by.to_owned(), status: status.to_owned(), reason, ..unseen() }
}

#[test]
fn every_end_has_words_of_its_own() {
    let mut titles = std::collections::BTreeSet::new();
    let mut spoken = unseen();
    spoken.transcript.push(Spoken { role: "user".into(), text: "Hello?".into() });
    titles.extend([Words::of(&unseen()).title, Words::of(&spoken).title]);
    assert_eq!(titles.len(), 2);
    for (ended_by, status) in [
        ("USER", "completed"),
        ("ASSISTANT", "completed"),
        ("TIMEOUT", "completed"),
        ("NO_ANSWER", "no_answer"),
        ("BUSY", "busy"),
        ("VOICEMAIL", "completed"),
        ("ERROR", "failed"),
    ] {
        assert!(titles.insert(Words::of(&ended(ended_by, status)).title), "{ended_by} {status}");
    }
    let open = View { status: "in-progress".to_owned(), ..unseen() };
    assert_eq!(Words::of(&open).title, "Calling", "a line that is open may still be ringing");
    assert_eq!(Words::of(&ended("ERROR", "failed")).about, "The carrier failed. Call again.");
}

#[test]
fn a_length_is_said_as_people_say_it() {
    for (minutes, said) in [("1.42", "1 min 25 s"), ("2", "2 min"), ("0.7", "42 s"), ("0", "0 s"), ("30.0", "30 min")] {
        assert_eq!(length(minutes).as_deref(), Some(said), "{minutes}");
    }
    assert_eq!(length("soon"), None);
}

#[test]
fn a_number_is_written_in_groups() {
    for (plain, grouped) in [("+14155551234", "+1 415 555 1234"), ("+442079460000", "+442079460000")] {
        assert_eq!(number(&PhoneNumber::parse(plain).unwrap()), grouped);
    }
}

#[test]
fn only_what_is_where_recordings_are_is_played_here() {
    for (url, plays) in [
        ("https://api.bland.ai/v1/recordings/1", Some(true)),
        ("https://api.bland.ai.elsewhere.example/1", Some(false)),
        ("https://api.bland.ai@elsewhere.example/1", Some(false)),
        ("https://api.bland.ai:8443/1", Some(false)),
        ("https://bucket.s3.amazonaws.com/1.wav", Some(false)),
        ("http://api.bland.ai/v1/recordings/1", None),
        ("javascript:alert(1)", None),
    ] {
        assert_eq!(Recording::at(url).map(|recording| recording.plays), plays, "{url}");
    }
}

#[test]
fn style_and_script_do_not_end_the_element_that_they_stand_in() {
    assert!(!STYLE.contains("</") && !SCRIPT.contains("</") && !SCRIPT.contains("<!--"));
}

#[test]
fn who_speaks_is_said_where_it_changes() {
    let spoken = |role: &str| Spoken { role: role.to_owned(), text: "…".to_owned() };
    let transcript = ["user", "user", "assistant", "user", "assistant", "assistant"].map(spoken).to_vec();
    let mut view = View { transcript, ..unseen() };
    let who = |view: &View| lines(view).into_iter().map(|line| line.who).collect::<Vec<_>>();
    let (person, ai) = (Some("Person called"), Some("AI"));
    assert_eq!(who(&view), [person, None, ai, person, ai, None]);
    view.answered_by = Some("voicemail".to_owned());
    assert_eq!(who(&view).first(), Some(&Some("Voicemail")));
}
