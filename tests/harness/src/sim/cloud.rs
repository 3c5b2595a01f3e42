//! An account of AWS with stacks in it, as an operator sees it: what CloudFormation says of a stack, and how it changes one's
//! parameters, and how one is deleted; what Lambda says of the functions; and who asks. Of two stacks whose names begin alike, each has functions of its own.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::{json as answer, lock};
use crate::template::Deployment;

/// How many are in a page: few, so that there is more than one.
const PAGE: usize = 3;
const NAMESPACE: &str = "http://cloudformation.amazonaws.com/doc/2010-05-15/";

/// The account.
#[derive(Clone, Default)]
pub struct Cloud {
    stacks: Arc<Mutex<BTreeMap<String, Stack>>>,
}

/// A stack, and what happened to it.
#[derive(Clone, Debug, Default)]
struct Stack {
    functions: BTreeMap<String, BTreeMap<String, String>>,
    /// Where they write, where that is not the usual place.
    groups: BTreeMap<String, String>,
    parameters: BTreeMap<String, String>,
    status: String,
    /// What the next update fails with.
    fails: Option<String>,
    /// Resource, status and reason, oldest first.
    events: Vec<[String; 3]>,
    updates: usize,
}

impl Cloud {
    /// An account with this deployment in it.
    pub fn with(name: &str, deployment: &Deployment, parameters: &[(&str, &str)]) -> Self {
        let functions = deployment.functions.values().map(|it| (it.name.clone(), it.environment.clone()));
        let cloud = Self::default();
        cloud.put(name, functions.collect(), parameters);
        if let Some(stack) = lock(&cloud.stacks).get_mut(name) {
            stack.groups = deployment.functions.values().map(|it| (it.name.clone(), it.log_group.clone())).collect();
        }
        cloud
    }

    /// One more stack.
    pub fn put(&self, name: &str, functions: BTreeMap<String, BTreeMap<String, String>>, parameters: &[(&str, &str)]) {
        let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let stack = Stack { functions, parameters, status: "CREATE_COMPLETE".to_owned(), ..Stack::default() };
        lock(&self.stacks).insert(name.to_owned(), stack);
    }

    /// The parameters of a stack.
    pub fn parameters(&self, stack: &str) -> BTreeMap<String, String> {
        lock(&self.stacks)[stack].parameters.clone()
    }

    /// How often a stack was updated.
    pub fn updates(&self, stack: &str) -> usize {
        lock(&self.stacks)[stack].updates
    }

    /// The next update of a stack is taken back, for this reason.
    pub fn fails(&self, stack: &str, reason: &str) {
        if let Some(stack) = lock(&self.stacks).get_mut(stack) {
            stack.fails = Some(reason.to_owned());
        }
    }

    /// Whether there is a stack of this name.
    pub fn has(&self, stack: &str) -> bool {
        lock(&self.stacks).contains_key(stack)
    }

    /// CloudFormation, Lambda and STS, at one address.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/", post(cloudformation))
            .route("/2015-03-31/functions/", get(list))
            .route("/2015-03-31/functions/{name}/configuration", get(configuration))
            .with_state(self.clone())
    }
}

/// Whether a request is signed for a service. That the signature is good is for the tests of the signer.
fn is_signed(headers: &HeaderMap, service: &str) -> bool {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let scope = format!("/{service}/aws4_request");
    header.is_some_and(|value| value.starts_with("AWS4-HMAC-SHA256 Credential=") && value.contains(&scope))
}

fn unsigned() -> Response {
    answer(403, &json!({"__type": "MissingAuthenticationTokenException", "Message": "Missing Authentication Token"}))
}

fn described(stack: &Stack, name: &str, variables: &BTreeMap<String, String>) -> Value {
    let group = stack.groups.get(name).cloned().unwrap_or_else(|| format!("/aws/lambda/{name}"));
    json!({
        "FunctionName": name, "Runtime": "provided.al2023", "Handler": "bootstrap", "PackageType": "Zip",
        "Environment": {"Variables": variables},
        "LoggingConfig": {"LogFormat": "JSON", "LogGroup": group},
    })
}

/// `ListFunctions`: all of the account, page by page.
async fn list(
    State(cloud): State<Cloud>,
    Query(parameters): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Response {
    if !is_signed(&headers, "lambda") {
        return unsigned();
    }
    let stacks = lock(&cloud.stacks);
    let all: Vec<_> =
        stacks.values().flat_map(|stack| stack.functions.iter().map(move |(name, told)| (stack, name, told))).collect();
    let from = parameters.iter().find(|(name, _)| name == "Marker").and_then(|(_, at)| at.parse().ok()).unwrap_or(0);
    let page: Vec<Value> =
        all.iter().skip(from).take(PAGE).map(|(stack, name, told)| described(stack, name, told)).collect();
    let next = (from + PAGE < all.len()).then(|| (from + PAGE).to_string());
    answer(200, &json!({"Functions": page, "NextMarker": next}))
}

/// `GetFunctionConfiguration`
async fn configuration(State(cloud): State<Cloud>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    if !is_signed(&headers, "lambda") {
        return unsigned();
    }
    let stacks = lock(&cloud.stacks);
    match stacks.values().find_map(|stack| Some((stack, stack.functions.get(&name)?))) {
        Some((stack, variables)) => answer(200, &described(stack, &name, variables)),
        None => answer(404, &json!({"__type": "ResourceNotFoundException", "Message": "Function not found"})),
    }
}

async fn cloudformation(
    State(cloud): State<Cloud>,
    headers: HeaderMap,
    Form(form): Form<BTreeMap<String, String>>,
) -> Response {
    if form.get("Action").is_some_and(|action| action == "GetCallerIdentity") {
        return identity(&headers);
    }
    if !is_signed(&headers, "cloudformation") {
        return refused(403, "MissingAuthenticationToken", "Request is missing Authentication Token");
    }
    let value = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let (action, name) = (value("Action"), value("StackName"));
    if value("Version") != "2010-05-15" {
        return refused(400, "InvalidAction", &format!("Could not find operation {action} for version"));
    }
    let mut stacks = lock(&cloud.stacks);
    // By its id, too.
    let name = name.rsplit('/').nth(1).unwrap_or(name);
    let Some(stack) = stacks.get_mut(name) else {
        return refused(400, "ValidationError", &format!("Stack with id {name} does not exist"));
    };
    match action {
        "ListStackResources" => resources(stack, value("NextToken")),
        "DescribeStacks" => stack_of(name, stack),
        "DescribeStackEvents" => events(name, stack),
        "UpdateStack" => update(name, stack, &form),
        "DeleteStack" => {
            stacks.remove(name);
            told("DeleteStack", "")
        }
        _ => refused(400, "InvalidAction", &format!("Could not find operation {action} for version 2010-05-15")),
    }
}

fn resources(stack: &Stack, token: &str) -> Response {
    let row = |kind: &str, name: &str, status: &str| {
        format!(
            "<member><ResourceType>{kind}</ResourceType><LogicalResourceId>It</LogicalResourceId>\
             <PhysicalResourceId>{}</PhysicalResourceId><ResourceStatus>{status}</ResourceStatus></member>",
            escaped(name)
        )
    };
    let mut all = vec![
        row("AWS::DynamoDB::Table", "table", "CREATE_COMPLETE"),
        row("AWS::Lambda::Function", "one-that-is-gone", "DELETE_COMPLETE"),
    ];
    all.extend(stack.functions.keys().map(|name| row("AWS::Lambda::Function", name, "UPDATE_COMPLETE")));
    let from: usize = token.parse().unwrap_or(0);
    let page: String = all.iter().skip(from).take(PAGE).map(String::as_str).collect();
    let next = if from + PAGE < all.len() { format!("<NextToken>{}</NextToken>", from + PAGE) } else { String::new() };
    told("ListStackResources", &format!("<StackResourceSummaries>{page}</StackResourceSummaries>{next}"))
}

fn stack_of(name: &str, stack: &mut Stack) -> Response {
    let mut parameters = String::new();
    for (name, value) in &stack.parameters {
        let _ = write!(
            parameters,
            "<member><ParameterKey>{name}</ParameterKey><ParameterValue>{}</ParameterValue></member>",
            escaped(value)
        );
    }
    let status = stack.status.clone();
    // The next question finds it at its end.
    if let Some(next) = match status.as_str() {
        "UPDATE_IN_PROGRESS" if stack.fails.take().is_some() => Some("UPDATE_ROLLBACK_COMPLETE"),
        "UPDATE_IN_PROGRESS" => Some("UPDATE_COMPLETE"),
        _ => None,
    } {
        next.clone_into(&mut stack.status);
    }
    told(
        "DescribeStacks",
        &format!(
            "<Stacks><member><StackName>{name}</StackName><StackId>{}</StackId><StackStatus>{status}</StackStatus>\
             <Parameters>{parameters}</Parameters></member></Stacks>",
            id(name)
        ),
    )
}

fn events(name: &str, stack: &Stack) -> Response {
    let all: String = stack.events.iter().rev().fold(String::new(), |mut all, [resource, status, reason]| {
        let kind = if resource == name { "AWS::CloudFormation::Stack" } else { "AWS::Lambda::Function" };
        let _ = write!(
            all,
            "<member><LogicalResourceId>{resource}</LogicalResourceId><ResourceType>{kind}</ResourceType>\
             <ResourceStatus>{status}</ResourceStatus><ResourceStatusReason>{}</ResourceStatusReason></member>",
            escaped(reason)
        );
        all
    });
    told("DescribeStackEvents", &format!("<StackEvents>{all}</StackEvents>"))
}

fn update(name: &str, stack: &mut Stack, form: &BTreeMap<String, String>) -> Response {
    let says = |name: &str| form.get(name).map(String::as_str);
    if stack.status.ends_with("_IN_PROGRESS") {
        let message = format!("Stack:{name} is in {} state and can not be updated.", stack.status);
        return refused(400, "ValidationError", &message);
    }
    if says("UsePreviousTemplate") != Some("true") {
        return refused(400, "ValidationError", "Either Template URL or Template Body must be specified.");
    }
    let capabilities: Vec<_> = form.iter().filter(|(name, _)| name.starts_with("Capabilities.member.")).collect();
    for needed in ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"] {
        if !capabilities.iter().any(|(_, it)| *it == needed) {
            let message = format!("Requires capabilities : [{needed}]");
            return refused(400, "InsufficientCapabilitiesException", &message);
        }
    }
    let mut after = BTreeMap::new();
    for place in 1.. {
        let at = |part: &str| says(&format!("Parameters.member.{place}.{part}"));
        let Some(key) = at("ParameterKey") else { break };
        let Some(before) = stack.parameters.get(key) else {
            let message = format!("Parameters: [{key}] do not exist in the template");
            return refused(400, "ValidationError", &message);
        };
        let value = if at("UsePreviousValue") == Some("true") { Some(before.as_str()) } else { at("ParameterValue") };
        let Some(value) = value else {
            return refused(400, "ValidationError", &format!("Parameters: [{key}] must have values"));
        };
        after.insert(key.to_owned(), value.to_owned());
    }
    if after.len() != stack.parameters.len() {
        // Those with a default would fall back to it: a mistake that the real one does not tell.
        return refused(400, "ValidationError", "Parameters: some of them must have values");
    }
    if after == stack.parameters {
        return refused(400, "ValidationError", "No updates are to be performed.");
    }
    let event = |resource: &str, status: &str, reason: &str| [resource, status, reason].map(str::to_owned);
    stack.events.push(event(name, "UPDATE_IN_PROGRESS", "User Initiated"));
    match stack.fails.clone() {
        Some(reason) => {
            stack.events.push(event("Table", "UPDATE_FAILED", &reason));
            stack.events.push(event("Api", "UPDATE_FAILED", "Resource update cancelled"));
            stack.events.push(event(name, "UPDATE_ROLLBACK_COMPLETE", ""));
        }
        None => stack.parameters = after,
    }
    stack.updates += 1;
    "UPDATE_IN_PROGRESS".clone_into(&mut stack.status);
    told("UpdateStack", &format!("<StackId>{}</StackId>", id(name)))
}

fn id(name: &str) -> String {
    format!("arn:aws:cloudformation:us-east-1:000000000000:stack/{name}/1")
}

fn identity(headers: &HeaderMap) -> Response {
    if !is_signed(headers, "sts") {
        return refused(403, "MissingAuthenticationToken", "Request is missing Authentication Token");
    }
    told("GetCallerIdentity", "<Account>000000000000</Account><Arn>arn:aws:iam::000000000000:user/operator</Arn>")
}

fn told(action: &str, result: &str) -> Response {
    let body = format!(
        "<{action}Response xmlns=\"{NAMESPACE}\"><{action}Result>{result}</{action}Result>\
         <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></{action}Response>"
    );
    ([(header::CONTENT_TYPE, "text/xml")], body).into_response()
}

fn refused(status: u16, code: &str, message: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = format!(
        "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>Sender</Type><Code>{code}</Code><Message>{}</Message></Error>\
         <RequestId>1</RequestId></ErrorResponse>",
        escaped(message)
    );
    (status, [(header::CONTENT_TYPE, "text/xml")], body).into_response()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
