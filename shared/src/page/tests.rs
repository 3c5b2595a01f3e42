//! What a page says and allows. How it looks and behaves is for a browser to say (`tests/front`).

use super::words::{Words, length, number};
use super::{Recording, SCRIPT, STYLE, lines};
use crate::calls::Shown;
use crate::calls::seen::unseen;
use crate::calls::shown::{Money, Paid};
use crate::store::View;
use crate::types::call::{AnsweredBy, EndedBy, ResultStatus, Role, Status, Utterance};
use crate::types::{CallId, PhoneNumber, Usdc};
use crate::upstream::bland::recordings::BLAND;
use http::header::CONTENT_SECURITY_POLICY;

fn ended(ended_by: EndedBy) -> View {
    let reason = "The carrier failed. This is an error, and you are not charged for it. Call again.".to_owned();
    View { ended_by, reason, ..unseen() }
}

fn shown(view: View) -> Shown {
    let number = || PhoneNumber::parse("+14155551234").unwrap();
    Shown {
        id: CallId::from_bits(1),
        from: number(),
        to: number(),
        view,
        is_final: false,
        poll_after: Some(5),
        is_closed: false,
        is_said: false,
        is_ending: false,
        is_unplaced: false,
        result_status: None,
        result: None,
        money: Money { paid: Usdc::micros(540_000), state: Paid::Charged(None) },
    }
}

fn said(view: &View) -> Words {
    Words::of(&shown(view.clone()))
}

#[test]
fn every_end_has_words_of_its_own() {
    let mut titles = std::collections::BTreeSet::new();
    let mut spoken = unseen();
    spoken.transcript.push(Utterance { role: Role::User, text: "Hello?".into() });
    titles.extend([said(&unseen()).title, said(&spoken).title]);
    assert_eq!(titles.len(), 2);
    for ended_by in EndedBy::ALL.iter().copied().filter(|ended_by| ended_by.is_end()) {
        assert!(titles.insert(said(&ended(ended_by)).title), "{ended_by:?}");
    }
    let open = View { status: Status::InProgress, ..unseen() };
    assert_eq!(said(&open).title, "Calling", "a line that is open may still be ringing");
    assert_eq!(said(&ended(EndedBy::Error)).about, "The carrier failed. Call again.");
    let ending = Shown { is_ending: true, ..shown(spoken) };
    assert_eq!(Words::of(&ending).title, "Hanging up");
    let queued = View { status: Status::Failed, ..ended(EndedBy::Requested) };
    assert!(said(&queued).about.ends_with("before the phone rang."));
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
        assert_eq!(Recording::at(url, &[BLAND]).map(|recording| recording.plays), plays, "{url}");
    }
}

#[test]
fn a_page_plays_what_its_dialler_has_recorded_and_links_to_the_rest() {
    let proxy = "https://us.dialler.example";
    for (origin, recordings, plays) in [
        (proxy, &[BLAND, proxy][..], true),
        (BLAND, &[BLAND, proxy], true),
        (BLAND, &[BLAND], true),
        (proxy, &[BLAND], false),
    ] {
        let url = format!("{origin}/v1/recordings/1");
        let shown = shown(View { recording_url: Some(url.clone()), ..ended(EndedBy::User) });
        let page = super::of_call(&shown, recordings);
        let policy = page.headers.iter().find(|(name, _)| *name == CONTENT_SECURITY_POLICY).expect("a policy");
        let allowed = format!("; media-src {}", recordings.join(" "));
        assert!(policy.1.to_str().unwrap().ends_with(&allowed), "{policy:?}");
        assert_eq!(page.html.contains("<audio"), plays, "{url} {recordings:?}");
        assert!(page.html.contains(&url));
    }
}

#[test]
fn style_and_script_do_not_end_the_element_that_they_stand_in() {
    assert!(!STYLE.contains("</") && !SCRIPT.contains("</") && !SCRIPT.contains("<!--"));
}

#[test]
fn who_speaks_is_said_where_it_changes() {
    let spoken = |role| Utterance { role, text: "…".to_owned() };
    let (user, ai) = (Role::User, Role::Assistant);
    let transcript = [user, user, ai, user, ai, ai].map(spoken).to_vec();
    let mut view = View { transcript, ..unseen() };
    let who = |view: &View| lines(view).into_iter().map(|line| line.who).collect::<Vec<_>>();
    let (person, ai) = (Some("Person called"), Some("AI"));
    assert_eq!(who(&view), [person, None, ai, person, ai, None]);
    view.answered_by = Some(AnsweredBy::Voicemail);
    assert_eq!(who(&view).first(), Some(&Some("Voicemail")));
}

#[test]
fn a_call_has_the_button_as_long_as_it_can_be_hung_up() {
    let has_button = |shown: &Shown| {
        super::of_call(shown, &[BLAND])
            .html
            .contains("<form method=\"post\" action=\"00000000000000000000000001/hangup\">")
    };
    assert!(has_button(&shown(unseen())));
    assert!(!has_button(&Shown { is_ending: true, ..shown(unseen()) }));
    assert!(!has_button(&shown(ended(EndedBy::User))));
}

#[test]
fn answers_are_shown_as_a_models_reading_and_only_where_there_were_questions() {
    let asked = |status, result: Option<&str>, view| {
        let shown = Shown { result_status: status, result: result.map(str::to_owned), ..shown(view) };
        super::of_call(&shown, &[BLAND]).html
    };
    let over = || ended(EndedBy::User);
    let hostile = r#"{"confirmed":true,"how_many":2,"lost":false,"who":null,"words":"<img src=x onerror=alert(1)>"}"#;
    let page = asked(Some(ResultStatus::Ready), Some(hostile), over());
    for (name, answer) in [
        ("confirmed", "Yes"),
        ("how many", "2"),
        ("lost", "No"),
        ("who", "Not known"),
        ("words", "&#60;img src=x onerror=alert(1)&#62;"),
    ] {
        let row = format!("<dt>{name}</dt><dd class=\"text\" dir=\"auto\">{answer}</dd>");
        assert!(page.contains(&row), "{row}: {page}");
    }
    assert!(page.contains("A model&#39;s reading of what was said."), "{page}");
    assert!(asked(Some(ResultStatus::Pending), None, over()).contains("are being answered"));
    assert!(asked(Some(ResultStatus::Unavailable), None, over()).contains("have no answers"));
    for page in [asked(Some(ResultStatus::Pending), None, unseen()), asked(None, None, over())] {
        assert!(!page.contains("answers-title"), "{page}");
    }
}
