//! The closed list of what `POST /v1/calls` takes, and of what each of it may be.

use serde_json::{Map, Value};

use super::errors::Refusal;
use super::voices;

/// What a field may be.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Boolean,
    /// A number, or text of one, in a range.
    Number(u32, u32),
    Object,
    List,
    /// A list of text, of at most this many.
    Texts(usize),
    Any,
    OneOf(&'static [&'static str]),
    Https,
    Voicemail,
}

const FIELDS: [(&str, Kind); 45] = [
    ("phone_number", Kind::Text),
    ("task", Kind::Text),
    ("pathway_id", Kind::Text),
    ("pathway_version", Kind::Any),
    ("persona_id", Kind::Text),
    ("start_node_id", Kind::Text),
    ("from", Kind::Text),
    ("voice", Kind::Text),
    ("language", Kind::Text),
    ("max_duration", Kind::Number(1, 720)),
    ("first_sentence", Kind::Text),
    ("wait_for_greeting", Kind::Boolean),
    ("interruption_threshold", Kind::Number(0, 10_000)),
    ("block_interruptions", Kind::Boolean),
    ("interruptibility", Kind::Number(0, 3)),
    ("record", Kind::Boolean),
    ("voicemail", Kind::Voicemail),
    ("webhook", Kind::Https),
    ("webhook_events", Kind::Texts(9)),
    ("metadata", Kind::Object),
    ("request_data", Kind::Object),
    ("timezone", Kind::Text),
    ("start_time", Kind::Text),
    ("model", Kind::OneOf(&["base", "turbo"])),
    ("temperature", Kind::Number(0, 1)),
    ("noise_cancellation", Kind::Boolean),
    ("background_track", Kind::Any),
    ("keywords", Kind::Texts(20)),
    ("summary_prompt", Kind::Text),
    ("dispositions", Kind::Texts(100)),
    ("retry", Kind::Object),
    ("transfer_phone_number", Kind::Text),
    ("transfer_list", Kind::Object),
    ("tools", Kind::List),
    ("dynamic_data", Kind::List),
    ("citation_schema_ids", Kind::Texts(100)),
    ("analysis_schema", Kind::Object),
    ("json_mode_enabled", Kind::Boolean),
    ("precall_dtmf_sequence", Kind::Text),
    ("ignore_button_press", Kind::Boolean),
    ("dialing_strategy", Kind::Object),
    ("local_dialing", Kind::Boolean),
    ("pronunciation_guide", Kind::List),
    ("guard_rails", Kind::List),
    ("answered_by_enabled", Kind::Boolean),
];

const LANGUAGES: &str = "babel fluent auto en babel-en en-US en-GB en-AU en-NZ en-IN es babel-es es-419 fr babel-fr fr-CA de \
                         babel-de el hi hi-Latn hu ja ko ko-KR vi pt pt-BR pt-PT zh zh-CN zh-Hans zh-TW zh-Hant it nl pl ru \
                         sv sv-SE da da-DK fi no id ms tr uk bg cs ro sk";

const WEBHOOK_EVENTS: [&str; 9] =
    ["queue", "call", "latency", "webhook", "tool", "dynamic_data", "citations", "evals", "post_transfer_transcript"];

const VOICEMAIL_ACTIONS: [&str; 4] = ["hangup", "leave_message", "leave_message_and_sms", "ignore"];

/// Holds a body against the list.
pub(super) fn check(body: &Value) -> Result<&Map<String, Value>, Refusal> {
    let Some(fields) = body.as_object() else {
        return Err(Refusal::error(400, "Invalid request body - must be a JSON object."));
    };
    let unknown: Vec<String> = fields
        .keys()
        .filter(|name| FIELDS.iter().all(|(known, _)| known != name))
        .map(|name| format!("Additional properties are not allowed ('{name}' was unexpected)"))
        .collect();
    if !unknown.is_empty() {
        return Err(Refusal::invalid("Additional properties are not allowed", &unknown));
    }
    if body["phone_number"].is_null() {
        return Err(Refusal::error(400, "Missing required parameter: phone_number."));
    }
    if ["task", "pathway_id", "persona_id"].iter().all(|name| body[*name].as_str().is_none_or(str::is_empty)) {
        return Err(Refusal::error(400, "Missing required parameter: task, pathway_id or persona_id."));
    }
    // A null is not an absence here: it has no type that any field wants.
    for (name, kind) in FIELDS {
        if let Some(value) = fields.get(name) {
            kind.check(value).map_err(|rule| Refusal::error(400, &format!("Invalid '{name}' - must be {rule}.")))?;
        }
    }
    if body["language"].as_str().is_some_and(|code| LANGUAGES.split_whitespace().all(|known| known != code)) {
        return Err(Refusal::error(400, "Invalid language code"));
    }
    // Bland documents that a voice is text, and nothing of what it answers to one that it does not
    // have.
    if body["voice"].as_str().is_some_and(|voice| !voices::has(voice)) {
        return Err(Refusal::error(400, "Invalid voice."));
    }
    let events = body["webhook_events"].as_array();
    if events.is_some_and(|events| !events.iter().all(|it| WEBHOOK_EVENTS.iter().any(|known| it == known))) {
        return Err(Refusal::error(400, "Invalid 'webhook_events' - unknown event."));
    }
    Ok(fields)
}

impl Kind {
    fn check(self, value: &Value) -> Result<(), String> {
        let rule = match self {
            Self::Text if !value.is_string() => "a string".into(),
            Self::Boolean if !value.is_boolean() => "a boolean".into(),
            Self::Number(low, high) if !in_range(value, low, high) => format!("a number between {low} and {high}"),
            Self::Object if !value.is_object() => "an object".into(),
            Self::List if !value.is_array() => "an array".into(),
            Self::Texts(most) if !texts(value, most) => format!("an array of at most {most} strings"),
            Self::OneOf(known) if !known.iter().any(|it| value == it) => format!("one of {}", known.join(", ")),
            Self::Https if !value.as_str().is_some_and(|it| it.starts_with("https://")) => {
                "a URL that starts with https://".into()
            }
            Self::Voicemail => return voicemail(value),
            _ => return Ok(()),
        };
        Err(rule)
    }
}

fn in_range(value: &Value, low: u32, high: u32) -> bool {
    let number = value.as_f64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
    number.is_some_and(|number: f64| (f64::from(low)..=f64::from(high)).contains(&number))
}

fn texts(value: &Value, most: usize) -> bool {
    value.as_array().is_some_and(|items| items.len() <= most && items.iter().all(Value::is_string))
}

fn voicemail(value: &Value) -> Result<(), String> {
    let Some(fields) = value.as_object() else {
        return Err("an object".into());
    };
    let known = ["action", "message", "sms", "sensitive"];
    if let Some(unknown) = fields.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(format!("without '{unknown}'"));
    }
    if !value["message"].is_null() && !value["message"].is_string() {
        return Err("an object whose message is a string".into());
    }
    if fields.contains_key("sms") && !value["sms"]["message"].is_string() {
        return Err("an object whose sms has a message".into());
    }
    match &value["action"] {
        Value::Null => Ok(()),
        action if VOICEMAIL_ACTIONS.iter().any(|known| action == known) => Ok(()),
        _ => Err(format!("an object whose action is one of {}", VOICEMAIL_ACTIONS.join(", "))),
    }
}
