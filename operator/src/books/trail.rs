//! What operators have done, from the books.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde_json::json;
use shared::store::Book;
use shared::store::books::{Line, day_of};

use super::read;
use crate::Desk;
use crate::args::Audit;
use crate::terminal::{Answer, Trouble};

/// `dialtone audit`. It ends with 1 where nothing was done, and where a file is missing that was
/// written.
pub(crate) async fn trail(desk: &Desk, asked: Audit) -> Result<Answer, Trouble> {
    let until = asked.until.unwrap_or_else(|| day_of(desk.invocation.now));
    let found = read(desk, &[Book::Deeds], asked.since, until).await?;
    let deeds = ended(&found.lines);
    let rows = deeds.iter().map(|deed| COLUMNS.iter().map(|column| deed.cell(column).to_owned()).collect()).collect();
    let documents: Vec<_> = deeds
        .iter()
        .map(|deed| COLUMNS.iter().map(|column| ((*column).to_owned(), json!(deed.cell(column)))).collect())
        .map(serde_json::Value::Object)
        .collect();
    let days = |days: &BTreeSet<Date>| days.iter().map(Date::to_string).collect::<Vec<_>>();
    let (before, missing) = (days(&found.before), days(&found.missing));
    let json = json!({"deeds": documents, "no_books": before, "files_missing": missing});
    found.tell(desk);
    let is_all = found.missing.is_empty();
    if deeds.is_empty() {
        let words =
            if is_all { "Nothing was done by hand." } else { "Nothing that was done by hand is in what is there." };
        return Ok(Answer::words(json, words).no());
    }
    let mut answer = Answer::default().table(&["when", "who", "what", "why", "outcome"], rows);
    answer.json = json;
    Ok(if is_all { answer } else { answer.no() })
}

const COLUMNS: [&str; 5] = ["booked_at", "who", "what", "why", "outcome"];

/// Each deed once, with its end where it has one.
fn ended(lines: &[Line]) -> Vec<&Line> {
    let mut deeds: BTreeMap<[&str; 4], &Line> = BTreeMap::new();
    for line in lines {
        let deed = deeds.entry(["begun_at", "who", "what", "why"].map(|column| line.cell(column))).or_insert(line);
        if line.cell("outcome") != "begun" {
            *deed = line;
        }
    }
    deeds.into_values().collect()
}

#[cfg(test)]
mod tests {
    use shared::store::Book;
    use shared::store::books::Line;
    use shared::types::Timestamp;

    use super::ended;

    #[test]
    fn a_deed_is_told_once_with_its_end_and_one_without_an_end_as_begun() {
        let deed = |what: &str, outcome: &str| {
            Line::of(Book::Deeds, Timestamp::UNIX_EPOCH).with("what", what).with("outcome", outcome)
        };
        let lines = [deed("pause", "begun"), deed("block", "done"), deed("block", "begun")];
        let told: Vec<_> = ended(&lines).iter().map(|line| (line.cell("what"), line.cell("outcome"))).collect();
        assert_eq!(told, [("block", "done"), ("pause", "begun")]);
    }
}
