//! Switches: a wallet that is refused, a person who is not called, and whether anything is sold.

use serde_json::json;
use shared::store::Pause;
use shared::types::{PhoneNumber, Wallet};

use super::signed;
use crate::args::{Block, Pausing, Resuming, Target};
use crate::show::phone_number;
use crate::terminal::{Answer, Trouble};
use crate::{Desk, find};

enum Meant {
    Wallets(Vec<Wallet>),
    Destination(PhoneNumber),
}

fn meant(desk: &Desk, target: &Target) -> Result<Meant, Trouble> {
    Ok(match target {
        Target::Wallet { address } => Meant::Wallets(find::wallets(desk, address)?),
        Target::Destination { number } => Meant::Destination(phone_number(number)?),
    })
}

/// `dialtone block`
pub(crate) async fn block(desk: &Desk, block: Block) -> Result<Answer, Trouble> {
    let store = desk.settings.store()?;
    let (by, now) = (&desk.invocation.attempt, desk.invocation.now);
    let why = signed(desk, &block.because);
    let mut changed = false;
    let words = match meant(desk, &block.target)? {
        Meant::Wallets(wallets) => {
            desk.terminal.confirm(
                "Everything this wallet asks for will be refused. What it has paid for and what it is owed stays.",
            )?;
            for wallet in &wallets {
                changed |= store.block_wallet(wallet, &why, by, now).await?;
            }
            if changed { "The wallet is blocked." } else { "The wallet was blocked already." }
        }
        Meant::Destination(number) => {
            desk.terminal.confirm("No wallet will be able to call this number from here.")?;
            changed = store.opt_out(&number, &why, by, now).await?;
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
            desk.terminal.confirm("The wallet may buy and call again.")?;
            for wallet in &wallets {
                changed |= store.unblock_wallet(wallet, by).await?;
            }
            if changed { "The wallet is not blocked any more." } else { "The wallet was not blocked." }
        }
        Meant::Destination(number) => {
            desk.terminal.confirm("The number may be called again. Did the person who has it say so?")?;
            changed = store.opt_in(&number, by).await?;
            if changed { "The number may be called again." } else { "The number could be called already." }
        }
    };
    Ok(Answer::words(json!({"changed": changed}), words))
}

/// `dialtone pause`
pub(crate) async fn pause(desk: &Desk, pausing: Pausing) -> Result<Answer, Trouble> {
    let store = desk.settings.store()?;
    let what = if pausing.all { Pause::All } else { Pause::New };
    let question = match what {
        Pause::New => "No numbers and no calls will be sold. Who has a number can list and renew it.",
        Pause::All => "Nothing that is paid for will be sold.",
    };
    desk.terminal.confirm(question)?;
    let why = signed(desk, &pausing.because);
    let changed = store.pause_selling(what, &why, &desk.invocation.attempt, desk.invocation.now).await?;
    let words = if changed { "Selling is paused." } else { "Selling was paused already." };
    Ok(Answer::words(json!({"changed": changed}), words))
}

/// `dialtone resume`
pub(crate) async fn resume(desk: &Desk, resuming: Resuming) -> Result<Answer, Trouble> {
    let store = desk.settings.store()?;
    if resuming.refunds {
        desk.terminal.confirm("As much as in a day may go back again. Is it known why so much was owed?")?;
        let why = signed(desk, &resuming.because);
        let changed = store.lift_refund_stop(&why, &desk.invocation.attempt, desk.invocation.now).await?;
        let words = if changed { "Payments go back again, within ten minutes." } else { "They were not stopped." };
        return Ok(Answer::words(json!({"changed": changed}), words));
    }
    desk.terminal.confirm("Numbers and calls will be sold again.")?;
    let changed = store.resume_selling(&desk.invocation.attempt).await?;
    let words = if changed { "Selling goes on." } else { "Selling was not paused." };
    Ok(Answer::words(json!({"changed": changed}), words))
}
