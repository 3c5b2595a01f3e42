//! What the store says when it cannot.

use super::hurdle::Hurdle;

/// The store failed: nothing is known about what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreFault {
    /// DynamoDB did not do what it was asked.
    #[error("DynamoDB: {0}")]
    Unavailable(String),
    /// An item is not as we write it.
    #[error("an item's {0} is unreadable")]
    Row(&'static str),
    /// There is more of it than one round can take.
    #[error("{0}")]
    TooMuch(&'static str),
    /// A record stands where another was to be written: nothing was.
    #[error("a record is there already, and is not written over")]
    Recorded,
    /// What the conditions rule out has happened.
    #[error("impossible: {0}")]
    Impossible(&'static str),
    /// What stood in the way of a step stands for nothing that the step changes.
    #[error("impossible: {0:?} is in the way of a step that does not touch it")]
    Unasked(Hurdle),
    /// A sale of something else is at hand than what is done with it.
    #[error("impossible: the work of a sale is {is}, and taken for {not}")]
    Work {
        /// What it is.
        is: &'static str,
        /// What it was taken for.
        not: &'static str,
    },
}

impl From<serde_dynamo::Error> for StoreFault {
    fn from(error: serde_dynamo::Error) -> Self {
        Self::Unavailable(format!("an item does not fit its row: {error}"))
    }
}

impl From<aws_sdk_dynamodb::error::BuildError> for StoreFault {
    fn from(error: aws_sdk_dynamodb::error::BuildError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<jiff::Error> for StoreFault {
    fn from(_: jiff::Error) -> Self {
        Self::Impossible("an instant beyond the calendar")
    }
}

impl Hurdle {
    /// It stands in the way of a step that has not asked for it.
    pub(crate) fn unasked(self) -> StoreFault {
        StoreFault::Unasked(self)
    }
}
