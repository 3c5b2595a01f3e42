//! The protocol itself: what is a message, what each era is answered, what browsers and wrong
//! methods are told.

use harness::{Stack, binaries};
use http::Method;
use serde_json::{Value, json};

use super::{MCP, MODERN, message, result, sent, sent_alone};

/// What only a revision since 2026-07-28 needs, and the others are told as well.
fn is_complete(result: &Value) -> bool {
    result["resultType"] == "complete" && result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "dialtone"
}

#[tokio::test]
async fn a_client_that_begins_with_initialize_is_answered_a_revision_and_needs_no_session() {
    let stack = Stack::start(binaries!()).await;
    for (asked, told) in [
        ("2025-11-25", "2025-11-25"),
        ("2025-06-18", "2025-06-18"),
        // It has lists of messages, and those who know it know the one before.
        ("2025-03-26", "2024-11-05"),
        ("2031-01-01", "2025-11-25"),
    ] {
        let params = json!({"protocolVersion": asked, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
        let answer = sent(&stack, &message("initialize", &params)).send().await;
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert!(answer.header("mcp-session-id").is_none());
        let result = result(&answer);
        assert_eq!(result["protocolVersion"], told, "{asked}");
        assert!(result["capabilities"]["tools"].is_object() && result["serverInfo"]["name"] == "dialtone", "{result}");
        assert!(
            result["instructions"].as_str().is_some_and(|text| text.contains("place_call")) && is_complete(&result)
        );
    }
    let begun = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let heard = sent(&stack, &begun).header("mcp-protocol-version", "2025-11-25").send().await;
    assert!(heard.expect(202).body.is_empty());
    for version in ["2025-11-25", "2025-06-18", "2025-03-26"] {
        let asked = sent(&stack, &message("tools/list", &json!({}))).header("mcp-protocol-version", version);
        assert_eq!(
            result(&asked.header("mcp-session-id", "made-up").send().await)["tools"].as_array().map(Vec::len),
            Some(8)
        );
    }
    // Official clients throw where there is anything in it.
    assert_eq!(result(&sent(&stack, &message("ping", &json!({}))).send().await), json!({}));
}

#[tokio::test]
async fn a_client_whose_messages_stand_alone_discovers_what_there_is_and_both_see_the_same_tools() {
    let stack = Stack::start(binaries!()).await;
    let found = result(&sent_alone(&stack, "server/discover", json!({})).send().await);
    assert_eq!(found["supportedVersions"], json!([MODERN]));
    assert!(found["capabilities"]["tools"].is_object() && is_complete(&found), "{found}");
    let listed = result(&sent_alone(&stack, "tools/list", json!({})).send().await);
    for result in [&found, &listed] {
        assert!(
            result["ttlMs"].as_u64() > Some(0) && result["cacheScope"] == "public" && is_complete(result),
            "{result}"
        );
    }
    assert_eq!(listed, result(&sent(&stack, &message("tools/list", &json!({}))).send().await));
    let voices = result(&sent_alone(&stack, "tools/call", json!({"name": "list_voices"})).send().await);
    assert!(is_complete(&voices) && voices["structuredContent"]["voices"].is_array(), "{voices}");
}

#[tokio::test]
async fn there_is_no_stream_to_open_and_no_session_to_end() {
    let stack = Stack::start(binaries!()).await;
    for method in [Method::GET, Method::DELETE, Method::PUT, Method::PATCH] {
        let answer = stack.request(method.clone(), MCP).header("accept", "text/event-stream").send().await;
        assert_eq!(answer.expect(405).header("allow"), Some("POST, OPTIONS"), "{method}");
        let body = json!({"jsonrpc": "2.0", "id": null, "error": {"code": -32000, "message": "Method not allowed"}});
        assert_eq!(answer.json(), body, "{method}");
    }
    let head = stack.request(Method::HEAD, MCP).send().await;
    assert_eq!(head.expect(405).header("allow"), Some("POST, OPTIONS"));
    let asked = stack.request(Method::OPTIONS, MCP).header("origin", "http://localhost:6274").send().await;
    assert_eq!(asked.expect(204).header("access-control-allow-methods"), Some("POST, OPTIONS"));
    let allowed = asked.header("access-control-allow-headers").expect("headers").to_ascii_lowercase();
    for name in ["content-type", "mcp-protocol-version", "mcp-method", "mcp-name"] {
        assert!(allowed.contains(name), "{allowed}");
    }
}

#[tokio::test]
async fn a_page_of_another_site_may_not_ask_and_a_program_and_our_own_may() {
    let stack = Stack::start(binaries!()).await;
    let ping = message("ping", &json!({}));
    for origin in ["https://elsewhere.example", "null", "http://127.0.0.1.elsewhere.example", "https://localhost:1"] {
        let refused = sent(&stack, &ping).header("origin", origin).send().await;
        assert_eq!(refused.expect(403).json()["error"]["code"], -32600, "{origin}");
        assert_eq!(refused.header("access-control-allow-origin"), Some("*"), "a page may read why");
    }
    for origin in [stack.urls.gateway.as_str(), "http://localhost:6274", "http://127.0.0.1:3000"] {
        result(&sent(&stack, &ping).header("origin", origin).send().await);
    }
}

#[tokio::test]
async fn an_id_comes_back_as_it_was_sent_and_what_has_none_is_not_answered() {
    let stack = Stack::start(binaries!()).await;
    for id in ["0", "-7", "1.5", "9007199254740993", "123456789012345678901234567890", "\"\"", "\"0\"", "\"a b\""] {
        let body = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#);
        let answer = stack.post(MCP).raw("application/json", body).send().await;
        let text = String::from_utf8_lossy(&answer.expect(200).body).into_owned();
        assert!(text.contains(&format!("\"id\":{id},")), "{text}");
    }
    let unnamed = [
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}),
        json!({"jsonrpc": "2.0", "method": "notifications/unheard-of"}),
        json!({"jsonrpc": "2.0", "method": "tools/call", "params": {"name": "list_voices"}}),
        json!({"jsonrpc": "2.0", "id": 1, "result": {}}),
        json!({"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": "no"}}),
    ];
    let mut traffic = stack.traffic.follow();
    for message in unnamed {
        let answer = sent(&stack, &message).send().await;
        assert!(answer.expect(202).body.is_empty(), "{message}");
        assert_eq!(traffic.recv().await.expect("an exchange").path, MCP, "no endpoint was asked");
    }
    assert!(traffic.try_recv().is_err());
    // Nor is one that is not taken: only HTTP can say so.
    for params in [json!([1]), json!({"_meta": 7}), json!("x")] {
        let message = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params});
        let answer = sent(&stack, &message).send().await;
        assert_eq!(answer.expect(400).json()["id"], Value::Null, "{message}");
    }
}

#[tokio::test]
async fn what_is_not_a_message_is_refused_in_the_words_of_json_rpc() {
    let stack = Stack::start(binaries!()).await;
    let deep = |depth: usize| {
        let (open, shut) = ("[".repeat(depth), "]".repeat(depth));
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":{{"a":{open}{shut}}}}}"#)
    };
    let padded = |bytes: usize| {
        let message = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
        format!("{message}{}", " ".repeat(bytes - message.len()))
    };
    for (body, status, code) in [
        (String::new(), 400, -32700),
        ("{".to_owned(), 400, -32700),
        ("[]".to_owned(), 400, -32600),
        (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#.to_owned(), 400, -32600),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#.to_owned(), 400, -32600),
        (r#"{"jsonrpc":"2.0","id":1}"#.to_owned(), 400, -32600),
        (deep(18), 400, -32600),
        (padded(160 * 1024 + 1), 413, -32600),
    ] {
        let answer = stack.post(MCP).raw("application/json", body).send().await;
        let said = answer.expect(status).json();
        assert_eq!((&said["error"]["code"], &said["id"]), (&json!(code), &Value::Null), "{said}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
    for body in [deep(17), padded(160 * 1024)] {
        result(&stack.post(MCP).raw("application/json", body).send().await);
    }
    let bytes = stack
        .post(MCP)
        .raw("application/json", &b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}"[..])
        .send()
        .await;
    assert_eq!(bytes.expect(400).json()["error"]["code"], -32700);
}

#[tokio::test]
async fn what_there_is_not_is_said_as_each_era_wants_it() {
    let stack = Stack::start(binaries!()).await;
    for method in ["resources/list", "prompts/list", "logging/setLevel", "server/discover", "Tools/List", "tools"] {
        let said = sent(&stack, &message(method, &json!({}))).send().await.expect(200).json();
        assert_eq!((&said["error"]["code"], &said["id"]), (&json!(-32601), &json!(0)), "{method}");
    }
    for method in ["ping", "initialize", "resources/list", "logging/setLevel"] {
        let said = sent_alone(&stack, method, json!({})).send().await.expect(404).json();
        assert_eq!((&said["error"]["code"], &said["id"]), (&json!(-32601), &json!(0)), "{method}");
    }
    for params in [
        json!({"name": "no_such_tool"}),
        json!({"name": "voice_call"}),
        json!({"name": "Place_call"}),
        json!({}),
        json!({"name": 1}),
        json!({"name": "list_voices", "arguments": [1]}),
        json!([]),
    ] {
        let said = sent(&stack, &message("tools/call", &params)).send().await.expect(200).json();
        assert_eq!(said["error"]["code"], -32602, "{params}");
    }
    let unknown = sent_alone(&stack, "tools/call", json!({"name": "no_such_tool"})).send().await.expect(200).json();
    assert_eq!(unknown["error"]["code"], -32602);
    let paged = sent(&stack, &message("tools/list", &json!({"cursor": "x"}))).send().await.expect(200).json();
    assert_eq!(paged["error"]["code"], -32602);
}

#[tokio::test]
async fn headers_that_say_another_thing_than_the_message_are_refused() {
    let stack = Stack::start(binaries!()).await;
    let own = json!({"io.modelcontextprotocol/protocolVersion": MODERN});
    let call = message("tools/call", &json!({"name": "list_voices", "_meta": own}));
    let version = ("mcp-protocol-version", MODERN);
    let with = |headers: &[(&str, &str)]| {
        headers.iter().fold(sent(&stack, &call), |request, (name, value)| request.header(name, value)).send()
    };
    for headers in [
        &[version][..],
        &[version, ("mcp-method", "tools/call")],
        &[version, ("mcp-name", "list_voices")],
        &[version, ("mcp-method", "tools/list"), ("mcp-name", "list_voices")],
        &[version, ("mcp-method", "tools/call"), ("mcp-name", "place_call")],
        &[("mcp-method", "tools/call"), ("mcp-name", "list_voices")],
        &[("mcp-protocol-version", "2025-11-25"), ("mcp-method", "tools/call"), ("mcp-name", "list_voices")],
    ] {
        let said = with(headers).await.expect(400).json();
        assert_eq!((&said["error"]["code"], &said["id"]), (&json!(-32020), &json!(0)), "{headers:?}");
    }
    result(&with(&[version, ("mcp-method", "tools/call"), ("mcp-name", "=?base64?bGlzdF92b2ljZXM=?=")]).await);
    let list = message("tools/list", &json!({}));
    let said = sent(&stack, &list).header("mcp-protocol-version", "2031-01-01").send().await.expect(400).json();
    assert_eq!(said["error"]["code"], -32022);
    assert_eq!(said["error"]["data"]["requested"], "2031-01-01");
    assert!(said["error"]["data"]["supported"].as_array().is_some_and(|all| all.contains(&json!(MODERN))), "{said}");
}
