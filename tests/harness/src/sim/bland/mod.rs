//! Bland's calls and imported numbers: strict about every field, in all three of Bland's error
//! forms.
//!
//! A call goes as its [`Script`] says. Steps are taken one by one by the test ([`Bland::advance`],
//! [`Bland::finish`]), or, with a [pace](Bland::set_pace), as time goes by, for a person who
//! watches. Numbers are imported from the simulated Twilio account, and only those it really holds.

mod accounts;
mod analysis;
mod call;
mod calls;
mod dispatch;
mod errors;
mod fields;
mod inbound;
mod prompt;
mod script;
#[cfg(test)]
mod tests;
mod voices;
mod words;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::fault::Faults;
use super::{Clock, Twilio, hex, json as answer, lock, random};
pub use analysis::Analysis;
pub use call::{Call, Line, Speaker};
pub use dispatch::Byot;
use errors::Refusal;
pub use script::{End, Script, Step};
pub use words::Word;

/// Our keys at Bland.
#[derive(Clone, Debug)]
pub struct Keys {
    /// `Authorization`.
    pub api_key: String,
    /// `encrypted_key`: the Twilio account, as Bland knows it.
    pub encrypted_key: String,
}

impl Keys {
    /// Keys of its own.
    pub fn random() -> Self {
        Self { api_key: format!("org_{}", hex(&random::<24>())), encrypted_key: hex(&random::<32>()) }
    }
}

/// What the account is refused for.
#[expect(clippy::struct_excessive_bools, reason = "what a test can set, each by itself")]
#[derive(Clone, Debug, Default)]
struct Account {
    /// Cents left, if there is a billing record; nothing can be dialled without any.
    cents: Option<u64>,
    flagged: bool,
    /// The API key that came after the first one.
    newer_key: Option<String>,
    /// Messages of the next 429s.
    limits: VecDeque<String>,
    /// The next troubles with the Twilio account.
    byot: VecDeque<Byot>,
    unimported_is_500: bool,
    sensitive: BTreeSet<String>,
    do_not_call: BTreeSet<String>,
    blacklisted: BTreeSet<String>,
    /// Texts that the content moderation objects to.
    moderated: Vec<String>,
    /// Numbers that imports silently leave out.
    unimportable: BTreeSet<String>,
    list_metadata: bool,
    /// Whether calls may be erased: the entitlement `REDACT_CALLS`.
    may_erase: bool,
    /// The status of a call that is stopped while its line is open, where it is not the usual one.
    stopped: Option<&'static str>,
    /// What words about calls are signed with.
    webhook_secret: Option<String>,
    /// Handles of Twilio accounts, and the accounts' SIDs.
    handles: BTreeMap<String, String>,
}

/// An imported number.
#[derive(Clone, Debug)]
struct Imported {
    since: jiff::Timestamp,
    /// Over which Twilio account.
    account: String,
}

#[derive(Default)]
struct Inner {
    account: Account,
    imported: BTreeMap<String, Imported>,
    calls: Vec<Call>,
    analyses: Vec<Analysis>,
    next_answers: VecDeque<Value>,
    answers_by_number: BTreeMap<String, Value>,
    dispositions_by_number: BTreeMap<String, String>,
    /// The calls about which a word was taken.
    heard_of: BTreeSet<String>,
    dialled: BTreeMap<String, i64>,
    next_scripts: VecDeque<Script>,
    told: Option<Told>,
    scripts_by_number: BTreeMap<String, Script>,
    usual: Script,
    pace: Option<Duration>,
}

/// How one call is to go, as it was told from outside.
struct Told {
    script: Script,
    /// The number, where one was named.
    to: Option<String>,
    /// In milliseconds.
    until: i64,
}

/// So long a story that was told from outside waits for its call. The next request for a call may
/// be refused before it comes here, and a call that another person asks for later is not meant.
const TOLD_FOR_MILLIS: i64 = 60_000;

impl Inner {
    /// The story that was told for a call to this number, once; what has waited too long is
    /// dropped.
    fn told_for(&mut self, to: &str, now: i64) -> Option<Script> {
        let told = self.told.take_if(|told| now >= told.until || told.to.as_deref().is_none_or(|meant| meant == to))?;
        (now < told.until).then_some(told.script)
    }
}

/// Bland. Clones are the same one.
#[derive(Clone)]
pub struct Bland {
    keys: Keys,
    twilio: Twilio,
    clock: Clock,
    inner: Arc<Mutex<Inner>>,
    faults: Faults,
}

impl Bland {
    /// An account with a hundred dollars, tied to this Twilio account by `keys.encrypted_key`.
    pub fn new(keys: Keys, twilio: Twilio, clock: Clock) -> Self {
        let handles = BTreeMap::from([(keys.encrypted_key.clone(), twilio.account().sid.clone())]);
        let account = Account { cents: Some(10_000), handles, ..Account::default() };
        let inner = Arc::new(Mutex::new(Inner { account, ..Inner::default() }));
        Self { keys, twilio, clock, inner, faults: Faults::new(errors::overload()) }
    }

    /// The routes.
    pub fn router(&self) -> Router {
        let router = Router::new()
            .route("/v1/calls", get(calls::list).post(dispatch::dispatch))
            .route("/v1/calls/active", get(calls::active))
            .route("/v1/calls/{id}", get(calls::details).delete(calls::erase))
            .route("/v1/calls/{id}/stop", post(calls::stop))
            .route("/v1/calls/{id}/analyze", post(analysis::analyze))
            .route("/v1/inbound", get(inbound::list))
            .route("/v1/inbound/insert", post(inbound::insert))
            .route("/v1/inbound/{number}/delete", post(inbound::delete))
            .route("/v1/accounts", post(accounts::create))
            .route("/v1/me", get(accounts::me))
            .route("/v1/voices", get(voices::list))
            .with_state(self.clone());
        self.faults.wrap(router)
    }

    /// Faults of this simulator.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Our keys.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Another API key takes the place of the one that was good until now. Says what belongs in the
    /// secret.
    pub fn rotate_key(&self) -> Value {
        let api_key = Keys::random().api_key;
        self.inner().account.newer_key = Some(api_key.clone());
        json!({"api_key": api_key, "encrypted_key": self.keys.encrypted_key})
    }

    /// The handles of Twilio accounts that were ever made, with the accounts' SIDs.
    pub fn handles(&self) -> BTreeMap<String, String> {
        self.inner().account.handles.clone()
    }

    /// All calls that were accepted, oldest first, as they stand now.
    pub fn calls(&self) -> Vec<Call> {
        self.progress();
        self.inner().calls.clone()
    }

    /// One call by Bland's id.
    pub fn call(&self, id: &str) -> Option<Call> {
        self.calls().into_iter().find(|call| call.id == id)
    }

    /// What was asked about calls, oldest first.
    pub fn analyses(&self) -> Vec<Analysis> {
        self.inner().analyses.clone()
    }

    /// What stands in `answers` of the next analysis, whatever is asked.
    pub fn answers_next(&self, answers: Value) {
        self.inner().next_answers.push_back(answers);
    }

    /// What stands in `answers` of all analyses of calls to this number, whatever is asked.
    pub fn answers_for(&self, to: &str, answers: Value) {
        self.inner().answers_by_number.insert(to.into(), answers);
    }

    /// Whether the organisation is entitled to erase calls.
    pub fn set_may_erase(&self, may: bool) {
        self.inner().account.may_erase = may;
    }

    /// What the model finds of all later calls to this number, if it is among the dispositions that
    /// it may choose from.
    pub fn disposes(&self, to: &str, disposition: &str) {
        self.inner().dispositions_by_number.insert(to.into(), disposition.into());
    }

    /// How the next accepted call goes. Several are used in turn, before any other choice.
    pub fn script_next(&self, script: Script) {
        self.inner().next_scripts.push_back(script);
    }

    /// How the next accepted call goes, or the next one to this number, if it comes within a
    /// minute. What was told before and has not been used is dropped.
    pub fn tell(&self, script: Script, to: Option<String>) {
        let until = self.clock.millis() + TOLD_FOR_MILLIS;
        self.inner().told = Some(Told { script, to, until });
    }

    /// How all calls to this number go.
    pub fn script_for(&self, to: &str, script: Script) {
        self.inner().scripts_by_number.insert(to.into(), script);
    }

    /// How calls go for which no script was chosen.
    pub fn set_usual_script(&self, script: Script) {
        self.inner().usual = script;
    }

    /// From now on calls also go on by themselves, one step per `pace`.
    pub fn set_pace(&self, pace: Duration) {
        self.inner().pace = Some(pace);
    }

    /// Takes a call's next step; false when it has none left.
    pub fn advance(&self, id: &str) -> bool {
        let now = self.clock.millis();
        self.inner().calls.iter_mut().find(|call| call.id == id).is_some_and(|call| call.advance(now))
    }

    /// Takes all steps that a call has left.
    pub fn finish(&self, id: &str) {
        while self.advance(id) {}
    }

    /// Takes all steps of all calls.
    pub fn finish_all(&self) {
        for call in self.calls() {
            self.finish(&call.id);
        }
    }

    /// Numbers that are imported now.
    pub fn imported(&self) -> Vec<String> {
        self.inner().imported.keys().cloned().collect()
    }

    /// Imports a number behind the functions' back.
    pub fn import(&self, number: &str) {
        let imported = Imported { since: self.clock.now(), account: self.twilio.account().sid.clone() };
        self.inner().imported.insert(number.into(), imported);
    }

    /// Forgets an imported number.
    pub fn forget(&self, number: &str) {
        self.inner().imported.remove(number);
    }

    /// Imports leave this number out, and say success all the same.
    pub fn set_unimportable(&self, number: &str, unimportable: bool) {
        let mut inner = self.inner();
        if unimportable {
            inner.account.unimportable.insert(number.into());
        } else {
            inner.account.unimportable.remove(number);
        }
    }

    /// What is left of the balance, in cents: at zero calls are 402. Without any billing record
    /// they are 402 in other words.
    pub fn set_balance(&self, cents: Option<u64>) {
        self.inner().account.cents = cents;
    }

    /// A flagged account: every call is 403.
    pub fn set_flagged(&self, flagged: bool) {
        self.inner().account.flagged = flagged;
    }

    /// The next call is 429 with this message, such as `Rate limit exceeded`.
    pub fn limit_next(&self, message: &str) {
        self.inner().account.limits.push_back(message.into());
    }

    /// The next call meets trouble with the Twilio account, which Bland answers as 500.
    pub fn byot_next(&self, trouble: Byot) {
        self.inner().account.byot.push_back(trouble);
    }

    /// Whether a `from` that is not imported is a 500 of the account lookup rather than a 400: the
    /// documents allow both.
    pub fn set_unimported_is_500(&self, yes: bool) {
        self.inner().account.unimported_is_500 = yes;
    }

    /// A number that must not be dialled (400).
    pub fn add_sensitive(&self, number: &str) {
        self.inner().account.sensitive.insert(number.into());
    }

    /// A number on a do-not-call list (400, status `DNC Error`).
    pub fn add_do_not_call(&self, number: &str) {
        self.inner().account.do_not_call.insert(number.into());
    }

    /// A blacklisted number, which is a permanent refusal and a 429.
    pub fn add_blacklisted(&self, number: &str) {
        self.inner().account.blacklisted.insert(number.into());
    }

    /// Prompts that contain this text are flagged (400).
    pub fn moderate(&self, text: &str) {
        self.inner().account.moderated.push(text.into());
    }

    /// Whether `GET /v1/calls` returns `metadata`. The documents do not say; by default it does
    /// not.
    pub fn set_list_metadata(&self, yes: bool) {
        self.inner().account.list_metadata = yes;
    }

    /// Whether a call that is stopped while its line is open is told as `completed`, and not
    /// by whom it was ended. The documents do not say; by default it is `canceled`, as one is that
    /// waits in the queue.
    pub fn set_stops_are_completed(&self, yes: bool) {
        self.inner().account.stopped = yes.then_some("completed");
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        lock(&self.inner)
    }

    /// Takes the steps that time has taken.
    fn progress(&self) {
        let now = self.clock.millis();
        let mut inner = self.inner();
        let Some(pace) = inner.pace else { return };
        let pace = i64::try_from(pace.as_millis()).unwrap_or(i64::MAX);
        for call in &mut inner.calls {
            call.catch_up(now, pace);
        }
    }

    fn authenticate(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let given = given.strip_prefix("Bearer ").unwrap_or(given);
        let newer = self.inner().account.newer_key.clone();
        if given == newer.unwrap_or_else(|| self.keys.api_key.clone()) { Ok(()) } else { Err(Refusal::unauthorized()) }
    }
}

/// The `encrypted_key` header, if it is there.
fn encrypted_key(headers: &HeaderMap) -> Option<&str> {
    headers.get("encrypted_key").and_then(|value| value.to_str().ok()).filter(|key| !key.is_empty())
}

fn reply(outcome: Result<Value, Refusal>) -> Response {
    match outcome {
        Ok(body) => answer(200, &body),
        Err(refusal) => refusal.into_response(),
    }
}
