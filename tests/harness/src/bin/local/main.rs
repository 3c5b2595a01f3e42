//! `cargo local`: the whole product on this machine, for a person. `cargo local demo` plays with it
//! by itself, and `cargo local outage` what an operator is woken for; `--chain` has the first two
//! on a real chain.

#![expect(clippy::indexing_slicing, reason = "JSON is read by index, where what is absent is null")]

mod audit;
mod binaries;
mod demo;
mod facts;
mod neighbours;
mod outage;
mod say;
mod serve;
mod stage;
mod watch;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use tokio::runtime::Builder;

/// What was asked for beside it.
#[derive(Clone, Copy, Debug)]
struct Wishes {
    /// A real chain and a real facilitator.
    chain: bool,
    /// Solana as well.
    solana: bool,
    /// What the networks are called.
    networks: Networks,
    /// That everything adds up in the end.
    audit: bool,
}

/// What the simulated networks are called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Networks {
    /// As the test networks.
    Test,
    /// As the main networks: some clients know no others.
    Main,
}

/// What went wrong, for a person to read.
type Trouble = String;

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let facts = taken(&mut arguments, "--facts").map(PathBuf::from);
    let (wishes, arguments): (Vec<&str>, Vec<&str>) = arguments
        .iter()
        .map(String::as_str)
        .partition(|argument| ["--chain", "--solana", "--main", "--audit"].contains(argument));
    let has = |wish| wishes.contains(&wish);
    let networks = if has("--main") { Networks::Main } else { Networks::Test };
    let wishes = Wishes { chain: has("--chain"), solana: has("--solana"), networks, audit: has("--audit") };
    let outcome = match arguments.as_slice() {
        [] => run(async || serve::until_interrupted(wishes, facts).await),
        ["demo"] if facts.is_none() => run(async || stage::play(wishes, demo::in_world).await),
        ["outage"] if facts.is_none() => run(async || stage::play(wishes, outage::in_world).await),
        ["help" | "--help" | "-h"] => {
            say::usage();
            return ExitCode::SUCCESS;
        }
        other => {
            say::usage();
            Err(format!("`cargo local {}` is not known", other.join(" ")))
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            say::trouble(&trouble);
            ExitCode::FAILURE
        }
    }
}

/// What follows an option, both taken out of the arguments.
fn taken(arguments: &mut Vec<String>, option: &str) -> Option<String> {
    let at = arguments.iter().position(|argument| argument == option)?;
    let value = arguments.get(at + 1)?.clone();
    arguments.drain(at..at + 2);
    Some(value)
}

/// The repository.
fn root() -> PathBuf {
    let harness = Path::new(env!("CARGO_MANIFEST_DIR"));
    harness.ancestors().nth(2).unwrap_or(harness).to_owned()
}

fn run(what: impl AsyncFnOnce() -> Result<(), Trouble>) -> Result<(), Trouble> {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| format!("no runtime: {error}"))?;
    let outcome = runtime.block_on(what());
    runtime.shutdown_background();
    outcome
}
