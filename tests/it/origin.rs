//! Where a deployment says that it is: at its own domain, or, without one, at the name that AWS
//! gave its API, whatever a client calls it.

use harness::gateway::API_NAME;
use harness::spec::{BUY, CALL, LIST};
use harness::{Stack, binaries};
use serde_json::Value;

const SELLS: [(&str, &str); 3] = [("numbers_buy", BUY), ("voice_call", CALL), ("numbers_list", LIST)];

async fn nameless() -> Stack {
    let functions = SELLS.iter().map(|(function, _)| *function).chain(["discovery", "numbers"]);
    functions.fold(Stack::builder(binaries!()), |world, it| world.variable_of(it, "PUBLIC_URL", "")).start().await
}

#[tokio::test]
async fn without_a_domain_a_deployment_is_where_the_gateway_says_and_not_where_a_client_does() {
    let stack = nameless().await;
    for (_, path) in SELLS {
        for host in ["", "evil.acme.io", "evil.acme.io:443"] {
            let asked = stack.post(path).body(&serde_json::json!({}));
            let asked =
                if host.is_empty() { asked } else { asked.header("x-forwarded-host", host).header("host", host) };
            let answer = asked.send().await;
            assert_eq!(answer.status, 402, "{path} as {host}");
            let resource = &answer.demand().required["resource"]["url"];
            assert_eq!(resource, &Value::from(format!("https://{API_NAME}{path}")), "as {host}");
        }
    }
    let document = stack.get("/openapi.json").header("host", "evil.acme.io").send().await.json();
    assert_eq!(document["servers"][0]["url"], format!("https://{API_NAME}"));
    let challenge = stack.get("/api/v1/phone/numbers").header("host", "evil.acme.io").send().await.json().to_string();
    assert!(!challenge.contains("evil.acme.io"), "{challenge}");
    assert!(challenge.contains(API_NAME), "{challenge}");
}

#[tokio::test]
async fn without_a_domain_a_deployment_sells() {
    let stack = nameless().await;
    let wallet = stack.wallet();
    stack.buys_in(&wallet, Some("415")).await;
    stack.calls(&wallet, "+12133610872").await;
}
