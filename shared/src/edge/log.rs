//! The log: one flat JSON object a line, which starts with its level and ends with the invocation's request id.
//!
//! Lambda's own subscriber reads each span's fields back from JSON and writes them twice; for the answer that is given
//! most often, a 402, that was a third of all processor time. Here a span's fields are written once, when it begins.

use std::fmt::{self, Debug};

use lambda_runtime::tracing::subscriber::field::RecordFields;
use lambda_runtime::tracing::subscriber::filter::LevelFilter;
use lambda_runtime::tracing::subscriber::fmt as format;
use lambda_runtime::tracing::subscriber::fmt::format::Writer;
use lambda_runtime::tracing::subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use lambda_runtime::tracing::subscriber::registry::LookupSpan;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};

/// Writes to standard output from now on what is at least of this level; `INFO` if it is none.
pub(super) fn init(level: Option<&str>) {
    let level = level.and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO);
    format().with_max_level(level).event_format(Line).fmt_fields(Line).init();
}

/// Both forms: of a whole line, and of fields as part of one.
struct Line;

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut line: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        write!(line, "{{\"level\":\"{}\"", event.metadata().level())?;
        let mut fields = Fields { line: &mut line, outcome: Ok(()) };
        event.record(&mut fields);
        fields.outcome?;
        for span in context.event_scope().into_iter().flatten() {
            if let Some(fields) = span.extensions().get::<FormattedFields<N>>() {
                line.write_str(fields)?;
            }
        }
        line.write_str("}\n")
    }
}

impl<'a> FormatFields<'a> for Line {
    fn format_fields<R: RecordFields>(&self, mut line: Writer<'a>, fields: R) -> fmt::Result {
        let mut written = Fields { line: &mut line, outcome: Ok(()) };
        fields.record(&mut written);
        written.outcome
    }
}

/// Writes each field as `,"name":value`.
struct Fields<'a, 'w> {
    line: &'a mut Writer<'w>,
    outcome: fmt::Result,
}

impl Fields<'_, '_> {
    fn plain(&mut self, field: &Field, value: impl fmt::Display) {
        if self.outcome.is_ok() {
            self.outcome = write!(self.line, ",\"{}\":{value}", field.name());
        }
    }

    fn text(&mut self, field: &Field, text: &str) {
        match serde_json::to_string(text) {
            Ok(json) => self.plain(field, json),
            Err(_) => self.outcome = Err(fmt::Error),
        }
    }
}

impl Visit for Fields<'_, '_> {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.plain(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.plain(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.plain(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.text(field, &format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use serde_json::{Value, json};

    use super::{Line, format};

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_is_one_flat_object_with_the_spans_fields() {
        let written = Written::default();
        let writer = written.clone();
        let subscriber = format().with_writer(move || writer.clone()).event_format(Line).fmt_fields(Line).finish();
        tracing::subscriber::with_default(subscriber, || {
            let span = tracing::info_span!("invoke", requestId = "8476a536");
            let _inside = span.enter();
            tracing::warn!(status = 402_u16, late = -1, ok = true, what = ?"a \"quoted\"\nword", "said");
            tracing::info!("again");
        });
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(
            lines,
            [
                json!({"level": "WARN", "message": "said", "status": 402, "late": -1, "ok": true,
                    "what": "\"a \\\"quoted\\\"\\nword\"", "requestId": "8476a536"}),
                json!({"level": "INFO", "message": "again", "requestId": "8476a536"}),
            ]
        );
    }
}
