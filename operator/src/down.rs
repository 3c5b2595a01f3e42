//! `dialtone down`: deletes a stack after its name was typed, and says what stays, what that costs,
//! and how each of it goes. What was sold is not cut off unless the operator says that it may be.

mod left;

use std::time::Duration;

use serde_json::json;
use shared::invocation::Invocation;
use shared::store::{Pause, Queue, SHARDS, Store};
use shared::types::Usdc;

use self::left::left_behind;
use crate::act::Deed;
use crate::args::Down;
use crate::terminal::{Answer, Trouble};
use crate::words::counted;
use crate::{Desk, find, up};

/// More of one queue than is counted.
const MOST: u16 = 10_000;
/// What is said where it goes on, or ends, without anything for sale.
const PAUSED: &str = "Selling stays paused; `dialtone resume` sells again.";

/// The debts of a stack.
#[derive(PartialEq, Eq, Debug)]
struct Owed {
    leased: usize,
    unfinished: usize,
    refunds: usize,
    calls: usize,
    /// What wallets have not spent of what they were owed.
    credit: Usdc,
}

impl Default for Owed {
    fn default() -> Self {
        Self { leased: 0, unfinished: 0, refunds: 0, calls: 0, credit: Usdc::micros(0) }
    }
}

/// `dialtone down`
pub(crate) async fn down(desk: &Desk, options: &Down) -> Result<Answer, Trouble> {
    let stack =
        desk.settings.get("STACK").ok_or_else(|| Trouble::new("which stack? --stack or DIALTONE_STACK says it"))?;
    let (aws, store) = (desk.settings.aws()?, desk.settings.store()?);
    let state = aws.state_of(stack).await?.ok_or_else(|| Trouble(format!("there is no stack {stack}")))?;
    if let Some(no) = refusal(&owed(desk, &store).await?, options) {
        return Ok(no);
    }
    let left = left_behind(desk, &aws, &store, stack).await?;
    let typed = match &options.name {
        Some(name) => name.clone(),
        None => {
            desk.terminal.ask(&format!("{stack} is deleted, and sells nothing from then on. Type its name"), None)?
        }
    };
    if typed != stack {
        return Err(Trouble::new("that is another name: nothing was changed"));
    }
    // From here on nothing new is sold, so that what is counted stays so.
    let by = Invocation::begin();
    let deed = Deed::begun_as(desk, format!("take the stack {stack} down")).await?;
    store.pause_selling(Pause::All, &deed.why(), &by.attempt, by.now).await?;
    // What was let in before that may still be about to sell.
    desk.terminal.progress(format!("selling is paused; what is on its way has {} seconds", options.grace));
    tokio::time::sleep(Duration::from_secs(options.grace)).await;
    let no = match owed(desk, &store).await {
        Ok(owed) => refusal(&owed, options),
        Err(trouble) => return Err(stays_paused(deed, trouble).await),
    };
    if let Some(no) = no {
        deed.ended(false).await?;
        return Ok(no.and(PAUSED));
    }
    if let Err(trouble) = aws.delete(&state.id).await {
        return Err(stays_paused(deed, trouble).await);
    }
    let mut told = 0;
    let gone = up::gone(&aws, &state.id, |status| {
        if told == 0 {
            desk.terminal.progress(format!("{status} (it goes on if you stop watching)"));
        }
        told += 1;
    });
    if let Err(Trouble(why)) = gone.await {
        let _ = deed.ended(false).await;
        let finish = format!("aws cloudformation delete-stack --stack-name {stack}");
        // Nothing resumes what has no functions any more.
        return Err(Trouble(format!(
            "{why}. {stack} may be half deleted, and sells nothing. See to that, then finish it: {finish}"
        )));
    }
    // In the table, which stays.
    deed.ended(true).await?;
    let rows = left.iter().map(|one| vec![one.what.clone(), one.costs.clone(), one.how.clone()]).collect();
    let documents: Vec<_> =
        left.iter().map(|one| json!({"what": one.what, "costs": one.costs, "how": one.how})).collect();
    let answer = Answer::words(
        json!({"deleted": true, "stays": documents}),
        format!("{stack} is gone, and its logs with it. This stays:"),
    );
    Ok(answer.table(&["what", "costs a month", "how it goes"], rows))
}

/// What went wrong, and how the stack is left.
async fn stays_paused(deed: Deed<'_>, trouble: Trouble) -> Trouble {
    // The table may be what went wrong.
    let _ = deed.ended(false).await;
    Trouble(format!("{trouble}. {PAUSED}"))
}

/// Why it is not deleted.
fn refusal(owed: &Owed, options: &Down) -> Option<Answer> {
    let mut why = Vec::new();
    let mut tell = |count: usize, what: &str, how: &str| {
        if count > 0 {
            why.push(format!("{} {how}", counted(count, what)));
        }
    };
    if !options.leased_numbers {
        tell(owed.leased, "number", "leased (--leased-numbers deletes it all the same)");
    }
    if !options.unfinished_sales {
        tell(owed.unfinished, "sale", "unfinished");
        tell(owed.refunds, "payment", "on the way back");
        tell(owed.calls, "call", "not settled");
        if owed.credit > Usdc::micros(0) {
            why.push(format!("{} of credit that wallets have not spent", owed.credit));
        }
    }
    if why.is_empty() {
        return None;
    }
    let hint = "`dialtone stuck` says what waits; --unfinished-sales gives it up.";
    let words = format!("It is not deleted: {}. {hint}", why.join(", "));
    Some(Answer::words(json!({"deleted": false, "why": why}), words).no())
}

async fn owed(desk: &Desk, store: &Store) -> Result<Owed, Trouble> {
    let mut owed = Owed::default();
    for shard in 0..SHARDS {
        owed.leased += count(store, Queue::Leases(shard)).await?;
        owed.unfinished += count(store, Queue::Sales(shard)).await? + count(store, Queue::Doubts(shard)).await?;
        owed.refunds += count(store, Queue::Refunds(shard)).await?;
        owed.calls += count(store, Queue::Calls(shard)).await?;
    }
    owed.refunds += count(store, Queue::Strays).await?;
    let credits = find::all(desk, async |from| store.seek_credit(from).await).await?;
    let micros = credits.iter().fold(0_u64, |sum, (_, credit)| sum.saturating_add(credit.atomic()));
    Ok(Owed { credit: Usdc::micros(micros), ..owed })
}

async fn count(store: &Store, queue: Queue) -> Result<usize, Trouble> {
    Ok(store.waiting(queue, MOST).await?.len())
}

#[cfg(test)]
mod tests {
    use shared::types::Usdc;

    use super::{Owed, refusal};
    use crate::args::Down;

    fn options(leased_numbers: bool, unfinished_sales: bool) -> Down {
        Down { name: None, leased_numbers, unfinished_sales, grace: 0 }
    }

    #[test]
    fn what_is_owed_is_given_up_only_when_it_is_said() {
        let nothing = Owed::default();
        assert!(refusal(&nothing, &options(false, false)).is_none());
        let leased = Owed { leased: 2, ..Owed::default() };
        assert!(refusal(&leased, &options(false, true)).is_some_and(|answer| answer.no));
        assert!(refusal(&leased, &options(true, false)).is_none());
        for open in [
            Owed { unfinished: 1, ..Owed::default() },
            Owed { refunds: 1, ..Owed::default() },
            Owed { calls: 1, ..Owed::default() },
            Owed { credit: Usdc::micros(1), ..Owed::default() },
        ] {
            assert!(refusal(&open, &options(true, false)).is_some(), "{open:?}");
            assert!(refusal(&open, &options(false, true)).is_none(), "{open:?}");
        }
    }
}
