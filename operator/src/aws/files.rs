//! Files in a bucket.

use std::time::Duration;

use super::{Asked, Aws, digest};
use crate::terminal::Trouble;

/// How long a day's file may take, which is 48 MiB at most, on a slow line.
const LIMIT: Duration = Duration::from_mins(2);

impl Aws {
    /// What is in a file; nothing, if there is none of this name.
    pub(crate) async fn file(&self, bucket: &str, name: &str) -> Result<Option<Vec<u8>>, Trouble> {
        let (url, empty) = (self.place_of(bucket, name), digest(b""));
        let headers = [("x-amz-content-sha256", empty.as_str())];
        let asked =
            Asked { service: "s3", method: "GET", url: &url, headers: &headers, body: b"", limit: LIMIT, again: true };
        let (status, content) = self.send(asked).await?;
        let told = String::from_utf8_lossy(&content);
        match status {
            200 => Ok(Some(content)),
            404 if told.contains("<Code>NoSuchKey</Code>") => Ok(None),
            status => {
                let code = told.split_once("<Code>").and_then(|(_, rest)| rest.split_once('<'));
                let code = code.map_or_else(|| status.to_string(), |(code, _)| code.to_owned());
                Err(Trouble(format!("AWS S3 refused to show {name} in {bucket}: {code}. May you read it?")))
            }
        }
    }
}
