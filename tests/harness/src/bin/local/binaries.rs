//! Builds the functions' binaries, where cargo puts them beside this program.

use std::process::Stdio;

use harness::Binaries;
use tokio::process::Command;

use crate::{Trouble, say};

/// The functions, by the files that are in `functions/`.
pub(crate) async fn build() -> Result<Binaries, Trouble> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let mut names = Vec::new();
    let listing = std::fs::read_dir(format!("{root}/functions")).map_err(|error| format!("functions/: {error}"))?;
    for entry in listing.filter_map(Result::ok) {
        if let Some(name) = entry.file_name().to_str().and_then(|name| name.strip_suffix(".rs")) {
            names.push(name.to_owned());
        }
    }
    say::heading("Building the functions (a while the first time)");
    // The whole workspace, for the features that `cargo test --workspace` chose: the dependencies
    // are then built already. cargo's own progress is shown: it goes to standard error, which is
    // inherited.
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--workspace", "--bins"]).current_dir(root).stdin(Stdio::null());
    for told in Binaries::OF_ANOTHER_PACKAGE {
        cargo.env_remove(told);
    }
    let status = cargo.status().await.map_err(|error| format!("cargo does not start: {error}"))?;
    if !status.success() {
        return Err("the functions do not build; cargo says why above".to_owned());
    }
    let program = std::env::current_exe().map_err(|error| format!("where this program is: {error}"))?;
    let directory = program.parent().ok_or("this program is nowhere")?;
    Ok(Binaries::of_directory(directory, names))
}
