//! What the functions write, as it is written: it names no person and no secret, so it is shown as
//! it is.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::try_join_all;
use serde_json::Value;
use shared::invocation::Invocation;

use crate::Desk;
use crate::args::Tail;
use crate::aws::{Aws, Written};
use crate::terminal::{Answer, Terminal, Trouble};

/// How often it is asked for more.
const EVERY: Duration = Duration::from_secs(2);
/// CloudWatch may show a line so long after one that is younger, or after it was written, in
/// milliseconds.
const LATE: i64 = 10_000;
/// It goes on after so many questions in a row that were not answered, and gives up after one more.
const PATIENCE: u32 = 5;

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
    let mut following = Following::from(asked.since.from(desk.invocation.now).as_millisecond());
    let mut failed = 0;
    loop {
        let asked_at = Invocation::begin().now.as_millisecond();
        match written(&aws, &groups, following.since, &asked.filter).await {
            Ok(found) => {
                failed = 0;
                for line in following.unseen(found, asked_at) {
                    Terminal::line(line.text.trim_end());
                }
                if asked.once {
                    return Ok(Answer::raw(Value::Null, String::new()));
                }
            }
            Err(trouble) if asked.once || failed == PATIENCE || is_refusal(&trouble) => return Err(trouble),
            Err(trouble) => {
                failed += 1;
                desk.terminal.progress(format!("{trouble}; it is asked again"));
            }
        }
        tokio::time::sleep(EVERY * (1 + failed)).await;
    }
}

/// The lines of all groups from a time on.
async fn written(aws: &Aws, groups: &[(String, String)], since: i64, filter: &str) -> Result<Vec<Written>, Trouble> {
    let pages = groups.iter().map(|(_, group)| aws.written(group, since, filter));
    Ok(try_join_all(pages).await?.into_iter().flatten().collect())
}

/// Whether it is refused for good: another question would be refused as well.
fn is_refusal(trouble: &Trouble) -> bool {
    ["AccessDenied", "UnrecognizedClient", "InvalidParameter", "ExpiredToken", "InvalidSignature", "ResourceNotFound"]
        .iter()
        .any(|code| trouble.0.contains(code))
}

/// The place up to which the lines have been followed.
struct Following {
    /// It is asked for lines from here on, in epoch milliseconds.
    since: i64,
    /// What was shown of them, and when it was written.
    shown: BTreeMap<String, i64>,
}

impl Following {
    const fn from(since: i64) -> Self {
        Self { since, shown: BTreeMap::new() }
    }

    /// Those that were not shown yet, in the order of their time. What was written long before the
    /// question is not asked for again, whether or not anything was found: with a filter that
    /// little fits, the same hours would be searched for ever.
    fn unseen(&mut self, mut found: Vec<Written>, asked_at: i64) -> Vec<Written> {
        found.retain(|line| self.shown.insert(line.id.clone(), line.at).is_none());
        found.sort();
        self.since = self.since.max(asked_at.saturating_sub(LATE));
        self.shown.retain(|_, at| *at >= self.since);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::{Following, LATE, Written};

    fn line(id: &str, at: i64) -> Written {
        Written { at, id: id.to_owned(), text: id.to_owned() }
    }

    #[test]
    fn a_line_is_shown_once_and_what_is_long_over_is_not_asked_for_again() {
        let mut following = Following::from(1_000);
        let mut new = |found: &[(&str, i64)], asked_at: i64| {
            let found = found.iter().map(|(id, at)| line(id, *at)).collect();
            let shown: Vec<String> = following.unseen(found, asked_at).into_iter().map(|line| line.id).collect();
            (shown.join(" "), following.since, following.shown.len())
        };
        assert_eq!(new(&[("b", 5_000), ("a", 2_000)], 9_000), ("a b".to_owned(), 1_000, 2));
        // One that was late, and one that is seen again.
        assert_eq!(new(&[("b", 5_000), ("c", 4_000)], 11_000), ("c".to_owned(), 1_000, 3));
        // Nothing fits the filter for an hour: the time goes on, and what was shown is forgotten.
        assert_eq!(new(&[], 3_600_000), (String::new(), 3_600_000 - LATE, 0));
        // A clock that is set back asks for more, and never for less.
        assert_eq!(new(&[("d", 3_599_000)], 1_000), ("d".to_owned(), 3_600_000 - LATE, 1));
    }
}
