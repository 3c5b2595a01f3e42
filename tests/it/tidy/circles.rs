//! Files that use each other, directly or through others.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::modules::{Arrow, Crate};
use super::source::text;

/// An arrow that counts. A module's own parts may use what the module itself defines.
fn counts(arrow: &Arrow) -> bool {
    arrow.is_item && arrow.from != arrow.to && !arrow.module.starts_with(&arrow.used)
}

/// The circles of a crate: each the files that can all be reached from one another.
fn circles(arrows: &BTreeSet<Arrow>) -> Vec<BTreeSet<PathBuf>> {
    let mut uses: BTreeMap<&Path, BTreeSet<&Path>> = BTreeMap::new();
    for arrow in arrows.iter().filter(|arrow| counts(arrow)) {
        uses.entry(&arrow.from).or_default().insert(&arrow.to);
    }
    let reached: BTreeMap<&Path, BTreeSet<&Path>> = uses.keys().map(|from| (*from, reachable(from, &uses))).collect();
    let mut circles: Vec<BTreeSet<PathBuf>> = Vec::new();
    for (from, to) in &reached {
        let circle: BTreeSet<PathBuf> = to
            .iter()
            .filter(|other| reached.get(*other).is_some_and(|back| back.contains(from)))
            .map(|file| (*file).to_owned())
            .collect();
        if !circle.is_empty() && !circles.contains(&circle) {
            circles.push(circle);
        }
    }
    circles
}

fn reachable<'a>(from: &'a Path, uses: &BTreeMap<&'a Path, BTreeSet<&'a Path>>) -> BTreeSet<&'a Path> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        for next in uses.get(at).into_iter().flatten() {
            if reached.insert(*next) {
                open.push(next);
            }
        }
    }
    reached
}

/// A circle in words: which file uses which, and by which name.
fn told(circle: &BTreeSet<PathBuf>, arrows: &BTreeSet<Arrow>) -> String {
    let mut names: BTreeMap<(&Path, &Path), BTreeSet<&str>> = BTreeMap::new();
    let inside = |arrow: &&Arrow| counts(arrow) && circle.contains(&arrow.from) && circle.contains(&arrow.to);
    for arrow in arrows.iter().filter(inside) {
        names.entry((&arrow.from, &arrow.to)).or_default().insert(&arrow.by);
    }
    let line = |((from, to), names): (&(&Path, &Path), &BTreeSet<&str>)| {
        let names: Vec<&str> = names.iter().copied().collect();
        format!("  {} -> {} ({})", from.display(), to.display(), names.join(", "))
    };
    names.iter().map(line).collect::<Vec<String>>().join("\n")
}

#[test]
fn no_files_use_each_other() {
    // What is shipped. The harness is one world whose parts know each other.
    for root in ["shared/src/lib.rs", "operator/src/main.rs"] {
        let arrows = Crate::read(root, text).arrows();
        let found: Vec<String> = circles(&arrows).iter().map(|circle| told(circle, &arrows)).collect();
        assert!(found.is_empty(), "these use each other:\n{}", found.join("\n\n"));
    }
}

#[test]
fn a_circle_is_found_through_a_third_file_and_a_modules_own_part_makes_none() {
    let files = |path: &Path| {
        let text = match path.to_str()? {
            "lib.rs" => "mod a; mod b; mod c; mod d; pub use a::A;",
            "a.rs" => "use crate::b::B; pub struct A(B);",
            "b.rs" => "use crate::{c::C}; pub struct B(C);",
            "c.rs" => "pub struct C(Option<Box<super::A>>);",
            "d.rs" => "mod part; pub struct D; fn f() { part::g(D) }",
            "d/part.rs" => "use super::D; pub fn g(_: D) {}",
            _ => return None,
        };
        Some(text.to_owned())
    };
    let found = circles(&Crate::read("lib.rs", files).arrows());
    assert_eq!(found, [BTreeSet::from(["a.rs", "b.rs", "c.rs"].map(PathBuf::from))]);
}
