//! The few things that are asked of AWS beside the table: what the functions of a stack were told, and what is in its
//! secrets. Signed requests over the library's own client; the SDK has a crate of many thousand operations for each of them.

#![expect(clippy::indexing_slicing, reason = "JSON is read by index, where what is absent is null")]

use std::time::Duration;

use serde_json::{Map, Value, json};
use shared::wire::aws::Service;
use shared::wire::http::client;
use shared::wire::signing::{Signer, Unsigned};

use crate::terminal::Trouble;

const LIMIT: Duration = Duration::from_secs(15);
/// More functions than any region of ours has.
const PAGES: u32 = 100;

/// AWS, in one region, as we are known there.
pub(crate) struct Aws {
    signer: Signer,
    lambda: String,
    secrets: String,
}

impl Aws {
    /// Lambda and Secrets Manager of one region.
    pub(crate) fn new(lambda: Service, secrets: &Service) -> Self {
        let (lambda_url, secrets) = (lambda.url("lambda"), secrets.url("secretsmanager"));
        let signer = Signer { region: lambda.region, credentials: lambda.credentials };
        Self { signer, lambda: lambda_url, secrets }
    }

    /// The variables of all functions whose name begins with the stack's: what the template gave them.
    pub(crate) async fn variables_of(&self, stack: &str) -> Result<Vec<(String, String)>, Trouble> {
        let (mut found, mut functions, mut marker) = (Vec::new(), 0, None::<String>);
        for _ in 0..PAGES {
            let query = marker.as_ref().map(|at| format!("?Marker={}", encoded(at))).unwrap_or_default();
            let url = format!("{}/2015-03-31/functions/{query}", self.lambda);
            let page: Value = document(self.ask("lambda", "GET", &url, None, b"").await?, "Lambda")?;
            for function in list(&page, "Functions") {
                if !function["FunctionName"].as_str().is_some_and(|name| belongs(name, stack)) {
                    continue;
                }
                functions += 1;
                let variables = function["Environment"]["Variables"].as_object().into_iter().flatten();
                found.extend(variables.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))));
            }
            marker = page["NextMarker"].as_str().filter(|marker| !marker.is_empty()).map(str::to_owned);
            if marker.is_none() {
                break;
            }
        }
        let here = &self.signer.region;
        if functions == 0 { Err(Trouble(format!("there is no stack {stack} in {here}"))) } else { Ok(found) }
    }

    /// What is in a secret, as its JSON; nothing, where it has not been filled.
    pub(crate) async fn secret(&self, id: &str) -> Result<Option<Map<String, Value>>, Trouble> {
        let reply = self.secrets("GetSecretValue", &json!({"SecretId": id})).await?;
        let told = &reply.told;
        let empty = told["__type"].as_str().is_some_and(|kind| kind.ends_with("ResourceNotFoundException"))
            && ["message", "Message"]
                .iter()
                .any(|name| told[*name].as_str().is_some_and(|text| text.contains("staging label")));
        if empty {
            return Ok(None);
        }
        let text = document(reply, "Secrets Manager")?["SecretString"].as_str().map(str::to_owned).unwrap_or_default();
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
        let trouble = |what: &str| Trouble(format!("AWS {service}: {what}"));
        let unsigned = Unsigned { service, method, url, headers: &headers, body };
        let signature = self.signer.sign(unsigned).ok_or_else(|| trouble("not signed"))?;
        let verb = method.parse().map_err(|_| trouble("no method"))?;
        let mut request = client().request(verb, url).timeout(LIMIT).body(body.to_vec());
        for (name, value) in headers {
            request = request.header(name, value);
        }
        for (name, value) in signature {
            request = request.header(name, value);
        }
        let answer = request.send().await.map_err(|_| trouble("cannot be reached"))?;
        let status = answer.status().as_u16();
        let bytes = answer.bytes().await.map_err(|_| trouble("broke off"))?;
        Ok(Reply { status, told: serde_json::from_slice(&bytes).unwrap_or_default() })
    }
}

/// What was answered.
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

/// Whether a function is one of a stack's: CloudFormation puts the stack's name in front.
fn belongs(function: &str, stack: &str) -> bool {
    function.strip_prefix(stack).is_some_and(|rest| rest.starts_with('-'))
}

fn list<'a>(page: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    page[name].as_array().into_iter().flatten()
}

/// An answer that is one; of a refusal only its code is told, since its message can quote what was asked.
fn document(reply: Reply, service: &str) -> Result<Value, Trouble> {
    if (200..300).contains(&reply.status) {
        return Ok(reply.told);
    }
    let code = reply.told["__type"].as_str().unwrap_or_default().rsplit('#').next().unwrap_or_default();
    let code: String = code.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
    let code = if code.is_empty() { reply.status.to_string() } else { code };
    Err(Trouble(format!("AWS {service} refused: {code}. May you do this there?")))
}

#[cfg(test)]
mod tests {
    use super::{belongs, encoded};

    #[test]
    fn a_marker_is_a_value_in_a_query_whatever_is_in_it() {
        assert_eq!(encoded("a+b/c==&x"), "a%2Bb%2Fc%3D%3D%26x");
    }

    #[test]
    fn a_stack_has_the_functions_that_begin_with_its_name() {
        assert!(belongs("dialtone-reaper", "dialtone"));
        assert!(belongs("dialtone-prod-RefundsFunction-9x", "dialtone-prod"));
        assert!(!belongs("dialtone-prod-reaper", "dialtone-pro"));
        assert!(!belongs("dialtone", "dialtone"));
    }
}
