//! What an item weighs by DynamoDB's own arithmetic: a sale is written three times or more, and
//! each of these writes costs as many units as it has begun kilobytes.

use std::time::Duration;

use harness::spec::{BUY, CALL, CALLS, LIST, RENEW};
use harness::{Stack, binaries, life};
use serde_json::{Map, Value, json};

/// Up to here a write is one unit.
const KILOBYTE: usize = 1_024;
/// The longest address that a stack has by itself: `https://`, an API's name of ten letters, the
/// longest region.
const ORIGIN: usize = "https://a1b2c3d4e5.execute-api.ap-southeast-2.amazonaws.com".len();

/// Names and values; a number is half its digits and one more, what has parts three and one for
/// each.
fn weight(item: &Map<String, Value>) -> usize {
    item.iter().map(|(name, value)| name.len() + of_value(value)).sum()
}

fn of_value(value: &Value) -> usize {
    let Some((kind, value)) = value.as_object().and_then(|typed| typed.iter().next()) else { return 0 };
    match (kind.as_str(), value) {
        ("S", Value::String(text)) => text.len(),
        ("B", Value::String(text)) => text.len() / 4 * 3,
        ("N", Value::String(digits)) => digits.len().div_ceil(2) + 1,
        ("M", Value::Object(map)) => 3 + map.len() + weight(map),
        ("L", Value::Array(list)) => 3 + list.iter().map(|value| 1 + of_value(value)).sum::<usize>(),
        _ => 1,
    }
}

/// What is sold, and how much a sale of it weighs where the address is the longest.
fn weights(stack: &Stack) -> Vec<(String, usize)> {
    let sales = stack
        .dynamo
        .items()
        .into_iter()
        .filter(|item| item["pk"]["S"].as_str().is_some_and(|pk| pk.starts_with("SALE#")));
    let of = |item: Map<String, Value>| {
        let kind = item["work"]["M"]["kind"]["S"].as_str().expect("a kind").to_owned();
        let origin = item["payment"]["M"]["resource"]["S"]
            .as_str()
            .map_or(0, |url| url.find("/v1").or(url.find("/api")).unwrap_or(0));
        (kind, weight(&item) + ORIGIN.saturating_sub(origin))
    };
    sales.map(of).collect()
}

#[tokio::test]
async fn each_kind_of_sale_is_below_a_kilobyte_from_its_claim_to_its_end() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let number = stack.buys_in(&wallet, Some("415")).await;
    let body = json!({"phone_number": "+12133610872", "task": "Ask Andy to take a break."});
    stack.post(CALL).body(&body).pay(&wallet).await.answer.expect(200);
    stack.post(LIST).body(&json!({})).pay(&wallet).await.answer.expect(200);
    stack.post(CALLS).body(&json!({})).pay(&wallet).await.answer.expect(200);
    stack.post(RENEW).body(&json!({"phone_number": number})).pay(&wallet).await.answer.expect(200);
    stack.post(BUY).body(&json!({})).pay(&stack.wallet()).await.answer.expect(200);
    let all = weights(&stack);
    assert_eq!(all.len(), 6, "{all:?}");
    println!("{all:?}");
    for (kind, weight) in all {
        assert!(weight <= KILOBYTE, "a sale of {kind} weighs {weight}");
    }
    stack.travel(Duration::from_mins(10));
}

/// Polled every five seconds by a client that knows nothing of `Retry-After`, from its 402 to the
/// block in which its payment is final.
#[tokio::test]
async fn the_whole_life_of_a_call_of_two_minutes_costs_no_more_than_fifty_six_write_units_of_which_four_book_it() {
    let stack = Stack::builder(binaries!()).told().start().await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    stack.minutes(25).await;
    let idle = life::of_nothing(&stack).await;
    let life = life::of_a_call(&stack, &wallet, idle, Duration::from_mins(2), Duration::from_secs(5)).await;
    println!("{life:?}");
    let waits = |queue: &str| !queue.starts_with("LEASE") && !queue.starts_with("TAG#");
    assert!(!stack.dynamo.rows().iter().any(|row| row["due_queue"].as_str().is_some_and(waits)));
    assert!(life.paid <= 28 && life.writes() <= 56, "{life:?}");
}

/// A wallet's tenth call of a day costs what its first does: its list grows by an item, and no item
/// by a call.
#[tokio::test]
async fn a_wallets_calls_do_not_get_dearer() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    let mut paid = Vec::new();
    for last in 0..10 {
        stack.dynamo.count_units();
        let body = json!({"phone_number": format!("+1213361087{last}"), "task": "Ask Andy to take a break."});
        stack.post(CALL).body(&body).pay(&wallet).await.answer.expect(200);
        paid.push(stack.dynamo.units().writes);
        stack.bland.finish_all();
        stack.minutes(2).await;
    }
    assert!(paid.iter().all(|units| *units <= 28), "{paid:?}");
}
