//! In whose hands a number is: in the table, at the carrier, at the dialler. Where the three
//! differ, it says so.

use serde_json::json;
use shared::store::Custody;
use shared::types::{PaymentId, rfc3339};
use shared::upstream::bland::Imported;

use super::{ASK, phone_number};
use crate::terminal::{Answer, Trouble};
use crate::{Desk, words};

/// `dialtone number`
pub(crate) async fn number(desk: &Desk, text: &str) -> Result<Answer, Trouble> {
    let number = phone_number(text)?;
    let store = desk.settings.store()?;
    let now = desk.invocation.now;
    let holding = store.holding(&number).await?;
    let lease = match holding.as_ref().and_then(|holding| holding.owner) {
        Some(owner) => store.lease(&owner, &number).await?.map(|lease| (owner, lease)),
        None => None,
    };
    let opted_out = store.opted_out(&number).await?;
    let carrier = match desk.settings.twilio() {
        Some(twilio) => Some(twilio.owned(&number, ASK).await.map_err(|error| error.to_string())),
        None => None,
    };
    let dialler = match desk.settings.bland() {
        Some(bland) => Some(bland.knows(&number, ASK).await.map_err(|error| error.to_string())),
        None => None,
    };
    // The operator typed it, and so knows it.
    let mut facts = vec![("number", number.as_str().to_owned())];
    facts.push((
        "here",
        match &holding {
            Some(holding) if holding.custody == Custody::Pooled && holding.free_from.is_some_and(|from| from > now) => {
                format!("resting until {}", holding.free_from.map(rfc3339).unwrap_or_default())
            }
            Some(holding) => words::custody(holding.custody).to_owned(),
            None => "not in the table".to_owned(),
        },
    ));
    if let Some((owner, lease)) = &lease {
        let active = if lease.is_active(now) { "active" } else { "over" };
        let held = if lease.hold.is_some() { "; a renewal is being settled" } else { "" };
        facts.push(("lessee", format!("{owner} on {}", owner.network().caip2())));
        facts.push(("lease", format!("{active}, ends {}{held}", words::when(lease.expires_at, now))));
    }
    facts.extend(
        holding
            .as_ref()
            .and_then(|holding| holding.sale.clone())
            .map(|sale| ("for the sale", sale.as_str().to_owned())),
    );
    facts.push((
        "carrier",
        match &carrier {
            Some(Ok(Some(owned))) => {
                let since = owned.created.map(|at| format!(" since {}", rfc3339(at))).unwrap_or_default();
                format!("billed to us{since}")
            }
            Some(Ok(None)) => "not ours".to_owned(),
            Some(Err(error)) => error.clone(),
            None => "not asked: there is no key".to_owned(),
        },
    ));
    facts.push((
        "dialler",
        match &dialler {
            Some(Ok(Imported::In)) => "knows it".to_owned(),
            Some(Ok(Imported::NotOwned)) => "does not know it".to_owned(),
            Some(Err(error)) => error.clone(),
            None => "not asked: there is no key".to_owned(),
        },
    ));
    facts.extend(
        opted_out.as_ref().map(|out| ("not called", format!("since {}: {}", words::when(out.since, now), out.why))),
    );
    let billed = carrier.as_ref().and_then(|told| told.as_ref().ok()).map(Option::is_some);
    let known = dialler.as_ref().and_then(|told| told.as_ref().ok()).map(|told| *told == Imported::In);
    let odd = differ(holding.as_ref().map(|holding| holding.custody), billed, known);
    let mut answer = Answer::default().facts(facts);
    answer.json = json!({
        "number": number.as_str(),
        "custody": holding.as_ref().map(|holding| words::custody(holding.custody)),
        "country": holding.as_ref().map(|holding| holding.country.as_str()),
        "free_from": holding.as_ref().filter(|holding| holding.custody == Custody::Pooled)
            .and_then(|holding| holding.free_from).map(rfc3339),
        "lessee": lease.as_ref().map(|(owner, _)| owner.caip10()),
        "lease_ends": lease.as_ref().map(|(_, lease)| rfc3339(lease.expires_at)),
        "sale": holding.as_ref().and_then(|holding| holding.sale.as_ref()).map(PaymentId::as_str),
        "billed": billed,
        "imported": known,
        "opted_out": opted_out.as_ref().map(|out| json!({"since": rfc3339(out.since), "why": out.why})),
        "wrong": odd,
    });
    let answer = match odd {
        Some(odd) => answer.and(odd),
        None => answer,
    };
    let unknown = holding.is_none() && billed != Some(true) && opted_out.is_none();
    Ok(if odd.is_some() || unknown { answer.no() } else { answer })
}

/// What is wrong where the three do not agree, and who sees to it.
fn differ(custody: Option<Custody>, billed: Option<bool>, known: Option<bool>) -> Option<&'static str> {
    match (custody, billed, known) {
        (None, Some(true), _) => Some(
            "The carrier bills a number that the table does not know: `dialtone setup` adopts it, and so does the reaper within a day.",
        ),
        (Some(Custody::Leased | Custody::Pooled | Custody::Held), Some(false), _) => {
            Some("The table has a number that the carrier does not bill to us: it cannot be called from.")
        }
        (Some(Custody::Leased | Custody::Pooled | Custody::Held), _, Some(false)) => Some(
            "The dialler does not know it: calls from it are refused. A call imports it again; so does `dialtone setup`.",
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::differ;
    use shared::store::Custody;

    #[test]
    fn what_does_not_agree_is_told() {
        for (custody, billed, known, wrong) in [
            (None, Some(true), Some(false), true),
            (None, Some(false), Some(false), false),
            (Some(Custody::Leased), Some(true), Some(true), false),
            (Some(Custody::Leased), Some(false), Some(true), true),
            (Some(Custody::Pooled), Some(true), Some(false), true),
            (Some(Custody::Importing), Some(true), Some(false), false),
            (Some(Custody::Buying), Some(false), Some(false), false),
            (Some(Custody::Leased), None, None, false),
        ] {
            assert_eq!(differ(custody, billed, known).is_some(), wrong, "{custody:?} {billed:?} {known:?}");
        }
    }
}
