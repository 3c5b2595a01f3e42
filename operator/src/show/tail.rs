//! What the functions write, as it is written: it names no person and no secret, so it is shown as it is.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::try_join_all;
use serde_json::Value;

use crate::Desk;
use crate::args::Tail;
use crate::aws::{Aws, Written};
use crate::terminal::{Answer, Terminal, Trouble};

/// How often it is asked for more.
const EVERY: Duration = Duration::from_secs(2);
/// CloudWatch may show a line so long after one that is younger, in milliseconds.
const LATE: i64 = 10_000;

/// `dialtone tail`
pub(crate) async fn tail(desk: &Desk, asked: Tail) -> Result<Answer, Trouble> {
    let nowhere = "tail follows the logs of a stack at AWS: --stack or DIALTONE_STACK says which. Elsewhere functions write to their own output";
    let stack = desk.settings.get("STACK").ok_or_else(|| Trouble::new(nowhere))?;
    let aws = desk.settings.aws()?;
    let mut groups = aws.log_groups_of(stack).await?;
    if let Some(wanted) = &asked.function {
        groups.retain(|(name, _)| name.contains(wanted.as_str()));
        if groups.is_empty() {
            return Err(Trouble(format!("{stack} has no function with {wanted} in its name")));
        }
    }
    let mut since = asked.since.from(desk.invocation.now).as_millisecond();
    let mut shown = BTreeSet::new();
    loop {
        let new = new(&aws, &groups, since, &asked.filter, &mut shown).await?;
        since = new.last().map_or(since, |last| last.at.saturating_sub(LATE).max(since));
        for line in &new {
            Terminal::line(line.text.trim_end());
        }
        if asked.once {
            return Ok(Answer::raw(Value::Null, String::new()));
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// The lines that were not shown yet, in the order of their time.
async fn new(
    aws: &Aws,
    groups: &[(String, String)],
    since: i64,
    filter: &str,
    shown: &mut BTreeSet<String>,
) -> Result<Vec<Written>, Trouble> {
    let pages = groups.iter().map(|(_, group)| aws.written(group, since, filter));
    let mut new: Vec<Written> = try_join_all(pages).await?.into_iter().flatten().collect();
    new.retain(|line| shown.insert(line.id.clone()));
    new.sort();
    Ok(new)
}
