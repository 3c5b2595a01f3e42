//! The organisation itself: the handle that Bland makes of a Twilio account, and what is left to be
//! spent. Asked by an operator who sets things up.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Bland, BlandError, answers};
use crate::types::{Decimal, Object};

/// An organisation at Bland, as far as it tells a key of its own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Organisation {
    /// Bland's word for its state; `active`, if all is well.
    pub status: String,
    /// What is left to be spent, in the decimal text that Bland sent; nothing, if it is less.
    pub balance: Decimal,
    /// To what it is refilled by itself, if it is.
    pub refill_to: Option<Decimal>,
    /// How many calls it has made.
    pub calls: u64,
}

#[derive(Serialize)]
struct TwilioAccount<'a> {
    account_sid: &'a str,
    auth_token: &'a str,
}

#[derive(Deserialize)]
struct Encrypted {
    encrypted_key: String,
}

#[derive(Deserialize)]
struct Me {
    status: String,
    billing: Object<Billing>,
    #[serde(default)]
    total_calls: u64,
}

#[derive(Deserialize)]
struct Billing {
    current_balance: Box<RawValue>,
    #[serde(default)]
    refill_to: Option<Box<RawValue>>,
}

impl Bland {
    /// Makes a handle for a Twilio account, whose Auth Token is needed for it; a key of the account
    /// is not enough. It is shown once. Another one can be made at any time, and does not end the
    /// first.
    pub async fn encrypted_key(&self, account: &str, token: &str, limit: Duration) -> Result<String, BlandError> {
        let body = TwilioAccount { account_sid: account, auth_token: token };
        let reply = self.send(self.post("/v1/accounts").json(&body), limit).await?;
        answers::succeeded(&reply, &[])?;
        let told: Encrypted = reply.json().ok_or(BlandError::Unknown)?;
        // It travels in a header.
        let fits = !told.encrypted_key.is_empty() && told.encrypted_key.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(told.encrypted_key) } else { Err(BlandError::Unknown) }
    }

    /// The organisation that our key belongs to.
    pub async fn organisation(&self, limit: Duration) -> Result<Organisation, BlandError> {
        let reply = self.send(self.get("/v1/me"), limit).await?;
        // Its `status` is the organisation's, so it does not say whether this is an answer.
        let told: Option<Me> = reply.json().filter(|_| reply.status.is_success());
        let Some(Me { status, billing: Object(billing), total_calls }) = told else {
            return Err(answers::not_what_was_asked(&reply));
        };
        let balance = amount(&billing.current_balance).ok_or(BlandError::Unknown)?;
        let refill_to = billing.refill_to.as_deref().and_then(amount);
        Ok(Organisation { status, balance, refill_to, calls: total_calls })
    }
}

fn amount(raw: &RawValue) -> Option<Decimal> {
    if raw.get().starts_with('-') { Decimal::parse("0") } else { Decimal::parse(raw.get()) }
}
