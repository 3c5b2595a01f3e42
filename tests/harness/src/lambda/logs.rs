//! What the functions write to standard output and standard error, line by line.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::sync::{Notify, broadcast};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// A line that was written before an answer is read this long after it at the latest.
const PATIENCE: Duration = Duration::from_secs(5);

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
    spoken: Arc<Mutex<Spoken>>,
    news: Arc<Notify>,
}

/// Which invocations were answered, and which have written the line that says so.
#[derive(Default)]
struct Spoken {
    answered: Vec<String>,
    missing: BTreeSet<String>,
    told: BTreeSet<String>,
}

impl Default for Logs {
    fn default() -> Self {
        let (lines, spoken, news) = (Arc::default(), Arc::default(), Arc::default());
        Self { lines, live: broadcast::Sender::new(1024), spoken, news }
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

    /// The invocations that were answered so far.
    pub fn answered(&self) -> Vec<String> {
        self.spoken.lock().unwrap_or_else(PoisonError::into_inner).answered.clone()
    }

    /// Waits until each answered invocation's own line has come in, if it ever does.
    pub async fn caught_up(&self) {
        let all = async {
            loop {
                let news = self.news.notified();
                if self.spoken.lock().unwrap_or_else(PoisonError::into_inner).missing.is_empty() {
                    return;
                }
                news.await;
            }
        };
        // What has not come by then is missing.
        let _ = timeout(PATIENCE, all).await;
    }

    /// An invocation was answered.
    pub(super) fn was_answered(&self, request: &str) {
        let mut spoken = self.spoken.lock().unwrap_or_else(PoisonError::into_inner);
        spoken.answered.push(request.to_owned());
        if !spoken.told.remove(request) {
            spoken.missing.insert(request.to_owned());
        }
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
        // There may be no follower.
        let _ = self.live.send(line.clone());
        let told = line.text.contains("\"duration_ms\":").then(|| serde_json::from_str::<Value>(&line.text).ok());
        let request = told.flatten().and_then(|told| Some(told["request"].as_str()?.to_owned()));
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        if let Some(request) = request {
            let mut spoken = self.spoken.lock().unwrap_or_else(PoisonError::into_inner);
            if !spoken.missing.remove(&request) {
                spoken.told.insert(request);
            }
            // A waiter asks again, and one that is about to wait has been noticed.
            self.news.notify_waiters();
        }
    }
}
