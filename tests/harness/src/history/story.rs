//! The history as it is printed: in the order of the beginnings, a line for each event, with every
//! name cut down.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::marks::{is_address, mask};
use super::{Errand, Event, Exchange, What, marks};

/// How many events are told of what has to do with it: the newest.
const MOST: usize = 200;

/// What happened to the subjects of these texts. `rows` are the table's items, by which one name
/// leads to the next: a payment to the number that it bought.
pub fn tell(events: &[Event], subjects: &[String], rows: &[String]) -> String {
    let wanted = closure(subjects, rows);
    let concerns = |event: &Event| event.marks.iter().any(|mark| wanted.contains(mark));
    let told: Vec<&Event> =
        events.iter().filter(|event| wanted.is_empty() || everybodys(event) || concerns(event)).collect();
    let skipped = told.len().saturating_sub(MOST);
    let mut story = String::new();
    let of = events.len();
    let _ = writeln!(story, "What happened ({} of {of} events; seconds since the world began):", told.len() - skipped);
    if skipped > 0 {
        let _ = writeln!(story, "           … {skipped} earlier ones");
    }
    for event in told.into_iter().skip(skipped) {
        let _ = writeln!(story, "{:>10.3}  {}", event.at.as_secs_f64(), mask(&line(event)));
    }
    let mut ends = rows.iter().filter(|row| marks(row).iter().any(|mark| wanted.contains(mark))).peekable();
    if ends.peek().is_some() {
        story.push_str("How it stands:\n");
    }
    for row in ends.take(MOST / 10) {
        let _ = writeln!(story, "  {}", mask(row));
    }
    story
}

/// The names in the subjects, and those that stand beside them in the table. A wallet alone has to
/// do with too much, unless there is nothing else to go by.
fn closure(subjects: &[String], rows: &[String]) -> BTreeSet<String> {
    let named: BTreeSet<String> = subjects.iter().flat_map(|text| marks(text)).collect();
    let narrow: BTreeSet<String> = named.iter().filter(|mark| !is_address(mark)).cloned().collect();
    if narrow.is_empty() {
        return named;
    }
    let mut wanted = narrow.clone();
    for row in rows {
        let beside = marks(row);
        if beside.iter().any(|mark| narrow.contains(mark)) {
            wanted.extend(beside.into_iter().filter(|mark| !is_address(mark)));
        }
    }
    wanted
}

/// Whether an event concerns all stories.
fn everybodys(event: &Event) -> bool {
    match &event.what {
        What::Travelled(_) | What::Swept | What::Killed { .. } | What::Fired { .. } => true,
        What::Worked { trouble, .. } => trouble.is_some(),
        What::Errand(errand) => errand.met.name().is_some(),
        What::Asked(_) | What::Started { .. } | What::Landed { .. } => false,
    }
}

fn line(event: &Event) -> String {
    match &event.what {
        What::Asked(asked) => exchange(asked, event),
        What::Errand(errand) => ask(errand, event),
        What::Worked { function, trouble } => {
            format!("lambda   {function}: {}", trouble.as_deref().unwrap_or("answered"))
        }
        What::Started { function } => format!("lambda   a process of {function} starts"),
        What::Killed { function, processes } => format!("lambda   kill -9 of {processes} × {function}"),
        What::Travelled(by) => format!("time     {} s pass", by.as_secs()),
        What::Swept => "schedule the recurring schedules fire".to_owned(),
        What::Fired { name } => format!("schedule {name} fires"),
        What::Landed { hash, did } => format!("chain    {hash} lands: {did}"),
    }
}

fn exchange(asked: &Exchange, event: &Event) -> String {
    let paying = asked.key();
    let paying = paying.map(|(from, nonce)| format!(" paying {nonce} of {from}")).unwrap_or_default();
    let answer = match &asked.said {
        Some(said) => format!("{} {}", said.status, said.code).trim_end().to_owned(),
        None => "no answer".to_owned(),
    };
    format!("client   {} {}{paying} → {answer}{}", asked.method, asked.path, after(event))
}

fn ask(errand: &Errand, event: &Event) -> String {
    let who = format!("{:?}", errand.neighbour).to_lowercase();
    let deeds = if errand.deeds.is_empty() { String::new() } else { format!(" [{}]", errand.deeds.join(", ")) };
    let answer = match errand.status {
        Some(status) => format!("{status} {}", errand.said).trim_end().to_owned(),
        None => "no answer".to_owned(),
    };
    let met = errand.met.name().map(|fault| format!(" (told to: {fault})")).unwrap_or_default();
    format!("  {who:<11} {}{deeds} → {answer}{met}{}", errand.class, after(event))
}

fn after(event: &Event) -> String {
    match event.until {
        Some(until) => format!(", {} ms", until.saturating_sub(event.at).as_millis()),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::History;
    use super::*;

    const NUMBER: &str = "+14155550100";

    fn history() -> History {
        let history = History::kept();
        for number in [NUMBER, "+12125550199"] {
            let errand = |status| Errand {
                neighbour: crate::world::Neighbour::Twilio,
                class: format!("POST /buy/{number}"),
                deeds: Vec::new(),
                status,
                said: String::new(),
                met: super::super::Met::default(),
            };
            history.note(|| (What::Errand(Box::new(errand(Some(201)))), vec![number.to_owned()]));
        }
        history.note(|| (What::Travelled(Duration::from_mins(2)), Vec::new()));
        history
    }

    #[test]
    fn what_has_to_do_with_it_is_told_and_nothing_is_shown_in_full() {
        let subject = [format!("{NUMBER} is billed, and not in the table")];
        let story = tell(&history().events(), &subject, &[format!("{{\"pk\":\"NUMBER#{NUMBER}\"}}")]);
        assert!(story.contains("twilio") && story.contains("120 s pass") && story.contains("How it stands"), "{story}");
        assert!(!story.contains(NUMBER) && !story.contains("+12"), "{story}");
    }

    #[test]
    fn a_history_that_is_not_kept_costs_and_tells_nothing() {
        let history = History::default();
        history.note(|| panic!("it was not asked for"));
        assert!(history.events().is_empty());
    }
}
