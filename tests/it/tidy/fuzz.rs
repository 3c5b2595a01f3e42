//! The targets in `fuzz/`. They are compiled by cargo-fuzz alone, whose compiler and libFuzzer no
//! other stage has, so each of them is one call of a function that the ordinary tests compile and
//! call: what could be wrong in it is looked at here, word by word.

use std::collections::BTreeSet;
use std::path::Path;

use super::source::{read, rust_files};

#[test]
fn a_fuzz_target_is_one_call_of_a_function_that_is_compiled() {
    let library = read(Path::new("tests/fuzz-targets/src/lib.rs"));
    // As `("name", name),` in `TARGETS`, which only compiles where there is such a function.
    let target = |line: &str| {
        let (name, function) = line.trim().strip_prefix("(\"")?.strip_suffix("),")?.split_once("\", ")?;
        (name == function).then(|| name.to_owned())
    };
    let targets: BTreeSet<String> = library.lines().filter_map(target).collect();
    let exported: String = library.lines().filter(|line| line.starts_with("pub use ")).collect();
    let exported: BTreeSet<&str> = exported.split(|it: char| !it.is_alphanumeric() && it != '_').collect();
    let mut files = BTreeSet::new();
    for file in rust_files("fuzz/fuzz_targets") {
        let name = file.file_stem().and_then(|name| name.to_str()).expect("a name").to_owned();
        let call = format!("libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::{name}(data));");
        let whole = format!("//! See `fuzz_targets::{name}`.\n\n#![no_main]\n\n{call}\n");
        assert_eq!(read(&file), whole, "{} does something of its own", file.display());
        assert!(exported.contains(name.as_str()), "fuzz_targets::{name} is not public");
        files.insert(name);
    }
    assert_eq!(files, targets, "fuzz/fuzz_targets, and `TARGETS` in tests/fuzz-targets/src/lib.rs");
    let manifest = read(Path::new("fuzz/Cargo.toml"));
    let of = |key: &str| -> Vec<String> {
        let begin = format!("{key} = \"");
        let values = manifest.lines().filter_map(|line| line.strip_prefix(&begin)?.strip_suffix('"'));
        values.map(str::to_owned).collect()
    };
    let mut names = of("name");
    assert_eq!(names.remove(0), "dialtone-fuzz");
    assert_eq!(of("path"), names.iter().map(|name| format!("fuzz_targets/{name}.rs")).collect::<Vec<_>>());
    assert_eq!((names.len(), names.into_iter().collect::<BTreeSet<_>>()), (files.len(), files), "fuzz/Cargo.toml");
}
