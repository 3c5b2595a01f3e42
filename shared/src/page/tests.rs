//! What a page says and allows. How it looks and behaves is for a browser to say (`tests/front`).

use super::words::{Words, length};
use super::{SCRIPT, STYLE, origin};
use crate::calls::outcome::{dialled, view_of};
use crate::store::View;

fn ended(ended_by: &str, status: &str) -> View {
    let reason = "The carrier does not know the number. You are not charged for the call.".to_owned();
    View { ended_by: ended_by.to_owned(), status: status.to_owned(), reason, ..view_of(&dialled(), None) }
}

#[test]
fn every_end_has_words_of_its_own() {
    let mut titles = std::collections::BTreeSet::new();
    for (ended_by, status) in [
        ("IN_PROGRESS", "started"),
        ("IN_PROGRESS", "in-progress"),
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
    assert_eq!(Words::of(&ended("ERROR", "failed")).about, "The carrier does not know the number.");
}

#[test]
fn a_length_is_said_as_people_say_it() {
    for (minutes, said) in [("1.42", "1 min 25 s"), ("2", "2 min"), ("0.7", "42 s"), ("0", "0 s"), ("30.0", "30 min")] {
        assert_eq!(length(minutes).as_deref(), Some(said), "{minutes}");
    }
    assert_eq!(length("soon"), None);
}

#[test]
fn only_a_plain_place_stands_in_a_policy() {
    for (url, place) in [
        ("https://api.bland.ai/v1/recordings/1", Some("https://api.bland.ai")),
        ("https://a.example:8443?x", Some("https://a.example:8443")),
        ("https://a.example", Some("https://a.example")),
        ("http://a.example/", None),
        ("https://", None),
        ("https:///x", None),
        ("https://a.example; script-src *", None),
        ("https://a b/", None),
        ("https://user@host/", None),
        ("https://'none'/", None),
        ("https://*/", None),
        ("https://a.example,b/", None),
        ("javascript:alert(1)", None),
    ] {
        assert_eq!(origin(url), place, "{url}");
    }
}

#[test]
fn style_and_script_do_not_end_the_element_that_they_stand_in() {
    assert!(!STYLE.contains("</") && !SCRIPT.contains("</") && !SCRIPT.contains("<!--"));
}
