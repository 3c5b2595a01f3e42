//! Numbers abroad: which countries are sold, and what they need.

use harness::sim::Fault;
use harness::spec::BUY;
use harness::{Stack, binaries};
use serde_json::json;

use super::{abroad, buys};

#[tokio::test]
async fn an_area_code_abroad_is_looked_for_and_never_held_against_the_buyer() {
    let stack = abroad().await;
    let wallet = stack.wallet();
    for body in [
        json!({"country": "GB", "area_code": "20"}),
        json!({"country": "GB", "area_code": "0161"}),
        json!({"country": "GB", "area_code": "207"}),
        json!({"country": "DE", "area_code": "30"}),
        json!({"country": "IT", "area_code": "06"}),
        json!({"country": "AU", "areaCode": "03"}),
    ] {
        stack.post(BUY).body(&body).send().await.refused(402, "payment_required");
    }
    for (area, begins) in [("787", "+1787"), ("939", "+1787")] {
        let bought = buys(&stack, &wallet, json!({"country": "PR", "area_code": area})).await;
        assert_eq!(bought["country"], "PR");
        assert_eq!(bought["area_code_matched"], area == "787", "{bought}");
        assert!(bought["phone_number"].as_str().expect("a number").starts_with(begins), "{bought}");
    }
}

#[tokio::test]
async fn a_country_without_a_price_is_refused_before_anybody_pays_and_the_answer_says_which_are_sold() {
    let stack = Stack::builder(binaries!()).parameter("NumberPrices", "GB=1.15").start().await;
    let wallet = stack.wallet();
    for country in ["FR", "AQ", "PR"] {
        let body = json!({"country": country});
        let payment = wallet.signs(&stack.post(BUY).demand().await);
        for answer in
            [stack.post(BUY).body(&body).send().await, stack.post(BUY).body(&body).paid_with(&payment).send().await]
        {
            let refused = answer.refused(400, "bad_request");
            let message = format!(
                "`country`: numbers of {country} are not sold here. There are numbers of: CA, GB, US. Not charged."
            );
            assert_eq!((&refused["field"], &refused["message"]), (&json!("country"), &json!(message)));
        }
    }
    assert_eq!((stack.earned(), stack.facilitator.verifies(), stack.twilio.faults().count("*")), (0, 0, 0));
    for country in ["US", "CA", "GB"] {
        stack.post(BUY).body(&json!({"country": country})).send().await.refused(402, "payment_required");
    }
}

#[tokio::test]
async fn a_number_counts_for_what_its_country_costs() {
    let stack = abroad().await;
    let wallet = stack.wallet();
    let cost = || stack.dynamo.row("LIMIT#NUMBERS", "LIMIT").expect("a sum")["gross"].clone();
    buys(&stack, &wallet, json!({"country": "PR"})).await;
    assert_eq!(cost(), 1_250_000);
    buys(&stack, &wallet, json!({"country": "DK"})).await;
    assert_eq!(cost(), 7_750_000);
    buys(&stack, &wallet, json!({})).await;
    assert_eq!(cost(), 8_900_000);
    // What was not bought is taken off as it was counted.
    stack.twilio.faults().once("POST */IncomingPhoneNumbers.json", Fault::Overload);
    stack.post(BUY).body(&json!({"country": "DK"})).pay(&wallet).await.answer.refused(429, "upstream_rate_limited");
    assert_eq!(cost(), 8_900_000);
}

#[tokio::test]
async fn a_country_without_landlines_sells_what_else_can_call() {
    let stack = abroad().await;
    let wallet = stack.wallet();
    for (body, begins) in [
        (json!({"country": "DK"}), "+45525"),
        (json!({"country": "DK", "area_code": "33"}), "+45525"),
        (json!({"country": "FR"}), "+33970"),
    ] {
        let bought = buys(&stack, &wallet, body.clone()).await;
        assert!(bought["phone_number"].as_str().expect("a number").starts_with(begins), "{body}: {bought}");
    }
    let nowhere = stack.post(BUY).body(&json!({"country": "AQ"})).pay(&wallet).await;
    let refused = nowhere.answer.refused(502, "upstream_error");
    assert!(refused["message"].as_str().expect("a message").contains("no landlines, mobile or national numbers"));
    assert_eq!(stack.earned(), 3 * 5_000_000);
}

#[tokio::test]
async fn a_country_that_wants_papers_is_a_502_in_the_carriers_own_words_and_free() {
    let stack = abroad().await;
    let wallet = stack.wallet();
    let paid = stack.post(BUY).body(&json!({"country": "GB"})).pay(&wallet).await;
    let refused = paid.answer.refused(502, "upstream_error");
    let message = refused["message"].as_str().expect("a message");
    assert!(message.to_lowercase().contains("bundle") && message.ends_with("Not charged."), "{message}");
    assert_eq!(stack.earned(), 0);
    assert!(stack.twilio.held().is_empty());
    assert!(paid.answer.header("payment-response").is_none() && paid.answer.header("x-payment-receipt").is_none());
}

#[tokio::test]
async fn a_country_that_the_carrier_does_not_offer_is_a_502() {
    let stack = abroad().await;
    let paid = stack.post(BUY).body(&json!({"country": "KP"})).pay(&stack.wallet()).await;
    paid.answer.refused(502, "upstream_error");
    assert_eq!(stack.earned(), 0);
}
