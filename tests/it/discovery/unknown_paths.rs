//! What the gateway itself would answer: unknown paths, other methods, the head alone.

use std::io::Read;

use flate2::read::GzDecoder;
use harness::spec::BUY;
use harness::{Stack, binaries};

#[tokio::test]
async fn an_address_at_which_there_is_nothing_is_answered_like_everything_else() {
    let stack = Stack::start(binaries!()).await;
    for (method, path, meant) in [
        ("GET", "/nothing", None),
        ("DELETE", "/api/v2/voice/call", Some("POST /api/v1/voice/call/{call_id}/hangup?")),
        ("POST", "/api/v1/voice/hangup", Some("mean POST /api/v1/voice/call/{call_id}/hangup?")),
        ("POST", "/api/v1/voice/cancel", Some("mean POST /api/v1/voice/call/{call_id}/hangup?")),
        ("POST", "/api/v1/phone/numbers/release", None),
        ("POST", "/api/v1/phone/numbers/transfer", None),
        ("POST", "/voice/calls", Some("POST /api/v1/voice/call?")),
        ("POST", "/v1/phone/number/buy", Some("POST /api/v1/phone/numbers/buy?")),
        ("GET", "/v1/phone/number", Some("mean GET /api/v1/phone/numbers?")),
        (
            "POST",
            "/v1/phone/numbers/order",
            Some(
                "POST /api/v1/phone/numbers/buy or POST /api/v1/phone/numbers/list or POST /api/v1/phone/numbers/renew?",
            ),
        ),
        ("GET", "//", None),
        ("POST", "/api/v1/voice/call/", Some("POST /api/v1/voice/call?")),
        ("GET", "/api/v1/voice/call/", Some("mean GET /api/v1/voice/call/{call_id}?")),
        ("GET", "/voice/calls", Some("mean GET /api/v1/voice/calls?")),
        (
            "DELETE",
            "/v1/voice/call/7ZZZZZZZZZZZZZZZZZZZZZZZZZ/",
            Some("mean POST /api/v1/voice/call/{call_id}/hangup?"),
        ),
        ("GET", "/api/v1/phone/numbers/list/", Some("mean GET /api/v1/phone/numbers?")),
        ("POST", "/API/V1/Phone/Numbers/Buy", Some("POST /api/v1/phone/numbers/buy?")),
        ("POST", "/phone/numbers/list", Some("POST /api/v1/phone/numbers/list?")),
        ("GET", "/api/v1/voice/call/7ZZZZZZZZZZZZZZZZZZZZZZZZZ/", Some("GET /api/v1/voice/call/{call_id}?")),
        ("GET", "/openapi.json/", Some("GET /openapi.json?")),
        ("GET", "/api/v1/openapi.json", Some("GET /openapi.json?")),
    ] {
        let method = http::Method::from_bytes(method.as_bytes()).expect("a method");
        let answer = stack.request(method.clone(), path).header("payment-signature", "e30=").send().await;
        let refused = answer.refused(404, "no_such_path");
        let message = refused["message"].as_str().expect("a message");
        assert!(message.contains("/openapi.json says what there is") && message.ends_with("Not charged."), "{message}");
        assert_eq!(message.contains("Did you mean"), meant.is_some(), "{path}: {message}");
        assert!(message.contains(meant.unwrap_or_default()), "{path}: {message}");
        let is_given_up = path.ends_with("release") || path.ends_with("transfer");
        assert_eq!(message.contains("A lease that is not renewed ends by itself"), is_given_up, "{path}: {message}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{path}");
        assert_eq!(answer.header("location"), None);

        let asked = stack.request(http::Method::OPTIONS, path).header("origin", "https://a.example").send().await;
        assert_eq!(
            asked.expect(204).header("access-control-allow-methods"),
            Some("GET, HEAD, POST, OPTIONS"),
            "{path}"
        );
    }
    assert_eq!(stack.facilitator.verifies(), 0);
}

/// A client that asks for a call's state without its id comes to where calls are placed.
#[tokio::test]
async fn another_method_is_told_which_one_and_what_else_it_may_mean() {
    let stack = Stack::start(binaries!()).await;
    for (method, path, said) in [
        ("GET", "/api/v1/voice/call", "This endpoint takes POST only. Did you mean GET /api/v1/voice/call/{call_id}?"),
        ("GET", "/v1/voice/call", "This endpoint takes POST only. Did you mean GET /api/v1/voice/call/{call_id}?"),
        (
            "DELETE",
            "/api/v1/voice/call",
            "This endpoint takes POST only. Did you mean POST /api/v1/voice/call/{call_id}/hangup? Not charged.",
        ),
        (
            "DELETE",
            "/api/v1/voice/call/7ZZZZZZZZZZZZZZZZZZZZZZZZZ",
            "This endpoint takes GET only. Did you mean POST /api/v1/voice/call/{call_id}/hangup? Not charged.",
        ),
        (
            "DELETE",
            "/v1/phone/numbers",
            "This endpoint takes GET only. A lease that is not renewed ends by itself, and is not given to another wallet. Not charged.",
        ),
        (
            "GET",
            "/api/v1/phone/numbers/list",
            "This endpoint takes POST only. Did you mean GET /api/v1/phone/numbers? Not charged.",
        ),
        (
            "GET",
            "/v1/voice/calls/list",
            "This endpoint takes POST only. Did you mean GET /api/v1/voice/calls? Not charged.",
        ),
        ("POST", "/v1/voice/calls", "This endpoint takes GET only. Did you mean POST /api/v1/voice/call? Not charged."),
        ("POST", "/api/v1/voice/call/7ZZZZZZZZZZZZZZZZZZZZZZZZZ", "This endpoint takes GET only. Not charged."),
        (
            "POST",
            "/v1/phone/numbers",
            "This endpoint takes GET only. Did you mean POST /api/v1/phone/numbers/buy or POST /api/v1/phone/numbers/list or POST /api/v1/phone/numbers/renew? Not charged.",
        ),
    ] {
        let method = http::Method::from_bytes(method.as_bytes()).expect("a method");
        let refused = stack.request(method, path).send().await.refused(405, "method_not_allowed");
        assert!(refused["message"].as_str().expect("words").starts_with(said), "{path}: {refused}");
    }
}

#[tokio::test]
async fn the_head_of_an_answer_tells_the_length_of_its_body() {
    let stack = Stack::start(binaries!()).await;
    for path in
        ["/openapi.json", "/llms.txt", "/favicon.ico", "/nothing", "/api/v1/voice/call/7ZZZZZZZZZZZZZZZZZZZZZZZZZ"]
    {
        for coding in ["identity", "gzip"] {
            let ask = async |method| stack.request(method, path).header("accept-encoding", coding).send().await;
            let (got, head) = (ask(http::Method::GET).await, ask(http::Method::HEAD).await);
            assert_eq!((got.status, head.body.len()), (head.status, 0), "{path}");
            for name in ["content-length", "content-type", "content-encoding", "vary"] {
                assert_eq!(got.header(name), head.header(name), "{path}: {name}");
            }
            assert_eq!(got.header("content-length"), Some(&*got.body.len().to_string()), "{path}");
        }
    }
}

#[tokio::test]
async fn what_is_large_travels_compressed_to_a_client_that_reads_that() {
    let stack = Stack::start(binaries!()).await;
    for path in ["/openapi.json", "/llms.txt"] {
        let plain = stack.get(path).send().await;
        assert_eq!((plain.header("content-encoding"), plain.header("vary")), (None, Some("Accept-Encoding")), "{path}");
        let packed = stack.get(path).header("accept-encoding", "br, gzip").send().await;
        assert_eq!(packed.header("content-encoding"), Some("gzip"), "{path}");
        assert_eq!(
            (packed.header("content-type"), packed.header("vary")),
            (plain.header("content-type"), Some("Accept-Encoding"))
        );
        let mut text = Vec::new();
        GzDecoder::new(&*packed.body).read_to_end(&mut text).expect("gzip");
        assert!(text == plain.body && packed.body.len() * 2 < text.len(), "{path}: {} bytes", packed.body.len());
    }
    for path in ["/robots.txt", "/favicon.ico"] {
        let small = stack.get(path).header("accept-encoding", "gzip").send().await;
        assert_eq!((small.header("content-encoding"), small.header("vary")), (None, None), "{path}");
    }
    let price = stack.post(BUY).header("accept-encoding", "gzip").send().await;
    assert_eq!(price.expect(402).header("content-encoding"), None);
}
