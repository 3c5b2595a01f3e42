//! What a look at a call showed: what is shown of it until the next one.

use std::fmt;

use crate::store::rows::{UtteranceRow, ViewRow};
use crate::types::call::{AnsweredBy, CallEndedBy, EndedBy, Message, Retry, Status, Utterance};

/// A call as a look has shown it. An end in it is shown from `shows_at` on.
#[derive(Clone, PartialEq, Eq)]
pub struct View {
    /// The specification's `status`.
    pub status: Status,
    /// The specification's `ended_by`.
    pub ended_by: EndedBy,
    /// The sentence that explains it.
    pub reason: String,
    /// Whether calling again makes sense.
    pub retry: Retry,
    /// Who answered.
    pub answered_by: Option<AnsweredBy>,
    /// Who ended it, in the dialler's words.
    pub call_ended_by: Option<CallEndedBy>,
    /// Minutes, in the decimal text that the vendor sent.
    pub call_length: Option<String>,
    /// What was achieved.
    pub summary: Option<String>,
    /// What is known of the message for a machine, where one answered and one was to be left.
    pub message: Option<Message>,
    /// Who said what.
    pub transcript: Vec<Utterance>,
    /// Where it can be listened to.
    pub recording_url: Option<String>,
    /// Whether the callee has asked not to be called again.
    pub opted_out: bool,
    /// When it was answered, in epoch seconds.
    pub started_at: Option<i64>,
    /// When it was over.
    pub ended_at: Option<i64>,
    /// From which look on its end is shown; at once, if there is none.
    pub shows_at: Option<i64>,
}

impl View {
    /// All but what was said, which is kept beside it.
    pub(super) fn to_row(&self) -> ViewRow {
        ViewRow {
            status: self.status,
            ended_by: self.ended_by,
            reason: self.reason.clone(),
            retry: self.retry,
            answered_by: self.answered_by,
            call_ended_by: self.call_ended_by,
            call_length: self.call_length.clone(),
            summary: self.summary.clone(),
            message: self.message,
            recording_url: self.recording_url.clone(),
            opted_out: self.opted_out,
            started_at: self.started_at,
            ended_at: self.ended_at,
            shows_at: self.shows_at,
        }
    }

    pub(super) fn from_row(row: ViewRow, transcript: Vec<Utterance>) -> Self {
        Self {
            status: row.status,
            ended_by: row.ended_by,
            reason: row.reason,
            retry: row.retry,
            answered_by: row.answered_by,
            call_ended_by: row.call_ended_by,
            call_length: row.call_length,
            summary: row.summary,
            message: row.message,
            transcript,
            recording_url: row.recording_url,
            opted_out: row.opted_out,
            started_at: row.started_at,
            ended_at: row.ended_at,
            shows_at: row.shows_at,
        }
    }
}

impl From<&Utterance> for UtteranceRow {
    fn from(Utterance { role, text }: &Utterance) -> Self {
        Self { role: *role, text: text.clone() }
    }
}

impl From<UtteranceRow> for Utterance {
    fn from(UtteranceRow { role, text }: UtteranceRow) -> Self {
        Self { role, text }
    }
}

impl fmt::Debug for View {
    /// What people said does not belong in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "View({:?}, {:?}, {} utterances)", self.status, self.ended_by, self.transcript.len())
    }
}
