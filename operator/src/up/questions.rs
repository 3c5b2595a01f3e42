//! What only the operator knows, asked for at once and at the beginning: eight questions at most. What was answered and is no
//! secret is kept in a small file until the stack itself knows it; secrets are kept in the stack alone.

use std::path::PathBuf;

use serde_json::Value;

use crate::settings::Settings;
use crate::smoke::contents;
use crate::terminal::{Terminal, Trouble};

/// What can be asked.
pub(super) struct Question {
    /// What it is called in the environment and in `--answers`.
    pub(super) name: &'static str,
    pub(super) words: &'static str,
    /// What an empty answer means; without one there has to be an answer.
    pub(super) usual: Option<&'static str>,
    pub(super) secret: bool,
}

pub(super) const MONEY: Question = Question {
    name: "CDP_KEY_FILE",
    words: "For real money, the file of your API key of Coinbase's facilitator (cdp_api_key.json); empty for test money",
    usual: Some(""),
    secret: false,
};
pub(super) const PAYEE: Question = Question {
    name: "EVM_PAYEE",
    words: "The address that is paid, by this deployment only (0x…)",
    usual: None,
    secret: false,
};
pub(super) const EMAIL: Question = Question {
    name: "ALARM_EMAIL",
    words: "The e-mail address that is told when something is wrong",
    usual: None,
    secret: false,
};
pub(super) const NODE: Question =
    Question { name: "NODE_URL", words: "The URL of your node for Base, with its key", usual: None, secret: true };
pub(super) const TWILIO_SID: Question =
    Question { name: "TWILIO_MAIN_SID", words: "Twilio's account SID (AC…)", usual: None, secret: false };
pub(super) const TWILIO_TOKEN: Question =
    Question { name: "TWILIO_MAIN_TOKEN", words: "Twilio's Auth Token", usual: None, secret: true };
pub(super) const BLAND: Question =
    Question { name: "BLAND_API_KEY", words: "Bland's API key", usual: None, secret: true };
pub(super) const PAYER: Question = Question {
    name: "PAYER_KEY",
    words: "Private key of a wallet that pays for the first list ($0.001); empty to leave that out",
    usual: Some(""),
    secret: true,
};

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
        Ok(Self { terminal, given, notes, asked: 0 })
    }

    /// An answer: from the file for programs, the environment, the notes, or the person.
    pub(super) fn get(&mut self, question: &Question, settings: &Settings) -> Result<String, Trouble> {
        let name = question.name;
        let given = self.given.get(name).and_then(|value| value.as_str().map(str::to_owned));
        if let Some(known) = given.or_else(|| settings.get(name).map(str::to_owned)).or_else(|| self.notes.get(name)) {
            return Ok(known.trim().to_owned());
        }
        self.asked += 1;
        let typed = if question.secret {
            self.terminal.secret(question.words)?
        } else {
            self.terminal.ask(question.words, question.usual.filter(|usual| !usual.is_empty()))?
        };
        if typed.is_empty() && question.usual.is_none() {
            return Err(Trouble(format!("{}: there has to be an answer. Run this again", question.words)));
        }
        if !question.secret {
            self.notes.put(name, &typed)?;
        }
        Ok(typed)
    }

    /// What the operator wants a parameter of the template to be.
    pub(super) fn parameters(&self) -> Vec<(String, String)> {
        let tables = [&self.notes.table, &self.given].map(|table| table.get("parameters").and_then(|it| it.as_table()));
        let pairs = tables.into_iter().flatten().flatten();
        pairs.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
    }
}

/// The small file.
pub(super) struct Notes {
    file: PathBuf,
    table: toml::Table,
}

impl Notes {
    pub(super) fn read(file: PathBuf) -> Result<Self, Trouble> {
        let table = match std::fs::read_to_string(&file) {
            Ok(text) => parsed(&text, &file.display().to_string())?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => toml::Table::new(),
            Err(error) => return Err(Trouble(format!("{}: {error}", file.display()))),
        };
        Ok(Self { file, table })
    }

    pub(super) fn get(&self, name: &str) -> Option<String> {
        self.table.get(name).and_then(|value| value.as_str()).map(str::to_owned)
    }

    /// Keeps something that is no secret, at once.
    pub(super) fn put(&mut self, name: &str, value: &str) -> Result<(), Trouble> {
        self.table.insert(name.to_owned(), toml::Value::String(value.to_owned()));
        let head =
            "# What `dialtone up` was answered until the stack knew it. No secrets; the stack's parameters win.\n";
        let text = format!("{head}{}", self.table);
        std::fs::write(&self.file, text).map_err(|error| Trouble(format!("{}: {error}", self.file.display())))
    }
}

/// Nothing of what is wrong is repeated: it may be a secret.
fn parsed(text: &str, what: &str) -> Result<toml::Table, Trouble> {
    text.parse().map_err(|error: toml::de::Error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        Trouble(format!("{what}: line {line} is not TOML (NAME = \"value\")"))
    })
}

/// A node's URL without its key, and the key: the longest piece of the path or of a query's value that looks like one.
pub(super) fn without_key(url: &str) -> (String, Option<String>) {
    let Some((scheme, rest)) = url.split_once("://") else { return (url.to_owned(), None) };
    let Some(host) = rest.find(['/', '?']) else { return (url.to_owned(), None) };
    let (host, behind) = rest.split_at(host);
    let pieces = behind.split(['/', '?', '&', '=']);
    let like_one =
        |piece: &&str| piece.len() >= 16 && piece.chars().all(|it| it.is_ascii_alphanumeric() || "-_".contains(it));
    match pieces.filter(like_one).max_by_key(|piece| piece.len()) {
        Some(key) => (format!("{scheme}://{host}{}", behind.replacen(key, "{key}", 1)), Some(key.to_owned())),
        None => (url.to_owned(), None),
    }
}

/// The id and the secret of Coinbase's key, as the file has them that its portal gives out.
pub(super) fn coinbase(file: &str) -> Result<(String, String), Trouble> {
    let text = contents(&PathBuf::from(file))?;
    let document: Value =
        serde_json::from_str(&text).map_err(|_| Trouble(format!("{file} is not the JSON of an API key")))?;
    let field = |names: [&str; 2]| {
        let found = names.iter().find_map(|name| document.get(name).and_then(Value::as_str));
        found.map(str::to_owned).ok_or_else(|| Trouble(format!("{file} has no {}", names.join(" and no "))))
    };
    Ok((field(["id", "name"])?, field(["privateKey", "secret"])?))
}

#[cfg(test)]
mod tests {
    use super::{BLAND, EMAIL, MONEY, NODE, PAYEE, PAYER, TWILIO_SID, TWILIO_TOKEN, parsed, without_key};
    use crate::terminal::Trouble;

    #[test]
    fn there_are_eight_questions_at_most_and_what_is_secret_is_not_shown() {
        let all = [MONEY, PAYEE, EMAIL, NODE, TWILIO_SID, TWILIO_TOKEN, BLAND, PAYER];
        assert!(all.len() <= 8);
        let secret: Vec<_> = all.iter().filter(|it| it.secret).map(|it| it.name).collect();
        assert_eq!(secret, ["NODE_URL", "TWILIO_MAIN_TOKEN", "BLAND_API_KEY", "PAYER_KEY"]);
    }

    #[test]
    fn a_nodes_key_is_told_from_its_url() {
        let key = "AbCdEf0123456789-_xyz";
        for (url, without) in [
            (format!("https://base-mainnet.g.alchemy.com/v2/{key}"), "https://base-mainnet.g.alchemy.com/v2/{key}"),
            (format!("https://rpc.example.org/?apikey={key}&a=b"), "https://rpc.example.org/?apikey={key}&a=b"),
            (format!("https://x.quiknode.pro/{key}/"), "https://x.quiknode.pro/{key}/"),
        ] {
            assert_eq!(without_key(&url), (without.to_owned(), Some(key.to_owned())));
        }
        for url in ["https://sepolia.base.org", "https://a-host-with-a-very-long-name.example.org/v2", "nothing"] {
            assert_eq!(without_key(url), (url.to_owned(), None));
        }
    }

    #[test]
    fn what_cannot_be_read_is_not_repeated() {
        let Trouble(why) = parsed("A = \"b\"\nTWILIO_MAIN_TOKEN = hunter2\n", "the answers").unwrap_err();
        assert!(why.contains("line 2") && !why.contains("hunter2"), "{why}");
    }
}
