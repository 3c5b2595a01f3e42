//! What a client sees of a call at every moment: every story of the dialler is polled once a
//! second, as a program and as a person sees it, from the dial to the last word about its money. No
//! two fields of an answer may contradict each other, no answer may take back what one before it
//! said, and the page may not say anything else.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use harness::sim::bland::Script;
use harness::{Stack, binaries};
use serde_json::{Value, json};
use shared::types::Timestamp;

/// Each story, how it ends, and after how many seconds its steps are taken, over and over.
const STORIES: [(Script, &str, &str, &[u64]); 29] = [
    (Script::UserHangsUp, "completed", "USER", &[1, 2]),
    (Script::UserHangsUp, "completed", "USER", &[1, 1, 2, 1, 1, 3, 1, 40]),
    (Script::AssistantEnds, "completed", "ASSISTANT", &[2, 1, 3]),
    (Script::Timeout, "completed", "TIMEOUT", &[1, 3, 1, 2, 2, 1, 4, 13]),
    (Script::NoAnswer, "no_answer", "NO_ANSWER", &[3, 4]),
    (Script::Busy, "busy", "BUSY", &[2, 5, 6]),
    (Script::Voicemail, "completed", "VOICEMAIL", &[1, 4, 2, 7]),
    (Script::Voicemail, "completed", LEFT, &[1, 2, 2, 3, 1]),
    (Script::Voicemail, "completed", LEFT, &[1, 2, 2, 3, 1, 50]),
    (Script::VoicemailCutOff, "completed", WANTED, &[1, 1, 2, 2, 4]),
    (Script::VoicemailFull, "completed", WANTED, &[2, 1, 3, 40]),
    (Script::UserHangsUp, "completed", HEARD, &[1, 3]),
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
    (Script::EndedUnsaidAfterAction, "completed", "ASSISTANT", &[1, 2, 1]),
    (Script::EndedUnsaidInSilence, "no_answer", "NO_ANSWER", &[2, 3, 1]),
    (Script::EndedUnsaid, "completed", "USER", &[3, 1]),
    (Script::SpelledCompleted, "completed", "USER", &[1, 1, 1, 5]),
    (Script::EndedUnsaid, "completed", "USER", &[1, 1, 1, 1, 1, 1, 1, 70]),
    // Ours to end, when their time is up.
    (Script::NeverEnds, "completed", "TIMEOUT", &[2]),
    (Script::NeverStarts, "failed", "ERROR", &[2]),
];
/// Stories that are cut short after so many seconds, because that is asked for.
const HUNG_UP: [(Script, &str, &str, &[u64], u64); 10] = [
    // Before the phone rings.
    (Script::NeverStarts, "failed", "REQUESTED", &[2], 1),
    (Script::NeverStarts, "failed", "REQUESTED", &[2], 7),
    (Script::NeverEnds, "failed", "REQUESTED", &[2, 400], 3),
    // While they talk.
    (Script::NeverEnds, "completed", "REQUESTED", &[1], 9),
    (Script::NeverEnds, "completed", "REQUESTED", &[2], 31),
    (Script::UserHangsUp, "completed", "REQUESTED", &[3, 2, 4, 100], 12),
    (Script::Voicemail, "completed", "REQUESTED", &[1, 2, 2, 100], 8),
    // When their time is up, but for a second or two.
    (Script::NeverEnds, "completed", "REQUESTED", &[2], 59),
    // What is over stays what it is.
    (Script::AssistantEnds, "completed", "ASSISTANT", &[1], 40),
    (Script::CallError, "failed", "ERROR", &[1], 40),
];
/// Ends of calls with a message for voicemail: one that takes it, one that does not, and a person.
const LEFT: &str = "VOICEMAIL+left";
const WANTED: &str = "VOICEMAIL+wanted";
const HEARD: &str = "USER+wanted";
/// For how long an end is held.
const HOLD: u64 = 30;
/// How often the dialler is asked.
const LOOK: u64 = 30;
/// The functions count whole seconds of their clock and the test those of its own, so the two may
/// differ by one.
const ROUNDING: u64 = 1;
/// The longest of a call is a minute; it is stopped a minute after that, settles in another, and is
/// paid back by the second round of the reaper after that.
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
    /// The longest from one poll to the next, which on a slow machine is more than a second: by so
    /// much a look may come later.
    gap: u64,
    /// When it ended at the dialler.
    ended_at: Option<u64>,
    expected: (&'static str, &'static str),
    /// Whether it had a message for voicemail, and whether that was left.
    message: Option<bool>,
    rests: bool,
    /// When it is to be hung up.
    hung_up: Option<u64>,
}

#[tokio::test]
async fn no_moment_of_any_call_contradicts_itself_or_an_earlier_one() {
    let stack = Stack::builder(binaries!()).parameter("BlandPlan", "scale").start().await;
    let mut stories = Vec::new();
    let natural = STORIES.map(|(script, status, ended_by, pace)| (script, status, ended_by, pace, None));
    let hung_up = HUNG_UP.map(|(script, status, ended_by, pace, at)| (script, status, ended_by, pace, Some(at)));
    for chunk in natural.into_iter().chain(hung_up).collect::<Vec<_>>().chunks(3) {
        // A wallet has three calls at once.
        let wallet = stack.wallet();
        stack.post("/api/v1/phone/numbers/buy").body(&json!({})).pay(&wallet).await.answer.expect(200);
        for (script, status, ended_by, pace, hung_up) in chunk {
            stack.bland.script_next(script.clone());
            let to = format!("+1213361{:04}", 1_000 + stories.len());
            let (ended_by, message) = ended_by.split_once('+').unwrap_or((ended_by, ""));
            let mut body = json!({"phone_number": to, "task": "Ask Andy to take a break.", "max_duration": 1});
            if !message.is_empty() {
                body["voicemail_message"] = json!("This is Vicky. Please call me back.");
            }
            let placed = stack.post("/api/v1/voice/call").body(&body).pay(&wallet).await.answer.expect(200).json();
            let moments = pace.iter().cycle().scan(0, |at, gap| {
                *at += gap;
                Some(*at)
            });
            stories.push(Story {
                name: format!("{script:?} {pace:?} {hung_up:?}"),
                id: placed["call_id"].as_str().expect("an id").to_owned(),
                vendors: stack.bland.calls().last().expect("a call").id.clone(),
                due: moments.take(12).collect(),
                seen: Vec::new(),
                asked_at: 0,
                gap: ROUNDING,
                ended_at: None,
                expected: (*status, ended_by),
                message: match message {
                    "" => None,
                    _ => Some(message == "left"),
                },
                rests: false,
                hung_up: *hung_up,
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
        join_all(stories.iter_mut().map(|story| story.is_hung_up(&stack, clock))).await;
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
        let left = story.message == Some(true);
        assert_eq!(last["voicemail_left"], if left { json!(true) } else { Value::Null }, "{}", story.name);
        let refund = (story.expected.0 == "failed").then_some("refunded");
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

    /// Has it hung up when that time has come, once.
    async fn is_hung_up(&mut self, stack: &Stack, clock: Clock) {
        if self.hung_up.take_if(|at| *at <= clock.seconds()).is_some() {
            let answer = stack.post(&format!("/api/v1/voice/call/{}/hangup", self.id)).send().await;
            let was_shown = self.seen.last().is_some_and(|seen| seen["ended_by"] != "IN_PROGRESS");
            assert!(matches!(answer.status.as_u16(), 202 | 409), "{}: {}", self.name, answer.status);
            assert!(answer.status == 409 || !was_shown, "{}: it was shown to have ended", self.name);
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
        says_of_the_message(&now, self.message.is_some(), &what);
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
        if !self.seen.is_empty() {
            self.gap = self.gap.max(asked_at - self.asked_at);
        }
        self.seen.push(now);
        self.asked_at = asked_at;
    }

    /// An end comes with what belongs to it, or after the longest time that it is held.
    fn has_ended(&self, now: &Value, second: u64, what: &str) {
        let ended_at = self.ended_at.expect("it has ended at the dialler");
        let is_talk = match now["ended_by"].as_str() {
            Some("ERROR" | "REQUESTED") => now["transcript"] != json!([]),
            ended_by => matches!(ended_by, Some("USER" | "ASSISTANT" | "TIMEOUT" | "VOICEMAIL")),
        };
        let is_inferred = now["ended_by"] == "REQUESTED" && now["started_at"].is_string()
            || now["ended_by"] == "NO_ANSWER" && now["answered_by"].is_null();
        let held = self.asked_at.saturating_sub(ended_at);
        let longest = if is_talk || is_inferred { HOLD + LOOK } else { LOOK } + self.gap;
        assert!(held <= longest, "it was still held after {held} s: {what}");
        if is_talk && second - ended_at < HOLD - ROUNDING {
            for result in ["summary", "call_length", "recording_url"] {
                assert!(!now[result].is_null(), "{result}: {what}");
            }
        }
    }
}

/// That a message was left is said of a machine's end, where it stands in the transcript, and the
/// sentence says what there is to know.
fn says_of_the_message(now: &Value, had_one: bool, what: &str) {
    let left = &now["voicemail_left"];
    assert!(left.is_null() || *left == true, "voicemail_left: {what}");
    let spoken = now["transcript"].as_array().expect("always there").iter().any(|line| {
        line["role"] == "assistant"
            && line["text"].as_str().is_some_and(|text| text.ends_with(" This is Vicky. Please call me back."))
    });
    let is_machine = now["ended_by"] == "VOICEMAIL";
    assert_eq!(*left == true, is_machine && spoken, "voicemail_left: {what}");
    let reason = now["ended_by_reason"].as_str().expect("always there");
    assert_eq!(reason.contains("without leaving a message"), is_machine && !had_one, "reason: {what}");
    assert_eq!(reason.contains("voicemail_left"), is_machine && had_one, "reason: {what}");
}

/// Every pair of fields that can contradict each other.
fn is_consistent(now: &Value, what: &str) {
    let ended_by = now["ended_by"].as_str().expect("always there");
    let is_over = ended_by != "IN_PROGRESS";
    let is_free = now["status"] == "failed";
    let pending = now["payment"] == "pending";
    let statuses: &[&str] = match ended_by {
        "IN_PROGRESS" => &["started", "in-progress"],
        "ERROR" => &["failed"],
        "BUSY" => &["busy"],
        "NO_ANSWER" => &["no_answer"],
        "REQUESTED" => &["completed", "no_answer", "failed"],
        _ => &["completed"],
    };
    assert!(statuses.contains(&now["status"].as_str().expect("always there")), "status: {what}");
    let reason = now["ended_by_reason"].as_str().expect("always there");
    assert_eq!(reason.contains("Keep polling"), !is_over, "reason: {what}");
    assert_eq!(reason.contains("not charged"), is_free, "reason: {what}");
    let is_final = now["final"].as_bool().expect("always there");
    assert!(!is_final || is_over && !pending, "final: {what}");
    let retries: &[&str] = match ended_by {
        "IN_PROGRESS" | "USER" | "ASSISTANT" | "TIMEOUT" | "REQUESTED" => &["no"],
        "ERROR" => &["no", "later", "now"],
        _ => &["later"],
    };
    assert!(retries.contains(&now["retry"].as_str().expect("always there")), "retry: {what}");
    let after = now["poll_after_seconds"].as_u64();
    assert_eq!(after.is_none(), now["final"] == true, "poll_after_seconds: {what}");
    assert!(after.is_none_or(|after| (1..=10).contains(&after)), "poll_after_seconds: {what}");
    assert_eq!(
        now["untrusted"],
        json!(["transcript", "concatenated_transcript", "summary", "result"]),
        "untrusted: {what}"
    );

    let charged = now["charged"].as_bool().expect("always there");
    assert_eq!(now["paid"], if charged { "0.54" } else { "0.00" }, "paid: {what}");
    assert_eq!(charged, !is_free && !pending, "charged: {what}");
    assert_eq!(now["refund"].is_object(), is_free && !pending, "refund: {what}");
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
        "REQUESTED" => assert_eq!(is_answered, now["status"] == "completed", "it was answered: {what}"),
        _ => {}
    }
    for result in ["summary", "call_length", "recording_url", "call_ended_by"] {
        assert!(now[result].is_null() || is_over && is_answered, "{result}: {what}");
    }
    let places = now["transcript"].as_array().expect("always there").iter().map(|line| line["index"].as_u64());
    assert!(places.eq((0..).take(lines).map(Some)), "index: {what}");
    let is_said = now["transcript_final"].as_bool().expect("always there");
    assert!(!is_said || is_over, "transcript_final: {what}");
    assert!(is_said || !is_final, "transcript_final: {what}");
    let text = now["concatenated_transcript"].as_str().unwrap_or_default();
    assert_eq!(text.lines().count(), lines, "concatenated_transcript: {what}");
    assert!(!matches!(ended_by, "NO_ANSWER" | "BUSY") || now["answered_by"].is_null(), "answered_by: {what}");
}

/// What was said stays said.
fn takes_nothing_back(before: &Value, now: &Value, what: &str) {
    let lines = |seen: &Value| seen["transcript"].as_array().expect("always there").clone();
    assert!(lines(now).starts_with(&lines(before)), "transcript: {what}");
    // Once it is known it stays; a second has passed, and time passes by taking it off what is
    // stored.
    let at =
        |seen: &Value, what: &str| seen[what].as_str().map(|at| at.parse::<Timestamp>().expect("a time").as_second());
    if let Some(answered) = at(before, "started_at") {
        assert_eq!(at(now, "started_at"), Some(answered - 1), "started_at: {what}");
    }
    let was_said = before["transcript_final"] == true;
    assert!(!was_said || now["transcript_final"] == true && lines(now) == lines(before), "transcript_final: {what}");
    if before["ended_by"] == "IN_PROGRESS" {
        let started = before["status"] == "started";
        assert!(started || now["status"] != "started", "status: {what}");
        return;
    }
    for end in ["status", "ended_by", "ended_by_reason", "retry", "answered_by", "call_ended_by"] {
        assert_eq!(before[end], now[end], "{end}: {what}");
    }
    for result in ["summary", "call_length", "recording_url", "voicemail_left"] {
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
    assert_eq!(at(now, "ended_at"), at(before, "ended_at").map(|ended| ended - 1), "ended_at: {what}");
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
        "IN_PROGRESS" if seen["ended_by_reason"].as_str().is_some_and(|reason| reason.contains("being hung up")) => {
            "Hanging up"
        }
        "IN_PROGRESS" if seen["started_at"].is_null() => "Calling",
        "IN_PROGRESS" => "On the phone",
        "USER" => "They hung up",
        "ASSISTANT" => "The AI hung up",
        "TIMEOUT" => "Time was up",
        "NO_ANSWER" => "No answer",
        "REQUESTED" => "Hung up on request",
        "BUSY" => "The line was busy",
        "VOICEMAIL" => "Voicemail answered",
        _ => "The call failed",
    };
    let money = match seen["refund"]["status"].as_str() {
        Some("due") => "Not charged: $0.54 goes back to the wallet that paid.",
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
