//! `POST /api/v1/phone/numbers/buy`

mod countries;

use std::time::Duration;

use harness::sim::twilio::Offered;
use harness::sim::{Answer, Fault};
use harness::spec::BUY;
use harness::{Stack, Wallet, binaries};
use serde_json::{Value, json};

const DAY: Duration = Duration::from_hours(24);

async fn buys(stack: &Stack, wallet: &Wallet, body: Value) -> Value {
    stack.post(BUY).body(&body).pay(wallet).await.answer.expect(200).json()
}

/// A world with prices for more countries than ours.
async fn abroad() -> Stack {
    let prices = "AQ=1,AU=3,DE=1.15,DK=6.5,FR=1.15,GB=1.15,IT=4,KP=1,PR=1.25";
    Stack::builder(binaries!()).parameter("NumberPrices", prices).start().await
}

#[tokio::test]
async fn a_wallet_buys_a_us_number_for_five_dollars() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let paid = stack.post(BUY).body(&json!({})).pay(&wallet).await;
    let bought = paid.answer.expect(200).json();

    assert_eq!(bought["country"], "US");
    assert_eq!(bought["owner_wallet"], wallet.text());
    assert_eq!(stack.earned(), 5_000_000);
    let held = stack.twilio.held();
    assert_eq!(held.len(), 1);
    assert_eq!(bought["phone_number"], held[0].phone_number);
    assert_eq!(stack.bland.imported(), vec![held[0].phone_number.clone()]);

    let settlement = paid.answer.settlement().expect("a settlement");
    assert_eq!(settlement["success"], true);
    assert_eq!(settlement["transaction"], bought["transaction"]);
    assert_eq!(settlement["payer"], wallet.text());
    assert_eq!(paid.answer.header("x-payment-receipt"), bought["transaction"].as_str());
    assert_eq!(paid.answer.header("cache-control"), Some("no-store"));
    assert_eq!((stack.facilitator.verifies(), stack.facilitator.settles()), (1, 1));

    let expires = bought["expires_at"].as_str().expect("a time");
    assert!(expires.ends_with('Z') && expires.len() == 20, "{expires}");
    let alarm = &stack.scheduler.schedules()[0];
    assert!(alarm.input.contains("reclaim") && alarm.input.contains(&held[0].phone_number), "{}", alarm.input);
    let dead_letters = &stack.deployment.functions["numbers_buy"].environment["SCHEDULE_DEAD_LETTERS_ARN"];
    assert_eq!(alarm.dead_letters.as_ref(), Some(dead_letters), "what cannot be delivered is kept");
}

#[tokio::test]
async fn an_area_code_is_honoured_where_there_is_one_and_otherwise_any_number_will_do() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    for (body, begins, met) in [
        (json!({"area_code": "415"}), "+1415", Some(true)),
        (json!({"areaCode": "212", "country": "US"}), "+1212", Some(true)),
        (json!({"area_code": "604", "areaCode": "604", "country": "CA"}), "+1604", Some(true)),
        (json!({"area_code": "907"}), "+1", Some(false)),
        (json!({"area_code": " "}), "+1", None),
    ] {
        let bought = buys(&stack, &wallet, body.clone()).await;
        let number = bought["phone_number"].as_str().expect("a number");
        assert!(number.starts_with(begins), "{body}: {number}");
        assert_eq!(bought.get("area_code_matched").cloned(), met.map(Value::from), "{body}: {number}");
    }
    assert_eq!(stack.earned(), 5 * 5_000_000);
}

/// Another number than that of the wish is not what is paid for.
#[tokio::test]
async fn an_area_of_another_country_is_told_the_country_before_any_payment() {
    let stack = abroad().await;
    let payment = stack.wallet().signs(&stack.post(BUY).demand().await);
    for (body, said) in [
        (json!({"area_code": "604"}), "is an area code of Canada; send `country: \"CA\"` with it"),
        (
            json!({"area_code": "415", "country": "CA"}),
            "is an area code of the United States; send `country: \"US\"` with it",
        ),
        (json!({"area_code": "787"}), "is an area code of Puerto Rico; send `country: \"PR\"` with it"),
        (json!({"area_code": "671"}), "is an area code of Guam (GU), of which no numbers are sold here"),
        (json!({"area_code": "535", "country": "CA"}), "is not known as an area code of Canada"),
        (
            json!({"area_code": "876", "country": "CA"}),
            "is an area code of Jamaica (JM), of which no numbers are sold here",
        ),
        (json!({"area_code": "800"}), "its numbers are toll-free"),
        (json!({"area_code": "900"}), "its numbers are premium-rate"),
        (json!({"area_code": "555"}), "is not an area code of a place"),
    ] {
        for answer in
            [stack.post(BUY).body(&body).send().await, stack.post(BUY).body(&body).paid_with(&payment).send().await]
        {
            let refused = answer.refused(400, "bad_request");
            let message = refused["message"].as_str().expect("words");
            assert!(message.contains(said) && message.ends_with("Not charged."), "{body}: {message}");
        }
    }
    // The payment is good for what there is.
    let sold = stack.post(BUY).body(&json!({"area_code": "604", "country": "CA"})).paid_with(&payment).send().await;
    assert_eq!(sold.expect(200).json()["area_code_matched"], true);
}

#[tokio::test]
async fn whether_the_area_was_met_is_the_same_in_every_answer_to_one_payment() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let body = json!({"area_code": "907"});
    let paid = stack.post(BUY).body(&body).pay(&wallet).await;
    let first = paid.answer.expect(200).json();
    assert_eq!(first["area_code_matched"], false);
    stack.travel(40 * DAY);
    stack.sweep().await;
    let again = stack.post(BUY).body(&body).paid_with(&paid.payment).send().await;
    let again = again.expect(200).json();
    assert_eq!((&again["phone_number"], &again["area_code_matched"]), (&first["phone_number"], &json!(false)));
}

#[tokio::test]
async fn a_number_that_is_snatched_leaves_the_wish_with_the_one_that_is_bought_instead() {
    let stack = Stack::start(binaries!()).await;
    stack.twilio.snatch_next(1);
    let bought = buys(&stack, &stack.wallet(), json!({"area_code": "415"})).await;
    assert_eq!(bought["area_code_matched"], true, "{bought}");
}

#[tokio::test]
async fn a_number_that_another_buyer_snatches_is_replaced_by_the_next() {
    let stack = Stack::start(binaries!()).await;
    stack.twilio.snatch_next(2);
    let bought = buys(&stack, &stack.wallet(), json!({})).await;
    assert_eq!(stack.twilio.held().len(), 1);
    assert_eq!(bought["phone_number"], stack.twilio.held()[0].phone_number);
}

#[tokio::test]
async fn a_number_that_another_program_of_the_same_account_snatches_is_not_sold_as_bought() {
    let stack = Stack::start(binaries!()).await;
    let wanted = "+14155550177";
    stack.twilio.sell_out(|_| true);
    stack.twilio.offer(Offered::local(wanted, "US"));
    // It has been found, and is about to be claimed.
    stack.dynamo.faults().once("TransactWriteItems", Fault::Hang);
    let snatches = async {
        stack.dynamo.faults().arrived("TransactWriteItems", 1).await;
        stack.twilio.hold(wanted, "bought by hand");
        stack.twilio.sell_out(|_| true);
        stack.dynamo.faults().release();
    };
    let wallet = stack.wallet();
    let (paid, ()) = tokio::join!(stack.post(BUY).body(&json!({})).pay(&wallet), snatches);
    let refused = paid.answer.refused(502, "upstream_error");
    assert!(refused["message"].as_str().expect("a message").contains("others were quicker"), "{refused}");
    assert_eq!((stack.earned(), stack.twilio.held().len()), (0, 1));
}

#[tokio::test]
async fn after_three_snatched_numbers_nothing_is_bought_and_the_same_payment_can_try_again() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.twilio.snatch_next(3);
    let paid = stack.post(BUY).body(&json!({})).pay(&wallet).await;
    paid.answer.refused(502, "upstream_error");
    assert_eq!(stack.earned(), 0);
    stack.post(BUY).body(&json!({})).paid_with(&paid.payment).send().await.expect(200);
    assert_eq!(stack.earned(), 5_000_000);
}

#[tokio::test]
async fn a_replay_returns_the_same_answer_and_buys_nothing() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let paid = stack.post(BUY).body(&json!({"area_code": "415"})).pay(&wallet).await;
    let first = paid.answer.expect(200);
    for path in [BUY, "/v1/phone/numbers/buy"] {
        let again = stack.post(path).body(&json!({"area_code": "415"})).paid_with(&paid.payment).send().await;
        assert_eq!(again.expect(200).body, first.body);
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        assert_eq!(again.header("payment-response"), first.header("payment-response"));
    }
    assert!(first.header("idempotent-replayed").is_none());
    assert_eq!((stack.earned(), stack.twilio.held().len()), (5_000_000, 1));

    let other = stack.post(BUY).body(&json!({"area_code": "212"})).paid_with(&paid.payment).send().await;
    other.refused(409, "payment_conflict");
}

#[tokio::test]
async fn the_pool_comes_before_the_carrier_and_a_pooled_number_is_really_handed_out_again() {
    let stack = Stack::start(binaries!()).await;
    let (first, second) = (stack.wallet(), stack.wallet());
    let bought = buys(&stack, &first, json!({"area_code": "415"})).await;
    stack.travel(31 * DAY);
    stack.sweep().await;
    stack.travel(3 * DAY);

    let again = buys(&stack, &second, json!({"area_code": "415"})).await;
    assert_eq!(again["phone_number"], bought["phone_number"]);
    assert_eq!(again["owner_wallet"], second.text());
    assert_eq!(stack.twilio.held().len(), 1, "nothing more was bought");

    // The pool is empty again, so the next one is bought.
    let third = buys(&stack, &second, json!({"area_code": "415"})).await;
    assert_ne!(third["phone_number"], bought["phone_number"]);
}

#[tokio::test]
async fn a_wanted_area_is_bought_rather_than_another_area_taken_from_the_pool() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    let bought = buys(&stack, &wallet, json!({"area_code": "415"})).await;
    stack.travel(31 * DAY);
    stack.sweep().await;
    stack.travel(3 * DAY);
    let near = buys(&stack, &wallet, json!({"area_code": "212"})).await;
    assert!(near["phone_number"].as_str().expect("a number").starts_with("+1212"));
    let far = buys(&stack, &wallet, json!({"area_code": "907"})).await;
    assert_eq!(far["phone_number"], bought["phone_number"], "the area is not to be had, so the pool will do");
    assert_eq!((&near["area_code_matched"], &far["area_code_matched"]), (&json!(true), &json!(false)));
}

#[tokio::test]
async fn a_purchase_whose_answer_is_lost_is_found_and_not_made_twice() {
    let stack = Stack::start(binaries!()).await;
    stack.twilio.faults().once("POST */IncomingPhoneNumbers.json", Fault::LoseAnswer);
    let bought = buys(&stack, &stack.wallet(), json!({})).await;
    assert_eq!(stack.twilio.held().len(), 1);
    assert_eq!(bought["phone_number"], stack.twilio.held()[0].phone_number);
}

#[tokio::test]
async fn a_number_that_cannot_be_imported_is_free_stock_until_it_can() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.bland.faults().times("POST /v1/inbound/insert", 2, Fault::Refuse(Answer::html(503)));
    let paid = stack.post(BUY).body(&json!({})).pay(&wallet).await;
    paid.answer.refused(502, "upstream_error");
    assert_eq!((stack.earned(), stack.twilio.held().len()), (0, 1));

    stack.sweep().await;
    let bought = buys(&stack, &wallet, json!({})).await;
    assert_eq!(stack.twilio.held().len(), 1, "the stock is used");
    assert_eq!(bought["phone_number"], stack.twilio.held()[0].phone_number);
}

#[tokio::test]
async fn a_payment_that_fails_to_settle_leaves_the_number_to_the_next_buyer() {
    let stack = Stack::start(binaries!()).await;
    let (poor, rich) = (stack.wallet(), stack.wallet());
    // It could be settled when it was verified, and no longer when it is settled.
    stack.facilitator.decline_next("insufficient_funds");
    let paid = stack.post(BUY).body(&json!({})).pay(&poor).await;
    let refused = paid.answer.refused(402, "payment_required");
    assert!(refused["message"].as_str().expect("a message").ends_with("Not charged."));
    assert_eq!((stack.earned(), stack.twilio.held().len()), (0, 1));
    let bought = buys(&stack, &rich, json!({})).await;
    assert_eq!(stack.twilio.held().len(), 1, "nothing more was bought");
    assert_eq!(bought["phone_number"], stack.twilio.held()[0].phone_number);
}

#[tokio::test]
async fn a_body_that_is_wrong_is_refused_before_any_payment() {
    let stack = abroad().await;
    for (body, field) in [
        (json!({"country": "zz"}), "country"),
        (json!({"country": "ZZ"}), "country"),
        (json!({"country": "USA"}), "country"),
        (json!({"country_code": "CA"}), "country"),
        (json!({"Country": "CA"}), "country"),
        (json!({"area-code": "415"}), "area_code"),
        (json!({"phone_number": "+14155551234"}), "phone_number"),
        (json!({"country": 1}), "country"),
        (json!({"area_code": "41"}), "area_code"),
        (json!({"area_code": "115"}), "area_code"),
        (json!({"area_code": 415}), "area_code"),
        (json!({"area_code": "٤١٥"}), "area_code"),
        (json!({"country": "GB", "area_code": "London"}), "area_code"),
        (json!({"country": "GB", "area_code": "0207946"}), "area_code"),
        (json!({"area_code": "415", "areaCode": "212"}), "area_code"),
        (json!({"areaCode": "911"}), "area_code"),
        (json!({"country": "CA", "area_code": "800"}), "area_code"),
        (json!({"area_code": "960"}), "area_code"),
        (json!({"area_code": "604"}), "area_code"),
        (json!({"country": "CA", "area_code": "415"}), "area_code"),
        (json!({"PhoneNumberPrefix": "+1604"}), "area_code"),
        (json!({"filter[national_destination_code]": "604"}), "area_code"),
        (json!({"dial_code": "+44"}), "country"),
        (json!({"county": "Alameda"}), "county"),
        (json!({"state_code": "CA"}), "state_code"),
        (json!({"expiration_date": "2027-06-01"}), "expiration_date"),
        (json!({"owner_wallet": "0xCC8c44AD3dc2A58D841c3EB26131E49b22665EF8"}), "owner_wallet"),
    ] {
        let refused = stack.post(BUY).body(&body).send().await.refused(400, "bad_request");
        assert_eq!(refused["field"], field, "{body}");
    }
    // What stands in the address is not read, so nothing else is sold for it.
    for (query, field) in [("country=CA", "country"), ("areaCode=415", "area_code"), ("Country%5Fcode=CA", "country")] {
        let refused = stack.post(&format!("{BUY}?{query}")).body(&json!({})).send().await.refused(400, "bad_request");
        assert_eq!(refused["field"], field, "{query}");
    }
    // What nothing is made of is named, in the price and in the sale.
    let address = format!("{BUY}?utm_source=agent&country=");
    let asked = stack.post(&address).body(&json!({"color": "red"})).send().await;
    assert_eq!(asked.expect(402).json()["ignored_fields"], json!(["color", "utm_source"]));
    assert_eq!(stack.facilitator.verifies(), 0);
    assert_eq!(stack.twilio.faults().count("*"), 0);
}

#[tokio::test]
async fn a_parameter_in_the_address_is_named_in_the_price_and_in_the_sale() {
    let stack = Stack::start(binaries!()).await;
    let address = format!("{BUY}?utm_source=agent");
    let paid = stack.post(&address).body(&json!({"areaCode": " 415 ", "country": " us "})).pay(&stack.wallet()).await;
    assert_eq!(paid.asked.json()["ignored_fields"], json!(["utm_source"]));
    let sold = paid.answer.expect(200).json();
    assert_eq!(sold["ignored_fields"], json!(["utm_source"]));
    assert!(sold["phone_number"].as_str().expect("a number").starts_with("+1415"), "{sold}");
}

#[tokio::test]
async fn a_country_may_be_in_small_letters_and_a_field_may_be_empty() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    assert_eq!(buys(&stack, &wallet, json!({"country": "ca", "area_code": ""})).await["country"], "CA");
    assert_eq!(buys(&stack, &wallet, json!({"country": " ", "areaCode": null})).await["country"], "US");
}

#[tokio::test]
async fn a_wallet_that_can_pay_for_one_number_has_one_bought_however_many_it_asks_for_at_once() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet_with(5_000_000);
    let bodies = ["212", "213", "305", "312"].map(|area| json!({"area_code": area}));
    let buys = bodies.iter().map(|body| stack.post(BUY).body(body).pay(&wallet));
    let all = futures_util::future::join_all(buys).await;
    let statuses: Vec<_> = all.iter().map(|paid| paid.answer.status.as_u16()).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 402, 429].contains(status)), "{statuses:?}");
    assert_eq!((stack.twilio.held().len(), stack.earned()), (1, 5_000_000));
}

/// The second purchase has asked what the wallet holds before the first one is paid, and goes on
/// after that.
#[tokio::test]
async fn what_a_wallet_held_before_it_paid_for_another_number_buys_none() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet_with(5_000_000);
    let (facilitator, carrier) = (stack.facilitator.faults(), stack.twilio.faults());
    facilitator.once("POST */settle", Fault::Hang);
    let is_paid = tokio::sync::Notify::new();
    let first = async {
        let paid = stack.post(BUY).body(&json!({"area_code": "212"})).pay(&wallet).await;
        is_paid.notify_one();
        paid.answer
    };
    let second = async {
        facilitator.arrived("POST */settle", 1).await;
        let asked = facilitator.count("POST */verify") + 1;
        let searched = carrier.count("GET *AvailablePhoneNumbers*") + 1;
        carrier.once("GET *AvailablePhoneNumbers*", Fault::Stall);
        let then = async {
            facilitator.arrived("POST */verify", asked).await;
            carrier.arrived("GET *AvailablePhoneNumbers*", searched).await;
            facilitator.release();
            is_paid.notified().await;
            carrier.release();
        };
        futures_util::future::join(stack.post(BUY).body(&json!({"area_code": "213"})).pay(&wallet), then).await.0
    };
    let (first, second) = futures_util::future::join(first, second).await;
    first.expect(200);
    second.answer.refused(402, "payment_required");
    assert_eq!((stack.twilio.held().len(), stack.earned()), (1, 5_000_000));
}

#[tokio::test]
async fn a_second_number_waits_until_it_is_known_whether_the_first_is_paid() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.facilitator.faults().times("POST */settle", 4, Fault::Refuse(Answer::html(502)));
    let first = stack.post(BUY).body(&json!({})).pay(&wallet).await;
    first.answer.refused(503, "payment_pending");
    stack.facilitator.faults().clear();
    // The second request ends the doubt about the first one, and is sold its own.
    buys(&stack, &wallet, json!({})).await;
    assert_eq!(stack.earned(), 2 * 5_000_000);
    let again = stack.post(BUY).body(&json!({})).paid_with(&first.payment).send().await;
    again.expect(200);
}
