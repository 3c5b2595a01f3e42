//! The questions about a call that is closed: who may ask the vendor, and what it has answered.
//! They change nothing that was sold, so they are not arrows of the table.

use std::time::Duration;

use crate::store::books;
use crate::store::change::{Change, Changes, as_seen, at_most, is, no};
use crate::store::keys::{self, Queue};
use crate::store::rows::{ANSWERS, ASKED, CLOSED, DUE_AT, DUE_QUEUE, QuestionRow, UNANSWERED};
use crate::store::{Done, Hurdle, Store, StoreFault};
use crate::types::{Question, Timestamp};

use super::Call;

/// When the next one may ask, if nothing is heard of this try: longer than any answer is waited
/// for.
const NEXT: Duration = Duration::from_mins(1);

pub(super) fn row_of(asked: &Question) -> QuestionRow {
    QuestionRow {
        name: asked.name.clone(),
        question: asked.question.clone(),
        kind: asked.kind.as_str().to_owned(),
        options: asked.kind.options().to_vec(),
    }
}

impl Store {
    /// Counts one more try at the questions of a call, before the vendor is asked. Of all that come
    /// at once, one may ask.
    pub async fn ask(&self, call: &Call, now: Timestamp, token: &str) -> Result<bool, StoreFault> {
        let times = call.line.questions.times;
        let change = Change::update(keys::call(&call.id))
            .set(ASKED, times.unwrap_or(0).saturating_add(1))
            .set(DUE_AT, now.saturating_add(NEXT)?)
            .when(as_seen(ASKED, times))
            .when(is(CLOSED, true))
            .when(no(ANSWERS))
            .when(no(UNANSWERED))
            .when(is(DUE_QUEUE, Queue::of_questions(&call.id)));
        // Those who come right behind the first one wait for its turn, since the vendor may still
        // be reading.
        let change = if times.is_some() { change.when(at_most(DUE_AT, now)) } else { change };
        let change = change.or(Hurdle::Call);
        Ok(matches!(self.transact(Changes::of([change]), token).await?, Done::Yes))
    }

    /// Writes down the answers, or that the last try has brought none. What was written first
    /// stays.
    pub async fn answered(&self, call: &Call, answers: Option<&str>, token: &str) -> Result<bool, StoreFault> {
        self.close_questions(closed(call, answers), token).await
    }

    /// Writes down that there will be no answers, where the last try was never heard of again.
    /// Until its turn is over, they may still be on their way.
    pub async fn leave_unanswered(&self, call: &Call, now: Timestamp, token: &str) -> Result<bool, StoreFault> {
        self.close_questions(closed(call, None).when(at_most(DUE_AT, now)), token).await
    }

    async fn close_questions(&self, change: Change, token: &str) -> Result<bool, StoreFault> {
        let done = self.transact(Changes::of([change.or(Hurdle::Call)]), token).await?;
        Ok(matches!(done, Done::Yes))
    }
}

fn closed(call: &Call, answers: Option<&str>) -> Change {
    let change = Change::update(keys::call(&call.id));
    let change = if books::is_by_itself(call) {
        change.due(Queue::of_books(&call.id), call.line.looked_at)
    } else {
        change.not_due()
    };
    change
        .set_some(ANSWERS, answers)
        .set_some(UNANSWERED, answers.is_none().then_some(true))
        .when(no(ANSWERS))
        .when(no(UNANSWERED))
}
