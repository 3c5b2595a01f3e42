//! What all nodes of this process have in common: the program of the node, the state that each
//! begins with, and the facilitator. Started at the first need, and gone with this process.

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
    let root = root();
    let folder = installed("tests/chain/node", "@x402/evm")?;
    let kept = root.join("target/chain");
    fs::create_dir_all(&kept).map_err(|error| format!("{}: {error}", kept.display()))?;
    let state = kept.join("state.json");
    let (facilitator, line) = script(Command::new("node").arg(folder.join("facilitator.mjs")).arg(&state))?;
    let said: Value = serde_json::from_str(&line).unwrap_or_default();
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
        let (child, line) = script(Command::new(words.next().unwrap_or_default()).args(words))?;
        let said = serde_json::from_str(&line).unwrap_or_default();
        self.facilitator = port(&said).ok_or_else(|| format!("{program} does not say its port"))?;
        self.alive.push(child);
        Ok(())
    }
}

/// A second opinion: a program that keeps to what `facilitator.mjs` keeps to.
fn another() -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the one thing about the harness that a person chooses")]
    std::env::var("SECOND_OPINION").ok()
}

/// A folder of the repository, if its packages are there: this one of them, for example.
pub(super) fn installed(folder: &str, package: &str) -> Result<PathBuf, String> {
    let path = root().join(folder);
    if path.join("node_modules").join(package).is_dir() {
        return Ok(path);
    }
    Err(format!("the packages of {folder} are not installed: `npm ci` there, or `tests/chain/run`"))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Starts a program that ends when its standard input does, and waits for the line that it begins
/// with.
pub(super) fn script(command: &mut Command) -> Result<(Child, String), String> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(|error| {
        let program = command.get_program().display();
        format!("{program} does not start ({error}): Node has to be installed, version 20 or later")
    })?;
    let line = child.stdout.take().map(BufReader::new).and_then(|out| out.lines().next()?.ok());
    Ok((child, line.unwrap_or_default()))
}

fn port(said: &Value) -> Option<u16> {
    said["port"].as_u64()?.try_into().ok()
}
