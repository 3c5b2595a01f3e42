//! Finding a call whose answer was lost. Bland cannot be asked for our id, so its lists give the
//! candidates, and the metadata, in the list or in the record, says which is ours.

use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::time::Instant;

use super::record::{instant, request_id};
use super::{Bland, BlandCallId, BlandError, Found, answers};
use crate::types::{CallId, DAY, Object, PhoneNumber, Timestamp};
use crate::wire::http::Reply;

/// Two numbers cannot have more calls in the days that are listed: the same number rings at most
/// every ten seconds, but each of our calls is paid for. More is not "none", it is "do not know".
const MOST: usize = 50;
/// Records to look into, newest first.
const MOST_RECORDS: usize = 10;
/// Bland's clock against ours.
const SKEW: Duration = Duration::from_mins(2);

/// A search for a call.
pub struct Search<'a> {
    /// The caller ID.
    pub from: &'a PhoneNumber,
    /// The number that was rung.
    pub to: &'a PhoneNumber,
    /// Not before this.
    pub since: Timestamp,
    /// Our id in the call's metadata.
    pub request_id: &'a CallId,
}

#[derive(Deserialize)]
struct Listed {
    calls: Vec<Object<Candidate>>,
}

#[derive(Deserialize)]
struct Active {
    data: Vec<Object<Candidate>>,
}

#[derive(Deserialize)]
struct Candidate {
    call_id: String,
    #[serde(default)]
    created_at: Option<String>,
    #[serde(default)]
    metadata: Option<Box<RawValue>>,
    #[serde(default)]
    from: Option<String>,
    #[serde(default)]
    to: Option<String>,
}

/// The part of the answer that a list alone gives about our call.
#[derive(PartialEq, Eq, Debug)]
pub enum Sifted {
    /// This one is.
    Ours(BlandCallId),
    /// These may be ours; their records know.
    Perhaps(Vec<BlandCallId>),
}

impl Search<'_> {
    pub(super) async fn run(&self, bland: &Bland, limit: Duration) -> Result<Found, BlandError> {
        let began = Instant::now();
        let left = || limit.saturating_sub(began.elapsed());

        let request = bland.get("/v1/calls").query(&self.filters());
        let past = self.in_past(&bland.send(request, left()).await?)?;
        let mut unsure = match past {
            Sifted::Ours(id) => return Ok(Found::One(id)),
            Sifted::Perhaps(ids) => ids,
        };
        // A call that is still queued may only be here.
        let reply = bland.send(bland.get("/v1/calls/active"), left()).await?;
        match self.in_active(&reply)? {
            Sifted::Ours(id) => return Ok(Found::One(id)),
            Sifted::Perhaps(ids) => {
                for id in ids {
                    if !unsure.contains(&id) {
                        unsure.push(id);
                    }
                }
            }
        }
        if unsure.len() > MOST_RECORDS {
            return Err(BlandError::Unknown);
        }
        for id in unsure {
            match bland.call(&id, left()).await {
                Ok(call) if call.request_id.as_deref() == Some(self.request_id.as_str()) => return Ok(Found::One(id)),
                Ok(_) => {}
                // "None" must mean that all were looked at.
                Err(error) => {
                    return Err(if error == BlandError::NotFound { BlandError::Unknown } else { error });
                }
            }
        }
        Ok(Found::None)
    }

    /// What the list of these numbers' calls says.
    pub fn in_past(&self, reply: &Reply) -> Result<Sifted, BlandError> {
        self.sift(listed(reply)?)
    }

    /// What the list of the calls that are under way says.
    pub fn in_active(&self, reply: &Reply) -> Result<Sifted, BlandError> {
        self.sift(self.of_these_numbers(active(reply)?))
    }

    /// Days are as fine as Bland filters, and its days may be another time zone's.
    fn filters(&self) -> [(&'static str, String); 4] {
        let day = self.since.checked_sub(DAY).unwrap_or(self.since);
        let day = day.to_string().split('T').next().unwrap_or_default().to_owned();
        [
            ("from_number", self.from.as_str().into()),
            ("to_number", self.to.as_str().into()),
            ("start_date", day),
            ("limit", MOST.to_string()),
        ]
    }

    fn sift(&self, candidates: Vec<Candidate>) -> Result<Sifted, BlandError> {
        if candidates.len() >= MOST {
            return Err(BlandError::Unknown);
        }
        let earliest = self.since.checked_sub(SKEW).unwrap_or(self.since);
        let mut unsure = Vec::new();
        for candidate in candidates {
            let id = BlandCallId::parse(&candidate.call_id).map_err(|_| BlandError::Unknown)?;
            let created = candidate.created_at.as_deref().and_then(instant);
            match request_id(&candidate.metadata) {
                Some(told) if told == self.request_id.as_str() => return Ok(Sifted::Ours(id)),
                Some(_) => {}
                None if created.is_some_and(|created| created < earliest) => {}
                None => unsure.push(id),
            }
        }
        Ok(Sifted::Perhaps(unsure))
    }

    /// The active calls are the whole organisation's.
    fn of_these_numbers(&self, candidates: Vec<Candidate>) -> Vec<Candidate> {
        let same =
            |told: &Option<String>, number: &PhoneNumber| told.as_deref().is_none_or(|told| may_be(told, number));
        candidates
            .into_iter()
            .filter(|candidate| same(&candidate.from, self.from) && same(&candidate.to, self.to))
            .collect()
    }
}

/// Bland writes numbers with and without the country's code.
fn may_be(told: &str, number: &PhoneNumber) -> bool {
    let digits: String = told.chars().filter(char::is_ascii_digit).collect();
    number.as_str().ends_with(&digits)
}

fn listed(reply: &Reply) -> Result<Vec<Candidate>, BlandError> {
    let list: Option<Listed> = if reply.status.is_success() { reply.json() } else { None };
    list.map(|list| unwrapped(list.calls)).ok_or_else(|| answers::not_what_was_asked(reply))
}

/// This list wants a header that not every account has. Where it refuses us, it says nothing, and
/// the other list decides.
fn active(reply: &Reply) -> Result<Vec<Candidate>, BlandError> {
    if let 400 | 401 | 403 | 404 = reply.status.as_u16() {
        return Ok(Vec::new());
    }
    let list: Option<Active> = if reply.status.is_success() { reply.json() } else { None };
    list.map(|list| unwrapped(list.data)).ok_or_else(|| answers::not_what_was_asked(reply))
}

fn unwrapped(listed: Vec<Object<Candidate>>) -> Vec<Candidate> {
    listed.into_iter().map(|Object(candidate)| candidate).collect()
}
