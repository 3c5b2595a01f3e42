//! What a look at a call amounts to: from the dialler's record and what was seen before to what is kept. Pure.
//!
//! The dialler writes what it knows when a call ends and the rest within a minute. An end is therefore kept back until all that
//! belongs to it is there, or half a minute has passed; and what could have been shown of it is never changed again.

use super::outcome::{self, Before, ERROR, IN_PROGRESS, Outcome, State, in_order, role};
use crate::limits::SETTLING;
use crate::limits::rates;
use crate::store::calls::{Call, Look};
use crate::store::{Charge, Spoken, View};
use crate::types::{PhoneNumber, Timestamp, Usdc};
use crate::upstream::bland::BlandCall;

/// An item of the table holds 400 KB; a transcript beyond this is cut.
const LONGEST_TRANSCRIPT: usize = 256 * 1024;
/// The same for a summary, which is a paragraph.
const LONGEST_SUMMARY: usize = 16 * 1024;
/// Seconds for which an end is kept back at most. Published clients print the summary at the first status that is an end.
const HELD: i64 = 30;

/// Whether an end could have been shown by the time of this look.
pub(super) fn is_shown(view: &View, looked_at: i64) -> bool {
    is_end(view) && view.shows_at.is_none_or(|from| from <= looked_at)
}

/// Whether all that can belong to an end is there. Nothing is added to it any more. What a call without words lacks may be words.
pub(super) fn has_all(view: &View) -> bool {
    let has_results = view.summary.is_some() && view.call_length.is_some() && view.recording_url.is_some();
    is_end(view) && (!takes_results(view) || has_results && !view.transcript.is_empty())
}

/// What a record of the vendor's says about a call of ours.
pub fn judge(call: &Call, record: &BlandCall, now: Timestamp) -> Look {
    let known = call.view.as_ref();
    let before = Before {
        max_duration: call.max_duration,
        spoke: known.is_some_and(|view| !view.transcript.is_empty()),
        charge: call.charge,
        stopped: call.stopped,
    };
    let outcome = outcome::of(record, before);
    let ended_at = call.ended_at.or(outcome.is_terminal().then_some(now));
    let view = match known {
        Some(shown) if is_shown(shown, now.as_second()) => completed(shown, record),
        // An end is never taken back: a record that runs again is a record that lags.
        Some(held) if is_end(held) && !outcome.is_terminal() => held.clone(),
        known => Sight { call, record, outcome, ended_at, now }.view(known),
    };
    let rested = ended_at.is_some_and(|at| at.saturating_add(SETTLING).is_ok_and(|rested| rested <= now));
    // While the payment is unknown it cannot be said whether an error has to be paid back.
    let settled = rested && call.charge != Charge::Pending;
    let refund_due = settled && is_error(&view) && call.charge == Charge::Paid;
    let price = if outcome.is_terminal() { price_of(record, &call.to) } else { None };
    let broke_off = is_error(&view) && outcome.broke_off_late();
    Look { view, ended_at, settled, refund_due, broke_off, price }
}

/// A call of which nothing is heard any more, long after it must have ended. What was heard of it stays.
pub(super) fn given_up(call: &Call, now: Timestamp) -> Look {
    let known = call.view.clone().unwrap_or_else(unseen);
    let view = if is_end(&known) {
        View { shows_at: None, ..known }
    } else {
        let lost = words_of(outcome::lost(!known.transcript.is_empty()));
        let View { status, ended_by, reason, retry, .. } = lost;
        View { status, ended_by, reason, retry, ended_at: Some(now.as_second()), ..known }
    };
    let refund_due = is_error(&view) && call.charge == Charge::Paid;
    Look { view, ended_at: call.ended_at.or(Some(now)), settled: true, refund_due, broke_off: false, price: None }
}

/// What is kept of a call that was never looked at.
pub fn unseen() -> View {
    words_of(outcome::dialled())
}

/// What a record says, and when.
struct Sight<'a> {
    call: &'a Call,
    record: &'a BlandCall,
    outcome: Outcome,
    ended_at: Option<Timestamp>,
    now: Timestamp,
}

impl Sight<'_> {
    fn view(&self, known: Option<&View>) -> View {
        let Self { record, outcome, .. } = *self;
        let mut view = View { transcript: transcript(record), ..words_of(outcome) };
        // What has been shown stays: words that were said, and that the call was answered.
        if let Some(known) = known {
            keep_lines(&mut view.transcript, known);
            if outcome.state == State::Dialling {
                view.status.clone_from(&known.status);
            }
        }
        if outcome.is_answered() {
            let answered = record.started_at.map(|at| self.during(at).as_second());
            view.started_at = known.and_then(|known| known.started_at).or(answered);
            view.answered_by = one_of(record.answered_by.as_ref(), &["human", "voicemail", "unknown"])
                .or_else(|| known.and_then(|known| known.answered_by.clone()));
        }
        let Some(first_seen) = self.ended_at else { return view };
        let ended = self.end(first_seen, view.started_at);
        view.ended_at = Some(ended);
        if outcome.is_answered() {
            view.call_ended_by = one_of(record.call_ended_by.as_ref(), &["USER", "ASSISTANT"]);
            add_results(&mut view, results(record));
            let earlier =
                known.map(|known| (known.call_length.clone(), known.summary.clone(), known.recording_url.clone()));
            if let Some((call_length, summary, recording_url)) = earlier {
                add_results(&mut view, Results { call_length, summary, recording_url });
            }
        }
        let at_the_latest = if self.is_complete() { self.now.as_second() } else { ended.saturating_add(HELD) };
        // What was promised for a moment is not put off.
        let promised = known.filter(|known| is_end(known)).and_then(|known| known.shows_at);
        view.shows_at = Some(promised.map_or(at_the_latest, |promised| promised.min(at_the_latest)));
        view
    }

    /// Whether all that belongs to this end is there.
    fn is_complete(&self) -> bool {
        let Self { record, outcome, .. } = *self;
        let is_short = !outcome.has_words() && outcome.is_error() || !outcome.is_answered();
        let is_quiet_machine = record.answered_by.as_deref() == Some("voicemail") && !outcome.has_words();
        let has_results = record.call_length.is_some()
            && record.end_at.is_some()
            && record.recording_url.is_some()
            && (record.summary.is_some() || !outcome.has_words());
        outcome.is_certain() && (is_short || is_quiet_machine || has_results)
    }

    /// A time of the vendor's, as far as it can be: its clock is not ours.
    fn during(&self, at: Timestamp) -> Timestamp {
        at.max(self.call.created_at).min(self.ended_at.unwrap_or(self.now))
    }

    /// When it ended: when the vendor says, unless that is when it was to end; or when it was first seen to have.
    fn end(&self, first_seen: Timestamp, started_at: Option<i64>) -> i64 {
        let told = self.record.end_at.filter(|told| self.during(*told) == *told).map(Timestamp::as_second);
        let told = told.filter(|told| started_at.is_none_or(|started_at| started_at <= *told));
        told.unwrap_or(first_seen.as_second())
    }
}

/// An end that could have been shown stays as it is: only what was missing is added, where anything belongs to it.
fn completed(shown: &View, record: &BlandCall) -> View {
    let mut view = shown.clone();
    if !has_all(shown) {
        view.transcript = transcript(record);
        keep_lines(&mut view.transcript, shown);
        add_results(&mut view, results(record));
    }
    view
}

/// Whether words and results belong to an end.
fn takes_results(view: &View) -> bool {
    let is_silent = view.transcript.is_empty();
    !(matches!(view.ended_by.as_str(), "NO_ANSWER" | "BUSY") || is_error(view) && is_silent)
}

fn is_end(view: &View) -> bool {
    view.ended_by != IN_PROGRESS
}

fn is_error(view: &View) -> bool {
    view.ended_by == ERROR
}

/// A view that says how a call stands, and nothing else.
fn words_of(outcome: Outcome) -> View {
    View {
        status: outcome.status().to_owned(),
        ended_by: outcome.ended_by().to_owned(),
        reason: outcome.reason().to_owned(),
        retry: Some(outcome.retry().to_owned()),
        answered_by: None,
        call_ended_by: None,
        call_length: None,
        summary: None,
        transcript: Vec::new(),
        recording_url: None,
        started_at: None,
        ended_at: None,
        shows_at: None,
    }
}

/// What is written after a call has ended.
struct Results {
    call_length: Option<String>,
    summary: Option<String>,
    recording_url: Option<String>,
}

fn results(record: &BlandCall) -> Results {
    Results {
        call_length: record.call_length.as_ref().map(|minutes| minutes.as_str().to_owned()),
        summary: record.summary.as_ref().map(|summary| cut(summary, LONGEST_SUMMARY).to_owned()),
        recording_url: record.recording_url.clone().filter(|url| may_be_shown(url)),
    }
}

/// Adds what is missing.
fn add_results(view: &mut View, results: Results) {
    view.call_length = view.call_length.take().or(results.call_length);
    view.summary = view.summary.take().or(results.summary);
    view.recording_url = view.recording_url.take().or(results.recording_url);
}

/// What a call that is over has cost us: the dialler's price, and the carrier's minutes, which are not in it. Nothing, if it was
/// silent; unknown, if it was not and the dialler does not say what it costs.
fn price_of(record: &BlandCall, to: &PhoneNumber) -> Option<Usdc> {
    let seconds = outcome::seconds(record);
    let carrier = rates::carrier_minute(to).times(seconds.div_ceil(60));
    match record.price {
        Some(_) => Some(record.cost().plus(carrier)),
        None => (seconds == 0).then(|| Usdc::micros(0)),
    }
}

fn transcript(call: &BlandCall) -> Vec<Spoken> {
    let mut left = LONGEST_TRANSCRIPT;
    in_order(call)
        .into_iter()
        .filter_map(|line| Some((role(line)?, line)))
        .map_while(|(role, line)| {
            let text = cut(&line.text, left);
            left -= text.len();
            (!text.is_empty()).then(|| Spoken { role: role.to_owned(), text: text.to_owned() })
        })
        .collect()
}

/// A record with fewer lines than there were is one that lags.
fn keep_lines(lines: &mut Vec<Spoken>, known: &View) {
    if lines.len() < known.transcript.len() {
        lines.clone_from(&known.transcript);
    }
}

fn cut(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or_default()
}

fn one_of(told: Option<&String>, known: &[&str]) -> Option<String> {
    told.filter(|told| known.contains(&told.as_str())).cloned()
}

/// Not an address at the carrier: that names our account, and lives on when the dialler's is gone.
fn may_be_shown(url: &str) -> bool {
    url.starts_with("https://") && url.len() <= 2_048 && !url.contains("/Accounts/")
}

#[cfg(test)]
pub(super) mod tests;
