//! The terminal: answers as tables or as JSON, questions before something is changed, and what is
//! hidden unless it was asked for.

use std::io::{self, BufRead, IsTerminal, Write};
use std::process::ExitCode;

use serde_json::Value;
use shared::types::PhoneNumber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::prelude::*;

use crate::args::Args;

/// The reason why a command could not be carried out.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Trouble(pub(crate) String);

impl Trouble {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

impl From<shared::store::StoreFault> for Trouble {
    fn from(fault: shared::store::StoreFault) -> Self {
        Self(format!("the table: {fault}"))
    }
}

impl From<shared::env::Incomplete> for Trouble {
    fn from(incomplete: shared::env::Incomplete) -> Self {
        Self(incomplete.to_string())
    }
}

/// The answer of a command.
#[derive(Default)]
pub(crate) struct Answer {
    /// For programs.
    pub(crate) json: Value,
    /// For people.
    pub(crate) blocks: Vec<Block>,
    /// Whether the exit code is to say no.
    pub(crate) no: bool,
}

/// A piece of an answer.
pub(crate) enum Block {
    /// A sentence or two.
    Words(String),
    /// As it is, for a file.
    Raw(String),
    /// A heading and rows.
    Table(Vec<&'static str>, Vec<Vec<String>>),
}

impl Block {
    /// Whether it is this sentence.
    pub(crate) fn says(&self, words: &str) -> bool {
        matches!(self, Self::Words(said) if said == words)
    }
}

impl Answer {
    /// One sentence.
    pub(crate) fn words(json: Value, words: impl Into<String>) -> Self {
        Self { json, blocks: vec![Block::Words(words.into())], no: false }
    }

    /// Nothing but this text, as it is.
    pub(crate) fn raw(json: Value, text: String) -> Self {
        Self { json, blocks: vec![Block::Raw(text)], no: false }
    }

    /// Names and values, one a line.
    pub(crate) fn facts(mut self, facts: Vec<(&'static str, String)>) -> Self {
        let rows = facts.into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect();
        self.blocks.push(Block::Table(Vec::new(), rows));
        self
    }

    /// A table with a heading; none, if it would be empty.
    pub(crate) fn table(mut self, heading: &[&'static str], rows: Vec<Vec<String>>) -> Self {
        if !rows.is_empty() {
            self.blocks.push(Block::Table(heading.to_vec(), rows));
        }
        self
    }

    /// One more sentence.
    pub(crate) fn and(mut self, words: impl Into<String>) -> Self {
        self.blocks.push(Block::Words(words.into()));
        self
    }

    /// With an exit code that says no.
    pub(crate) fn no(mut self) -> Self {
        self.no = true;
        self
    }
}

/// The place where answers go.
#[derive(Clone)]
pub(crate) struct Terminal {
    json: bool,
    full: bool,
    yes: bool,
}

impl Terminal {
    pub(crate) fn new(args: &Args) -> Self {
        Self { json: args.json, full: args.full, yes: args.yes }
    }

    /// Prints an answer, and says how the program ends.
    pub(crate) fn print(&self, answer: &Answer) -> ExitCode {
        let text =
            if self.json && !answer.json.is_null() { format!("{:#}\n", answer.json) } else { rendered(&answer.blocks) };
        // The reader may have heard enough (`| head`).
        let _ = io::stdout().lock().write_all(text.as_bytes());
        ExitCode::from(u8::from(answer.no))
    }

    /// Says why nothing could be done.
    pub(crate) fn complain(&self, trouble: &Trouble) -> ExitCode {
        if self.json {
            let _ = writeln!(io::stdout().lock(), "{:#}", serde_json::json!({"error": trouble.to_string()}));
        }
        eprintln!("dialtone: {trouble}");
        ExitCode::from(2)
    }

    /// One line of something that goes on.
    pub(crate) fn line(text: &str) {
        let _ = writeln!(io::stdout().lock(), "{text}");
    }

    /// Shows that something goes on. Not in the answer, so that a program that reads it is not
    /// disturbed.
    pub(crate) fn progress(&self, what: impl AsRef<str>) {
        if !self.json {
            eprintln!("  {}", what.as_ref());
        }
    }

    /// Asks before something is changed. Without a terminal to answer at, `--yes` must have been
    /// given.
    pub(crate) fn confirm(&self, what: &str) -> Result<(), Trouble> {
        if self.yes {
            return Ok(());
        }
        if !io::stdin().is_terminal() {
            return Err(Trouble(format!("{what} There is no terminal to ask at: if that is meant, say --yes.")));
        }
        eprint!("{what} Go on? [y/N] ");
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer).map_err(|error| Trouble(error.to_string()))?;
        let yes = matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes");
        if yes { Ok(()) } else { Err(Trouble::new("nothing was changed")) }
    }

    /// Asks for something that may be seen; `usual` is what an empty answer means.
    pub(crate) fn ask(&self, what: &str, usual: Option<&str>) -> Result<String, Trouble> {
        self.asks(what)?;
        match usual {
            Some(usual) => eprint!("{what} [{usual}]: "),
            None => eprint!("{what}: "),
        }
        let answer = typed(io::stdin().lock())?;
        let answer = answer.trim();
        Ok(if answer.is_empty() { usual.unwrap_or_default() } else { answer }.to_owned())
    }

    /// Whether a question reaches a person.
    pub(crate) fn can_ask(&self) -> bool {
        // What is asked is written to the standard error: into a file no person sees it.
        !self.json && io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Asks for something that is not shown while it is typed, and stands in no history and no list
    /// of processes.
    pub(crate) fn secret(&self, what: &str) -> Result<String, Trouble> {
        self.asks(what)?;
        eprint!("{what} (not shown): ");
        match rpassword::read_password() {
            Ok(typed) => Ok(typed.trim().to_owned()),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(Trouble::new(UNANSWERED)),
            Err(error) => Err(Trouble(error.to_string())),
        }
    }

    /// A program is not asked.
    fn asks(&self, what: &str) -> Result<(), Trouble> {
        if !self.can_ask() {
            return Err(Trouble(format!("{what}: there is no terminal here to ask at")));
        }
        Ok(())
    }

    /// Shows something for a person alone, as it is.
    pub(crate) fn show(&self, what: &str) {
        if !self.json {
            eprintln!("{what}");
        }
    }

    /// A phone number as it may be shown.
    pub(crate) fn number(&self, number: &PhoneNumber) -> String {
        if self.full { number.as_str().to_owned() } else { format!("{number:?}") }
    }
}

/// Said where the end of what is typed (Ctrl-D) came instead of an answer.
const UNANSWERED: &str = "there was no answer; nothing was changed since the question";

/// A line as it was typed. The end of what is typed (Ctrl-D) is not an empty answer.
fn typed(mut from: impl BufRead) -> Result<String, Trouble> {
    let mut line = String::new();
    match from.read_line(&mut line) {
        Ok(0) => Err(Trouble::new(UNANSWERED)),
        Ok(_) => Ok(line),
        Err(error) => Err(Trouble(error.to_string())),
    }
}

/// Warnings of the library's, for the person who waits. They hold no secrets and no full numbers.
/// What AWS's own library warns of is how it looks for credentials, place by place, and is said in
/// one sentence where there are none.
pub(crate) fn init_log() {
    let lines = fmt::layer().with_target(false).with_ansi(false).without_time().with_writer(io::stderr);
    let ours = Targets::new().with_default(LevelFilter::WARN);
    let wanted = SILENT.iter().fold(ours, |all, target| all.with_target(*target, LevelFilter::OFF));
    let _ = tracing_subscriber::registry().with(lines.with_filter(wanted)).try_init();
}

/// The beginnings of the names that AWS's library logs under.
const SILENT: [&str; 4] = ["aws_config", "aws_credential_types", "aws_smithy", "aws_runtime"];

fn rendered(blocks: &[Block]) -> String {
    let texts: Vec<String> = blocks
        .iter()
        .map(|block| match block {
            Block::Words(words) => format!("{words}\n"),
            Block::Raw(text) => text.clone(),
            Block::Table(heading, rows) => table(heading, rows),
        })
        .collect();
    texts.join("\n")
}

/// Columns as wide as their widest cell. The last one is not padded.
fn table(heading: &[&'static str], rows: &[Vec<String>]) -> String {
    let heading: Vec<String> = heading.iter().map(|&name| name.to_owned()).collect();
    let lines: Vec<&Vec<String>> = std::iter::once(&heading).filter(|names| !names.is_empty()).chain(rows).collect();
    let columns = lines.iter().map(|line| line.len()).max().unwrap_or(0);
    let width = |column: usize| {
        lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for line in lines {
        let cells = line.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}"));
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Answer, Trouble, rendered, typed};
    use serde_json::json;

    #[test]
    fn the_end_of_what_is_typed_is_not_an_empty_answer() {
        assert_eq!(typed("\n".as_bytes()).ok().as_deref(), Some("\n"));
        assert_eq!(typed("a key".as_bytes()).ok().as_deref(), Some("a key"));
        assert!(matches!(typed("".as_bytes()), Err(Trouble(why)) if why == super::UNANSWERED));
    }

    #[test]
    fn columns_stand_under_their_headings() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let answer = Answer::words(json!({}), "Two of them.")
            .table(&["what", "n", "why"], vec![row(["a sale", "1", "it waits"]), row(["…", "12", ""])])
            .facts(vec![("state", "open".to_owned())]);
        assert_eq!(
            rendered(&answer.blocks),
            "Two of them.\n\nwhat    n   why\na sale  1   it waits\n…       12\n\nstate  open\n"
        );
    }

    #[test]
    fn an_empty_table_is_no_table() {
        assert_eq!(rendered(&Answer::words(json!({}), "None.").table(&["what"], vec![]).blocks), "None.\n");
    }
}
