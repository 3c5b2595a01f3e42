//! The bucket from which CloudFormation takes a release: a zip for each function, and a template
//! that is too long for a request. What is put there is named by what is in it, so putting it twice
//! is putting it once.

use std::time::Duration;

use alloy_primitives::hex;
use sha2::{Digest as _, Sha256};

use super::{Asked, Aws, LIMIT};
use crate::terminal::Trouble;

/// How long a zip may take: five megabytes over a slow line.
const UPLOAD: Duration = Duration::from_mins(10);

/// The name of what has these bytes.
pub(crate) fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

impl Aws {
    /// Makes a bucket of this account's, if there is none. A bucket of this name that is another
    /// account's is refused, here and at each request: code would be taken from it.
    pub(crate) async fn ready_bucket(&self, bucket: &str, account: &str) -> Result<(), Trouble> {
        let url = format!("{}/{bucket}", self.storage);
        match self.object("HEAD", &url, b"", Some(account)).await? {
            200 => Ok(()),
            404 => {
                let region = &self.signer.region;
                let body = if region == "us-east-1" {
                    String::new()
                } else {
                    format!(
                        "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
                         <LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
                    )
                };
                match self.object("PUT", &url, body.as_bytes(), None).await? {
                    200 => Ok(()),
                    status => Err(Trouble(format!("AWS S3 makes no bucket {bucket}: {status}"))),
                }
            }
            status => Err(Trouble(format!("AWS S3 answers {status} to the bucket {bucket}: is it another account's?"))),
        }
    }

    /// Puts something there that is not there yet. False, where it was.
    pub(crate) async fn put(&self, bucket: &str, account: &str, key: &str, bytes: &[u8]) -> Result<bool, Trouble> {
        let url = self.place_of(bucket, key);
        if self.object("HEAD", &url, b"", Some(account)).await? == 200 {
            return Ok(false);
        }
        match self.object("PUT", &url, bytes, Some(account)).await? {
            200 => Ok(true),
            status => Err(Trouble(format!("AWS S3 does not take {key}: {status}"))),
        }
    }

    /// Where something is.
    pub(crate) fn place_of(&self, bucket: &str, key: &str) -> String {
        format!("{}/{bucket}/{key}", self.storage)
    }

    async fn object(&self, method: &str, url: &str, body: &[u8], owner: Option<&str>) -> Result<u16, Trouble> {
        let hash = digest(body);
        let mut headers = vec![("x-amz-content-sha256", hash.as_str())];
        headers.extend(owner.map(|owner| ("x-amz-expected-bucket-owner", owner)));
        let limit = if body.is_empty() { LIMIT } else { UPLOAD };
        // A file is named by what is in it, so putting it twice is putting it once.
        let asked = Asked { service: "s3", method, url, headers: &headers, body, limit, again: true };
        self.send(asked).await.map(|(status, _)| status)
    }
}
