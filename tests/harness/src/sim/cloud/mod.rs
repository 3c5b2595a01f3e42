//! An account of AWS with stacks in it, as an operator sees it: CloudFormation (`stacks.rs`), what
//! Lambda says of the functions and of the account, the bucket of releases and the topics
//! (`around.rs`), and who asks. Of two stacks whose names begin alike, each has functions of its
//! own.

mod around;
mod stacks;
mod template;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Form, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use serde_json::json;

use super::fault::{Answer, Faults};
use super::{json as answer, lock};
use crate::template::Deployment;
use stacks::Stack;

/// How many are in a page: few, so that there is more than one.
const PAGE: usize = 3;
const NAMESPACE: &str = "http://cloudformation.amazonaws.com/doc/2010-05-15/";

/// Names of functions, and what each was told.
pub type Functions = BTreeMap<String, BTreeMap<String, String>>;

/// The account.
#[derive(Clone)]
pub struct Cloud {
    inner: Arc<Mutex<Inner>>,
    faults: Faults,
}

struct Inner {
    stacks: BTreeMap<String, Stack>,
    /// What a new stack has in it.
    born: Functions,
    /// Where functions write, where that is not the usual place.
    groups: BTreeMap<String, String>,
    /// ARNs of alarms that ring.
    ringing: BTreeSet<String>,
    /// Topic, protocol's endpoint, and the ARN or the word that stands for it.
    subscriptions: Vec<[String; 3]>,
    /// Files by bucket and name.
    files: BTreeMap<String, BTreeMap<String, Vec<u8>>>,
    /// How many functions may run at once that none has reserved.
    unreserved: u64,
}

/// A form that was asked with.
type Asked = BTreeMap<String, String>;

impl Cloud {
    /// An account with this deployment in it.
    pub fn with(name: &str, deployment: &Deployment, parameters: &[(&str, &str)]) -> Self {
        let cloud = Self::empty();
        cloud.inner().groups =
            deployment.functions.values().map(|it| (it.name.clone(), it.log_group.clone())).collect();
        cloud.put(name, Self::functions_of(deployment), parameters);
        cloud
    }

    /// An account without stacks, in which a new one has this deployment's functions.
    pub fn before(deployment: &Deployment) -> Self {
        let cloud = Self::empty();
        cloud.inner().born = Self::functions_of(deployment);
        cloud
    }

    fn empty() -> Self {
        let busy = error("Throttling", "Rate exceeded");
        let inner = Inner {
            stacks: BTreeMap::new(),
            born: Functions::new(),
            groups: BTreeMap::new(),
            ringing: BTreeSet::new(),
            subscriptions: Vec::new(),
            files: BTreeMap::new(),
            unreserved: 1_000,
        };
        Self { inner: Arc::new(Mutex::new(inner)), faults: Faults::by(class, Answer::xml(400, &busy)) }
    }

    /// The functions of a deployment, and what each was told.
    pub fn functions_of(deployment: &Deployment) -> Functions {
        deployment.functions.values().map(|it| (it.name.clone(), it.environment.clone())).collect()
    }

    /// One more stack.
    pub fn put(&self, name: &str, functions: Functions, parameters: &[(&str, &str)]) {
        let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.inner().stacks.insert(name.to_owned(), Stack::made(name, functions, parameters));
    }

    /// The parameters of a stack.
    pub fn parameters(&self, stack: &str) -> BTreeMap<String, String> {
        self.inner().stacks[stack].parameters.clone()
    }

    /// How often a stack was updated.
    pub fn updates(&self, stack: &str) -> usize {
        self.inner().stacks[stack].updates
    }

    /// How a stack stands, as CloudFormation calls it.
    pub fn status(&self, stack: &str) -> Option<String> {
        self.inner().stacks.get(stack).map(|stack| stack.status.clone())
    }

    /// A stack stands so from now on, and so when it was asked for once.
    pub fn stands(&self, stack: &str, status: &str, next: Option<&str>) {
        self.change(stack, |stack| {
            status.clone_into(&mut stack.status);
            stack.next = next.map(str::to_owned);
        });
    }

    /// The next change of a stack is taken back, for this reason; a deletion, too.
    pub fn fails(&self, stack: &str, reason: &str) {
        self.change(stack, |stack| stack.fails = Some(reason.to_owned()));
    }

    /// A change that fails cannot be taken back either.
    pub fn cannot_go_back(&self, stack: &str) {
        self.change(stack, |stack| stack.stuck = true);
    }

    /// A stack has no such resource, by its name in the template.
    pub fn lacks(&self, stack: &str, resource: &str) {
        self.change(stack, |stack| stack.resources.retain(|[_, logical, _]| logical != resource));
    }

    /// A stack has one more resource: its kind, what the template calls it, and what it is called.
    pub fn has_a(&self, stack: &str, resource: [&str; 3]) {
        self.change(stack, |stack| stack.resources.push(resource.map(str::to_owned)));
    }

    /// A stack says something of itself.
    pub fn tells(&self, stack: &str, output: &str, value: &str) {
        self.change(stack, |stack| drop(stack.outputs.insert(output.to_owned(), value.to_owned())));
    }

    /// An alarm of a stack's rings, by its name in the template, or does so no more.
    pub fn rings(&self, stack: &str, alarm: &str, whether: bool) {
        let (arn, mut inner) = (stacks::alarm(stack, alarm), self.inner());
        if whether {
            inner.ringing.insert(arn);
        } else {
            inner.ringing.remove(&arn);
        }
    }

    /// An alarm of a stack's begins to ring when the stack is next updated.
    pub fn will_ring(&self, stack: &str, alarm: &str) {
        let arn = stacks::alarm(stack, alarm);
        self.change(stack, |stack| stack.will_ring = Some(arn));
    }

    /// Whether there is a stack of this name.
    pub fn has(&self, stack: &str) -> bool {
        self.inner().stacks.contains_key(stack)
    }

    /// Who is told by a topic: an address, and `PendingConfirmation`, `Deleted`, or the ARN of one
    /// who has confirmed.
    pub fn subscribes(&self, topic: &str, address: &str, state: &str) {
        self.inner().subscriptions.push([topic, address, state].map(str::to_owned));
    }

    /// No address is told by any topic.
    pub fn forgets_subscriptions(&self) {
        self.inner().subscriptions.clear();
    }

    /// How many functions may run at once that none has reserved.
    pub fn runs_at_once(&self, count: u64) {
        self.inner().unreserved = count;
    }

    /// Faults of everything here: a request is called by its action, or by its method and path.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    fn change(&self, stack: &str, change: impl FnOnce(&mut Stack)) {
        let mut inner = self.inner();
        change(inner.stacks.get_mut(stack).unwrap_or_else(|| panic!("there is no stack {stack}")));
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        lock(&self.inner)
    }

    /// CloudFormation, Lambda, STS, SNS and S3, at one address.
    pub fn router(&self) -> Router {
        let routes = Router::new()
            .route("/", post(query))
            .route("/2015-03-31/functions/", get(around::list))
            .route("/2015-03-31/functions/{name}/configuration", get(around::configuration))
            .route("/2016-08-19/account-settings/", get(around::settings))
            .route("/{bucket}", any(around::bucket))
            .route("/{bucket}/{file}", any(around::file))
            .layer(DefaultBodyLimit::disable())
            .with_state(self.clone());
        self.faults.wrap(routes)
    }
}

/// What a request is called.
fn class(parts: &axum::http::request::Parts, body: &[u8]) -> String {
    let action = String::from_utf8_lossy(body);
    let action = action.split('&').find_map(|pair| pair.strip_prefix("Action="));
    action.map_or_else(|| format!("{} {}", parts.method, parts.uri.path()), str::to_owned)
}

/// Whether a request is signed for a service. That the signature is good is for the tests of the
/// signer.
fn is_signed(headers: &HeaderMap, service: &str) -> bool {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let scope = format!("/{service}/aws4_request");
    header.is_some_and(|value| value.starts_with("AWS4-HMAC-SHA256 Credential=") && value.contains(&scope))
}

fn unsigned() -> Response {
    answer(403, &json!({"__type": "MissingAuthenticationTokenException", "Message": "Missing Authentication Token"}))
}

/// The services that speak the query protocol.
async fn query(State(cloud): State<Cloud>, headers: HeaderMap, Form(form): Form<Asked>) -> Response {
    let value = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let (service, version) = match value("Action") {
        "GetCallerIdentity" => ("sts", "2011-06-15"),
        "ListSubscriptionsByTopic" => ("sns", "2010-03-31"),
        "DescribeAlarms" => ("monitoring", "2010-08-01"),
        _ => ("cloudformation", "2010-05-15"),
    };
    if !is_signed(&headers, service) {
        return refused(403, "MissingAuthenticationToken", "Request is missing Authentication Token");
    }
    if value("Version") != version {
        let action = value("Action");
        return refused(400, "InvalidAction", &format!("Could not find operation {action} for version"));
    }
    match service {
        "sts" => {
            let arn = "<Account>000000000000</Account><Arn>arn:aws:iam::000000000000:user/operator</Arn>";
            told("GetCallerIdentity", arn)
        }
        "sns" => around::subscriptions(&cloud.inner(), value("TopicArn"), value("NextToken")),
        "monitoring" => around::alarms(&cloud.inner(), &form),
        _ => stacks::answered(&mut cloud.inner(), &form),
    }
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
    (status, [(header::CONTENT_TYPE, "text/xml")], error(code, message)).into_response()
}

fn error(code: &str, message: &str) -> String {
    format!(
        "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>Sender</Type><Code>{code}</Code><Message>{}</Message></Error>\
         <RequestId>1</RequestId></ErrorResponse>",
        escaped(message)
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
