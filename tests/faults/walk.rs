//! A seeded walk: longer histories of several clients in one world, with a few faults in each.
//! Which decisions are made follows from the seed; in which order requests arrive that are under
//! way at the same time does not, so a history that failed usually fails again with its seed, and
//! not always.

use std::collections::BTreeSet;
use std::time::Instant;

use futures_util::StreamExt;
use harness::{Stack, binaries};

use crate::scenario::Dice;
use crate::scenario::life::{Deeds, Life};
use crate::scenario::truth::Truth;

/// Worlds at the same time.
const ABREAST: usize = 8;

/// What does not hold after the history of this seed, and what was done in it.
pub(crate) async fn history(seed: u64) -> (Vec<String>, Deeds, String) {
    let mut dice = Dice::new(seed);
    let (clients, steps) = (dice.between(2, 8), dice.between(3, 9));
    let faults = dice.between(1, 6);
    let storm: BTreeSet<_> = (0..faults).map(|_| (dice.below(clients), dice.below(steps))).collect();
    let stack = Stack::builder(binaries!()).parameter("BlandPlan", "scale").start().await;
    let storm = Box::new(move |client, step, _: &mut Dice| storm.contains(&(client, step)));
    let life = Life::new(&stack, storm, 240).await;
    life.go_on(&dice, clients, |step| step >= steps).await;
    let (told, deeds) = (life.told(), life.deeds());
    drop(life);
    let world = (*stack).clone();
    let (mut findings, logs) = stack.close().await;
    let truth = Truth::of(&world);
    findings.extend(told.iter().flat_map(|told| truth.findings(told)));
    (findings, deeds, logs)
}

/// The histories of these seeds. Fails with the seeds of those in which something did not hold.
pub(crate) async fn histories(seeds: impl Iterator<Item = u64>) {
    let began = Instant::now();
    let play = |seed| async move { (seed, tokio::spawn(history(seed)).await) };
    let mut playing = futures_util::stream::iter(seeds.map(play)).buffer_unordered(ABREAST);
    let (mut deeds, mut played, mut failed) = (Deeds::default(), 0, Vec::new());
    while let Some((seed, ended)) = playing.next().await {
        let findings = match ended {
            Ok((findings, done, _)) => {
                deeds.add(done);
                findings
            }
            Err(panic) => vec![panic.to_string()],
        };
        played += 1;
        if !findings.is_empty() {
            let line =
                format!("WALK={seed} cargo test --workspace --test faults replay\n  - {}", findings.join("\n  - "));
            eprintln!("{line}");
            failed.push(line);
        }
        if played % 50 == 0 {
            eprintln!("  {played} histories, {} failed, {} s; {deeds}", failed.len(), began.elapsed().as_secs());
        }
    }
    eprintln!("{played} histories, {} failed, {} s; {deeds}", failed.len(), began.elapsed().as_secs());
    assert!(failed.is_empty(), "{} of {played} histories failed\n\n{}", failed.len(), failed.join("\n"));
}
