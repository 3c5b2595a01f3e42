//! What all nodes of this process have in common: the program of the node, the state that each begins with, and the
//! facilitator. Started at the first need, and gone with this process.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// The parts.
pub(super) struct Parts {
    /// The node's program.
    pub(super) program: PathBuf,
    /// A chain with USDC on it.
    pub(super) state: PathBuf,
    /// Where the facilitator listens.
    pub(super) facilitator: u16,
    /// They end when their standard input does, so this is what keeps them.
    alive: Vec<Child>,
}

/// Those of this process.
pub(super) fn parts() -> Result<&'static Parts, String> {
    static PARTS: OnceLock<Result<Parts, String>> = OnceLock::new();
    PARTS.get_or_init(start).as_ref().map_err(Clone::clone)
}

fn start() -> Result<Parts, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = root.join("tests/chain/node");
    if !folder.join("node_modules/@x402/evm").is_dir() {
        return Err(
            "the packages of tests/chain/node are not installed: `npm ci` there, or `tests/chain/run`".to_owned()
        );
    }
    let kept = root.join("target/chain");
    fs::create_dir_all(&kept).map_err(|error| format!("{}: {error}", kept.display()))?;
    let state = kept.join("state.json");
    let mut facilitator = Command::new("node")
        .arg(folder.join("facilitator.mjs"))
        .arg(&state)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("Node does not start ({error}): version 20 or later has to be installed"))?;
    let said = greeting(&mut facilitator);
    let (Some(program), Some(port)) = (said["node"].as_str().map(PathBuf::from), port(&said)) else {
        return Err("the facilitator does not start: tests/chain/node/facilitator.mjs says why".to_owned());
    };
    let mut parts = Parts { program, state, facilitator: port, alive: vec![facilitator] };
    if let Some(other) = another() {
        parts.ask_instead(&other)?;
    }
    Ok(parts)
}

impl Parts {
    /// Another facilitator settles.
    fn ask_instead(&mut self, program: &str) -> Result<(), String> {
        let mut words = program.split_whitespace();
        let mut command = Command::new(words.next().unwrap_or_default());
        let child = command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = child.map_err(|error| format!("{program} does not start: {error}"))?;
        self.facilitator = port(&greeting(&mut child)).ok_or_else(|| format!("{program} does not say its port"))?;
        self.alive.push(child);
        Ok(())
    }
}

/// A second opinion: a program that keeps to what `facilitator.mjs` keeps to.
fn another() -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the one thing about the harness that a person chooses")]
    std::env::var("SECOND_OPINION").ok()
}

/// The line of JSON that a program begins with.
fn greeting(program: &mut Child) -> Value {
    let said = program.stdout.take().map(BufReader::new).and_then(|out| out.lines().next()?.ok());
    said.and_then(|line| serde_json::from_str(&line).ok()).unwrap_or_default()
}

fn port(said: &Value) -> Option<u16> {
    said["port"].as_u64()?.try_into().ok()
}
