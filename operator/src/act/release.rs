//! Giving a number back to the carrier before its next bill, through the same states as the reaper
//! does.

use serde_json::json;
use shared::numbers::Numbers;
use shared::store::{Custody, Done, numbers};
use shared::types::rfc3339;

use super::deed::Deed;
use crate::Desk;
use crate::show::phone_number;
use crate::terminal::{Answer, Trouble};

/// `dialtone release`
pub(crate) async fn release(desk: &Desk, text: &str) -> Result<Answer, Trouble> {
    let number = phone_number(text)?;
    let (store, invocation) = (desk.settings.store()?, &desk.invocation);
    let refused = |why: String| Ok(Answer::words(json!({"released": false, "why": why}), why).no());
    let Some(holding) = store.holding(&number).await? else { return refused("It is not in the table.".to_owned()) };
    let question = match holding.custody {
        Custody::Releasing => "The number is on its way back to the carrier already.",
        Custody::Pooled => {
            if let Some(from) = holding.free_from.filter(|from| *from > invocation.now) {
                let why =
                    format!("It rests until {}, so that who calls back does not reach a stranger.", rfc3339(from));
                return refused(why);
            }
            "The number goes back to the carrier for good; any customer of the carrier may buy it."
        }
        Custody::Leased => return refused("It is leased: it is its lessee's until the lease has ended.".to_owned()),
        Custody::Buying | Custody::Held => return refused("A sale is about to lease it.".to_owned()),
        Custody::Importing => return refused("The dialler does not know it yet; wait until it is idle.".to_owned()),
    };
    let deed = Deed::confirmed(desk, question, format!("release {number:?}")).await?;
    if holding.custody == Custody::Pooled {
        let step = format!("release by hand {} {}", number.as_str(), invocation.attempt.as_str());
        if let Done::No(_) = store.apply(numbers::intend_release(&number, invocation.now), &step).await? {
            deed.ended(false).await?;
            return refused("A wallet has just bought it.".to_owned());
        }
    }
    let (twilio, bland) = desk.settings.build(|env| (env.twilio(), env.bland()))?;
    desk.terminal.progress("the dialler forgets it, then the carrier takes it back");
    let all = Numbers::new(store.clone(), twilio, bland);
    all.release(&number, invocation).await.map_err(|fault| Trouble(fault.to_string()))?;
    let is_gone = store.holding(&number).await?.is_none();
    deed.ended(is_gone).await?;
    if !is_gone {
        return refused("It is on its way and not gone yet: the reaper goes on every minute.".to_owned());
    }
    Ok(Answer::words(json!({"released": true}), "It is the carrier's again."))
}
