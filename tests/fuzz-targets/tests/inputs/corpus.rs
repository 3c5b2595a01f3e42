//! What the fuzzer found worth keeping, through the same functions, with the ordinary compiler.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use fuzz_targets::TARGETS;

#[test]
fn every_input_that_was_kept_leaves_true_what_must_be_true() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    for (name, target) in TARGETS {
        let folder = corpus.join(name);
        let inputs = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut replayed = 0;
        for input in inputs {
            let input = input.expect("a file").path();
            let bytes = fs::read(&input).expect("a file");
            // A panic alone would not say which.
            let outcome = catch_unwind(AssertUnwindSafe(|| target(&bytes)));
            assert!(outcome.is_ok(), "{name} does not hold for {}", input.display());
            replayed += 1;
        }
        assert!(replayed > 5, "{name} has {replayed} inputs");
    }
}

#[test]
fn every_target_is_built_for_the_fuzzer() {
    let manifest = include_str!("../../../../fuzz/Cargo.toml");
    for (name, _) in TARGETS {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name}");
    }
    assert_eq!(manifest.matches("[[bin]]").count(), TARGETS.len());
}
