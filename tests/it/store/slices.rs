//! What all calls are counted in, in slices: together they hold what they may and no more,
//! whichever way it is cut.

use futures_util::StreamExt;
use futures_util::stream;
use harness::dynamo::Dynamo;
use harness::sim::{Answer, Fault};
use serde_json::{Value, json};
use shared::limits::{Budget, Limit};
use shared::store::{Cost, limits};
use shared::types::{CallId, PhoneNumber, Usdc, Wallet};

use super::{Table, budget_of, count_within, number, wallet};

/// Where all calls of a day may lose this many cents; with eight slices, or with one.
fn lose(cents: u64, slices: u64) -> Budget {
    let budget = budget_of(if slices == 1 { 100 } else { slices * 125 });
    assert_eq!(u64::from(budget.cut().slices), slices);
    Budget { loss: Usdc::micros(cents * 10_000), ..budget }
}

/// Counts this call of its own wallet to its own callee.
async fn one(table: &Table, budget: &Budget, id: u8, cents: u64) -> Result<Cost, Limit> {
    one_at(table, budget, id, cents, 0).await
}

/// The same, so many seconds later.
async fn one_at(table: &Table, budget: &Budget, id: u8, cents: u64, second: i64) -> Result<Cost, Limit> {
    count_within(table, budget, id.into(), (&wallet(id), &number(id.into())), cents, second).await
}

/// As many at once as a machine with two cores answers in time, in the order of their ids; one by
/// one where another engine, which takes no lock from a transaction's conditions to its writes,
/// gives a second opinion.
async fn at_once(
    table: &Table,
    budget: &Budget,
    ids: impl Iterator<Item = u8>,
    cents: u64,
) -> Vec<Result<Cost, Limit>> {
    let many = if table.engine.is_some() { 16 } else { 1 };
    stream::iter(ids).map(|id| one(table, budget, id, cents)).buffered(many).collect().await
}

async fn undone(table: &Table, id: u8, cost: &Cost) {
    let (from, to) = (wallet(id), number(id.into()));
    assert!(table.makes(limits::undone(&CallId::from_bits(id.into()), &from, &to, Some(cost))).await);
}

/// The slices of a whole, and what they hold together.
fn held(table: &Table, of: &str, sum: &str) -> Option<(usize, i64)> {
    let rows = table.engine.as_ref()?.rows();
    let is_one = |row: &&Value| row["pk"].as_str().is_some_and(|pk| pk == of || pk.starts_with(&format!("{of}/")));
    let held: Vec<i64> = rows.iter().filter(is_one).filter_map(|row| row[sum].as_i64()).collect();
    Some((held.len(), held.iter().sum()))
}

fn refused(counted: &[Result<Cost, Limit>]) -> Vec<Limit> {
    counted.iter().filter_map(|counted| counted.as_ref().err().copied()).collect()
}

#[tokio::test]
async fn slices_hold_what_a_day_may_lose_together_and_not_a_cent_more() {
    let (table, budget) = (Table::new("sliced").await, lose(503, 8));
    let counted = at_once(&table, &budget, 1..81, 10).await;
    assert_eq!(refused(&counted), vec![Limit::DailyLoss; 30]);
    if let Some((slices, loss)) = held(&table, "LIMIT#COST", "loss") {
        assert_eq!((slices, loss), (8, 5_000_000));
    }
    assert_eq!(one(&table, &budget, 90, 10).await, Err(Limit::DailyLoss));
    assert!(one(&table, &budget, 91, 3).await.is_ok(), "three cents are left, in eight slices");
    let (first, cost) = counted.iter().zip(1..).find_map(|(counted, id)| Some((id, (*counted).ok()?))).expect("one");
    undone(&table, first, &cost).await;
    assert!(one(&table, &budget, 92, 10).await.is_ok(), "what comes back is room, wherever it was");
    assert_eq!(one(&table, &budget, 93, 1).await, Err(Limit::DailyLoss));
}

#[tokio::test]
async fn a_call_is_placed_that_no_slice_has_room_for_while_the_whole_has() {
    let (table, budget) = (Table::new("gathered").await, lose(500, 8));
    assert_eq!(refused(&at_once(&table, &budget, 1..9, 10).await), []);
    assert!(one(&table, &budget, 20, 400).await.is_ok(), "a slice may lose 62 cents");
    assert_eq!(one(&table, &budget, 21, 30).await, Err(Limit::DailyLoss));
    assert!(one(&table, &budget, 22, 20).await.is_ok());
    if let Some((_, loss)) = held(&table, "LIMIT#COST", "loss") {
        assert_eq!(loss, 5_000_000);
    }
}

#[tokio::test]
async fn all_lines_are_used_whichever_slice_they_belong_to() {
    let (table, budget) = (Table::new("lines").await, budget_of(127));
    assert_eq!((budget.lines(), budget.cut().slices), (101, 2));
    let counted = at_once(&table, &budget, 0..110, 1).await;
    assert_eq!(refused(&counted), vec![Limit::AllAtOnce; 9]);
    if let Some(running) = held(&table, "LIMIT#COST", "running") {
        assert_eq!(running, (2, 101));
    }
    for (id, counted) in (0..).zip(&counted) {
        if let Ok(cost) = counted {
            undone(&table, id, cost).await;
        }
    }
    let rows = table.engine.as_ref().map(Dynamo::rows).unwrap_or_default();
    let running = rows.iter().filter_map(|row| row["running"].as_i64());
    assert!(running.into_iter().all(|running| running == 0), "each ends where it was counted");
}

/// An end that is seen days later: nothing of the call is left in the sums, and its line is freed.
#[tokio::test]
async fn a_call_holds_its_line_until_it_is_over_however_long_ago_it_was_counted() {
    let (table, later) = (Table::new("line").await, 4 * 43_200);
    let first = one(&table, &budget_of(1), 0, 10).await.expect("a line");
    assert_eq!(one_at(&table, &budget_of(1), 1, 10, later).await, Err(Limit::AllAtOnce));
    let second = one_at(&table, &budget_of(3), 1, 10, later).await.expect("two lines");
    let is_counted = |running: i64, loss: i64| {
        for (sum, amount) in [("running", running), ("loss", loss), ("gross", loss)] {
            assert_eq!(held(&table, "LIMIT#COST", sum).unwrap_or((1, amount)), (1, amount), "{sum}");
        }
    };
    is_counted(2, 100_000);
    undone(&table, 0, &first).await;
    is_counted(1, 100_000);
    undone(&table, 1, &second).await;
    is_counted(0, 0);
}

/// Of as many lines as ten million calls a day would need there are 64 slices, and a thousand calls
/// use up what may be lost.
#[tokio::test]
#[ignore = "a minute on two cores"]
async fn of_a_thousand_calls_at_once_as_many_are_counted_as_there_is_room_for() {
    let (table, budget) = (Table::new("thousand").await, lose(5_000, 64));
    let (table, budget) = (&table, &Budget { prefix: Usdc::micros(50_000_000), ..budget });
    let each = |id: u128| async move {
        let wallet = Wallet::from_caip10(&format!("eip155:8453:0x{id:040x}")).expect("a wallet");
        let to = PhoneNumber::parse(&format!("+1213361{id:04}")).expect("a number");
        count_within(table, budget, id, (&wallet, &to), 10, 0).await
    };
    let counted: Vec<_> = stream::iter(0..1_000).map(each).buffer_unordered(24).collect().await;
    assert_eq!(counted.iter().filter(|counted| counted.is_ok()).count(), 500);
    if let Some((slices, loss)) = held(table, "LIMIT#COST", "loss") {
        assert_eq!((slices, loss), (64, 50_000_000));
    }
}

#[tokio::test]
async fn another_number_of_slices_while_calls_run_loses_no_count_and_makes_none_twice() {
    let table = Table::new("recut").await;
    let mut running = Vec::new();
    for (round, slices) in [1, 8, 64, 2, 1].into_iter().enumerate() {
        let budget = lose(1_000, slices);
        let ids = (0..10).map(|id| u8::try_from(round * 10).expect("small") + id);
        for (id, counted) in ids.clone().zip(at_once(&table, &budget, ids, 10).await) {
            running.push((id, counted.expect("room")));
        }
        if let Some((_, loss)) = held(&table, "LIMIT#COST", "loss") {
            assert_eq!(loss, i64::try_from(running.len()).expect("few") * 100_000);
        }
    }
    assert_eq!(one(&table, &lose(505, 1), 90, 10).await, Err(Limit::DailyLoss), "the whole is what it is now");
    assert!(one(&table, &lose(510, 1), 90, 10).await.is_ok());
    for (id, cost) in running {
        undone(&table, id, &cost).await;
    }
    for (of, sum, left) in
        [("LIMIT#COST", "loss", 100_000), ("LIMIT#COST", "gross", 100_000), ("LIMIT#COST", "running", 1)]
    {
        assert_eq!(held(&table, of, sum).map_or(left, |(_, held)| held), left, "{of}");
    }
}

/// For three days as much as fits, each half-day, where a dear call was counted before the lines
/// were raised: the slices have to pass on what they hold of it, and it leaves when it would have
/// left. Also where that call is known to have cost nothing only after its slice has passed it on.
#[tokio::test]
async fn no_window_loses_more_than_it_may_after_lines_were_raised_and_none_is_refused_while_it_has_room() {
    for (name, comes_to_nothing) in [("raised", false), ("raised_back", true)] {
        let (table, mut ids) = (Table::new(name).await, 1_u8..);
        let first = one(&table, &lose(500, 1), 0, 350).await.expect("room");
        let (mut counted, mut refused, budget) = (vec![(0, 350)], 0, lose(500, 8));
        for half_day in 1..7 {
            for (cents, id) in std::iter::once(100).chain([20; 24]).zip(ids.by_ref()) {
                let runs: u64 = counted.iter().filter(|(at, _)| half_day - at < 3).map(|(_, cents)| cents).sum();
                let answer = one_at(&table, &budget, id, cents, half_day * 43_200).await;
                assert_eq!(answer.is_ok(), runs + cents <= 500, "{half_day}: {cents} more than {runs}, {answer:?}");
                match answer {
                    Ok(_) => counted.push((half_day, cents)),
                    Err(limit) => refused += i32::from(limit == Limit::DailyLoss),
                }
            }
            if comes_to_nothing && half_day == 1 {
                undone(&table, 0, &first).await;
                counted.retain(|(at, _)| *at > 0);
            }
        }
        assert!(refused > 50, "{refused}");
        assert!(held(&table, "LIMIT#COST", "moved").is_none_or(|(slices, moved)| slices == 8 && moved > 0));
    }
}

/// DynamoDB's answer where another transaction is in the way of the nth of these steps.
fn conflict(steps: usize, nth: usize) -> Fault {
    let code = |step| if step == nth { "TransactionConflict" } else { "None" };
    let reasons: Vec<Value> = (0..steps).map(|step| json!({"Code": code(step)})).collect();
    let kind = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
    let message = "Transaction cancelled, please refer cancellation reasons for specific reasons";
    Fault::Refuse(Answer::json(400, &json!({"__type": kind, "Message": message, "CancellationReasons": reasons})))
}

/// Who has cut nothing waits for the only slice.
#[tokio::test]
async fn a_slice_that_another_call_is_being_counted_in_is_left_for_the_next_one() {
    for (slices, switches) in [(8, true), (1, false)] {
        let table = Table::new(&format!("busy{slices}")).await;
        let Some(engine) = table.engine.as_ref() else { return };
        let budget = lose(50_000, slices);
        // All that is to be cut is cut.
        for id in 0..u8::try_from(slices).expect("few") * 8 {
            one(&table, &budget, id, 1).await.expect("room");
        }
        let (of_all, cost) = (held(&table, "LIMIT#COST", "loss").expect("an engine"), Usdc::micros(10_000));
        let before = engine.faults().count("TransactWriteItems");
        // Two lists, the prefix, and then what is counted of all calls.
        engine.faults().times("TransactWriteItems", 3, conflict(4, 3));
        let read = engine.faults().count("BatchGetItem");
        assert_eq!(one(&table, &budget, 101, 1).await.expect("room").amount, cost);
        assert_eq!(engine.faults().count("TransactWriteItems") - before, 4, "three were in vain");
        let after = held(&table, "LIMIT#COST", "loss").expect("an engine");
        assert_eq!(
            (after.0, after.1 - of_all.1),
            (usize::try_from(slices).expect("few"), 10_000),
            "and it is counted once"
        );
        assert_eq!(engine.faults().count("BatchGetItem") - read > 1, switches, "{slices} slices");
    }
}
