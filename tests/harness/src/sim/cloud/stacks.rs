//! CloudFormation: stacks, how they are made, changed and deleted, what they say of themselves, and
//! alarms that take a change back. What takes its time in the real one is over when it was asked
//! for once.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use axum::response::Response;

use super::template::Offered;
use super::{Asked, Functions, Inner, PAGE, escaped, refused, told};

/// A stack, and what happened to it.
#[derive(Clone, Debug, Default)]
pub(super) struct Stack {
    pub(super) functions: Functions,
    pub(super) parameters: BTreeMap<String, String>,
    pub(super) outputs: BTreeMap<String, String>,
    tags: BTreeMap<String, String>,
    /// Kind, name in the template, and name.
    pub(super) resources: Vec<[String; 3]>,
    pub(super) status: String,
    /// How it stands once it was asked how.
    pub(super) next: Option<String>,
    /// What the next change fails with.
    pub(super) fails: Option<String>,
    /// The ARN of an alarm that begins to ring with the next change.
    pub(super) will_ring: Option<String>,
    /// Whether a change that fails stays half done.
    pub(super) stuck: bool,
    /// Resource, status and reason, oldest first.
    events: Vec<[String; 3]>,
    pub(super) updates: usize,
    /// ARNs of the alarms that take a change back. They are kept, and hold for each change that
    /// names no others.
    triggers: Vec<String>,
}

impl Stack {
    pub(super) fn made(name: &str, functions: Functions, parameters: BTreeMap<String, String>) -> Self {
        let alarms = [
            "NumberFaultAlarm",
            "CallFaultAlarm",
            "NumberErrorAlarm",
            "CallErrorAlarm",
            "RoundErrorAlarm",
            "ReaperAlarm",
        ];
        let of = |alarm: &&str| ["AWS::CloudWatch::Alarm", alarm, &format!("{name}-{alarm}")].map(str::to_owned);
        let resources = alarms.iter().map(of).collect();
        let status = "CREATE_COMPLETE".to_owned();
        Self { functions, parameters, resources, status, ..Self::default() }
    }

    fn happens(&mut self, resource: &str, status: &str, reason: &str) {
        self.events.push([resource, status, reason].map(str::to_owned));
    }

    /// Something began to change, and ends well or is taken back.
    fn changes(&mut self, name: &str, verb: &str, taken_back: Option<&str>) {
        let (begun, failed) = (format!("{verb}_IN_PROGRESS"), format!("{verb}_FAILED"));
        let back = if verb == "CREATE" { "ROLLBACK".to_owned() } else { format!("{verb}_ROLLBACK") };
        self.happens(name, &begun, "User Initiated");
        self.next = Some(match taken_back {
            None => format!("{verb}_COMPLETE"),
            Some(reason) => {
                if !reason.starts_with("Rollback triggered") {
                    self.happens("Table", &failed, reason);
                    self.happens("Api", &failed, "Resource update cancelled");
                }
                self.happens(name, &format!("{back}_IN_PROGRESS"), reason);
                // More than a page, behind what it failed for.
                for resource in ["Reaper", "Refunds", "Buy", "Renew", "Api"] {
                    self.happens(resource, &format!("{verb}_COMPLETE"), "");
                }
                let end = if self.stuck { "FAILED" } else { "COMPLETE" };
                self.happens(name, &format!("{back}_{end}"), "");
                format!("{back}_{end}")
            }
        });
        self.status = begun;
    }
}

/// The ARN of an alarm of a stack's, by its name in the template.
pub(super) fn alarm(stack: &str, alarm: &str) -> String {
    format!("arn:aws:cloudwatch:us-east-1:000000000000:alarm:{stack}-{alarm}")
}

pub(super) fn answered(inner: &mut Inner, form: &Asked) -> Response {
    let value = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let (action, name) = (value("Action"), value("StackName"));
    // By its id, too.
    let name = name.rsplit('/').nth(1).unwrap_or(name);
    if action == "CreateStack" {
        return create(inner, name, form);
    }
    if !inner.stacks.contains_key(name) {
        return refused(400, "ValidationError", &format!("Stack with id {name} does not exist"));
    }
    if action == "UpdateStack" {
        return update(inner, name, form);
    }
    let Some(stack) = inner.stacks.get_mut(name) else { return refused(500, "InternalFailure", "") };
    match action {
        "ListStackResources" => resources(stack, value("NextToken")),
        "DescribeStacks" => described(name, stack),
        "DescribeStackEvents" => events(name, stack, value("NextToken")),
        "DeleteStack" => {
            if let Some(reason) = stack.fails.take() {
                stack.happens(name, "DELETE_IN_PROGRESS", "User Initiated");
                stack.happens("Books", "DELETE_FAILED", &reason);
                "DELETE_FAILED".clone_into(&mut stack.status);
            } else {
                inner.stacks.remove(name);
            }
            told("DeleteStack", "")
        }
        _ => refused(400, "InvalidAction", &format!("Could not find operation {action} for version 2010-05-15")),
    }
}

fn resources(stack: &Stack, token: &str) -> Response {
    let row = |kind: &str, logical: &str, name: &str, status: &str| {
        format!(
            "<member><ResourceType>{kind}</ResourceType><LogicalResourceId>{logical}</LogicalResourceId>\
             <PhysicalResourceId>{}</PhysicalResourceId><ResourceStatus>{status}</ResourceStatus></member>",
            escaped(name)
        )
    };
    let mut all = vec![
        row("AWS::DynamoDB::Table", "Table", "table", "CREATE_COMPLETE"),
        row("AWS::Lambda::Function", "It", "one-that-is-gone", "DELETE_COMPLETE"),
    ];
    all.extend(stack.functions.keys().map(|name| row("AWS::Lambda::Function", "It", name, "UPDATE_COMPLETE")));
    all.extend(stack.resources.iter().map(|[kind, logical, name]| row(kind, logical, name, "CREATE_COMPLETE")));
    let (page, next) = page(&all, token);
    told("ListStackResources", &format!("<StackResourceSummaries>{page}</StackResourceSummaries>{next}"))
}

/// A page of a list, and where the next begins.
fn page(all: &[String], token: &str) -> (String, String) {
    let from: usize = token.parse().unwrap_or(0);
    let page = all.iter().skip(from).take(PAGE).map(String::as_str).collect();
    let next = if from + PAGE < all.len() { format!("<NextToken>{}</NextToken>", from + PAGE) } else { String::new() };
    (page, next)
}

fn described(name: &str, stack: &mut Stack) -> Response {
    let pairs = |all: &BTreeMap<String, String>, what: &str| {
        all.iter().fold(String::new(), |mut text, (name, value)| {
            let value = escaped(value);
            let _ = write!(text, "<member><{what}Key>{name}</{what}Key><{what}Value>{value}</{what}Value></member>");
            text
        })
    };
    let (parameters, outputs) = (pairs(&stack.parameters, "Parameter"), pairs(&stack.outputs, "Output"));
    let tags = pairs(&stack.tags, "");
    let status = stack.status.clone();
    if let Some(next) = stack.next.take() {
        stack.status = next;
    }
    told(
        "DescribeStacks",
        &format!(
            "<Stacks><member><StackName>{name}</StackName><StackId>{}</StackId><StackStatus>{status}</StackStatus>\
             <Parameters>{parameters}</Parameters><Outputs>{outputs}</Outputs><Tags>{tags}</Tags></member></Stacks>",
            id(name)
        ),
    )
}

fn events(name: &str, stack: &Stack, token: &str) -> Response {
    let event = |[resource, status, reason]: &[String; 3]| {
        let kind = if resource == name { "AWS::CloudFormation::Stack" } else { "AWS::Lambda::Function" };
        format!(
            "<member><LogicalResourceId>{resource}</LogicalResourceId><ResourceType>{kind}</ResourceType>\
             <ResourceStatus>{status}</ResourceStatus><ResourceStatusReason>{}</ResourceStatusReason></member>",
            escaped(reason)
        )
    };
    let all: Vec<String> = stack.events.iter().rev().map(event).collect();
    let (page, next) = page(&all, token);
    told("DescribeStackEvents", &format!("<StackEvents>{page}</StackEvents>{next}"))
}

fn create(inner: &mut Inner, name: &str, form: &Asked) -> Response {
    if inner.stacks.contains_key(name) {
        return refused(400, "AlreadyExistsException", &format!("Stack [{name}] already exists"));
    }
    let made = may(form).and_then(|()| offered(inner, form)).and_then(|offered| {
        let offered = offered.ok_or("Either Template URL or Template Body must be specified.")?;
        offered.filled(&given(form, &BTreeMap::new())?)
    });
    match made {
        Ok(parameters) => {
            let mut stack = Stack::made(name, inner.born.clone(), parameters);
            stack.triggers = triggers(form).unwrap_or_default();
            stack.tags = tags(form);
            stack.changes(name, "CREATE", None);
            inner.stacks.insert(name.to_owned(), stack);
            told("CreateStack", &format!("<StackId>{}</StackId>", id(name)))
        }
        Err(why) => refused(400, "ValidationError", &why),
    }
}

fn update(inner: &mut Inner, name: &str, form: &Asked) -> Response {
    let stack = inner.stacks[name].clone();
    if !stack.status.ends_with("_COMPLETE") || ["ROLLBACK_COMPLETE", "DELETE_COMPLETE"].contains(&&*stack.status) {
        let message = format!("Stack:{name} is in {} state and can not be updated.", stack.status);
        return refused(400, "ValidationError", &message);
    }
    let after = may(form).and_then(|()| after(inner, &stack, form));
    let (after, same) = match after {
        Ok(after) => after,
        Err(why) => return refused(400, "ValidationError", &why),
    };
    if same {
        return refused(400, "ValidationError", "No updates are to be performed.");
    }
    let triggers = triggers(form).unwrap_or(stack.triggers);
    inner.ringing.extend(inner.stacks.get_mut(name).and_then(|stack| stack.will_ring.take()));
    let rings = triggers.iter().find(|arn| inner.ringing.contains(*arn));
    let rings = rings.map(|arn| format!("Rollback triggered by alarm(s): [{arn}]"));
    let unknown =
        triggers.iter().find(|arn| !stack.resources.iter().any(|[.., name]| arn.ends_with(&format!(":{name}"))));
    if triggers.len() > MOST {
        return refused(400, "ValidationError", "Number of rollback triggers exceeds the limit of 5");
    }
    let unknown = unknown.map(|arn| format!("Rollback triggers do not exist: [{arn}]"));
    let Some(stack) = inner.stacks.get_mut(name) else { return refused(500, "InternalFailure", "") };
    let back = stack.fails.take().or(unknown).or(rings);
    stack.changes(name, "UPDATE", back.as_deref());
    stack.triggers = triggers;
    if back.is_none() {
        stack.parameters = after;
    }
    stack.updates += 1;
    told("UpdateStack", &format!("<StackId>{}</StackId>", id(name)))
}

/// The parameters after an update, and whether nothing changes.
fn after(inner: &Inner, stack: &Stack, form: &Asked) -> Result<(BTreeMap<String, String>, bool), String> {
    let given = given(form, &stack.parameters)?;
    if let Some(offered) = offered(inner, form)? {
        // What is in the zips is not looked at: another template is another release.
        return Ok((offered.filled(&given)?, false));
    }
    if let Some(unknown) = given.keys().find(|name| !stack.parameters.contains_key(*name)) {
        return Err(format!("Parameters: [{unknown}] do not exist in the template"));
    }
    if given.len() != stack.parameters.len() {
        // Those with a default would fall back to it: a mistake that the real one does not tell.
        return Err("Parameters: some of them must have values".to_owned());
    }
    let same = given == stack.parameters;
    Ok((given, same))
}

/// Whether the caller has said yes to roles and a transform.
fn may(form: &Asked) -> Result<(), String> {
    let said: Vec<_> = form.iter().filter(|(name, _)| name.starts_with("Capabilities.member.")).collect();
    let lacks =
        ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"].into_iter().find(|it| !said.iter().any(|(_, one)| one == it));
    lacks.map_or(Ok(()), |needed| Err(format!("Requires capabilities : [{needed}]")))
}

/// The template that is named; none, where the stack keeps its own.
fn offered(inner: &Inner, form: &Asked) -> Result<Option<Offered>, String> {
    let Some(url) = form.get("TemplateURL") else {
        let kept = form.get("UsePreviousTemplate").is_some_and(|it| it == "true");
        return if kept { Ok(None) } else { Err("Either Template URL or Template Body must be specified.".to_owned()) };
    };
    let mut parts = url.rsplit('/');
    let (file, bucket) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let text = inner.files.get(bucket).and_then(|files| files.get(file)).ok_or("S3 error: Access Denied")?;
    Offered::read(text).map(Some).ok_or_else(|| "Template format error: YAML not well-formed.".to_owned())
}

/// What the caller says of each parameter.
fn given(form: &Asked, before: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, String> {
    let mut given = BTreeMap::new();
    for place in 1.. {
        let at = |part: &str| form.get(&format!("Parameters.member.{place}.{part}")).map(String::as_str);
        let Some(key) = at("ParameterKey") else { break };
        let value = if at("UsePreviousValue") == Some("true") {
            let before = before.get(key).map(String::as_str);
            let unknown = "Invalid input for parameter key";
            Some(before.ok_or_else(|| format!("{unknown} {key}. Cannot specify usePreviousValue as true for a parameter key not in the previous template"))?)
        } else {
            at("ParameterValue")
        };
        let value = value.ok_or_else(|| format!("Parameters: [{key}] must have values"))?;
        given.insert(key.to_owned(), value.to_owned());
    }
    Ok(given)
}

/// What a stack is tagged with when it is made.
fn tags(form: &Asked) -> BTreeMap<String, String> {
    let at = |place: usize, part: &str| form.get(&format!("Tags.member.{place}.{part}")).cloned();
    (1..).map_while(|place| Some((at(place, "Key")?, at(place, "Value")?))).collect()
}

/// How many alarms a change may be watched by.
const MOST: usize = 5;

/// The alarms that a request names, none included; nothing, where it does not speak of them and
/// those of before hold.
fn triggers(form: &Asked) -> Option<Vec<String>> {
    const AT: &str = "RollbackConfiguration.RollbackTriggers";
    let named = |name: &str| name == AT || name.starts_with(&format!("{AT}.member."));
    if !form.keys().any(|name| named(name)) {
        return None;
    }
    let arn = |place: usize| form.get(&format!("{AT}.member.{place}.Arn")).cloned();
    Some((1..).map_while(arn).collect())
}

fn id(name: &str) -> String {
    format!("arn:aws:cloudformation:us-east-1:000000000000:stack/{name}/1")
}
