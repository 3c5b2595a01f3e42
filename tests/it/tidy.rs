//! The shape of the code, held by a test: which module may use which, that no files use each other
//! in circles, where types serialize, where keys are built, what each endpoint comes with.
//! `ARCHITECTURE.md` says why.

mod circles;
mod commands;
mod decisions;
mod derives;
mod documented;
mod fuzz;
mod layers;
mod mentions;
mod modules;
mod roles;
mod said;
pub(crate) mod source;
mod stages;
mod words;

use std::path::Path;

use derives::derives_serde;
use source::{read, rust_files};

#[test]
fn types_serialize_only_where_bytes_come_in_or_go_out() {
    let borders = [
        "shared/src/x402/",
        "shared/src/store/rows",
        "shared/src/telemetry/line.rs",
        "shared/src/upstream/",
        "shared/src/wire/",
        "shared/src/sweep.rs",
        "shared/src/refunds.rs",
        "shared/src/canary.rs",
        "shared/src/endpoints/",
        "shared/src/mcp/message.rs",
        "shared/src/mcp/said.rs",
    ];
    for file in rust_files("shared/src").into_iter().chain(rust_files("functions")) {
        let path = file.display().to_string();
        let derives = derives_serde(&read(&file));
        assert!(!derives || borders.iter().any(|border| path.starts_with(border)), "{path} derives serde's traits");
    }
}

#[test]
fn key_strings_are_built_in_one_place() {
    for file in rust_files("shared/src").into_iter().chain(rust_files("functions")) {
        if file.ends_with("store/keys.rs") {
            continue;
        }
        let code = read(&file);
        let code: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        for prefix in [
            "\"NUMBER#",
            "\"WALLET#",
            "\"LEASE#",
            "\"SALE#",
            "\"CALL#",
            "\"CALLS#",
            "\"POOL#",
            "\"OPTOUT#",
            "\"LIMIT#",
            "\"BOOK#",
            "\"CONTROL\"",
        ] {
            assert!(!code.iter().any(|line| line.contains(prefix)), "{}: {prefix}", file.display());
        }
    }
}

#[test]
fn the_harness_knows_nothing_of_ours() {
    let manifest = read(Path::new("tests/harness/Cargo.toml"));
    assert!(!manifest.lines().any(|line| line.starts_with("shared") || line.starts_with("dialtone")));
    for file in rust_files("tests/harness/src") {
        let code = read(&file);
        assert!(!code.contains("use shared::") && !code.contains("use dialtone::"), "{}", file.display());
    }
}

#[test]
fn an_endpoint_comes_with_its_test_and_its_line_in_the_readme() {
    let readme = read(Path::new("README.md"));
    for file in rust_files("functions") {
        let name = file.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
        assert!(Path::new("tests/it").join(format!("{name}.rs")).exists(), "tests/it/{name}.rs is missing");
        assert!(readme.contains(&format!("functions/{name}.rs")), "README.md does not name functions/{name}.rs");
    }
}

#[test]
fn a_module_begins_with_what_it_is_for() {
    for folder in ["shared/src", "functions", "operator", "tests", "tests/harness/src", "benches"] {
        for file in rust_files(folder) {
            let begins = read(&file).starts_with("//! ");
            assert!(begins, "{} does not say what it is for", file.display());
        }
    }
}

/// Prose beyond that is not read. A table's row, a link and the name of a decision stand in one
/// line.
#[test]
fn a_comment_is_a_hundred_columns_wide_at_most() {
    for folder in ["shared", "functions", "operator", "tests", "benches"] {
        for file in rust_files(folder) {
            let code = read(&file);
            let wide = code.lines().enumerate().filter(|(_, line)| {
                let text = line.trim_start();
                let is_whole = ["|", "[", "<http", "`docs/decisions.md`"]
                    .iter()
                    .any(|begin| text.trim_start_matches(['/', '!', ' ', '-']).starts_with(begin));
                text.starts_with("//") && !is_whole && line.chars().count() > 100
            });
            let wide: Vec<usize> = wide.map(|(number, _)| number + 1).collect();
            assert!(wide.is_empty(), "{} has comments wider than 100 columns in lines {wide:?}", file.display());
        }
    }
}

#[test]
fn a_file_fits_in_the_head() {
    for folder in ["shared/src", "functions", "operator", "tests", "tests/harness", "benches", "fuzz"] {
        for file in rust_files(folder) {
            let lines = read(&file).lines().count();
            assert!(lines <= 450, "{} has {lines} lines: which idea in it wants a name of its own?", file.display());
        }
    }
}
