//! What a look at a call amounts to: from what the dialler tells and what was seen before to what
//! is kept. Pure.
//!
//! The dialler writes what it knows when a call ends and the rest within a minute. An end is
//! therefore kept back until all that belongs to it is there, or half a minute has passed; and what
//! could have been shown of it is never changed again.
//!
//! - `docs/decisions.md`: Why is an end held back until its summary is there?
//! - `docs/decisions.md`: What does a call count for whose price is not told?

use super::answers;
use super::pace::Asker;
use super::voicemail;
use super::words::Words;
use crate::limits::CLOSING;
use crate::limits::rates;
use crate::store::calls::{Call, Line, Look, Questions};
use crate::store::{Charge, Price, View};
use crate::types::call::{AnsweredBy, End, EndedBy, Message, Role, State, Status, Utterance};
use crate::types::{Timestamp, Usdc};
use crate::upstream::heard::{Before, Heard, Stopped};

/// An item of the table holds 400 KB; a transcript beyond this is cut.
const LONGEST_TRANSCRIPT: usize = 256 * 1024;
/// The same for a summary, which is a paragraph.
const LONGEST_SUMMARY: usize = 16 * 1024;
/// Seconds for which an end is kept back at most. Published clients print the summary at the first
/// status that is an end.
const HELD: i64 = 30;

/// Whether an end could have been shown by the time of this look.
pub(super) fn is_shown(view: &View, looked_at: i64) -> bool {
    view.ended_by.is_end() && view.shows_at.is_none_or(|from| from <= looked_at)
}

/// Whether all that can belong to the end of a call is there, so that nothing is added to it any
/// more. A call that is not `recorded` has no recording; what a call without words lacks may be
/// words.
pub(super) fn has_all(recorded: bool, view: &View) -> bool {
    let has_recording = view.recording_url.is_some() || !recorded;
    let has_results = view.summary.is_some() && view.call_length.is_some() && has_recording;
    view.ended_by.is_end() && (!takes_results(view) || has_results && !view.transcript.is_empty())
}

/// What is known of a call before the dialler is asked.
pub fn before(call: &Call) -> Before {
    Before {
        max_duration: call.line.max_duration,
        spoke: !call.line.transcript().is_empty(),
        rang: call.line.view.as_ref().is_some_and(|view| view.status == Status::InProgress),
        hangup_requested_at: call.line.hangup_requested_at,
        stopped: match call.business.charge {
            Charge::Declined => Stopped::Unpaid,
            Charge::Lapsed => Stopped::InDoubt,
            _ if call.business.stopped => Stopped::InDoubt,
            Charge::Pending => Stopped::TimeUpOrUnpaid,
            Charge::Paid | Charge::RefundDue | Charge::Refunded | Charge::Credited => Stopped::TimeUp,
        },
        leaves_message: call.line.message.is_some(),
    }
}

/// What the dialler tells of a call of ours.
pub fn judge(call: &Call, heard: &Heard, asker: Asker, now: Timestamp) -> Look {
    let known = call.line.view.as_ref();
    let ended_at = call.line.ended_at.or(heard.is_over().then_some(now));
    let view = match known {
        Some(shown) if is_shown(shown, now.as_second()) => completed(call.line.recorded, shown, heard),
        // An end is never taken back: a record that runs again is a record that lags.
        Some(held) if held.ended_by.is_end() && !heard.is_over() => held.clone(),
        known => Sight { call, heard, ended_at, now }.view(known),
    };
    // What was asked for once stays so; and nothing was asked for by a machine, or where the callee
    // has said nothing.
    let is_new = heard.opted_out && heard.is_over() && spoke(&view);
    let opted_out = known.is_some_and(|known| known.opted_out) || is_new;
    let view = View { message: message(call, &view), opted_out, ..view };
    let rested = ended_at.is_some_and(|at| at.saturating_add(CLOSING).is_ok_and(|rested| rested <= now));
    let is_told = asker == Asker::Told && is_whole(call, heard, &view, now);
    // While the payment is unknown it cannot be said whether an error has to be paid back.
    let closed = (rested || is_told) && call.business.charge != Charge::Pending;
    let refund_due = closed && view.status.is_failure() && call.business.charge == Charge::Paid;
    let broke_off = view.status.is_failure() && heard.state == State::Over(End::BrokeOffLate);
    let questions = questions(call, &view);
    let price = if heard.is_over() { price_of(heard, &call.line) } else { None };
    // They are asked after this look, so what they may cost counts as what they do.
    let many = if questions == Questions::Asked { call.line.questions.questions.len() } else { 0 };
    let price = price.map(|price| Price { questions: rates::questions(many), ..price });
    Look { view, ended_at, closed, refund_due, broke_off, questions, price }
}

/// Whether a person has said something at the other end.
fn spoke(view: &View) -> bool {
    view.ended_by != EndedBy::Voicemail
        && view.answered_by != Some(AnsweredBy::Voicemail)
        && view.transcript.iter().any(|line| line.role == Role::User)
}

/// Whether nothing is missing from an end that the dialler itself has told of: it does so when it
/// has written all that it will, as far as it says. Whether a callee has asked not to be called
/// again its model finds afterwards.
fn is_whole(call: &Call, heard: &Heard, view: &View, now: Timestamp) -> bool {
    let is_priced = call.business.cost.is_none() || price_of(heard, &call.line).is_some();
    heard.is_over()
        && heard.certain
        && is_shown(view, now.as_second())
        && has_all(call.line.recorded, view)
        && (heard.disposed || !spoke(view))
        && is_priced
}

/// What is to be done about a call's questions, should it close now.
fn questions(call: &Call, view: &View) -> Questions {
    if answers::is_answerable(&call.line, view) { Questions::Asked } else { Questions::Nothing }
}

/// What is known of the message for a machine that answered. What was left stays so, whatever a
/// later record says.
fn message(call: &Call, view: &View) -> Option<Message> {
    let wanted = call.line.message.as_deref().filter(|_| view.ended_by == EndedBy::Voicemail)?;
    let known = call.line.view.as_ref().and_then(|known| known.message);
    let is_left = known == Some(Message::Left)
        || view.answered_by == Some(AnsweredBy::Voicemail) && voicemail::was_left(wanted, &view.transcript);
    Some(if is_left { Message::Left } else { Message::Wanted })
}

/// A call of which nothing is heard any more, long after it must have ended. What was heard of it
/// stays.
pub(super) fn given_up(call: &Call, now: Timestamp) -> Look {
    let known = call.line.view.clone().unwrap_or_else(unseen);
    let view = if known.ended_by.is_end() {
        View { shows_at: None, ..known }
    } else {
        let lost = words_of(State::Over(End::Lost));
        let View { status, ended_by, reason, retry, .. } = lost;
        View { status, ended_by, reason, retry, ended_at: Some(now.as_second()), ..known }
    };
    let refund_due = view.status.is_failure() && call.business.charge == Charge::Paid;
    // What was said is known, so they are asked: whether the vendor has an answer is its to say.
    let questions = questions(call, &view);
    Look {
        view,
        ended_at: call.line.ended_at.or(Some(now)),
        closed: true,
        refund_due,
        broke_off: false,
        questions,
        price: None,
    }
}

/// What is kept of a call that was never looked at.
pub fn unseen() -> View {
    words_of(State::Dialling)
}

/// The dialler's word, and the moment of it.
struct Sight<'a> {
    call: &'a Call,
    heard: &'a Heard,
    ended_at: Option<Timestamp>,
    now: Timestamp,
}

impl Sight<'_> {
    fn view(&self, known: Option<&View>) -> View {
        let heard = self.heard;
        let mut view = View { transcript: transcript(heard), ..words_of(heard.state) };
        // What has been shown stays: words that were said, and that the call was answered.
        if let Some(known) = known {
            keep_lines(&mut view.transcript, known);
            if heard.state == State::Dialling {
                view.status = known.status;
            }
        }
        if heard.answered {
            let answered = heard.started_at.map(|at| self.during(at).as_second());
            view.started_at = known.and_then(|known| known.started_at).or(answered);
            view.answered_by = heard.answered_by.or_else(|| known.and_then(|known| known.answered_by));
        }
        let Some(first_seen) = self.ended_at else { return view };
        let ended = self.end(first_seen, view.started_at);
        view.ended_at = Some(ended);
        if heard.answered {
            view.call_ended_by = heard.call_ended_by;
            add_results(&mut view, results(heard));
            let earlier =
                known.map(|known| (known.call_length.clone(), known.summary.clone(), known.recording_url.clone()));
            if let Some((call_length, summary, recording_url)) = earlier {
                add_results(&mut view, Results { call_length, summary, recording_url });
            }
        }
        let at_the_latest = if self.is_complete() { self.now.as_second() } else { ended.saturating_add(HELD) };
        // What was promised for a moment is not put off.
        let promised = known.filter(|known| known.ended_by.is_end()).and_then(|known| known.shows_at);
        view.shows_at = Some(promised.map_or(at_the_latest, |promised| promised.min(at_the_latest)));
        view
    }

    /// Whether all that belongs to this end is there.
    fn is_complete(&self) -> bool {
        let heard = self.heard;
        let is_failure = words_of(heard.state).status.is_failure();
        let is_short = !heard.has_words() && is_failure || !heard.answered;
        // Where a message is left there are words.
        let is_machine = heard.answered_by == Some(AnsweredBy::Voicemail) && heard.state != State::Over(End::Mailbox);
        let is_quiet_machine = is_machine && !heard.has_words();
        let has_results = heard.call_length.is_some()
            && heard.ended_at.is_some()
            && (heard.recording_url.is_some() || !self.call.line.recorded)
            && (heard.summary.is_some() || !heard.has_words());
        heard.certain && (is_short || is_quiet_machine || has_results)
    }

    /// A time of the vendor's, as far as it can be: its clock is not ours.
    fn during(&self, at: Timestamp) -> Timestamp {
        at.max(self.call.line.created_at).min(self.ended_at.unwrap_or(self.now))
    }

    /// When it ended: when the vendor says, unless that is when it was to end; or when it was first
    /// seen to have.
    fn end(&self, first_seen: Timestamp, started_at: Option<i64>) -> i64 {
        let told = self.heard.ended_at.filter(|told| self.during(*told) == *told).map(Timestamp::as_second);
        let told = told.filter(|told| started_at.is_none_or(|started_at| started_at <= *told));
        told.unwrap_or(first_seen.as_second())
    }
}

/// An end that could have been shown stays as it is: only what was missing is added, where anything
/// belongs to it.
fn completed(recorded: bool, shown: &View, heard: &Heard) -> View {
    let mut view = shown.clone();
    if !has_all(recorded, shown) {
        view.transcript = transcript(heard);
        keep_lines(&mut view.transcript, shown);
        add_results(&mut view, results(heard));
    }
    view
}

/// Whether words and results belong to an end.
fn takes_results(view: &View) -> bool {
    match view.ended_by {
        EndedBy::NoAnswer | EndedBy::Busy => false,
        EndedBy::Error => !view.transcript.is_empty(),
        EndedBy::Requested => view.started_at.is_some(),
        EndedBy::InProgress | EndedBy::User | EndedBy::Assistant | EndedBy::Timeout | EndedBy::Voicemail => true,
    }
}

/// A view that says how a call stands, and nothing else.
pub(super) fn words_of(state: State) -> View {
    let Words { status, ended_by, retry, reason } = Words::of(state);
    View {
        status,
        ended_by,
        reason: reason.to_owned(),
        retry,
        answered_by: None,
        call_ended_by: None,
        call_length: None,
        summary: None,
        message: None,
        transcript: Vec::new(),
        recording_url: None,
        opted_out: false,
        started_at: None,
        ended_at: None,
        shows_at: None,
    }
}

/// The results that are written after a call has ended.
struct Results {
    call_length: Option<String>,
    summary: Option<String>,
    recording_url: Option<String>,
}

fn results(heard: &Heard) -> Results {
    Results {
        call_length: heard.call_length.as_ref().map(|minutes| minutes.as_str().to_owned()),
        summary: heard.summary.as_ref().map(|summary| cut(summary, LONGEST_SUMMARY).to_owned()),
        recording_url: heard.recording_url.clone().filter(|url| may_be_shown(url)),
    }
}

/// Adds what is missing.
fn add_results(view: &mut View, results: Results) {
    view.call_length = view.call_length.take().or(results.call_length);
    view.summary = view.summary.take().or(results.summary);
    view.recording_url = view.recording_url.take().or(results.recording_url);
}

/// What a call that is over has cost us: the dialler's price, and the carrier's minutes, which are
/// not in it. Nothing, if it was silent; unknown, if it may not have been and the dialler does not
/// say what it costs.
fn price_of(heard: &Heard, line: &Line) -> Option<Price> {
    let is_silent = !heard.answered && !heard.spoke && heard.seconds == 0;
    match heard.price {
        Some(dialler) => {
            let was_free = is_silent && dialler == Usdc::micros(0);
            let carrier = if was_free { dialler } else { carriers_minutes(heard, line) };
            Some(Price { dialler, carrier, ..Price::NOTHING })
        }
        // Where a record neither says how it ended nor how long it was, it may be late with all of
        // it.
        None => (is_silent && (heard.certain || heard.billed.is_some())).then_some(Price::NOTHING),
    }
}

/// What the carrier charges at most: for the length that is told, or for the longest that the call
/// might last.
fn carriers_minutes(heard: &Heard, line: &Line) -> Usdc {
    let minutes = heard.billed.map_or(u64::from(line.max_duration), |seconds| seconds.div_ceil(60));
    rates::carrier_minute(&line.to).times(minutes)
}

fn transcript(heard: &Heard) -> Vec<Utterance> {
    let mut left = LONGEST_TRANSCRIPT;
    let fits = |Utterance { role, text }: &Utterance| {
        let text = cut(text, left);
        left -= text.len();
        (!text.is_empty()).then(|| Utterance { role: *role, text: text.to_owned() })
    };
    heard.transcript.iter().map_while(fits).collect()
}

/// A record with fewer lines than there were is one that lags.
fn keep_lines(lines: &mut Vec<Utterance>, known: &View) {
    if lines.len() < known.transcript.len() {
        lines.clone_from(&known.transcript);
    }
}

fn cut(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or_default()
}

/// Not an address at the carrier: that names our account, and lives on when the dialler's is gone.
fn may_be_shown(url: &str) -> bool {
    url.starts_with("https://") && url.len() <= 2_048 && !url.contains("/Accounts/")
}

#[cfg(test)]
pub(super) mod tests;
