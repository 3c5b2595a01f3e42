//! How what a look at a call showed stands in its row.

use serde::{Deserialize, Serialize};

/// What a look at a call showed, as it is shown until the next look.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// The specification's `status`.
    pub status: String,
    /// The specification's `ended_by`.
    pub ended_by: String,
    /// The sentence that explains it.
    pub reason: String,
    /// Who answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<String>,
    /// Who ended it, in the dialler's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_ended_by: Option<String>,
    /// Minutes, in the decimal text that the vendor sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_length: Option<String>,
    /// What was achieved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// Who said what.
    #[serde(default)]
    pub transcript: Vec<Spoken>,
    /// Where it can be listened to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recording_url: Option<String>,
    /// When somebody answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    /// When it was over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
}

/// One utterance.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spoken {
    /// `assistant` or `user`.
    pub role: String,
    /// The words.
    pub text: String,
}

impl std::fmt::Debug for View {
    /// What people said does not belong in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "View({}, {}, {} utterances)", self.status, self.ended_by, self.transcript.len())
    }
}
