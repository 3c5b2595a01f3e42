//! What there is to say while an invocation runs, beside the line that says what became of it: one
//! JSON object a line, with the invocation's name; Lambda adds the time. Written as text at once:
//! there is no tree of values, no span to keep, and nothing at all is done for an invocation that
//! has nothing to say.

use std::fmt::{self, Write as _};
use std::io::Write as _;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::NOTES;

/// Our own code.
const OURS: &str = "shared";
/// It misses the connector that it knows, and calls that an error, each time that AWS answers with
/// a 5xx.
const MUTE: &str = "aws_smithy_runtime::client::http::connection_poisoning";

/// Listens from now on. A second one is refused; the first goes on. Of the libraries only warnings
/// are kept.
pub fn listen(level: LevelFilter) {
    // There is nowhere to say that it cannot be written.
    let write = |line: &[u8]| drop(std::io::stdout().lock().write_all(line));
    let _ = tracing::subscriber::set_global_default(Log { level, write });
}

/// The writer of events.
struct Log {
    level: LevelFilter,
    write: fn(&[u8]),
}

impl Log {
    fn level_of(&self, target: &str) -> LevelFilter {
        let is = |name: &str| target.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
        match target {
            _ if is(OURS) => self.level,
            _ if is(MUTE) => LevelFilter::OFF,
            _ => self.level.min(LevelFilter::WARN),
        }
    }
}

impl Subscriber for Log {
    /// Spans are not used: an event knows without one which invocation it belongs to.
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && *metadata.level() <= self.level_of(metadata.target())
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level)
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(Vec::with_capacity(512));
        line.0.push(b'{');
        line.text("level", event.metadata().level().as_str());
        event.record(&mut line);
        line.text("target", event.metadata().target());
        let request = NOTES.try_with(|notes| notes.try_borrow().ok().map(|notes| notes.request.clone()));
        if let Ok(Some(request)) = request {
            line.name("span");
            line.0.push(b'{');
            line.text("request", &request);
            line.text("name", "invocation");
            line.0.push(b'}');
        }
        line.0.extend_from_slice(b"}\n");
        (self.write)(&line.0);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// A JSON object, member by member.
struct Line(Vec<u8>);

impl Line {
    fn name(&mut self, name: &str) {
        if self.0.last() != Some(&b'{') {
            self.0.push(b',');
        }
        self.quote(name);
        self.0.push(b':');
    }

    fn text(&mut self, name: &str, text: &str) {
        self.name(name);
        self.quote(text);
    }

    fn plain(&mut self, name: &str, value: impl fmt::Display) {
        self.name(name);
        // Neither writing to memory nor a number's text can fail.
        let _ = write!(self.0, "{value}");
    }

    fn quote(&mut self, text: &str) {
        // The same.
        let _ = serde_json::to_writer(&mut self.0, text);
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let mut text = String::new();
        let _ = write!(text, "{value:?}");
        self.text(field.name(), &text);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.plain(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.plain(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.plain(field.name(), value);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use serde_json::{Value, json};
    use tracing::level_filters::LevelFilter;

    use super::super::{NOTES, Notes};
    use super::Log;

    thread_local! {
        static WRITTEN: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
        static ASKED: Cell<u32> = const { Cell::new(0) };
    }

    /// The lines that are written meanwhile, by a log of this level.
    fn written(level: LevelFilter, work: impl FnOnce()) -> Vec<Value> {
        WRITTEN.take();
        let write = |line: &[u8]| WRITTEN.with_borrow_mut(|written| written.extend_from_slice(line));
        tracing::subscriber::with_default(Log { level, write }, work);
        let lines = WRITTEN.take();
        lines
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect()
    }

    #[test]
    fn an_event_is_a_line_with_its_fields_and_the_invocations_name() {
        let notes = Notes { request: "8476a536".to_owned(), ..Notes::default() };
        let lines = NOTES.sync_scope(RefCell::new(notes), || {
            written(LevelFilter::INFO, || {
                let cause = "a \"quote\",\na line\u{1}";
                tracing::error!(target: "shared::edge", fault = %cause, count = 3_u64, less = -1_i64, so = true, kind = ?Some("x"), "a fault");
            })
        });
        let expected = json!({
            "level": "ERROR", "message": "a fault", "fault": "a \"quote\",\na line\u{1}", "count": 3, "less": -1, "so": true,
            "kind": "Some(\"x\")", "target": "shared::edge", "span": {"request": "8476a536", "name": "invocation"},
        });
        assert_eq!(lines, [expected]);
    }

    #[test]
    fn outside_of_an_invocation_there_is_no_name() {
        let lines = written(LevelFilter::INFO, || tracing::warn!(target: "shared", "before the first"));
        assert_eq!(lines, [json!({"level": "WARN", "message": "before the first", "target": "shared"})]);
    }

    #[test]
    fn of_libraries_only_warnings_are_kept_and_of_one_nothing() {
        let all = |level| {
            let lines = written(level, || {
                tracing::info!(target: "shared::sweep", "ours");
                tracing::info!(target: "shared_memory", "another's");
                tracing::warn!(target: "hyper::client", "a library's");
                tracing::error!(target: "aws_smithy_runtime::client::http::connection_poisoning", "not that");
                tracing::error!(target: "shared::sweep", "ours too");
            });
            lines.iter().map(|line| line["message"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(all(LevelFilter::INFO), ["ours", "a library's", "ours too"]);
        assert_eq!(all(LevelFilter::WARN), ["a library's", "ours too"]);
        assert_eq!(all(LevelFilter::ERROR), ["ours too"]);
    }

    #[test]
    fn what_is_not_written_is_not_worked_out() {
        let costly = || ASKED.set(ASKED.get() + 1);
        written(LevelFilter::WARN, || tracing::info!(target: "shared", cost = ?costly(), "never"));
        let span = || tracing::error_span!(target: "shared", "one", cost = ?costly());
        written(LevelFilter::WARN, || drop(span()));
        assert_eq!(ASKED.get(), 0);
    }
}
