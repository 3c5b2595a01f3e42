//! All neighbours that a function could ask, at one address: it counts connections, keeps what is
//! asked, and knows nothing. A record that is asked for is not there. What a function counts, it
//! counts as DynamoDB would.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::SystemTime;

use fuzz_targets::functions::UNPROVEN_PER_MINUTE;

/// A question.
#[derive(Debug)]
pub(crate) struct Asked {
    /// The operation, where it is DynamoDB's, or the request line.
    pub(crate) what: String,
    /// The body.
    pub(crate) body: String,
}

#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    asked: Mutex<Vec<Asked>>,
    counted: Mutex<HashMap<String, Counted>>,
    closing: AtomicBool,
}

/// An item that is written: how many, since when, and how many there were in all.
#[derive(Default)]
struct Counted {
    since: u64,
    sum: usize,
    all: usize,
}

impl Counted {
    /// One more, in the minute that has begun or as the first of another, or the item as it is.
    fn count(&mut self, update: &str, most: usize) -> Result<(), String> {
        let more = update.contains("ADD ");
        let running = self.since + 60 > seconds();
        match (more, running) {
            (true, true) if self.sum < most => self.sum += 1,
            (false, false) => (self.since, self.sum) = (seconds(), 1),
            _ if self.all == 0 => return Err("{}".to_owned()),
            _ => return Err(format!(r#"{{"sum_since":{{"N":"{}"}},"sum":{{"N":"{}"}}}}"#, self.since, self.sum)),
        }
        self.all += 1;
        Ok(())
    }
}

#[expect(clippy::disallowed_methods, reason = "the functions read the machine's clock, so what they count has it too")]
fn seconds() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("later than 1970").as_secs()
}

/// The listener at that address.
pub(crate) struct Neighbour {
    url: String,
    address: SocketAddr,
    seen: Arc<Seen>,
    thread: JoinHandle<()>,
}

impl Neighbour {
    pub(crate) fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let seen = Arc::new(Seen::default());
        let thread = thread::spawn({
            let seen = Arc::clone(&seen);
            move || accept(&listener, &seen)
        });
        Self { url: format!("http://{address}"), address, seen, thread }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// What was asked since the last time.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.seen.asked.lock().expect("no panic over there"))
    }

    /// How many have been counted, in all names together.
    pub(crate) fn counted(&self) -> usize {
        self.seen.counted.lock().expect("no panic over there").get(ALL).map_or(0, |counted| counted.all)
    }

    /// Waits until everything that was sent has been heard. How many connections there were, and
    /// how many questions that the test has not taken note of.
    pub(crate) fn close(self) -> (usize, usize) {
        self.seen.closing.store(true, Ordering::SeqCst);
        // Comes after every connection that was made before.
        let last = TcpStream::connect(self.address).expect("it listens");
        drop(last);
        self.thread.join().expect("no panic over there");
        let unasked_for = self.seen.asked.lock().expect("no panic over there").len();
        (self.seen.connections.load(Ordering::SeqCst), unasked_for)
    }
}

fn accept(listener: &TcpListener, seen: &Arc<Seen>) {
    let mut connections = Vec::new();
    loop {
        let (stream, _) = listener.accept().expect("a connection");
        // The closing one is the last, since they come in order.
        let last = seen.closing.load(Ordering::SeqCst) && stream.peek(&mut [0]).is_ok_and(|read| read == 0);
        if last {
            break;
        }
        seen.connections.fetch_add(1, Ordering::SeqCst);
        let seen = Arc::clone(seen);
        connections.push(thread::spawn(move || while serve(&stream, &seen).is_some() {}));
    }
    for connection in connections {
        connection.join().expect("no panic over there");
    }
}

/// The item that counts in all names.
const ALL: &str = "LIMIT#UNPROVEN";

/// Counts in all names, or in one.
fn count(seen: &Seen, update: &str) -> Result<(), String> {
    let asked: serde_json::Value = serde_json::from_str(update).expect("JSON");
    let item = asked["Key"]["pk"]["S"].as_str().expect("a key").to_owned();
    let most = if item == ALL { UNPROVEN_PER_MINUTE } else { UNPROVEN_PER_MINUTE / 3 };
    seen.counted.lock().expect("no panic over there").entry(item).or_default().count(update, most)
}

/// One question and its answer, or nothing if the other side has hung up.
fn serve(stream: &TcpStream, seen: &Seen) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let field = |name: &str| {
        head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    };
    let length = field("content-length").map_or(0, |length| length.parse().expect("a length"));
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let what = field("x-amz-target").unwrap_or_else(|| head.lines().next().unwrap_or_default().to_owned());
    let body = String::from_utf8(body).expect("text");
    let (status, answer) = match what.as_str() {
        "DynamoDB_20120810.GetItem" | "DynamoDB_20120810.BatchGetItem" => (200, "{}".to_owned()),
        "DynamoDB_20120810.UpdateItem" => match count(seen, &body) {
            Ok(()) => (200, "{}".to_owned()),
            Err(item) => {
                let kind = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
                (400, format!(r#"{{"__type":"{kind}","message":"The conditional request failed","Item":{item}}}"#))
            }
        },
        _ => (400, r#"{"__type":"ValidationException","message":"not here"}"#.to_owned()),
    };
    seen.asked.lock().expect("no panic over there").push(Asked { what, body });
    let kind = "application/x-amz-json-1.0";
    let length = answer.len();
    let reply = format!("HTTP/1.1 {status} .\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n{answer}");
    { stream }.write_all(reply.as_bytes()).ok()
}
