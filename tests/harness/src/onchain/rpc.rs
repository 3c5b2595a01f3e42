//! JSON-RPC to a node on this machine: one connection for each question, and the caller waits for
//! the answer.
//!
//! Without futures on purpose: the audit and a test's errands have none, and the node is another
//! process.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

/// A node on this machine that takes longer is not going to answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Asks the node at a port.
pub(super) fn ask(port: u16, method: &str, params: &Value) -> Result<Value, String> {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
    let answer = post(port, &body).map_err(|error| format!("{method}: {error}"))?;
    let (_, body) = answer.split_once("\r\n\r\n").ok_or_else(|| format!("{method}: no answer"))?;
    let mut said: Value = serde_json::from_str(body).map_err(|error| format!("{method}: {error}: {body}"))?;
    if said["error"].is_null() { Ok(said["result"].take()) } else { Err(format!("{method}: {}", said["error"])) }
}

fn post(port: u16, body: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&SocketAddr::from(([127, 0, 0, 1], port)), PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let length = body.len();
    let head = "POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\nconnection: close\r\n";
    stream.write_all(format!("{head}content-length: {length}\r\n\r\n{body}").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
