//! A call's record at Bland. Read leniently: every field may be absent, null or of another type
//! than documented, and none of that is a reason not to know the others. Numbers stay the decimal
//! text that Bland sent.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{BlandCallId, BlandError, answers};
use crate::types::{Decimal, Object, Timestamp};
use crate::wire::http::Reply;

/// A call as Bland describes it. Strings are Bland's own words; what they amount to is for
/// `outcome` to say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BlandCall {
    /// Bland's id.
    pub id: BlandCallId,
    /// Our id, as it travelled in the metadata.
    pub request_id: Option<String>,
    /// Whether it has ended. Bland calls this its most up-to-date field.
    pub completed: bool,
    /// `completed`, `failed`, `busy`, `no-answer`, … Undocumented while the call runs.
    pub status: Option<String>,
    /// `new`, `queued`, `allocated`, `started`, `complete`, `call_error`, …
    pub queue_status: Option<String>,
    /// `human`, `voicemail`, `unknown`, `no-answer`.
    pub answered_by: Option<String>,
    /// `USER` or `ASSISTANT`.
    pub call_ended_by: Option<String>,
    /// Text about an error, also about one that did the call no harm.
    pub error_message: Option<String>,
    /// How long they talked, in minutes.
    pub call_length: Option<Decimal>,
    /// How long the call was connected, in seconds.
    pub corrected_duration: Option<Decimal>,
    /// The longest it might last, in minutes.
    pub max_duration: Option<Decimal>,
    /// What was said, as Bland sent it: in no promised order, with remarks of Bland's own.
    pub transcripts: Vec<Line>,
    /// The same in one text.
    pub concatenated_transcript: Option<String>,
    /// Bland's summary.
    pub summary: Option<String>,
    /// Where the recording is.
    pub recording_url: Option<String>,
    /// Which of the dispositions that were sent along it has given the call.
    pub disposition: Option<String>,
    /// What Bland charges for it, in dollars; the minutes at the carrier are not in it.
    pub price: Option<Decimal>,
    /// When it was asked for.
    pub created_at: Option<Timestamp>,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended, or is to end.
    pub end_at: Option<Timestamp>,
}

/// A row of a transcript.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// `user`, `assistant`, `robot` or `agent-action`.
    pub user: String,
    /// What was said.
    pub text: String,
    /// When.
    pub created_at: Option<Timestamp>,
    /// Bland's number for the row, growing.
    pub id: Option<u64>,
}

type Raw = Option<Box<RawValue>>;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Wire {
    call_id: Raw,
    metadata: Raw,
    completed: Raw,
    status: Raw,
    queue_status: Raw,
    answered_by: Raw,
    call_ended_by: Raw,
    error_message: Raw,
    call_length: Raw,
    corrected_duration: Raw,
    price: Raw,
    max_duration: Raw,
    transcripts: Raw,
    concatenated_transcript: Raw,
    summary: Raw,
    recording_url: Raw,
    disposition_tag: Raw,
    created_at: Raw,
    started_at: Raw,
    end_at: Raw,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireLine {
    user: Raw,
    text: Raw,
    created_at: Raw,
    id: Raw,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Metadata {
    request_id: Raw,
}

/// The record in an answer, if it is one, and of the call that was asked for.
pub fn read(reply: &Reply, id: &BlandCallId) -> Result<BlandCall, BlandError> {
    let wire: Option<Wire> = if reply.status.is_success() { reply.json() } else { None };
    // An error document has a `status` as well, and "error" is a status of calls.
    let record =
        wire.filter(|wire| wire.created_at.is_some() || wire.queue_status.is_some() || wire.completed.is_some());
    let Some(wire) = record else {
        return Err(answers::not_what_was_asked(reply));
    };
    if text(&wire.call_id).is_some_and(|told| told != id.as_str()) {
        return Err(BlandError::Unknown);
    }
    Ok(BlandCall {
        id: id.clone(),
        request_id: request_id(&wire.metadata),
        completed: wire.completed.as_deref().is_some_and(|raw| matches!(raw.get(), "true" | "\"true\"")),
        status: text(&wire.status),
        queue_status: text(&wire.queue_status),
        answered_by: text(&wire.answered_by),
        call_ended_by: text(&wire.call_ended_by),
        error_message: text(&wire.error_message),
        call_length: decimal(&wire.call_length),
        corrected_duration: decimal(&wire.corrected_duration),
        price: decimal(&wire.price),
        max_duration: decimal(&wire.max_duration),
        transcripts: lines(&wire.transcripts),
        concatenated_transcript: text(&wire.concatenated_transcript),
        summary: text(&wire.summary),
        recording_url: text(&wire.recording_url),
        disposition: text(&wire.disposition_tag),
        created_at: text(&wire.created_at).as_deref().and_then(instant),
        started_at: text(&wire.started_at).as_deref().and_then(instant),
        end_at: text(&wire.end_at).as_deref().and_then(instant),
    })
}

/// Our id in a call's metadata.
pub(super) fn request_id(metadata: &Raw) -> Option<String> {
    let metadata: Metadata = serde_json::from_str(metadata.as_deref()?.get()).ok()?;
    text(&metadata.request_id)
}

/// RFC 3339, with or without an offset: Bland writes UTC either way.
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| {
        let local: jiff::civil::DateTime = text.parse().ok()?;
        jiff::tz::TimeZone::UTC.to_timestamp(local).ok()
    })
}

/// A string that says something.
fn text(raw: &Raw) -> Option<String> {
    let text: String = serde_json::from_str(raw.as_deref()?.get()).ok()?;
    (!text.is_empty()).then_some(text)
}

/// A number, or a string that holds one.
fn decimal(raw: &Raw) -> Option<Decimal> {
    text(raw).map_or_else(|| Decimal::parse(raw.as_deref()?.get()), |text| Decimal::parse(&text))
}

/// Row by row: one that cannot be read takes no other with it.
fn lines(raw: &Raw) -> Vec<Line> {
    let rows = raw.as_deref().and_then(|raw| serde_json::from_str::<Vec<Box<RawValue>>>(raw.get()).ok());
    rows.unwrap_or_default().iter().filter_map(|row| line(row)).collect()
}

fn line(row: &RawValue) -> Option<Line> {
    let Object(row): Object<WireLine> = serde_json::from_str(row.get()).ok()?;
    Some(Line {
        user: text(&row.user)?,
        text: text(&row.text)?,
        created_at: text(&row.created_at).as_deref().and_then(instant),
        id: decimal(&row.id).map(|id| id.times(1)),
    })
}

#[cfg(test)]
mod tests {
    use super::{instant, read};
    use crate::types::Usdc;
    use crate::upstream::bland::{BlandCallId, BlandError};
    use crate::upstream::heard::{Before, Stopped};
    use crate::wire::http::Reply;

    fn reply(status: u16, body: &str) -> Reply {
        Reply {
            status: http::StatusCode::from_u16(status).unwrap(),
            retry_after: None,
            headers: http::HeaderMap::new(),
            body: body.into(),
        }
    }

    #[test]
    fn a_record_keeps_what_it_says_and_survives_what_it_should_not_say() {
        let id = BlandCallId::parse("8dd6f762-6c67").unwrap();
        let body = r#"{"call_id":"8dd6f762-6c67","completed":true,"status":"completed","queue_status":"complete",
            "call_length":0.750,"corrected_duration":"45","max_duration":5,"error_message":null,"answered_by":7,
            "metadata":{"request_id":"R1","other":{}},"created_at":"2026-06-17T12:00:00.5+00:00","price":1e-7,
            "transcripts":[{"id":12,"user":"user","text":"Hello?","created_at":"2026-06-17T12:00:01Z","c_id":3},{"id":13},null]}"#;
        let call = read(&reply(200, body), &id).unwrap();
        assert_eq!(call.call_length.unwrap().as_str(), "0.750");
        assert_eq!(call.corrected_duration.unwrap().as_str(), "45");
        assert_eq!(call.request_id.as_deref(), Some("R1"));
        assert_eq!((call.answered_by, call.error_message, call.summary), (None, None, None));
        assert_eq!(call.price, None, "money is not read from what is not a plain number");
        let [line] = call.transcripts.as_slice() else {
            panic!("{:?}", call.transcripts);
        };
        assert_eq!((line.user.as_str(), line.text.as_str(), line.id), ("user", "Hello?", Some(12)));
    }

    #[test]
    fn a_row_that_cannot_be_read_takes_no_other_with_it() {
        let id = BlandCallId::parse("a").unwrap();
        let read = |rows: &str| {
            let call = read(&reply(200, &format!(r#"{{"completed":true,"transcripts":{rows}}}"#)), &id).unwrap();
            call.transcripts.into_iter().map(|line| line.text).collect::<Vec<_>>()
        };
        let (first, last) = (r#"{"user":"user","text":"Hello?"}"#, r#"{"user":"assistant","text":"Goodbye."}"#);
        for broken in
            ["null", "7", "\"text\"", "[]", r#"["user","text"]"#, "{}", r#"{"user":"user","user":"user","text":"x"}"#]
        {
            assert_eq!(read(&format!("[{first},{broken},{last}]")), ["Hello?", "Goodbye."], "{broken}");
        }
        let odd = r#"{"user":"user","text":"Yes.","created_at":{},"id":"x"}"#;
        assert_eq!(read(&format!("[{odd}]")), ["Yes."]);
        for rows in ["null", "{}", "\"[]\"", "[]"] {
            assert_eq!(read(rows), Vec::<String>::new(), "{rows}");
        }
    }

    #[test]
    fn what_a_call_costs_is_read_in_micro_dollars() {
        let id = BlandCallId::parse("a").unwrap();
        let before = Before {
            max_duration: 5,
            spoke: false,
            rang: false,
            hangup_requested_at: None,
            stopped: Stopped::TimeUp,
            leaves_message: false,
        };
        for (price, micros) in [
            ("0.035", Some(35_000)),
            ("\"0.7\"", Some(700_000)),
            ("4.2", Some(4_200_000)),
            ("0", Some(0)),
            ("null", None),
            ("-1", None),
        ] {
            let call = read(&reply(200, &format!(r#"{{"completed":true,"price":{price}}}"#)), &id).unwrap();
            assert_eq!(call.heard(before).price, micros.map(Usdc::micros), "{price}");
        }
    }

    #[test]
    fn what_is_not_a_record_is_told_apart() {
        let id = BlandCallId::parse("a").unwrap();
        for (status, body, error) in [
            (404, r#"{"data":null,"errors":[{"error":"CALL_NOT_FOUND","message":"x"}]}"#, BlandError::NotFound),
            (200, r#"{"data":null,"errors":[{"error":"NOT_FOUND","message":"x"}]}"#, BlandError::NotFound),
            (400, r#"{"status":"error","message":"Call not found"}"#, BlandError::NotFound),
            (200, r#"{"status":"success"}"#, BlandError::Unknown),
            (200, r#"{"completed":true,"call_id":"b"}"#, BlandError::Unknown),
            (200, "<html>", BlandError::Unknown),
            (502, "<html>", BlandError::Unknown),
            (429, "{}", BlandError::RateLimited { retry_after: 60 }),
            (
                401,
                r#"{"data":null,"errors":[{"error":"AUTH_FAILURE","message":"Unauthorized"}]}"#,
                BlandError::Account { message: "AUTH_FAILURE: Unauthorized".into() },
            ),
        ] {
            assert_eq!(read(&reply(status, body), &id), Err(error), "{status} {body}");
        }
    }

    #[test]
    fn a_time_without_an_offset_is_utc() {
        let expected = Some(crate::types::Timestamp::from_second(1_781_697_600).unwrap());
        for text in
            ["2026-06-17T12:00:00Z", "2026-06-17T12:00:00", "2026-06-17 12:00:00+00", "2026-06-17T14:00:00+02:00"]
        {
            assert_eq!(instant(text), expected, "{text}");
        }
        assert_eq!(instant("yesterday"), None);
    }
}
