//! Numbers as caller IDs: a number bought at Twilio must be imported at Bland before it can call.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Bland, BlandError, answers};
use crate::types::{Object, PhoneNumber};
use crate::wire::http::Reply;

/// The outcome of an import: whether a number can now be used as a caller ID.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Imported {
    /// It can.
    In,
    /// Bland did not take it, though it reported success: it does not find it in our Twilio
    /// account.
    NotOwned,
}

#[derive(Serialize)]
struct Insert<'a> {
    numbers: [&'a str; 1],
}

#[derive(Deserialize)]
struct Inserted {
    #[serde(default)]
    inserted: Vec<String>,
}

#[derive(Deserialize)]
struct Inbound {
    inbound_numbers: Vec<Object<InboundNumber>>,
}

#[derive(Deserialize)]
struct InboundNumber {
    phone_number: String,
}

impl Bland {
    /// Makes a number of our Twilio account usable as a caller ID. Repeating it is harmless.
    ///
    /// Bland leaves out of `inserted` both what it knew already and what it does not find at
    /// Twilio, and reports success for either, so what counts is whether the number is in the list
    /// afterwards.
    pub async fn import(&self, number: &PhoneNumber, limit: Duration) -> Result<Imported, BlandError> {
        let began = tokio::time::Instant::now();
        let insert = Insert { numbers: [number.as_str()] };
        let request = self.post("/v1/inbound/insert").json(&insert);
        if is_inserted(&self.send_as_carrier(request, limit).await?, number)? {
            return Ok(Imported::In);
        }
        let left = limit.saturating_sub(began.elapsed());
        let reply = self.send_as_carrier(self.get("/v1/inbound"), left).await?;
        is_listed(&reply, number)
    }

    /// Whether a number can be used as a caller ID already.
    pub async fn knows(&self, number: &PhoneNumber, limit: Duration) -> Result<Imported, BlandError> {
        is_listed(&self.send_as_carrier(self.get("/v1/inbound"), limit).await?, number)
    }

    /// All numbers that can be used as caller IDs, in Bland's spelling.
    pub async fn all_known(&self, limit: Duration) -> Result<Vec<String>, BlandError> {
        let reply = self.send_as_carrier(self.get("/v1/inbound"), limit).await?;
        answers::succeeded(&reply, &[])?;
        let told: Inbound = reply.json().ok_or(BlandError::Unknown)?;
        Ok(told.inbound_numbers.into_iter().map(|Object(inbound)| inbound.phone_number).collect())
    }

    /// Makes Bland forget a number, before it is given back. One that Bland does not know is
    /// forgotten.
    pub async fn forget(&self, number: &PhoneNumber, limit: Duration) -> Result<(), BlandError> {
        let request = self.post(&format!("/v1/inbound/{}/delete", number.as_str()));
        answers::forgotten(&self.send_as_carrier(request, limit).await?)
    }
}

/// Whether the answer to an import names the number. If it does not, nothing is known yet.
pub fn is_inserted(reply: &Reply, number: &PhoneNumber) -> Result<bool, BlandError> {
    answers::succeeded(reply, &[number])?;
    let told: Inserted = reply.json().ok_or(BlandError::Unknown)?;
    Ok(told.inserted.iter().any(|inserted| inserted == number.as_str()))
}

/// Whether the list of what Bland knows has the number.
pub fn is_listed(reply: &Reply, number: &PhoneNumber) -> Result<Imported, BlandError> {
    answers::succeeded(reply, &[number])?;
    let told: Inbound = reply.json().ok_or(BlandError::Unknown)?;
    let listed = told.inbound_numbers.iter().any(|Object(inbound)| inbound.phone_number == number.as_str());
    Ok(if listed { Imported::In } else { Imported::NotOwned })
}
