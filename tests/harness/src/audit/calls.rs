//! Calls against the dialler and the sales: what was dialled was asked for, and what was paid was dialled once.

use super::{Ledgers, text};

impl Ledgers {
    pub(super) fn calls(&self, findings: &mut Vec<String>) {
        self.dialled(findings);
        for row in self.of_kind("CALL#") {
            let id = text(row, "pk").trim_start_matches("CALL#");
            let sold = self.sold("call").filter(|sale| sale["work"]["call"] == id).count();
            let charge = text(row, "charge");
            match (charge, sold) {
                ("paid" | "refund_due" | "refunded" | "credited", 1) | ("declined", 0) => {}
                ("pending", 0) if !row["due_queue"].is_null() => {}
                _ => findings.push(format!("call {id} is {charge}, and was sold {sold} times")),
            }
            if row["settled"] != true && row["due_queue"].is_null() {
                findings.push(format!("call {id} is not over, and nobody will come back to it"));
            }
        }
        for sale in self.sold("call") {
            let id = text(&sale["work"], "call");
            if !self.of_kind("CALL#").any(|row| text(row, "pk").strip_prefix("CALL#") == Some(id)) {
                findings.push(format!("call {id} was sold, and is not in the table"));
            }
        }
    }

    fn dialled(&self, findings: &mut Vec<String>) {
        for dialled in &self.dialled {
            let ours = dialled.request.as_deref().unwrap_or_default();
            let Some(row) = self.of_kind("CALL#").find(|row| text(row, "pk").strip_prefix("CALL#") == Some(ours))
            else {
                findings.push(format!("{} was dialled for no call of ours", dialled.to));
                continue;
            };
            if dialled.from_was_picked {
                findings.push(format!("call {ours} was dialled without saying from which number"));
            }
            if row["from"] != dialled.from || row["to"] != dialled.to {
                findings.push(format!("call {ours} was dialled from or to another number than it says"));
            }
            if row["placed"] != dialled.id {
                findings.push(format!("call {ours} was dialled as {}, which its row does not know", dialled.id));
            }
        }
        for row in self.of_kind("CALL#").filter(|row| !row["placed"].is_null()) {
            if !self.dialled.iter().any(|dialled| row["placed"] == dialled.id) {
                findings
                    .push(format!("{} says that it was placed, and the dialler knows nothing of it", text(row, "pk")));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::Dialled;
    use super::*;

    fn call(charge: &str) -> Value {
        json!({"pk": "CALL#c", "sk": "CALL", "from": "+1", "to": "+2", "placed": "b", "charge": charge, "settled": true})
    }

    fn sale() -> Value {
        json!({"pk": "SALE#1", "state": "closed", "work": {"kind": "call", "call": "c"}})
    }

    fn dialled() -> Dialled {
        Dialled {
            id: "b".into(),
            request: Some("c".into()),
            from: "+1".into(),
            from_was_picked: false,
            to: "+2".into(),
        }
    }

    fn findings(rows: Vec<Value>, dialled: Vec<Dialled>) -> String {
        let mut findings = Vec::new();
        Ledgers { rows, dialled, ..Ledgers::default() }.calls(&mut findings);
        findings.join("; ")
    }

    #[test]
    fn a_call_that_was_sold_and_dialled_once_is_in_order() {
        assert_eq!(findings(vec![call("paid"), sale()], vec![dialled()]), "");
        assert_eq!(findings(vec![call("declined")], vec![dialled()]), "");
    }

    #[test]
    fn everything_else_is_found() {
        assert!(findings(vec![call("paid")], vec![dialled()]).contains("sold 0 times"));
        assert!(findings(vec![call("paid"), sale()], vec![]).contains("knows nothing of it"));
        assert!(findings(vec![], vec![dialled()]).contains("no call of ours"));
        let mut again = dialled();
        again.id = "other".into();
        assert!(findings(vec![call("paid"), sale()], vec![dialled(), again]).contains("its row does not know"));
    }
}
