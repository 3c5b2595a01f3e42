//! Who may do what at AWS, by the template's policies.
//!
//! Each function signs with an access key of its own, and the fronts of DynamoDB and the scheduler ask here before they
//! let a request through: a permission that is missing in the template is missing in the test. Signatures are not
//! checked, and of conditions only DynamoDB's leading keys are.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use serde_json::Value;

use crate::template::{ACCOUNT, Deployment, REGION};

/// One `Allow`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    actions: Vec<String>,
    resources: Vec<String>,
    /// Patterns of the partition keys that may be touched; `None` is all of them.
    leading_keys: Option<Vec<String>>,
}

impl Statement {
    /// The statements of a function's inline policies.
    pub(crate) fn all(policies: &Value) -> Vec<Self> {
        let policies = policies.as_array().map(Vec::as_slice).unwrap_or_default();
        policies.iter().flat_map(|policy| many(&policy["Statement"])).map(|statement| Self::one(&statement)).collect()
    }

    fn one(statement: &Value) -> Self {
        assert_eq!(statement["Effect"], "Allow", "the harness knows only Allow");
        let keys = &statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"];
        Self {
            actions: strings(&statement["Action"]),
            resources: strings(&statement["Resource"]),
            leading_keys: (!keys.is_null()).then(|| strings(keys)),
        }
    }

    fn allows(&self, action: &str, resource: &str, keys: &[String]) -> bool {
        let any = |patterns: &[String], text: &str| patterns.iter().any(|pattern| matches(pattern, text));
        any(&self.actions, action)
            && any(&self.resources, resource)
            && self.leading_keys.as_ref().is_none_or(|allowed| keys.iter().all(|key| any(allowed, key)))
    }
}

/// The policies of all functions, by the access key each of them signs with.
#[derive(Clone, Debug, Default)]
pub struct Policies(BTreeMap<String, (String, Vec<Statement>)>);

impl Policies {
    /// Of all the functions of a deployment.
    pub fn of(deployment: &Deployment) -> Self {
        let of = |(binary, function): (&String, &crate::template::Function)| {
            (access_key(binary), (function.name.clone(), function.policy.clone()))
        };
        Self(deployment.functions.iter().map(of).collect())
    }

    /// Why this request is refused, in AWS's words, or `None`. Keys that belong to no function are the harness's own.
    pub fn refusal(&self, headers: &HeaderMap, action: &str, resource: &str, keys: &[String]) -> Option<String> {
        let (function, policy) = self.0.get(&signer(headers)?)?;
        if policy.iter().any(|statement| statement.allows(action, resource, keys)) {
            return None;
        }
        Some(format!(
            "User: arn:aws:sts::{ACCOUNT}:assumed-role/{function}-role/{function} is not authorized to perform: \
             {action} on resource: {resource} because no identity-based policy allows the {action} action"
        ))
    }
}

/// Asks before a request reaches the simulated scheduler.
pub fn guard_scheduler(deployment: &Deployment, router: Router) -> Router {
    router.layer(from_fn_with_state(Arc::new(Policies::of(deployment)), guard))
}

/// Asks before a request reaches the simulated key store.
pub fn guard_kms(deployment: &Deployment, router: Router) -> Router {
    router.layer(from_fn_with_state(Arc::new(Policies::of(deployment)), guard_key))
}

async fn guard_key(State(policies): State<Arc<Policies>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, 64 * 1024).await else {
        return forbidden("the request is too large");
    };
    let json: Value = serde_json::from_slice(&body).unwrap_or_default();
    let target = parts.headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let action = format!("kms:{}", target.rsplit('.').next().unwrap_or_default());
    let key = json["KeyId"].as_str().unwrap_or_default();
    let arn = format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/{key}");
    match policies.refusal(&parts.headers, &action, &arn, &[]) {
        Some(why) => crate::sim::aws_json_error(400, "AccessDeniedException", &why),
        None => next.run(Request::from_parts(parts, Body::from(body))).await,
    }
}

async fn guard(State(policies): State<Arc<Policies>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, 1024 * 1024).await else {
        return forbidden("the request is too large");
    };
    let json: Value = serde_json::from_slice(&body).unwrap_or_default();
    let name = parts.uri.path().rsplit('/').next().unwrap_or_default();
    let queried = parts.uri.query().unwrap_or_default().split('&').find_map(|pair| pair.strip_prefix("groupName="));
    let group = json["GroupName"].as_str().or(queried).unwrap_or("default");
    let schedule = format!("arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/{group}/{name}");
    let action = match parts.method.as_str() {
        "POST" => "scheduler:CreateSchedule",
        "PUT" => "scheduler:UpdateSchedule",
        "DELETE" => "scheduler:DeleteSchedule",
        _ => "scheduler:GetSchedule",
    };
    // Whoever names a role hands it on, which is a permission of its own.
    let role = json["Target"]["RoleArn"].as_str().map(|role| ("iam:PassRole", role));
    for (action, resource) in [(action, schedule.as_str())].into_iter().chain(role) {
        if let Some(why) = policies.refusal(&parts.headers, action, resource, &[]) {
            return forbidden(&why);
        }
    }
    next.run(Request::from_parts(parts, Body::from(body))).await
}

fn forbidden(why: &str) -> Response {
    let mut response = Response::new(Body::from(serde_json::json!({"Message": why}).to_string()));
    *response.status_mut() = StatusCode::FORBIDDEN;
    response.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static("AccessDeniedException"));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The access key that a function signs with here.
pub fn access_key(binary: &str) -> String {
    let name: String = binary.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("ASIA{}", name.to_ascii_uppercase())
}

/// The access key in a request's signature.
fn signer(headers: &HeaderMap) -> Option<String> {
    let authorization = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (_, credential) = authorization.split_once("Credential=")?;
    credential.split('/').next().map(str::to_owned)
}

fn many(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_else(|| vec![value.clone()])
}

fn strings(value: &Value) -> Vec<String> {
    many(value).iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// IAM's patterns: `*` stands for anything.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, tail)) => text
            .strip_prefix(head)
            .is_some_and(|rest| (0..=rest.len()).any(|at| rest.get(at..).is_some_and(|rest| matches(tail, rest)))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn statements() -> Vec<Statement> {
        Statement::all(&json!([{"Statement": [
            {"Effect": "Allow", "Action": "dynamodb:Query", "Resource": "arn:table/index/due"},
            {"Effect": "Allow", "Action": ["dynamodb:GetItem"], "Resource": "arn:table",
             "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["CALL#*"]}}},
        ]}]))
    }

    fn allowed(action: &str, resource: &str, keys: &[&str]) -> bool {
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        statements().iter().any(|statement| statement.allows(action, resource, &keys))
    }

    #[test]
    fn an_index_is_not_its_table() {
        assert!(allowed("dynamodb:Query", "arn:table/index/due", &[]));
        assert!(!allowed("dynamodb:Query", "arn:table", &[]));
    }

    #[test]
    fn leading_keys_bound_what_may_be_read() {
        assert!(allowed("dynamodb:GetItem", "arn:table", &["CALL#01"]));
        assert!(!allowed("dynamodb:GetItem", "arn:table", &["CALL#01", "WALLET#x"]));
    }
}
