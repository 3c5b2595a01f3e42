//! EventBridge Scheduler: one-shot and recurring schedules, and the events they fire.
//!
//! AWS's REST JSON with AWS's validations and error names. It invokes nothing: the world asks what
//! is [due](Scheduler::due) and delivers it. `cron()` is validated and kept, but never fires here.

mod expression;
#[cfg(test)]
mod tests;
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method, header};
use axum::response::Response;
use axum::routing::get;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::fault::{Answer, Faults};
use super::{Clock, json as answer, lock};
pub use expression::Expression;
use wire::{Refusal, Wanted};

/// A schedule as it is kept.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// Name, unique in its group.
    pub name: String,
    /// Group.
    pub group: String,
    /// The expression's text.
    pub expression: String,
    /// What the text means.
    pub when: Expression,
    /// Target function.
    pub arn: String,
    /// Role that the scheduler takes.
    pub role: String,
    /// The event, as text.
    pub input: String,
    /// The queue for what cannot be delivered.
    pub dead_letters: Option<String>,
    /// Whether it goes away once it has fired.
    pub delete_after_completion: bool,
    /// Whether it fires at all.
    pub enabled: bool,
    /// When it was created or last changed.
    pub since: Timestamp,
    /// When it fired last.
    pub fired_at: Option<Timestamp>,
}

/// An event to be delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fired {
    /// Schedule that fired.
    pub name: String,
    /// To which function.
    pub arn: String,
    /// What.
    pub input: String,
    /// In whose name.
    pub role: String,
    /// When it was due, however late it is.
    pub due: Timestamp,
}

type Name = (String, String);

#[derive(Default)]
struct Inner {
    groups: BTreeSet<String>,
    schedules: BTreeMap<Name, Schedule>,
    /// Client tokens of creations, and the request that each stood for.
    tokens: BTreeMap<String, (Name, Value)>,
    refuse_past: bool,
}

/// The scheduler. Clones are the same one.
#[derive(Clone)]
pub struct Scheduler {
    clock: Clock,
    inner: Arc<Mutex<Inner>>,
    faults: Faults,
}

impl Scheduler {
    /// A scheduler with the group `default` and nothing in it.
    pub fn new(clock: Clock) -> Self {
        let overload =
            Answer::json(429, &json!({"Message": "Rate exceeded"})).with("x-amzn-errortype", "ThrottlingException");
        let this = Self { clock, inner: Arc::default(), faults: Faults::new(overload) };
        this.create_group("default");
        this
    }

    /// `/schedules/{name}`.
    pub fn router(&self) -> Router {
        let one = get(handle).post(handle).put(handle).delete(handle);
        self.faults.wrap(Router::new().route("/schedules/{name}", one).with_state(self.clone()))
    }

    /// Faults of this simulator.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Makes a schedule group, as the stack's template does.
    pub fn create_group(&self, name: &str) {
        self.inner().groups.insert(name.into());
    }

    /// Whether a one-shot schedule in the past is refused. AWS's documents leave it open; by
    /// default it is taken, and is due at once.
    pub fn refuse_past(&self, refuse: bool) {
        self.inner().refuse_past = refuse;
    }

    /// All schedules, by group and name.
    pub fn schedules(&self) -> Vec<Schedule> {
        self.inner().schedules.values().cloned().collect()
    }

    /// One schedule.
    pub fn schedule(&self, group: &str, name: &str) -> Option<Schedule> {
        self.inner().schedules.get(&(group.into(), name.into())).cloned()
    }

    /// Forgets a schedule, as if it had been lost.
    pub fn lose(&self, group: &str, name: &str) {
        self.inner().schedules.remove(&(group.into(), name.into()));
    }

    /// Everything that is due at `now`, oldest first, each once.
    pub fn due(&self, now: Timestamp) -> Vec<Fired> {
        let mut inner = self.inner();
        let mut fired = Vec::new();
        inner.schedules.retain(|_, schedule| {
            let next = schedule.when.next(schedule.since, schedule.fired_at);
            let Some(due) = next.filter(|due| schedule.enabled && *due <= now) else {
                return true;
            };
            schedule.fired_at = Some(now);
            fired.push(Fired {
                name: schedule.name.clone(),
                arn: schedule.arn.clone(),
                input: schedule.input.clone(),
                role: schedule.role.clone(),
                due,
            });
            !(schedule.delete_after_completion && matches!(schedule.when, Expression::At(_)))
        });
        fired.sort_by_key(|event| event.due);
        fired
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        lock(&self.inner)
    }

    fn create(&self, name: &str, body: &Value) -> Result<Value, Refusal> {
        let now = self.clock.now();
        let wanted = Wanted::parse(name, body)?;
        let mut inner = self.inner();
        inner.admit(&wanted, now)?;
        let key = (wanted.group.clone(), name.to_owned());
        if let Some(token) = &wanted.client_token {
            let mut same = body.clone();
            same["ClientToken"] = Value::Null;
            match inner.tokens.get(token) {
                Some((known, earlier)) if *known == key && *earlier == same => return Ok(arn(&key)),
                Some(_) => return Err(Refusal::conflict("The client token was used with another request.")),
                None if !inner.schedules.contains_key(&key) => {
                    inner.tokens.insert(token.clone(), (key.clone(), same));
                }
                None => {}
            }
        }
        if inner.schedules.contains_key(&key) {
            return Err(Refusal::conflict(&format!("Schedule {name} already exists.")));
        }
        inner.schedules.insert(key.clone(), wanted.schedule(name, now));
        Ok(arn(&key))
    }

    fn update(&self, name: &str, body: &Value) -> Result<Value, Refusal> {
        let now = self.clock.now();
        let wanted = Wanted::parse(name, body)?;
        let mut inner = self.inner();
        inner.admit(&wanted, now)?;
        let key = (wanted.group.clone(), name.to_owned());
        let known = inner.schedules.get_mut(&key).ok_or_else(|| Refusal::no_schedule(name))?;
        // Everything is replaced: what the request leaves out is a default again.
        *known = wanted.schedule(name, now);
        Ok(arn(&key))
    }

    fn look(&self, name: &str, group: &str) -> Result<Value, Refusal> {
        let inner = self.inner();
        let known = inner.schedules.get(&(group.into(), name.into()));
        known.map(wire::document).ok_or_else(|| Refusal::no_schedule(name))
    }

    fn delete(&self, name: &str, group: &str) -> Result<Value, Refusal> {
        let removed = self.inner().schedules.remove(&(group.into(), name.into()));
        removed.map(|_| json!({})).ok_or_else(|| Refusal::no_schedule(name))
    }
}

impl Inner {
    fn admit(&self, wanted: &Wanted, now: Timestamp) -> Result<(), Refusal> {
        if !self.groups.contains(&wanted.group) {
            return Err(Refusal::not_found(&format!("Schedule group {} does not exist.", wanted.group)));
        }
        match wanted.when {
            Expression::At(at) if self.refuse_past && at < now => {
                Err(Refusal::validation(&format!("Invalid Schedule Expression {}.", wanted.expression)))
            }
            _ => Ok(()),
        }
    }
}

fn arn((group, name): &Name) -> Value {
    json!({"ScheduleArn": format!("arn:aws:scheduler:us-east-1:123456789012:schedule/{group}/{name}")})
}

async fn handle(
    State(this): State<Scheduler>,
    Path(name): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let signed = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("AWS4-HMAC-SHA256 Credential="));
    let outcome = if signed { dispatch(&this, &method, &name, &query, &body) } else { Err(Refusal::unsigned()) };
    match outcome {
        Ok(body) => answer(200, &body),
        Err(refusal) => refusal.into_response(),
    }
}

fn dispatch(
    this: &Scheduler,
    method: &Method,
    name: &str,
    query: &[(String, String)],
    body: &[u8],
) -> Result<Value, Refusal> {
    let group = query.iter().find(|(key, _)| key == "groupName").map_or("default", |(_, value)| value.as_str());
    match *method {
        Method::GET => this.look(name, group),
        Method::DELETE => this.delete(name, group),
        _ => {
            let body: Value = serde_json::from_slice(body).map_err(|_| Refusal::unreadable())?;
            if *method == Method::POST { this.create(name, &body) } else { this.update(name, &body) }
        }
    }
}
