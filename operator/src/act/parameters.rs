//! What a stack is deployed with, and how that is changed at night: without a checkout and without a build.

use serde_json::json;

use super::deed::Deed;
use crate::Desk;
use crate::args::Set;
use crate::aws::{Aws, Parameter};
use crate::terminal::{Answer, Trouble};

/// `dialtone set`
pub(crate) async fn set(desk: &Desk, set: &Set) -> Result<Answer, Trouble> {
    let stack =
        desk.settings.get("STACK").ok_or_else(|| Trouble::new("which stack? --stack or DIALTONE_STACK says it"))?;
    let aws = desk.settings.aws()?;
    let known = aws.parameters_of(stack).await?;
    let wanted = wanted(&set.changes, &known)?;
    if set.changes.is_empty() {
        let rows = known.iter().map(|one| vec![one.name.clone(), one.value.clone()]).collect();
        let values: serde_json::Map<_, _> = known.iter().map(|one| (one.name.clone(), json!(one.value))).collect();
        return Ok(
            Answer::words(json!(values), format!("{stack} is deployed with")).table(&["parameter", "value"], rows)
        );
    }
    let changed: Vec<_> = wanted.into_iter().filter(|one| !known.contains(one)).collect();
    if changed.is_empty() {
        return Ok(Answer::words(json!({"changed": false}), "It is so already."));
    }
    for change in &changed {
        let before = known.iter().find(|one| one.name == change.name).map_or("", |one| &one.value);
        desk.terminal.progress(format!("{}: {} → {}", change.name, shown(before), shown(&change.value)));
    }
    let question = format!("{stack} is updated. Its template and everything else stay as they are.");
    let what = changed.iter().map(|one| format!("{}={}", one.name, one.value)).collect::<Vec<_>>().join(" ");
    let deed = Deed::confirmed_anyway(desk, &question, format!("set {what}")).await?;
    if !aws.update(stack, &known, &changed).await? {
        deed.ended(false).await?;
        return Ok(Answer::words(json!({"changed": false}), "Nothing in the stack depends on that as it is."));
    }
    let answer = followed(desk, &aws, stack).await?;
    deed.ended(!answer.no).await?;
    Ok(answer)
}

/// What came of an update.
async fn followed(desk: &Desk, aws: &Aws, stack: &str) -> Result<Answer, Trouble> {
    let mut told = String::new();
    let end = aws
        .wait_for(stack, |progress| {
            if told != progress.status {
                told.clone_from(&progress.status);
                desk.terminal.progress(format!("{told} (it goes on if you stop watching)"));
            }
        })
        .await?;
    if end.is_well() {
        return Ok(Answer::words(json!({"changed": true}), "It is so now."));
    }
    let why = aws.first_failure(stack).await?.unwrap_or(end.reason);
    let words = format!("It is as it was: CloudFormation took the change back ({}). {why}", end.status);
    Ok(Answer::words(json!({"changed": false, "status": end.status, "why": why}), words).no())
}

/// What is to be changed, if there are such parameters.
fn wanted(changes: &[String], known: &[Parameter]) -> Result<Vec<Parameter>, Trouble> {
    let one = |change: &String| {
        let (name, value) = change.split_once('=').ok_or_else(|| Trouble(format!("{change}: say NAME=VALUE")))?;
        if !known.iter().any(|one| one.name == name) {
            let similar = known.iter().find(|one| one.name.eq_ignore_ascii_case(name)).map(|one| &one.name);
            let hint = similar.map_or_else(|| "`dialtone set` lists them".to_owned(), |it| format!("is it {it}?"));
            return Err(Trouble(format!("there is no parameter {name}: {hint}")));
        }
        Ok(Parameter { name: name.to_owned(), value: value.to_owned() })
    };
    let wanted: Vec<Parameter> = changes.iter().map(one).collect::<Result<_, _>>()?;
    let twice = wanted.iter().enumerate().find(|(at, one)| wanted.iter().take(*at).any(|it| it.name == one.name));
    match twice {
        Some((_, one)) => Err(Trouble(format!("{} is there twice", one.name))),
        None => Ok(wanted),
    }
}

fn shown(value: &str) -> &str {
    if value.is_empty() { "nothing" } else { value }
}

#[cfg(test)]
mod tests {
    use super::wanted;
    use crate::aws::Parameter;
    use crate::terminal::Trouble;

    #[test]
    fn a_change_names_a_parameter_that_there_is_once() {
        let known =
            ["DailyCallBudget", "EvmRpcUrl"].map(|name| Parameter { name: name.to_owned(), value: String::new() });
        let said = |changes: &[&str]| {
            let changes: Vec<String> = changes.iter().map(|&change| change.to_owned()).collect();
            wanted(&changes, &known).map_err(|Trouble(why)| why)
        };
        let url = said(&["EvmRpcUrl=https://node.example.org/?key={key}&a=b"]).unwrap();
        assert_eq!(url[0].value, "https://node.example.org/?key={key}&a=b");
        assert_eq!(said(&["EvmRpcUrl="]).unwrap()[0].value, "");
        for (changes, why) in [
            (&["DailyCallBudget"][..], "NAME=VALUE"),
            (&["dailycallbudget=1"], "is it DailyCallBudget?"),
            (&["Daily=1"], "there is no parameter Daily"),
            (&["EvmRpcUrl=a", "EvmRpcUrl=b"], "twice"),
        ] {
            assert!(said(changes).unwrap_err().contains(why), "{changes:?}");
        }
    }
}
