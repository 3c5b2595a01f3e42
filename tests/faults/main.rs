//! Everything that can go wrong with a request to a neighbour, DynamoDB included, goes wrong: each
//! request of each scenario, in each way, and then the client goes away, repeats its header, or
//! signs anew.
//!
//! What has to hold is what the audit of every world holds (whatever was paid was granted once and
//! whatever was granted was paid once, whatever the carrier bills is in the table, whatever was
//! dialled is known), and what only the client can judge: that 402 was true, that one payment
//! bought one thing, and that a client that was told 200 has the thing.
//!
//! `cargo test` plays one in twenty-five of the single faults, each with one of the three conducts,
//! and a sample of the pairs, or those of a thousand parts that `SINGLES` and `PAIRS` name
//! (`SINGLES=0..1000 PAIRS=10..250`); `.ci/run` takes others with each commit.
//! `SCENARIOS=hang-up,questions` plays these alone. `cargo faults`, which is for the night, plays
//! all of them with each conduct, in so far as a pair's second fault comes after its first. A case
//! that fails prints the line that plays it again.

#![expect(clippy::indexing_slicing, reason = "in a test, panicking is how it fails")]
#![expect(clippy::disallowed_methods, reason = "which case to replay is told by the environment")]

mod case;
mod lab;
mod matrix;
mod scenario;
mod walk;

use std::ops::Range;
use std::str::FromStr;
use std::time::Instant;

use case::{Case, Scenario};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_share_of_the_single_faults_and_a_sample_of_pairs_leave_the_promises_whole() {
    let (began, parts) = (Instant::now(), wanted("PAIRS").unwrap_or(matrix::SAMPLE));
    let share = wanted("SINGLES").unwrap_or(matrix::SHARE);
    let calm = matrix::calm(&scenarios()).await;
    calm.judge("nothing goes wrong", began);
    let singles = matrix::play(matrix::part(matrix::singles(&calm, false), &share)).await;
    singles.judge("one fault", began);
    let pairs = matrix::pairs(&singles);
    let what = format!("of {} pairs", pairs.len());
    matrix::play(matrix::part(pairs, &parts)).await.judge(&what, began);
}

/// Longer histories of concurrent clients.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_random_walk_leaves_the_promises_whole() {
    walk::histories(1..=10).await;
}

/// `cargo faults`: other seeds than those of every day, or those that `SEEDS` names.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes hours: cargo faults"]
async fn a_long_random_walk_leaves_the_promises_whole() {
    walk::histories(wanted("SEEDS").unwrap_or(1_000..3_000)).await;
}

/// `cargo faults`: as long as it takes, or those parts of the pairs that `PAIRS` names (none:
/// `0..0`).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes hours: cargo faults"]
async fn all_single_faults_and_all_pairs_leave_the_promises_whole() {
    let (began, parts) = (Instant::now(), wanted("PAIRS").unwrap_or(0..matrix::PARTS));
    let calm = matrix::calm(&scenarios()).await;
    calm.judge("nothing goes wrong", began);
    let singles = matrix::play(matrix::singles(&calm, true)).await;
    singles.judge("one fault, each conduct", began);
    let pairs = matrix::pairs(&singles);
    let what = format!("of {} pairs, each conduct", pairs.len());
    matrix::play(matrix::part(pairs, &parts)).await.judge(&what, began);
}

/// Those that `SCENARIOS` names, or all.
#[expect(clippy::expect_used, reason = "in a test, panicking is how it fails")]
fn scenarios() -> Vec<Scenario> {
    let Ok(wished) = std::env::var("SCENARIOS") else { return Scenario::ALL.to_vec() };
    let find = |name: &str| Scenario::ALL.into_iter().find(|scenario| scenario.name() == name.trim());
    wished.split(',').map(|name| find(name).expect("a scenario")).collect()
}

/// `FAULT='call/dynamo/3/lose-answer + bland/1/hang/repeat' cargo test --workspace --test faults
/// replay`
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replay() {
    if let Ok(seed) = std::env::var("WALK") {
        let (findings, deeds, logs) = walk::history(seed.parse().expect("a seed")).await;
        assert!(findings.is_empty(), "{logs}\n{deeds}\n{}", findings.join("\n"));
    }
    let Ok(lines) = std::env::var("FAULT") else { return };
    let cases: Vec<Case> = lines.split(';').map(|line| line.trim().parse().expect("a case")).collect();
    let (done, findings) = matrix::in_a_world(cases).await;
    for one in done {
        for asked in one.asked {
            eprintln!(
                "{:?}/{} {}{}",
                asked.neighbour,
                asked.nth,
                asked.at.class,
                if asked.swept { " (swept)" } else { "" }
            );
        }
    }
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

/// A part that is wanted instead of the usual one.
fn wanted<T: FromStr>(variable: &str) -> Option<Range<T>> {
    let wanted = std::env::var(variable).ok()?;
    let ends = wanted.split_once("..").and_then(|(from, to)| Some(from.parse().ok()?..to.parse().ok()?));
    assert!(ends.is_some(), "{variable}={wanted}: it takes a range, such as 10..250");
    ends
}

#[test]
fn a_line_replays_its_case() {
    for line in ["buy/nothing", "list/dynamo/2/garbage/anew", "call/dynamo/3/lose-answer + bland/1/hang/repeat"] {
        assert_eq!(line.parse::<Case>().expect("a case").to_string(), line);
    }
}
