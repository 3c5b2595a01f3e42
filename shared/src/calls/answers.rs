//! The answers to the questions about a call: when there can be some, who asks for them, and what
//! of them is taken.
//!
//! The vendor's model reads what a stranger has said, so its answers are held against the type that
//! was asked for, and what does not fit is not an answer. The vendor is asked twice at most over
//! all processes: each try is counted before it, whatever becomes of it. None of that changes what
//! a call is, or costs.
//!
//! `docs/decisions.md`: Who asks the questions about a call, and how often?

use std::time::Duration;

use serde_json::{Map, Number, Value};
use tracing::warn;

use super::Calls;
use crate::invocation::Invocation;
use crate::limits::rates::{ANALYSES, ANALYSIS};
use crate::store::calls::{Call, Line};
use crate::store::{StoreFault, View};
use crate::telemetry;
use crate::telemetry::metrics::UPSTREAM_COST;
use crate::types::call::{AnsweredBy, EndedBy, Role};
use crate::types::{AnswerKind, CallId, Question, trimmed};
use crate::upstream::bland::{BlandCallId, BlandError};

/// How long an answer is waited for. It is read by a model, and a poll or a round waits with it.
const PATIENCE: Duration = Duration::from_secs(6);
/// Characters of an answer in words.
const LONGEST_ANSWER: usize = 500;
/// Digits of one in numbers.
const LONGEST_NUMBER: usize = 24;

/// Whether there is something to be asked: a person has spoken in a call that is not in error.
pub(super) fn is_answerable(line: &Line, view: &View) -> bool {
    let ends = [EndedBy::User, EndedBy::Assistant, EndedBy::Timeout, EndedBy::Requested];
    let is_talk = ends.contains(&view.ended_by);
    let is_machine = view.answered_by == Some(AnsweredBy::Voicemail);
    let spoke = view.transcript.iter().any(|said| said.role == Role::User);
    !line.questions.questions.is_empty() && is_talk && !is_machine && spoke
}

/// The answers as one JSON object, or nothing, where they are not as many as the questions: then it
/// is not known which is which.
fn taken(questions: &[Question], answers: &[Value]) -> Option<String> {
    if questions.len() != answers.len() {
        return None;
    }
    let named = questions.iter().zip(answers).map(|(asked, given)| (asked.name.clone(), value_of(&asked.kind, given)));
    Some(Value::Object(named.collect::<Map<_, _>>()).to_string())
}

/// What an answer says, if it is of the type that was asked for; else null.
fn value_of(kind: &AnswerKind, given: &Value) -> Value {
    let word = given.as_str().map(trimmed).unwrap_or_default();
    let value = match kind {
        AnswerKind::Text => {
            let text: String = word.chars().filter(|c| !c.is_control() || *c == '\n').take(LONGEST_ANSWER).collect();
            (!text.is_empty()).then(|| Value::from(text))
        }
        AnswerKind::Boolean => match (given, word.to_ascii_lowercase().as_str()) {
            (Value::Bool(yes), _) => Some(Value::from(*yes)),
            (_, "true" | "yes") => Some(Value::from(true)),
            (_, "false" | "no") => Some(Value::from(false)),
            _ => None,
        },
        AnswerKind::Number => {
            let digits = if let Value::Number(number) = given { number.to_string() } else { word.to_owned() };
            let number = serde_json::from_str::<Number>(&digits).ok().filter(|_| digits.len() <= LONGEST_NUMBER);
            number.map(Value::Number)
        }
        AnswerKind::OneOf(options) => {
            let chosen = options.iter().find(|option| option.eq_ignore_ascii_case(word));
            chosen.map(|option| Value::from(option.as_str()))
        }
    };
    value.unwrap_or(Value::Null)
}

impl Calls {
    /// Answers the questions of a call that waits for it, for the reaper.
    pub async fn answer(&self, id: &CallId, invocation: &Invocation) -> Result<(), StoreFault> {
        match self.store.call(id).await? {
            Some(call) => self.answered(call, invocation).await.map(drop),
            None => Ok(()),
        }
    }

    /// A call with the answers to its questions, if it is time for them and they are there. What
    /// could not be had is left to the next one that comes, or given up.
    pub(super) async fn answered(&self, mut call: Call, invocation: &Invocation) -> Result<Call, StoreFault> {
        let asked = &call.line.questions;
        let is_open = call.line.closed && asked.answers.is_none() && !asked.given_up;
        let may_ask = call.line.view.as_ref().is_some_and(|view| is_answerable(&call.line, view));
        let Some(placed) = call.line.placed.clone().filter(|_| is_open && may_ask) else { return Ok(call) };
        let step = |verb: &str| format!("{verb} {} {}", call.id.as_str(), invocation.attempt.as_str());
        let times = asked.times.unwrap_or(0).cast_unsigned();
        if times >= ANALYSES {
            call.line.questions.given_up = self.store.leave_unanswered(&call, invocation.now, &step("leave")).await?;
            return Ok(call);
        }
        if !self.store.ask(&call, invocation.now, &step("ask")).await? {
            return Ok(call);
        }
        telemetry::add(&UPSTREAM_COST, ANALYSIS.atomic(), [call.line.dialler.as_str().into()]);
        let answers = match self.analysis(&call, &placed, invocation).await {
            Ok(given) => taken(&asked.questions, &given),
            Err(error) => {
                warn!(call = ?call.id, %error, "the questions about a call could not be asked");
                None
            }
        };
        if answers.is_none() && times + 1 < ANALYSES {
            return Ok(call);
        }
        if self.store.answered(&call, answers.as_deref(), &step("answered")).await? {
            call.line.questions.given_up = answers.is_none();
            call.line.questions.answers = answers;
        }
        Ok(call)
    }

    async fn analysis(&self, call: &Call, placed: &str, invocation: &Invocation) -> Result<Vec<Value>, BlandError> {
        let id = BlandCallId::parse(placed).map_err(|_| BlandError::NotFound)?;
        let limit = invocation.at_most(PATIENCE, Duration::from_secs(2));
        self.bland.analyze(&id, &call.line.questions.questions, limit).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{taken, value_of};
    use crate::types::{AnswerKind, Question};

    #[test]
    fn an_answer_is_taken_only_if_it_is_of_the_type_that_was_asked_for() {
        let options = || AnswerKind::OneOf(vec!["Inside".to_owned(), "outside".to_owned()]);
        let null = Value::Null;
        for (kind, given, value) in [
            (AnswerKind::Text, json!("  At seven. "), json!("At seven.")),
            (AnswerKind::Text, json!("a\u{0}b"), json!("ab")),
            (AnswerKind::Text, json!("x".repeat(900)), json!("x".repeat(500))),
            (AnswerKind::Text, json!("  "), null.clone()),
            (AnswerKind::Text, json!(7), null.clone()),
            (AnswerKind::Text, json!(true), null.clone()),
            (AnswerKind::Text, json!({"a": "b"}), null.clone()),
            (AnswerKind::Boolean, json!(true), json!(true)),
            (AnswerKind::Boolean, json!("Yes"), json!(true)),
            (AnswerKind::Boolean, json!(" no "), json!(false)),
            (AnswerKind::Boolean, json!("FALSE"), json!(false)),
            (AnswerKind::Boolean, json!("yes, at seven"), null.clone()),
            (AnswerKind::Boolean, json!(1), null.clone()),
            (AnswerKind::Boolean, json!([true]), null.clone()),
            (AnswerKind::Number, json!(7), json!(7)),
            (AnswerKind::Number, json!(-0.5), json!(-0.5)),
            (AnswerKind::Number, json!("7"), json!(7)),
            (AnswerKind::Number, json!("7 people"), null.clone()),
            (AnswerKind::Number, json!("seven"), null.clone()),
            (AnswerKind::Number, json!("NaN"), null.clone()),
            (AnswerKind::Number, json!("1".repeat(25)), null.clone()),
            (AnswerKind::Number, json!(true), null.clone()),
            (options(), json!("inside"), json!("Inside")),
            (options(), json!(" OUTSIDE "), json!("outside")),
            (options(), json!("inside or outside"), null.clone()),
            (options(), json!(["inside"]), null.clone()),
            (options(), json!(0), null.clone()),
            (options(), null.clone(), null.clone()),
        ] {
            assert_eq!(value_of(&kind, &given), value, "{kind:?}: {given}");
        }
    }

    #[test]
    fn answers_that_are_not_as_many_as_the_questions_are_none() {
        let asked =
            |name: &str| Question { name: name.to_owned(), question: "?".to_owned(), kind: AnswerKind::Boolean };
        let questions = [asked("a"), asked("b")];
        let two = taken(&questions, &[json!(true), json!("perhaps")]).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&two).unwrap(), json!({"a": true, "b": null}));
        for given in [vec![], vec![json!(true)], vec![json!(true), json!(false), json!(true)]] {
            assert_eq!(taken(&questions, &given), None);
        }
    }
}
