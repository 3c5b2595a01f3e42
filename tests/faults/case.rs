//! One case: a scenario, what goes wrong in it, and what the client does then. Its line replays it:
//! `call/dynamo/3/lose-answer + bland/1/hang/repeat`.

mod followed;
mod questions;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use futures_util::future::join;
use harness::Neighbour;
use harness::sim::Arrival;
use harness::sim::bland::Script;

use crate::lab::{Lab, Owner};
use crate::scenario::client::{Errand, Told};
use crate::scenario::kills::amid_kills;
use crate::scenario::{Blow, Conduct, harm};

const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);

/// What is done while something goes wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Scenario {
    /// A number from the carrier.
    Buy,
    /// A number from the pool.
    Pool,
    /// Thirty more days.
    Renew,
    /// What a wallet has.
    List,
    /// What a wallet has called.
    Calls,
    /// A call.
    Call,
    /// A call is followed to its end.
    Poll,
    /// The dialler says that a call is over.
    Word,
    /// A call is hung up while they talk.
    HangUp,
    /// A call has settled, and the questions about it are asked.
    Questions,
    /// A lease ends and is taken back.
    Reclaim,
    /// A call has ended in an error, and its payment goes back.
    Refund,
}

impl Scenario {
    pub(crate) const ALL: [Self; 12] = [
        Self::Buy,
        Self::Pool,
        Self::Renew,
        Self::List,
        Self::Calls,
        Self::Call,
        Self::Poll,
        Self::Word,
        Self::HangUp,
        Self::Questions,
        Self::Reclaim,
        Self::Refund,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Buy => "buy",
            Self::Pool => "pool",
            Self::Renew => "renew",
            Self::List => "list",
            Self::Calls => "calls",
            Self::Call => "call",
            Self::Poll => "poll",
            Self::Word => "word",
            Self::HangUp => "hang-up",
            Self::Questions => "questions",
            Self::Reclaim => "reclaim",
            Self::Refund => "refund",
        }
    }
}

/// One case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Case {
    pub(crate) scenario: Scenario,
    pub(crate) blows: Vec<Blow>,
    pub(crate) conduct: Conduct,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let blows: Vec<_> = self.blows.iter().map(Blow::to_string).collect();
        write!(f, "{}/", self.scenario.name())?;
        if !blows.is_empty() {
            write!(f, "{}/", blows.join(" + "))?;
        }
        write!(f, "{}", self.conduct)
    }
}

impl FromStr for Case {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let parts: Vec<&str> = line.split(['/', '+']).map(str::trim).collect();
        let [scenario, blows @ .., conduct] = parts.as_slice() else {
            return Err(format!("{line:?} is not SCENARIO/BLOWS/CONDUCT"));
        };
        Ok(Self {
            scenario: Scenario::ALL
                .into_iter()
                .find(|known| known.name() == *scenario)
                .ok_or_else(|| format!("{scenario:?} is no scenario"))?,
            blows: blows.chunks(3).map(|blow| blow.join("/").parse()).collect::<Result<_, _>>()?,
            conduct: Conduct::ALL
                .into_iter()
                .find(|known| known.name() == *conduct)
                .ok_or_else(|| format!("{conduct:?} is no conduct"))?,
        })
    }
}

/// A request that was made in a case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Asked {
    pub(crate) neighbour: Neighbour,
    pub(crate) nth: u64,
    pub(crate) at: Arrival,
    /// It was the reaper's, or came while the reaper was at work.
    pub(crate) swept: bool,
}

/// What came of a case.
pub(crate) struct Played {
    /// What a client was told, if it asked for something that costs money.
    pub(crate) told: Option<Told>,
    /// What is wrong already.
    pub(crate) findings: Vec<String>,
    /// Everything that was asked, in its order.
    pub(crate) asked: Vec<Asked>,
}

impl Case {
    /// How many like it may share a world: months pass in some, and with them all leases.
    pub(crate) fn together(&self) -> usize {
        match self.scenario {
            Scenario::Reclaim => 1,
            _ => 12 / self.blows.len().max(1),
        }
    }

    /// How many of its blows take long.
    pub(crate) fn waits(&self) -> usize {
        self.blows.iter().filter(|blow| blow.harm.takes_long()).count()
    }

    /// Plays it. What has to hold once the world is at rest is judged by the caller, which ends the
    /// world.
    pub(crate) async fn play(&self, lab: &mut Lab) -> Result<Played, String> {
        lab.next();
        match self.scenario {
            Scenario::Buy => {
                let errand = Errand::buy(Some(lab.area()));
                let told = lab.told(lab.stack.wallet(), errand).await;
                Ok(self.play_paid(lab, told).await)
            }
            Scenario::Pool => {
                lab.stock().await?;
                let told = lab.told(lab.stack.wallet(), Errand::buy(None)).await;
                Ok(self.play_paid(lab, told).await)
            }
            Scenario::Renew | Scenario::List | Scenario::Calls | Scenario::Call => {
                let Owner { wallet, number } = lab.owner().await?;
                let errand = match self.scenario {
                    Scenario::Renew => Errand::renew(&number),
                    Scenario::List => Errand::list(),
                    Scenario::Calls => Errand::calls(),
                    _ => Errand::call(&number, &lab.callee()),
                };
                if self.scenario == Scenario::Calls {
                    // There is one to be listed.
                    let mut placed = lab.told(wallet.clone(), Errand::call(&number, &lab.callee())).await;
                    placed.sign();
                    placed.ask(&lab.stack).await;
                    lab.stack.bland.finish_all();
                }
                let told = lab.told(wallet, errand).await;
                Ok(self.play_paid(lab, told).await)
            }
            Scenario::Poll => self.play_poll(lab).await,
            Scenario::Word => self.play_word(lab).await,
            Scenario::HangUp => self.play_hang_up(lab).await,
            Scenario::Questions => self.play_questions(lab).await,
            Scenario::Reclaim => self.play_reclaim(lab).await,
            Scenario::Refund => self.play_refund(lab).await,
        }
    }

    fn arm(&self, lab: &Lab) {
        for faults in lab.stack.faults() {
            faults.record();
        }
        for blow in &self.blows {
            blow.arm(&lab.stack);
        }
    }

    async fn play_paid(&self, lab: &Lab, mut told: Told) -> Played {
        let killed = [told.errand.function, "reaper"];
        let stack = &lab.stack;
        self.arm(lab);
        told.sign();
        amid_kills(stack, &killed, told.ask(stack)).await;
        let mut swept_from = newest(lab);
        match self.conduct {
            Conduct::Repeats if told.is_open() => {
                // The reaper, which comes every minute, and the client come at the same time.
                lab.pass(2 * MINUTE).await;
                amid_kills(stack, &killed, join(told.ask(stack), lab.sweep())).await;
            }
            Conduct::SignsAnew if told.is_open() => {
                told.sign();
                amid_kills(stack, &killed, told.ask(stack)).await;
                swept_from = newest(lab);
            }
            _ => {}
        }
        let again = self.conduct != Conduct::Leaves;
        for round in 0.. {
            lab.pass(2 * MINUTE).await;
            amid_kills(stack, &killed, lab.sweep()).await;
            if round > 3 || !(again && told.is_open()) {
                break;
            }
            amid_kills(stack, &killed, told.ask(stack)).await;
        }
        let asked = asked(lab, swept_from);
        lab.calm().await;
        let mut findings = Vec::new();
        if again && told.is_open() {
            lab.pass(2 * MINUTE).await;
            lab.sweep().await;
            told.ask(stack).await;
            // The wallet of a call that rang and was not paid for pauses.
            let is_paused = self.scenario == Scenario::Call && told.status() == 429;
            if told.is_open() && !is_paused {
                findings.push(format!("all is well again, and the client is not served: {}", told.statuses()));
            }
        }
        Played { told: Some(told), findings, asked }
    }

    /// A call is hung up while they talk. The one that repeats asks again while the reaper comes;
    /// the one that signs anew looks how it goes.
    async fn play_hang_up(&self, lab: &mut Lab) -> Result<Played, String> {
        let Owner { wallet, number } = lab.owner().await?;
        let callee = lab.callee();
        let (told, path) = lab.placed(wallet, Errand::call(&number, &callee)).await?;
        let (stack, killed) = (&lab.stack, ["voice_call_hangup", "voice_call_status", "reaper"]);
        let vendors = stack.bland.calls().into_iter().find(|call| call.to == callee).map(|call| call.id);
        let vendors = vendors.ok_or("the dialler has no such call")?;
        for _ in 0..4 {
            stack.bland.advance(&vendors);
        }
        let hang_up = || stack.post(&format!("{path}/hangup")).send();
        self.arm(lab);
        let mut statuses = vec![amid_kills(stack, &killed, hang_up()).await.status.as_u16()];
        match self.conduct {
            Conduct::Leaves => {}
            Conduct::Repeats => {
                let (again, _) = amid_kills(stack, &killed, async { join(hang_up(), lab.sweep()).await }).await;
                statuses.push(again.status.as_u16());
            }
            Conduct::SignsAnew => {
                lab.pass(Duration::from_secs(30)).await;
                drop(amid_kills(stack, &killed, stack.get(&path).send()).await);
            }
        }
        let swept_from = newest(lab);
        for _ in 0..2 {
            lab.pass(MINUTE).await;
            amid_kills(stack, &killed, lab.sweep()).await;
        }
        let asked = asked(lab, swept_from);
        lab.calm().await;
        for _ in 0..2 {
            lab.pass(2 * MINUTE).await;
            lab.sweep().await;
        }
        let mut findings = Vec::new();
        if statuses.iter().any(|status| !matches!(status, 202 | 409 | 500 | 502 | 503)) {
            findings.push(format!("a hang-up was answered {statuses:?}"));
        }
        let shown = polled(lab, &path).await;
        if statuses.contains(&202) && shown["ended_by"] != "REQUESTED" {
            findings.push(format!("it was said to end, and is {}", shown["ended_by"]));
        }
        Ok(Played { told: Some(told), findings, asked })
    }

    /// A call that was paid has ended in an error. The one that repeats is the scheduler, which
    /// delivers at least once; the one that signs anew calls again while the money goes back.
    async fn play_refund(&self, lab: &mut Lab) -> Result<Played, String> {
        let Owner { wallet, number } = lab.owner().await?;
        let callee = lab.callee();
        lab.stack.bland.script_for(&callee, Script::PreQueueError);
        let (told, path) = lab.placed(wallet.clone(), Errand::call(&number, &callee)).await?;
        lab.stack.bland.finish_all();
        lab.pass(Duration::from_secs(30)).await;
        polled(lab, &path).await;
        lab.pass(Duration::from_secs(61)).await;
        if polled(lab, &path).await["refund"]["status"] != "due" {
            return Err("a case could not begin: no refund is due".to_owned());
        }
        let mut again = lab.told(wallet, Errand::call(&number, &format!("+1213362{:04}", lab.number()))).await;
        let (stack, killed) = (&lab.stack, ["reaper", "refunds", "voice_call"]);
        self.arm(lab);
        match self.conduct {
            Conduct::Leaves => _ = amid_kills(stack, &killed, lab.sweep()).await,
            Conduct::Repeats => _ = amid_kills(stack, &killed, join(lab.sweep(), lab.sweep())).await,
            Conduct::SignsAnew => {
                again.sign();
                amid_kills(stack, &killed, join(again.ask(stack), lab.sweep())).await;
            }
        }
        for _ in 0..2 {
            lab.pass(2 * MINUTE).await;
            amid_kills(stack, &killed, lab.sweep()).await;
        }
        let asked = asked(lab, 0);
        lab.calm().await;
        for _ in 0..3 {
            lab.pass(11 * MINUTE).await;
            lab.sweep().await;
        }
        let mut findings = Vec::new();
        let shown = polled(lab, &path).await;
        if shown["refund"]["status"] != "refunded" || shown["charged"] != false {
            findings.push(format!("all is well again, and the refund is {}", shown["refund"]));
        }
        // What was asked besides is judged by what it was told.
        let told = if again.tries.is_empty() { told } else { again };
        Ok(Played { told: Some(told), findings, asked })
    }

    /// The alarm of a lease that has ended, and the reaper after it. The one that repeats is the
    /// scheduler, which delivers at least once; the one that signs anew is the next buyer, who must
    /// not get the number before it has rested.
    async fn play_reclaim(&self, lab: &mut Lab) -> Result<Played, String> {
        let Owner { number, .. } = lab.owner().await?;
        let (stack, killed) = (&lab.stack, ["reaper", "numbers_buy"]);
        let alarm = stack.scheduler.schedules().first().map(|schedule| schedule.input.clone());
        let alarm = serde_json::from_str(&alarm.unwrap_or_default()).map_err(|_| "no alarm was set".to_owned())?;
        lab.pass(30 * DAY + 32 * MINUTE).await;
        let next = lab.stack.wallet();
        let mut told = lab.told(next, Errand::buy(None)).await;
        let stack = &lab.stack;
        self.arm(lab);
        _ = amid_kills(stack, &killed, harness::World::fire_due_schedules(stack)).await;
        match self.conduct {
            Conduct::Leaves => {}
            Conduct::Repeats => _ = amid_kills(stack, &killed, harness::World::invoke(stack, "reaper", &alarm)).await,
            Conduct::SignsAnew => {
                told.sign();
                amid_kills(stack, &killed, join(told.ask(stack), lab.sweep())).await;
            }
        }
        let swept_from = 0;
        lab.pass(2 * MINUTE).await;
        amid_kills(stack, &killed, lab.sweep()).await;
        let asked = asked(lab, swept_from);
        lab.calm().await;
        lab.sweep().await;
        let mut findings = Vec::new();
        let row = stack.dynamo.row(&format!("NUMBER#{number}"), "NUMBER").unwrap_or_default();
        if row["custody"] != "pooled" {
            findings.push(format!("a lease has ended, and its number is {}", row["custody"]));
        }
        if told.last().is_some_and(|answer| answer.json()["phone_number"] == *number) {
            findings.push("the next buyer got a number that has not rested".to_owned());
        }
        Ok(Played { told: Some(told), findings, asked })
    }
}

/// Polls until it is answered.
async fn polled(lab: &Lab, path: &str) -> serde_json::Value {
    for _ in 0..4 {
        let answer = lab.stack.get(path).send().await;
        if answer.status.as_u16() == 200 {
            return answer.json();
        }
        lab.pass(Duration::from_secs(30)).await;
    }
    serde_json::Value::Null
}

/// The newest request's place in the order.
fn newest(lab: &Lab) -> u64 {
    lab.stack.faults().flat_map(harness::sim::Faults::arrivals).map(|arrival| arrival.order).max().unwrap_or_default()
}

fn asked(lab: &Lab, swept_from: u64) -> Vec<Asked> {
    let of = |neighbour: Neighbour| {
        let arrivals = lab.stack.faults_of(neighbour).arrivals();
        (1..).zip(arrivals).map(move |(nth, at)| Asked { neighbour, nth, swept: at.order > swept_from, at })
    };
    // A process asks for its secrets once, in whichever case it happens to be young:
    // tests/it/secrets.rs has their faults.
    let neighbours = Neighbour::ALL.into_iter().filter(|neighbour| *neighbour != Neighbour::SecretsManager);
    let mut asked: Vec<Asked> = neighbours.flat_map(of).collect();
    asked.sort_by_key(|asked| asked.at.order);
    asked
}

impl Asked {
    /// A look at an index by the reaper: fourteen in each round, of which all but a few find
    /// nothing.
    pub(crate) fn is_a_glance(&self) -> bool {
        self.swept && self.neighbour == Neighbour::Dynamo && self.at.class == "Query index"
    }

    pub(crate) fn blow(&self, harm: harm::Harm) -> Blow {
        Blow { neighbour: self.neighbour, nth: self.nth, harm }
    }
}
