//! What a page of another origin may do: ask everything, and read every answer, payment headers and
//! refusals included.

use harness::request::Response;
use harness::spec::{BUY, CALL};
use harness::{Stack, binaries};
use http::Method;
use serde_json::json;

/// What clients send, and a page must therefore be allowed to.
const SENT: [&str; 5] =
    ["content-type", "payment-signature", "x-payment", "sign-in-with-x", "access-control-expose-headers"];
/// What a paying page has to read.
const READ: [&str; 6] = [
    "payment-required",
    "payment-response",
    "x-payment-response",
    "x-payment-receipt",
    "idempotent-replayed",
    "retry-after",
];

fn names(answer: &Response, header: &str) -> Vec<String> {
    let value = answer.header(header).expect("a list of headers");
    value.split(',').map(|name| name.trim().to_ascii_lowercase()).collect()
}

#[tokio::test]
async fn a_page_may_ask_everywhere() {
    let stack = Stack::start(binaries!()).await;
    for (path, method) in [
        (BUY, "POST"),
        ("/v1/phone/numbers/buy", "POST"),
        ("/api/v1/phone/numbers/renew", "POST"),
        ("/api/v1/phone/numbers/list", "POST"),
        ("/api/v1/voice/calls/list", "POST"),
        ("/api/v1/phone/numbers", "GET"),
        ("/v1/phone/numbers", "GET"),
        (CALL, "POST"),
        ("/v1/voice/call", "POST"),
        ("/api/v1/voice/call/0123456789ABCDEFGHJKMNPQRS", "GET"),
        ("/v1/voice/call/unknown", "GET"),
        ("/api/v1/voice/call/0123456789ABCDEFGHJKMNPQRS/hangup", "POST"),
        ("/openapi.json", "GET"),
        ("/.well-known/x402", "GET"),
    ] {
        let answer = stack
            .request(Method::OPTIONS, path)
            .header("origin", "https://page.example")
            .header("access-control-request-method", method)
            .header("access-control-request-headers", "content-type,payment-signature,x-client-id")
            .send()
            .await;
        answer.expect(204);
        assert!(answer.body.is_empty(), "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{path}");
        assert!(answer.header("access-control-allow-credentials").is_none(), "{path}");
        assert!(names(&answer, "access-control-allow-methods").contains(&method.to_ascii_lowercase()), "{path}");
        let allowed = names(&answer, "access-control-allow-headers");
        assert!(SENT.iter().chain(&["*"]).all(|name| allowed.iter().any(|one| one == name)), "{path}: {allowed:?}");
        assert!(answer.header("access-control-max-age").is_some(), "{path}");
    }
    // No neighbour was asked anything for it.
    assert_eq!((stack.facilitator.verifies(), stack.bland.faults().count("*")), (0, 0));
}

#[tokio::test]
async fn a_page_may_read_every_answer() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let paid = stack.post(BUY).body(&json!({})).pay(&wallet).await;
    let again = stack.post(BUY).body(&json!({})).paid_with(&paid.payment).send().await;
    let answers = [
        (200, paid.answer),
        (402, paid.asked),
        (200, again),
        (400, stack.post(CALL).body(&json!({"task": "short"})).send().await),
        (404, stack.get("/api/v1/voice/call/unknown").send().await),
        (404, stack.post("/api/v1/voice/call/unknown/hangup").send().await),
        (405, stack.get(BUY).send().await),
        (413, stack.post(BUY).raw("application/json", " ".repeat(129 * 1024)).send().await),
    ];
    for (status, answer) in &answers {
        answer.expect(*status);
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{status}");
        let shown = names(answer, "access-control-expose-headers");
        assert!(READ.iter().all(|name| shown.iter().any(|one| one == name)), "{status}: {shown:?}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{status}");
    }
}
