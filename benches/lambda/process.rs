//! One process of a function and the runtime API that it talks to, on plain threads: nothing here
//! waits for an executor, so that what is timed is the function.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Child;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use harness::lambda::command;
use harness::template::Function;
use serde_json::Value;

use crate::usage;

/// Longer than any invocation here.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running function.
pub(crate) struct Process {
    child: Child,
    events: Sender<Vec<u8>>,
    asked: Receiver<Instant>,
    answers: Receiver<Exchange>,
    wrote: Arc<Mutex<String>>,
    /// From the start to the first request for work.
    pub(crate) started: Used,
    used: Duration,
}

/// Wall time and processor time.
#[derive(Clone, Copy)]
pub(crate) struct Used {
    pub(crate) wall: Duration,
    pub(crate) cpu: Duration,
}

struct Exchange {
    handed: Instant,
    answered: Instant,
    body: Vec<u8>,
}

impl Process {
    /// Starts a function and waits until it asks for work.
    pub(crate) fn start(function: &Function, program: &Path) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("a bound port");
        let (events, inbox) = channel();
        let (ask, asked) = channel();
        let (answer, answers) = channel();
        let api = Arc::new(Api { inbox: Mutex::new(inbox), ask, answer, arn: function.arn() });
        thread::spawn(move || serve(&listener, &api));
        let wrote = Arc::new(Mutex::new(String::new()));
        let mut command = command(function, program, address).into_std();
        let began = Instant::now();
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{} does not start: {error}", program.display()));
        keep(child.stdout.take(), &wrote);
        keep(child.stderr.take(), &wrote);
        let ready: Instant = asked.recv_timeout(PATIENCE).unwrap_or_else(|_| {
            panic!("{} asks for nothing: {}", program.display(), wrote.lock().expect("not poisoned"))
        });
        let cpu = usage::cpu_at_rest(child.id());
        Self { child, events, asked, answers, wrote, started: Used { wall: ready - began, cpu }, used: cpu }
    }

    /// Hands out an event. The processor time is all that is used until the function sleeps again.
    pub(crate) fn invoke(&mut self, event: &Value) -> (Value, Used) {
        self.events.send(event.to_string().into_bytes()).expect("the runtime API runs");
        let exchange = self.answers.recv_timeout(PATIENCE);
        let exchange = exchange.unwrap_or_else(|_| panic!("no answer: {}", self.wrote()));
        self.asked.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("it has stopped: {}", self.wrote()));
        let used = usage::cpu_at_rest(self.child.id());
        let cpu = used.saturating_sub(self.used);
        self.used = used;
        let answer = serde_json::from_slice(&exchange.body).unwrap_or_default();
        (answer, Used { wall: exchange.answered - exchange.handed, cpu })
    }

    /// In bytes, so far.
    pub(crate) fn peak_memory(&self) -> u64 {
        usage::peak_memory(self.child.id())
    }

    /// What it has written so far.
    pub(crate) fn wrote(&self) -> String {
        self.wrote.lock().expect("not poisoned").clone()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn keep(stream: Option<impl Read + Send + 'static>, wrote: &Arc<Mutex<String>>) {
    let (stream, wrote) = (stream.expect("a pipe"), Arc::clone(wrote));
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let mut wrote = wrote.lock().expect("not poisoned");
            wrote.push_str(&line);
            wrote.push('\n');
        }
    });
}

struct Api {
    inbox: Mutex<Receiver<Vec<u8>>>,
    ask: Sender<Instant>,
    answer: Sender<Exchange>,
    arn: String,
}

fn serve(listener: &TcpListener, api: &Arc<Api>) {
    // When the event was handed out, whichever connection its answer comes by.
    let handed = Arc::new(Mutex::new(Instant::now()));
    for stream in listener.incoming().map_while(Result::ok) {
        let (api, handed) = (Arc::clone(api), Arc::clone(&handed));
        // It ends with the process.
        thread::spawn(move || converse(&stream, &api, &handed));
    }
}

fn converse(stream: &TcpStream, api: &Api, handed: &Mutex<Instant>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    while let Some((path, body)) = request(&mut reader)? {
        let now = Instant::now();
        if path.ends_with("/invocation/next") {
            let _ = api.ask.send(now);
            let Ok(event) = api.inbox.lock().expect("not poisoned").recv() else { return Ok(()) };
            let answer = next(&api.arn, &event);
            *handed.lock().expect("not poisoned") = Instant::now();
            writer.write_all(&answer)?;
        } else {
            let handed = *handed.lock().expect("not poisoned");
            let _ = api.answer.send(Exchange { handed, answered: now, body });
            writer.write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")?;
        }
    }
    Ok(())
}

fn next(arn: &str, event: &[u8]) -> Vec<u8> {
    #[expect(clippy::disallowed_methods, reason = "Lambda tells its functions the wall-clock time of their deadline")]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         lambda-runtime-aws-request-id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n\
         lambda-runtime-deadline-ms: {}\r\nlambda-runtime-invoked-function-arn: {arn}\r\n\
         lambda-runtime-trace-id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0\r\n\r\n",
        event.len(),
        (now + PATIENCE).as_millis(),
    )
    .into_bytes();
    answer.extend_from_slice(event);
    answer
}

/// Reads a request: its path and its body. Nothing at the end of the connection.
fn request(reader: &mut impl BufRead) -> io::Result<Option<(String, Vec<u8>)>> {
    let Some(first) = line(reader)? else { return Ok(None) };
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut length = 0;
    let mut chunked = false;
    while let Some(header) = line(reader)?.filter(|line| !line.is_empty()) {
        let (name, value) = header.split_once(':').unwrap_or_default();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap_or(0),
            "transfer-encoding" => chunked = true,
            _ => {}
        }
    }
    let mut body = Vec::new();
    if chunked {
        loop {
            let size = line(reader)?.and_then(|size| u64::from_str_radix(&size, 16).ok()).unwrap_or(0);
            reader.take(size).read_to_end(&mut body)?;
            line(reader)?;
            if size == 0 {
                break;
            }
        }
    } else {
        reader.take(length).read_to_end(&mut body)?;
    }
    Ok(Some((path, body)))
}

fn line(reader: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = String::new();
    let read = reader.read_line(&mut line)?;
    Ok((read > 0).then(|| line.trim_end().to_owned()))
}
