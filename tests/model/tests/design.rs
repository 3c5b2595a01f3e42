//! The design, explored to its last state; and the store's table held against what was explored.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test panics to fail, and these say what they explored"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use model::Rules;
use model::buy::Buying;
use model::call::Ringing;
use model::check::{Explored, Model, explore};
use model::renew::Renewing;
use model::slices::Slicing;
use model::stray::Straying;

/// Explored once, for all tests that ask.
struct Once {
    name: &'static str,
    explored: OnceLock<Explored>,
    explore: fn() -> Explored,
}

impl Once {
    const fn new(name: &'static str, explore: fn() -> Explored) -> Self {
        Self { name, explored: OnceLock::new(), explore }
    }

    fn get(&self) -> &Explored {
        self.explored.get_or_init(self.explore)
    }
}

static BUY: Once = Once::new("buy", || explore(&Buying(Rules::sound(2))));
static RENEW: Once = Once::new("renew", || explore(&Renewing(Rules::sound(2))));
static CALL: Once = Once::new("call", || explore(&Ringing(Rules::sound(2))));
static BUY_FIRST: Once = Once::new("buy, paid first", || explore(&Buying(Rules::sound(1).paid_first())));
static CALL_FIRST: Once = Once::new("call, paid first", || explore(&Ringing(Rules::sound(1).paid_first())));
static STRAY: Once = Once::new("stray", || explore(&Straying(Rules::sound(3))));

#[test]
fn a_number_is_bought_whatever_happens() {
    holds(&BUY, 900_000);
}

#[test]
fn a_lease_is_renewed_or_ends_whatever_happens() {
    holds(&RENEW, 400_000);
}

#[test]
fn a_call_is_placed_and_paid_whatever_happens() {
    holds(&CALL, 600_000);
}

#[test]
fn what_is_paid_for_first_is_begun_then_or_paid_back_whatever_happens() {
    holds(&BUY_FIRST, 100_000);
    holds(&CALL_FIRST, 50_000);
    let alone = Rules::sound(2).alone().paid_first();
    sound("buy, paid first, alone", &explore(&Buying(alone)), 100_000);
    sound("call, paid first, alone", &explore(&Ringing(alone)), 90_000);
}

#[test]
fn whatever_arrives_is_granted_or_goes_back() {
    holds(&STRAY, 150_000);
}

#[test]
fn what_is_counted_in_slices_is_never_more_than_the_whole_and_nothing_is_refused_while_there_is_room() {
    let Explored { states, transitions, resting, broken, .. } = explore(&Slicing(Rules::sound(0)));
    println!("slices: {states} states, {transitions} transitions, {resting} at rest");
    assert!(broken.is_none(), "{broken:#?}");
    assert!(states > 1_000 && resting > 10, "slices has explored too little");
}

#[test]
fn without_strangers_nothing_needs_a_watcher() {
    let alone = Rules::sound(1).alone();
    sound("buy, alone", &explore(&Buying(alone)), 100_000);
    sound("renew, alone", &explore(&Renewing(alone)), 70_000);
    sound("call, alone", &explore(&Ringing(alone)), 90_000);
}

#[test]
fn a_model_explores_the_same_states_each_time() {
    let rules = Rules::sound(1);
    assert_eq!(counts(&Straying(rules)), counts(&Straying(rules)));
}

#[test]
fn the_models_make_the_arrows_of_the_table_and_no_others() {
    let made: BTreeSet<String> = [&BUY, &BUY_FIRST, &RENEW, &CALL, &CALL_FIRST, &STRAY]
        .iter()
        .flat_map(|model| &model.get().arrows)
        .map(ToString::to_string)
        .collect();
    let table = table();
    assert!(table.len() > 25, "the table was not read: {table:?}");
    let never: Vec<_> = table.difference(&made).collect();
    assert!(never.is_empty(), "arrows that no model makes: {never:?}");
    let unknown: Vec<_> = made.difference(&table).collect();
    assert!(unknown.is_empty(), "arrows that are not in the table: {unknown:?}");
    let unreached: Vec<_> = named().difference(&made).cloned().collect();
    assert!(unreached.is_empty(), "arrows that a model names and never makes: {unreached:?}");
}

fn holds(model: &Once, least: usize) {
    sound(model.name, model.get(), least);
}

/// What was explored has no fault, and is not a handful of states because the way was cut off.
fn sound(name: &str, explored: &Explored, least: usize) {
    let Explored { states, transitions, resting, broken, .. } = explored;
    println!("{name}: {states} states, {transitions} transitions, {resting} at rest");
    assert!(broken.is_none(), "{name}: {broken:#?}");
    assert!(*states >= least && *transitions > *states && *resting > 50, "{name} has explored too little");
}

fn counts<M: Model>(model: &M) -> (usize, usize, usize) {
    let explored = explore(model);
    (explored.states, explored.transitions, explored.resting)
}

/// The methods in the last column of the store's first table. The second says how long rows are
/// kept.
fn table() -> BTreeSet<String> {
    let store = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/src/store/mod.rs");
    let text = fs::read_to_string(store).expect("the store's own words");
    let first = text.lines().take_while(|line| line.starts_with("//!") && !line.starts_with("//! | item | `ttl`"));
    let rows = first.filter(|line| line.starts_with("//! | "));
    rows.filter_map(|row| row.trim_end_matches(" |").rsplit(" | ").next())
        .flat_map(|made| between(made, "[`", "`]"))
        .collect()
}

/// The arrows that the models' sources name.
fn named() -> BTreeSet<String> {
    let sources = texts(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let quoted = sources.iter().flat_map(|text| between(text, "\"", "\""));
    quoted.filter(|word| ["Store::", "numbers::", "calls::"].iter().any(|of| word.starts_with(of))).collect()
}

fn texts(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let read = |path: PathBuf| {
        if path.is_dir() { texts(&path) } else { vec![fs::read_to_string(path).expect("a text")] }
    };
    entries.flat_map(read).collect()
}

fn between(text: &str, begin: &str, end: &str) -> Vec<String> {
    text.split(begin).skip(1).filter_map(|rest| rest.split_once(end)).map(|(inner, _)| inner.to_owned()).collect()
}
