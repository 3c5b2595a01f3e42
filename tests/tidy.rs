//! The shape of the code, held by a test: which module may use which, where types serialize, where keys are built, what
//! each endpoint comes with. `ARCHITECTURE.md` says why.

#![expect(clippy::expect_used, clippy::panic, reason = "in a test, panicking is how it fails")]

use std::fs;
use std::path::{Path, PathBuf};

/// The layers of `shared`, the lowest first. A module uses those below its own, and its neighbours where it says so.
const LAYERS: [(&str, &[&str], &[&str]); 10] = [
    ("words", &["types"], &[]),
    ("numbers", &["limits"], &[]),
    ("the invocation", &["invocation", "telemetry"], &[]),
    // Each knows one neighbour and none of the others; all speak through one HTTP client, and have their secrets from one place.
    ("neighbours", &["x402", "store", "upstream"], &["upstream::http", "upstream::secrets"]),
    // What is promised; everybody above keeps it.
    ("the API", &["api"], &[]),
    ("answers and start-up", &["refusal", "env"], &[]),
    ("bodies", &["body"], &[]),
    ("the domain", &["sale", "leases", "numbers", "calls"], &["sale", "leases"]),
    ("pages", &["page"], &[]),
    ("the edge", &["edge", "paid", "free", "discovery", "sweep", "refunds"], &["edge"]),
];

#[test]
fn a_module_uses_only_what_is_below_it() {
    for file in rust_files("shared/src") {
        let module = module_of(&file);
        if module == "lib" {
            continue;
        }
        let own = layer(&module).unwrap_or_else(|| panic!("{module} stands in no layer"));
        for used in used_modules(&read(&file)) {
            let root = used.split("::").next().unwrap_or_default();
            if root == module {
                continue;
            }
            let other = layer(root).unwrap_or_else(|| panic!("{}: {root} stands in no layer", file.display()));
            let shared_here = LAYERS[own].2.iter().any(|allowed| used.starts_with(allowed));
            assert!(other < own || (other == own && shared_here), "{}: {module} must not use {used}", file.display());
        }
    }
}

#[test]
fn types_serialize_only_where_bytes_come_in_or_go_out() {
    let borders = [
        "shared/src/x402/",
        "shared/src/store/rows",
        "shared/src/telemetry/line.rs",
        "shared/src/upstream/",
        "shared/src/sweep.rs",
        "shared/src/refunds.rs",
        "functions/",
    ];
    for file in rust_files("shared/src").into_iter().chain(rust_files("functions")) {
        let path = file.display().to_string();
        let code = read(&file);
        // What tests define is theirs.
        let code = code.split("#[cfg(test)]").next().unwrap_or_default();
        let derives = code.lines().any(|line| {
            line.trim_start().starts_with("#[derive(") && (line.contains("Serialize") || line.contains("Deserialize"))
        });
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
            "\"POOL#",
            "\"OPTOUT#",
            "\"LIMIT#",
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
        assert!(Path::new("tests").join(format!("{name}.rs")).exists(), "tests/{name}.rs is missing");
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

#[test]
fn a_file_fits_in_the_head() {
    for folder in ["shared/src", "functions", "operator"] {
        for file in rust_files(folder) {
            let lines = read(&file).lines().count();
            assert!(lines <= 450, "{} has {lines} lines: which idea in it wants a name of its own?", file.display());
        }
    }
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|(_, modules, _)| modules.contains(&module))
}

/// The top-level module that a file of `shared` belongs to.
fn module_of(file: &Path) -> String {
    let inside = file.strip_prefix("shared/src").expect("a file of shared");
    let first = inside.components().next().expect("a component").as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// What `crate::…` names in code: `upstream::http`, `types`. Comments may name anything.
fn used_modules(code: &str) -> Vec<String> {
    let code: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    code.join("\n")
        .split("crate::")
        .skip(1)
        .map(|rest| {
            let path: String = rest.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | ':')).collect();
            path.trim_end_matches(':').to_owned()
        })
        .filter(|path| path.starts_with(char::is_lowercase))
        .collect()
}

fn rust_files(folder: &str) -> Vec<PathBuf> {
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

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}
