//! The artefacts: the functions built as they ship, and what they weigh.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// The program that everything is measured against.
pub(crate) const FLOOR: &str = "floor";

/// Builds the functions and the floor with the profile that ships. Returns the programs by name.
pub(crate) fn build() -> BTreeMap<String, PathBuf> {
    // With `cargo bench`'s own features the functions would be linked with what only the harness
    // needs.
    let output = Command::new(env!("CARGO"))
        .args(["build", "--release", "--package", "dialtone", "--package", FLOOR, "--bins"])
        .arg("--message-format=json-render-diagnostics")
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "the functions do not build");
    let messages = String::from_utf8_lossy(&output.stdout);
    let built = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()).filter_map(|message| {
        let program = message["executable"].as_str()?;
        Some((message["target"]["name"].as_str()?.to_owned(), PathBuf::from(program)))
    });
    built.collect()
}

/// The same, as they were built last beside this program: with the profile that ships by `cargo
/// bench`, and with the tests' by `cargo test`.
pub(crate) fn built() -> BTreeMap<String, PathBuf> {
    // This program is in `target/release/deps`.
    let own = std::env::current_exe().expect("this program has a path");
    let directory = own.parent().and_then(Path::parent).expect("cargo's layout");
    let functions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions");
    let functions = std::fs::read_dir(functions).expect("functions/").filter_map(|entry| {
        let path = entry.ok()?.path();
        Some(path.file_stem()?.to_str()?.to_owned())
    });
    functions.chain([FLOOR.to_owned()]).map(|name| (name.clone(), directory.join(name))).collect()
}

/// Bytes of a program, and of the same compressed as in a zip archive; nothing where there is no
/// `gzip`.
pub(crate) fn weigh(program: &Path) -> (u64, Option<u64>) {
    let bytes = std::fs::metadata(program).map_or(0, |file| file.len());
    let zipped = Command::new("gzip").args(["-c", "-6"]).arg(program).stderr(Stdio::null()).output();
    let zipped =
        zipped.ok().filter(|gzip| gzip.status.success()).and_then(|gzip| u64::try_from(gzip.stdout.len()).ok());
    (bytes, zipped)
}
