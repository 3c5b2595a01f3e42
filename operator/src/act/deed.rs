//! The trail of what operators do: who, when, what and why, booked before it is done and again with
//! what came of it. What was begun and has no end in the trail was interrupted.
//!
//! Who it is AWS says, not the machine that the command is typed at.
//!
//! `docs/decisions.md`: What stands in the trail of what operators do?

use shared::invocation::Invocation;
use shared::types::{AttemptId, Timestamp};

use crate::Desk;
use crate::terminal::Trouble;

/// Something that is about to be done.
pub(crate) struct Deed<'a> {
    desk: &'a Desk,
    who: String,
    what: String,
    because: String,
    /// Whether it is done although it cannot be noted.
    anyway: bool,
    /// What its lines in the trail are known by: a command may do more than one thing in a second.
    id: AttemptId,
    /// When it was begun: once the question was answered, which may be long after the command was
    /// given.
    now: Timestamp,
}

impl<'a> Deed<'a> {
    /// Asks the operator, and notes that he has said yes.
    pub(crate) async fn confirmed(desk: &'a Desk, question: &str, what: impl Into<String>) -> Result<Self, Trouble> {
        let because = reason(desk)?;
        desk.terminal.confirm(question)?;
        Self::begun(desk, what.into(), because, false).await
    }

    /// The same for what may have to be done because the table does not answer, and what AWS has a
    /// trail of besides.
    pub(crate) async fn confirmed_anyway(desk: &'a Desk, question: &str, what: String) -> Result<Self, Trouble> {
        let because = reason(desk)?;
        desk.terminal.confirm(question)?;
        Self::begun(desk, what, because, true).await
    }

    /// The same for what is safe, and so is done without a question.
    pub(crate) async fn unasked(desk: &'a Desk, what: impl Into<String>) -> Result<Self, Trouble> {
        let because = reason(desk)?;
        Self::begun(desk, what.into(), because, false).await
    }

    /// The same for what was confirmed in another way, and says why by itself.
    pub(crate) async fn begun_as(desk: &'a Desk, what: String) -> Result<Self, Trouble> {
        let because = reason(desk).unwrap_or_else(|_| what.clone());
        Self::begun(desk, what, because, false).await
    }

    async fn begun(desk: &'a Desk, what: String, because: String, anyway: bool) -> Result<Self, Trouble> {
        let who = desk.settings.aws()?.identity().await?.arn;
        let Invocation { attempt: id, now, .. } = Invocation::begin();
        let deed = Self { desk, who, what, because, anyway, id, now };
        deed.note("begun", deed.now).await?;
        Ok(deed)
    }

    /// When it was begun: what it books stands on that day, whose file is not written before the
    /// day is over.
    pub(crate) const fn now(&self) -> Timestamp {
        self.now
    }

    /// Who does it, and why, as it stands in what is changed.
    pub(crate) fn why(&self) -> String {
        format!("{}: {}", self.who, self.because)
    }

    /// Notes what came of it.
    pub(crate) async fn ended(self, is_done: bool) -> Result<(), Trouble> {
        self.note(if is_done { "done" } else { "nothing changed" }, the_time()).await
    }

    async fn note(&self, outcome: &str, at: Timestamp) -> Result<(), Trouble> {
        match self.booked(outcome, at).await {
            Err(trouble) if self.anyway => {
                self.desk.terminal.progress(format!("it is not in the trail of this deployment: {trouble}"));
                Ok(())
            }
            noted => noted,
        }
    }

    async fn booked(&self, outcome: &str, at: Timestamp) -> Result<(), Trouble> {
        let store = self.desk.settings.store()?;
        let deed = [&self.who, &self.what, &self.because, outcome];
        Ok(store.book_deed(deed, self.now, &self.id, at).await?)
    }
}

/// The clock's time, and not how long the command has run: a machine may have slept meanwhile.
fn the_time() -> Timestamp {
    Invocation::begin().now
}

fn reason(desk: &Desk) -> Result<String, Trouble> {
    let said = desk.because.as_deref().map(str::trim).filter(|said| !said.is_empty());
    said.map(str::to_owned).ok_or_else(|| Trouble::new("say why, for the record: --because \"…\""))
}
