//! Who may do what at AWS, by the template's policies.
//!
//! Each function signs with an access key of its own, and the fronts of DynamoDB, the scheduler,
//! KMS and Secrets Manager ask here before they let a request through: a permission that is missing
//! in the template is missing in the test. What was allowed is remembered, so that a permission
//! that is never used can be told as well. Of conditions only DynamoDB's leading keys and the
//! service that a role is passed to are known; any other is a panic.
//!
//! Operators are held to the policy that the template has for them, likewise.

mod account;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use serde_json::Value;

use crate::template::{ACCOUNT, Deployment, REGION};
pub use account::guard_account;

/// Who starts a schedule's target in our name.
const SCHEDULER: &str = "scheduler.amazonaws.com";
/// The access keys of operators, who have the template's policy for them and no other right.
pub const OPERATORS: [&str; 2] = ["operator", "alice"];
/// What stands before what operators may do, among what functions may.
const OPERATOR: &str = "operator";

/// One `Allow`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    actions: Vec<String>,
    resources: Vec<String>,
    /// Patterns of the partition keys that may be touched; `None` is all of them.
    leading_keys: Option<Vec<String>>,
    /// The services that a role may be passed to; `None` is all of them.
    passed_to: Option<Vec<String>>,
}

impl Statement {
    /// The statements of a function's inline policies.
    pub(crate) fn all(policies: &Value) -> Vec<Self> {
        let policies = policies.as_array().map(Vec::as_slice).unwrap_or_default();
        // A role's policies have a name around them.
        let document = |policy: &Value| policy.get("PolicyDocument").unwrap_or(policy)["Statement"].clone();
        policies.iter().flat_map(|policy| many(&document(policy))).map(|statement| Self::one(&statement)).collect()
    }

    fn one(statement: &Value) -> Self {
        assert_eq!(statement["Effect"], "Allow", "the harness knows only Allow");
        let (mut leading_keys, mut passed_to) = (None, None);
        for (operator, conditions) in statement["Condition"].as_object().into_iter().flatten() {
            for (key, values) in conditions.as_object().into_iter().flatten() {
                match (operator.as_str(), key.as_str()) {
                    ("ForAllValues:StringLike", "dynamodb:LeadingKeys") => leading_keys = Some(strings(values)),
                    ("StringEquals", "iam:PassedToService") => passed_to = Some(strings(values)),
                    _ => panic!("the harness does not know the condition {operator} of {key}"),
                }
            }
        }
        Self {
            actions: strings(&statement["Action"]),
            resources: strings(&statement["Resource"]),
            leading_keys,
            passed_to,
        }
    }

    /// What of this statement allows a deed, if it does.
    fn allows(&self, action: &str, resource: &str, keys: &[String]) -> Option<Vec<String>> {
        let one = |patterns: &[String], text: &str| patterns.iter().find(|pattern| matches(pattern, text)).cloned();
        let (by, on) = (one(&self.actions, action)?, one(&self.resources, resource)?);
        if action == "iam:PassRole" && self.passed_to.as_ref().is_some_and(|to| one(to, SCHEDULER).is_none()) {
            return None;
        }
        let mut used = vec![format!("{by} on {on}")];
        if let Some(allowed) = &self.leading_keys {
            // AWS lets a request through that names no key at all. A request of ours always does.
            if keys.is_empty() {
                return None;
            }
            for key in keys {
                used.push(format!("{by} of {}", one(allowed, key)?));
            }
        }
        Some(used)
    }

    /// Everything that it allows, in the words of [`allows`](Self::allows).
    fn grants(&self) -> impl Iterator<Item = String> {
        self.actions.iter().flat_map(|by| {
            let on = self.resources.iter().map(move |on| format!("{by} on {on}"));
            on.chain(self.leading_keys.iter().flatten().map(move |key| format!("{by} of {key}")))
        })
    }
}

/// Whether any of these statements allows it.
pub fn allowed(statements: &[Statement], action: &str, resource: &str) -> bool {
    statements.iter().any(|statement| statement.allows(action, resource, &[]).is_some())
}

/// The policies of all functions, by the access key each of them signs with. Clones remember the
/// same uses.
#[derive(Clone, Debug, Default)]
pub struct Policies {
    functions: Arc<BTreeMap<String, Holder>>,
    used: Arc<Mutex<BTreeSet<String>>>,
}

#[derive(Debug)]
struct Holder {
    binary: String,
    name: String,
    policy: Vec<Statement>,
}

impl Policies {
    /// Of all the functions of a deployment.
    pub fn of(deployment: &Deployment) -> Self {
        let of = |(binary, function): (&String, &crate::template::Function)| {
            let holder =
                Holder { binary: binary.clone(), name: function.name.clone(), policy: function.policy.clone() };
            (access_key(binary), holder)
        };
        let operators = OPERATORS.map(|key| {
            let policy = deployment.operators.clone();
            (key.to_owned(), Holder { binary: OPERATOR.to_owned(), name: key.to_owned(), policy })
        });
        let functions = deployment.functions.iter().map(of).chain(operators).collect();
        Self { functions: Arc::new(functions), used: Arc::default() }
    }

    /// Why this request is refused, in AWS's words, or `None`. Keys that belong to no function are
    /// the harness's own.
    pub fn refusal(&self, headers: &HeaderMap, action: &str, resource: &str, keys: &[String]) -> Option<String> {
        let Holder { binary, name, policy } = self.functions.get(&signer(headers)?)?;
        if let Some(used) = policy.iter().find_map(|statement| statement.allows(action, resource, keys)) {
            let mut all = self.used.lock().unwrap_or_else(PoisonError::into_inner);
            all.extend(used.into_iter().map(|used| format!("{binary}: {used}")));
            return None;
        }
        Some(format!(
            "User: arn:aws:sts::{ACCOUNT}:assumed-role/{name}-role/{name} is not authorized to perform: \
             {action} on resource: {resource} because no identity-based policy allows the {action} action"
        ))
    }

    /// Everything that is granted to functions: to which role, which action, on which resource, of
    /// which leading keys.
    pub fn granted(&self) -> BTreeSet<String> {
        self.granted_to(|binary| binary != OPERATOR)
    }

    /// Everything that is granted to operators.
    pub fn granted_to_operators(&self) -> BTreeSet<String> {
        self.granted_to(|binary| binary == OPERATOR)
    }

    fn granted_to(&self, whom: impl Fn(&str) -> bool) -> BTreeSet<String> {
        let of = |holder: &Holder| {
            let grants: Vec<_> = holder.policy.iter().flat_map(Statement::grants).collect();
            grants.into_iter().map(|grant| format!("{}: {grant}", holder.binary)).collect::<Vec<_>>()
        };
        self.functions.values().filter(|holder| whom(&holder.binary)).flat_map(of).collect()
    }

    /// What of it has been used.
    pub fn used(&self) -> BTreeSet<String> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Asks before a request reaches the simulated scheduler.
pub fn guard_scheduler(policies: &Policies, router: Router) -> Router {
    router.layer(from_fn_with_state(policies.clone(), guard))
}

/// Asks before a request reaches the simulated key store.
pub fn guard_kms(policies: &Policies, router: Router) -> Router {
    router.layer(from_fn_with_state(policies.clone(), guard_key))
}

async fn guard_key(State(policies): State<Policies>, request: Request, next: Next) -> Response {
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

/// Asks before a request reaches the simulated secrets.
pub fn guard_secrets(policies: &Policies, deployment: &Deployment, router: Router) -> Router {
    let secrets = deployment.secrets.values().cloned().collect();
    router.layer(from_fn_with_state(Arc::new((policies.clone(), secrets)), guard_secret))
}

async fn guard_secret(State(state): State<Arc<(Policies, Vec<String>)>>, request: Request, next: Next) -> Response {
    let (policies, secrets) = &*state;
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, 64 * 1024).await else {
        return forbidden("the request is too large");
    };
    let json: Value = serde_json::from_slice(&body).unwrap_or_default();
    let target = parts.headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let action = format!("secretsmanager:{}", target.rsplit('.').next().unwrap_or_default());
    // What is asked for by its name is judged by its ARN.
    let id = json["SecretId"].as_str().unwrap_or_default();
    let arn = secrets.iter().find(|arn| arn.contains(&format!(":secret:{id}-"))).map_or(id, String::as_str);
    match policies.refusal(&parts.headers, &action, arn, &[]) {
        Some(why) => crate::sim::aws_json_error(400, "AccessDeniedException", &why),
        None => next.run(Request::from_parts(parts, Body::from(body))).await,
    }
}

/// Asks before a request reaches the simulated buckets.
pub fn guard_files(policies: &Policies, router: Router) -> Router {
    router.layer(from_fn_with_state(policies.clone(), guard_file))
}

async fn guard_file(State(policies): State<Policies>, request: Request, next: Next) -> Response {
    let action = if request.method() == "PUT" { "s3:PutObject" } else { "s3:GetObject" };
    let arn = format!("arn:aws:s3:::{}", request.uri().path().trim_start_matches('/'));
    let denied = |why: &str| crate::sim::s3::refused(403, &crate::sim::s3::error("AccessDenied", why));
    if let Some(why) = policies.refusal(request.headers(), action, &arn, &[]) {
        return denied(&why);
    }
    let headers = request.headers().clone();
    let answer = next.run(request).await;
    // That a file is not there is told to those alone who may list.
    let bucket = arn.split('/').next().unwrap_or_default();
    if answer.status() == StatusCode::NOT_FOUND
        && let Some(why) = policies.refusal(&headers, "s3:ListBucket", bucket, &[])
    {
        return denied(&why);
    }
    answer
}

async fn guard(State(policies): State<Policies>, request: Request, next: Next) -> Response {
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
    // A request that names a role hands it on, which is a permission of its own.
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

/// What every function signs with here; the access key says which of them it is.
pub const SECRET_ACCESS_KEY: &str = "local-secret-access-key";

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

    fn allows(action: &str, resource: &str, keys: &[&str]) -> bool {
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        statements().iter().any(|statement| statement.allows(action, resource, &keys).is_some())
    }

    #[test]
    fn an_index_is_not_its_table() {
        assert!(allows("dynamodb:Query", "arn:table/index/due", &[]));
        assert!(!allows("dynamodb:Query", "arn:table", &[]));
    }

    #[test]
    fn leading_keys_bound_what_may_be_read() {
        assert!(allows("dynamodb:GetItem", "arn:table", &["CALL#01"]));
        assert!(!allows("dynamodb:GetItem", "arn:table", &["CALL#01", "WALLET#x"]));
        assert!(!allows("dynamodb:GetItem", "arn:table", &[]));
    }

    #[test]
    fn a_role_is_passed_to_whom_the_policy_names() {
        let pass = |to: &str| {
            Statement::all(&json!([{"Statement": {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:role",
                "Condition": {"StringEquals": {"iam:PassedToService": to}}}}]))
        };
        assert!(allowed(&pass("scheduler.amazonaws.com"), "iam:PassRole", "arn:role"));
        assert!(!allowed(&pass("lambda.amazonaws.com"), "iam:PassRole", "arn:role"));
    }

    #[test]
    #[should_panic(expected = "does not know the condition StringLike of aws:SourceIp")]
    fn a_condition_that_is_not_checked_here_is_said_so() {
        let condition = json!({"StringLike": {"aws:SourceIp": "10.*"}});
        let _ = Statement::all(
            &json!([{"Statement": {"Effect": "Allow", "Action": "x", "Resource": "*", "Condition": condition}}]),
        );
    }

    #[test]
    fn what_was_allowed_is_remembered_by_what_allowed_it() {
        let used = statements().iter().find_map(|one| one.allows("dynamodb:GetItem", "arn:table", &["CALL#01".into()]));
        assert_eq!(used, Some(vec!["dynamodb:GetItem on arn:table".into(), "dynamodb:GetItem of CALL#*".into()]));
        let grants: Vec<_> = statements().iter().flat_map(|one| one.grants().collect::<Vec<_>>()).collect();
        assert_eq!(
            grants,
            ["dynamodb:Query on arn:table/index/due", "dynamodb:GetItem on arn:table", "dynamodb:GetItem of CALL#*"]
        );
    }
}
