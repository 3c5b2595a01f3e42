//! What only the operator knows: eight questions at most, before anything is made. An answer that
//! cannot be right is asked for again, and noted only once it can be: what is not a secret is kept
//! in a small file until the stack itself knows it; secrets are kept in the stack alone. Where
//! there is no terminal to ask at, what has a usual answer has that.

use std::path::PathBuf;

use super::forms;
use super::notes::{Notes, parsed};
use crate::payee;
use crate::settings::Settings;
use crate::smoke::contents;
use crate::terminal::{Terminal, Trouble};

/// A question that can be asked.
pub(super) struct Question {
    /// What it is called in the environment and in `--answers`.
    pub(super) name: &'static str,
    pub(super) words: &'static str,
    /// What an empty answer means; without one there has to be an answer.
    pub(super) usual: Option<&'static str>,
    pub(super) secret: bool,
    /// The answer as it is kept, or what is wrong with it; nothing of which is repeated.
    form: fn(&str, &Settings) -> Result<String, String>,
}

pub(super) const MONEY: Question = Question {
    name: "CDP_KEY_FILE",
    words: "For real money, the file of your API key of Coinbase's facilitator (cdp_api_key.json); empty for test money",
    usual: Some(""),
    secret: false,
    form: forms::key_file,
};
pub(super) const PAYEE: Question = Question {
    name: "EVM_PAYEE",
    words: "The address that is paid, by this deployment only (0x…)",
    usual: None,
    secret: false,
    form: |typed, _| payee::evm(typed),
};
pub(super) const EMAIL: Question = Question {
    name: "ALARM_EMAIL",
    words: "The e-mail address that is told when something is wrong",
    usual: None,
    secret: false,
    form: forms::email,
};
pub(super) const NODE: Question = Question {
    name: "NODE_URL",
    words: "The URL of your node for Base, with its key",
    usual: None,
    secret: true,
    form: forms::node,
};
pub(super) const TWILIO_SID: Question = Question {
    name: "TWILIO_MAIN_SID",
    words: "Twilio's account SID (AC…)",
    usual: None,
    secret: false,
    form: forms::account_sid,
};
pub(super) const TWILIO_TOKEN: Question = Question {
    name: "TWILIO_MAIN_TOKEN",
    words: "Twilio's Auth Token",
    usual: None,
    secret: true,
    form: forms::one_word,
};
pub(super) const BLAND: Question =
    Question { name: "BLAND_API_KEY", words: "Bland's API key", usual: None, secret: true, form: forms::one_word };
pub(super) const PAYER: Question = Question {
    name: "PAYER_KEY",
    words: "Private key of a wallet that pays for the first list ($0.001); empty to leave that out",
    usual: Some(""),
    secret: true,
    form: forms::private_key,
};
/// All of them.
const ALL: [&Question; 8] = [&MONEY, &PAYEE, &EMAIL, &NODE, &TWILIO_SID, &TWILIO_TOKEN, &BLAND, &PAYER];

/// How often a question is asked that is answered in a form that cannot be right.
const TRIES: usize = 5;

/// The answers so far.
pub(super) struct Answers {
    terminal: Terminal,
    given: toml::Table,
    notes: Notes,
    pub(super) asked: usize,
}

impl Answers {
    /// Those of a file for programs, if there is one, and those that are noted.
    pub(super) fn new(terminal: Terminal, given: Option<&PathBuf>, notes: Notes) -> Result<Self, Trouble> {
        let given = match given {
            Some(file) => parsed(&contents(file)?, "the answers")?,
            None => toml::Table::new(),
        };
        Self::knows_all(&given, "the answers", &[])?;
        Self::knows_all(notes.table(), &notes.name(), &Notes::OWN)?;
        Ok(Self { terminal, given, notes, asked: 0 })
    }

    /// A name that no question has is a mistake, and not nothing; so is a value that is not text.
    fn knows_all(table: &toml::Table, place: &str, own: &[&str]) -> Result<(), Trouble> {
        for (name, value) in table.iter().filter(|(name, _)| *name != PARAMETERS) {
            if !ALL.iter().any(|question| question.name == name) && !own.contains(&name.as_str()) {
                return Err(Trouble(format!(
                    "{place}: there is no question {name}; parameters of the template stand under [{PARAMETERS}]"
                )));
            }
            if !value.is_str() {
                return Err(Trouble(format!("{place}: {name} is not text: write {name} = \"…\"")));
            }
        }
        Ok(())
    }

    /// Notes something that was found.
    pub(super) fn note(&mut self, name: &str, value: &str) -> Result<(), Trouble> {
        self.notes.put(name, value)
    }

    /// Forgets what was noted.
    pub(super) fn forget(&mut self, name: &str) -> Result<(), Trouble> {
        self.notes.forget(name)
    }

    /// What was noted.
    pub(super) fn noted(&self, name: &str) -> Option<String> {
        self.notes.get(name)
    }

    /// The file of the notes.
    pub(super) fn file(&self) -> String {
        self.notes.name()
    }

    /// An answer: from the file for programs, the environment, the notes, or the person.
    pub(super) fn get(&mut self, question: &Question, settings: &Settings) -> Result<String, Trouble> {
        let name = question.name;
        if let Some((known, place)) = self.known(question, settings) {
            let known = known.trim();
            if known.is_empty() && question.usual.is_some() {
                return Ok(String::new());
            }
            return (question.form)(known, settings).map_err(|why| Trouble(format!("{name}, in {place}: {why}")));
        }
        if !self.terminal.can_ask() {
            let none = || Trouble(format!("{}: there is no terminal here to ask at; say {name}", question.words));
            // Not noted: a person may be there the next time.
            let usual = question.usual.ok_or_else(none)?;
            self.terminal.progress(format!("{name} is not said, so it is empty. {}", question.words));
            return Ok(usual.to_owned());
        }
        self.asked += 1;
        let answer = self.typed(question, settings)?;
        if !question.secret {
            self.notes.put(name, &answer)?;
        }
        Ok(answer)
    }

    /// What was said before, and where.
    fn known(&self, question: &Question, settings: &Settings) -> Option<(String, String)> {
        let name = question.name;
        let text = |table: &toml::Table| table.get(name).and_then(|value| value.as_str().map(str::to_owned));
        // A variable can be there and empty, which says something where nothing may be the answer.
        let exported = settings.said(name).filter(|said| question.usual.is_some() || !said.trim().is_empty());
        let given = text(&self.given).map(|it| (it, "the answers".to_owned()));
        let exported = exported.map(|it| (it.to_owned(), "the environment".to_owned()));
        given.or(exported).or_else(|| text(self.notes.table()).map(|it| (it, self.notes.name())))
    }

    fn typed(&self, question: &Question, settings: &Settings) -> Result<String, Trouble> {
        for _ in 0..TRIES {
            let typed = if question.secret {
                self.terminal.secret(question.words)?
            } else {
                self.terminal.ask(question.words, question.usual.filter(|usual| !usual.is_empty()))?
            };
            if typed.is_empty() {
                match question.usual {
                    Some(usual) => return Ok(usual.to_owned()),
                    None => self.terminal.show("  There has to be an answer."),
                }
                continue;
            }
            match (question.form)(&typed, settings) {
                Ok(answer) => return Ok(answer),
                Err(why) => self.terminal.show(&format!("  Once more: {why}.")),
            }
        }
        Err(Trouble(format!("{}: that is not an answer. Run this again", question.words)))
    }

    /// What the operator wants parameters of the template to be: what is said for programs wins
    /// over what is noted.
    pub(super) fn parameters(&self) -> Result<Vec<(String, String)>, Trouble> {
        let mut all: Vec<(String, String)> = Vec::new();
        for (table, place) in [(self.notes.table(), self.notes.name()), (&self.given, "the answers".to_owned())] {
            let Some(said) = table.get(PARAMETERS) else { continue };
            let said = said.as_table();
            let said =
                said.ok_or_else(|| Trouble(format!("{place}: [{PARAMETERS}] is not a table of names and values")))?;
            for (name, value) in said {
                let value = value_of(value).ok_or_else(|| {
                    Trouble(format!("{place}: {name} is neither text nor a number nor true or false"))
                })?;
                let value = payee::parameter(name, &value).map_err(|why| Trouble(format!("{place}: {name}: {why}")))?;
                all.retain(|(known, _)| known != name);
                all.push((name.clone(), value));
            }
        }
        Ok(all)
    }
}

/// Under which parameters of the template can be said.
const PARAMETERS: &str = "parameters";

/// A parameter as CloudFormation wants it: the template's switches are on or off.
fn value_of(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Float(number) => Some(number.to_string()),
        toml::Value::Boolean(whether) => Some(if *whether { "on" } else { "off" }.to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{ALL, Answers, value_of};
    use crate::terminal::Trouble;

    #[test]
    fn there_are_eight_questions_at_most_and_what_is_secret_is_not_shown() {
        assert!(ALL.len() <= 8);
        let secret: Vec<_> = ALL.iter().filter(|it| it.secret).map(|it| it.name).collect();
        assert_eq!(secret, ["NODE_URL", "TWILIO_MAIN_TOKEN", "BLAND_API_KEY", "PAYER_KEY"]);
    }

    #[test]
    fn a_parameter_is_text_a_number_or_a_switch() {
        let table: toml::Table =
            "a = 5\nb = 0.09\nc = true\nd = false\ne = \"x\"\nf = [1]\ng = 2026-11-30\n".parse().unwrap();
        let values: Vec<_> = table.values().map(value_of).collect();
        let texts: Vec<_> = values.iter().map(|value| value.as_deref()).collect();
        assert_eq!(texts, [Some("5"), Some("0.09"), Some("on"), Some("off"), Some("x"), None, None]);
    }

    #[test]
    fn a_name_that_no_question_has_is_told_and_its_value_is_not() {
        for (text, why) in [
            (
                "EvmPayee = \"hunter2\"",
                "there is no question EvmPayee; parameters of the template stand under [parameters]",
            ),
            ("PAYER_KEY = 7", "PAYER_KEY is not text"),
        ] {
            let Trouble(said) = Answers::knows_all(&text.parse().unwrap(), "the answers", &[]).unwrap_err();
            assert!(said.contains(why) && !said.contains("hunter2"), "{said}");
        }
        Answers::knows_all(&"stack = \"a\"\n[parameters]\n".parse().unwrap(), "notes", &["stack"]).unwrap();
    }
}
