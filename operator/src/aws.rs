//! The few things that are asked of AWS beside the table: what belongs to a stack, what its
//! functions were told, and what is in its secrets. Signed requests over the library's own client;
//! the SDK has a crate of many thousand operations for each of them.

#![expect(clippy::indexing_slicing, reason = "JSON is read by index, where what is absent is null")]

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::try_join_all;
use serde_json::{Map, Value, json};
use shared::wire::aws::Service;
use shared::wire::http::client;
use shared::wire::signing::{Signer, Unsigned};

use crate::terminal::Trouble;

mod account;
mod alarms;
mod deploy;
mod files;
mod logs;
mod query;
mod stack;
mod storage;

pub(crate) use account::{Identity, Subscription};
pub(crate) use deploy::Template;
pub(crate) use logs::Written;
pub(crate) use stack::{Parameter, Progress, STEP};
pub(crate) use storage::digest;

const LIMIT: Duration = Duration::from_secs(15);
/// How often a question is asked that AWS did not answer, or had no time for.
const TRIES: u32 = 5;
/// Before it is asked again, and twice as long each time after that.
const PAUSE: Duration = Duration::from_millis(250);
/// What is said of a request that was not answered.
const LOST: &str = "cannot be reached";
/// What is said of one whose answer was not whole.
const BROKEN: &str = "broke off";
/// What AWS says to too many questions, where its status does not say so.
const BUSY: [&str; 4] = ["Throttling", "TooManyRequests", "RequestLimitExceeded", "SlowDown"];
/// What AWS says of a signature that is older or newer than its own clock, where it is not simply
/// wrong.
const LATE: [&str; 4] =
    ["InvalidSignatureException", "SignatureDoesNotMatch", "RequestExpired", "RequestTimeTooSkewed"];
/// More functions than an account may have, by fifty a page.
const PAGES: u32 = 1_000;

/// AWS, in one region, as we are known there.
pub(crate) struct Aws {
    signer: Signer,
    lambda: String,
    secrets: String,
    cloudformation: String,
    storage: String,
    tokens: String,
    topics: String,
    logs: String,
    alarms: String,
}

/// A function's variables, and its name.
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) variables: BTreeMap<String, String>,
}

impl Aws {
    /// The services of one region, as their endpoints are called there or elsewhere.
    pub(crate) fn new(service: impl Fn(&str) -> Service) -> Self {
        let url = |endpoint: &str, name: &str| service(endpoint).url(name);
        let lambda = url("AWS_ENDPOINT_URL_LAMBDA", "lambda");
        let secrets = url("AWS_ENDPOINT_URL_SECRETS_MANAGER", "secretsmanager");
        let cloudformation = url("AWS_ENDPOINT_URL_CLOUDFORMATION", "cloudformation");
        let storage = url("AWS_ENDPOINT_URL_S3", "s3");
        let tokens = url("AWS_ENDPOINT_URL_STS", "sts");
        let topics = url("AWS_ENDPOINT_URL_SNS", "sns");
        let logs = url("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", "logs");
        let alarms = url("AWS_ENDPOINT_URL_CLOUDWATCH", "monitoring");
        let Service { region, credentials, .. } = service("AWS_ENDPOINT_URL_LAMBDA");
        let signer = Signer { region, credentials };
        Self { signer, lambda, secrets, cloudformation, storage, tokens, topics, logs, alarms }
    }

    /// The variables of all functions of a stack: what the template gave them. Those that the stack
    /// itself lists, never those whose names look like it.
    pub(crate) async fn variables_of(&self, stack: &str) -> Result<Vec<(String, String)>, Trouble> {
        let functions = self.functions_of(stack).await?;
        let asked = functions.iter().map(|name| async move {
            let url = format!("{}/2015-03-31/functions/{}/configuration", self.lambda, encoded(name));
            let told = document(self.ask("lambda", "GET", &url, None, b"").await?, "Lambda")?;
            Ok::<_, Trouble>(variables(&told))
        });
        let told = try_join_all(asked).await?;
        if told.is_empty() {
            return Err(Trouble(format!("the stack {stack} in {} has no functions", self.signer.region)));
        }
        Ok(told.into_iter().flatten().collect())
    }

    /// Every function of the account in this region.
    pub(crate) async fn all_functions(&self) -> Result<Vec<Function>, Trouble> {
        let (mut found, mut marker) = (Vec::new(), None::<String>);
        for _ in 0..PAGES {
            let query = marker.as_ref().map(|at| format!("?Marker={}", encoded(at))).unwrap_or_default();
            let url = format!("{}/2015-03-31/functions/{query}", self.lambda);
            let page: Value = document(self.ask("lambda", "GET", &url, None, b"").await?, "Lambda")?;
            found.extend(list(&page, "Functions").filter_map(|function| {
                Some(Function { name: function["FunctionName"].as_str()?.to_owned(), variables: variables(function) })
            }));
            marker = page["NextMarker"].as_str().filter(|marker| !marker.is_empty()).map(str::to_owned);
            if marker.is_none() {
                break;
            }
        }
        Ok(found)
    }

    /// What is in a secret, as its JSON; nothing, where it has not been filled.
    pub(crate) async fn secret(&self, id: &str) -> Result<Option<Map<String, Value>>, Trouble> {
        self.version(id, "AWSCURRENT").await
    }

    /// What was in it before it was last changed; nothing, where it never was.
    pub(crate) async fn secret_before(&self, id: &str) -> Result<Option<Map<String, Value>>, Trouble> {
        self.version(id, "AWSPREVIOUS").await
    }

    async fn version(&self, id: &str, stage: &str) -> Result<Option<Map<String, Value>>, Trouble> {
        let reply = self.secrets("GetSecretValue", &json!({"SecretId": id, "VersionStage": stage})).await?;
        let told = &reply.told;
        let empty = told["__type"].as_str().is_some_and(|kind| kind.ends_with("ResourceNotFoundException"))
            && ["message", "Message"]
                .iter()
                .any(|name| told[*name].as_str().is_some_and(|text| text.contains("staging label")));
        if empty {
            return Ok(None);
        }
        let text = document(reply, "Secrets Manager")?["SecretString"].as_str().map(str::to_owned).unwrap_or_default();
        if text.is_empty() {
            return Ok(None);
        }
        // What serde says of a mistake quotes it.
        let fields =
            serde_json::from_str(&text).map_err(|_| Trouble(format!("the secret {id} is not a JSON object")))?;
        Ok(Some(fields))
    }

    /// Gives a secret a new value. The one before is kept by AWS as the previous version.
    pub(crate) async fn put_secret(&self, id: &str, fields: &Map<String, Value>) -> Result<(), Trouble> {
        let text = Value::Object(fields.clone()).to_string();
        let token = shared::invocation::Invocation::begin().attempt.as_str().to_owned() + "-dialtone";
        let body = json!({"SecretId": id, "SecretString": text, "ClientRequestToken": token});
        document(self.secrets("PutSecretValue", &body).await?, "Secrets Manager").map(drop)
    }

    async fn secrets(&self, action: &str, body: &Value) -> Result<Reply, Trouble> {
        let target = format!("secretsmanager.{action}");
        let url = format!("{}/", self.secrets);
        self.ask("secretsmanager", "POST", &url, Some(&target), body.to_string().as_bytes()).await
    }

    async fn ask(
        &self,
        service: &str,
        method: &str,
        url: &str,
        target: Option<&str>,
        body: &[u8],
    ) -> Result<Reply, Trouble> {
        let kind = target.map(|_| ("content-type", "application/x-amz-json-1.1"));
        let headers: Vec<(&str, &str)> =
            kind.into_iter().chain(target.map(|target| ("x-amz-target", target))).collect();
        // Under the same token a value is put once.
        let is_safe = |target: &str| [".GetSecretValue", ".PutSecretValue"].iter().any(|it| target.ends_with(it));
        let again = method == "GET" || target.is_some_and(is_safe);
        let asked = Asked { service, method, url, headers: &headers, body, limit: LIMIT, again };
        let (status, bytes) = self.send(asked).await?;
        Ok(Reply { status, told: serde_json::from_slice(&bytes).unwrap_or_default() })
    }

    /// What changes nothing, or the same thing once more, is asked again where there was no answer.
    async fn send(&self, asked: Asked<'_>) -> Result<(u16, Vec<u8>), Trouble> {
        let mut pause = PAUSE;
        for _ in 1..TRIES {
            match self.send_once(&asked).await {
                Ok((status, bytes)) if !(asked.again && is_busy(status, &bytes)) => return Ok((status, bytes)),
                Err(trouble) if !asked.again => return Err(trouble),
                Ok(_) | Err(_) => {}
            }
            tokio::time::sleep(pause).await;
            pause = pause.saturating_mul(2);
        }
        self.send_once(&asked).await
    }

    async fn send_once(&self, asked: &Asked<'_>) -> Result<(u16, Vec<u8>), Trouble> {
        let Asked { service, method, url, headers, body, limit, .. } = *asked;
        let trouble = |what: &str| Trouble(format!("AWS {service}: {what}"));
        let unsigned = Unsigned { service, method, url, headers, body };
        let signature = self.signer.sign(unsigned).ok_or_else(|| trouble("not signed"))?;
        let verb = method.parse().map_err(|_| trouble("no method"))?;
        let mut request = client().request(verb, url).timeout(limit).body(body.to_vec());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        for (name, value) in signature {
            request = request.header(name, value);
        }
        let answer = request.send().await.map_err(|_| trouble(LOST))?;
        let status = answer.status().as_u16();
        let bytes = answer.bytes().await.map_err(|_| trouble(BROKEN))?;
        Ok((status, bytes.to_vec()))
    }
}

/// A request.
struct Asked<'a> {
    service: &'a str,
    method: &'a str,
    url: &'a str,
    headers: &'a [(&'a str, &'a str)],
    body: &'a [u8],
    limit: Duration,
    /// Whether it may be sent twice.
    again: bool,
}

/// Whether an answer is none, and another may come in a moment.
fn is_busy(status: u16, bytes: &[u8]) -> bool {
    let says_so = || {
        let text = String::from_utf8_lossy(bytes);
        BUSY.iter().any(|word| text.contains(word))
    };
    status == 429 || status >= 500 || status == 400 && says_so()
}

/// Whether AWS has said no, so that nothing was done; not, where it is not known what it did.
pub(crate) fn was_refused(trouble: &Trouble) -> bool {
    ![LOST, BROKEN].iter().any(|words| trouble.0.ends_with(words))
}

/// An answer of AWS.
struct Reply {
    status: u16,
    told: Value,
}

/// As it may stand in a query.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let one = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(one).collect()
}

/// What a function's configuration says that it was told.
fn variables(function: &Value) -> BTreeMap<String, String> {
    let told = function["Environment"]["Variables"].as_object().into_iter().flatten();
    told.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

fn list<'a>(page: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    page[name].as_array().into_iter().flatten()
}

/// An answer that is one; of a refusal only its code is told, since its message can quote what was
/// asked.
fn document(reply: Reply, service: &str) -> Result<Value, Trouble> {
    if (200..300).contains(&reply.status) {
        return Ok(reply.told);
    }
    let code = reply.told["__type"].as_str().unwrap_or_default().rsplit('#').next().unwrap_or_default();
    let code: String = code.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
    let code = if code.is_empty() { reply.status.to_string() } else { code };
    let why = if LATE.contains(&code.as_str()) { "Is this machine's clock right?" } else { "May you do this there?" };
    Err(Trouble(format!("AWS {service} refused: {code}. {why}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Reply, document, encoded};

    #[test]
    fn a_signature_that_is_refused_may_be_the_clocks_doing_and_all_else_a_right_that_is_missing() {
        for (code, hint) in [
            ("com.amazon.coral.service#InvalidSignatureException", "clock"),
            ("RequestExpired", "clock"),
            ("AccessDeniedException", "May you"),
        ] {
            let said = document(Reply { status: 403, told: json!({"__type": code}) }, "Lambda").unwrap_err().0;
            assert!(said.contains(hint), "{said}");
        }
    }

    #[test]
    fn a_marker_is_a_value_in_a_query_whatever_is_in_it() {
        assert_eq!(encoded("a+b/c==&x"), "a%2Bb%2Fc%3D%3D%26x");
    }
}
