//! What is lost: what calls cost beyond what was paid for them and stays so, by the wallet, the
//! prefix and the day.

use std::time::Duration;

use harness::sim::bland::{End, Script, Step};
use harness::{Stack, Wallet, binaries};
use serde_json::{Value, json};

use super::{
    MINUTE, SECOND, breaks_off_after, call, caller, comes_to_its_end, counted, refused_by, row, short_call, to,
};

#[tokio::test]
async fn a_wallet_loses_six_dollars_in_a_day_at_most_and_what_was_not_used_comes_back() {
    let stack = Stack::start(binaries!()).await;
    let wallet = caller(&stack).await;
    let of_wallet = format!("WALLET#{}", wallet.caip10(stack.network()));
    // Thirty minutes of sixteen cents.
    let long = call(&stack, &wallet, &to(1), 30).await;
    long.expect(200);
    assert_eq!(counted(&stack), (1, 4_800_000));
    let wait = refused_by(&call(&stack, &wallet, &to(2), 8).await, "call_cost_per_wallet_per_day");
    assert!(wait > 30 * MINUTE && wait <= 35 * MINUTE, "when it is known what the long call has cost: {wait:?}");
    call(&stack, &wallet, &to(2), 7).await.expect(200);
    assert_eq!(counted(&stack), (2, 5_920_000));

    // 42 seconds: 9.8 cents by the dialler's word, and one minute of the carrier's.
    let first = stack.bland.calls()[0].id.clone();
    stack.bland.finish(&first);
    stack.travel(31 * SECOND);
    stack.poll(&long.json()).await;
    assert_eq!(counted(&stack), (1, 5_920_000), "it is over, and its price can still come");
    assert_eq!(row(&stack, "COST")["loss"], 5_920_000, "and its payment can still go back");
    stack.travel(61 * SECOND);
    for _ in 0..2 {
        stack.poll(&long.json()).await;
        assert_eq!(counted(&stack), (1, 1_120_000 + 118_000), "once");
        for of in ["COST", "PREFIX#1213"] {
            assert_eq!(row(&stack, of)["loss"], 1_120_000 + 118_000 - 540_000, "{of}: it is paid, and stays so");
        }
    }
    let listed = row(&stack, &of_wallet);
    let entry = &listed["entries"][long.json()["call_id"].as_str().expect("an id")];
    assert_eq!(
        (&entry["cost"], &entry["ends_at"], &listed["good"]),
        (&json!(118_000 - 540_000), &Value::Null, &json!(1))
    );
    call(&stack, &wallet, &to(3), 30).await.expect(200);
}

/// The dialler is a minute late with the length and the price of a conversation, and what is closed
/// is not reckoned again.
#[tokio::test]
async fn a_conversation_whose_price_is_not_told_counts_for_what_was_reserved_and_is_not_a_good_one() {
    let stack = Stack::start(binaries!()).await;
    let wallet = caller(&stack).await;
    let Script::Steps(mut steps) = breaks_off_after(300) else { panic!("steps") };
    let end = End { status: "completed", queue_status: "complete", ..end_of(&steps) };
    steps.truncate(3);
    steps.push(Step::End(end));
    stack.bland.set_usual_script(Script::Steps(steps));
    let placed = call(&stack, &wallet, &to(1), 5).await;
    placed.expect(200);
    stack.bland.finish_all();
    for _ in 0..3 {
        stack.poll(&placed.json()).await;
        stack.travel(61 * SECOND);
    }
    let shown = stack.poll(&placed.json()).await;
    assert_eq!((&shown["final"], &shown["charged"]), (&json!(true), &json!(true)), "{shown}");
    assert_eq!(counted(&stack), (0, 800_000), "as long as it may have been");
    assert_eq!(row(&stack, "COST")["loss"], 800_000 - 540_000);
    assert_eq!(row(&stack, &format!("WALLET#{}", wallet.caip10(stack.network())))["good"], Value::Null);
}

fn end_of(steps: &[Step]) -> End {
    let end = steps.iter().find_map(|step| if let Step::End(end) = step { Some(end.clone()) } else { None });
    end.expect("an end")
}

/// What was paid for a call that failed goes back, and all that it has cost is lost.
#[tokio::test]
async fn a_call_that_is_paid_back_has_brought_nothing() {
    let stack = Stack::start(binaries!()).await;
    let wallet = caller(&stack).await;
    stack.bland.set_usual_script(breaks_off_after(300));
    let broken = short_call(&stack, &wallet, &to(1)).await;
    stack.travel(61 * SECOND);
    stack.poll(&broken.json()).await;
    stack.sweep().await;
    let (loss, gross) = (row(&stack, "COST")["loss"].clone(), row(&stack, "COST")["gross"].clone());
    assert!(loss == gross && loss.as_i64() > Some(0), "{loss} {gross}");
    assert_eq!(row(&stack, &format!("WALLET#{}", wallet.caip10(stack.network())))["good"], Value::Null);
}

/// Forty calls of which each costs 15 cents were six dollars, and all that a wallet could have.
#[tokio::test]
async fn what_pays_for_itself_is_not_refused_for_money() {
    let builder = Stack::builder(binaries!()).parameter("WalletCallLoss", "1");
    let builder = builder.parameter("PrefixCallLoss", "1").parameter("DailyCallLoss", "1");
    let stack = builder.start().await;
    let wallet = caller(&stack).await;
    for each in 0..18 {
        let placed = call(&stack, &wallet, &to(each), 5).await;
        placed.expect(200);
        stack.bland.finish_all();
        for _ in 0..2 {
            stack.travel(61 * SECOND);
            stack.poll(&placed.json()).await;
        }
    }
    let (_, gross) = counted(&stack);
    assert!(gross > 2_000_000 && row(&stack, "COST")["loss"].as_i64() < Some(-7_000_000), "{gross}");
    // What was earned can be lost: two calls of five minutes are reserved for more than a dollar.
    call(&stack, &wallet, &to(30), 5).await.expect(200);
    call(&stack, &wallet, &to(31), 5).await.expect(200);
    // Another prefix has earned nothing.
    call(&stack, &caller(&stack).await, "+13125550101", 3).await.expect(200);
    refused_by(&call(&stack, &caller(&stack).await, "+13125550102", 5).await, "call_cost_per_prefix_per_day");
}

#[tokio::test]
async fn a_window_moves_by_half_days_and_no_day_has_twice_what_it_may_lose() {
    let builder = Stack::builder(binaries!()).parameter("DailyCallLoss", "1");
    let stack = builder.start().await;
    // Its line fails at the end, so all that it has cost is lost.
    stack.bland.set_usual_script(breaks_off_after(300));
    let placed = call(&stack, &caller(&stack).await, &to(1), 5).await;
    placed.expect(200);
    stack.bland.finish_all();
    for _ in 0..2 {
        stack.poll(&placed.json()).await;
        stack.travel(61 * SECOND);
    }
    stack.poll(&placed.json()).await;
    let sums = row(&stack, "COST");
    assert_eq!((&sums["loss"], &sums["gross"]), (&json!(800_000), &json!(800_000)));
    let other = caller(&stack).await;
    let wait = refused_by(&call(&stack, &other, &to(2), 5).await, "call_loss_per_day");
    let (day, longest) = (Duration::from_hours(24), Duration::from_hours(36));
    assert!(wait >= day.saturating_sub(11 * MINUTE) && wait <= longest, "{wait:?}");
    stack.travel(wait.saturating_sub(MINUTE));
    refused_by(&call(&stack, &other, &to(2), 5).await, "call_loss_per_day");
    stack.travel(MINUTE);
    call(&stack, &other, &to(2), 5).await.expect(200);
}

#[tokio::test]
async fn what_a_days_calls_cost_is_bounded_as_well_whatever_is_paid_for_them() {
    let stack = Stack::builder(binaries!()).parameter("DailyCallBudget", "1").start().await;
    let (one, other) = (caller(&stack).await, caller(&stack).await);
    call(&stack, &one, &to(1), 5).await.expect(200);
    let wait = refused_by(&call(&stack, &other, &to(2), 2).await, "call_cost_per_day");
    call(&stack, &other, &to(2), 1).await.expect(200);
    assert_eq!(counted(&stack), (2, 960_000));
    assert!(wait <= 10 * MINUTE, "when it is known what the first call has cost: {wait:?}");
    comes_to_its_end(&stack, wait).await;
    call(&stack, &other, &to(3), 5).await.expect(200);
}

/// A wallet with ten calls that were paid for and have cost next to nothing.
async fn good_caller(stack: &Stack) -> Wallet {
    let wallet = caller(stack).await;
    for each in 0..10 {
        let placed = short_call(stack, &wallet, &to(500 + each)).await;
        stack.travel(61 * SECOND);
        stack.poll(&placed.json()).await;
    }
    let listed = row(stack, &format!("WALLET#{}", wallet.caip10(stack.network())));
    assert_eq!(listed["good"], 10, "{listed}");
    wallet
}

#[tokio::test]
async fn a_new_wallet_calls_dear_destinations_for_five_minutes_and_a_good_one_for_thirty() {
    let stack = Stack::start(binaries!()).await;
    let new = caller(&stack).await;
    // 64 cents a minute, and 114 where nothing is known.
    for (to, minutes) in [("+447911123401", 6), ("+252612345678", 4)] {
        let refused = call(&stack, &new, to, minutes).await;
        let body = refused.refused(429, "rate_limited");
        assert_eq!(body["limit"], "dear_call_cost_per_new_wallet_per_day");
        assert_eq!(
            (refused.header("retry-after"), &body["retry_after_seconds"]),
            (None, &Value::Null),
            "it is of no use"
        );
    }
    call(&stack, &new, "+447911123401", 5).await.expect(200);
    let wait = refused_by(&call(&stack, &new, "+447911123402", 1).await, "dear_call_cost_per_new_wallet_per_day");
    assert!(wait <= 12 * MINUTE, "when it is known what the first has cost: {wait:?}");

    // Thirty-four dollars. What makes a wallet a good one is used up by it.
    let good = good_caller(&stack).await;
    call(&stack, &good, "+252612345678", 30).await.expect(200);
    assert_eq!(row(&stack, &format!("WALLET#{}", good.caip10(stack.network())))["good"], 0);
    refused_by(&call(&stack, &good, &to(1), 1).await, "call_cost_per_wallet_per_day");
}

#[tokio::test]
async fn a_risk_that_no_phone_rang_for_uses_nothing_up() {
    let stack = Stack::start(binaries!()).await;
    let good = good_caller(&stack).await;
    stack.bland.limit_next("Rate limit exceeded");
    call(&stack, &good, "+252612345678", 30).await.refused(429, "upstream_rate_limited");
    assert_eq!(row(&stack, &format!("WALLET#{}", good.caip10(stack.network())))["good"], 10);
}

#[tokio::test]
async fn dear_destinations_do_not_use_up_what_ordinary_ones_may_lose() {
    let stack = Stack::builder(binaries!()).parameter("DailyCallLoss", "6").start().await;
    // Half of it is theirs.
    call(&stack, &caller(&stack).await, "+447911123401", 4).await.expect(200);
    let other = caller(&stack).await;
    let wait = refused_by(&call(&stack, &other, "+33612345678", 1).await, "dear_call_loss_per_day");
    assert!(wait <= 12 * MINUTE, "{wait:?}");
    call(&stack, &other, &to(1), 15).await.expect(200);
}

/// What is reserved for ordinary calls comes back to them.
#[tokio::test]
async fn a_dear_call_is_not_told_to_wait_for_ordinary_ones() {
    let stack = Stack::builder(binaries!()).parameter("DailyCallLoss", "6").start().await;
    // Half of it is theirs, and all of that is lost.
    stack.bland.set_usual_script(breaks_off_after(240));
    let dear = call(&stack, &caller(&stack).await, "+447911123401", 4).await;
    dear.expect(200);
    stack.bland.finish_all();
    for _ in 0..2 {
        stack.poll(&dear.json()).await;
        stack.travel(61 * SECOND);
    }
    stack.poll(&dear.json()).await;
    assert_eq!((&row(&stack, "COST")["dear"], &row(&stack, "COST")["open_dear"]), (&json!(2_560_000), &json!(0)));
    call(&stack, &caller(&stack).await, &to(1), 15).await.expect(200);
    let other = caller(&stack).await;
    let wait = refused_by(&call(&stack, &other, "+33612345678", 1).await, "dear_call_loss_per_day");
    assert!(wait > Duration::from_hours(23), "{wait:?}");
}

#[tokio::test]
async fn a_prefix_loses_fifty_dollars_in_a_day_whichever_wallet_calls() {
    let stack = Stack::builder(binaries!()).parameter("PrefixCallLoss", "10").start().await;
    // 64 cents a minute.
    for last in 1..=3 {
        call(&stack, &caller(&stack).await, &format!("+44791112340{last}"), 5).await.expect(200);
    }
    let another = caller(&stack).await;
    let wait = refused_by(&call(&stack, &another, "+447911123404", 2).await, "call_cost_per_prefix_per_day");
    call(&stack, &caller(&stack).await, "+442079460958", 2).await.expect(200);
    assert!(wait <= 12 * MINUTE, "when it is known what these calls have cost: {wait:?}");
    comes_to_its_end(&stack, wait).await;
    call(&stack, &another, "+447911123405", 2).await.expect(200);
}
