//! How often, how many at once, and for how much money: each limit at its number, what is said
//! there, and when it is over. And what an operator has switched.

mod losses;
mod numbers;
mod operator;

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use harness::request::Response;
use harness::sim::bland::{End, Script, Speaker, Step};
use harness::sim::{Answer, Fault};
use harness::spec::CALL;
use harness::{Stack, Wallet, binaries};
use serde_json::{Value, json};
use shared::limits::Limit;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);

/// A wallet that can call.
async fn caller(stack: &Stack) -> Wallet {
    let wallet = stack.wallet();
    stack.buys(&wallet).await;
    wallet
}

/// This many wallets that can call. They buy one after another: buyers at once may fight for the
/// same few numbers.
async fn callers(stack: &Stack, count: usize) -> Vec<Wallet> {
    let mut wallets = Vec::new();
    for _ in 0..count {
        wallets.push(caller(stack).await);
    }
    wallets
}

fn to(last: usize) -> String {
    format!("+1213361{last:04}")
}

fn body(to: &str, minutes: u32) -> Value {
    json!({"phone_number": to, "task": "Confirm the reservation for two.", "max_duration": minutes})
}

async fn call(stack: &Stack, wallet: &Wallet, to: &str, minutes: u32) -> Response {
    stack.post(CALL).body(&body(to, minutes)).pay(wallet).await.answer
}

#[tokio::test]
async fn what_the_dialler_refuses_costs_nothing_and_is_asked_of_it_ten_times_a_day_for_one_wallet() {
    let stack = Stack::start(binaries!()).await;
    let [wallet, other] = <[Wallet; 2]>::try_from(callers(&stack, 2).await).unwrap_or_else(|_| panic!("two"));
    let earned = stack.earned();
    let refusals = [
        ("The number is on the DNC list.", "unsupported_destination"),
        ("The task was flagged by our moderation.", "bad_request"),
    ];
    for nth in 0..10 {
        stack.travel(Duration::from_mins(5));
        let (message, code) = refusals[nth % 2];
        let said = json!({"status": "error", "message": message});
        stack.bland.faults().once("POST /v1/calls", Fault::Refuse(Answer::json(400, &said)));
        // Always the same number: what is refused is not a call to it.
        call(&stack, &wallet, &to(1), 1).await.refused(400, code);
    }
    stack.travel(Duration::from_mins(5));
    stack.bland.faults().record();
    let wait = refused_by(&call(&stack, &wallet, &to(2), 1).await, "refused_calls_per_wallet_per_day");
    assert!(wait > Duration::from_hours(22), "{wait:?}");
    assert_eq!((stack.bland.faults().count("POST /v1/calls"), stack.earned()), (0, earned));
    call(&stack, &other, &to(1), 1).await.expect(200);
    stack.travel(wait);
    call(&stack, &wallet, &to(2), 1).await.expect(200);
}

/// A call that is placed, and over as soon as it is looked at.
async fn short_call(stack: &Stack, wallet: &Wallet, to: &str) -> Response {
    let placed = call(stack, wallet, to, 1).await;
    placed.expect(200);
    stack.bland.finish_all();
    assert_ne!(stack.poll(&placed.json()).await["ended_by"], "IN_PROGRESS");
    placed
}

/// It is refused by this limit, in words that say when and what that time is, and for nothing.
/// Returns when to come again.
fn refused_by(answer: &Response, limit: &str) -> Duration {
    let body = answer.refused(429, "rate_limited");
    assert_eq!(body["limit"], limit, "{body}");
    let seconds = body["retry_after_seconds"].as_u64().expect("seconds");
    assert_eq!(answer.header("retry-after"), Some(seconds.to_string().as_str()));
    let message = body["message"].as_str().expect("a message");
    let when = match limit {
        "calls_in_flight_per_wallet" => format!("The first of them is over in {seconds} s at the latest."),
        "calls_in_flight" => format!("Try again in {seconds} s, which is a guess."),
        _ => format!("Try again in {seconds} s."),
    };
    assert!(message.ends_with(&format!("{when} Not charged.")), "{message}");
    Duration::from_secs(seconds)
}

fn row(stack: &Stack, of: &str) -> Value {
    stack.dynamo.row(&format!("LIMIT#{of}"), "LIMIT").unwrap_or_default()
}

/// What is counted of all: how many calls run, and what the day has cost.
fn counted(stack: &Stack) -> (i64, i64) {
    let number = |of: &str, name: &str| row(stack, of)[name].as_i64().unwrap_or_default();
    (number("COST", "running"), number("COST", "gross"))
}

#[tokio::test]
async fn a_wallet_places_twenty_calls_in_an_hour() {
    let stack = Stack::start(binaries!()).await;
    let wallet = caller(&stack).await;
    for each in 0..20 {
        short_call(&stack, &wallet, &to(each)).await;
        stack.travel(SECOND);
    }
    let earned = stack.earned();
    let wait = refused_by(&call(&stack, &wallet, &to(20), 1).await, "calls_per_wallet_per_hour");
    assert!(wait <= Duration::from_hours(1) && wait > Duration::from_mins(50), "{wait:?}");
    assert_eq!((stack.earned(), stack.bland.calls().len()), (earned, 20));
    // Others are not concerned.
    short_call(&stack, &caller(&stack).await, &to(20)).await;
    stack.travel(wait.saturating_sub(MINUTE));
    refused_by(&call(&stack, &wallet, &to(21), 1).await, "calls_per_wallet_per_hour");
    stack.travel(MINUTE);
    call(&stack, &wallet, &to(21), 1).await.expect(200);
}

#[tokio::test]
async fn a_wallet_places_a_hundred_calls_in_a_day() {
    let stack = Stack::start(binaries!()).await;
    let wallet = caller(&stack).await;
    // No callee answers, so nothing is used up but the number of calls.
    stack.bland.set_usual_script(Script::NoAnswer);
    for hour in 0..5 {
        for each in 0..20 {
            short_call(&stack, &wallet, &to(hour * 20 + each)).await;
        }
        stack.travel(Duration::from_mins(61));
        stack.sweep().await;
    }
    let wait = refused_by(&call(&stack, &wallet, &to(100), 1).await, "calls_per_wallet_per_day");
    stack.travel(wait);
    call(&stack, &wallet, &to(100), 1).await.expect(200);
}

/// A conversation of this many seconds, in the middle of which the line fails.
fn breaks_off_after(seconds: u64) -> Script {
    let end = End {
        status: "failed",
        queue_status: "call_error",
        answered_by: Some("human"),
        ended_by: None,
        error: Some("unknown".to_owned()),
        seconds: Some(seconds),
        summary: Some("They said hello.".to_owned()),
    };
    let hello = Step::Say(Speaker::User, "Hello?".to_owned());
    Script::Steps(vec![Step::Allocate, Step::Start, hello, Step::End(end), Step::Settle])
}

#[tokio::test]
async fn a_line_that_fails_in_a_conversation_makes_one_call_to_it_free_in_a_day() {
    let stack = Stack::start(binaries!()).await;
    let [wallet, other] = callers(&stack, 2).await.try_into().expect("two");
    // One that failed at once has cost nearly nothing, and may be repeated.
    stack.bland.set_usual_script(breaks_off_after(29));
    short_call(&stack, &wallet, &to(1)).await;
    stack.bland.set_usual_script(breaks_off_after(30));
    stack.travel(10 * SECOND);
    let broken = short_call(&stack, &wallet, &to(1)).await;
    let shown = stack.poll(&broken.json()).await;
    assert_eq!(
        (&shown["ended_by"], &shown["charged"], &shown["retry"]),
        (&json!("ERROR"), &json!(false), &json!("later"))
    );
    let sent = stack.bland.calls().len();
    let wait = refused_by(&call(&stack, &wallet, &to(1), 1).await, "broken_calls_per_destination_per_day");
    refused_by(&call(&stack, &other, &to(1), 1).await, "broken_calls_per_destination_per_day");
    assert_eq!(stack.bland.calls().len(), sent);
    short_call(&stack, &other, &to(2)).await;
    // It goes back, and stays refused until it was said to be over.
    stack.travel(MINUTE);
    stack.minutes(3).await;
    assert_eq!(stack.poll(&broken.json()).await["refund"]["status"], "refunded");
    stack.travel(wait.saturating_sub(5 * MINUTE));
    refused_by(&call(&stack, &other, &to(1), 1).await, "broken_calls_per_destination_per_day");
    stack.travel(MINUTE);
    call(&stack, &other, &to(1), 1).await.expect(200);
}

#[tokio::test]
async fn a_wallet_has_three_calls_under_way() {
    let stack = Stack::builder(binaries!()).parameter("BlandPlan", "build").start().await;
    let wallet = caller(&stack).await;
    let mut placed = Vec::new();
    for each in 0..3 {
        placed.push(call(&stack, &wallet, &to(each), 5).await);
        placed[each].expect(200);
    }
    let wait = refused_by(&call(&stack, &wallet, &to(3), 5).await, "calls_in_flight_per_wallet");
    let longest = 7 * MINUTE + 10 * SECOND;
    assert!(wait <= longest && wait > 7 * MINUTE, "when the first of them must be over: {wait:?}");
    // One that is over counts no longer: before a caller is sent away, its calls are looked at,
    // once in five seconds.
    let first = stack.bland.calls()[0].id.clone();
    stack.bland.finish(&first);
    refused_by(&call(&stack, &wallet, &to(3), 5).await, "calls_in_flight_per_wallet");
    stack.travel(5 * SECOND);
    call(&stack, &wallet, &to(3), 5).await.expect(200);
    // And where no client polls the reaper stops what runs too long, in a round that begins a
    // minute later at the latest, and the caller's own request sees it.
    stack.bland.set_usual_script(Script::NeverEnds);
    let wait = refused_by(&call(&stack, &wallet, &to(4), 5).await, "calls_in_flight_per_wallet");
    stack.travel(wait.saturating_sub(10 * SECOND));
    refused_by(&call(&stack, &wallet, &to(4), 5).await, "calls_in_flight_per_wallet");
    stack.sweep().await;
    stack.travel(10 * SECOND);
    call(&stack, &wallet, &to(4), 5).await.expect(200);
}

#[tokio::test]
async fn the_same_number_is_called_three_times_in_an_hour_and_six_in_a_day() {
    let stack = Stack::start(binaries!()).await;
    let wallet = caller(&stack).await;
    for _ in 0..3 {
        short_call(&stack, &wallet, &to(1)).await;
        stack.travel(11 * SECOND);
    }
    let wait = refused_by(&call(&stack, &wallet, &to(1), 1).await, "calls_per_wallet_and_destination_per_hour");
    short_call(&stack, &wallet, &to(2)).await;
    stack.travel(wait + MINUTE);
    for _ in 0..3 {
        short_call(&stack, &wallet, &to(1)).await;
        stack.travel(11 * SECOND);
    }
    let wait = refused_by(&call(&stack, &wallet, &to(1), 1).await, "calls_per_wallet_and_destination_per_day");
    assert!(wait > Duration::from_hours(22), "{wait:?}");
    stack.travel(wait);
    call(&stack, &wallet, &to(1), 1).await.expect(200);
}

#[tokio::test]
async fn a_number_is_called_ten_times_in_a_day_whichever_wallet_calls() {
    let stack = Stack::start(binaries!()).await;
    for _ in 0..5 {
        let wallet = caller(&stack).await;
        for _ in 0..2 {
            short_call(&stack, &wallet, &to(1)).await;
            stack.travel(11 * SECOND);
        }
    }
    let another = caller(&stack).await;
    let wait = refused_by(&call(&stack, &another, &to(1), 1).await, "calls_per_destination_per_day");
    short_call(&stack, &another, &to(2)).await;
    stack.travel(wait);
    call(&stack, &another, &to(1), 1).await.expect(200);
}

/// Nine tenths of a cent: what two analyses cost, however many questions there are.
#[tokio::test]
async fn the_questions_about_a_call_are_counted_with_what_it_costs() {
    let stack = Stack::start(binaries!()).await;
    let wallet = caller(&stack).await;
    let questions = json!([
        {"name": "confirmed", "question": "Is it confirmed?", "type": "boolean"},
        {"name": "people", "question": "For how many?", "type": "number"},
    ]);
    let body = json!({"to": to(1), "task": "Confirm the reservation.", "max_duration": 2, "questions": questions});
    let placed = stack.post(CALL).body(&body).pay(&wallet).await.answer.expect(200).json();
    assert_eq!(counted(&stack), (1, 320_000 + 9_000));
    stack.bland.finish_all();
    for _ in 0..2 {
        stack.travel(61 * SECOND);
        stack.poll(&placed).await;
    }
    assert_eq!(stack.bland.analyses().len(), 1);
    assert_eq!(counted(&stack), (0, 118_000 + 9_000));
}

/// Time passes in which no client polls; towards its end the reaper goes round every minute.
async fn comes_to_its_end(stack: &Stack, wait: Duration) {
    stack.travel(wait.saturating_sub(5 * MINUTE));
    stack.minutes(5).await;
}

#[tokio::test]
async fn one_wallet_holds_a_quarter_of_the_lines() {
    let stack = Stack::builder(binaries!()).parameter("BlandLines", "5").start().await;
    let wallet = caller(&stack).await;
    for each in 0..2 {
        call(&stack, &wallet, &to(each), 1).await.expect(200);
    }
    refused_by(&call(&stack, &wallet, &to(2), 1).await, "calls_in_flight_per_wallet");
    call(&stack, &caller(&stack).await, &to(2), 1).await.expect(200);
}

#[tokio::test]
async fn a_contract_with_bland_has_its_own_lines_and_price() {
    let builder = Stack::builder(binaries!()).parameter("BlandLines", "2").parameter("BlandMinutePrice", "0.09");
    let stack = builder.start().await;
    let (one, other) = (caller(&stack).await, caller(&stack).await);
    call(&stack, &one, &to(1), 5).await.expect(200);
    assert_eq!(counted(&stack), (1, 5 * 110_000));
    refused_by(&call(&stack, &other, &to(2), 1).await, "calls_in_flight");
}

/// A line that a business pays for. What rings and is hung up counts as well.
#[tokio::test]
async fn a_toll_free_number_is_called_more_often_than_a_persons() {
    let stack = Stack::builder(binaries!()).parameter("BlandPlan", "build").start().await;
    let toll_free = "+18005550199";
    for each in 0..6 {
        let wallet = caller(&stack).await;
        for _ in 0..2 {
            let placed = call(&stack, &wallet, toll_free, 1).await;
            placed.expect(200);
            if each == 0 {
                let hangup = format!("{CALL}/{}/hangup", placed.json()["call_id"].as_str().expect("an id"));
                stack.post(&hangup).send().await.expect(202);
            }
            stack.bland.finish_all();
            stack.poll(&placed.json()).await;
            stack.travel(11 * SECOND);
        }
    }
    let listed = row(&stack, &format!("DESTINATION#{toll_free}"));
    assert_eq!(listed["entries"].as_object().map(serde_json::Map::len), Some(12));
}

#[tokio::test]
async fn calls_at_once_never_take_more_lines_than_the_plan_leaves_us() {
    let stack = Stack::builder(binaries!()).at_once(16).start().await;
    let wallets = callers(&stack, 14).await;
    let calls = wallets.iter().enumerate().map(|(each, wallet)| {
        let stack = &stack;
        async move { call(stack, wallet, &to(each), 1).await }
    });
    let answers = join_all(calls).await;
    let placed: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(placed.len(), 8, "four fifths of the smallest plan's ten");
    for refused in answers.iter().filter(|answer| answer.status != 200) {
        refused_by(refused, "calls_in_flight");
    }
    assert_eq!((stack.bland.calls().len(), counted(&stack)), (8, (8, 8 * 160_000)));
    stack.bland.finish_all();
    stack.poll(&placed[0].json()).await;
    call(&stack, &caller(&stack).await, &to(20), 1).await.expect(200);
}

#[tokio::test]
async fn calls_at_once_never_cost_more_than_the_day_may() {
    let builder = Stack::builder(binaries!()).at_once(16);
    let stack = builder.parameter("DailyCallLoss", "1").parameter("BlandPlan", "scale").start().await;
    let wallets = callers(&stack, 14).await;
    let calls = wallets.iter().enumerate().map(|(each, wallet)| {
        let stack = &stack;
        async move { call(stack, wallet, &to(each), 1).await }
    });
    let answers = join_all(calls).await;
    let placed = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!((placed, counted(&stack)), (7, (7, 7 * 130_000)), "a dollar holds seven times 13 cents");
    for refused in answers.iter().filter(|answer| answer.status != 200) {
        refused_by(refused, "call_loss_per_day");
    }
}

#[tokio::test]
async fn what_is_not_dialled_is_not_counted() {
    let stack = Stack::start(binaries!()).await;
    let wallet = caller(&stack).await;
    let of_wallet = format!("WALLET#{}", wallet.caip10(stack.network()));
    let nothing = || {
        let listed = |of: &str| row(&stack, of)["entries"].as_object().map_or(0, serde_json::Map::len);
        (
            counted(&stack),
            listed(&of_wallet),
            listed(&format!("DESTINATION#{}", to(1))),
            row(&stack, "PREFIX#1213")["loss"].clone(),
        )
    };
    // The dialler refuses.
    stack.bland.limit_next("Rate limit exceeded");
    call(&stack, &wallet, &to(1), 5).await.refused(429, "upstream_rate_limited");
    assert_eq!(nothing(), ((0, 0), 0, 0, json!(0)));
    // The process dies with the intent recorded and nothing dialled; the reaper finds that out.
    stack.bland.faults().once("POST /v1/calls", Fault::HaltBefore);
    let body = body(&to(1), 5);
    let payment = wallet.signs(&stack.post(CALL).body(&body).demand().await);
    let halted = stack.bland.faults().halted(1);
    let dead = async {
        halted.await;
        assert_eq!(counted(&stack), (1, 800_000));
        stack.lambda.kill("voice_call");
    };
    let (answer, ()) = futures_util::future::join(stack.post(CALL).body(&body).paid_with(&payment).send(), dead).await;
    assert_ne!(answer.status, 200);
    stack.travel(2 * MINUTE);
    stack.sweep().await;
    assert_eq!(nothing(), ((0, 0), 0, 0, json!(0)));
    stack.post(CALL).body(&body).paid_with(&payment).send().await.expect(200);
    assert_eq!(nothing(), ((1, 800_000), 1, 1, json!(800_000)));
}

#[test]
fn the_table_of_limits_has_every_limit_and_no_other() {
    let readme = include_str!("../../README.md");
    let (_, section) = readme.split_once("### Limits").expect("a section");
    let rows =
        section.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|')).skip(2);
    let named: BTreeSet<&str> =
        rows.filter_map(|row| row.split('|').nth(1)).flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    let known: BTreeSet<&str> = Limit::ALL.iter().map(|limit| limit.code()).collect();
    assert_eq!(named, known);
}
