//! What is counted in rows that are right, and in rows that are not.

use serde_json::{Value, json};

use super::*;

fn call(id: &str, at: i64) -> Value {
    json!({"pk": format!("CALL#{id}"), "wallet": "w", "to": "+12135550100", "created_at": at, "ended_at": at,
           "closed": true, "charge": "paid",
           "cost": {"micros": 100, "price": 540, "kept": 540, "prefix": 7, "day": 8, "dear": true}})
}

fn limits() -> Vec<Value> {
    vec![
        json!({"pk": "LIMIT#COST", "slot": 8, "running": 0, "loss": -440, "loss_2": -440, "gross": 100, "gross_2": 100,
               "dear": -440, "dear_2": -440}),
        json!({"pk": "LIMIT#PREFIX#1213", "slot": 9, "loss": -440, "loss_1": -440}),
        json!({"pk": "LIMIT#WALLET#w", "version": 1, "good": 1, "entries": {"a": {"counted_at": 10, "cost": -440}}}),
        json!({"pk": "LIMIT#DESTINATION#+12135550100", "entries": {"a": {"counted_at": 10}}}),
    ]
}

fn findings(rows: impl IntoIterator<Item = Value>) -> String {
    let mut findings = Findings::default();
    Ledgers { rows: rows.into_iter().collect(), now: 100, ..Ledgers::default() }.limits(&mut findings);
    findings.line()
}

fn with(place: usize, change: impl Fn(&mut Value)) -> String {
    let mut rows = limits();
    change(&mut rows[place]);
    findings(rows.into_iter().chain([call("a", 10)]))
}

#[test]
fn what_is_counted_is_what_happened() {
    assert_eq!(findings(limits().into_iter().chain([call("a", 10)])), "");
    assert!(with(0, |row| row["running"] = json!(1)).contains("1 calls are counted as running, and 0 do"));
    assert!(with(0, |row| row["loss"] = json!(-439)).contains("LIMIT#COST has summed up -439 as loss"));
    assert!(with(0, |row| row["gross_2"] = json!(99)).contains("LIMIT#COST has 99 in gross_2"));
    assert!(with(0, |row| row["dear_2"] = json!(1)).contains("LIMIT#COST has 1 in dear_2"));
    assert!(with(1, |row| row["loss_1"] = json!(0)).contains("LIMIT#PREFIX#1213 has 0 in loss_1"));
    assert_eq!(with(1, |row| *row = json!({"pk": "LIMIT#PREFIX#1213", "slot": 10, "loss": 0})), "", "it is past");
    assert!(with(2, |row| row["good"] = json!(2)).contains("2 calls of w are counted as good, and 1 are"));
    assert!(with(2, |row| row["entries"] = json!({})).contains("call a is not counted for w"));
    assert!(with(2, |row| row["entries"]["a"]["ends_at"] = json!(20)).contains("as it is not"));
    assert!(with(2, |row| row["entries"]["a"]["cost"] = json!(7)).contains("as 7, and loses -440"));
    let refused = json!({"counted_at": 9, "cost": 0, "refused": true});
    assert_eq!(with(2, |row| row["entries"]["b"] = refused.clone()), "");
    assert!(with(3, |row| row["entries"]["b"] = refused.clone()).contains("call b is counted"));
    let runs = json!({"counted_at": 9, "cost": 0, "refused": true, "ends_at": 20});
    assert!(with(2, |row| row["entries"]["b"] = runs.clone()).contains("as if it ran"));
    let many = |row: &mut Value| (0..14).for_each(|nth| row["entries"][format!("r{nth}")] = refused.clone());
    assert!(with(2, many).contains("14 calls of w were refused in a day"));
    assert!(with(3, |row| row["entries"]["b"] = json!({"counted_at": 1})).contains("call b is counted"));
}

#[test]
fn slices_are_held_against_the_calls_together() {
    let sliced = |name: &str, upto: i64, loss: i64, slot: i64| {
        let (gross, dear) = (loss + 540, loss);
        let mut row = json!({"pk": name, "slot": slot, "upto": upto, "loss": loss, "gross": gross, "dear": dear});
        for (sum, amount) in [("loss", loss), ("gross", gross), ("dear", dear)] {
            row[format!("{sum}_{}", slot.rem_euclid(3))] = json!(amount);
        }
        row
    };
    let world = |change: fn(&mut Vec<Value>)| {
        let mut rows = limits();
        rows[0] = sliced("LIMIT#COST", 32, -340, 8);
        rows[0]["running"] = json!(3);
        rows[0]["gross"] = json!(100);
        rows[0]["gross_2"] = json!(100);
        let mut other = sliced("LIMIT#COST/32", 64, -100, 8);
        other["running"] = json!(-3);
        other["gross"] = json!(0);
        other["gross_2"] = json!(0);
        rows.extend([other, call("a", 10)]);
        change(&mut rows);
        findings(rows)
    };
    assert_eq!(world(|_| {}), "");
    assert!(world(|rows| rows[4]["running"] = json!(-2)).contains("1 calls are counted as running, and 0 do"));
    assert!(world(|rows| drop(rows.remove(4))).contains("LIMIT#COST has -340 in loss_2, and its calls have -440"));
    assert!(world(|rows| rows[4]["loss_1"] = json!(1)).contains("LIMIT#COST/32 has summed up -100 as loss"));
    assert!(world(|rows| rows[4]["upto"] = json!(48)).contains("LIMIT#COST is cut into [(0, 32), (32, 48)]"));
    assert!(world(|rows| rows[0]["upto"] = json!(64)).contains("LIMIT#COST is cut into [(0, 64), (32, 64)]"));
}

#[test]
fn only_what_is_settled_and_stays_paid_counts_as_income() {
    let is_found = |change: fn(&mut Value)| {
        let mut call = call("a", 10);
        change(&mut call);
        findings([call]).contains("counts as Some(540) that is kept")
    };
    assert!(!is_found(|_| {}));
    assert!(is_found(|call| call["closed"] = json!(false)));
    for charge in ["pending", "declined", "lapsed", "refund_due", "refunded", "credited"] {
        let mut call = call("a", 10);
        call["charge"] = json!(charge);
        assert!(findings([call]).contains("that is kept"), "{charge}");
    }
}

#[test]
fn numbers_cost_what_was_bought() {
    let sale = json!({"pk": "SALE#1", "state": "closed", "created_at": 5,
                      "work": {"kind": "lease", "source": "carrier", "booked": {"slot": 7, "unpaid_slot": 8}}});
    let sum =
        |sum: i64| findings([sale.clone(), json!({"pk": "LIMIT#NUMBERS", "sum_since": 5, "slot": 9, "gross": sum})]);
    assert_eq!((sum(NUMBER), sum(2 * NUMBER)), (String::new(), String::new()));
    assert!(sum(0).contains("has summed up 0, and what was sold cost 1150000"));
    let unpaid = |state: &str, sum: i64| {
        let mut sale = sale.clone();
        sale["state"] = json!(state);
        findings([sale, json!({"pk": "LIMIT#NUMBERS#UNPAID", "sum_since": 5, "slot": 9, "gross": sum})])
    };
    assert_eq!((unpaid("closed", 0), unpaid("void", 0), unpaid("void", NUMBER)), Default::default());
    for wrong in [unpaid("closed", NUMBER), unpaid("void", NUMBER + 1), unpaid("void", -1)] {
        assert!(wrong.contains("what was not sold cost"), "{wrong}");
    }
}

#[test]
fn no_callee_is_called_too_often() {
    let row = |id: usize, at: i64| {
        Value::Object(
            call(&id.to_string(), at)
                .as_object()
                .cloned()
                .unwrap_or_default()
                .into_iter()
                .filter(|(name, _)| name != "cost")
                .collect(),
        )
    };
    let calls = |ats: &[i64]| findings(ats.iter().enumerate().map(|(id, at)| row(id, *at)));
    assert_eq!(calls(&[0, 1, 2, 3_600]), "");
    assert!(calls(&[0, 1, 2, 3_599]).contains("w to +12135550100: more than 3 in 3600 s"));
    let ten: Vec<i64> = (0..10).map(|each| each * 1_300).collect();
    assert!(calls(&ten).contains("more than 6 in 86400 s"));
    let eleven: Vec<i64> = (0..11).map(|each| each * 8_600).collect();
    assert!(calls(&eleven).contains("anybody to +12135550100: more than 10 in 86400 s"));
}
