//! Where the code is.

use std::fs;
use std::path::{Path, PathBuf};

/// All files of Rust in a folder. The harness is not one of the tests.
pub(crate) fn rust_files(folder: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                let foreign = path.ends_with("node_modules") || path.ends_with("harness") && folder.ends_with("tests");
                if !foreign {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    assert!(!files.is_empty(), "no Rust in {folder}");
    files.sort();
    files
}

/// All files that people read or write, code and prose; not what is built, fetched or made up.
pub(crate) fn text_files() -> Vec<PathBuf> {
    const KINDS: [&str; 11] = ["rs", "md", "yaml", "yml", "toml", "py", "mjs", "js", "ts", "html", "sh"];
    const FOREIGN: [&str; 8] = ["target", "node_modules", ".git", "dist", "__pycache__", ".venv", "venv", "corpus"];
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::from(".")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let entry = entry.expect("an entry");
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                if !FOREIGN.iter().any(|foreign| path.ends_with(foreign)) {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|kind| KINDS.iter().any(|known| kind == *known)) {
                files.push(path.strip_prefix(".").unwrap_or(&path).to_owned());
            }
        }
    }
    files.sort();
    files
}

/// The text of a file that is there.
pub(crate) fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The text of a file, if there is one.
pub(crate) fn text(file: &Path) -> Option<String> {
    fs::read_to_string(file).ok()
}
