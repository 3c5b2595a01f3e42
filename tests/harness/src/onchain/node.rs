//! A node: one chain of its own, which a test may hurry, hold up, stop and start again.

use std::fmt;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use alloy_primitives::{Address, B256, Bytes, hex};
use serde_json::{Value, json};

use super::parts::{Parts, parts};
use super::rpc;

/// Who set up the token, may mint it, and pays for errands: the first account of every development
/// node.
pub(super) const OWNER: Address = alloy_primitives::address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
/// Blocks that the node is behind with calling one final.
const FINAL: u64 = 3;
/// A node that has not said where it listens by then never will.
const PATIENCE: Duration = Duration::from_mins(1);

/// The node's program, which ends when our side of its standard input is gone, however this process
/// ends.
const UNTIL_WE_ARE_GONE: &str = r#""$@" & exec >&-; read -r _; kill $!; wait $!"#;

/// A node. Clones are the same one, and with the last of them it ends.
#[derive(Clone)]
pub struct Node(Arc<Inner>);

struct Inner {
    parts: &'static Parts,
    port: u16,
    running: Mutex<Running>,
}

enum Running {
    Yes(Child),
    /// What it knew.
    No(Value),
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Node({})", self.0.port)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let running = self.running.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Running::Yes(child) = running {
            end(child);
        }
    }
}

impl Node {
    /// A chain on which nothing has happened yet, but that there is USDC.
    pub fn start() -> Self {
        Self::try_start().unwrap_or_else(|why| panic!("no real chain: {why}"))
    }

    /// The same for who can say what is missing.
    pub fn try_start() -> Result<Self, String> {
        let parts = parts()?;
        let state = parts.state.display().to_string();
        let (child, port) = spawn(parts, 0, &["--load-state", &state])?;
        let node = Self(Arc::new(Inner { parts, port, running: Mutex::new(Running::Yes(child)) }));
        // The blocks of the state are as old as that.
        node.mine();
        Ok(node)
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.0.port)
    }

    /// Where the facilitator of this chain answers.
    pub fn facilitator(&self) -> String {
        format!("http://127.0.0.1:{}/{}", self.0.parts.facilitator, self.0.port)
    }

    /// Makes some blocks: whatever was sent is in one of them, and all that were there before are
    /// final.
    pub fn mine(&self) {
        for _ in 0..=FINAL {
            self.ask("evm_mine", &json!([]));
        }
    }

    /// From now on a block is made at this interval in seconds, and not for each transaction.
    pub fn slow_down(&self, seconds: u64) {
        self.ask("evm_setAutomine", &json!([false]));
        self.ask("evm_setIntervalMining", &json!([seconds]));
    }

    /// Time passes on the chain, which cannot go back to ours.
    pub fn travel(&self, by: Duration) {
        self.ask("evm_increaseTime", &json!([by.as_secs()]));
        self.mine();
    }

    /// The process ends. What it knows is kept.
    pub fn stop(&self) {
        let state = self.ask("anvil_dumpState", &json!([true]));
        let mut running = self.running();
        if let Running::Yes(child) = &mut *running {
            end(child);
        }
        *running = Running::No(state);
    }

    /// Another process, which goes on with what the one before knew.
    pub fn start_again(&self) {
        let mut running = self.running();
        let Running::No(state) = &*running else { return };
        let (child, _) = spawn(self.0.parts, self.0.port, &[]).unwrap_or_else(|why| panic!("no node: {why}"));
        rpc::ask(self.0.port, "anvil_loadState", &json!([state])).unwrap_or_else(|why| panic!("{why}"));
        *running = Running::Yes(child);
        drop(running);
        self.mine();
    }

    /// Makes a contract of its creation code, and says where it is.
    pub fn deploy(&self, code: &[u8]) -> Address {
        let receipt = self.transact(&json!({"from": OWNER.to_string(), "data": hex::encode_prefixed(code)}));
        parse(&receipt["contractAddress"])
    }

    /// Whether there is a contract.
    pub fn has_code(&self, at: Address) -> bool {
        self.ask("eth_getCode", &json!([at.to_string(), "latest"])) != "0x"
    }

    /// Calls a contract by a transaction of this account's, whose key need not be known. Says why
    /// if it reverts.
    pub(super) fn send(&self, from: Address, to: Address, data: &[u8]) -> Result<B256, String> {
        if from != OWNER {
            self.ask("anvil_impersonateAccount", &json!([from.to_string()]));
            self.ask("anvil_setBalance", &json!([from.to_string(), "0xde0b6b3a7640000"]));
        }
        let call = json!({"from": from.to_string(), "to": to.to_string(), "data": hex::encode_prefixed(data)});
        self.try_ask("eth_call", &json!([call, "pending"]))?;
        Ok(parse(&self.transact(&call)["transactionHash"]))
    }

    /// What a contract answers.
    pub(super) fn call(&self, to: Address, data: &[u8]) -> Result<Bytes, String> {
        let answer =
            self.try_ask("eth_call", &json!([{"to": to.to_string(), "data": hex::encode_prefixed(data)}, "latest"]))?;
        Ok(parse(&answer))
    }

    /// Asks it anything; it must be able to answer.
    pub fn ask(&self, method: &str, params: &Value) -> Value {
        self.try_ask(method, params).unwrap_or_else(|why| panic!("the node: {why}"))
    }

    fn try_ask(&self, method: &str, params: &Value) -> Result<Value, String> {
        rpc::ask(self.0.port, method, params)
    }

    fn transact(&self, call: &Value) -> Value {
        let hash = self.ask("eth_sendTransaction", &json!([call]));
        // Whether or not blocks are being made by themselves.
        self.ask("evm_mine", &json!([]));
        let receipt = self.ask("eth_getTransactionReceipt", &json!([hash]));
        assert!(receipt["status"] == "0x1", "a transaction of ours failed: {receipt}");
        receipt
    }

    fn running(&self) -> std::sync::MutexGuard<'_, Running> {
        self.0.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn parse<T: std::str::FromStr>(value: &Value) -> T {
    let parsed = value.as_str().and_then(|text| text.parse().ok());
    parsed.unwrap_or_else(|| panic!("the node answers with {value}"))
}

fn spawn(parts: &Parts, port: u16, more: &[&str]) -> Result<(Child, u16), String> {
    // A block every two seconds, as on Base, and one for each transaction at once: `latest` is
    // never older than that.
    let usual = ["--chain-id", "8453", "--mixed-mining", "--block-time", "2", "--slots-in-an-epoch", "1", "--port"];
    let mut child = Command::new("sh")
        .args(["-c", UNTIL_WE_ARE_GONE, "sh"])
        .arg(&parts.program)
        .args(usual)
        .arg(port.to_string())
        .args(more)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("the node does not start: {error}"))?;
    let out = child.stdout.take().ok_or("the node says nothing")?;
    let (say, said) = mpsc::channel();
    // What it writes is read to the end: a full pipe would stop it.
    std::thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            if let Some(address) = line.strip_prefix("Listening on ") {
                let _ = say.send(address.rsplit(':').next().and_then(|port| port.parse().ok()));
            }
        }
    });
    if let Ok(Some(port)) = said.recv_timeout(PATIENCE) {
        return Ok((child, port));
    }
    end(&mut child);
    Err("the node does not start".to_owned())
}

fn end(child: &mut Child) {
    drop(child.stdin.take());
    // How it ended does not matter.
    let _ = child.wait();
}
