//! Switches: a wallet that is refused, a person who is not called, and whether anything is sold.

use serde_json::json;
use shared::store::Pause;
use shared::types::{PhoneNumber, Wallet};

use super::deed::Deed;
use crate::args::{Pausing, Resuming, Target};
use crate::show::phone_number;
use crate::terminal::{Answer, Trouble};
use crate::{Desk, find};

enum Meant {
    Wallets(Vec<Wallet>),
    Destination(PhoneNumber),
}

/// Wallets in a trail.
fn named(wallets: &[Wallet]) -> String {
    wallets.iter().map(Wallet::caip10).collect::<Vec<_>>().join(", ")
}

fn meant(desk: &Desk, target: &Target) -> Result<Meant, Trouble> {
    Ok(match target {
        Target::Wallet { address } => Meant::Wallets(find::wallets(desk, address)?),
        Target::Destination { number } => Meant::Destination(phone_number(number)?),
    })
}

/// `dialtone block`
pub(crate) async fn block(desk: &Desk, target: Target) -> Result<Answer, Trouble> {
    let store = desk.settings.store()?;
    let (by, now) = (&desk.invocation.attempt, desk.invocation.now);
    let mut changed = false;
    let words = match meant(desk, &target)? {
        Meant::Wallets(wallets) => {
            let question =
                "Everything this wallet asks for will be refused. What it has paid for and what it is owed stays.";
            let deed = Deed::confirmed(desk, question, format!("block wallet {}", named(&wallets))).await?;
            let why = deed.why();
            for wallet in &wallets {
                changed |= store.block_wallet(wallet, &why, by, now).await?;
            }
            deed.ended(changed).await?;
            if changed { "The wallet is blocked." } else { "The wallet was blocked already." }
        }
        Meant::Destination(number) => {
            let question = "No wallet will be able to call this number from here.";
            let deed = Deed::confirmed(desk, question, format!("block destination {number:?}")).await?;
            changed = store.opt_out(&number, &deed.why(), by, now).await?;
            deed.ended(changed).await?;
            if changed { "The number will not be called." } else { "The number was not called already." }
        }
    };
    Ok(Answer::words(json!({"changed": changed}), words))
}

/// `dialtone unblock`
pub(crate) async fn unblock(desk: &Desk, target: Target) -> Result<Answer, Trouble> {
    let store = desk.settings.store()?;
    let by = &desk.invocation.attempt;
    let mut changed = false;
    let words = match meant(desk, &target)? {
        Meant::Wallets(wallets) => {
            let what = format!("unblock wallet {}", named(&wallets));
            let deed = Deed::confirmed(desk, "The wallet may buy and call again.", what).await?;
            for wallet in &wallets {
                changed |= store.unblock_wallet(wallet, by).await?;
            }
            deed.ended(changed).await?;
            if changed { "The wallet is not blocked any more." } else { "The wallet was not blocked." }
        }
        Meant::Destination(number) => {
            let question = "The number may be called again. Did the person who has it say so?";
            let deed = Deed::confirmed(desk, question, format!("unblock destination {number:?}")).await?;
            changed = store.opt_in(&number, by).await?;
            deed.ended(changed).await?;
            if changed { "The number may be called again." } else { "The number could be called already." }
        }
    };
    Ok(Answer::words(json!({"changed": changed}), words))
}

/// `dialtone pause`
pub(crate) async fn pause(desk: &Desk, pausing: Pausing) -> Result<Answer, Trouble> {
    let store = desk.settings.store()?;
    if pausing.refunds {
        let question = "Nothing will go back to payers but what was sent already. What is owed waits.";
        let deed = Deed::confirmed(desk, question, "pause refunds").await?;
        let changed = store.stop_refunds(Some(&deed.why()), &desk.invocation.attempt, desk.invocation.now).await?;
        deed.ended(changed).await?;
        let words = if changed { "Nothing goes back any more." } else { "Payments back were stopped already." };
        return Ok(Answer::words(json!({"changed": changed}), words));
    }
    let what = if pausing.all { Pause::All } else { Pause::New };
    let question = match what {
        Pause::New => "No numbers and no calls will be sold. Who has a number can list and renew it.",
        Pause::All => "Nothing that is paid for will be sold.",
    };
    let deed = Deed::confirmed(desk, question, format!("pause {}", what.as_str())).await?;
    let changed = store.pause_selling(what, &deed.why(), &desk.invocation.attempt, desk.invocation.now).await?;
    deed.ended(changed).await?;
    if changed {
        return Ok(Answer::words(json!({"changed": true}), "Selling is paused."));
    }
    let words = match (what, store.controls().await?.paused) {
        (Pause::New, Some((Pause::All, switched))) => {
            let (since, why) = (switched.since, switched.why);
            format!("Everything is paused already, since {since}: {why}. It stays so until `dialtone resume`.")
        }
        _ => "Selling was paused already.".to_owned(),
    };
    Ok(Answer::words(json!({"changed": false}), words))
}

/// `dialtone resume`
pub(crate) async fn resume(desk: &Desk, resuming: Resuming) -> Result<Answer, Trouble> {
    let store = desk.settings.store()?;
    if resuming.refunds {
        let question = "As much as in a day may go back again. Is it known why so much was owed?";
        let deed = Deed::confirmed(desk, question, "resume refunds").await?;
        let changed = store.lift_refund_stop(&deed.why(), &desk.invocation.attempt, desk.invocation.now).await?;
        deed.ended(changed).await?;
        let words = if changed { "Payments go back again, within ten minutes." } else { "They were not stopped." };
        return Ok(Answer::words(json!({"changed": changed}), words));
    }
    let deed = Deed::confirmed(desk, "Numbers and calls will be sold again.", "resume").await?;
    let changed = store.resume_selling(&desk.invocation.attempt).await?;
    deed.ended(changed).await?;
    let words = if changed { "Selling goes on." } else { "Selling was not paused." };
    Ok(Answer::words(json!({"changed": changed}), words))
}
