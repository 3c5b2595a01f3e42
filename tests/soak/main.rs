//! `cargo soak`: several clients at once, for minutes instead of seconds, while requests go wrong,
//! processes are killed and months pass. Each world is swept and audited when some thousand errands
//! have been run in it, and the next one begins.
//!
//! `--minutes 10`, `--seed 1`. Ends with 1 if anything that was promised did not hold.

#![expect(clippy::print_stdout, reason = "it is for a person who watches")]
#![expect(clippy::indexing_slicing, reason = "JSON is read by index, where what is absent is null")]

#[expect(dead_code, reason = "shared with the matrix of faults, which plays single cases")]
#[path = "../faults/scenario/mod.rs"]
mod scenario;

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use harness::{Stack, binaries};
use scenario::Dice;
use scenario::life::{Deeds, Life};
use scenario::truth::Truth;

const CLIENTS: u64 = 6;
/// How many steps all clients take in one world.
const STEPS: u64 = 3_000;
/// How many steps in a hundred begin with a fault.
const FAULTS: u64 = 15;
const TOLD: Duration = Duration::from_secs(10);

/// What the whole soak has come to.
#[derive(Default)]
struct Sum {
    worlds: u64,
    steps: u64,
    deeds: Deeds,
    broken: Vec<String>,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let minutes = argument("--minutes").unwrap_or(10);
    let mut dice = Dice::new(argument("--seed").unwrap_or(1));
    let end = Instant::now() + Duration::from_mins(minutes);
    let mut sum = Sum::default();
    while Instant::now() < end {
        world(dice.of(sum.worlds), end, &mut sum).await;
        dice.next();
    }
    println!("{} worlds, {} errands, {}", sum.worlds, sum.steps, sum.deeds);
    for finding in &sum.broken {
        println!("broken: {finding}");
    }
    println!("invariants broken: {}", sum.broken.len());
    if sum.broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// One world, until it has seen enough or time is up.
async fn world(dice: Dice, end: Instant, sum: &mut Sum) {
    let stack = Stack::builder(binaries!()).parameter("BlandPlan", "scale").start().await;
    let life = Life::new(&stack, Box::new(|_, _, dice: &mut Dice| dice.percent(FAULTS)), 2_000).await;
    let steps = AtomicU64::new(0);
    let enough = |_| steps.fetch_add(1, Ordering::Relaxed) >= STEPS || Instant::now() >= end;
    let living = life.go_on(&dice, CLIENTS, enough);
    let telling = async {
        let mut ticks = tokio::time::interval(TOLD);
        loop {
            ticks.tick().await;
            let left = end.saturating_duration_since(Instant::now()).as_secs();
            println!("{left:>4} s left, world {}: {}", sum.worlds + 1, life.deeds());
        }
    };
    tokio::select! {
        () = living => {}
        () = telling => {}
    }
    let (told, deeds) = (life.told(), life.deeds());
    drop(life);
    let world = (*stack).clone();
    let (mut broken, logs) = stack.close().await;
    let truth = Truth::of(&world);
    broken.extend(told.iter().flat_map(|told| truth.findings(told)));
    if !broken.is_empty() {
        println!("What the functions wrote:\n{logs}");
    }
    sum.worlds += 1;
    sum.steps += steps.load(Ordering::Relaxed).min(STEPS);
    sum.deeds.add(deeds);
    sum.broken.append(&mut broken);
}

/// `--name 7`.
fn argument(name: &str) -> Option<u64> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.nth(1)?.parse().ok()
}
