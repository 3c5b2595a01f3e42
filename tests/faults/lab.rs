//! A world in which one case after another is played, each with what it needs to begin with.
//! Starting a world and auditing it costs more than a case does, so cases share one; they keep out
//! of each other's way by areas and callees of their own.

use std::collections::BTreeMap;
use std::time::Duration;

use harness::request::Response;
use harness::sim::twilio::Offered;
use harness::wallet::Demand;
use harness::{Binaries, Stack, Wallet};

use crate::scenario::client::{Errand, Told};

/// One area for each case of a world, with a few numbers at the carrier.
const AREAS: [&str; 16] =
    ["201", "202", "203", "205", "206", "207", "208", "209", "210", "214", "215", "216", "217", "218", "219", "224"];
/// More cases than this do not share a world.
pub(crate) const MOST: usize = AREAS.len();

/// A wallet and its number.
#[derive(Clone)]
pub(crate) struct Owner {
    pub(crate) wallet: Wallet,
    pub(crate) number: String,
}

/// A world for several cases.
pub(crate) struct Lab {
    pub(crate) stack: Stack,
    demands: BTreeMap<&'static str, Demand>,
    owner: Option<Owner>,
    case: usize,
}

impl Lab {
    pub(crate) async fn open(binaries: Binaries) -> Self {
        // The cases of one world have more lines together than the smallest plan has.
        let stack = Stack::builder(binaries).parameter("BlandPlan", "scale").told().start().await;
        for area in AREAS {
            for line in 0..4 {
                stack.twilio.offer(Offered::local(&format!("+1{area}555010{line}"), "US"));
            }
        }
        Self { stack, demands: BTreeMap::new(), owner: None, case: 0 }
    }

    /// The next case begins.
    pub(crate) fn next(&mut self) {
        self.case += 1;
    }

    /// The area of this case.
    pub(crate) fn area(&self) -> &'static str {
        AREAS.get((self.case + MOST - 1) % MOST).copied().unwrap_or("415")
    }

    /// The callee of this case: the dialler does not ring the same number twice in ten seconds.
    pub(crate) fn callee(&self) -> String {
        format!("+1213361{:04}", 1000 + self.case)
    }

    /// A number of this case's own.
    pub(crate) const fn number(&self) -> usize {
        1000 + self.case
    }

    /// A call that this errand has placed, and where it is polled.
    pub(crate) async fn placed(&mut self, wallet: Wallet, errand: Errand) -> Result<(Told, String), String> {
        let mut told = self.told(wallet, errand).await;
        told.sign();
        told.ask(&self.stack).await;
        let body = told.last().map(Response::json).unwrap_or_default();
        let id = body["call_id"].as_str().ok_or_else(|| format!("no call: {}", told.statuses()))?;
        let path = format!("/api/v1/voice/call/{id}");
        Ok((told, path))
    }

    /// An errand that nothing has been signed for.
    pub(crate) async fn told(&mut self, wallet: Wallet, errand: Errand) -> Told {
        if !self.demands.contains_key(errand.path) {
            let demand = self.stack.post(errand.path).body(&errand.body).demand().await;
            self.demands.insert(errand.path, demand);
        }
        let demand = self.demands.get(errand.path).cloned();
        Told::new(wallet, errand, demand.unwrap_or_else(|| unreachable!("it was just asked for")))
    }

    /// A wallet with a number and with nothing unfinished: the last one, if it has come through its
    /// case unscathed.
    pub(crate) async fn owner(&mut self) -> Result<Owner, String> {
        if let Some(owner) = self.owner.clone().filter(|owner| self.is_free(owner)) {
            return Ok(owner);
        }
        let mut told = self.told(self.stack.wallet_with(10_000_000_000), Errand::buy(None)).await;
        told.sign();
        told.ask(&self.stack).await;
        let number = told.last().and_then(|answer| answer.json()["phone_number"].as_str().map(str::to_owned));
        let number = number.ok_or_else(|| format!("a case could not begin: no number, {}", told.statuses()))?;
        let owner = Owner { wallet: told.wallet, number };
        self.owner = Some(owner.clone());
        Ok(owner)
    }

    /// Whether it can still place what a case may: two calls, of the three that a wallet has under
    /// way.
    fn is_free(&self, owner: &Owner) -> bool {
        let pk = format!("WALLET#{}", owner.wallet.caip10(self.stack.network()));
        let counted = self.stack.dynamo.row(&format!("LIMIT#{pk}"), "LIMIT").unwrap_or_default();
        if counted["entries"].as_object().is_some_and(|calls| calls.len() > 1) {
            return false;
        }
        let lease = self.stack.dynamo.row(&pk, &format!("LEASE#{}", owner.number));
        let wallet = self.stack.dynamo.row(&pk, "WALLET").unwrap_or_default();
        lease.is_some_and(|lease| lease["hold"].is_null()) && wallet["dial"].is_null() && wallet["unpaid_at"].is_null()
    }

    /// A number waits in the pool.
    pub(crate) async fn stock(&self) -> Result<(), String> {
        let pooled = || self.stack.dynamo.rows().iter().filter(|row| row["custody"] == "pooled").count();
        if pooled() == 0 {
            // Each case may take two: a client that signs anew buys another one.
            for number in 0..3 * MOST {
                self.stack.twilio.hold(&format!("+141555502{number:02}"), "bought by hand");
            }
            // Once a day the bill is compared with the table, and what is new there is imported by
            // the next round.
            self.stack.travel(Duration::from_hours(25));
            self.sweep().await;
            self.sweep().await;
        }
        if pooled() == 0 { Err("a case could not begin: nothing in the pool".to_owned()) } else { Ok(()) }
    }

    /// A round of the reaper, which may be killed.
    pub(crate) async fn sweep(&self) -> bool {
        harness::World::sweep(&self.stack).await.is_ok()
    }

    /// Nothing goes wrong any more, and nothing is under way.
    pub(crate) async fn calm(&self) {
        for faults in self.stack.faults() {
            faults.clear();
            faults.release();
            faults.settled().await;
        }
    }

    /// Time passes, once everything that is under way has come to its end.
    pub(crate) async fn pass(&self, time: Duration) {
        for faults in self.stack.faults() {
            faults.release();
            faults.settled().await;
        }
        self.stack.travel(time);
    }
}
