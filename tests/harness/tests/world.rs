//! A world without the real functions: the table behind its policies, a payer before its
//! facilitator, the stack's own ways.

#![expect(
    clippy::indexing_slicing,
    reason = "a panic is how a test fails, and JSON is read by index, where what is absent is null"
)]

use std::time::Duration;

use axum::http::Method;
use harness::request::{Request, Response};
use harness::sim::{Answer, Clock, Fault};
use harness::wallet::Demand;
use harness::{Binaries, Stack, client, history};
use serde_json::{Value, json};

/// The smallest function stands in for one of ours.
async fn start() -> Stack {
    let hello = env!("CARGO_BIN_EXE_hello");
    Stack::start(Binaries::new([("numbers_list", hello), ("reaper", hello)])).await
}

/// A request to the table, signed by a function.
async fn ask(stack: &Stack, signer: &str, operation: &str, mut body: Value) -> Response {
    if operation != "TransactWriteItems" {
        body["TableName"] = stack.dynamo.table().into();
    }
    Request::new(&client(), Method::POST, stack.urls.dynamo.clone())
        .header("x-amz-target", &format!("DynamoDB_20120810.{operation}"))
        .header("x-amz-date", "20261124T120000Z")
        .header(
            "authorization",
            &format!(
                "AWS4-HMAC-SHA256 Credential={signer}/20261124/us-east-1/dynamodb/aws4_request, \
                 SignedHeaders=host, Signature=00"
            ),
        )
        .raw("application/x-amz-json-1.0", body.to_string())
        .send()
        .await
}

fn item(pk: &str, due_at: i64) -> Value {
    json!({"pk": {"S": pk}, "sk": {"S": "X"}, "due_queue": {"S": "Q"}, "due_at": {"N": due_at.to_string()}})
}

#[tokio::test]
async fn a_request_goes_through_the_gateway_to_its_binary_and_back() {
    let stack = start().await;
    let echo = stack.post("/v1/phone/numbers/list").body(&json!({"a": 1})).send().await.expect(200).json();
    assert_eq!(echo["path"], "/v1/phone/numbers/list");
    let names = echo["environment"].as_array().expect("names");
    assert!(names.contains(&json!("TABLE_NAME")) && !names.contains(&json!("BLAND_SECRET")));
}

#[tokio::test]
async fn the_table_is_there_and_lets_each_function_do_what_its_policy_allows() {
    let stack = start().await;
    ask(&stack, "ASIANUMBERSBUY", "PutItem", json!({"Item": item("NUMBER#1", 10)})).await.expect(200);
    let query = |queue: &str| {
        json!({"IndexName": "due", "KeyConditionExpression": "#q = :q AND due_at <= :n", "ExpressionAttributeNames":
            {"#q": "due_queue"}, "ExpressionAttributeValues": {":q": {"S": queue}, ":n": {"N": "9"}}})
    };
    ask(&stack, "ASIAREAPER", "Query", query("IMPORT")).await.expect(200);
    ask(&stack, "ASIAREFUNDS", "Query", query("REFUND#1")).await.expect(200);
    for refused in [
        ask(&stack, "ASIANUMBERSLIST", "Query", query("IMPORT")).await,
        ask(&stack, "ASIAREFUNDS", "Query", query("IMPORT")).await,
        ask(&stack, "ASIANUMBERSBUY", "Query", query("SALE#1")).await,
        ask(&stack, "ASIAREAPER", "Scan", json!({})).await,
        ask(&stack, "ASIAVOICECALLSTATUS", "PutItem", json!({"Item": item("CALL#1", 1)})).await,
        ask(&stack, "ASIAVOICECALLSTATUS", "GetItem", json!({"Key": {"pk": {"S": "WALLET#1"}, "sk": {"S": "X"}}}))
            .await,
    ] {
        let body = refused.expect(400).json();
        assert!(body["__type"].as_str().expect("a type").ends_with("AccessDeniedException"), "{body}");
    }
    stack.dynamo.delete("NUMBER#1", "X");
    assert_eq!(stack.dynamo.rows(), Vec::<Value>::new());
}

#[tokio::test]
async fn a_repeated_transaction_is_one_whatever_the_order_of_its_maps() {
    let stack = start().await;
    let transaction = |item: &str| {
        let table = stack.dynamo.table();
        let body = format!(
            r#"{{"ClientRequestToken": "t", "TransactItems": [{{"Put": {{"TableName": "{table}", "Item": {item}}}}}]}}"#
        );
        serde_json::from_str::<Box<serde_json::value::RawValue>>(&body).expect("JSON")
    };
    let bodies = [
        transaction(r#"{"pk": {"S": "SALE#1"}, "sk": {"S": "X"}, "m": {"M": {"a": {"S": "1"}, "b": {"S": "2"}}}}"#),
        transaction(r#"{"m": {"M": {"b": {"S": "2"}, "a": {"S": "1"}}}, "sk": {"S": "X"}, "pk": {"S": "SALE#1"}}"#),
    ];
    for body in bodies {
        let authorization = "AWS4-HMAC-SHA256 Credential=ASIAREAPER/20261124/us-east-1/dynamodb/aws4_request, \
                             SignedHeaders=host, Signature=00";
        Request::new(&client(), Method::POST, stack.urls.dynamo.clone())
            .header("x-amz-target", "DynamoDB_20120810.TransactWriteItems")
            .header("x-amz-date", "20261124T120000Z")
            .header("authorization", authorization)
            .raw("application/x-amz-json-1.0", body.get().to_owned())
            .send()
            .await
            .expect(200);
    }
    stack.dynamo.delete("SALE#1", "X");
}

#[tokio::test]
async fn faults_meet_the_table_by_operation() {
    let stack = start().await;
    stack.dynamo.faults().once("GetItem", Fault::Overload);
    let get = json!({"Key": {"pk": {"S": "SALE#1"}, "sk": {"S": "SALE"}}});
    let refused = ask(&stack, "ASIAREAPER", "GetItem", get.clone()).await.expect(400).json();
    assert!(refused["__type"].as_str().expect("a type").contains("Throttling"));
    ask(&stack, "ASIAREAPER", "GetItem", get).await.expect(200);
    assert_eq!(stack.dynamo.faults().count("GetItem"), 2);
    stack.dynamo.faults().always("*", Fault::Refuse(Answer::html(503)));
}

#[tokio::test]
async fn time_passes_in_the_table_and_its_index() {
    let stack = start().await;
    stack.dynamo.put(item("X#1", 10_000).as_object().expect("an item"));
    stack.travel(Duration::from_mins(1));
    assert_eq!(stack.dynamo.row("X#1", "X").expect("a row")["due_at"], 9_940);
    assert_eq!(stack.dynamo.due("Q").len(), 1);
}

#[tokio::test]
async fn a_wallets_payment_settles_and_the_audit_finds_that_nothing_was_sold_for_it() {
    let mut stack = start().await;
    let (network, wallet) = (stack.network(), stack.wallet());
    let offer = json!({
        "scheme": "exact", "network": network.caip2(), "amount": "1000", "asset": network.usdc().to_checksum(None),
        "payTo": stack.payee().to_checksum(None), "maxTimeoutSeconds": 300,
        "extra": {"name": network.token_name(), "version": "2"},
    });
    let resource = json!({"url": "https://x.test/a", "description": "a", "mimeType": "application/json"});
    let demand =
        Demand { required: json!({"x402Version": 2, "resource": resource, "accepts": [offer]}), body: Value::Null };
    let settle = async |payment: Value| {
        let body = json!({"x402Version": 2, "paymentPayload": payment, "paymentRequirements": demand.offer()});
        let url = format!("{}/settle", stack.urls.facilitator);
        Request::new(&client(), Method::POST, url).body(&body).send().await.json()
    };
    assert_eq!(settle(wallet.signs(&demand).to_json()).await["success"], true);
    let forged = wallet.signs(&demand).signed_by(&stack.wallet());
    assert_eq!(settle(forged.to_json()).await["success"], false);
    assert_eq!(stack.earned(), 1000);
    stack.excuse("paid 1000 for nothing we know of", "there is no function here that would sell anything");
}

#[tokio::test]
async fn a_crowd_waits_at_the_gateway_for_its_turn_and_no_request_is_turned_away() {
    let binaries = Binaries::new([("numbers_list", env!("CARGO_BIN_EXE_hello"))]);
    let stack = Stack::builder(binaries).at_once(2).start().await;
    let requests = (0..12).map(|_| stack.post("/v1/phone/numbers/list").send());
    for answer in futures_util::future::join_all(requests).await {
        answer.expect(200);
    }
    assert!(stack.lambda.started("numbers_list") <= 2, "{} processes", stack.lambda.started("numbers_list"));
}

#[tokio::test]
async fn what_happened_is_told_in_its_order_and_nothing_in_full() {
    let stack = start().await;
    stack.post("/v1/phone/numbers/list").body(&json!({"phone_number": "+14155550199"})).send().await.expect(200);
    stack.dynamo.faults().once("GetItem", Fault::LoseAnswer);
    let get = json!({"TableName": stack.dynamo.table(), "Key": {"pk": {"S": "NUMBER#+14155550199"}, "sk": {"S": "X"}}});
    let lost = client().post(&stack.urls.dynamo).header("x-amz-target", "DynamoDB_20120810.GetItem");
    assert!(lost.body(get.to_string()).send().await.is_err());
    stack.travel(Duration::from_mins(2));
    stack.lambda.kill("numbers_list");
    stack.chain.mint(stack.wallet().address(), 7);

    let told = history::tell(&stack.history.events(), &["+14155550199 is lost".to_owned()], &[]);
    let lines: Vec<&str> = told.lines().skip(1).map(|line| line.get(12..).unwrap_or_default()).collect();
    assert!(lines[0].starts_with("client   POST /v1/phone/numbers/list → 200"), "{told}");
    assert_eq!(lines[1], "  dynamo      GetItem [NUMBER#+14…99] → no answer (told to: apply it and lose the answer)");
    assert_eq!(lines[2..], ["time     120 s pass", "lambda   kill -9 of 1 × numbers_list"], "{told}");
    let everything = history::tell(&stack.history.events(), &[], &[]);
    assert!(everything.contains("pays 7 to 0x") && !everything.contains("+14155550199"), "{everything}");
}

#[test]
fn an_audit_that_finds_something_fails_its_test() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let outcome = std::panic::catch_unwind(|| {
        runtime.block_on(async {
            let stack = start().await;
            stack.twilio.hold("+14155550199", "bought behind our back");
        });
    });
    let message = outcome.expect_err("the audit passed");
    let message = message.downcast_ref::<String>().expect("a message");
    assert!(message.contains("- I12: +14155550199 is billed by the carrier, and not in the table"), "{message}");
    assert!(message.contains("What happened ("), "{message}");
}

#[tokio::test]
async fn schedules_come_sooner_by_the_time_that_passed_since_they_were_set() {
    let stack = start().await;
    let group = stack.deployment.schedule_groups[0].clone();
    let reaper = stack.deployment.functions["reaper"].arn();
    let schedule = async |signer: &str, name: &str, at: &str| {
        let body = json!({
            "GroupName": group, "ScheduleExpression": format!("at({at})"), "FlexibleTimeWindow": {"Mode": "OFF"},
            "ActionAfterCompletion": "DELETE", "Target": {"Arn": reaper, "RoleArn": role(&stack), "Input": "{}"},
        });
        Request::new(&client(), Method::POST, format!("{}/schedules/{name}", stack.urls.scheduler))
            .header("authorization", &format!("AWS4-HMAC-SHA256 Credential={signer}/x"))
            .body(&body)
            .send()
            .await
    };
    let in_an_hour = Clock::wall().now() + Duration::from_hours(1);
    let in_an_hour = in_an_hour.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    schedule("ASIANUMBERSLIST", "denied", &in_an_hour).await.expect(403);
    schedule("ASIANUMBERSBUY", "one", &in_an_hour).await.expect(200);
    assert_eq!(stack.scheduler.schedules().len(), 1);
    stack.travel(Duration::from_mins(59));
    schedule("ASIANUMBERSBUY", "two", &in_an_hour).await.expect(200);
    stack.travel(Duration::from_mins(2));
    let left = stack.scheduler.schedules().len();
    // What it invokes here takes API events only; that it was invoked is enough.
    let failed = (*stack).fire_due_schedules().await;
    assert!(failed.is_err(), "{failed:?}");
    assert_eq!((left, stack.scheduler.schedules().len()), (2, 1));
}

/// The scheduler's role, as the functions are told of it.
fn role(stack: &Stack) -> String {
    stack.deployment.functions["numbers_buy"].environment["SCHEDULE_ROLE_ARN"].clone()
}
