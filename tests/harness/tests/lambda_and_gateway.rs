//! The runtime API and the gateway, with the smallest function there can be.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use harness::lambda::{InvokeError, Lambda};
use harness::request::Request;
use harness::template::Deployment;
use harness::{client, gateway, sim};
use serde_json::json;

const TEMPLATE: &str = r#"
Globals:
  Function:
    Timeout: 2
    Environment:
      Variables: {GREETING: !Sub "hello ${AWS::Region}"}
Resources:
  HelloFunction:
    Type: AWS::Serverless::Function
    Metadata: {BuildProperties: {Binary: hello}}
    Properties:
      Events:
        Any: {Type: HttpApi, Properties: {Method: ANY, Path: "/hello/{id}"}}
        Get: {Type: HttpApi, Properties: {Method: GET, Path: /get}}
        Die: {Type: HttpApi, Properties: {Method: ANY, Path: /die}}
        Fail: {Type: HttpApi, Properties: {Method: ANY, Path: /fail}}
        Hang: {Type: HttpApi, Properties: {Method: ANY, Path: /hang}}
"#;

struct World {
    lambda: Lambda,
    url: String,
}

impl World {
    async fn start() -> Self {
        let deployment = Deployment::parse(TEMPLATE, &BTreeMap::new());
        let programs = BTreeMap::from([("hello".to_owned(), env!("CARGO_BIN_EXE_hello").into())]);
        let lambda = Lambda::new(&deployment, &programs);
        let (address, _) = sim::serve(gateway::router(&deployment.routes, &lambda)).await;
        Self { lambda, url: format!("http://{address}") }
    }

    fn request(&self, method: Method, path: &str) -> Request {
        Request::new(&client(), method, format!("{}{path}", self.url))
    }
}

#[tokio::test]
async fn a_request_reaches_its_function_and_the_answer_comes_back() {
    let world = World::start().await;
    let answer = world.request(Method::PUT, "/hello/a%20b?x=1").body(&json!({"n": 1})).send().await;
    let echo = answer.expect(200).json();
    assert_eq!((&echo["id"], &echo["body"]), (&json!("a b"), &json!(r#"{"n":1}"#)));
    assert_eq!(answer.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn one_process_serves_requests_that_come_one_after_another() {
    let world = World::start().await;
    for _ in 0..5 {
        world.request(Method::GET, "/get").send().await.expect(200);
    }
    assert_eq!(world.lambda.started("hello"), 1);
}

#[tokio::test]
async fn requests_at_the_same_time_have_a_process_each() {
    let world = World::start().await;
    let (one, two) =
        tokio::join!(world.request(Method::GET, "/hello/1").send(), world.request(Method::GET, "/hello/2").send());
    assert_ne!(one.json()["process"], two.json()["process"]);
}

#[tokio::test]
async fn a_function_sees_lambdas_variables_and_its_own_and_nothing_else() {
    let world = World::start().await;
    let echo = world.request(Method::GET, "/get").send().await.json();
    let names: Vec<_> =
        echo["environment"].as_array().expect("names").iter().filter_map(|name| name.as_str()).collect();
    assert!(names.contains(&"GREETING"));
    let strange = names.iter().filter(|name| {
        !name.starts_with("AWS_")
            && ![
                "GREETING",
                "LANG",
                "LAMBDA_RUNTIME_DIR",
                "LAMBDA_TASK_ROOT",
                "PATH",
                "TZ",
                "_HANDLER",
                "_X_AMZN_TRACE_ID",
            ]
            .contains(*name)
    });
    assert_eq!(strange.collect::<Vec<_>>(), Vec::<&&str>::new());
}

#[tokio::test]
async fn what_is_no_route_is_not_found() {
    let world = World::start().await;
    for (method, path) in
        [(Method::GET, "/nowhere"), (Method::POST, "/get"), (Method::GET, "/get/"), (Method::GET, "/hello/")]
    {
        let answer = world.request(method, path).send().await;
        assert_eq!((answer.status, answer.json()), (StatusCode::NOT_FOUND, json!({"message": "Not Found"})));
    }
    assert_eq!(world.lambda.started("hello"), 0);
}

#[tokio::test]
async fn a_function_that_fails_dies_or_hangs_is_an_internal_error() {
    let world = World::start().await;
    for path in ["/fail", "/die", "/hang"] {
        let answer = world.request(Method::GET, path).send().await;
        let expected = (StatusCode::INTERNAL_SERVER_ERROR, json!({"message": "Internal Server Error"}));
        assert_eq!((answer.status, answer.json()), expected, "{path}");
    }
    world.request(Method::GET, "/get").send().await.expect(200);
}

#[tokio::test]
async fn how_an_invocation_failed_is_told() {
    let world = World::start().await;
    let event = |path: &str| {
        json!({"version": "2.0", "rawPath": path, "headers": {}, "isBase64Encoded": false,
            "requestContext": {"http": {"method": "GET", "path": path}, "stage": "$default", "timeEpoch": 0}})
    };
    let failed = world.lambda.invoke("hello", &event("/fail")).await;
    assert!(matches!(&failed, Err(InvokeError::Reported { message, .. }) if message == "as asked"), "{failed:?}");
    let died = world.lambda.invoke("hello", &event("/die")).await;
    assert_eq!(died, Err(InvokeError::Died("exit status: 3".into())));
    let hung = world.lambda.invoke("hello", &event("/hang")).await;
    assert_eq!(hung, Err(InvokeError::TimedOut(Duration::from_secs(2))));
}

#[tokio::test]
async fn a_killed_process_fails_its_request_and_leaves_its_words() {
    let world = World::start().await;
    let request = world.request(Method::GET, "/hang").send();
    let kill = async {
        // The function says that it hangs before it does.
        let mut lines = world.lambda.logs().follow();
        while !lines.recv().await.expect("a line").text.contains("hanging") {}
        assert_eq!(world.lambda.kill("hello"), 1);
    };
    let (answer, ()) = tokio::join!(request, kill);
    answer.expect(500);
    world.lambda.stop().await;
    assert!(world.lambda.logs().text().contains("hello: hanging"));
}

#[tokio::test]
async fn limits_are_those_of_aws() {
    let world = World::start().await;
    let long = "x".repeat(10_300);
    world.request(Method::GET, "/get").header("x-long", &long).send().await.expect(431);
    world
        .request(Method::POST, "/hello/1")
        .raw("text/plain", vec![b'x'; 10 * 1024 * 1024 + 1])
        .send()
        .await
        .expect(413);
}
