//! What does not add up, by the promise that it breaks.

use std::fmt;

/// A broken promise.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// `I1` to `I26`.
    pub promise: &'static str,
    /// How it is broken, with the names of everything concerned in full.
    pub text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.promise, self.text)
    }
}

/// Findings so far.
#[derive(Default)]
pub(super) struct Findings(pub(super) Vec<Finding>);

impl Findings {
    pub(super) fn add(&mut self, promise: &'static str, text: String) {
        self.0.push(Finding { promise, text });
    }

    /// All of them in one line, for the audit's own tests.
    #[cfg(test)]
    pub(super) fn line(&self) -> String {
        self.0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    }
}
