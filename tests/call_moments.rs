//! What a client sees of a call at every moment: every story of the dialler is polled once a second, as a program and as a person
//! sees it, from the dial to the last word about its money. No two fields of an answer may contradict each other, no answer
//! may take back what one before it said, and the page may not say anything else.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "in a test, panicking is how it fails")]

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use harness::sim::bland::Script;
use harness::{Stack, binaries};
use serde_json::{Value, json};
use shared::types::Timestamp;

/// Each story, how it ends, and after how many seconds its steps are taken, over and over.
const STORIES: [(Script, &str, &str, &[u64]); 24] = [
    (Script::UserHangsUp, "completed", "USER", &[1, 2]),
    (Script::UserHangsUp, "completed", "USER", &[1, 1, 2, 1, 1, 3, 1, 40]),
    (Script::AssistantEnds, "completed", "ASSISTANT", &[2, 1, 3]),
    (Script::Timeout, "completed", "TIMEOUT", &[1, 3, 1, 2, 2, 1, 4, 13]),
    (Script::NoAnswer, "no_answer", "NO_ANSWER", &[3, 4]),
    (Script::Busy, "busy", "BUSY", &[2, 5, 6]),
    (Script::Voicemail, "completed", "VOICEMAIL", &[1, 4, 2, 7]),
    (Script::Failed, "failed", "ERROR", &[3]),
    (Script::Errored, "failed", "ERROR", &[1, 2, 5]),
    (Script::NotFound, "failed", "ERROR", &[4, 1]),
    (Script::CarrierBlock, "failed", "ERROR", &[2, 2, 7]),
    (Script::PreQueueError, "failed", "ERROR", &[6]),
    (Script::CallError, "failed", "ERROR", &[1, 2, 3]),
    (Script::CallError, "failed", "ERROR", &[1, 1, 1, 1, 1, 1, 1, 20]),
    (Script::CallError, "failed", "ERROR", &[1, 1, 1, 1, 1, 1, 1, 40]),
    (Script::CompleteError, "completed", "USER", &[2, 1, 1]),
    (Script::HealthyWithMessage, "completed", "ASSISTANT", &[1, 1, 4]),
    (Script::EndedByNobodyAfterAction, "completed", "ASSISTANT", &[1, 2, 1]),
    (Script::EndedByNobodyInSilence, "no_answer", "NO_ANSWER", &[2, 3, 1]),
    (Script::EndedByNobody, "completed", "USER", &[3, 1]),
    (Script::SpelledCompleted, "completed", "USER", &[1, 1, 1, 5]),
    (Script::EndedByNobody, "completed", "USER", &[1, 1, 1, 1, 1, 1, 1, 70]),
    // Ours to end, when their time is up.
    (Script::NeverEnds, "completed", "TIMEOUT", &[2]),
    (Script::NeverStarts, "failed", "ERROR", &[2]),
];
/// For how long an end is held.
const HOLD: u64 = 30;
/// How often the dialler is asked.
const LOOK: u64 = 5;
/// The functions count whole seconds of their clock and the test those of its own, so the two may differ by one.
const ROUNDING: u64 = 1;
/// The longest of a call is a minute; it is stopped a minute after that, settles in another, and is paid back by the second round
/// of the sweep after that.
const LONGEST: u64 = 400;

/// Seconds of this world: those that are travelled, and those of a machine that may be slow.
#[derive(Clone, Copy)]
struct Clock {
    began: Instant,
    travelled: u64,
}

impl Clock {
    fn seconds(self) -> u64 {
        self.began.elapsed().as_secs() + self.travelled
    }
}

/// A call as it goes on.
struct Story {
    name: String,
    id: String,
    vendors: String,
    due: VecDeque<u64>,
    seen: Vec<Value>,
    /// When it was last asked for.
    asked_at: u64,
    /// When it ended at the dialler.
    ended_at: Option<u64>,
    expected: (&'static str, &'static str),
    rests: bool,
}

#[tokio::test]
async fn no_moment_of_any_call_contradicts_itself_or_an_earlier_one() {
    let stack = Stack::builder(binaries!()).parameter("BlandPlan", "scale").start().await;
    let mut stories = Vec::new();
    for chunk in STORIES.chunks(3) {
        // A wallet has three calls at once.
        let wallet = stack.wallet();
        stack.post("/api/v1/phone/numbers/buy").body(&json!({})).pay(&wallet).await.answer.expect(200);
        for (script, status, ended_by, pace) in chunk {
            stack.bland.script_next(script.clone());
            let to = format!("+1213361{:04}", 1_000 + stories.len());
            let body = json!({"phone_number": to, "task": "Ask Andy to take a break.", "max_duration": 1});
            let placed = stack.post("/api/v1/voice/call").body(&body).pay(&wallet).await.answer.expect(200).json();
            let moments = pace.iter().cycle().scan(0, |at, gap| {
                *at += gap;
                Some(*at)
            });
            stories.push(Story {
                name: format!("{script:?} {pace:?}"),
                id: placed["call_id"].as_str().expect("an id").to_owned(),
                vendors: stack.bland.calls().last().expect("a call").id.clone(),
                due: moments.take(12).collect(),
                seen: Vec::new(),
                asked_at: 0,
                ended_at: None,
                expected: (*status, *ended_by),
                rests: false,
            });
        }
    }
    let mut clock = Clock { began: Instant::now(), travelled: 0 };
    let mut swept_at = 0;
    while clock.seconds() < LONGEST && !stories.iter().all(|story| story.rests) {
        stack.travel(Duration::from_secs(1));
        clock.travelled += 1;
        for story in stories.iter_mut().filter(|story| !story.rests) {
            story.goes_on(&stack, clock);
        }
        if clock.seconds() >= swept_at + 60 {
            stack.sweep().await;
            swept_at = clock.seconds();
        }
        join_all(stories.iter_mut().filter(|story| !story.rests).map(|story| story.is_seen(&stack, clock))).await;
    }
    for story in &stories {
        let last = story.seen.last().expect("a poll");
        assert!(story.rests, "{}: {last}", story.name);
        assert_eq!(
            (last["status"].as_str(), last["ended_by"].as_str()),
            (Some(story.expected.0), Some(story.expected.1)),
            "{}",
            story.name
        );
        let refund = (story.expected.1 == "ERROR").then_some("refunded");
        assert_eq!(last["refund"]["status"].as_str(), refund, "{}", story.name);
        if story.expected.1 == "TIMEOUT" {
            assert_eq!(last["charged"], true, "{}", story.name);
        }
    }
}

impl Story {
    /// Takes the steps whose time has come.
    fn goes_on(&mut self, stack: &Stack, clock: Clock) {
        while self.due.pop_front_if(|due| *due <= clock.seconds()).is_some() {
            stack.bland.advance(&self.vendors);
        }
    }

    async fn is_seen(&mut self, stack: &Stack, clock: Clock) {
        let asked_at = clock.seconds();
        if self.ended_at.is_none() && stack.bland.call(&self.vendors).expect("a call").is_over() {
            self.ended_at = Some(asked_at);
        }
        let path = format!("/api/v1/voice/call/{}", self.id);
        let page = stack.get(&path).header("accept", "text/html").send().await;
        let page = String::from_utf8(page.expect(200).body.to_vec()).expect("UTF-8");
        let now = stack.get(&path).send().await.expect(200).json();
        let what = format!("{} after {asked_at} s:\n{now}", self.name);
        is_consistent(&now, &what);
        let before = self.seen.last();
        if let Some(before) = before {
            takes_nothing_back(before, &now, &what);
        }
        // The end may have come between the page and the answer.
        let may_be = [Some(&now), before].map(|seen| seen.map(page_of));
        assert!(may_be.contains(&Some(Page::read(&page))), "{what}\n{:?}\nbut {:?}", may_be, Page::read(&page));
        if now["ended_by"] != "IN_PROGRESS" && before.is_none_or(|before| before["ended_by"] == "IN_PROGRESS") {
            self.has_ended(&now, clock.seconds(), &what);
        }
        self.rests = page.contains("data-again=\"0\"");
        self.seen.push(now);
        self.asked_at = asked_at;
    }

    /// An end comes with what belongs to it, or after the longest time that it is held.
    fn has_ended(&self, now: &Value, second: u64, what: &str) {
        let ended_at = self.ended_at.expect("it has ended at the dialler");
        let is_talk = match now["ended_by"].as_str() {
            Some("ERROR") => now["transcript"] != json!([]),
            ended_by => matches!(ended_by, Some("USER" | "ASSISTANT" | "TIMEOUT" | "VOICEMAIL")),
        };
        let is_inferred = now["ended_by"] == "NO_ANSWER" && now["answered_by"].is_null();
        let held = self.asked_at.saturating_sub(ended_at);
        let longest = if is_talk || is_inferred { HOLD + LOOK } else { LOOK } + ROUNDING;
        assert!(held <= longest, "it was still held after {held} s: {what}");
        if is_talk && second - ended_at < HOLD - ROUNDING {
            for result in ["summary", "call_length", "recording_url"] {
                assert!(!now[result].is_null(), "{result}: {what}");
            }
        }
    }
}

/// Every pair of fields that can contradict each other.
fn is_consistent(now: &Value, what: &str) {
    let ended_by = now["ended_by"].as_str().expect("always there");
    let is_over = ended_by != "IN_PROGRESS";
    let is_error = ended_by == "ERROR";
    let pending = now["payment"] == "pending";
    let statuses: &[&str] = match ended_by {
        "IN_PROGRESS" => &["started", "in-progress"],
        "ERROR" => &["failed"],
        "BUSY" => &["busy"],
        "NO_ANSWER" => &["no_answer"],
        _ => &["completed"],
    };
    assert!(statuses.contains(&now["status"].as_str().expect("always there")), "status: {what}");
    let reason = now["ended_by_reason"].as_str().expect("always there");
    assert_eq!(reason.contains("Keep polling"), !is_over, "reason: {what}");
    assert_eq!(reason.contains("not charged"), is_error, "reason: {what}");
    let is_final = now["final"].as_bool().expect("always there");
    assert!(!is_final || is_over && !pending, "final: {what}");
    let retries: &[&str] = match ended_by {
        "IN_PROGRESS" | "USER" | "ASSISTANT" | "TIMEOUT" => &["no"],
        "ERROR" => &["no", "later", "now"],
        _ => &["later"],
    };
    assert!(retries.contains(&now["retry"].as_str().expect("always there")), "retry: {what}");
    let after = now["poll_after_seconds"].as_u64();
    assert_eq!(after.is_none(), now["final"] == true, "poll_after_seconds: {what}");
    assert!(after.is_none_or(|after| (1..=5).contains(&after)), "poll_after_seconds: {what}");
    assert_eq!(now["untrusted"], json!(["transcript", "concatenated_transcript", "summary"]), "untrusted: {what}");

    let charged = now["charged"].as_bool().expect("always there");
    assert_eq!(now["paid"], if charged { "0.54" } else { "0.00" }, "paid: {what}");
    assert_eq!(charged, !is_error && !pending, "charged: {what}");
    assert_eq!(now["refund"].is_object(), is_error && !pending, "refund: {what}");
    assert_eq!(now["refund"]["transaction"].is_string(), now["refund"]["status"] == "refunded", "refund: {what}");

    let is_answered = now["started_at"].is_string();
    let lines = now["transcript"].as_array().expect("always there").len();
    assert_eq!(now["ended_at"].is_string(), is_over, "ended_at: {what}");
    assert!(!is_answered || !is_over || now["started_at"].as_str() <= now["ended_at"].as_str(), "times: {what}");
    assert!(is_answered || lines == 0, "started_at: {what}");
    match ended_by {
        "NO_ANSWER" | "BUSY" => assert!(!is_answered && lines == 0, "it was not answered: {what}"),
        "USER" | "ASSISTANT" | "TIMEOUT" | "VOICEMAIL" => assert!(is_answered, "it was answered: {what}"),
        "ERROR" => assert_eq!(is_answered, lines > 0, "who was there: {what}"),
        _ => {}
    }
    for result in ["summary", "call_length", "recording_url", "call_ended_by"] {
        assert!(now[result].is_null() || is_over && is_answered, "{result}: {what}");
    }
    let text = now["concatenated_transcript"].as_str().unwrap_or_default();
    assert_eq!(text.lines().count(), lines, "concatenated_transcript: {what}");
    assert!(!matches!(ended_by, "NO_ANSWER" | "BUSY") || now["answered_by"].is_null(), "answered_by: {what}");
}

/// What was said stays said.
fn takes_nothing_back(before: &Value, now: &Value, what: &str) {
    let lines = |seen: &Value| seen["transcript"].as_array().expect("always there").clone();
    assert!(lines(now).starts_with(&lines(before)), "transcript: {what}");
    if before["ended_by"] == "IN_PROGRESS" {
        let started = before["status"] == "started";
        assert!(started || now["status"] != "started", "status: {what}");
        return;
    }
    for end in ["status", "ended_by", "ended_by_reason", "retry", "answered_by", "call_ended_by"] {
        assert_eq!(before[end], now[end], "{end}: {what}");
    }
    for result in ["summary", "call_length", "recording_url"] {
        assert!(before[result].is_null() || before[result] == now[result], "{result}: {what}");
    }
    if before["final"] == true {
        for field in now.as_object().expect("fields").keys() {
            // A refund goes on, and both times are a second earlier, as time passes in this world.
            let goes_on = matches!(field.as_str(), "refund" | "started_at" | "ended_at");
            assert!(goes_on || before[field] == now[field], "{field} has changed, and it was final: {what}");
        }
    }
    assert!(before["payment"] == "pending" || before["charged"] == true || now["charged"] == false, "charged: {what}");
    let order = ["due", "refunded"];
    let step = |seen: &Value| order.iter().position(|step| seen["refund"]["status"] == *step);
    assert!(step(before) <= step(now), "refund: {what}");
    // A second has passed, and time passes by taking it off what is stored.
    let at = |seen: &Value| seen["ended_at"].as_str().expect("a time").parse::<Timestamp>().expect("a time");
    assert_eq!(at(before).as_second() - at(now).as_second(), 1, "ended_at: {what}");
}

/// What a person reads.
#[derive(Debug, PartialEq, Eq)]
struct Page {
    title: String,
    money: String,
    answered: bool,
    ended: bool,
    summary: bool,
}

impl Page {
    fn read(html: &str) -> Self {
        let between = |start: &str, end: &str| {
            let rest = html.split_once(start).map_or("", |(_, rest)| rest);
            rest.split_once(end).map_or("", |(text, _)| text).to_owned()
        };
        Self {
            title: between("aria-hidden=\"true\"></span>", "</h1>"),
            money: between("<p class=\"money\">", "</p>"),
            answered: html.contains("<dt>Answered</dt>"),
            ended: html.contains("<dt>Ended</dt>"),
            summary: html.contains("Summary</h2>"),
        }
    }
}

/// What a person should read, where a program reads this.
fn page_of(seen: &Value) -> Page {
    let title = match seen["ended_by"].as_str().expect("always there") {
        "IN_PROGRESS" if seen["started_at"].is_null() => "Calling",
        "IN_PROGRESS" => "On the phone",
        "USER" => "They hung up",
        "ASSISTANT" => "The AI hung up",
        "TIMEOUT" => "Time was up",
        "NO_ANSWER" => "Nobody answered",
        "BUSY" => "The line was busy",
        "VOICEMAIL" => "Voicemail answered",
        _ => "The call failed",
    };
    let money = match seen["refund"]["status"].as_str() {
        Some("due") => "Not charged: $0.54 is on its way back to the wallet that paid.",
        Some(_) => "Not charged: $0.54 was paid back to the wallet that paid.",
        None => "$0.54 paid.",
    };
    Page {
        title: title.to_owned(),
        money: money.to_owned(),
        answered: seen["started_at"].is_string(),
        ended: seen["ended_at"].is_string(),
        summary: seen["summary"].is_string(),
    }
}
