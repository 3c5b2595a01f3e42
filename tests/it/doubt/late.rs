//! Payments for calls that were given up, and that arrive.

use super::*;

/// What the facilitator and the payer do while a payment is in doubt that then lapses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Meanwhile {
    /// The facilitator stays silent.
    Silent,
    /// The same, and the payer has moved the money away.
    Drained,
    /// The facilitator has said that the wallet has too little, and later it has enough.
    Refused,
    /// It has said so behind a 500.
    Broken,
}

#[tokio::test]
async fn a_payment_that_lapses_while_the_facilitator_is_silent_keeps_no_wallet_from_calling_again() {
    for meanwhile in [Meanwhile::Silent, Meanwhile::Drained, Meanwhile::Refused, Meanwhile::Broken] {
        let stack = Stack::start(binaries!()).await;
        let doubtful = Doubtful::begin_for(&stack, Script::NeverEnds, 7 * 86_400 - 60).await;
        let poor = json!({"success": false, "errorReason": "insufficient_funds"});
        let refill = || stack.chain.mint(doubtful.wallet.address(), 2 * CALL_PRICE);
        match meanwhile {
            Meanwhile::Silent => stack.facilitator.faults().always("POST */settle", Fault::Refuse(Answer::html(500))),
            Meanwhile::Broken => {
                stack.facilitator.faults().always("POST */settle", Fault::Refuse(Answer::json(500, &poor)));
            }
            Meanwhile::Drained => doubtful.drain(&stack),
            Meanwhile::Refused => {
                doubtful.drain(&stack);
                stack.minutes(1).await;
                refill();
                stack.facilitator.faults().always("POST */settle", Fault::Refuse(Answer::html(500)));
            }
        }
        stack.minutes(3).await;
        stack.travel(45 * MINUTE);
        stack.minutes(1).await;
        stack.facilitator.faults().clear();
        refill();
        let ended = json!(["failed", "ERROR", false, null, true, "0.00"]);
        assert_eq!(doubtful.seen(&stack).await, ended, "{meanwhile:?}");
        let path = format!("{CALL}/{}", doubtful.call["call_id"].as_str().expect("an id"));
        let page = stack.get(&path).header("accept", "text/html").send().await;
        let page = String::from_utf8(page.expect(200).body.to_vec()).expect("UTF-8");
        let lists = stack.post(CALLS).body(&json!({})).pay(&doubtful.wallet).await.answer.expect(200).json();
        let listed = &lists["calls"][0];
        assert_eq!((&listed["ended_by"], &listed["charged"]), (&json!("ERROR"), &json!(false)));
        let body = json!({"phone_number": "+12133610873", "task": "Read this book to me."});
        let again = stack.post(CALL).body(&body).pay(&doubtful.wallet).await.answer;
        // It arrives all the same, and goes back: poll, page and list say so.
        doubtful.arrive(&stack);
        stack.travel(30 * MINUTE);
        stack.minutes(12).await;
        let said = stack.poll(&doubtful.call).await;
        let refund = (&said["refund"]["status"], &said["charged"], &said["paid"]);
        assert_eq!(refund, (&json!("refunded"), &json!(false), &json!("0.00")), "{meanwhile:?}");
        assert!(said["refund"]["transaction"].is_string());
        let shown = stack.get(&path).header("accept", "text/html").send().await;
        let shown = String::from_utf8(shown.expect(200).body.to_vec()).expect("UTF-8");
        assert!(shown.contains("$0.54 was paid back"), "{shown}");
        // What a payer can bring about at will holds back nothing that is owed to others.
        let reason = if meanwhile == Meanwhile::Silent { "late" } else { "stray" };
        let reasons: Vec<_> =
            stack.dynamo.rows().iter().filter_map(|row| row.pointer("/refund/reason").cloned()).collect();
        assert!(reasons.contains(&json!(reason)), "{meanwhile:?}: {reasons:?}");
        if meanwhile == Meanwhile::Silent {
            assert!(page.contains("was not made in time") && !page.contains("declined"), "{page}");
            again.expect(200);
        } else {
            assert!(page.contains("the payment was declined"), "{page}");
            assert_eq!(again.refused(429, "rate_limited")["limit"], "unpaid_rings_per_wallet_per_day");
        }
    }
}

#[tokio::test]
async fn a_payment_for_a_call_that_was_stopped_in_doubt_goes_back_when_it_arrives() {
    let stack = Stack::start(binaries!()).await;
    let doubtful = Doubtful::begin(&stack, Script::NeverEnds).await;
    stack.chain.faults().always("*", Fault::Overload);
    stack.facilitator.faults().always("POST */settle", Fault::Refuse(Answer::html(500)));
    stack.minutes(3).await;
    assert!(stack.bland.calls()[0].is_over());
    stack.chain.faults().clear();
    stack.facilitator.faults().clear();
    doubtful.arrive(&stack);
    stack.minutes(8).await;
    let said = stack.poll(&doubtful.call).await;
    assert_eq!(
        (&said["ended_by"], &said["charged"], &said["refund"]["status"]),
        (&json!("ERROR"), &json!(false), &json!("refunded"))
    );
    assert_eq!(stack.chain.balance(doubtful.wallet.address()), CALL_PRICE);
}

#[tokio::test]
async fn what_has_gone_back_is_said_so_by_its_sale_whatever_its_call_says() {
    let mut stack = Stack::start(binaries!()).await;
    stack.excuse("is pending, and was sold 0 times", "its call is made to say so");
    let doubtful = Doubtful::begin_for(&stack, Script::NeverEnds, 7 * 86_400 - 60).await;
    stack.facilitator.faults().always("POST */settle", Fault::Refuse(Answer::html(500)));
    stack.minutes(3).await;
    stack.travel(45 * MINUTE);
    let is_void = |row: &Value| row["state"] == "void" && row["work"]["kind"] == "call";
    for _ in 0..10 {
        if stack.dynamo.rows().iter().any(is_void) {
            break;
        }
        stack.minutes(1).await;
    }
    assert!(stack.dynamo.rows().iter().any(is_void), "it is given up");
    stack.facilitator.faults().clear();
    // Its call waits for a payment that is given up, which no function brings about.
    let pk = format!("CALL#{}", doubtful.call["call_id"].as_str().expect("an id"));
    let mut item = stack.dynamo.items_of(&pk).into_iter().find(|item| item.contains_key("charge")).expect("a call");
    item.insert("charge".to_owned(), json!({"S": "pending"}));
    stack.dynamo.put(&item);
    doubtful.arrive(&stack);
    stack.travel(30 * MINUTE);
    stack.minutes(12).await;
    let rows = stack.dynamo.rows();
    let refund = rows.iter().find_map(|row| row.get("refund")).expect("a refund");
    assert_eq!((&refund["state"], stack.chain.balance(doubtful.wallet.address())), (&json!("refunded"), CALL_PRICE));
}
