//! A call as Bland keeps it, and the document it makes of it.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::script::{End, Step};

/// Who is heard in a row of the transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// The callee.
    User,
    /// The assistant.
    Assistant,
    /// Undocumented.
    Robot,
    /// Not speech: what the assistant did.
    AgentAction,
}

impl Speaker {
    const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Robot => "robot",
            Self::AgentAction => "agent-action",
        }
    }
}

/// A row of the transcript.
#[derive(Clone, Debug)]
pub struct Line {
    /// Who.
    pub speaker: Speaker,
    /// What.
    pub text: String,
    /// When.
    pub at: Timestamp,
}

/// A call.
#[derive(Clone, Debug)]
pub struct Call {
    /// Bland's id, a UUID.
    pub id: String,
    /// Who was called.
    pub to: String,
    /// With which caller ID.
    pub from: String,
    /// True when Bland had to choose the caller ID, because the request named none: another
    /// customer's number.
    pub from_was_picked: bool,
    /// The whole request, as it came.
    pub request: Value,
    /// The prompt after Bland's templates were expanded. Differs from `task` where a caller's text
    /// was a template.
    pub prompt: String,
    /// The first sentence, expanded likewise.
    pub first_sentence: Option<String>,
    /// What a machine is told, expanded likewise, as far as there is time. There is one whatever
    /// `voicemail.action` says.
    pub message: Option<String>,
    /// What the model will find of it.
    pub(super) disposition: Option<String>,
    /// It was erased.
    pub erased: bool,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When the line was open.
    pub started_at: Option<Timestamp>,
    /// What was said so far.
    pub lines: Vec<Line>,
    /// How it ended.
    pub end: Option<End>,
    pub(super) queue_status: &'static str,
    pub(super) settled: bool,
    pub(super) steps: VecDeque<Step>,
    pub(super) stepped_at: i64,
}

impl Call {
    /// Is it over?
    pub fn is_over(&self) -> bool {
        self.end.is_some()
    }

    /// Takes the next step.
    pub(super) fn advance(&mut self, now: i64) -> bool {
        self.steps.pop_front_if(|step| matches!(step, Step::TalkOn(_)));
        let Some(step) = self.steps.pop_front() else {
            return false;
        };
        self.stepped_at = now;
        let at = Timestamp::from_millisecond(now).unwrap_or(self.created_at);
        match step {
            Step::Allocate => self.queue_status = "allocated",
            Step::Start => {
                self.queue_status = "started";
                self.started_at = Some(at);
            }
            Step::Say(speaker, text) => self.lines.push(Line { speaker, text, at }),
            Step::Correct(at, text) => {
                if let Some(line) = self.lines.get_mut(at) {
                    line.text = text;
                }
            }
            Step::Forget(most) => self.lines.truncate(most),
            Step::TalkOn(_) => {}
            Step::End(end) => {
                self.queue_status = end.queue_status;
                self.end = Some(end);
            }
            Step::Settle => self.settled = true,
        }
        true
    }

    /// Takes the steps that were due by now, one per `pace`. A call is as long as its steps have
    /// taken.
    pub(super) fn catch_up(&mut self, now: i64, pace: i64) {
        while let Some(step) = self.steps.front() {
            let due = self.stepped_at + pace;
            let due = if let Step::TalkOn(seconds) = step { due.max(self.open_for(*seconds)) } else { due };
            if due > now {
                break;
            }
            self.advance(due);
            let measured = self.seconds_open(due);
            if let Some(end) = self.end.as_mut().filter(|_| self.stepped_at == due && !self.settled) {
                end.seconds = end.seconds.map(|_| measured);
            }
        }
    }

    /// When the line will have been open for so long.
    fn open_for(&self, seconds: u64) -> i64 {
        let since = self.started_at.unwrap_or(self.created_at).as_millisecond();
        since.saturating_add(i64::try_from(seconds * 1000).unwrap_or(i64::MAX))
    }

    /// For how long it has been open.
    fn seconds_open(&self, now: i64) -> u64 {
        self.started_at.map_or(0, |since| now.saturating_sub(since.as_millisecond()).max(0).unsigned_abs() / 1000)
    }

    /// Ends it from outside. Who had answered is known where anything was said.
    pub(super) fn cancel(&mut self, now: i64, status: Option<&'static str>) {
        let story = self.steps.iter().find_map(|step| if let Step::End(end) = step { end.answered_by } else { None });
        let answered_by = (!self.lines.is_empty()).then_some(story.unwrap_or("human"));
        let seconds = self.started_at.map(|_| self.seconds_open(now));
        self.steps.clear();
        self.steps.push_back(Step::End(End {
            status: status.filter(|_| self.started_at.is_some()).unwrap_or("canceled"),
            queue_status: "complete",
            answered_by,
            ended_by: None,
            error: None,
            seconds,
            summary: None,
        }));
        self.steps.push_back(Step::Settle);
        while self.advance(now) {}
    }

    /// What it is said to cost, in micro-dollars, once that is said: $0.14 a minute, by the second.
    pub fn price(&self) -> Option<i64> {
        let seconds = self.end.as_ref().filter(|_| self.settled)?.seconds?;
        i64::try_from((seconds * 140).div_ceil(60) * 1_000).ok()
    }

    /// `GET /v1/calls/{id}`. What settles after the end is absent until then.
    pub(super) fn document(&self) -> Value {
        let settled = self.end.as_ref().filter(|_| self.settled);
        let seconds = settled.and_then(|end| end.seconds);
        let text = |value: Option<&str>| value.map_or(Value::Null, |text| json!(text));
        let request = |name: &str, default: Value| self.request.get(name).cloned().unwrap_or(default);
        let recorded = self.request["record"] == true && seconds.is_some_and(|seconds| seconds > 0);
        let ended = self.started_at.zip(seconds).map(|(at, seconds)| {
            (at + SignedDuration::from_secs(i64::try_from(seconds).unwrap_or_default())).to_string()
        });
        let mut document = self.summary_row();
        let more = json!({
            "c_id": self.id,
            "inbound": false,
            "request_data": request("request_data", json!({})),
            "metadata": request("metadata", json!({})),
            "variables": {"phone_number": self.to, "to": self.to, "from": self.from, "call_id": self.id},
            "started_at": self.started_at.map(|at| at.to_string()),
            "end_at": ended,
            "max_duration": request("max_duration", json!(30)),
            "corrected_duration": seconds.map(|seconds| seconds.to_string()),
            "status": text(self.end.as_ref().map(|end| end.status)),
            "call_ended_by": text(self.end.as_ref().and_then(|end| end.ended_by)),
            "record": request("record", json!(false)),
            "recording_url": recorded.then(|| format!("https://api.bland.ai/v1/recordings/{}", self.id)),
            "summary": text(settled.and_then(|end| end.summary.as_deref())),
            "price": seconds.map(|seconds| decimal((seconds * 140).div_ceil(60), 1000)),
            "concatenated_transcript": self.concatenated(),
            "transcripts": self.transcripts(),
            "local_dialing": false,
            "endpoint_url": "api.bland.ai",
            "analysis": null,
            "citations": [],
            "disposition_tag": text(settled.and_then(|_| self.disposition_tag())),
            "pathway_logs": null,
            "pathway_tags": [],
            "transferred_to": null,
            "transferred_at": null,
            "warm_transfer_call": null,
            "is_proxy_agent_call": false,
            "is_canary": false,
            "voice_id": request("voice", json!("Karen")),
        });
        if let (Some(document), Value::Object(more)) = (document.as_object_mut(), more) {
            document.extend(more);
        }
        document
    }

    /// One of the dispositions that were sent along, which are all that it chooses from: the last,
    /// unless it was told another.
    fn disposition_tag(&self) -> Option<&str> {
        let offered = self.request["dispositions"].as_array()?;
        let told = self.disposition.as_deref().filter(|told| offered.iter().any(|one| one == told));
        let spoke = self.lines.iter().any(|line| line.speaker == Speaker::User);
        told.or_else(|| offered.last()?.as_str()).filter(|_| spoke)
    }

    /// A row of `GET /v1/calls`.
    pub(super) fn summary_row(&self) -> Value {
        let settled = self.end.as_ref().filter(|_| self.settled);
        json!({
            "call_id": self.id,
            "to": self.to,
            "from": self.from,
            "batch_id": null,
            "created_at": self.created_at.to_string(),
            "call_length": settled.and_then(|end| end.seconds).map(|seconds| decimal((seconds * 100 + 30) / 60, 100)),
            "completed": self.is_over(),
            "queue_status": self.queue_status,
            "error_message": self.end.as_ref().and_then(|end| end.error.clone()),
            "answered_by": self.end.as_ref().and_then(|end| end.answered_by),
        })
    }

    fn transcripts(&self) -> Vec<Value> {
        let row = |(index, line): (usize, &Line)| {
            json!({
                "id": 1_000 + index,
                "created_at": line.at.to_string(),
                "text": line.text,
                "user": line.speaker.as_str(),
                "c_id": self.id,
                "status": null,
                "transcript_id": null,
            })
        };
        self.lines.iter().enumerate().map(row).collect()
    }

    fn concatenated(&self) -> String {
        let rows: Vec<String> =
            self.lines.iter().map(|line| format!("{}: {} \n ", line.speaker.as_str(), line.text)).collect();
        rows.concat()
    }
}

/// A decimal number of `units` over `per`, a power of ten, without arithmetic on floats.
pub(super) fn decimal(units: u64, per: u64) -> Value {
    let digits = per.to_string().len() - 1;
    let text = format!("{}.{:0digits$}", units / per, units % per);
    serde_json::from_str(&text).unwrap_or(Value::Null)
}
