//! Questions about a call, which are answered from what was said in it.

/// A question.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Question {
    /// What its answer is called.
    pub name: String,
    /// What is to be known.
    pub question: String,
    /// What the answer is.
    pub kind: AnswerKind,
}

/// The type of an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AnswerKind {
    /// Text.
    Text,
    /// Yes or no.
    Boolean,
    /// A number.
    Number,
    /// One of these words.
    OneOf(Vec<String>),
}

impl AnswerKind {
    /// All of them, as a request spells them.
    pub const WORDS: &[&str] = &["string", "boolean", "number", "enum"];

    /// How it is spelled.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Boolean => "boolean",
            Self::Number => "number",
            Self::OneOf(_) => "enum",
        }
    }

    /// What may be chosen, if anything.
    pub fn options(&self) -> &[String] {
        if let Self::OneOf(options) = self { options } else { &[] }
    }

    /// Reads a spelling, with what may be chosen.
    pub fn read(word: &str, options: Vec<String>) -> Option<Self> {
        match word {
            "string" => Some(Self::Text),
            "boolean" => Some(Self::Boolean),
            "number" => Some(Self::Number),
            "enum" => Some(Self::OneOf(options)),
            _ => None,
        }
    }
}
