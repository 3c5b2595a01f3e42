//! A bucket of S3's, as far as files go that are written once and never changed. One signed request
//! for each, over the client that all neighbours share: the SDK's own is larger than any function
//! here.

use std::time::Duration;

use alloy_primitives::bytes::Bytes;
use alloy_primitives::hex;
use http::{Method, StatusCode};
use sha2::{Digest, Sha256};

use crate::telemetry::Neighbour;
use crate::wire::aws::Service;
use crate::wire::http::{NoReply, Reply, client, send};
use crate::wire::signing::{Signer, Unsigned};

/// What has no effect, or the same each time, may be repeated.
const ATTEMPTS: u32 = 2;

/// A bucket.
pub struct Bucket {
    url: String,
    signer: Signer,
}

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
pub enum BucketError {
    /// It did not answer, or not clearly: the file may have been written.
    #[error("S3 does not answer")]
    Unknown,
    /// It was refused, for this reason.
    #[error("S3 refuses: {0}")]
    Refused(String),
}

impl Bucket {
    /// A bucket of this name. Connects at the first request.
    pub fn new(service: Service, name: &str) -> Self {
        let url = match &service.endpoint {
            // Elsewhere names are not resolved as AWS's are.
            Some(endpoint) => format!("{}/{name}", endpoint.trim_end_matches('/')),
            None => service.url(&format!("{name}.s3")),
        };
        Self { url, signer: Signer { region: service.region, credentials: service.credentials } }
    }

    /// Writes a file, unless there is one of this name: then that one stays. True, if it was this
    /// one, as far as is known.
    pub async fn put_new(&self, name: &str, content: Vec<u8>, limit: Duration) -> Result<bool, BucketError> {
        // Shared by the attempts: a day's file may be large.
        let content = Bytes::from(content);
        for _ in 0..ATTEMPTS {
            let headers = [("content-type", "text/csv; charset=utf-8"), ("if-none-match", "*")];
            let reply = self.ask(Method::PUT, name, &headers, content.clone(), limit / ATTEMPTS).await;
            match reply {
                Ok(reply) if reply.status == StatusCode::OK => return Ok(true),
                Ok(reply) if reply.status == StatusCode::PRECONDITION_FAILED => return Ok(false),
                // Another is being written under this name at this moment.
                Ok(reply) if reply.status == StatusCode::CONFLICT || reply.status.is_server_error() => {}
                Ok(reply) => return Err(refused(&reply)),
                Err(_) => {}
            }
        }
        Err(BucketError::Unknown)
    }

    async fn ask(
        &self,
        method: Method,
        name: &str,
        headers: &[(&str, &str)],
        content: Bytes,
        limit: Duration,
    ) -> Result<Reply, NoReply> {
        let url = format!("{}/{name}", self.url);
        let digest = hex::encode(Sha256::digest(&content));
        let mut signed = headers.to_vec();
        signed.push(("x-amz-content-sha256", &digest));
        let unsigned = Unsigned { service: "s3", method: method.as_str(), url: &url, headers: &signed, body: &content };
        let signature = self.signer.sign(unsigned).ok_or(NoReply::NotSent)?;
        let mut request =
            signed.iter().fold(client().request(method, &url), |it, (name, value)| it.header(*name, *value));
        for (name, value) in signature {
            request = request.header(name, value);
        }
        send(Neighbour::Files, request.body(content), limit).await
    }
}

fn refused(reply: &Reply) -> BucketError {
    let code = code(reply);
    BucketError::Refused(if code.is_empty() { reply.status.to_string() } else { code })
}

/// S3 answers in XML, with a code of its own: letters and nothing else.
fn code(reply: &Reply) -> String {
    let text = String::from_utf8_lossy(&reply.body);
    let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>")).map_or("", |(code, _)| code);
    code.chars().filter(char::is_ascii_alphanumeric).take(64).collect()
}

#[cfg(test)]
mod tests {
    use aws_credential_types::Credentials;

    use super::{Bucket, Service};

    #[test]
    fn a_bucket_is_reached_by_its_own_name_at_aws_and_by_a_path_elsewhere() {
        let at = |endpoint: Option<&str>| {
            let credentials = Credentials::new("AKID", "secret", None, None, "test");
            let service = Service { region: "eu-west-1".into(), credentials, endpoint: endpoint.map(str::to_owned) };
            Bucket::new(service, "books").url
        };
        assert_eq!(at(None), "https://books.s3.eu-west-1.amazonaws.com");
        assert_eq!(at(Some("http://127.0.0.1:1/")), "http://127.0.0.1:1/books");
    }
}
