//! What the functions write to standard output and standard error, line by line.

use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::sync::broadcast;
use tokio::task::JoinHandle;

/// One line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// The function that wrote it.
    pub function: String,
    /// Without its end.
    pub text: String,
}

/// All lines of all functions, in the order in which they were read. Clones share them.
#[derive(Clone)]
pub struct Logs {
    lines: Arc<Mutex<Vec<Line>>>,
    live: broadcast::Sender<Line>,
}

impl Default for Logs {
    fn default() -> Self {
        Self { lines: Arc::default(), live: broadcast::Sender::new(1024) }
    }
}

impl Logs {
    /// The lines so far.
    pub fn lines(&self) -> Vec<Line> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The lines so far as one text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for line in self.lines() {
            let _ = writeln!(text, "{}: {}", line.function, line.text);
        }
        text
    }

    /// Lines as they are written from now on.
    pub fn follow(&self) -> broadcast::Receiver<Line> {
        self.live.subscribe()
    }

    /// Reads a stream to its end.
    pub(super) fn read<R>(&self, function: &str, stream: Option<R>) -> JoinHandle<()>
    where
        R: AsyncRead + Unpin + Send + 'static,
    {
        let (logs, function) = (self.clone(), function.to_owned());
        tokio::spawn(async move {
            let Some(stream) = stream else { return };
            let mut stream = BufReader::new(stream);
            let mut bytes = Vec::new();
            // Bytes, not `lines()`: what is not UTF-8 must be seen as well.
            while stream.read_until(b'\n', &mut bytes).await.is_ok_and(|read| read > 0) {
                let text = String::from_utf8_lossy(&bytes).trim_end().to_owned();
                bytes.clear();
                logs.push(Line { function: function.clone(), text });
            }
        })
    }

    fn push(&self, line: Line) {
        // Nobody may be following.
        let _ = self.live.send(line.clone());
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}
