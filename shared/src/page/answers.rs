//! The answers to the questions about a call, for a person.

use serde_json::{Map, Value};

use crate::calls::Shown;
use crate::types::call::ResultStatus;

/// The answers to the questions, as a page shows them.
pub(super) struct Answers {
    /// Each question's name, and its answer.
    pub(super) all: Vec<(String, String)>,
    /// What is to be known about them.
    pub(super) about: &'static str,
}

impl Answers {
    /// Nothing for a call about which nothing was asked, or that is not over.
    pub(super) fn of(shown: &Shown) -> Option<Self> {
        let about = match shown.result_status? {
            ResultStatus::Pending if !shown.view.ended_by.is_end() => return None,
            ResultStatus::Pending => "The questions about the call are being answered.",
            ResultStatus::Unavailable => "The questions about the call have no answers.",
            ResultStatus::Ready => {
                "A model's reading of what was said. It may be wrong, as may the person who said it."
            }
        };
        let named: Map<String, Value> =
            shown.result.as_deref().and_then(|answers| serde_json::from_str(answers).ok()).unwrap_or_default();
        let all = named.into_iter().map(|(name, answer)| (name.replace('_', " "), in_words(answer))).collect();
        Some(Self { all, about })
    }
}

fn in_words(answer: Value) -> String {
    match answer {
        Value::Bool(yes) => if yes { "Yes" } else { "No" }.to_owned(),
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        // An answer is of no other kind.
        Value::Null | Value::Array(_) | Value::Object(_) => "Not known".to_owned(),
    }
}
