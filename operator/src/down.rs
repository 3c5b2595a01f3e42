//! `dialtone down`: deletes a stack after its name was typed, and says what stays, what that costs, and how each of it goes. What
//! was sold is not cut off unless the operator says that it may be.

use serde_json::json;
use shared::invocation::Invocation;
use shared::store::{Pause, Queue, SHARDS, Store};
use shared::types::Country;

use crate::act::Deed;
use crate::args::Down;
use crate::aws::Aws;
use crate::show::ASK;
use crate::terminal::{Answer, Trouble};
use crate::words::counted;
use crate::{Desk, up};

/// More of one queue than is counted.
const MOST: u16 = 10_000;
/// What a US number costs a month, in cents.
const CENTS: usize = 115;

/// What a stack still owes.
#[derive(Default, PartialEq, Eq, Debug)]
struct Owed {
    leased: usize,
    unfinished: usize,
    refunds: usize,
    calls: usize,
}

/// `dialtone down`
pub(crate) async fn down(desk: &Desk, options: &Down) -> Result<Answer, Trouble> {
    let stack =
        desk.settings.get("STACK").ok_or_else(|| Trouble::new("which stack? --stack or DIALTONE_STACK says it"))?;
    let (aws, store) = (desk.settings.aws()?, desk.settings.store()?);
    let state = aws.state_of(stack).await?.ok_or_else(|| Trouble(format!("there is no stack {stack}")))?;
    if let Some(no) = refusal(&owed(&store).await?, options) {
        return Ok(no);
    }
    let left = left_behind(desk, &aws, stack).await?;
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
    if let Some(no) = refusal(&owed(&store).await?, options) {
        deed.ended(false).await?;
        return Ok(no.and("Selling is paused; `dialtone resume` sells again."));
    }
    aws.delete(&state.id).await?;
    // In the table, which stays.
    deed.ended(true).await?;
    let mut told = 0;
    up::gone(&aws, &state.id, |status| {
        if told == 0 {
            desk.terminal.progress(format!("{status} (it goes on if you stop watching)"));
        }
        told += 1;
    })
    .await?;
    let rows = left.iter().map(|one| vec![one.what.clone(), one.costs.clone(), one.how.clone()]).collect();
    let documents: Vec<_> =
        left.iter().map(|one| json!({"what": one.what, "costs": one.costs, "how": one.how})).collect();
    let answer = Answer::words(json!({"deleted": true, "stays": documents}), format!("{stack} is gone. This stays:"));
    Ok(answer.table(&["what", "costs a month", "how it goes"], rows))
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
    }
    if why.is_empty() {
        return None;
    }
    let hint = "`dialtone stuck` says what waits; --unfinished-sales gives it up.";
    let words = format!("It is not deleted: {}. {hint}", why.join(", "));
    Some(Answer::words(json!({"deleted": false, "why": why}), words).no())
}

async fn owed(store: &Store) -> Result<Owed, Trouble> {
    let mut owed = Owed::default();
    for shard in 0..SHARDS {
        owed.leased += count(store, Queue::Leases(shard)).await?;
        owed.unfinished += count(store, Queue::Sales(shard)).await? + count(store, Queue::Doubts(shard)).await?;
        owed.refunds += count(store, Queue::Refunds(shard)).await? + count(store, Queue::Strays(shard)).await?;
        owed.calls += count(store, Queue::Calls(shard)).await?;
    }
    Ok(owed)
}

async fn count(store: &Store, queue: Queue) -> Result<usize, Trouble> {
    Ok(store.waiting(queue, MOST).await?.len())
}

/// Something that a deleted stack leaves.
struct Left {
    what: String,
    costs: String,
    how: String,
}

/// What stays, as far as it can be seen before it is all that is left.
async fn left_behind(desk: &Desk, aws: &Aws, stack: &str) -> Result<Vec<Left>, Trouble> {
    let one = |what: String, costs: &str, how: String| Left { what, costs: costs.to_owned(), how };
    let mut all = Vec::new();
    for (_, table) in aws.resources_of(stack, "AWS::DynamoDB::Table").await? {
        let how = format!(
            "aws dynamodb update-table --table-name {table} --no-deletion-protection-enabled; aws dynamodb delete-table \
             --table-name {table}"
        );
        all.push(one(format!("the table {table}, with who owns what"), "$0.25 a GB", how));
    }
    for (_, key) in aws.resources_of(stack, "AWS::KMS::Key").await? {
        let how = format!("empty the refund wallet first; aws kms schedule-key-deletion --key-id {key}");
        all.push(one(format!("the refund wallet's key {key}"), "$1.00", how));
    }
    let secrets = aws.resources_of(stack, "AWS::SecretsManager::Secret").await?;
    for (_, secret) in secrets.into_iter().filter(|(logical, _)| logical == "RefundSecret") {
        let how = format!("aws secretsmanager delete-secret --secret-id {secret}");
        all.push(one("the secret of the refund wallet on Solana".to_owned(), "$0.40", how));
    }
    all.push(numbers(desk).await);
    let bucket = format!("dialtone-{}-{}", aws.identity().await?.account, aws.region());
    let how = format!("aws s3 rb s3://{bucket} --force, once no other stack of this account is deployed from it");
    all.push(one(format!("the bucket {bucket}, with the releases' zips"), "$0.001 a release", how));
    let how = "close the sub-account in Twilio's Console, which gives its numbers back; delete its handle at Bland"
        .to_owned();
    all.push(one("the accounts at Twilio and Bland, with what is paid in".to_owned(), "nothing", how));
    Ok(all)
}

async fn numbers(desk: &Desk) -> Left {
    let how = "`dialtone release NUMBER` before this; afterwards in Twilio's Console".to_owned();
    let unknown =
        || Left { what: "the numbers at Twilio".to_owned(), costs: "$1.15 each".to_owned(), how: how.clone() };
    let Some(twilio) = desk.settings.twilio() else { return unknown() };
    let (mut count, mut page) = (0, None);
    loop {
        let Ok((owned, next)) = twilio.all_owned(page, ASK).await else { return unknown() };
        count += owned.len();
        match next {
            Some(_) => page = next,
            None => break,
        }
    }
    let cents = count * CENTS;
    let costs = format!("${}.{:02} at the price of {}", cents / 100, cents % 100, Country::US);
    Left { what: format!("{} at Twilio", counted(count, "number")), costs, how }
}

#[cfg(test)]
mod tests {
    use super::{Owed, refusal};
    use crate::args::Down;

    fn options(leased_numbers: bool, unfinished_sales: bool) -> Down {
        Down { name: None, leased_numbers, unfinished_sales }
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
        ] {
            assert!(refusal(&open, &options(true, false)).is_some(), "{open:?}");
            assert!(refusal(&open, &options(false, true)).is_none(), "{open:?}");
        }
    }
}
