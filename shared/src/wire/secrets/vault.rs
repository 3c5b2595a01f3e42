//! AWS Secrets Manager, as far as reading goes. One signed request over the client that all
//! neighbours share: the SDK's own client would be built, and its code paged in, while a caller
//! waits for the first answer.

use std::time::Duration;

use http::StatusCode;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::{SecretError, Unfit};
use crate::telemetry::Neighbour;
use crate::wire::aws::Service;
use crate::wire::http::{NoReply, Reply, client, send};
use crate::wire::signing::{Signer, Unsigned};

/// A reading changes nothing, so it may be repeated.
const ATTEMPTS: u32 = 2;
const CONTENT_TYPE: &str = "application/x-amz-json-1.1";
const TARGET: &str = "secretsmanager.GetSecretValue";

/// A client of Secrets Manager.
pub struct Vault {
    url: String,
    signer: Signer,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Question<'a> {
    secret_id: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Value {
    secret_string: Option<String>,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(rename = "__type")]
    kind: String,
    #[serde(alias = "Message", default)]
    message: String,
}

impl Vault {
    /// A client that shares our connections. Connects at the first request.
    pub fn new(service: Service) -> Self {
        let url = format!("{}/", service.url("secretsmanager"));
        Self { url, signer: Signer { region: service.region, credentials: service.credentials } }
    }

    /// The current text of a secret.
    pub(super) async fn fetch(&self, id: &str, limit: Duration) -> Result<String, SecretError> {
        let began = Instant::now();
        for _ in 0..ATTEMPTS {
            let left = limit.saturating_sub(began.elapsed());
            if let Ok(reply) = self.ask(id, left.min(limit / ATTEMPTS)).await
                && let answer @ (Ok(_) | Err(SecretError::Empty | SecretError::Unfit(_) | SecretError::Refused(_))) =
                    read(&reply)
            {
                return answer;
            }
        }
        Err(SecretError::Unknown)
    }

    async fn ask(&self, id: &str, limit: Duration) -> Result<Reply, NoReply> {
        let body = serde_json::to_vec(&Question { secret_id: id }).map_err(|_| NoReply::NotSent)?;
        let headers = [("content-type", CONTENT_TYPE), ("x-amz-target", TARGET)];
        let unsigned =
            Unsigned { service: "secretsmanager", method: "POST", url: &self.url, headers: &headers, body: &body };
        let signature = self.signer.sign(unsigned).ok_or(NoReply::NotSent)?;
        let mut request = headers.iter().fold(client().post(&self.url), |it, (name, value)| it.header(*name, *value));
        for (name, value) in signature {
            request = request.header(name, value);
        }
        send(Neighbour::Secrets, request.body(body), limit).await
    }
}

/// What an answer says. Of a refusal only its code is kept.
fn read(reply: &Reply) -> Result<String, SecretError> {
    if reply.status == StatusCode::OK {
        let value: Value = reply.json().ok_or(SecretError::Unknown)?;
        return match value.secret_string {
            Some(text) if text.trim().is_empty() => Err(SecretError::Empty),
            Some(text) => Ok(text),
            None => Err(SecretError::Unfit(Unfit("it is binary".to_owned()))),
        };
    }
    let refusal: Refusal = reply.json().ok_or(SecretError::Unknown)?;
    let code = refusal.kind.rsplit('#').next().unwrap_or_default();
    match code {
        // A secret without a version is one that was made and not filled.
        "ResourceNotFoundException" if refusal.message.contains("staging label") => Err(SecretError::Empty),
        "ThrottlingException" | "InternalServiceError" | "InternalServiceErrorException" => Err(SecretError::Unknown),
        _ if reply.status.is_server_error() || code.is_empty() => Err(SecretError::Unknown),
        code => Err(SecretError::Refused(code.chars().filter(char::is_ascii_alphanumeric).take(64).collect())),
    }
}
