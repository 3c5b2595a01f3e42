//! The line itself. A document of the embedded metric format is a JSON object whose `_aws` says
//! which of its members are metrics and which are their dimensions, so a member has one value in a
//! document: what does not fit beside the rest, such as a second endpoint's sales in one round,
//! goes to a further document, in a line of its own.
//!
//! Each byte of it is paid for, so it says what differs from the rule and not the rule: a level
//! where it is an error, a flag where it is set, a trace where one was taken, a unit where it is
//! not a count. What follows from it is not said: what a sale has brought is its price.
//!
//! - `docs/decisions.md`: Why are log and metrics one line?
//! - `docs/decisions.md`: Why is the metric format written by hand?

use std::time::Duration;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::value::RawValue;

use super::metrics::{FAULTS, LINE, Metric};
use super::{Asked, Ended, Invoked, Neighbour, Notes, Point, With};
use crate::types::Timestamp;

/// A member of a document.
enum Member<'a> {
    Text(&'a str),
    Number(u64),
    Flag(bool),
    Asked(&'a [Asked]),
    Json(&'a RawValue),
}

/// As many as the line of most requests has.
const MEMBERS: usize = 20;

/// One line.
struct Document<'a> {
    members: Vec<(&'static str, Member<'a>)>,
    /// The metrics in it, by their dimensions.
    directives: Vec<(&'static [&'static str], Vec<&'static Metric>)>,
    namespace: &'a str,
    at: Timestamp,
}

/// The line of an invocation, and those of what does not fit into it.
pub(super) fn render(
    namespace: &str,
    invoked: &Invoked,
    ended: &Ended,
    notes: &Notes,
    (is_cold, took): (bool, Duration),
) -> Vec<u8> {
    let at = notes.at.unwrap_or_default();
    let has_fault = notes.points.iter().any(|point| point.metric == &FAULTS);
    let head = || {
        let mut members = Vec::with_capacity(MEMBERS);
        members.extend(has_fault.then_some(("level", Member::Text("ERROR"))));
        members.extend([("function", Member::Text(invoked.function)), ("outcome", Member::Text(ended.outcome))]);
        members
    };
    let document = |members| Document { members, directives: Vec::new(), namespace, at };
    let mut first = head();
    first.push(("duration_ms", Member::Number(millis(took))));
    first.extend(is_cold.then_some(("cold_start", Member::Flag(true))));
    describe(&mut first, invoked, ended, notes);
    let mut documents = vec![document(first)];
    for point in &notes.points {
        if let Some(document) = documents.iter_mut().find(|document| document.has_room_for(point)) {
            document.take(point);
        } else {
            let mut further = document(head());
            further.take(point);
            documents.push(further);
        }
    }
    let mut lines = Vec::with_capacity(1024);
    for document in &documents {
        // Nothing in it can fail to be JSON.
        if serde_json::to_writer(&mut lines, document).is_ok() {
            lines.push(b'\n');
        }
    }
    lines
}

/// What only the line of the invocation itself has.
fn describe<'a>(
    members: &mut Vec<(&'static str, Member<'a>)>,
    invoked: &'a Invoked,
    ended: &'a Ended,
    notes: &'a Notes,
) {
    let mut text = |name, text: Option<&'a str>| members.extend(text.map(|text| (name, Member::Text(text))));
    text("request", Some(&invoked.request));
    text("gateway", invoked.gateway.as_deref());
    text("caller", invoked.caller.as_deref());
    text("trace", invoked.trace.as_deref().and_then(root));
    text("sale", notes.sale.as_deref());
    text("wallet", notes.wallet.as_deref());
    text("method", notes.method);
    text("tool", notes.tool);
    members.extend((!notes.asked.is_empty()).then_some(("upstream", Member::Asked(&notes.asked))));
    match &ended.with {
        With::Status(status) => {
            members.push(("status", Member::Number(u64::from(*status))));
            members.extend(notes.replayed.then_some(("replayed", Member::Flag(true))));
        }
        With::Report(report) => members.extend(report.as_deref().map(|report| ("report", Member::Json(report)))),
    }
}

impl<'a> Document<'a> {
    /// Whether each member that a point needs is absent, or has the same value.
    fn has_room_for(&self, point: &Point) -> bool {
        let member = |name: &str| self.members.iter().find(|(known, _)| *known == name).map(|(_, member)| member);
        member(point.metric.name).is_none()
            && point.own().all(|(name, value)| match member(name) {
                None => true,
                Some(Member::Text(text)) => *text == value,
                Some(_) => false,
            })
    }

    fn take(&mut self, point: &'a Point) {
        for (name, value) in point.own() {
            if self.members.iter().all(|(known, _)| *known != name) {
                self.members.push((name, Member::Text(value)));
            }
        }
        self.members.push((point.metric.name, Member::Number(point.value)));
        let dimensions = point.metric.dimensions;
        match self.directives.iter_mut().find(|(of, _)| *of == dimensions) {
            Some((_, metrics)) => metrics.push(point.metric),
            None => self.directives.push((dimensions, vec![point.metric])),
        }
    }
}

impl Point {
    /// The dimensions that a line does not have by itself, and what they are here.
    fn own(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let names = self.metric.dimensions.iter().copied().filter(|name| !LINE.contains(name));
        names.zip(self.about.iter().map(|value| &**value))
    }
}

/// The trace that everything of one request has in common, if it is kept.
fn root(header: &str) -> Option<&str> {
    let part = |name: &str| header.split(';').find_map(|part| part.trim().strip_prefix(name));
    part("Root=").filter(|_| part("Sampled=") == Some("1"))
}

fn millis(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, member) in &self.members {
            map.serialize_entry(name, member)?;
        }
        if !self.directives.is_empty() {
            map.serialize_entry("_aws", &self.metadata())?;
        }
        map.end()
    }
}

impl Serialize for Member<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Number(number) => serializer.serialize_u64(*number),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Json(json) => json.serialize(serializer),
            Self::Asked(asked) => {
                let mut map = serializer.serialize_map(None)?;
                for who in Neighbour::ALL {
                    if let Some(asked) = asked.iter().find(|asked| asked.who == who) {
                        map.serialize_entry(who.name(), asked)?;
                    }
                }
                map.end()
            }
        }
    }
}

/// How often, and how many milliseconds.
impl Serialize for Asked {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.count, millis(self.took)).serialize(serializer)
    }
}

/// `_aws`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata<'a> {
    timestamp: i64,
    #[serde(rename = "CloudWatchMetrics")]
    directives: Directives<'a>,
}

/// Written one after the other, and never gathered.
struct Directives<'a>(&'a Document<'a>);

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive<'a> {
    namespace: &'a str,
    dimensions: [&'a [&'static str]; 1],
    metrics: Definitions<'a>,
}

struct Definitions<'a>(&'a [&'static Metric]);

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Definition {
    name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<&'static str>,
}

impl Serialize for Directives<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.directives.iter().map(|(dimensions, metrics)| Directive {
            namespace: self.0.namespace,
            dimensions: [*dimensions],
            metrics: Definitions(metrics),
        }))
    }
}

impl Serialize for Definitions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|metric| Definition { name: metric.name, unit: metric.unit.told() }))
    }
}

impl Document<'_> {
    fn metadata(&self) -> Metadata<'_> {
        Metadata { timestamp: self.at.as_millisecond(), directives: Directives(self) }
    }
}
