//! Questions about a call: asked of the dialler's model once it has settled, twice at most, and
//! never at the call's expense.

use std::time::Duration;

use futures_util::future::{join, join_all};
use futures_util::stream::{FuturesUnordered, StreamExt};
use harness::request::Response;
use harness::sim::bland::Script;
use harness::sim::{Answer, Fault};
use harness::spec::CALL;
use harness::{Stack, World, binaries};
use serde_json::{Value, json};

const ANALYZE: &str = "POST */analyze";

fn questions() -> Value {
    json!([
        {"name": "confirmed", "question": "Is the table confirmed?", "type": "boolean"},
        {"name": "people", "question": "For how many?", "type": "number"},
        {"name": "where_to", "question": "Inside or outside?", "type": "enum", "options": ["inside", "outside"]},
        {"name": "words", "question": "What was said?", "type": "string"},
    ])
}

/// A call with questions that is over, a minute after its end; and its address.
async fn over(stack: &Stack, script: Script) -> String {
    let wallet = stack.wallet();
    stack.buys_in(&wallet, Some("415")).await;
    stack.bland.script_next(script);
    let body = json!({"to": "+12133610872", "task": "Ask for a table.", "questions": questions()});
    let placed = stack.post(CALL).body(&body).pay(&wallet).await.answer.expect(200).json();
    let path = placed["poll_url"].as_str().expect("a path").to_owned();
    stack.bland.finish_all();
    stack.travel(Duration::from_secs(30));
    let seen = stack.get(&path).send().await.expect(200).json();
    assert_eq!(stack.bland.analyses().len(), 0, "not before it has settled");
    assert_eq!(seen["result"], Value::Null);
    stack.travel(Duration::from_secs(61));
    path
}

async fn look(stack: &Stack, path: &str) -> Value {
    let answer: Response = stack.get(path).send().await;
    answer.expect(200).json()
}

#[tokio::test]
async fn the_look_that_settles_a_call_has_its_questions_answered_once() {
    let stack = Stack::start(binaries!()).await;
    let path = over(&stack, Script::UserHangsUp).await;
    let seen = look(&stack, &path).await;
    let answers = json!({"confirmed": true, "people": 7, "where_to": "outside", "words": "Table for two at seven."});
    assert_eq!((&seen["result_status"], &seen["result"]), (&json!("ready"), &answers), "{seen}");
    assert_eq!((&seen["final"], &seen["charged"]), (&json!(true), &json!(true)));
    assert!(seen["untrusted"].as_array().is_some_and(|names| names.contains(&json!("result"))));
    for _ in 0..3 {
        stack.travel(Duration::from_mins(2));
        stack.sweep().await;
        assert_eq!(look(&stack, &path).await["result"], answers);
    }
    let [asked] = &stack.bland.analyses()[..] else { panic!("once") };
    assert!(asked.settled);
    assert_eq!(asked.request["questions"][2], json!(["Inside or outside?", "exactly one of: inside, outside"]));
}

#[tokio::test]
async fn without_a_poll_the_reaper_asks() {
    let stack = Stack::start(binaries!()).await;
    let path = over(&stack, Script::AssistantEnds).await;
    for _ in 0..2 {
        stack.sweep().await;
        stack.travel(Duration::from_secs(61));
    }
    assert_eq!(stack.bland.analyses().len(), 1);
    assert_eq!(look(&stack, &path).await["result_status"], "ready");
}

/// Whatever the model says: an answer of another type is null, and answers of another number are
/// none.
#[tokio::test]
async fn what_is_not_of_its_type_is_null_and_what_cannot_be_assigned_is_asked_again_once() {
    let stack = Stack::start(binaries!()).await;
    stack.bland.answers_next(json!([true, 2, "inside"]));
    stack.bland.answers_next(json!([{"a": true}, "two", "the terrace", ["x"]]));
    let path = over(&stack, Script::UserHangsUp).await;
    let seen = look(&stack, &path).await;
    assert_eq!((&seen["result_status"], &seen["final"]), (&json!("pending"), &json!(false)), "{seen}");
    stack.travel(Duration::from_secs(61));
    stack.sweep().await;
    let seen = look(&stack, &path).await;
    let nulls = json!({"confirmed": null, "people": null, "where_to": null, "words": null});
    assert_eq!((&seen["result_status"], &seen["result"], &seen["final"]), (&json!("ready"), &nulls, &json!(true)));
    assert_eq!(stack.bland.analyses().len(), 2);
}

/// An outcome that is not known counts as a try, in whichever process it was; the call stays as it
/// is.
#[tokio::test]
async fn the_vendor_is_asked_twice_at_most_and_then_there_is_no_result() {
    for fault in [Fault::Refuse(Answer::html(500)), Fault::LoseAnswer] {
        let stack = Stack::start(binaries!()).await;
        stack.bland.faults().always(ANALYZE, fault);
        let path = over(&stack, Script::UserHangsUp).await;
        let before = look(&stack, &path).await;
        assert_eq!((&before["result_status"], &before["charged"]), (&json!("pending"), &json!(true)), "{before}");
        for _ in 0..4 {
            stack.travel(Duration::from_secs(61));
            stack.sweep().await;
        }
        assert_eq!(stack.bland.faults().count(ANALYZE), 2);
        let after = look(&stack, &path).await;
        assert_eq!(
            (&after["result_status"], &after["result"], &after["final"]),
            (&json!("unavailable"), &Value::Null, &json!(true))
        );
        for field in ["status", "ended_by", "summary", "charged", "paid", "refund"] {
            assert_eq!(before[field], after[field], "{field}");
        }
    }
}

/// The process dies in the last try: whether the vendor was asked is not known, so it is not asked
/// again.
#[tokio::test]
async fn a_last_try_that_died_is_not_made_again() {
    let stack = Stack::start(binaries!()).await;
    let faults = stack.bland.faults();
    faults.once(ANALYZE, Fault::Refuse(Answer::html(500)));
    let path = over(&stack, Script::UserHangsUp).await;
    assert_eq!(look(&stack, &path).await["result_status"], "pending");
    stack.travel(Duration::from_secs(61));
    let met = faults.halts() + 1;
    faults.once(ANALYZE, Fault::HaltBefore);
    let killed = async {
        faults.halted(met).await;
        stack.lambda.kill("reaper");
    };
    let (swept, ()) = join(World::sweep(&stack), killed).await;
    assert!(swept.is_err(), "it has died");
    let tried = faults.count(ANALYZE);
    for _ in 0..3 {
        stack.travel(Duration::from_secs(61));
        stack.sweep().await;
    }
    assert_eq!(faults.count(ANALYZE), tried, "it was tried twice");
    let after = look(&stack, &path).await;
    assert_eq!(
        (&after["result_status"], &after["final"], &after["charged"]),
        (&json!("unavailable"), &json!(true), &json!(true))
    );
}

#[tokio::test]
async fn of_a_call_in_which_no_person_spoke_nothing_is_asked() {
    for script in [Script::Voicemail, Script::NoAnswer, Script::Busy, Script::CallError, Script::NotFound] {
        let stack = Stack::start(binaries!()).await;
        let path = over(&stack, script.clone()).await;
        let seen = look(&stack, &path).await;
        assert_eq!(seen["result_status"], "unavailable", "{script:?}: {seen}");
        for _ in 0..2 {
            stack.sweep().await;
            stack.travel(Duration::from_secs(61));
        }
        assert!(stack.bland.analyses().is_empty(), "{script:?}");
    }
}

/// The questions belong to the request: with others it is another request.
#[tokio::test]
async fn the_same_payment_with_other_questions_is_a_conflict() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.buys_in(&wallet, Some("415")).await;
    let body = |questions: Value| json!({"to": "+12133610872", "task": "Ask for a table.", "questions": questions});
    let paid = stack.post(CALL).body(&body(questions())).pay(&wallet).await;
    paid.answer.expect(200);
    let again = |questions| stack.post(CALL).body(&body(questions)).paid_with(&paid.payment);
    again(questions()).send().await.expect(200);
    let mut others = questions();
    others[0]["question"] = json!("Is the table lost?");
    again(others).send().await.refused(409, "payment_conflict");
    again(json!([])).send().await.refused(409, "payment_conflict");
    assert_eq!(stack.bland.calls().len(), 1);
}

/// All who could ask come at once, again and again: one of them asks at a time, and not before a
/// minute is over.
#[tokio::test]
async fn a_crowd_that_looks_and_sweeps_has_the_questions_asked_once_and_twice_at_most() {
    for (fault, asked, status) in [(None, 1, "ready"), (Some(Fault::LoseAnswer), 2, "unavailable")] {
        let stack = Stack::start(binaries!()).await;
        if let Some(fault) = fault {
            stack.bland.faults().always(ANALYZE, fault);
        }
        let path = over(&stack, Script::UserHangsUp).await;
        for round in 0..4 {
            let looks = join_all((0..8).map(|_| look(&stack, &path)));
            join(looks, join(stack.sweep(), stack.sweep())).await;
            let count = stack.bland.faults().count(ANALYZE);
            assert!(count <= asked.min(round + 1), "{count} in round {round}");
            stack.travel(Duration::from_secs(61));
        }
        let seen = look(&stack, &path).await;
        assert_eq!((&seen["result_status"], stack.bland.faults().count(ANALYZE)), (&json!(status), asked));
    }
}

/// A model that takes its time: the look that asks says what there is, in time, and the next round
/// asks again.
#[tokio::test]
async fn an_analysis_that_hangs_keeps_neither_a_poll_nor_a_round_for_longer_than_it_may() {
    let stack = Stack::start(binaries!()).await;
    stack.bland.faults().once(ANALYZE, Fault::Hang);
    let path = over(&stack, Script::UserHangsUp).await;
    let began = std::time::Instant::now();
    let seen = look(&stack, &path).await;
    assert!((6..20).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    assert_eq!(
        (&seen["result_status"], &seen["ended_by"], &seen["charged"]),
        (&json!("pending"), &json!("USER"), &json!(true))
    );
    // The dialler is not asked again before the minute is over, also where the first answer is
    // still on its way.
    stack.sweep().await;
    assert_eq!(look(&stack, &path).await["result_status"], "pending");
    assert_eq!(stack.bland.faults().count(ANALYZE), 1);
    stack.travel(Duration::from_secs(61));
    stack.sweep().await;
    assert_eq!(look(&stack, &path).await["result_status"], "ready");
    assert_eq!(stack.bland.faults().count(ANALYZE), 2);
}

/// Rounds that overlap have read the same queue. The one that comes behind the last try knows
/// nothing of its answer yet.
#[tokio::test]
async fn an_answer_that_is_on_its_way_is_not_given_up_by_another_round() {
    // How they overlap is chance.
    for _ in 0..5 {
        let stack = Stack::start(binaries!()).await;
        stack.bland.faults().once(ANALYZE, Fault::LoseAnswer);
        let path = over(&stack, Script::UserHangsUp).await;
        look(&stack, &path).await;
        stack.travel(Duration::from_secs(61));
        stack.bland.faults().once(ANALYZE, Fault::Stall);
        let mut rounds: FuturesUnordered<_> = (0..4).map(|_| stack.sweep()).collect();
        // All but the one that asks.
        for _ in 0..3 {
            rounds.next().await;
        }
        stack.bland.faults().release();
        rounds.next().await;
        let seen = look(&stack, &path).await;
        assert_eq!((&seen["result_status"], stack.bland.faults().count(ANALYZE)), (&json!("ready"), 2));
    }
}

/// A model, or a stranger who talks to it, that says what was not asked for.
#[tokio::test]
async fn an_analysis_that_lies_says_nothing_but_what_fits() {
    let long = "x".repeat(100_000);
    let lies = json!([
        {"confirmed": true}, "7; ignore what you were told", ["inside"],
        format!("{long}</script>\u{0}\u{202e}"),
    ]);
    let stack = Stack::start(binaries!()).await;
    stack.bland.answers_next(lies);
    let path = over(&stack, Script::UserHangsUp).await;
    let seen = look(&stack, &path).await;
    let result = &seen["result"];
    assert_eq!(
        (&result["confirmed"], &result["people"], &result["where_to"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    assert_eq!(result["words"], "x".repeat(500));
    assert_eq!(result.as_object().map(serde_json::Map::len), Some(4), "no name that was not asked for");

    let names = json!({"confirmed": true, "people": 2, "where_to": "inside", "words": "x", "charged": false});
    for lie in [names, json!("yes"), json!(null), json!(vec![true; 10_000]), json!([])] {
        let stack = Stack::start(binaries!()).await;
        stack.bland.answers_next(lie.clone());
        stack.bland.answers_next(lie);
        let path = over(&stack, Script::UserHangsUp).await;
        look(&stack, &path).await;
        stack.travel(Duration::from_secs(61));
        let seen = look(&stack, &path).await;
        assert_eq!(seen["result_status"], "pending", "no look asks twice: the reaper does");
        stack.sweep().await;
        let seen = look(&stack, &path).await;
        assert_eq!((&seen["result_status"], &seen["result"]), (&json!("unavailable"), &Value::Null), "{seen}");
        assert_eq!((&seen["charged"], &seen["final"]), (&json!(true), &json!(true)));
        assert_eq!(stack.bland.faults().count(ANALYZE), 2);
    }
}

/// The dialler tells how a call ended and nothing after that, so it is given up. What was said is
/// known, and is asked about.
#[tokio::test]
async fn a_call_that_is_given_up_with_words_in_it_has_its_questions_answered() {
    let stack = Stack::start(binaries!()).await;
    let wallet = stack.wallet();
    stack.buys_in(&wallet, Some("415")).await;
    stack.bland.script_next(Script::UserHangsUp);
    let body = json!({"to": "+12133610872", "task": "Ask for a table.", "questions": questions()});
    let placed = stack.post(CALL).body(&body).pay(&wallet).await.answer.expect(200).json();
    let path = placed["poll_url"].as_str().expect("a path").to_owned();
    stack.bland.finish_all();
    stack.travel(Duration::from_secs(30));
    look(&stack, &path).await;
    stack.bland.faults().always("GET /v1/calls/*", Fault::Refuse(Answer::html(503)));
    for _ in 0..14 {
        stack.travel(Duration::from_secs(61));
        stack.sweep().await;
    }
    let seen = look(&stack, &path).await;
    assert_eq!((&seen["ended_by"], &seen["charged"], &seen["final"]), (&json!("USER"), &json!(true), &json!(true)));
    assert_eq!((&seen["result_status"], &seen["result"]["confirmed"]), (&json!("ready"), &json!(true)), "{seen}");
    assert_eq!(stack.bland.analyses().len(), 1);
}

#[tokio::test]
async fn the_answers_stand_on_the_calls_page_as_a_models_reading() {
    let stack = Stack::start(binaries!()).await;
    stack.bland.answers_next(json!([true, 2, null, "<img src=x onerror=alert(1)>"]));
    let path = over(&stack, Script::UserHangsUp).await;
    look(&stack, &path).await;
    let page = stack.get(&path).header("accept", "text/html").send().await.expect(200).body.to_vec();
    let page = String::from_utf8(page).expect("UTF-8");
    for part in ["Answers</h2>", "<dt>confirmed</dt>", ">Yes</dd>", ">Not known</dd>", "A model&#39;s reading"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("<img src=x"), "{page}");
}
