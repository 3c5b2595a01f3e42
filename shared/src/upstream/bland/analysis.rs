//! Questions about a call that is over, which Bland's model answers from the transcript. Each time
//! costs anew, and its answers are of any type: what they are worth is for the domain to say.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Bland, BlandCallId, BlandError, answers};
use crate::types::{AnswerKind, Object, Question};

/// What the model is told of every call. A caller's own words are in the questions alone.
const GOAL: &str = "An AI has called a person on behalf of a customer. Answer each question by what was said in the call, and with \
                    null where it was not said.";

#[derive(Serialize)]
struct Analyze<'a> {
    goal: &'static str,
    questions: Vec<(&'a str, String)>,
}

#[derive(Deserialize)]
struct Analyzed {
    answers: Vec<Value>,
}

impl Bland {
    /// The answers to these questions, in their order, as the model gave them: as many as it liked.
    pub async fn analyze(
        &self,
        id: &BlandCallId,
        questions: &[Question],
        limit: Duration,
    ) -> Result<Vec<Value>, BlandError> {
        let questions = questions.iter().map(|asked| (asked.question.as_str(), hint(&asked.kind))).collect();
        let request = self.post(&format!("/v1/calls/{}/analyze", id.as_str())).json(&Analyze { goal: GOAL, questions });
        let reply = self.send(request, limit).await?;
        answers::succeeded(&reply, &[])?;
        let Object(Analyzed { answers }) = reply.json().ok_or(BlandError::Unknown)?;
        Ok(answers)
    }
}

fn hint(kind: &AnswerKind) -> String {
    match kind {
        AnswerKind::Text | AnswerKind::Boolean | AnswerKind::Number => kind.as_str().to_owned(),
        AnswerKind::OneOf(options) => format!("exactly one of: {}", options.join(", ")),
    }
}
