//! Erasing a call at Bland, with its transcript and its recording. It takes an entitlement that an
//! organisation has to ask Bland for.

use std::time::Duration;

use http::StatusCode;

use super::{Bland, BlandCallId, BlandError, answers};

/// The fate of a call at Bland.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AtBland {
    /// It is gone.
    Gone,
    /// Our organisation may not erase calls (`REDACT_CALLS`).
    NotEntitled,
}

impl Bland {
    /// Erases a call, and its recording.
    pub async fn erase(&self, id: &BlandCallId, limit: Duration) -> Result<AtBland, BlandError> {
        let request = self.delete(&format!("/v1/calls/{}?delete_recording=true", id.as_str()));
        let reply = self.send(request, limit).await?;
        match reply.status {
            StatusCode::NO_CONTENT | StatusCode::OK | StatusCode::NOT_FOUND => Ok(AtBland::Gone),
            StatusCode::FORBIDDEN => Ok(AtBland::NotEntitled),
            _ => Err(answers::not_what_was_asked(&reply)),
        }
    }
}
