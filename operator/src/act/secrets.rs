//! A new key in the place of one of the vendors' or nodes': tried at its vendor before it replaces
//! the one that works, and taken back while AWS still has the one before.
//!
//! A value is typed and not shown, or read from a file; it stands in no argument, no log, no trail.
//!
//! `docs/decisions.md`: Why is a new key tried before it is kept?

mod kinds;
mod tried;

use serde_json::{Map, Value, json};

use self::kinds::Kind;
use self::tried::Verdict;
use super::deed::Deed;
use crate::Desk;
use crate::args::Secrets;
use crate::aws::{Aws, was_refused};
use crate::terminal::{Answer, Trouble};

/// What is in a secret.
type Fields = Map<String, Value>;

/// `dialtone secrets`
pub(crate) async fn secrets(desk: &Desk, asked: &Secrets) -> Result<Answer, Trouble> {
    let kind = Kind::of(asked.name);
    let settings = &desk.settings;
    kind.is_used(settings)?;
    let id = settings.get(kind.variable).filter(|id| !id.starts_with('{'));
    let id = id.ok_or_else(|| Trouble::new("which deployment? Its stack says where its secrets are: --stack"))?;
    let aws = settings.aws()?;
    let held = aws.secret(id).await?.unwrap_or_default();
    let new = if asked.back { before(&aws, id, &kind).await? } else { kind.given(desk, asked.from.as_ref())? };
    if new.iter().all(|(field, value)| held.get(field) == Some(value)) {
        let json = json!({"secret": kind.name, "changed": false});
        // AWS keeps one version of a secret, and some hold the keys of several vendors.
        return Ok(if asked.back {
            let words =
                "Nothing was changed: the version before has the same key, since what is beside it was changed last.";
            Answer::words(json, words).no()
        } else {
            Answer::words(json, "It is so already.")
        });
    }
    desk.terminal.progress(format!("{} is tried", kind.name));
    let verdict = tried::tried(settings, &kind, &with(&held, &new)).await;
    if let Verdict::Refused(why) = &verdict
        && !asked.anyway
    {
        let words = format!("Nothing was changed: {why}. --anyway keeps it all the same.");
        return Ok(Answer::words(json!({"secret": kind.name, "changed": false, "why": why}), words).no());
    }
    let question = format!("{} of this deployment is replaced: {}.", kind.words, verdict.said());
    let back = if asked.back { " --back" } else { "" };
    let deed = Deed::confirmed_anyway(desk, &question, format!("secrets {}{back}", kind.name)).await?;
    // The question may have stood for long, and another operator have changed what is beside it.
    let held = aws.secret(id).await?.unwrap_or_default();
    match aws.put_secret(id, &with(&held, &new)).await {
        Ok(()) => deed.ended(true).await?,
        Err(trouble) => {
            // What was not answered may be kept.
            if was_refused(&trouble) {
                deed.ended(false).await?;
            }
            return Err(trouble);
        }
    }
    let words = format!(
        "It is kept. The functions use it within five minutes, and at once where the vendor refuses the one before. When the log \
         has shown no warning for five minutes, revoke the one before at the vendor. The way back until then: `dialtone secrets {} --back`",
        kind.name
    );
    let json = json!({"secret": kind.name, "changed": true, "fields": kind.names(), "verdict": verdict.said()});
    Ok(Answer::words(json, words))
}

fn with(held: &Fields, new: &Fields) -> Fields {
    held.iter().chain(new).map(|(field, value)| (field.clone(), value.clone())).collect()
}

/// This key as it was before the last change of its secret.
async fn before(aws: &Aws, id: &str, kind: &Kind) -> Result<Fields, Trouble> {
    let none = || Trouble(format!("there is no {} before this one: AWS keeps one version", kind.name));
    let all = aws.secret_before(id).await?.ok_or_else(none)?;
    let of_kind: Fields = all.into_iter().filter(|(field, _)| kind.names().contains(&field.as_str())).collect();
    if of_kind.len() == kind.fields.len() { Ok(of_kind) } else { Err(none()) }
}
