//! A neighbour for tests that gives prepared answers, in order, and keeps what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;

/// A question to a neighbour, as it arrived.
#[derive(Debug)]
pub(crate) struct Asked {
    /// Method, path and query, as they stood in the request.
    pub(crate) line: String,
    /// Header lines, names in lower case.
    pub(crate) headers: Vec<String>,
    /// The body.
    pub(crate) body: String,
}

impl Asked {
    /// Whether this header was sent with this value.
    pub(crate) fn has(&self, name: &str, value: &str) -> bool {
        self.headers.contains(&format!("{name}: {value}"))
    }
}

/// A neighbour at work.
pub(crate) struct Canned {
    /// Where it listens.
    pub(crate) url: String,
    thread: JoinHandle<Vec<Asked>>,
}

impl Canned {
    /// Answers one request per element, each on a connection of its own, then hangs up for good.
    pub(crate) fn answering(answers: &[(u16, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answers: Vec<(u16, String)> = answers.iter().map(|(s, b)| (*s, (*b).to_owned())).collect();
        let thread =
            std::thread::spawn(move || answers.iter().map(|(status, body)| serve(&listener, *status, body)).collect());
        Self { url, thread }
    }

    /// What it was asked. Every prepared answer must have been fetched.
    pub(crate) fn asked(self) -> Vec<Asked> {
        self.thread.join().unwrap()
    }
}

fn serve(listener: &TcpListener, status: u16, body: &str) -> Asked {
    let (mut stream, _) = listener.accept().unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        lines.push(line);
    }
    let line = lines.remove(0).trim_end_matches(" HTTP/1.1").to_owned();
    let headers: Vec<String> = lines
        .iter()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| format!("{}: {value}", name.to_ascii_lowercase()))
        .collect();
    let length = headers
        .iter()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.parse().unwrap());
    let mut asked = vec![0; length];
    reader.read_exact(&mut asked).unwrap();
    write!(
        stream,
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    Asked { line, headers, body: String::from_utf8(asked).unwrap() }
}
