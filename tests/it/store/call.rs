//! Calls: the slot of a wallet, the look and its turn, and what is written of what was said.

use serde_json::json;
use shared::store::calls::{self, Call, HangUp, Keeping, Line, Look, Questions};
use shared::store::{Candidate, Changes, Charge, Queue, View, numbers};
use shared::types::CallId;
use shared::types::call::{EndedBy, Retry, Role, Status, Utterance};

use super::{Table, at, attempt, bring, due, ended, error, new_call, number, over, payment, turn, wallet};

#[tokio::test]
async fn a_wallet_has_one_unpaid_call_and_pauses_after_one_that_it_did_not_pay() {
    let table = Table::new("dialling").await;
    let (owner, from) = (wallet(0), number(1));
    bring(&table, &from, "leased").await;
    let dial = |id: u128, nonce: u8, second: i64| {
        calls::dial(&new_call(id, &from), &payment(nonce), at(second)).expect("a row")
    };
    let id = |bits: u128| CallId::from_bits(bits);

    assert!(table.makes(dial(1, 1, 0)).await);
    assert!(!table.makes(dial(2, 2, 0)).await, "one is unpaid");
    assert!(
        !table.makes(calls::charged(&id(1), &owner, &payment(2), None, Some("0x1"), at(0))).await,
        "not this sale's call"
    );
    assert!(table.makes(calls::not_dialled(&id(1), &owner, &payment(1), None, at(0))).await);
    assert!(table.store.call(&id(1)).await.expect("answers").is_none());

    assert!(table.makes(dial(3, 3, 0)).await);
    assert!(placed(&table, &id(3), "bland-3").await);
    assert!(!placed(&table, &id(3), "bland-4").await, "placed once");
    assert!(!placed(&table, &id(9), "bland-9").await, "there is no such call");
    assert!(!table.makes(calls::not_dialled(&id(3), &owner, &payment(3), None, at(0))).await, "a phone rings");
    assert!(table.makes(calls::charged(&id(3), &owner, &payment(3), None, Some("0x3"), at(0))).await);
    let paid = table.store.call(&id(3)).await.expect("answers").expect("there");
    assert_eq!((paid.business.charge, paid.line.placed.as_deref()), (Charge::Paid, Some("bland-3")));

    // One that was paid before it was dialled.
    assert!(
        !table.makes(calls::dialled(&id(3), &owner, &payment(3), "bland-3", Some("0x3"), at(0))).await,
        "placed once"
    );
    assert!(table.makes(dial(6, 6, 0)).await, "the slot is free again");
    assert!(
        !table.makes(calls::dialled(&id(6), &owner, &payment(3), "bland-6", Some("0x6"), at(0))).await,
        "not its sale"
    );
    assert!(table.makes(calls::dialled(&id(6), &owner, &payment(6), "bland-6", Some("0x6"), at(0))).await);
    let paid = table.store.call(&id(6)).await.expect("answers").expect("there");
    assert_eq!((paid.business.charge, paid.line.placed.as_deref()), (Charge::Paid, Some("bland-6")));

    assert!(table.makes(dial(4, 4, 0)).await, "the slot is free again");
    assert!(placed(&table, &id(4), "bland-4").await);
    assert!(table.makes(calls::unpaid(&id(4), &owner, &payment(4), "bland-4", at(0))).await);
    assert!(!table.makes(dial(5, 5, 99)).await, "it pauses");
    let lease = table.store.lease(&owner, &from).await.expect("answers").expect("there");
    let later = numbers::hold_lease(&lease, &owner, &payment(9), at(0));
    assert!(table.makes(later.and(Changes::none())).await);
    assert!(table.makes(numbers::extend(&from, &owner, &payment(9), at(200_000), at(0))).await);
    assert!(!table.makes(dial(5, 5, 86_399)).await, "for a day");
    assert!(table.makes(dial(5, 5, 86_400)).await);
}

#[tokio::test]
async fn one_looker_gets_the_look_and_a_settled_call_gets_none() {
    let table = Table::new("looking").await;
    bring(&table, &number(1), "leased").await;
    let id = CallId::from_bits(1);
    assert!(table.makes(calls::dial(&new_call(1, &number(1)), &payment(1), at(0)).expect("a row")).await);
    let paid = calls::charged(&id, &wallet(0), &payment(1), Some("bland-1"), Some("0x1"), at(0));
    assert!(table.makes(paid).await);
    let read = || async { table.store.call(&id).await.expect("answers").expect("there") };
    let view = error();

    let call = read().await;
    assert_eq!(call.line.placed.as_deref(), Some("bland-1"), "what pays it says where it is");
    assert!(table.store.take_look(&call, at(10)).await.expect("answers"));
    assert!(!table.store.take_look(&call, at(10)).await.expect("answers"), "the other one was quicker");
    let look = Look {
        questions: Questions::Nothing,
        view: view.clone(),
        ended_at: Some(at(10)),
        closed: false,
        refund_due: false,
        broke_off: false,
        price: None,
    };
    table.store.looked(&turn(&call, 10), &look, "c").await.expect("answers");
    let call = read().await;
    assert_eq!(
        (call.line.view.clone(), call.line.ended_at, call.line.closed),
        (Some(view.clone()), Some(at(10)), false)
    );

    assert!(table.store.take_look(&call, at(70)).await.expect("answers"));
    let look = Look {
        view,
        ended_at: Some(at(10)),
        closed: true,
        refund_due: true,
        broke_off: false,
        questions: Questions::Nothing,
        price: None,
    };
    table.store.looked(&turn(&call, 70), &look, "e").await.expect("answers");
    let call = read().await;
    assert_eq!((call.business.charge, call.line.closed), (Charge::RefundDue, true));
    assert!(!table.store.take_look(&call, at(80)).await.expect("answers"), "it is closed");

    // A slower look with the same turn, which saw something else, takes nothing back.
    let slower = Look { view: View { ended_by: EndedBy::User, ..error() }, ..look.clone() };
    let line = Line { ended_at: None, closed: false, ..call.line.clone() };
    let before = Call { line, ..call.clone() };
    for (seen, step) in [(&before, "g"), (&call, "h")] {
        let slower = Look { closed: false, refund_due: false, ..slower.clone() };
        table.store.looked(&turn(seen, 70), &slower, step).await.expect("answers");
    }
    let after = read().await;
    assert_eq!((after.line.view, after.line.closed, after.business.charge), (Some(error()), true, Charge::RefundDue));
}

#[tokio::test]
async fn a_call_is_put_off_by_one_of_all_that_come_while_it_is_due_in_its_queue() {
    let table = Table::new("later").await;
    bring(&table, &number(1), "leased").await;
    let id = CallId::from_bits(1);
    assert!(table.makes(calls::dial(&new_call(1, &number(1)), &payment(1), at(0)).expect("a row")).await);
    assert!(table.makes(calls::charged(&id, &wallet(0), &payment(1), None, Some("0x1"), at(0))).await);
    let due = async |second| due(&table, Queue::Calls, second).await.len();
    let put_off = async |until, behind| {
        let call = Candidate::Call(id.clone());
        table.store.put_behind(&call, Queue::of_call(&id), at(until), at(behind)).await.expect("answers")
    };
    assert_eq!((due(359).await, due(360).await), (0, 1));
    assert!(!put_off(359, 420).await, "its time has not come");
    assert!(put_off(360, 420).await);
    assert!(!put_off(360, 420).await, "another round has it");
    assert_eq!((due(419).await, due(420).await), (0, 1));
    ended(&table, &id, error(), false).await;
    assert!(!put_off(420, 480).await, "it waits for nothing any more");
    assert_eq!(due(1_000).await, 0);
}

#[tokio::test]
async fn a_call_is_to_be_hung_up_once_at_any_time_before_its_end_is_seen() {
    let table = Table::new("hangup").await;
    bring(&table, &number(1), "leased").await;
    let id = CallId::from_bits(1);
    let due = async |second| due(&table, Queue::Calls, second).await.len();
    let read = || async { table.store.call(&id).await.expect("answers").expect("there") };
    let asked_at = || async { read().await.line.hangup_requested_at };
    let dial = calls::dial(&new_call(1, &number(1)), &payment(1), at(0)).expect("a row");
    assert!(table.makes(dial).await);
    let call = read().await;
    assert_eq!(due(20).await, 0);
    // Before it is placed, and it is due at once.
    assert_eq!(table.store.hang_up(&call, at(20)).await.expect("answers"), HangUp::Asked);
    assert_eq!((asked_at().await, due(20).await), (Some(at(20)), 1));
    // Again: it stays as it was.
    assert_eq!(table.store.hang_up(&call, at(30)).await.expect("answers"), HangUp::Asked);
    assert_eq!(asked_at().await, Some(at(20)));
    // What it is paid with goes its own way.
    assert!(placed(&table, &id, "bland-1").await);
    assert!(table.makes(calls::charged(&id, &wallet(0), &payment(1), None, Some("0x1"), at(0))).await);
    assert_eq!((asked_at().await, read().await.business.charge), (Some(at(20)), Charge::Paid));
    over(&table, &id).await;
    assert_eq!(table.store.hang_up(&call, at(40)).await.expect("answers"), HangUp::Over);

    // One whose end was seen first is left as it is, also by who has read it before.
    bring(&table, &number(3), "leased").await;
    let ended = CallId::from_bits(3);
    assert!(table.makes(calls::dial(&new_call(3, &number(3)), &payment(3), at(0)).expect("a row")).await);
    assert!(table.makes(calls::charged(&ended, &wallet(0), &payment(3), None, Some("0x1"), at(0))).await);
    let before = table.store.call(&ended).await.expect("answers").expect("there");
    over(&table, &ended).await;
    assert_eq!(table.store.hang_up(&before, at(20)).await.expect("answers"), HangUp::Over);
    let after = table.store.call(&ended).await.expect("answers").expect("there");
    assert_eq!(after.line.hangup_requested_at, None);

    // One for which no phone rang is gone.
    bring(&table, &number(2), "leased").await;
    let id = CallId::from_bits(2);
    assert!(table.makes(calls::dial(&new_call(2, &number(2)), &payment(2), at(0)).expect("a row")).await);
    let call = table.store.call(&id).await.expect("answers").expect("there");
    assert!(table.makes(calls::not_dialled(&id, &wallet(0), &payment(2), None, at(0))).await);
    assert_eq!(table.store.hang_up(&call, at(10)).await.expect("answers"), HangUp::Gone);
    assert!(table.store.call(&id).await.expect("answers").is_none(), "nothing was made of it");
}

#[tokio::test]
async fn one_waits_for_a_call_until_it_leaves_or_its_time_is_up() {
    let table = Table::new("waits").await;
    let id = ringing(&table).await;
    let call = table.store.call(&id).await.expect("answers").expect("there");
    let take = async |now, until| table.store.take_wait(&call, at(now), at(until)).await.expect("answers");
    assert!(take(0, 23).await);
    assert!(!take(5, 28).await && !take(22, 45).await, "another one waits");
    // One that is late leaves what is another's by now alone.
    assert!(take(23, 46).await, "its time is up");
    table.store.leave_wait(&call, at(23)).await.expect("answers");
    assert!(!take(24, 47).await);
    table.store.leave_wait(&call, at(46)).await.expect("answers");
    assert!(take(25, 48).await, "it has left");
    // It is no part of the call: looks and money go on beside it.
    assert!(looked(&table, &id, 30, &running(error())).await);
}

#[tokio::test]
async fn an_end_that_was_seen_is_not_overwritten_by_who_did_not_see_it() {
    let table = Table::new("ends").await;
    bring(&table, &number(1), "leased").await;
    let id = CallId::from_bits(1);
    assert!(table.makes(calls::dial(&new_call(1, &number(1)), &payment(1), at(0)).expect("a row")).await);
    assert!(table.makes(calls::charged(&id, &wallet(0), &payment(1), None, Some("0x1"), at(0))).await);
    let running = table.store.call(&id).await.expect("answers").expect("there");
    assert!(table.store.take_look(&running, at(10)).await.expect("answers"));
    let normal = Look {
        questions: Questions::Nothing,
        view: View { ended_by: EndedBy::User, ..error() },
        ended_at: Some(at(10)),
        closed: false,
        refund_due: false,
        broke_off: false,
        price: None,
    };
    table.store.looked(&turn(&running, 10), &normal, "b").await.expect("answers");
    // An attempt that read the call before that gives it up for lost.
    let lost = Look {
        view: error(),
        ended_at: Some(at(12)),
        closed: true,
        refund_due: true,
        broke_off: false,
        questions: Questions::Nothing,
        price: None,
    };
    table.store.looked(&turn(&running, 10), &lost, "c").await.expect("answers");
    let after = table.store.call(&id).await.expect("answers").expect("there");
    assert_eq!((after.line.view, after.line.closed, after.business.charge), (Some(normal.view), false, Charge::Paid));
}

#[tokio::test]
async fn a_look_that_does_not_know_what_the_look_before_it_wrote_is_lost() {
    let table = Table::new("looks").await;
    bring(&table, &number(1), "leased").await;
    let id = CallId::from_bits(1);
    assert!(table.makes(calls::dial(&new_call(1, &number(1)), &payment(1), at(0)).expect("a row")).await);
    assert!(table.makes(calls::charged(&id, &wallet(0), &payment(1), None, Some("0x1"), at(0))).await);
    let read = async || table.store.call(&id).await.expect("answers").expect("there");
    let end = |ended_by| Look {
        questions: Questions::Nothing,
        view: View { ended_by, ..error() },
        ended_at: Some(at(10)),
        closed: false,
        refund_due: false,
        broke_off: false,
        price: None,
    };
    assert!(table.store.take_look(&read().await, at(10)).await.expect("answers"));
    assert!(table.store.looked(&read().await, &end(EndedBy::User), "b").await.expect("answers"));
    assert!(table.store.take_look(&read().await, at(20)).await.expect("answers"));
    let known = read().await;
    // The next one takes its turn before this look is written, and knows only the one before.
    assert!(table.store.looked(&known, &end(EndedBy::Assistant), "d").await.expect("answers"));
    assert!(table.store.take_look(&known, at(30)).await.expect("answers"));
    assert!(!table.store.looked(&turn(&known, 30), &end(EndedBy::Error), "f").await.expect("answers"));
    assert_eq!(read().await.line.view.expect("a view").ended_by, EndedBy::Assistant);
}

/// What the AI or the callee says in five seconds.
fn line(number: usize) -> Utterance {
    let text = format!("{number}: the table for two is free at seven, and the kitchen is open until ten.");
    Utterance { role: if number.is_multiple_of(2) { Role::User } else { Role::Assistant }, text }
}

/// A view of a call in which this many lines were said.
fn talking(lines: usize) -> View {
    View {
        status: Status::InProgress,
        ended_by: EndedBy::InProgress,
        retry: Retry::No,
        reason: "The call is under way, or has only just ended and its result is still being written. Keep polling."
            .to_owned(),
        transcript: (0..lines).map(line).collect(),
        call_length: None,
        started_at: Some(5),
        ..error()
    }
}

fn running(view: View) -> Look {
    Look {
        view,
        ended_at: None,
        closed: false,
        refund_due: false,
        broke_off: false,
        questions: Questions::Nothing,
        price: None,
    }
}

/// The call after a look at this second that has found this; it says whether that was written.
async fn looked(table: &Table, id: &CallId, second: i64, look: &Look) -> bool {
    let call = table.store.call(id).await.expect("answers").expect("there");
    assert!(table.store.take_look(&call, at(second)).await.expect("answers"));
    table.store.looked(&turn(&call, second), look, &format!("looked {second}")).await.expect("answers")
}

async fn placed(table: &Table, id: &CallId, name: &str) -> bool {
    table.store.placed(id, name).await.expect("answers")
}

/// A call that rings, and is paid.
async fn ringing(table: &Table) -> CallId {
    bring(table, &number(1), "leased").await;
    let id = CallId::from_bits(1);
    assert!(table.makes(calls::dial(&new_call(1, &number(1)), &payment(1), at(0)).expect("a row")).await);
    assert!(placed(table, &id, "8dd6f762-6c67-4546-aaad-3e59f5e4a09c").await);
    assert!(
        table.makes(calls::charged(&id, &wallet(0), &payment(1), None, Some(&format!("0x{:064x}", 1)), at(0))).await
    );
    id
}

/// A look each five seconds, and a line of the conversation with each.
#[tokio::test]
async fn what_half_an_hour_of_talk_costs_grows_with_its_length_and_not_with_its_square() {
    let table = Table::new("half_an_hour").await;
    let Some(engine) = &table.engine else { return };
    let id = ringing(&table).await;
    let (mut written, mut read) = (Vec::new(), 0);
    for look in 1..=360_usize {
        engine.count_units();
        assert!(looked(&table, &id, i64::try_from(look).expect("small") * 5, &running(talking(look))).await);
        written.push(engine.units().writes);
        read = engine.units().read_halves;
    }
    // The call, and half a unit for each four kilobytes that were said.
    let bytes: usize = talking(360).transcript.iter().map(|line| line.text.len() + 24).sum();
    let most = 2 + bytes.div_ceil(4_096) + 1;
    assert!(read <= u64::try_from(most).expect("small"), "{read} halves of a read unit for {bytes} bytes");
    // A line costs the same at the end of the call as at its beginning: the turn, the line, and the
    // call that names it. Now and then short parts become one.
    assert!(written.iter().all(|units| *units <= 6), "{written:?}");
    let all: u64 = written.iter().sum();
    assert!(all <= 1_150, "{all} write units");
}

/// What was said is read as it may have been a moment ago. That it is less than the call's own item
/// names is seen, and it is read anew.
#[tokio::test]
async fn nothing_of_what_was_said_is_missing_where_the_table_is_behind() {
    let table = Table::new("behind").await;
    let Some(engine) = &table.engine else { return };
    let id = ringing(&table).await;
    engine.falls_behind();
    for (second, lines) in [(5, 1), (10, 2), (15, 40), (20, 41)] {
        assert!(looked(&table, &id, second, &running(talking(lines))).await);
        let call = table.store.call(&id).await.expect("answers").expect("there");
        assert_eq!(call.line.transcript(), talking(lines).transcript, "{lines} lines");
        let again = table.store.again(&call).await.expect("answers").expect("there");
        assert_eq!(again.line.transcript(), talking(lines).transcript, "{lines} lines");
    }
}

#[tokio::test]
async fn what_was_said_is_kept_beside_its_call_and_written_where_it_is_new() {
    let table = Table::new("said").await;
    let id = ringing(&table).await;
    let transcript = async || {
        let call = table.store.call(&id).await.expect("answers").expect("there");
        call.line.transcript().to_vec()
    };
    for (second, lines) in [(5, 0), (10, 3), (15, 200), (20, 201)] {
        assert!(looked(&table, &id, second, &running(talking(lines))).await);
        assert_eq!(transcript().await, talking(lines).transcript, "{lines} lines");
    }
    // A look that was overtaken writes nothing of what it has heard.
    let known = table.store.call(&id).await.expect("answers").expect("there");
    assert!(looked(&table, &id, 25, &running(talking(202))).await);
    let late = running(talking(300));
    assert!(!table.store.looked(&turn(&known, 25), &late, "late").await.expect("answers"));
    assert_eq!(transcript().await.len(), 202);
    // What is said anew in the middle, and less of it.
    let mut other = talking(150);
    other.transcript[0].text = "Hello?".to_owned();
    assert!(looked(&table, &id, 30, &running(other.clone())).await);
    assert_eq!(transcript().await, other.transcript);
    // An operator who lets go what is not held takes its time to live off nothing.
    let known = table.store.call(&id).await.expect("answers").expect("there");
    assert_eq!(table.store.let_call_go(&known, &attempt(1)).await.expect("answers"), Keeping::Already);
    if let Some(engine) = &table.engine {
        let month = json!(at(30 * 86_400).as_second());
        let rows = engine.rows();
        let said: Vec<_> =
            rows.iter().filter(|row| row["sk"].as_str().is_some_and(|sk| sk.starts_with("SAID#"))).collect();
        assert!(said.len() > 3 && said.iter().all(|row| row["ttl"] == month && row["due_queue"].is_null()), "{rows:?}");
        let call = rows.iter().find(|row| row["sk"] == "CALL").expect("the call").to_string();
        assert!(
            !call.contains("the table for two") && !call.contains("Hello?"),
            "no word of it in the call's own item"
        );
    }
}
