//! The server, the endpoints behind it, and what each of them has heard.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;

use lambda_http::Body;
use tokio::runtime::Runtime;

use super::HEADERS;
use crate::fit;
use crate::functions::Messages;
use crate::json::Json;

/// What the server has answered.
pub(super) struct Got {
    pub(super) status: u16,
    pub(super) body: Option<Json>,
}

impl Got {
    pub(super) fn result(&self) -> &Json {
        assert_eq!(self.status, 200);
        self.body.as_ref().and_then(|body| body.get("result")).expect("a result")
    }

    pub(super) fn is_error(&self) -> Option<bool> {
        if let Json::Bool(is_error) = self.result().get("isError")? { Some(*is_error) } else { None }
    }

    /// Whether this is an answer to the message of this id.
    pub(super) fn answers(&self, id: &Json) {
        let Some(body) = &self.body else { return };
        assert_eq!((body.text_of("jsonrpc"), body.get("id")), (Some("2.0"), Some(id)));
        assert_ne!(body.has("result"), body.has("error"));
    }
}

/// What an endpoint has been asked.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) line: String,
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Received {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let value = values.next();
        assert_eq!(values.next(), None, "{name} twice");
        value
    }

    fn read(stream: &TcpStream) -> Option<Self> {
        let mut reader = BufReader::new(stream);
        let mut next = || {
            let mut line = Vec::new();
            reader.read_until(b'\n', &mut line).ok()?;
            Some(String::from_utf8_lossy(line.trim_ascii()).into_owned())
        };
        let line = next()?;
        let mut headers = Vec::new();
        while let Some((name, value)) = next()?.split_once(':') {
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let mut body = vec![0; length.and_then(|(_, length)| length.parse().ok()).unwrap_or(0)];
        reader.read_exact(&mut body).ok()?;
        Some(Self { line, headers, body })
    }
}

/// The server, and the endpoints behind it.
pub(super) struct World {
    messages: Messages,
    runtime: Runtime,
    asked: mpsc::Receiver<Received>,
}

impl World {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (tell, asked) = mpsc::channel();
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                if let Some(received) = Received::read(&stream) {
                    // Before the answer, so that it is there when the answer is.
                    let _ = tell.send(received);
                    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
                    let _ = stream.write_all(head.as_bytes());
                }
            }
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        Self { messages: Messages::to(&url), runtime, asked }
    }

    pub(super) fn serve(&self, headers: &[&str], body: &[u8]) -> (Got, Vec<Received>) {
        let named = HEADERS.into_iter().zip(headers.iter().copied());
        let response = self.runtime.block_on(self.messages.post(named, body));
        let is_silence = response.status() == 202 && matches!(response.body(), Body::Empty);
        let (status, body) = if is_silence {
            (202, None)
        } else {
            let (status, body) = fit::opened(&response);
            (status, Some(body))
        };
        (Got { status, body }, self.asked.try_iter().collect())
    }
}
