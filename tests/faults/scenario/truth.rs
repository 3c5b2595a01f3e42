//! What has to hold of what clients were told, once a world has come to rest: the part of the
//! promises that only they can judge. What the four ledgers say to each other is the audit's.

use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

use harness::World;
use harness::request::Response;
use harness::sim::bland::Call;
use serde_json::Value;

use super::client::{Told, Try, is_granted};

/// A lease and a renewal last so long.
const TERM: i64 = 30 * 24 * 60 * 60;

/// The world at rest.
pub(crate) struct Truth<'a> {
    world: &'a World,
    rows: Vec<Value>,
    calls: Vec<Call>,
    imported: BTreeSet<String>,
    now: i64,
}

impl<'a> Truth<'a> {
    /// Reads the table as it stands.
    pub(crate) fn of(world: &'a World) -> Self {
        #[expect(clippy::disallowed_methods, reason = "whether a lease has ended is a question about now")]
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let now = i64::try_from(now).unwrap_or(i64::MAX);
        let imported = world.bland.imported().into_iter().collect();
        Self { world, rows: world.dynamo.rows(), calls: world.bland.calls(), imported, now }
    }

    /// What does not hold of what a client was told.
    pub(crate) fn findings(&self, told: &Told) -> Vec<String> {
        let mut findings = Vec::new();
        for one in &told.tries {
            self.of_a_signature(told, one, &mut findings);
        }
        let told_so = |finding| format!("{finding} (answers: {})", told.statuses());
        findings.into_iter().map(told_so).collect()
    }

    fn of_a_signature(&self, told: &Told, one: &Try, findings: &mut Vec<String>) {
        let authorization = one.payment.authorization();
        let paid = self.world.chain.authorization_state(authorization.from, authorization.nonce);
        let sale = self.sale_of(one);
        let kept = paid && !sale.is_some_and(given_back);
        let path = told.errand.path;
        let has = |status: u16| one.answers.iter().any(|answer| answer.status.as_u16() == status);
        if has(402) && kept {
            findings.push(format!("{path}: a 402, and the payment was taken"));
        }
        let mut last = one.answers.iter().rev().take(one.abreast);
        if one.abreast > 0 && last.all(says_not_charged) && kept {
            findings.push(format!("{path}: the last word was \"Not charged.\", and the payment was taken"));
        }
        let answered =
            |answer: &&Response| matches!(answer.status.as_u16(), 200 | 400 | 402 | 403 | 409 | 429 | 500 | 502 | 503);
        if let Some(answer) = one.answers.iter().find(|answer| !answered(answer)) {
            findings.push(format!("{path}: answered {}", answer.status));
        }
        let granted: Vec<_> = one.answers.iter().filter(|answer| is_granted(answer)).collect();
        if let Some(first) = granted.first() {
            let body = first.json();
            if granted.iter().any(|answer| timeless(answer.json()) != timeless(body.clone())) {
                findings.push(format!("{path}: one payment had two answers"));
            }
            // What the wallet was owed pays for a call, and then its payment does not.
            if paid == (body["payment"] == "credit") {
                findings.push(format!("{path}: a 200 that was not paid, or paid twice"));
            }
            match sale {
                Some(sale) => self.delivered(told, &body, sale, findings),
                None => findings.push(format!("{path}: a 200, and no record of it")),
            }
        }
        if let Some(sale) = sale {
            self.dials(sale, findings);
        }
    }

    /// A client that was told 200 has the thing.
    fn delivered(&self, told: &Told, body: &Value, sale: &Value, findings: &mut Vec<String>) {
        let path = told.errand.path;
        let by_credit = body["payment"] == "credit" && sale["work"]["credit"] == true;
        let agrees = by_credit || sale["settled"]["transaction"] == body["transaction"];
        if sale["state"] != "closed" || !agrees {
            findings.push(format!("{path}: a 200, and its sale is {} or has another transaction", sale["state"]));
            return;
        }
        let work = &sale["work"];
        match text(work, "kind") {
            "lease" => {
                if body["phone_number"] != work["number"] {
                    findings.push(format!("{path}: told {}, sold {}", body["phone_number"], work["number"]));
                }
                self.leased(told, text(work, "number"), findings);
            }
            "renew" => self.leased(told, text(work, "number"), findings),
            kind @ ("list" | "calls") => {
                let listed = if kind == "list" { "numbers" } else { "calls" };
                let count = |value: &Value| value.as_array().map_or(0, Vec::len);
                if count(&body[listed]) != count(&work[listed]) {
                    findings.push(format!("{path}: told {}, recorded {}", body[listed], work[listed]));
                }
            }
            "call" => {
                let id = text(body, "call_id");
                let row = self.rows.iter().find(|row| text(row, "pk").strip_prefix("CALL#") == Some(id));
                let at_the_dialler = self.calls.iter().any(|call| row.is_some_and(|row| row["placed"] == *call.id));
                if work["call"] != id || !at_the_dialler {
                    findings.push(format!("{path}: told of call {id}, for which no phone rang"));
                }
            }
            other => findings.push(format!("{path}: sold an unknown {other:?}")),
        }
    }

    /// The number is the wallet's until the end that was paid for, and can be called from.
    fn leased(&self, told: &Told, number: &str, findings: &mut Vec<String>) {
        let wallet = told.wallet.caip10(self.world.network());
        let of_number = |sale: &&Value| {
            let payer = text(&sale["payment"], "from").to_ascii_lowercase();
            sale["state"] == "closed" && sale["work"]["number"] == number && wallet.ends_with(&payer)
        };
        let sold: Vec<_> =
            self.rows.iter().filter(|row| text(row, "pk").starts_with("SALE#")).filter(of_number).collect();
        let bought = sold.iter().filter(|sale| sale["work"]["kind"] == "lease");
        let Some(begin) = bought.filter_map(|sale| sale["settled"]["settled_at"].as_i64()).max() else {
            findings.push(format!("{number} was renewed and never leased"));
            return;
        };
        let renewals = sold.iter().filter(|sale| {
            sale["work"]["kind"] == "renew" && sale["created_at"].as_i64().is_some_and(|at| at >= begin)
        });
        let ends = begin + TERM * (1 + i64::try_from(renewals.count()).unwrap_or(i64::MAX));
        if ends <= self.now {
            return;
        }
        let lease = self.row(&format!("WALLET#{wallet}"), &format!("LEASE#{number}"));
        match lease.and_then(|lease| lease["expires_at"].as_i64()) {
            Some(end) if end == ends => {}
            Some(end) => findings.push(format!("{number} ends {} s from when it was paid for", end - ends)),
            None => findings.push(format!("{number} was paid for until {ends}, and is not leased")),
        }
        let owned = self.row(&format!("NUMBER#{number}"), "NUMBER").is_some_and(|row| row["owner"] == *wallet);
        if !owned || !self.world.twilio.owns(number) || !self.imported.contains(number) {
            findings.push(format!("{number} is not the wallet's, not ours at the carrier or unknown to the dialler"));
        }
    }

    /// At most one phone rings for one payment.
    fn dials(&self, sale: &Value, findings: &mut Vec<String>) {
        let id = text(sale, "pk").trim_start_matches("SALE#");
        let ours = |row: &&Value| text(row, "pk").starts_with("CALL#") && row["sale"] == id;
        let calls: Vec<_> =
            self.rows.iter().filter(ours).map(|row| text(row, "pk").trim_start_matches("CALL#")).collect();
        let rung = self.calls.iter();
        let rung = rung.filter(|call| calls.iter().any(|id| call.request["metadata"]["request_id"] == *id)).count();
        if rung > 1 {
            findings.push(format!("{rung} phones rang for one payment"));
        }
    }

    fn sale_of(&self, one: &Try) -> Option<&Value> {
        let authorization = one.payment.authorization();
        let (from, nonce) = (authorization.from.to_string(), authorization.nonce.to_string());
        let agrees = |sale: &Value, name: &str, other: &str| text(&sale["payment"], name).eq_ignore_ascii_case(other);
        self.rows.iter().find(|row| agrees(row, "from", &from) && agrees(row, "nonce", &nonce))
    }

    fn row(&self, pk: &str, sk: &str) -> Option<&Value> {
        self.rows.iter().find(|row| row["pk"] == pk && row["sk"] == sk)
    }
}

/// Paid back: as far as the wallet is concerned it was not charged.
fn given_back(sale: &Value) -> bool {
    matches!(text(&sale["refund"], "state"), "refunded" | "credited")
}

/// Time passes by shifting what is stored, and what was said before is not shifted with it.
fn timeless(mut body: Value) -> Value {
    match &mut body {
        Value::Object(fields) => {
            fields.remove("expires_at");
            fields.values_mut().for_each(|field| *field = timeless(field.take()));
        }
        Value::Array(members) => members.iter_mut().for_each(|member| *member = timeless(member.take())),
        _ => {}
    }
    body
}

fn says_not_charged(answer: &Response) -> bool {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    answer.status.as_u16() != 200 && text(&body, "message").ends_with("Not charged.")
}

fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name].as_str().unwrap_or_default()
}
