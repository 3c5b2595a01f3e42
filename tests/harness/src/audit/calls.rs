//! Calls against the dialler and the sales: what was dialled was asked for, what was paid was
//! dialled once, and nothing rings on that should not.

use std::collections::BTreeMap;

use serde_json::Value;

use super::refunds::{by_credit, refund};
use super::{Findings, Ledgers, text};

/// What no call may be longer than, in minutes, and what it may take to stop one.
const LONGEST: i64 = 30;
const OVERTIME: i64 = 1;
/// Seconds for which a call may run on that was to be hung up, and that the dialler was not told
/// of: a round of the reaper puts it off for a minute before it looks, and the next one is a minute
/// later.
const ENDING: i64 = 180;

impl Ledgers {
    pub(super) fn calls(&self, findings: &mut Findings) {
        self.dialled(findings);
        let mut of_sales = BTreeMap::<&str, &str>::new();
        for row in self.of_kind("CALL#") {
            self.is_charged(row, findings);
            is_hung_up(row, findings);
            let name = text(row, "pk");
            if let Some(other) = of_sales.insert(text(row, "sale"), name).filter(|_| !row["sale"].is_null()) {
                findings.add("I17", format!("{other} and {name} are of one sale"));
            }
            if row["closed"] != true && row["due_queue"].is_null() {
                findings.add("I8", format!("{name} is not over, and no round will come back to it"));
            }
        }
        for sale in self.sold("call") {
            let id = text(&sale["work"], "call");
            if self.row_of(id).is_none() {
                findings.add("I1", format!("call {id} was sold, and is not in the table"));
            }
        }
    }

    fn row_of(&self, call: &str) -> Option<&Value> {
        self.of_kind("CALL#").find(|row| text(row, "pk").strip_prefix("CALL#") == Some(call))
    }

    /// What a call has cost, against its sale and its end.
    fn is_charged(&self, row: &Value, findings: &mut Findings) {
        let id = text(row, "pk").trim_start_matches("CALL#");
        let sold: Vec<_> = self.sold("call").filter(|sale| sale["work"]["call"] == id).collect();
        let charge = text(row, "charge");
        // What was given up, and was paid all the same.
        let late = self
            .of_kind("SALE#")
            .find(|sale| sale["state"] == "void" && sale["work"]["call"] == id && refund(sale).is_some());
        let refunded =
            sold.first().copied().or(late).and_then(|sale| refund(sale)).map_or("", |refund| text(refund, "state"));
        match (charge, sold.len()) {
            ("refund_due" | "refunded" | "credited", 0) if late.is_some() => {}
            ("paid" | "refund_due" | "refunded" | "credited", 1) | ("declined" | "lapsed", 0) => {}
            ("pending", 0) if !row["due_queue"].is_null() => {}
            _ => findings.add("I1", format!("call {id} is {charge}, and was sold {} times", sold.len())),
        }
        // What credit paid is credited again without its sale.
        let by_credit = sold.first().is_some_and(|sale| by_credit(sale));
        if matches!(charge, "refunded" | "credited") && refunded != charge && !(by_credit && charge == "credited") {
            findings.add("I4", format!("call {id} is {charge}, and its sale is not: {refunded:?}"));
        }
        let failed = row["view"]["status"] == "failed";
        if failed && charge == "paid" {
            findings.add("I5", format!("call {id} has failed, and is paid"));
        }
        // A person may decide it, and says so.
        let decided = !text(row, "by_hand").is_empty();
        if !failed && !decided && late.is_none() && matches!(charge, "refund_due" | "refunded" | "credited") {
            findings.add("I4", format!("call {id} is {charge}, and has not failed"));
        }
        if charge == "refund_due" && row["due_queue"].is_null() && !matches!(refunded, "due" | "sending") {
            findings.add("I8", format!("call {id} is to be paid back, and no round will come back to it"));
        }
    }

    fn dialled(&self, findings: &mut Findings) {
        for dialled in &self.dialled {
            let ours = dialled.request.as_deref().unwrap_or_default();
            let Some(row) = self.row_of(ours) else {
                findings.add("I17", format!("{} was dialled for no call of ours", dialled.to));
                continue;
            };
            if !dialled.besides.is_empty() {
                findings.add("I17", format!("call {ours} was dialled with {}", dialled.besides.join(", ")));
            }
            if dialled.from_was_picked {
                findings.add("I16", format!("call {ours} was dialled without saying from which number"));
            }
            if row["from"] != dialled.from || row["to"] != dialled.to {
                findings.add("I16", format!("call {ours} was dialled from or to another number than it says"));
            }
            if row["placed"] != dialled.id {
                findings.add("I17", format!("call {ours} was dialled as {}, which its row does not know", dialled.id));
            }
            if !dialled.is_over {
                self.rings_on(ours, row, dialled.max_duration, findings);
            }
        }
        for row in self.of_kind("CALL#").filter(|row| !row["placed"].is_null()) {
            if !self.dialled.iter().any(|dialled| row["placed"] == dialled.id) {
                let name = text(row, "pk");
                findings.add("I17", format!("{name} says that it was placed, and the dialler knows nothing of it"));
            }
        }
    }

    /// A call that is not over: is it still entitled to the line?
    fn rings_on(&self, id: &str, row: &Value, max_duration: i64, findings: &mut Findings) {
        if row["charge"] == "declined" || row["charge"] == "lapsed" {
            findings.add("I18", format!("call {id} is not paid, and was not stopped"));
        }
        let longest = (max_duration.min(LONGEST) + OVERTIME) * 60;
        let asked = row["hangup_requested_at"].as_i64();
        if let Some(late) = asked.map(|at| self.now - at).filter(|late| *late > ENDING) {
            findings.add("I20", format!("call {id} goes on {late} s after it was to be hung up"));
        }
        let age = self.now - row["created_at"].as_i64().unwrap_or(self.now);
        if age > longest {
            findings.add("I20", format!("call {id} goes on {age} s after it was placed"));
        }
        let number = format!("NUMBER#{}", text(row, "from"));
        let owner = self.of_kind("NUMBER#").find(|one| text(one, "pk") == number).map(|one| &one["owner"]);
        if owner.is_some_and(|owner| !owner.is_null() && *owner != row["wallet"]) {
            findings.add("I11", format!("call {id} goes on from {}, which is another wallet's", text(row, "from")));
        }
    }
}

/// A hang-up against the end that it came to: it has one only where it was asked for, and by itself
/// moves no money.
fn is_hung_up(row: &Value, findings: &mut Findings) {
    let id = text(row, "pk");
    let (status, requested) = (text(&row["view"], "status"), row["view"]["ended_by"] == "REQUESTED");
    if requested && row["hangup_requested_at"].is_null() {
        findings.add("I19", format!("{id} was hung up, and no caller has asked for it"));
    }
    if requested && !["completed", "no_answer", "failed"].contains(&status) {
        findings.add("I19", format!("{id} was hung up, and is {status}"));
    }
    if requested && status == "failed" && !row["view"]["started_at"].is_null() {
        findings.add("I4", format!("{id} was hung up after it was answered, and is not charged"));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::Dialled;
    use super::super::ledgers::besides;
    use super::*;

    fn call(charge: &str) -> Value {
        json!({"pk": "CALL#c", "sk": "CALL", "wallet": "w", "sale": "1", "from": "+1", "to": "+2", "placed": "b",
               "charge": charge, "closed": true, "created_at": 1000})
    }

    fn sale() -> Value {
        json!({"pk": "SALE#1", "state": "closed", "work": {"kind": "call", "call": "c"}})
    }

    fn dialled() -> Dialled {
        let (id, request) = ("b".into(), Some("c".into()));
        let (from, to) = ("+1".into(), "+2".into());
        Dialled { id, request, from, to, max_duration: 5, is_over: true, ..Dialled::default() }
    }

    fn with(mut row: Value, name: &str, value: Value) -> Value {
        row[name] = value;
        row
    }

    fn findings(rows: Vec<Value>, dialled: Vec<Dialled>) -> String {
        let mut findings = Findings::default();
        Ledgers { rows, dialled, now: 1400, ..Ledgers::default() }.calls(&mut findings);
        findings.line()
    }

    #[test]
    fn a_call_that_was_sold_and_dialled_once_is_in_order() {
        assert_eq!(findings(vec![call("paid"), sale()], vec![dialled()]), "");
        assert_eq!(findings(vec![call("declined")], vec![dialled()]), "");
        let failed = with(call("refunded"), "view", json!({"status": "failed", "ended_by": "ERROR"}));
        let back = with(sale(), "refund", json!({"state": "refunded"}));
        assert_eq!(findings(vec![failed, back.clone()], vec![dialled()]), "");
        // It was given up, and was paid all the same.
        let late = with(back, "state", json!("void"));
        assert_eq!(findings(vec![call("refunded"), late], vec![dialled()]), "");
        assert!(findings(vec![call("refunded")], vec![dialled()]).starts_with("I1: call c is refunded"));
    }

    #[test]
    fn what_is_paid_was_sold() {
        assert!(findings(vec![call("paid")], vec![dialled()]).starts_with("I1: call c is paid, and was sold 0 times"));
        assert!(findings(vec![sale()], vec![]).starts_with("I1: call c was sold, and is not in the table"));
    }

    #[test]
    fn a_payment_dials_once_and_for_a_call_of_ours() {
        assert!(findings(vec![call("paid"), sale()], vec![]).starts_with("I17: CALL#c says that it was placed"));
        assert!(findings(vec![], vec![dialled()]).starts_with("I17: +2 was dialled for no call"));
        let again = Dialled { id: "other".into(), ..dialled() };
        let twice = findings(vec![call("paid"), sale()], vec![dialled(), again]);
        assert!(twice.starts_with("I17: call c was dialled as other"), "{twice}");
        let twin = with(call("declined"), "pk", json!("CALL#d"));
        assert!(findings(vec![call("paid"), twin, sale()], vec![dialled()]).contains("I17: CALL#c and CALL#d"));
    }

    #[test]
    fn a_call_asks_for_nothing_that_dials_again_or_elsewhere() {
        let asked = json!({"phone_number": "+2", "voicemail": {"action": "hangup"}, "metadata": {"request_id": "c"}});
        assert!(besides(&asked).is_empty());
        let left = json!({"action": "leave_message", "message": "Call me back."});
        assert!(besides(&with(asked.clone(), "voicemail", left)).is_empty());
        for (field, value, what) in [
            ("transfer_phone_number", json!("+4"), "transfer_phone_number"),
            ("retry", json!({"wait": 60}), "retry"),
            ("webhook", json!("https://example.com/webhooks/bland/c/00"), "a webhook of another"),
            ("metadata", json!({"request_id": "c", "to": "+4"}), "to"),
            ("voicemail", json!({"action": "hangup", "sms": {"message": "Hello"}}), "sms"),
            ("voicemail", json!({"action": "hangup", "message": "Hello"}), "voicemail.action \"hangup\""),
            ("voicemail", json!({"action": "ignore"}), "voicemail.action \"ignore\""),
            ("voicemail", Value::Null, "voicemail.action null"),
        ] {
            let besides = besides(&with(asked.clone(), field, value));
            let found = findings(vec![call("paid"), sale()], vec![Dialled { besides, ..dialled() }]);
            assert_eq!(found, format!("I17: call c was dialled with {what}"));
        }
    }

    #[test]
    fn a_call_is_from_the_number_that_it_says() {
        let picked = Dialled { from_was_picked: true, ..dialled() };
        assert!(findings(vec![call("paid"), sale()], vec![picked]).starts_with("I16"));
        let other = Dialled { from: "+3".into(), ..dialled() };
        assert!(findings(vec![call("paid"), sale()], vec![other]).starts_with("I16"));
    }

    #[test]
    fn an_error_is_not_charged_and_nothing_else_is_paid_back() {
        let error = json!({"status": "failed", "ended_by": "ERROR"});
        let failed = with(call("paid"), "view", error.clone());
        assert!(findings(vec![failed, sale()], vec![dialled()]).starts_with("I5: call c has failed"));
        let healthy = with(call("refund_due"), "due_queue", json!("CALL#1"));
        assert!(findings(vec![healthy, sale()], vec![dialled()]).starts_with("I4: call c is refund_due"));
        let forgotten = with(call("refund_due"), "view", error.clone());
        assert!(findings(vec![forgotten, sale()], vec![dialled()]).starts_with("I8: call c is to be paid back"));
        let alone = with(call("credited"), "view", error);
        assert!(findings(vec![alone, sale()], vec![dialled()]).starts_with("I4: call c is credited, and its sale"));
    }

    #[test]
    fn what_should_not_ring_does_not() {
        let on = || Dialled { is_over: false, max_duration: 30, ..dialled() };
        assert_eq!(findings(vec![call("paid"), sale()], vec![on()]), "");
        assert!(findings(vec![call("declined")], vec![on()]).starts_with("I18: call c is not paid"));
        let short = Dialled { max_duration: 5, ..on() };
        assert!(findings(vec![call("paid"), sale()], vec![short]).starts_with("I20: call c goes on 400 s"));
        let asked = with(call("paid"), "hangup_requested_at", json!(1400 - ENDING - 1));
        assert!(findings(vec![asked, sale()], vec![on()]).starts_with("I20: call c goes on 181 s after it was to be"));
        let others = json!({"pk": "NUMBER#+1", "owner": "another"});
        assert!(findings(vec![call("paid"), sale(), others], vec![on()]).starts_with("I11: call c goes on from +1"));
        let lost = with(call("paid"), "closed", json!(false));
        assert!(findings(vec![lost, sale()], vec![dialled()]).starts_with("I8: CALL#c is not over"));
    }

    #[test]
    fn what_was_hung_up_was_asked_for_and_is_paid_once_it_was_answered() {
        let seen =
            |status: &str, started: Value| json!({"status": status, "ended_by": "REQUESTED", "started_at": started});
        let asked = |charge, view| with(with(call(charge), "hangup_requested_at", json!(1200)), "view", view);
        let back = with(sale(), "refund", json!({"state": "refunded"}));
        assert_eq!(findings(vec![asked("paid", seen("completed", json!(1100))), sale()], vec![dialled()]), "");
        assert_eq!(findings(vec![asked("paid", seen("no_answer", Value::Null)), sale()], vec![dialled()]), "");
        let queued = asked("refunded", seen("failed", Value::Null));
        assert_eq!(findings(vec![queued, back.clone()], vec![dialled()]), "");
        let unasked = with(call("paid"), "view", seen("completed", json!(1100)));
        assert!(findings(vec![unasked, sale()], vec![dialled()]).starts_with("I19: CALL#c was hung up, and no caller"));
        let moved = asked("refunded", seen("completed", json!(1100)));
        assert!(findings(vec![moved, back.clone()], vec![dialled()]).starts_with("I4: call c is refunded"));
        let answered = asked("refunded", seen("failed", json!(1100)));
        assert!(findings(vec![answered, back], vec![dialled()]).starts_with("I4: CALL#c was hung up after"));
    }
}
