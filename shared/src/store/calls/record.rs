//! A call on record: the line, and the business behind it.

use std::fmt;

use crate::store::parse::{instant_of, number_of, wallet_of};
use crate::store::rows::{CallRow, Charge, QuestionRow};
use crate::store::{Cost, Price, StoreFault};
use crate::types::call::{Dialler, Utterance};
use crate::types::{AnswerKind, CallId, PaymentId, PhoneNumber, Question, Timestamp, Wallet};

use super::{Said, View, kept_until};

/// A call on record.
#[derive(Clone, Debug)]
pub struct Call {
    /// Our id.
    pub id: CallId,
    /// The line itself.
    pub line: Line,
    /// What it is paid with. Every call that we place has been sold; one that came in would have
    /// none.
    pub business: Business,
}

/// The caller, the callee and the time, how it stands, what was said, and how it ended.
#[expect(clippy::struct_excessive_bools, reason = "what is known of a call, of which one does not follow from another")]
#[derive(Clone, Debug)]
pub struct Line {
    /// The caller.
    pub from: PhoneNumber,
    /// The callee.
    pub to: PhoneNumber,
    /// Minutes.
    pub max_duration: u32,
    /// The digest of what is left where voicemail answers; nothing, if the AI hangs up there.
    pub message: Option<String>,
    /// What is asked about it once it is over, and what has become of that.
    pub questions: Asked,
    /// Whether it is recorded.
    pub recorded: bool,
    /// When it was dialled.
    pub created_at: Timestamp,
    /// The vendor that has it.
    pub dialler: Dialler,
    /// That vendor's id of it, once it has accepted.
    pub placed: Option<String>,
    /// When the vendor was last asked, in epoch seconds; zero for never.
    pub looked_at: i64,
    /// Which look `view` is from: looks that fail, or are overtaken, show nothing.
    pub seen_at: Option<i64>,
    /// When it was first seen to have ended.
    pub ended_at: Option<Timestamp>,
    /// When it was asked for that it is hung up.
    pub hangup_requested_at: Option<Timestamp>,
    /// Nothing about it will change any more.
    pub closed: bool,
    /// It stands in a queue: something of it is still to be done.
    pub waits: bool,
    /// What the last look showed.
    pub view: Option<View>,
    /// In which parts what was said is on record.
    pub said: Vec<Said>,
    /// Why an operator keeps it beyond that.
    pub held_for: Option<String>,
    /// An operator has begun to erase it.
    pub erasing: bool,
    /// Until when it is shown: what was said is gone then, whether or not the table has deleted it.
    pub kept_until: Timestamp,
}

/// The questions about a call.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Asked {
    /// What is to be known; nothing, as a rule.
    pub questions: Vec<Question>,
    /// How often the vendor was asked.
    pub times: Option<i64>,
    /// What it has answered: a JSON object, already read and written anew.
    pub answers: Option<String>,
    /// There will be no answers.
    pub given_up: bool,
}

impl fmt::Debug for Asked {
    /// Neither a caller's words nor what is known of a stranger belong in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Asked({} questions, {:?} times)", self.questions.len(), self.times)
    }
}

fn question_of(row: QuestionRow) -> Result<Question, StoreFault> {
    let QuestionRow { name, question, kind, options } = row;
    let kind = AnswerKind::read(&kind, options).ok_or(StoreFault::Row("type of a question"))?;
    Ok(Question { name, question, kind })
}

/// The sale behind a call, which may have to be paid back.
#[derive(Clone, Debug)]
pub struct Business {
    /// Its payment.
    pub sale: PaymentId,
    /// The wallet that pays.
    pub wallet: Wallet,
    /// What it has cost its wallet.
    pub charge: Charge,
    /// The transaction that paid it; none if credit did.
    pub transaction: Option<String>,
    /// The transaction that gave the money back.
    pub refunded_by: Option<String>,
    /// What it costs us, where that is counted.
    pub cost: Option<Cost>,
    /// It was stopped because its payment was in doubt for too long.
    pub stopped: bool,
}

/// The result of a look at the vendor.
#[derive(Clone, Debug)]
pub struct Look {
    /// What to show until the next look.
    pub view: View,
    /// When the call was first seen to have ended.
    pub ended_at: Option<Timestamp>,
    /// Nothing will change any more: the call leaves its queue.
    pub closed: bool,
    /// It ended in an error after it was paid: the money goes back.
    pub refund_due: bool,
    /// It ended in an error because the line failed in the middle of a conversation: that counts
    /// for its destination.
    pub broke_off: bool,
    /// What is to be done about its questions.
    pub questions: Questions,
    /// What it has cost us, if that is known now. Until then it counts for what is reserved.
    pub price: Option<Price>,
}

impl Look {
    /// Whether it has found anything that is not on record.
    pub fn is_news_for(&self, call: &Call) -> bool {
        let line = &call.line;
        line.view.as_ref() != Some(&self.view) || line.ended_at != self.ended_at || line.closed != self.closed
    }
}

/// The next step with the questions of a call that closes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Questions {
    /// There are none, or nothing to answer them from.
    Nothing,
    /// They are asked: the call goes into that queue.
    Asked,
}

impl Line {
    /// What was said, as far as it was seen.
    pub fn transcript(&self) -> &[Utterance] {
        self.view.as_ref().map_or(&[], |view| &view.transcript)
    }
}

impl Call {
    /// The same after a look that was written down.
    #[must_use]
    pub fn after(self, look: Look) -> Self {
        let charge = if look.refund_due { Charge::RefundDue } else { self.business.charge };
        let seen_at = Some(self.line.looked_at);
        let line = Line { view: Some(look.view), ended_at: look.ended_at, closed: look.closed, seen_at, ..self.line };
        Self { line, business: Business { charge, ..self.business }, ..self }
    }

    pub(in crate::store) fn from_row(
        id: CallId,
        row: CallRow,
        (transcript, said): (Vec<Utterance>, Vec<Said>),
    ) -> Result<Self, StoreFault> {
        let created_at = instant_of(row.created_at)?;
        Ok(Self {
            id,
            line: Line {
                from: number_of(&row.from)?,
                to: number_of(&row.to)?,
                max_duration: row.max_duration,
                message: row.message,
                questions: Asked {
                    questions: row.questions.into_iter().map(question_of).collect::<Result<_, _>>()?,
                    times: row.asked,
                    answers: row.answers,
                    given_up: row.unanswered,
                },
                recorded: !row.unrecorded,
                created_at,
                dialler: row.dialler,
                placed: row.placed,
                looked_at: row.looked_at,
                seen_at: row.seen_at,
                ended_at: row.ended_at.map(instant_of).transpose()?,
                hangup_requested_at: row.hangup_requested_at.map(instant_of).transpose()?,
                closed: row.closed,
                waits: row.due_queue.is_some(),
                view: row.view.map(|view| View::from_row(view, transcript)),
                said,
                held_for: row.held_for,
                erasing: row.erasing,
                kept_until: instant_of(kept_until(created_at))?,
            },
            business: Business {
                sale: PaymentId::from_row(row.sale),
                wallet: wallet_of(&row.wallet)?,
                charge: row.charge,
                transaction: row.transaction.map(|name| name.0),
                refunded_by: row.refunded_by,
                cost: row.cost.map(Cost::from_row),
                stopped: row.stopped,
            },
        })
    }
}
