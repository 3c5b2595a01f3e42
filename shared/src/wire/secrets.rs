//! Secrets that are kept elsewhere and may change at any time: fetched at the first use, again
//! every few minutes, and at once when a vendor refuses the one that we hold. It knows how long a
//! secret is held and what is said when there is none; what is in it is known by the client that
//! uses it.
//!
//! Without its secret a vendor is a vendor that cannot be reached: nothing is sent, so nothing was
//! done.
//!
//! - `docs/decisions.md`: Why are secrets neither parameters nor variables?
//! - `docs/decisions.md`: Why is a secret fetched when it is first needed, and not at the start?
//! - `docs/decisions.md`: Why is Secrets Manager asked without its SDK?

mod fields;
mod vault;

use std::sync::Arc;
use std::time::Duration;

use reqwest::RequestBuilder;
use reqwest::StatusCode;
use tokio::sync::Mutex;
use tokio::time::Instant;
use tracing::error;

use super::http::{self, NoReply, Reply};
use crate::telemetry::Neighbour;
pub use fields::{Fields, Unfit};
pub use vault::Vault;

/// A changed secret is used within this time, everywhere, whatever the vendor says to the old one.
const GOOD_FOR: Duration = Duration::from_mins(5);
/// After a failure it is asked for again this much later: soon after an operator has put it right.
const AGAIN_AFTER: Duration = Duration::from_secs(10);
/// How often a vendor's refusals may have us look for a newer secret.
const LOOK_AFTER: Duration = Duration::from_secs(10);
/// How long it may take to fetch one.
const FETCH: Duration = Duration::from_secs(3);

/// Why there is no secret. The words are for the operator's log.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SecretError {
    /// It was made by the stack, and the operator has not filled it.
    #[error("it has not been filled yet")]
    Empty,
    /// What is in it is not what its users need.
    #[error("{0}")]
    Unfit(Unfit),
    /// Secrets Manager refused, and will refuse the next time too: no permission, or no such
    /// secret.
    #[error("Secrets Manager refused: {0}")]
    Refused(String),
    /// There was no answer in time, or only a temporary one.
    #[error("Secrets Manager did not answer")]
    Unknown,
}

type Read<T> = Box<dyn Fn(&Fields) -> Result<T, Unfit> + Send + Sync>;

/// A secret, in the form in which it is used. It has no `Debug`, so that it cannot be printed.
pub struct Rotating<T> {
    name: &'static str,
    place: Place<T>,
}

enum Place<T> {
    Here(Arc<T>),
    There { vault: Arc<Vault>, id: String, read: Read<T>, memory: Mutex<Memory<T>> },
}

/// The state of a secret in this process.
struct Memory<T> {
    held: Option<Held<T>>,
    /// When it could not be had, and why.
    failed: Option<(Instant, SecretError)>,
    /// When a vendor's refusal last had us look for a newer one.
    looked: Option<Instant>,
}

struct Held<T> {
    value: Arc<T>,
    /// As it was fetched, to see whether it has changed.
    text: String,
    since: Instant,
}

impl<T> Rotating<T> {
    /// One that is fetched from a vault, by its ARN or name there. `name` is what the log calls it.
    pub fn kept(
        name: &'static str,
        vault: Arc<Vault>,
        id: String,
        read: impl Fn(&Fields) -> Result<T, Unfit> + Send + Sync + 'static,
    ) -> Self {
        let memory = Mutex::new(Memory { held: None, failed: None, looked: None });
        Self { name, place: Place::There { vault, id, read: Box::new(read), memory } }
    }

    /// One that does not change.
    pub fn given(name: &'static str, value: T) -> Self {
        Self { name, place: Place::Here(Arc::new(value)) }
    }

    /// The secret: as it was at most some minutes ago, or longer ago where a newer one cannot be
    /// had.
    pub async fn get(&self, limit: Duration) -> Result<Arc<T>, SecretError> {
        match &self.place {
            Place::Here(value) => Ok(Arc::clone(value)),
            Place::There { vault, id, read, memory } => {
                // Held while fetching: another that needs it meanwhile waits for the same answer.
                let mut memory = memory.lock().await;
                if let Some(known) = memory.known(Instant::now()) {
                    return known;
                }
                let fetched = vault.fetch(id, limit.min(FETCH)).await;
                memory.learn(self.name, fetched, read, Instant::now())
            }
        }
    }

    /// Sends what `request` makes of the secret. Refused for it, it is sent once more if there is a
    /// newer secret: a refusal says that nothing was done.
    pub async fn send(
        &self,
        to: Neighbour,
        request: impl Fn(&T) -> Option<RequestBuilder>,
        limit: Duration,
    ) -> Result<Reply, NoReply> {
        let began = Instant::now();
        let left = || limit.saturating_sub(began.elapsed());
        let secret = self.get(limit).await.map_err(|_| NoReply::NotSent)?;
        let reply = http::send(to, request(&secret).ok_or(NoReply::NotSent)?, left()).await?;
        if !matches!(reply.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            return Ok(reply);
        }
        match self.newer_than(&secret, left()).await.as_deref().map(request) {
            Some(Some(again)) => http::send(to, again, left()).await,
            _ => Ok(reply),
        }
    }

    async fn newer_than(&self, refused: &Arc<T>, limit: Duration) -> Option<Arc<T>> {
        let Place::There { vault, id, read, memory } = &self.place else { return None };
        let mut memory = memory.lock().await;
        let is_newer = |value: &Arc<T>| !Arc::ptr_eq(value, refused);
        if let Some(held) = memory.held.as_ref().filter(|held| is_newer(&held.value)) {
            return Some(Arc::clone(&held.value));
        }
        if !memory.may_look(Instant::now()) {
            return None;
        }
        let fetched = vault.fetch(id, limit.min(FETCH)).await;
        memory.learn(self.name, fetched, read, Instant::now()).ok().filter(is_newer)
    }
}

impl<T> Memory<T> {
    /// What can be said without asking.
    fn known(&self, now: Instant) -> Option<Result<Arc<T>, SecretError>> {
        let failed = self.failed.as_ref().filter(|(at, _)| now.duration_since(*at) < AGAIN_AFTER);
        match (&self.held, failed) {
            (Some(held), Some(_)) => Some(Ok(Arc::clone(&held.value))),
            (Some(held), None) if now.duration_since(held.since) < GOOD_FOR => Some(Ok(Arc::clone(&held.value))),
            (None, Some((_, error))) => Some(Err(error.clone())),
            (_, None) => None,
        }
    }

    fn may_look(&mut self, now: Instant) -> bool {
        let may = self.looked.is_none_or(|at| now.duration_since(at) >= LOOK_AFTER);
        if may {
            self.looked = Some(now);
        }
        may
    }

    /// A text that has not changed is the same secret. One that cannot be had, or is of no use,
    /// leaves the last good one in its place.
    fn learn(
        &mut self,
        name: &'static str,
        fetched: Result<String, SecretError>,
        read: &Read<T>,
        now: Instant,
    ) -> Result<Arc<T>, SecretError> {
        let fresh = fetched.and_then(|text| {
            if let Some(held) = self.held.as_ref().filter(|held| held.text == text) {
                return Ok(Held { value: Arc::clone(&held.value), text, since: now });
            }
            let value = Fields::parse(&text).and_then(|fields| read(&fields)).map_err(SecretError::Unfit)?;
            Ok(Held { value: Arc::new(value), text, since: now })
        });
        match fresh {
            Ok(held) => {
                self.failed = None;
                Ok(Arc::clone(&self.held.insert(held).value))
            }
            Err(error) => {
                // A moment's silence is not worth asking less often for, unless there is one that
                // can be used meanwhile.
                if error != SecretError::Unknown || self.held.is_some() {
                    self.failed = Some((now, error.clone()));
                }
                let old = self.held.as_ref().map(|held| Arc::clone(&held.value));
                error!(alarm = "secret", secret = name, %error, kept = old.is_some(), "a secret cannot be had");
                old.ok_or(error)
            }
        }
    }
}

#[cfg(test)]
mod tests;
