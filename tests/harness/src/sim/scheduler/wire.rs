//! Requests, documents and errors of the REST JSON protocol.

use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Expression, Schedule};
use crate::sim;

/// An error.
pub(super) struct Refusal {
    status: u16,
    kind: &'static str,
    message: String,
}

impl Refusal {
    pub(super) fn validation(message: &str) -> Self {
        Self { status: 400, kind: "ValidationException", message: message.into() }
    }

    pub(super) fn conflict(message: &str) -> Self {
        Self { status: 409, kind: "ConflictException", message: message.into() }
    }

    pub(super) fn not_found(message: &str) -> Self {
        Self { status: 404, kind: "ResourceNotFoundException", message: message.into() }
    }

    pub(super) fn no_schedule(name: &str) -> Self {
        Self::not_found(&format!("Schedule {name} does not exist."))
    }

    pub(super) fn unsigned() -> Self {
        let message = "Missing Authentication Token".into();
        Self { status: 403, kind: "MissingAuthenticationTokenException", message }
    }

    pub(super) fn unreadable() -> Self {
        Self { status: 400, kind: "SerializationException", message: "The request body is not JSON.".into() }
    }

    pub(super) fn into_response(self) -> Response {
        let mut response = sim::json(self.status, &json!({"Message": self.message}));
        let name = HeaderName::from_static("x-amzn-errortype");
        response.headers_mut().insert(name, HeaderValue::from_static(self.kind));
        response
    }
}

/// A create or update request that passed validation.
pub(super) struct Wanted {
    pub(super) group: String,
    pub(super) expression: String,
    pub(super) when: Expression,
    pub(super) client_token: Option<String>,
    arn: String,
    role: String,
    input: String,
    dead_letters: Option<String>,
    delete_after_completion: bool,
    enabled: bool,
}

impl Wanted {
    pub(super) fn parse(name: &str, body: &Value) -> Result<Self, Refusal> {
        named("name", name)?;
        let group = optional(body, "GroupName")?.unwrap_or_else(|| "default".into());
        named("groupName", &group)?;
        let expression = required(body, "ScheduleExpression")?;
        let when = Expression::parse(&expression)
            .ok_or_else(|| Refusal::validation(&format!("Invalid Schedule Expression {expression}.")))?;
        if optional(body, "ScheduleExpressionTimezone")?.is_some_and(|zone| zone != "UTC") {
            return Err(Refusal::validation(
                "Provided ScheduleExpressionTimezone is not valid: only UTC is simulated.",
            ));
        }
        window(&body["FlexibleTimeWindow"])?;
        let target = &body["Target"];
        if !target.is_object() {
            return Err(null("target"));
        }
        let client_token = optional(body, "ClientToken")?;
        if let Some(token) = &client_token {
            named("clientToken", token)?;
        }
        let input = optional(target, "Input")?.unwrap_or_else(|| "{}".into());
        if serde_json::from_str::<Value>(&input).is_err() {
            return Err(Refusal::validation("Provided Input is not valid JSON."));
        }
        Ok(Self {
            arn: target_arn(&required(target, "Arn")?)?,
            role: role_arn(&required(target, "RoleArn")?)?,
            dead_letters: dead_letters(&target["DeadLetterConfig"])?,
            delete_after_completion: choice(body, "ActionAfterCompletion", ["NONE", "DELETE"])?,
            enabled: !choice(body, "State", ["ENABLED", "DISABLED"])?,
            group,
            expression,
            when,
            client_token,
            input,
        })
    }

    pub(super) fn schedule(self, name: &str, now: Timestamp) -> Schedule {
        Schedule {
            name: name.into(),
            group: self.group,
            expression: self.expression,
            when: self.when,
            arn: self.arn,
            role: self.role,
            input: self.input,
            dead_letters: self.dead_letters,
            delete_after_completion: self.delete_after_completion,
            enabled: self.enabled,
            since: now,
            fired_at: None,
        }
    }
}

fn null(field: &str) -> Refusal {
    Refusal::validation(&format!(
        "1 validation error detected: Value null at '{field}' failed to satisfy constraint: Member must not be null"
    ))
}

fn member(field: &str, value: &str, rule: &str) -> Refusal {
    Refusal::validation(&format!(
        "1 validation error detected: Value '{value}' at '{field}' failed to satisfy constraint: Member must satisfy \
         {rule}"
    ))
}

fn optional(body: &Value, field: &str) -> Result<Option<String>, Refusal> {
    match &body[field] {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        other => Err(member(field, &other.to_string(), "type string")),
    }
}

fn required(body: &Value, field: &str) -> Result<String, Refusal> {
    optional(body, field)?.ok_or_else(|| null(field))
}

/// The second of two words; the first is the default.
fn choice(body: &Value, field: &str, [default, other]: [&str; 2]) -> Result<bool, Refusal> {
    match optional(body, field)? {
        None => Ok(false),
        Some(text) if text == default => Ok(false),
        Some(text) if text == other => Ok(true),
        Some(text) => Err(member(field, &text, &format!("enum value set: [{default}, {other}]"))),
    }
}

fn named(field: &str, text: &str) -> Result<(), Refusal> {
    let legal = |it: char| it.is_ascii_alphanumeric() || "-_.".contains(it);
    if (1..=64).contains(&text.len()) && text.chars().all(legal) {
        Ok(())
    } else {
        Err(member(field, text, "regular expression pattern: ^[0-9a-zA-Z-_.]+$, length 1 to 64"))
    }
}

fn window(window: &Value) -> Result<(), Refusal> {
    match (window["Mode"].as_str(), window["MaximumWindowInMinutes"].as_u64()) {
        (Some("OFF"), None) | (Some("FLEXIBLE"), Some(1..=1440)) => Ok(()),
        (Some("OFF"), Some(_)) => {
            Err(Refusal::validation("A maximum time window must not be specified when FlexibleTimeWindow is OFF."))
        }
        (Some("FLEXIBLE"), _) => Err(Refusal::validation("A FLEXIBLE time window needs 1 to 1440 minutes.")),
        (Some(mode), _) => Err(member("flexibleTimeWindow.mode", mode, "enum value set: [OFF, FLEXIBLE]")),
        (None, _) => Err(null("flexibleTimeWindow")),
    }
}

fn target_arn(arn: &str) -> Result<String, Refusal> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", partition, service, _, _, resource]
            if partition.starts_with("aws") && !service.is_empty() && !resource.is_empty() =>
        {
            Ok(arn.into())
        }
        _ => Err(Refusal::validation(&format!("Provided Arn is not in correct format: {arn}"))),
    }
}

fn role_arn(arn: &str) -> Result<String, Refusal> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", partition, "iam", "", account, role]
            if partition.starts_with("aws")
                && account.len() == 12
                && account.bytes().all(|digit| digit.is_ascii_digit())
                && role.strip_prefix("role/").is_some_and(|name| !name.is_empty()) =>
        {
            Ok(arn.into())
        }
        _ => Err(member("target.roleArn", arn, "regular expression pattern: ^arn:aws(-[a-z]+)?:iam::\\d{12}:role/.+$")),
    }
}

/// A queue; AWS takes nothing else.
fn dead_letters(config: &Value) -> Result<Option<String>, Refusal> {
    if config.is_null() {
        return Ok(None);
    }
    if !config.is_object() {
        return Err(member("target.deadLetterConfig", &config.to_string(), "type structure"));
    }
    let Some(arn) = optional(config, "Arn")? else { return Ok(None) };
    let parts: Vec<&str> = arn.split(':').collect();
    match parts.as_slice() {
        ["arn", partition, "sqs", region, account, queue]
            if partition.starts_with("aws")
                && !region.is_empty()
                && account.len() == 12
                && account.bytes().all(|digit| digit.is_ascii_digit())
                && !queue.is_empty()
                && queue.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_.".contains(&it)) =>
        {
            Ok(Some(arn))
        }
        _ => Err(member(
            "target.deadLetterConfig.arn",
            &arn,
            "regular expression pattern: ^arn:aws[a-z-]*:sqs:[a-z0-9\\-]+:\\d{12}:[a-zA-Z0-9\\-_]+$",
        )),
    }
}

/// `GetSchedule`.
pub(super) fn document(schedule: &Schedule) -> Value {
    let mut document = json!({
        "Name": schedule.name,
        "GroupName": schedule.group,
        "Arn": format!("arn:aws:scheduler:us-east-1:123456789012:schedule/{}/{}", schedule.group, schedule.name),
        "ScheduleExpression": schedule.expression,
        "ScheduleExpressionTimezone": "UTC",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "ActionAfterCompletion": if schedule.delete_after_completion { "DELETE" } else { "NONE" },
        "State": if schedule.enabled { "ENABLED" } else { "DISABLED" },
        "CreationDate": schedule.since.as_second(),
        "LastModificationDate": schedule.since.as_second(),
        "Target": {"Arn": schedule.arn, "RoleArn": schedule.role, "Input": schedule.input},
    });
    if let Some(queue) = &schedule.dead_letters {
        document["Target"]["DeadLetterConfig"] = json!({"Arn": queue});
    }
    document
}
