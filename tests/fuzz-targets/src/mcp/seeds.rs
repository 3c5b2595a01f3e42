//! Messages to begin with.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::MODERN;

/// Messages to begin with, with their headers.
pub fn seeds() -> Vec<String> {
    let id = "5KQ0N8Z4B6W2R9T1X7V3M0C8HS";
    let of = |line: &str, method: &str, params: &str| {
        format!("{line}\n{{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"{method}\",\"params\":{params}}}")
    };
    let call = |name: &str, arguments: &str, meta: &str| {
        of("", "tools/call", &format!(r#"{{"name":"{name}","arguments":{arguments},"_meta":{meta}}}"#))
    };
    let version = format!(r#""_meta":{{"io.modelcontextprotocol/protocolVersion":"{MODERN}"}}"#);
    let modern = |rest: &str, method: &str, params: &str| {
        of(&format!("{MODERN}|{rest}"), method, &format!("{{{params}{version}}}"))
    };
    let payment = r#"{"x402Version":2,"payload":{"a":[1.50]}}"#;
    let encoded = STANDARD.encode(payment);
    let named = |extra: &str| format!(r#"{{"call_id":"{id}"{extra}}}"#);
    let deep = format!("{}{}", "[".repeat(20), "]".repeat(20));
    vec![
        of("", "initialize", r#"{"protocolVersion":"2025-06-18","capabilities":{}}"#),
        of("2025-11-25", "ping", "{}"),
        of("2025-11-25", "tools/list", r#"{"cursor":null}"#),
        of("2031-01-01", "tools/list", "{}"),
        modern("server/discover", "server/discover", ""),
        modern("tools/list", "tools/list", ""),
        modern("tools/list", "tools/call", r#""name":"list_voices","#),
        modern("tools/call|list_voices", "tools/call", r#""name":"list_voices","#),
        modern("tools/call|=?base64?bGlzdF92b2ljZXM=?=", "tools/call", r#""name":"list_voices","#),
        of("", "tools/call", r#"{"name":"buy_number","country":"CA"}"#),
        of("", "tools/call", &format!(r#"{{"name":"get_call","arguments":{}}}"#, named(r#","toolCallId":"c1""#))),
        modern("tools/call|hang_up", "tools/call", r#""name":"get_call","#),
        "\n{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}".to_owned(),
        "\n{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"result\":{}}".to_owned(),
        "\n[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]".to_owned(),
        "\n{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"ping\"}".to_owned(),
        "\n{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}".to_owned(),
        "\n{\"jsonrpc\":\"2.0\",\"id\":1.50,\"method\":\"ping\"}{}".to_owned(),
        of("", "ping", &deep),
        call("get_call", &named(r#","wait_seconds":"7""#), "{}"),
        call("get_call", &named(r#","wait_seconds":20.0"#), "null"),
        call("get_call", &named(r#","wait_seconds":21"#), "{}"),
        call("get_call", &named(r#","wait":5"#), "{}"),
        call("hang_up", &named(r#","reason":{"a":[]}"#), "{}"),
        call("hang_up", r#"{"call_id":"../list"}"#, "{}"),
        call("place_call", r#"{"to":"+12133610872","task":"Ask.","idempotency_key":"order-17"}"#, "{}"),
        call("place_call", r#"{"max_duration":3.0,"max_duration":3}"#, &format!(r#"{{"x402/payment":{payment}}}"#)),
        call("buy_number", "{}", &format!(r#"{{"x402.payment":" {encoded} ","x402/payment":null}}"#)),
        call("buy_number", "{}", r#"{"x402/payment":"YQ==","x402.payment":"Yg=="}"#),
        call("buy_number", r#"{"idempotency_key":"two words"}"#, "{}"),
        call("buy_number", r#"{"idempotency_key":"${id}"}"#, "{}"),
        call("buy_number", r#"{"idempotency_key":""}"#, r#"{"x402/payment":""}"#),
        call("buy_number", "[]", "[ ]"),
        call("buy_number", "{}", r#"{"idempotency_key":"order-17"}"#),
        call("hang_up", &named(""), r#"{"dry_run":true}"#),
        of("", "tools/list", r#"{"cursor":""}"#),
        of("", "tools/list", "[]"),
        call("list_voices", r#"{"a":1}"#, "{}"),
        call("no_such_tool", "{}", "{}"),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::{Answer, Said, expected, mcp};
    use super::seeds;
    use crate::json;

    fn answer(seed: &str) -> &'static str {
        let (line, body) = seed.split_once('\n').unwrap();
        let headers: Vec<&str> = line.splitn(3, '|').collect();
        let header = |place: usize| headers.get(place).copied().filter(|value| !value.is_empty());
        let said = Said { version: header(0), method: header(1), name: header(2) };
        match expected(&said, body.as_bytes(), json::read(body.as_bytes()).as_ref()).1 {
            Answer::Silence => "silence",
            Answer::Error(_, number) => number,
            Answer::Result(_) => "result",
            Answer::Refused => "refused",
            Answer::Asked(_) => "asked",
        }
    }

    #[test]
    fn the_seeds_are_what_they_are_meant_to_be() {
        let answers: Vec<&str> = seeds().iter().map(|seed| answer(seed)).collect();
        let methods = [
            "result", "result", "result", "-32022", "result", "result", "-32020", "asked", "asked", "asked", "refused",
            "-32020",
        ];
        // What stands beside the arguments, and what a host put among them, either reader refuses.
        let messages = ["silence", "silence", "-32600", "-32600", "-32600", "-32700", "-32600"];
        let tools =
            ["refused", "asked", "refused", "refused", "asked", "refused", "asked", "asked", "asked", "refused"];
        let rest =
            ["refused", "refused", "asked", "asked", "refused", "refused", "result", "result", "refused", "-32602"];
        assert_eq!(answers, [&methods[..], &messages, &tools, &rest].concat());
        for seed in seeds() {
            mcp(seed.as_bytes());
            // One bit of it is another message, or none; cargo-fuzz tries the others.
            for place in (0..seed.len()).step_by(11) {
                for bit in [1, 2, 16] {
                    let mut bent = seed.clone().into_bytes();
                    bent[place] ^= bit;
                    mcp(&bent);
                }
            }
        }
    }
}
