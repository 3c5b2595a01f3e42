//! Which calls are wanted, and a call in a list: the same whether the list was paid for or signed
//! in for.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::api::CALLS_LISTED;
use crate::body::Body;
use crate::calls::cursor::Cursor;
use crate::calls::list::{self, Foreign, Wanted};
use crate::refusal::Refusal;
use crate::store::Store;
use crate::store::work::{CallListing, ListedCall};
use crate::types::call::Status;
use crate::types::{Timestamp, Wallet, rfc3339};

const NOT_A_CURSOR: &str = "is not a cursor of this list; send `next_cursor` of an answer as it is, or leave it out";
const NOT_YOURS: &str = "is of the list of another wallet; leave it out to begin with the newest call";

#[derive(Serialize)]
pub(super) struct Listed {
    call_id: String,
    from: String,
    to: String,
    status: &'static str,
    ended_by: &'static str,
    /// Minutes.
    call_length: Option<Box<RawValue>>,
    charged: bool,
    created_at: String,
    ended_at: Option<String>,
}

impl From<&ListedCall> for Listed {
    fn from(call: &ListedCall) -> Self {
        Self {
            call_id: call.id.as_str().to_owned(),
            from: call.from.as_str().to_owned(),
            to: call.to.as_str().to_owned(),
            status: call.status.as_str(),
            ended_by: call.ended_by.as_str(),
            call_length: call.call_length.clone().and_then(|minutes| RawValue::from_string(minutes).ok()),
            charged: call.charged,
            created_at: rfc3339(call.created_at),
            ended_at: call.ended_at.map(rfc3339),
        }
    }
}

/// What was asked for. Whose list it is, is known by the payment or the signature; that a cursor
/// was written here, without them.
pub(super) fn wanted(asked: &mut Body) -> Result<Wanted, Refusal> {
    let cursor = asked.text("cursor").map(|text| Cursor::read(&text).ok_or_else(|| asked.bad("cursor", NOT_A_CURSOR)));
    Ok(Wanted {
        limit: asked.integer(&CALLS_LISTED),
        number: asked.phone_number("number"),
        status: asked.word("status").and_then(Status::parse),
        since: asked.time("since"),
        cursor: cursor.transpose()?,
    })
}

/// The page of this wallet.
pub(super) async fn page(
    store: &Store,
    wallet: &Wallet,
    wanted: &Wanted,
    now: Timestamp,
) -> Result<CallListing, Refusal> {
    let begins = wanted.begins(wallet).map_err(|Foreign| Refusal::bad("cursor", NOT_YOURS))?;
    Ok(list::page(store, wallet, wanted, begins, now).await?)
}
