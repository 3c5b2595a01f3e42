//! How what a look at a call showed stands in its row.

use serde::{Deserialize, Deserializer, Serialize};

use crate::types::Timestamp;

/// What a look at a call showed. An end in it is shown from `shows_at` on.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// The specification's `status`.
    pub status: String,
    /// The specification's `ended_by`.
    pub ended_by: String,
    /// The sentence that explains it.
    pub reason: String,
    /// Whether calling again makes sense; absent in what an earlier version wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<String>,
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
    /// When it was answered, in epoch seconds.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "instant")]
    pub started_at: Option<i64>,
    /// When it was over.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "instant")]
    pub ended_at: Option<i64>,
    /// From which look on its end is shown; at once, if it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shows_at: Option<i64>,
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

/// Epoch seconds; an earlier version wrote RFC 3339.
#[derive(Deserialize)]
#[serde(untagged)]
enum Instant {
    Second(i64),
    Text(String),
}

fn instant<'de, D: Deserializer<'de>>(row: D) -> Result<Option<i64>, D::Error> {
    Ok(Option::<Instant>::deserialize(row)?.and_then(|instant| match instant {
        Instant::Second(second) => Some(second),
        Instant::Text(text) => text.parse::<Timestamp>().ok().map(Timestamp::as_second),
    }))
}

#[cfg(test)]
mod tests {
    use super::View;

    #[test]
    fn a_row_of_an_earlier_version_keeps_its_times_and_its_end() {
        let row = |started_at: serde_dynamo::AttributeValue| {
            let text = |text: &str| serde_dynamo::AttributeValue::S(text.to_owned());
            let row = [
                ("status", text("completed")),
                ("ended_by", text("USER")),
                ("reason", text("The callee hung up.")),
                ("started_at", started_at),
            ];
            let item: serde_dynamo::Item = row
                .map(|(name, value)| (name.to_owned(), value))
                .into_iter()
                .collect::<std::collections::HashMap<_, _>>()
                .into();
            serde_dynamo::from_item::<_, View>(item).unwrap()
        };
        let written = serde_dynamo::AttributeValue::S("2026-06-17T12:00:00Z".to_owned());
        assert_eq!(row(written).started_at, Some(1_781_697_600));
        let view = row(serde_dynamo::AttributeValue::N("1781697600".to_owned()));
        assert_eq!(
            (view.started_at, view.ended_at, view.shows_at, view.retry),
            (Some(1_781_697_600), None, None, None)
        );
    }
}
