//! Bland's answers, and what a call's record amounts to: always one of the specification's words,
//! and the same each time.

use std::sync::LazyLock;

use shared::calls::Shown;
use shared::calls::pace::Asker;
use shared::calls::seen::{before, judge};
use shared::calls::shown::Paid;
use shared::store::calls::{Asked, Business, Call, Line};
use shared::store::{Charge, View};
use shared::types::call::{Dialler, EndedBy, Role};
use shared::types::{CallId, PaymentId, PhoneNumber, Timestamp, Wallet};
use shared::upstream::bland::answers::{dialled, forgotten, stopped};
use shared::upstream::bland::find::{Search, Sifted};
use shared::upstream::bland::import::{is_inserted, is_listed};
use shared::upstream::bland::record;
use shared::upstream::bland::{BlandCall, BlandCallId, BlandError, DialError, Imported};
use shared::wire::http::Reply;

use crate::json::{self, Json};
use crate::{fit, reply};

const ASKED: &str = "+12133610872";
const CALL: &str = "8dd6f762-6c67-4546-aaad-3e59f5e4a09c";
static TO: LazyLock<PhoneNumber> = LazyLock::new(|| PhoneNumber::parse(ASKED).expect("a number"));
static FROM: LazyLock<PhoneNumber> = LazyLock::new(|| PhoneNumber::parse("+14155551234").expect("a number"));
static OURS: LazyLock<CallId> = LazyLock::new(|| CallId::from_bits(7));
const STATUSES: [&str; 7] = ["started", "ringing", "in-progress", "completed", "failed", "no_answer", "busy"];
const ENDS: [&str; 9] =
    ["IN_PROGRESS", "USER", "ASSISTANT", "TIMEOUT", "REQUESTED", "NO_ANSWER", "BUSY", "VOICEMAIL", "ERROR"];

/// The first byte chooses the question, the second the status; the rest is the body.
pub fn bland(data: &[u8]) {
    let [question, code, body @ ..] = data else { return };
    let reply = reply(*code, body);
    if json::may_be_too_deep(body) {
        return;
    }
    let ok = reply.status.is_success();
    match question % 8 {
        0 => dial(&reply),
        1 => call(&reply),
        2 => found(&reply, search().in_past(&reply)),
        3 => found(&reply, search().in_active(&reply)),
        4 => match is_inserted(&reply, &FROM) {
            Ok(inserted) => assert!(ok && (!inserted || lists(&reply, "inserted", None))),
            Err(error) => trouble(&error, &reply, FROM.as_str()),
        },
        5 => match is_listed(&reply, &FROM) {
            Ok(listed) => {
                assert!(ok && (listed == Imported::In) == lists(&reply, "inbound_numbers", Some("phone_number")));
            }
            Err(error) => trouble(&error, &reply, FROM.as_str()),
        },
        6 => gone(&reply, stopped(&reply)),
        _ => gone(&reply, forgotten(&reply)),
    }
}

fn dial(reply: &Reply) {
    let status = reply.status.as_u16();
    match dialled(reply, &[&TO]) {
        Ok(id) => {
            assert!(reply.status.is_success());
            let root = json::lossy(&reply.body).expect("it was asked before").root;
            assert_eq!(root.text_of("call_id"), Some(id.as_str()));
            // An answer that calls itself an error has placed no call.
            assert!(root.lacks("error") && root.text_of("status").is_none_or(|status| status == "success"));
            fits_a_path(&id);
        }
        Err(DialError::UnsupportedDestination { message } | DialError::Refused { message }) => {
            fit::repeatable(&message, ASKED);
        }
        Err(DialError::Account { message }) => fit::repeatable(&message, ASKED),
        Err(DialError::NotSent) => panic!("it was answered"),
        // That it has failed is Bland's own word.
        Err(DialError::Unclear) => assert!(!(200..300).contains(&status), "{status}"),
        // An accepted call whose answer cannot be read is ringing: nothing else may be said of it.
        Err(DialError::NumberNotReady | DialError::RateLimited { .. } | DialError::Unknown) => {
            assert!(status != 200 || !reply.body.is_empty() || dialled(reply, &[]) == Err(DialError::Unknown));
        }
    }
}

fn call(reply: &Reply) {
    let id = BlandCallId::parse(CALL).expect("an id");
    match record::read(reply, &id) {
        Ok(call) => {
            assert!(reply.status.is_success() && call.id == id);
            for most in [1, 5, 30] {
                for hung_up in [None, Some(59)] {
                    amounts_to(&call, most, hung_up);
                }
            }
        }
        Err(error) => trouble(&error, reply, ""),
    }
}

/// A look at a call that may last so long, and that was perhaps to be hung up; and another one with
/// the same record half a minute and a minute later.
fn amounts_to(record: &BlandCall, most: u32, hung_up: Option<i64>) {
    let at = |second: i64| Timestamp::from_second(1_781_697_600 + second).expect("a time");
    let mut call = Call {
        id: OURS.clone(),
        line: Line {
            recorded: true,
            message: None,
            questions: Asked::default(),
            from: FROM.clone(),
            to: TO.clone(),
            max_duration: most,
            created_at: at(0),
            dialler: Dialler::Bland,
            placed: Some(CALL.to_owned()),
            looked_at: 0,
            seen_at: None,
            ended_at: None,
            hangup_requested_at: hung_up.map(at),
            closed: false,
            waits: true,
            view: None,
            said: Vec::new(),
            held_for: None,
            erasing: false,
            kept_until: at(86_400),
        },
        business: Business {
            sale: PaymentId::from_row("1".to_owned()),
            wallet: Wallet::from_caip10("eip155:8453:0x00000000000000000000000000000000000000aa").expect("a wallet"),
            charge: Charge::Paid,
            transaction: None,
            refunded_by: None,
            cost: None,
            stopped: false,
        },
    };
    let mut last: Option<Shown> = None;
    for second in [60, 90, 120] {
        call.line.looked_at = at(second).as_second();
        let heard = record.heard(before(&call));
        let look = judge(&call, &heard, Asker::Polls, at(second));
        assert_eq!(look.view, judge(&call, &heard, Asker::Polls, at(second)).view);
        call = call.after(look);
        let shown = Shown::of(call.clone(), at(second));
        is_consistent(&shown);
        assert!(hung_up.is_some() || !shown.is_ending && shown.view.ended_by != EndedBy::Requested);
        assert!(shown.is_final || second < 120 || shown.view.ended_by == EndedBy::InProgress);
        if let Some(last) = last {
            let (was, is) = (&last.view, &shown.view);
            assert!(!last.is_final || (was, &last.money) == (is, &shown.money));
            let end = |view: &View| (view.status, view.ended_by, view.ended_at);
            assert!(was.ended_by == EndedBy::InProgress || end(was) == end(is));
        }
        last = Some(shown);
    }
}

fn is_consistent(Shown { view, money, is_final, .. }: &Shown) {
    let (status, ended_by) = (view.status.as_str(), view.ended_by.as_str());
    assert!(STATUSES.contains(&status) && ENDS.contains(&ended_by));
    let is_over = ended_by != "IN_PROGRESS";
    assert_eq!(is_over, !matches!(status, "started" | "in-progress"));
    assert_eq!(is_over, view.ended_at.is_some());
    assert!(is_over || !is_final);
    assert!(ended_by != "ERROR" || status == "failed");
    assert!(status != "failed" || matches!(ended_by, "ERROR" | "REQUESTED"));
    assert_eq!(status == "failed", money.state == Paid::RefundDue);
    assert!(
        ended_by != "REQUESTED" || (status == "completed") == view.started_at.is_some() || view.started_at.is_none()
    );
    assert!(matches!(view.retry.as_str(), "no" | "later" | "now") && !view.reason.is_empty());
    if matches!(ended_by, "NO_ANSWER" | "BUSY") {
        assert!(view.transcript.is_empty() && view.started_at.is_none() && view.call_length.is_none());
    }
    assert!(is_over || view.call_length.is_none() && view.summary.is_none() && view.recording_url.is_none());
    assert!(view.started_at.zip(view.ended_at).is_none_or(|(started_at, ended_at)| started_at <= ended_at));
    assert!(view.transcript.iter().all(|spoken| matches!(spoken.role, Role::User | Role::Assistant)));
    assert!(view.answered_by.is_none_or(|told| matches!(told.as_str(), "human" | "voicemail" | "unknown")));
    assert!(view.call_ended_by.is_none_or(|told| matches!(told.as_str(), "USER" | "ASSISTANT")));
    assert!(view.call_length.as_deref().is_none_or(|told| serde_json::from_str::<serde_json::Number>(told).is_ok()));
    assert!(view.recording_url.as_deref().is_none_or(|url| url.starts_with("https://") && url.len() <= 2_048));
}

fn search() -> Search<'static> {
    let since = Timestamp::from_second(1_781_697_600).expect("a time");
    Search { from: &FROM, to: &TO, since, request_id: &OURS }
}

fn found(reply: &Reply, sifted: Result<Sifted, BlandError>) {
    match sifted {
        Ok(Sifted::Ours(id)) => {
            fits_a_path(&id);
            let body = String::from_utf8_lossy(&reply.body);
            assert!(body.contains(OURS.as_str()) || body.contains('\\'), "a call that is not ours");
        }
        Ok(Sifted::Perhaps(ids)) => ids.iter().for_each(fits_a_path),
        Err(error) => trouble(&error, reply, ""),
    }
}

fn gone(reply: &Reply, outcome: Result<(), BlandError>) {
    match outcome {
        // What cannot be known is never done.
        Ok(()) => assert!(!reply.status.is_server_error() || reply.status.as_u16() == 500),
        Err(error) => trouble(&error, reply, ""),
    }
}

fn trouble(error: &BlandError, reply: &Reply, asked: &str) {
    match error {
        BlandError::Refused { message } | BlandError::Account { message } => {
            assert!(!reply.status.is_server_error());
            fit::repeatable(message, asked);
        }
        BlandError::RateLimited { .. } => assert_eq!(reply.status.as_u16(), 429),
        BlandError::NotSent => panic!("it was answered"),
        BlandError::NotFound | BlandError::Unknown => {}
    }
}

fn fits_a_path(id: &BlandCallId) {
    let text = id.as_str();
    assert!(!text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'), "{text}");
}

/// Whether a list in the answer has the number, itself or in a field.
fn lists(reply: &Reply, list: &str, field: Option<&str>) -> bool {
    let document = json::lossy(&reply.body).expect("it was asked before");
    let Some(Json::List(rows)) = document.root.get(list) else { return false };
    rows.iter().any(|row| field.map_or(row.text(), |field| row.text_of(field)) == Some(FROM.as_str()))
}
