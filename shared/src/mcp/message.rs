//! Reading a message: JSON-RPC 2.0, one request, notification or answer, never a list of them.
//! Strict, since whatever two programs read differently is a way to cheat one of them: no name
//! twice, no second document behind the first. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, de};
use serde_json::Value;
use serde_json::value::RawValue;

use super::problem::Problem;
use crate::body::is_an_empty_list;
use crate::types::{Object, is_blank};

/// A message as it was sent.
#[derive(Debug)]
pub(super) struct Message<'a> {
    /// What its answer is to be called; nothing, where no answer is wanted. Zero and an empty text
    /// are names.
    pub(super) id: Option<&'a RawValue>,
    /// What is asked for; nothing, in an answer to something that was never asked here.
    pub(super) method: Option<String>,
    params: Option<&'a RawValue>,
    /// Metadata in the wrong place.
    meta: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    jsonrpc: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "there")]
    id: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "there")]
    method: Option<&'a RawValue>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
    #[serde(borrow, rename = "_meta")]
    meta: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "there")]
    result: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "there")]
    error: Option<&'a RawValue>,
}

/// `null` is there, too.
fn there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// The parameters of a message, as far as any method reads them.
#[derive(Default, Deserialize, Debug)]
pub(super) struct Params<'a> {
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
    #[serde(borrow)]
    cursor: Option<&'a RawValue>,
    #[serde(borrow, rename = "protocolVersion")]
    protocol_version: Option<&'a RawValue>,
    #[serde(borrow, rename = "_meta", default, deserialize_with = "filled")]
    meta: Option<Object<Meta<'a>>>,
    /// All of them, also those that no method reads.
    #[serde(skip)]
    all: Members<'a>,
    /// Metadata beside them.
    #[serde(skip)]
    outside: Option<&'a RawValue>,
}

/// An object; nothing for null, and for the list without anything in it that PHP writes for one.
fn filled<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Object<Meta<'de>>>, D::Error> {
    let json = <&RawValue>::deserialize(deserializer)?;
    is_filled(&json).then(|| serde_json::from_str(json.get()).map_err(de::Error::custom)).transpose()
}

fn is_filled(json: &&RawValue) -> bool {
    json.get() != "null" && !is_an_empty_list(json.get().as_bytes())
}

/// The metadata of a message.
#[derive(Clone, Copy, Default, Deserialize, Debug)]
pub(super) struct Meta<'a> {
    #[serde(borrow, rename = "io.modelcontextprotocol/protocolVersion")]
    protocol_version: Option<&'a RawValue>,
    /// The payment, by x402's transport for MCP: an object, or as some clients write it, its
    /// base64.
    #[serde(borrow, rename = "x402/payment")]
    pub(super) payment: Option<&'a RawValue>,
    /// The same under the name that an older client has for it.
    #[serde(borrow, rename = "x402.payment")]
    pub(super) dotted_payment: Option<&'a RawValue>,
}

/// The members of an object.
pub(super) type Members<'a> = BTreeMap<String, &'a RawValue>;

/// A tool that is to be used.
#[derive(Debug)]
pub(super) struct Call<'a> {
    /// Which.
    pub(super) name: String,
    /// With what: a JSON object.
    pub(super) arguments: Option<&'a RawValue>,
    /// What is said beside it.
    pub(super) meta: Meta<'a>,
    /// All of the metadata, also what is not read.
    pub(super) noted: Members<'a>,
    /// The same beside `params`, where none is read.
    pub(super) outside: Members<'a>,
    /// What stands where arguments do not, and nothing is made of.
    pub(super) beside: Vec<(String, &'a RawValue)>,
}

/// What the protocol has beside a tool's name and arguments.
const OF_THE_PROTOCOL: [&str; 7] = ["name", "arguments", "_meta", "cursor", "task", "inputResponses", "requestState"];
/// What hosts leave there of a model's own block, or say about the call.
const OF_A_HOST: [&str; 6] = ["type", "id", "timeout", "timestamp", "annotations", "server"];

impl<'a> Message<'a> {
    /// Reads one.
    pub(super) fn read(text: &'a str) -> Result<Self, Problem> {
        // As in a body: RFC 8259 lets a reader ignore what some editors begin a text with.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let json: &RawValue =
            serde_json::from_str(text).map_err(|_| Problem::not_json("The message is not a JSON document."))?;
        if json.get().starts_with('[') {
            return Err(Problem::not_a_message("Send one message, not a list of them."));
        }
        let Object(envelope): Object<Envelope<'a>> = serde_json::from_str(json.get())
            .map_err(|_| Problem::not_a_message("A message is a JSON object in which no name is there twice."))?;
        let Envelope { jsonrpc, id, method, params, meta, result, error } = envelope;
        if jsonrpc.map(RawValue::get) != Some(r#""2.0""#) {
            return Err(Problem::not_a_message("`jsonrpc` must be \"2.0\"."));
        }
        if id.is_some_and(|id| !is_name(id)) {
            return Err(Problem::not_a_message("`id` must be a string or a number; a notification has none."));
        }
        let method = match method {
            Some(method) => Some(text_in(method).ok_or_else(|| Problem::not_a_message("`method` must be a string."))?),
            None if result.is_some() || error.is_some() => None,
            None => return Err(Problem::not_a_message("`method` is missing.")),
        };
        Ok(Self { id, method, params: params.filter(is_filled), meta })
    }

    /// What it is about.
    pub(super) fn params(&self) -> Result<Params<'a>, Problem> {
        let Some(params) = self.params else { return Ok(Params { outside: self.meta, ..Params::default() }) };
        let read: Result<Object<Params<'a>>, _> = serde_json::from_str(params.get());
        let Object(mut params) = read.map_err(|_| {
            Problem::wrong_params("`params` and `_meta` must be JSON objects in which no name is there twice.")
        })?;
        params.all = self.params.map(members).unwrap_or_default();
        params.outside = self.meta;
        Ok(params)
    }
}

impl<'a> Params<'a> {
    /// The revision that a client begins with.
    pub(super) fn protocol_version(&self) -> Option<String> {
        text_in(self.protocol_version?)
    }

    /// The revision that each message names since 2026-07-28. What is there and no text is named as
    /// it stands.
    pub(super) fn named_version(&self) -> Option<String> {
        let version = self.meta().protocol_version?;
        Some(text_in(version).unwrap_or_else(|| version.get().to_owned()))
    }

    /// The tool's name, where there is one.
    pub(super) fn name(&self) -> Option<String> {
        text_in(self.name?)
    }

    fn meta(&self) -> Meta<'a> {
        self.meta.as_ref().map(|Object(meta)| *meta).unwrap_or_default()
    }

    /// There is one page of everything, so none begins anywhere.
    pub(super) fn no_cursor(&self) -> Result<(), Problem> {
        let is_nothing = |cursor: &&RawValue| text_in(cursor).is_some_and(|cursor| is_blank(&cursor));
        if self.cursor.as_ref().is_some_and(|cursor| !is_nothing(cursor)) {
            Err(Problem::wrong_params("Unknown cursor: there is one page."))
        } else {
            Ok(())
        }
    }

    /// The tool that is to be used.
    pub(super) fn call(&self) -> Result<Call<'a>, Problem> {
        let name = self.name().ok_or_else(|| Problem::wrong_params("`name` must be the name of a tool."))?;
        let arguments = self.arguments.filter(is_filled);
        if arguments.is_some_and(|arguments| !arguments.get().starts_with('{')) {
            return Err(Problem::wrong_params("`arguments` must be a JSON object."));
        }
        let is_known = |name: &str| OF_THE_PROTOCOL.contains(&name) || OF_A_HOST.contains(&name);
        let filled = arguments.and_then(|arguments| serde_json::from_str::<Value>(arguments.get()).ok());
        let beside = self.all.iter().filter(|(name, value)| !is_known(name) && !repeats(filled.as_ref(), value));
        let beside = beside.map(|(name, value)| (name.clone(), *value)).collect();
        let noted = self.all.get("_meta").map(|meta| members(meta)).unwrap_or_default();
        let outside = self.outside.map(members).unwrap_or_default();
        Ok(Call { name, arguments, meta: self.meta(), noted, outside, beside })
    }
}

/// Whether this is the arguments once more, as where a host leaves a model's block in place.
fn repeats(arguments: Option<&Value>, json: &RawValue) -> bool {
    let is_object = arguments.is_some() && json.get().starts_with('{');
    is_object && serde_json::from_str::<Value>(json.get()).ok().as_ref() == arguments
}

/// The members of an object; none of anything else.
fn members(json: &RawValue) -> Members<'_> {
    serde_json::from_str(json.get()).unwrap_or_default()
}

/// A text or a number.
fn is_name(id: &RawValue) -> bool {
    id.get().starts_with(|first: char| first == '"' || first == '-' || first.is_ascii_digit())
}

fn text_in(json: &RawValue) -> Option<String> {
    serde_json::from_str(json.get()).ok()
}

#[cfg(test)]
mod tests {
    use super::Message;

    fn read(text: &str) -> Result<(Option<String>, Option<String>), (u16, i32)> {
        let message = Message::read(text).map_err(|problem| problem.told())?;
        message.params().map_err(|problem| problem.told())?;
        Ok((message.id.map(|id| id.get().to_owned()), message.method))
    }

    #[test]
    fn an_id_is_any_text_and_any_number_and_is_kept_to_the_letter() {
        for id in
            ["0", "-1", "7", "1.0", "1.5", "1e3", "123456789012345678901234567890", r#""""#, r#""a\u0062""#, r#""0""#]
        {
            let read = read(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#));
            assert_eq!(read, Ok((Some(id.to_owned()), Some("ping".to_owned()))), "{id}");
        }
        for id in ["null", "true", "{}", "[]", "[1]"] {
            assert_eq!(read(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#)), Err((400, -32600)), "{id}");
        }
        let marked = read("\u{feff}{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}");
        assert_eq!(marked, Ok((Some("1".to_owned()), Some("ping".to_owned()))));
        let notification = read(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
        assert_eq!(notification, Ok((None, Some("notifications/initialized".to_owned()))));
    }

    #[test]
    fn arguments_are_read_once_whatever_stands_beside_them() {
        let numbers = vec!["1"; 30_000].join(",");
        let beside = (0..8_000).map(|number| format!(r#","{number}":{{}}"#)).collect::<Vec<_>>().concat();
        let params = format!(r#"{{"name":"buy_number","arguments":{{"a":[{numbers}]}}{beside}}}"#);
        let text = format!(r#"{{"jsonrpc":"2.0","id":0,"method":"tools/call","params":{params}}}"#);
        let began = std::time::Instant::now();
        let message = Message::read(&text).unwrap();
        assert_eq!(message.params().unwrap().call().unwrap().beside.len(), 8_000);
        // Read for each of them anew it takes minutes.
        assert!(began.elapsed().as_secs() < 2, "{:?}", began.elapsed());
    }

    #[test]
    fn what_is_not_one_message_is_refused() {
        for (text, number) in [
            ("", -32700),
            ("{", -32700),
            ("nonsense", -32700),
            (r#"{"jsonrpc":"2.0","id":1,"method":"ping"}{}"#, -32700),
            ("[]", -32600),
            (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, -32600),
            ("1", -32600),
            ("null", -32600),
            (r#""ping""#, -32600),
            (r#"{"id":1,"method":"ping"}"#, -32600),
            (r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, -32600),
            (r#"{"jsonrpc":2.0,"id":1,"method":"ping"}"#, -32600),
            (r#"{"jsonrpc":"2.0","id":1}"#, -32600),
            (r#"{"jsonrpc":"2.0","id":1,"method":7}"#, -32600),
            (r#"{"jsonrpc":"2.0","id":1,"method":null}"#, -32600),
            (r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#, -32600),
            (r#"{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}"#, -32600),
        ] {
            assert_eq!(read(text), Err((400, number)), "{text}");
        }
    }

    #[test]
    fn an_answer_to_nothing_is_a_message_without_a_method() {
        for text in
            [r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":""}}"#]
        {
            assert_eq!(read(text), Ok((Some("1".to_owned()), None)), "{text}");
        }
    }

    #[test]
    fn params_are_an_object_and_their_parts_are_what_they_are_called() {
        let message = |params: &str| format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{params}}}"#);
        for params in [
            "[1]",
            "1",
            r#""x""#,
            r#"{"name":"a","name":"b"}"#,
            r#"{"_meta":[1]}"#,
            r#"{"_meta":"x"}"#,
            r#"{"_meta":{"x402/payment":{},"x402/payment":{}}}"#,
        ] {
            assert_eq!(read(&message(params)), Err((200, -32602)), "{params}");
        }
        let called = |params: &str| {
            let text = message(params);
            let message = Message::read(&text).unwrap();
            let called = message.params().unwrap();
            called
                .call()
                .map(|call| (call.name, call.arguments.map(|it| it.get().to_owned())))
                .map_err(|problem| problem.told())
        };
        assert_eq!(called(r#"{"name":"get_call"}"#), Ok(("get_call".to_owned(), None)));
        assert_eq!(called(r#"{"name":"get_call","arguments":null,"_meta":null}"#), Ok(("get_call".to_owned(), None)));
        // PHP writes an object without anything in it as a list.
        assert_eq!(called(r#"{"name":"get_call","arguments":[ ],"_meta":[]}"#), Ok(("get_call".to_owned(), None)));
        assert_eq!(called(r#"{"name":"a","arguments":{"b":1}}"#), Ok(("a".to_owned(), Some(r#"{"b":1}"#.to_owned()))));
        for params in [
            "{}",
            "null",
            r#"{"name":1}"#,
            r#"{"name":null}"#,
            "[]",
            r#"{"name":"a","arguments":[1]}"#,
            r#"{"name":"a","arguments":"x"}"#,
        ] {
            assert_eq!(called(params), Err((200, -32602)), "{params}");
        }
    }
}
