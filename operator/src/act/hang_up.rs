//! Hanging up a call that runs, as its caller may: its payment stays what it is.

use serde_json::json;
use shared::calls::Calls;
use shared::refusal::Refusal;
use shared::types::CallId;

use super::deed::Deed;
use super::keep::name;
use crate::Desk;
use crate::terminal::{Answer, Trouble};

/// `dialtone hangup`
pub(crate) async fn hang_up(desk: &Desk, text: &str) -> Result<Answer, Trouble> {
    let id = CallId::parse(text).map_err(|_| Trouble(format!("{text} is not a call's id")))?;
    let (store, invocation) = (desk.settings.store()?, &desk.invocation);
    let bland = desk.settings.build(shared::env::Env::bland)?;
    let question = "The call ends now. It was sold, and stays paid for unless you give that back.";
    let deed = Deed::confirmed(desk, question, format!("hangup {}", name(id.as_str()))).await?;
    let outcome = Calls::new(store, bland).hang_up(&id, invocation).await;
    deed.ended(outcome.is_ok()).await?;
    let refused = |words: &str| Ok(Answer::words(json!({"hung_up": false, "why": words}), words).no());
    match outcome {
        Ok(()) => Ok(Answer::words(json!({"hung_up": true}), "It is ending. `dialtone call` says when it has.")),
        Err(Refusal::CallAlreadyEnded { .. }) => refused("It had ended."),
        Err(Refusal::UnknownCall) => refused("There is no such call."),
        Err(other) => Err(Trouble(format!("{other:?}"))),
    }
}
