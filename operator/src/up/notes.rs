//! The small file in which is noted what was answered, until the stack knows it: no secrets, and of
//! one deployment alone.

use std::path::PathBuf;

use crate::terminal::Trouble;

/// The small file.
pub(super) struct Notes {
    file: PathBuf,
    table: toml::Table,
}

impl Notes {
    /// Which deployment it is of, and whether it may sell.
    pub(super) const OWN: [&str; 4] = ["account", "region", "stack", "meets_numbers"];

    pub(super) fn read(file: PathBuf) -> Result<Self, Trouble> {
        let table = match std::fs::read_to_string(&file) {
            Ok(text) => parsed(&text, &file.display().to_string())?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => toml::Table::new(),
            Err(error) => return Err(Trouble(format!("{}: {error}", file.display()))),
        };
        Ok(Self { file, table })
    }

    /// What it is called.
    pub(super) fn name(&self) -> String {
        self.file.display().to_string()
    }

    /// All of it.
    pub(super) fn table(&self) -> &toml::Table {
        &self.table
    }

    pub(super) fn get(&self, name: &str) -> Option<String> {
        self.table.get(name).and_then(|value| value.as_str()).map(str::to_owned)
    }

    /// Whether it may be used for what is this, under a name of `OWN`: what one deployment was told
    /// is not another's answer.
    pub(super) fn is_of(&self, name: &str, wanted: &str) -> Result<(), Trouble> {
        match self.get(name) {
            Some(noted) if noted != wanted => Err(Trouble(format!(
                "{} has the answers for the {name} {noted}, and this is {wanted}: say --file FILE for another deployment",
                self.name()
            ))),
            _ => Ok(()),
        }
    }

    /// Keeps something that is not a secret, at once.
    pub(super) fn put(&mut self, name: &str, value: &str) -> Result<(), Trouble> {
        self.table.insert(name.to_owned(), toml::Value::String(value.to_owned()));
        self.written()
    }

    /// Forgets something, at once.
    pub(super) fn forget(&mut self, name: &str) -> Result<(), Trouble> {
        if self.table.remove(name).is_some() { self.written() } else { Ok(()) }
    }

    fn written(&self) -> Result<(), Trouble> {
        let head =
            "# What `dialtone up` was answered until the stack knew it. No secrets; the stack's parameters win.\n";
        let text = format!("{head}{}", self.table);
        std::fs::write(&self.file, text).map_err(|error| Trouble(format!("{}: {error}", self.file.display())))
    }
}

/// Nothing of what is wrong is repeated: it may be a secret.
pub(super) fn parsed(text: &str, what: &str) -> Result<toml::Table, Trouble> {
    text.parse().map_err(|error: toml::de::Error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        Trouble(format!("{what}: line {line} is not TOML (NAME = \"value\")"))
    })
}

#[cfg(test)]
mod tests {
    use super::parsed;
    use crate::terminal::Trouble;

    #[test]
    fn what_cannot_be_read_is_not_repeated() {
        let Trouble(why) = parsed("A = \"b\"\nTWILIO_MAIN_TOKEN = hunter2\n", "the answers").unwrap_err();
        assert!(why.contains("line 2") && !why.contains("hunter2"), "{why}");
    }
}
