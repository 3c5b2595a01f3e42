//! Limits on numbers that are bought.

use std::time::Duration;

use harness::sim::{Answer, Fault};
use harness::spec::BUY;
use harness::{Stack, Wallet, binaries};
use serde_json::json;

use super::{refused_by, row};

#[tokio::test]
async fn a_wallet_buys_ten_numbers_in_a_day() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    for _ in 0..10 {
        stack.buys(&wallet).await;
    }
    let earned = stack.earned();
    let refused = stack.post(BUY).body(&json!({})).pay(&wallet).await;
    let wait = refused_by(&refused.answer, "numbers_per_wallet_per_day");
    assert!(wait > Duration::from_hours(23), "{wait:?}");
    assert_eq!((stack.earned(), stack.twilio.held().len()), (earned, 10));
    stack.buys(&stack.wallet()).await;
    stack.travel(wait);
    stack.buys(&wallet).await;
}

#[tokio::test]
async fn so_many_numbers_are_bought_at_the_carrier_in_a_day_and_those_in_stock_are_sold_beyond() {
    let stack = Stack::start(binaries!()).await;
    stack.buys(&stack.wallet()).await;
    let sum = row(&stack, "NUMBERS");
    assert_eq!(sum["gross"], 1_150_000);
    // As if 199 others had bought one.
    let slot = format!("gross_{}", sum["slot"].as_i64().expect("a half-day").rem_euclid(3));
    let is_it = |item: &serde_json::Map<String, serde_json::Value>| item["pk"]["S"] == "LIMIT#NUMBERS";
    let mut full = stack.dynamo.items().into_iter().find(is_it).expect("it");
    for name in ["gross", slot.as_str()] {
        full.insert(name.to_owned(), json!({"N": "230000000"}));
    }
    stack.dynamo.put(&full);
    let another = stack.wallet();
    let refused = stack.post(BUY).body(&json!({})).pay(&another).await;
    let wait = refused_by(&refused.answer, "number_cost_per_day");
    assert_eq!(stack.twilio.held().len(), 1);
    stack.twilio.hold("+14155550299", "bought by hand");
    stack.sweep().await;
    stack.sweep().await;
    assert_eq!(stack.buys(&another).await, "+14155550299");
    stack.travel(wait);
    stack.buys(&another).await;
}

#[tokio::test]
async fn two_days_worth_of_numbers_is_not_bought_within_a_minute_at_a_days_edge() {
    // Two numbers.
    for parameter in ["DailyNumberBudget", "UnpaidNumberBudget"] {
        let stack = Stack::builder(binaries!()).parameter(parameter, "3").start().await;
        let buys = async |area: &str| {
            if parameter == "UnpaidNumberBudget" {
                stack.facilitator.decline_next("insufficient_funds");
            }
            let before = stack.twilio.held().len();
            stack.post(BUY).body(&json!({"area_code": area})).pay(&stack.wallet()).await;
            stack.twilio.held().len() > before
        };
        assert!(buys("415").await);
        // The day of the first is nearly over, and then it is.
        stack.travel(Duration::from_mins(24 * 60 - 5));
        assert!(buys("212").await);
        stack.travel(Duration::from_mins(6));
        let (third, fourth) = (buys("650").await, buys("213").await);
        assert!(!(third && fourth), "{parameter}: three within six minutes");
        stack.travel(Duration::from_hours(36));
        assert!(buys("650").await && buys("213").await, "{parameter}");
    }
}

#[tokio::test]
async fn what_is_not_bought_is_not_counted() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let of_wallet = format!("BUYER#{}", wallet.caip10(stack.network()));
    let counted = || {
        let bought = row(&stack, &of_wallet)["entries"].as_object().map_or(0, serde_json::Map::len);
        (bought, row(&stack, "NUMBERS")["gross"].clone())
    };
    stack.twilio.faults().once("POST */IncomingPhoneNumbers.json", Fault::Overload);
    let refused = stack.post(BUY).body(&json!({})).pay(&wallet).await;
    refused.answer.refused(429, "upstream_rate_limited");
    assert_eq!(counted(), (0, json!(0)));
    stack.post(BUY).body(&json!({})).paid_with(&refused.payment).send().await.expect(200);
    assert_eq!(counted(), (1, json!(1_150_000)));
}

#[tokio::test]
async fn numbers_that_are_bought_at_once_are_counted_one_by_one() {
    for wallets in [1, 2] {
        let stack = Stack::start(binaries!()).await;
        let buyers: Vec<Wallet> = (0..wallets).map(|_| stack.wallet()).collect();
        let (first, second) = (&buyers[0], &buyers[wallets - 1]);
        // The first has read what was counted, and is about to claim when the second comes and is
        // counted.
        stack.dynamo.faults().reset_counts();
        stack.dynamo.faults().once("TransactWriteItems", Fault::Hang);
        let overtakes = async {
            stack.dynamo.faults().arrived("TransactWriteItems", 1).await;
            stack.buys(second).await;
            stack.dynamo.faults().release();
        };
        tokio::join!(stack.buys(first), overtakes);
        assert_eq!(row(&stack, "NUMBERS")["gross"], 2_300_000);
    }
}

#[tokio::test]
async fn a_number_whose_place_among_the_unpaid_is_taken_meanwhile_is_bought_after_its_payment_at_once() {
    // One that is not paid for yet.
    let stack = Stack::builder(binaries!()).parameter("UnpaidNumberBudget", "2").start().await;
    let (first, second) = (stack.wallet(), stack.wallet());
    stack.dynamo.faults().reset_counts();
    stack.dynamo.faults().once("TransactWriteItems", Fault::Hang);
    let overtakes = async {
        stack.dynamo.faults().arrived("TransactWriteItems", 1).await;
        stack.facilitator.faults().once("POST */settle", Fault::Refuse(Answer::html(500)));
        let doubtful = stack.post(BUY).body(&json!({})).pay(&second).await.answer;
        doubtful.refused(503, "payment_pending");
        stack.dynamo.faults().release();
    };
    let (late, ()) = tokio::join!(stack.post(BUY).body(&json!({})).pay(&first), overtakes);
    late.answer.expect(200);
    assert_eq!(stack.twilio.held().len(), 2);
    let (gross, unpaid) = (row(&stack, "NUMBERS")["gross"].clone(), row(&stack, "NUMBERS#UNPAID")["gross"].clone());
    assert_eq!((gross, unpaid), (json!(2_300_000), json!(1_150_000)));
}

#[tokio::test]
async fn a_number_that_is_not_paid_for_counts_if_that_is_the_wallets_doing() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let of_wallet = format!("BUYER#{}", wallet.caip10(stack.network()));
    let counted = || row(&stack, &of_wallet)["entries"].as_object().map_or(0, serde_json::Map::len);
    stack.facilitator.faults().times("POST */settle", 3, Fault::Overload);
    let paid = stack.post(BUY).body(&json!({})).pay(&wallet).await;
    paid.answer.refused(503, "upstream_error");
    assert_eq!((counted(), stack.twilio.held().len()), (0, 1), "the facilitator was not there");
    stack.facilitator.decline_next("insufficient_funds");
    stack.post(BUY).body(&json!({})).paid_with(&paid.payment).send().await.refused(402, "payment_required");
    assert_eq!((counted(), stack.earned()), (1, 0));
}
