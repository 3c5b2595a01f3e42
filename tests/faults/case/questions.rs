//! The questions about a call: each request of the look that settles it and asks, and of the rounds
//! after it, goes wrong. The vendor is asked twice at most, whatever happens; the call and its
//! price stay as they are; and one fault never costs the answers.

use std::time::Duration;

use futures_util::future::join;
use serde_json::json;

use super::{Case, MINUTE, Played, asked, newest, polled};
use crate::lab::{Lab, Owner};
use crate::scenario::Conduct;
use crate::scenario::client::Errand;
use crate::scenario::kills::amid_kills;

const ANALYZE: &str = "POST /v1/calls/*/analyze";

impl Case {
    /// A call with questions has ended, and is looked at when it settles. The one that repeats
    /// looks while the reaper comes; the one that signs anew looks once more. The rest is the
    /// reaper's.
    pub(super) async fn play_questions(&self, lab: &mut Lab) -> Result<Played, String> {
        let Owner { wallet, number } = lab.owner().await?;
        let mut errand = Errand::call(&number, &lab.callee());
        errand.body["questions"] = json!([
            {"name": "confirmed", "question": "Is it confirmed?", "type": "boolean"},
            {"name": "people", "question": "For how many?", "type": "number"},
        ]);
        let (told, path) = lab.placed(wallet, errand).await?;
        let (stack, killed) = (&lab.stack, ["voice_call_status", "reaper"]);
        stack.bland.finish_all();
        lab.pass(Duration::from_secs(30)).await;
        let before = polled(lab, &path).await;
        lab.pass(Duration::from_secs(61)).await;

        self.arm(lab);
        let look = || stack.get(&path).send();
        drop(amid_kills(stack, &killed, look()).await);
        match self.conduct {
            Conduct::Leaves => {}
            Conduct::Repeats => drop(amid_kills(stack, &killed, async { join(look(), lab.sweep()).await }).await),
            Conduct::SignsAnew => {
                lab.pass(Duration::from_secs(30)).await;
                drop(amid_kills(stack, &killed, look()).await);
            }
        }
        // What the reaper does for it is asked here, too.
        let swept_from = newest(lab).max(1);
        for _ in 0..2 {
            lab.pass(MINUTE).await;
            amid_kills(stack, &killed, lab.sweep()).await;
        }
        let asked = asked(lab, swept_from);
        lab.calm().await;
        for _ in 0..3 {
            lab.pass(2 * MINUTE).await;
            lab.sweep().await;
        }
        let shown = polled(lab, &path).await;
        let mut findings = Vec::new();
        // They are counted from when the case was armed.
        let analyses = stack.bland.faults().count(ANALYZE);
        if !(1..=2).contains(&analyses) {
            findings.push(format!("the vendor was asked {analyses} times about one call"));
        }
        let is_answered =
            shown["result_status"] == "ready" && shown["result"] == json!({"confirmed": true, "people": 7});
        let is_given_up = shown["result_status"] == "unavailable" && shown["result"].is_null();
        if !(is_answered || is_given_up && self.blows.len() > 1) {
            findings.push(format!("all is well again, and its result is {}", shown["result_status"]));
        }
        for field in ["status", "ended_by", "charged", "paid", "transcript"] {
            if shown[field] != before[field] {
                findings.push(format!("its questions have made {} of its {field}", shown[field]));
            }
        }
        if shown["final"] != true {
            findings.push("it never becomes final".to_owned());
        }
        Ok(Played { told: Some(told), findings, asked })
    }
}
