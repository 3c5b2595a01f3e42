//! Giving a number back to the carrier before its next bill, through the same states as the reaper does.

use serde_json::json;
use shared::numbers::Numbers;
use shared::store::{Custody, Done, numbers};
use shared::types::rfc3339;

use crate::Desk;
use crate::show::phone_number;
use crate::terminal::{Answer, Trouble};

/// `dialtone release`
pub(crate) async fn release(desk: &Desk, text: &str) -> Result<Answer, Trouble> {
    let number = phone_number(text)?;
    let (store, invocation) = (desk.settings.store()?, &desk.invocation);
    let refused = |why: String| Ok(Answer::words(json!({"released": false, "why": why}), why).no());
    let Some(holding) = store.holding(&number).await? else { return refused("It is not in the table.".to_owned()) };
    match holding.custody {
        Custody::Releasing => {}
        Custody::Pooled => {
            if let Some(from) = holding.free_from.filter(|from| *from > invocation.now) {
                let why =
                    format!("It rests until {}, so that who calls back does not reach a stranger.", rfc3339(from));
                return refused(why);
            }
            desk.terminal
                .confirm("The number goes back to the carrier for good; any customer of the carrier may buy it.")?;
            let step = format!("release by hand {} {}", number.as_str(), invocation.attempt.as_str());
            if let Done::No(_) = store.apply(numbers::intend_release(&number, invocation.now), &step).await? {
                return refused("A wallet has just bought it.".to_owned());
            }
        }
        Custody::Leased => return refused("It is leased: it is its lessee's until the lease has ended.".to_owned()),
        Custody::Buying | Custody::Held => return refused("A sale is about to lease it.".to_owned()),
        Custody::Importing => return refused("The dialler does not know it yet; wait until it is idle.".to_owned()),
    }
    let (twilio, bland) = desk.settings.build(|env| (env.twilio(), env.bland()))?;
    desk.terminal.progress("the dialler forgets it, then the carrier takes it back");
    let all = Numbers::new(store.clone(), twilio, bland);
    all.release(&number, invocation).await.map_err(|fault| Trouble(fault.to_string()))?;
    if store.holding(&number).await?.is_some() {
        return refused("It is on its way and not gone yet: the reaper goes on every minute.".to_owned());
    }
    Ok(Answer::words(json!({"released": true}), "It is the carrier's again."))
}
