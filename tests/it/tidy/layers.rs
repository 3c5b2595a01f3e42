//! The layers of `shared`: which module may use which. The same order stands here, in `lib.rs` and
//! in `ARCHITECTURE.md`.

use std::collections::BTreeSet;
use std::path::Path;

use super::modules::Crate;
use super::source::{read, text};

/// The layers, the lowest first. A module uses those in the layers below its own, and none beside
/// it.
const LAYERS: [&[&str]; 15] = [
    &["types"],
    &["limits"],
    &["invocation", "telemetry"],
    &["wire"],
    &["x402", "store", "upstream"],
    &["api"],
    &["refusal", "env"],
    &["body"],
    &["leases", "books"],
    &["sale"],
    &["numbers", "calls"],
    &["page"],
    &["edge"],
    &["paid", "free", "signed_in", "mcp", "discovery", "sweep", "refunds", "canary"],
    &["endpoints"],
];

fn layer(module: &str) -> usize {
    let found = LAYERS.iter().position(|modules| modules.contains(&module));
    found.unwrap_or_else(|| panic!("{module} stands in no layer"))
}

#[test]
fn a_module_uses_only_what_is_below_it() {
    for arrow in Crate::read("shared/src/lib.rs", text).arrows() {
        let (Some(own), Some(other)) = (arrow.module.first(), arrow.used.first()) else { continue };
        let below = own == other || layer(other) < layer(own);
        assert!(below, "{}: {own} must not use {other} ({})", arrow.from.display(), arrow.by);
    }
}

/// The order of the layers, the highest first, as it is to be read elsewhere.
fn from_the_top() -> Vec<BTreeSet<&'static str>> {
    LAYERS.iter().rev().map(|group| group.iter().copied().collect()).collect()
}

#[test]
fn the_library_declares_its_modules_in_the_order_of_their_layers() {
    let code = read(Path::new("shared/src/lib.rs"));
    let groups = code.split("\n\n").map(|group| {
        let names = group.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
        names.collect::<BTreeSet<_>>()
    });
    let declared: Vec<BTreeSet<&str>> = groups.filter(|group| !group.is_empty()).collect();
    assert_eq!(declared, from_the_top());
}

#[test]
fn the_map_in_architecture_has_the_same_layers() {
    let page = read(Path::new("ARCHITECTURE.md"));
    let map = page.split("## Layout").nth(1).and_then(|rest| rest.split("```").nth(1)).expect("a map of the layers");
    let lines = map.lines().filter(|line| !line.trim().is_empty() && !line.starts_with("functions/"));
    // Names, then what they are for, with two spaces or more between them.
    let columns = |line: &'_ str| {
        let mut columns: Vec<_> = line.split("  ").map(|it| it.trim().to_owned()).filter(|it| !it.is_empty()).collect();
        columns.pop();
        columns.into_iter().collect::<BTreeSet<String>>()
    };
    let drawn: Vec<BTreeSet<String>> = lines.map(columns).collect();
    let named = |group: BTreeSet<&str>| group.into_iter().map(str::to_owned).collect::<BTreeSet<String>>();
    assert_eq!(drawn, from_the_top().into_iter().map(named).collect::<Vec<_>>());
}
