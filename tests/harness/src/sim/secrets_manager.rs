//! AWS Secrets Manager, as far as values go: `GetSecretValue` and `PutSecretValue` of the JSON
//! protocol, with AWS's validations and error names, to callers that sign as AWS wants it signed.
//!
//! A secret can be there without a value, as a stack makes it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use axum::routing::post;
use serde_json::{Value, json};

use super::clock::Clock;
use super::fault::{Answer, Faults};
use super::signature::{self, Signed};
use super::{hex, json as answer, lock, random};

#[derive(Default)]
struct Secret {
    /// Its versions' values, the newest last.
    values: Vec<(String, String)>,
    deleted: bool,
}

#[derive(Default)]
struct Inner {
    /// By their ARN.
    secrets: BTreeMap<String, Secret>,
    read: BTreeMap<String, u64>,
}

/// The secrets of an account. Clones are the same ones.
#[derive(Clone)]
pub struct SecretsManager {
    inner: Arc<Mutex<Inner>>,
    clock: Clock,
    faults: Faults,
}

/// An error in AWS's words.
struct Refusal(u16, &'static str, String);

impl SecretsManager {
    /// An account without secrets.
    pub fn new(clock: Clock) -> Self {
        let overload = Answer::json(400, &json!({"__type": "ThrottlingException", "message": "Rate exceeded"}));
        Self { inner: Arc::default(), clock, faults: Faults::new(overload) }
    }

    /// `POST /`.
    pub fn router(&self) -> Router {
        self.faults.wrap(Router::new().route("/", post(handle)).with_state(self.clone()))
    }

    /// Faults of this simulator.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Makes a secret without a value, as a template does that gives it none.
    pub fn create(&self, arn: &str) {
        self.inner().secrets.entry(arn.to_owned()).or_default();
    }

    /// Gives a secret a new value: `put-secret-value`.
    pub fn put(&self, arn: &str, value: &str) {
        let mut inner = self.inner();
        let secret = inner.secrets.get_mut(arn).unwrap_or_else(|| panic!("there is no secret {arn}"));
        secret.values.push((uuid(), value.to_owned()));
    }

    /// What is in a secret now.
    pub fn value(&self, arn: &str) -> Option<String> {
        self.inner().secrets.get(arn)?.values.last().map(|(_, value)| value.clone())
    }

    /// Marks a secret for deletion.
    pub fn delete(&self, arn: &str) {
        if let Some(secret) = self.inner().secrets.get_mut(arn) {
            secret.deleted = true;
        }
    }

    /// How often a secret has been read.
    pub fn reads(&self, arn: &str) -> u64 {
        self.inner().read.get(arn).copied().unwrap_or_default()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        lock(&self.inner)
    }

    /// A new value. Under the token of an earlier one it must be the same, and is not another.
    fn replace(&self, body: &Value) -> Result<Value, Refusal> {
        let text = |name: &str| body[name].as_str().filter(|text| !text.is_empty());
        let id = text("SecretId").ok_or_else(|| invalid("You must provide a value for the SecretId parameter."))?;
        let value =
            text("SecretString").ok_or_else(|| invalid("You must provide either SecretString or SecretBinary."))?;
        let token = text("ClientRequestToken").filter(|token| (32..=64).contains(&token.len()));
        let token = token.ok_or_else(|| invalid("ClientRequestToken must be 32-64 characters long."))?;
        let mut inner = self.inner();
        let Some((arn, secret)) = inner.secrets.iter_mut().find(|(arn, _)| is_named(arn, id)) else {
            return Err(not_found("Secrets Manager can't find the specified secret."));
        };
        match secret.values.iter().find(|(version, _)| version == token) {
            Some((_, known)) if known != value => {
                let message = "You can't use ClientRequestToken with different values.";
                return Err(Refusal(400, "ResourceExistsException", message.to_owned()));
            }
            Some(_) => {}
            None => secret.values.push((token.to_owned(), value.to_owned())),
        }
        Ok(json!({"ARN": arn, "Name": name(arn), "VersionId": token, "VersionStages": ["AWSCURRENT"]}))
    }

    fn get(&self, body: &Value) -> Result<Value, Refusal> {
        let id = body["SecretId"].as_str().filter(|id| (1..=2048).contains(&id.len()));
        let id = id.ok_or_else(|| invalid("You must provide a value for the SecretId parameter."))?;
        if let Some(unknown) = body
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name)
            .find(|name| !matches!(name.as_str(), "SecretId" | "VersionId" | "VersionStage"))
        {
            return Err(invalid(&format!("{unknown} is not simulated")));
        }
        let mut inner = self.inner();
        let Some((arn, secret)) = inner.secrets.iter().find(|(arn, _)| is_named(arn, id)) else {
            return Err(not_found("Secrets Manager can't find the specified secret."));
        };
        if secret.deleted {
            let message = "You can't perform this operation on the secret because it was marked for deletion.";
            return Err(Refusal(400, "InvalidRequestException", message.to_owned()));
        }
        let stage = body["VersionStage"].as_str().unwrap_or("AWSCURRENT");
        let place = match stage {
            "AWSCURRENT" => 1,
            "AWSPREVIOUS" => 2,
            _ => 0,
        };
        let found = secret.values.len().checked_sub(place).and_then(|place| secret.values.get(place));
        let Some((version, value)) = found else {
            let message = "Secrets Manager can't find the specified secret value for staging label:";
            return Err(not_found(&format!("{message} {stage}")));
        };
        let arn = arn.clone();
        let now = self.clock.now().as_second();
        let answer = json!({
            "ARN": arn, "Name": name(&arn), "VersionId": version, "SecretString": value,
            "VersionStages": [stage], "CreatedDate": now,
        });
        *inner.read.entry(arn).or_default() += 1;
        Ok(answer)
    }
}

/// A secret answers to its ARN and to its name.
fn is_named(arn: &str, id: &str) -> bool {
    arn == id || name(arn) == id
}

/// What stands between `secret:` and the six characters that AWS puts at the end.
fn name(arn: &str) -> &str {
    let whole = arn.rsplit("secret:").next().unwrap_or_default();
    whole.rsplit_once('-').map_or(whole, |(name, _)| name)
}

fn uuid() -> String {
    let hex = hex(&random::<16>());
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

fn invalid(message: &str) -> Refusal {
    Refusal(400, "InvalidParameterException", message.to_owned())
}

fn not_found(message: &str) -> Refusal {
    Refusal(400, "ResourceNotFoundException", message.to_owned())
}

async fn handle(State(secrets): State<SecretsManager>, headers: HeaderMap, body: Bytes) -> Response {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let signed = Signed { service: "secretsmanager", method: "POST", path: "/" };
    let outcome = match signature::check(&signed, &headers, &body, secrets.clock.now()) {
        Err((kind, why)) => Err(Refusal(400, kind, why)),
        Ok(()) if text(header::CONTENT_TYPE.as_str()) != "application/x-amz-json-1.1" => {
            Err(Refusal(404, "UnknownOperationException", String::new()))
        }
        Ok(()) => match (text("x-amz-target"), serde_json::from_slice::<Value>(&body)) {
            (_, Err(_)) => Err(Refusal(400, "SerializationException", "the body is no JSON".to_owned())),
            ("secretsmanager.GetSecretValue", Ok(body)) => secrets.get(&body),
            ("secretsmanager.PutSecretValue", Ok(body)) => secrets.replace(&body),
            (other, _) => Err(Refusal(400, "UnknownOperationException", format!("{other} is not simulated"))),
        },
    };
    match outcome {
        Ok(body) => answer(200, &body),
        Err(Refusal(status, kind, message)) => answer(status, &json!({"__type": kind, "Message": message})),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:secretsmanager:us-east-1:000000000000:secret:stack-Twilio-AbCdEf";

    fn get(secrets: &SecretsManager, id: &str) -> Result<String, String> {
        let got = secrets.get(&json!({"SecretId": id}));
        got.map(|value| value["SecretString"].to_string())
            .map_err(|Refusal(_, kind, message)| format!("{kind}: {message}"))
    }

    #[test]
    fn a_secret_is_empty_until_it_is_filled_and_then_the_newest_counts() {
        let secrets = SecretsManager::new(Clock::wall());
        secrets.create(ARN);
        assert!(get(&secrets, ARN).is_err_and(|why| why.contains("staging label: AWSCURRENT")));
        secrets.put(ARN, "one");
        secrets.put(ARN, "two");
        assert_eq!(get(&secrets, ARN), Ok("\"two\"".to_owned()));
        assert_eq!(get(&secrets, "stack-Twilio"), Ok("\"two\"".to_owned()));
        assert_eq!(secrets.reads(ARN), 2);
    }

    #[test]
    fn what_was_replaced_is_the_previous_version() {
        let secrets = SecretsManager::new(Clock::wall());
        secrets.create(ARN);
        secrets.put(ARN, "one");
        let previous = || secrets.get(&json!({"SecretId": ARN, "VersionStage": "AWSPREVIOUS"}));
        assert!(previous().is_err_and(|Refusal(_, _, why)| why.ends_with("staging label: AWSPREVIOUS")));
        secrets.put(ARN, "two");
        assert!(previous().is_ok_and(|told| told["SecretString"] == "one"));
        assert!(secrets.get(&json!({"SecretId": ARN, "VersionStage": "OTHER"})).is_err());
    }

    #[test]
    fn what_is_not_there_is_said_so() {
        let secrets = SecretsManager::new(Clock::wall());
        secrets.create(ARN);
        assert!(get(&secrets, "other").is_err_and(|why| why.ends_with("can't find the specified secret.")));
        assert!(get(&secrets, "").is_err_and(|why| why.starts_with("InvalidParameterException")));
        secrets.delete(ARN);
        assert!(get(&secrets, ARN).is_err_and(|why| why.starts_with("InvalidRequestException")));
    }
}
