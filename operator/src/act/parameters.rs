//! What a stack is deployed with, and how that is changed at night: without a checkout and without
//! a build.

use serde_json::json;

use super::deed::Deed;
use crate::Desk;
use crate::args::Set;
use crate::aws::{Aws, Parameter, was_refused};
use crate::payee;
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
    if changed.iter().any(|one| one.name == "Architecture") {
        let why = "the code is built for one processor: `dialtone up --architecture …` changes both";
        return Err(Trouble(format!("Architecture is not changed: {why}")));
    }
    if changed.is_empty() {
        return Ok(Answer::words(json!({"changed": false}), "It is so already."));
    }
    for change in &changed {
        let before = known.iter().find(|one| one.name == change.name).map_or("", |one| &one.value);
        let (before, after) = (bare(&change.name, before), bare(&change.name, &change.value));
        desk.terminal.progress(format!("{}: {} → {}", change.name, shown(&before), shown(&after)));
    }
    let question = format!("{stack} is updated. Its template and everything else stay as they are.");
    let what =
        changed.iter().map(|one| format!("{}={}", one.name, bare(&one.name, &one.value))).collect::<Vec<_>>().join(" ");
    let deed = Deed::confirmed_anyway(desk, &question, format!("set {what}")).await?;
    match aws.update(stack, &known, &changed).await {
        Ok(true) => {}
        Ok(false) => {
            deed.ended(false).await?;
            return Ok(Answer::words(json!({"changed": false}), "Nothing in the stack depends on that as it is."));
        }
        Err(trouble) => {
            // What was not answered may have begun.
            if was_refused(&trouble) {
                deed.ended(false).await?;
            }
            return Err(trouble);
        }
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
    let why = aws.first_failure(stack).await?.unwrap_or_else(|| end.reason.clone());
    let words = format!("It {}. {why}", end.undone("change"));
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
        let value = payee::parameter(name, value).map_err(|why| Trouble(format!("{name}: {why}")))?;
        // An address has two spellings.
        let is_so =
            known.iter().find(|one| one.name == name && name == "EvmPayee" && one.value.eq_ignore_ascii_case(&value));
        Ok(is_so.cloned().unwrap_or_else(|| Parameter { name: name.to_owned(), value }))
    };
    let wanted: Vec<Parameter> = changes.iter().map(one).collect::<Result<_, _>>()?;
    let twice = wanted.iter().enumerate().find(|(at, one)| wanted.iter().take(*at).any(|it| it.name == one.name));
    if let Some((_, one)) = twice {
        return Err(Trouble(format!("{} is there twice", one.name)));
    }
    let value = |name: &str| wanted.iter().chain(known).find(|one| one.name == name).map(|one| one.value.as_str());
    if !wanted.is_empty() {
        payee::together(value).map_err(Trouble)?;
    }
    Ok(wanted)
}

/// As it may stand in the trail and on a screen: of an address no more than its host, since the
/// rest may be a key.
fn bare(name: &str, value: &str) -> String {
    let Some((scheme, rest)) = value.split_once("://").filter(|_| name.ends_with("Url")) else {
        return value.to_owned();
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, behind) = rest.split_at(end);
    let host = authority.rsplit('@').next().unwrap_or_default();
    let more = if behind.trim_matches('/').is_empty() && host == authority { "" } else { "/…" };
    format!("{scheme}://{host}{more}")
}

fn shown(value: &str) -> &str {
    if value.is_empty() { "nothing" } else { value }
}

#[cfg(test)]
mod tests {
    use super::{bare, wanted};
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

    #[test]
    fn of_an_address_its_host_alone_is_told() {
        for (url, told) in [
            ("https://node.example.org/v2/hunter2", "https://node.example.org/…"),
            ("https://node.example.org?key=hunter2", "https://node.example.org/…"),
            ("https://user:hunter2@node.example.org", "https://node.example.org/…"),
            ("https://user:hunter2@node.example.org/v2/", "https://node.example.org/…"),
            ("https://node.example.org:8545/", "https://node.example.org:8545"),
            ("", ""),
        ] {
            assert_eq!(bare("EvmRpcUrl", url), told);
        }
        assert_eq!(bare("AlarmEmail", "a@b.io"), "a@b.io");
    }

    #[test]
    fn a_payee_with_a_typing_error_is_not_set() {
        let payee = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC";
        let known = [Parameter { name: "EvmPayee".to_owned(), value: payee.to_lowercase() }];
        let said = |value: &str| wanted(&[format!("EvmPayee={value}")], &known).map(|all| all[0].value.clone());
        assert!(said(&payee.replace("fa2b", "fa2c")).is_err_and(|Trouble(why)| why.contains("EIP-55")));
        assert_eq!(said(payee).ok(), Some(payee.to_lowercase()), "the same address in another spelling is a change");
    }

    #[test]
    fn what_a_number_costs_is_held_against_what_the_stack_has() {
        let known = [("NumberPrices", "GB=1.15"), ("DailyNumberBudget", "5")];
        let known = known.map(|(name, value)| Parameter { name: name.to_owned(), value: value.to_owned() });
        let said = |changes: &[&str]| {
            let changes: Vec<String> = changes.iter().map(|&change| change.to_owned()).collect();
            wanted(&changes, &known).map(|all| all.len()).map_err(|Trouble(why)| why)
        };
        assert!(said(&["NumberPrices=UK=1.15"]).is_err_and(|why| why.contains("UK=1.15")));
        assert!(said(&["NumberPrices=AU=6.5"]).is_err_and(|why| why.contains("DailyNumberBudget")));
        assert_eq!(said(&["NumberPrices=AU=6.5", "DailyNumberBudget=7"]), Ok(2));
    }
}
