//! Several clients in one world, who buy, renew, list, call, poll, wait, hang up and repeat
//! themselves, while requests go wrong, processes are killed, time passes, and the reaper comes by.
//!
//! Each client decides everything that it does, and everything that happens beside it, by dice of
//! its own. So a seed gives the same decisions again; in which order the requests of different
//! clients arrive is the machine's.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use harness::sim::bland::Script;
use harness::sim::twilio::Offered;
use harness::wallet::Demand;
use harness::{Neighbour, Stack, Wallet, World};
use serde_json::{Value, json};
use tokio::sync::RwLock;

use super::client::{BUY, CALL, Errand, Told};
use super::kills::amid_kills;
use super::{Blow, Conduct, Dice, Harm};

/// Areas in which numbers are bought.
const AREAS: [&str; 8] = ["201", "202", "203", "205", "206", "207", "415", "212"];
/// Areas that are called.
const CALLED: [&str; 8] = ["213", "310", "323", "424", "562", "626", "714", "818"];
/// How calls go.
const SCRIPTS: [Script; 7] = [
    Script::UserHangsUp,
    Script::AssistantEnds,
    Script::NoAnswer,
    Script::Voicemail,
    Script::Failed,
    Script::PreQueueError,
    Script::NeverEnds,
];
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);

/// Whether something goes wrong before this client's step: client, step, and the client's dice.
pub(crate) type Storm = Box<dyn Fn(u64, u64, &mut Dice) -> bool + Send + Sync>;

/// A world with clients in it.
pub(crate) struct Life<'a> {
    stack: &'a Stack,
    demands: BTreeMap<&'static str, Demand>,
    storm: Storm,
    /// Time passes only while no process is at work: it passes by rewriting what is stored.
    time: RwLock<()>,
    /// How many seconds have passed for what is stored.
    passed: AtomicU64,
    /// Errands, each with when it was run.
    told: Mutex<Vec<(u64, Told)>>,
    /// Processes that were killed without having met a fault.
    killed: AtomicU64,
}

/// A client.
struct Client {
    dice: Dice,
    wallet: Wallet,
    numbers: Vec<String>,
    calls: Vec<String>,
}

impl<'a> Life<'a> {
    /// Makes a world ready: numbers at the carrier, and prices known.
    pub(crate) async fn new(stack: &'a Stack, storm: Storm, numbers: usize) -> Self {
        for number in 0..numbers {
            let area = AREAS.get(number % AREAS.len()).copied().unwrap_or_default();
            stack.twilio.offer(Offered::local(&format!("+1{area}556{number:04}"), "US"));
        }
        let mut demands = BTreeMap::new();
        for errand in [
            Errand::buy(None),
            Errand::list(),
            Errand::calls(),
            Errand::renew("+12015550100"),
            Errand::call("+12015550100", "+12133610000"),
        ] {
            demands.insert(errand.path, stack.post(errand.path).body(&errand.body).demand().await);
        }
        let (passed, killed) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { stack, demands, storm, time: RwLock::new(()), passed, told: Mutex::default(), killed }
    }

    /// These clients live until `enough` says so of the steps they have taken. A process that meets
    /// a fatal fault is killed, with all that happen to be at work.
    pub(crate) async fn go_on(&self, dice: &Dice, clients: u64, enough: impl Fn(u64) -> bool) {
        let functions: Vec<&str> = self.stack.lambda.functions().collect();
        let lives = (0..clients).map(|client| self.client(client, dice.of(client), &enough));
        amid_kills(self.stack, &functions, futures_util::future::join_all(lives)).await;
    }

    /// What all clients were told.
    pub(crate) fn told(&self) -> Vec<Told> {
        let all = self.told.lock().map(|mut told| std::mem::take(&mut *told)).unwrap_or_default();
        all.into_iter().map(|(_, told)| told).collect()
    }

    async fn client(&self, name: u64, dice: Dice, enough: impl Fn(u64) -> bool) {
        let wallet = self.stack.wallet_with(1_000_000_000);
        let mut client = Client { dice, wallet, numbers: Vec::new(), calls: Vec::new() };
        let mut step = 0;
        while !enough(step) {
            self.blow(name, step, &mut client.dice);
            self.errand(&mut client).await;
            self.beside(&mut client.dice).await;
            step += 1;
        }
    }

    fn blow(&self, client: u64, step: u64, dice: &mut Dice) {
        let due = (self.storm)(client, step, dice);
        let (neighbour, harm) = (dice.one_of(&Neighbour::ALL).copied(), dice.one_of(&Harm::ALL).copied());
        let nth = dice.between(1, 6);
        if let (true, Some(neighbour), Some(harm)) = (due, neighbour, harm) {
            Blow { neighbour, nth, harm }.arm(self.stack);
        }
    }

    /// A client's own step.
    async fn errand(&self, client: &mut Client) {
        let choice = client.dice.below(100);
        let number = client.dice.one_of(&client.numbers).cloned();
        // What the calls to one area may cost in a day is soon used up.
        let area = client.dice.one_of(&CALLED).copied().unwrap_or("213");
        let callee = format!("+1{area}361{:04}", client.dice.below(10_000));
        let area = client.dice.one_of(&AREAS).copied().filter(|area| !area.ends_with('2'));
        match (choice, number) {
            (0..20, _) | (_, None) => self.pay(client, Errand::buy(area)).await,
            (20..45, Some(number)) => {
                let script = client.dice.one_of(&SCRIPTS).cloned().unwrap_or_default();
                self.stack.bland.script_for(&callee, script);
                let mut errand = Errand::call(&number, &callee);
                if client.dice.percent(30) {
                    errand.body["questions"] = json!([{"name": "confirmed", "question": "Is it?", "type": "boolean"}]);
                }
                self.pay(client, errand).await;
            }
            (45..55, Some(number)) => self.pay(client, Errand::renew(&number)).await,
            (55..60, _) => self.pay(client, Errand::list()).await,
            (60..65, _) => self.pay(client, Errand::calls()).await,
            (65..77, _) => self.look(client, "").await,
            (77..80, _) => self.look(client, "?wait=1").await,
            (80..85, _) => self.hang_up(client).await,
            _ => self.repeat_something_old(client).await,
        }
    }

    /// A paid errand, and what the client does with its answer.
    async fn pay(&self, client: &mut Client, errand: Errand) {
        let Some(demand) = self.demands.get(errand.path) else { return };
        let conduct = client.dice.one_of(&Conduct::ALL).copied().unwrap_or(Conduct::Repeats);
        let at_once = if client.dice.percent(15) { 2 } else { 1 };
        let mut told = Told::new(client.wallet.clone(), errand, demand.clone());
        told.sign();
        for turn in 0..4 {
            let here = self.time.read().await;
            told.ask_at_once(self.stack, if turn == 0 { at_once } else { 1 }).await;
            drop(here);
            if !told.is_open() || conduct == Conduct::Leaves {
                break;
            }
            if turn == 0 && conduct == Conduct::SignsAnew {
                told.sign();
            } else if client.dice.percent(50) {
                self.beside(&mut client.dice).await;
            }
        }
        if let Some(body) = told.granted() {
            let text = |name: &str| body[name].as_str().map(str::to_owned);
            if told.errand.path == BUY {
                client.numbers.extend(text("phone_number"));
            } else if told.errand.path == CALL {
                client.calls.extend(text("call_id"));
            }
        }
        if let Ok(mut all) = self.told.lock() {
            all.push((self.passed.load(Ordering::Relaxed), told));
        }
    }

    async fn hang_up(&self, client: &mut Client) {
        let Some(call) = client.dice.one_of(&client.calls) else { return };
        let path = format!("/api/v1/voice/call/{call}/hangup");
        let _here = self.time.read().await;
        self.stack.post(&path).send().await;
    }

    async fn look(&self, client: &mut Client, query: &str) {
        let Some(call) = client.dice.one_of(&client.calls) else { return };
        let path = format!("/api/v1/voice/call/{call}{query}");
        if client.dice.percent(30) {
            self.stack.bland.finish_all();
        }
        let _here = self.time.read().await;
        self.stack.get(&path).send().await;
    }

    /// A header from long ago comes again, as a client does that has lost its memory. Not one that
    /// is older than any payment is good for: here the signature outlives what is stored of it,
    /// since only that grows older.
    async fn repeat_something_old(&self, client: &mut Client) {
        let oldest = self.passed.load(Ordering::Relaxed).saturating_sub(7 * DAY.as_secs());
        let mine = |(at, told): &(u64, Told)| *at >= oldest && told.wallet.address() == client.wallet.address();
        let old = self.told.lock().ok().and_then(|mut told| {
            let places: Vec<usize> = (0..told.len()).filter(|place| told.get(*place).is_some_and(mine)).collect();
            let place = client.dice.clone().one_of(&places).copied()?;
            Some(told.swap_remove(place))
        });
        client.dice.next();
        let Some((at, mut old)) = old else { return };
        let here = self.time.read().await;
        old.ask(self.stack).await;
        drop(here);
        if let Ok(mut all) = self.told.lock() {
            all.push((at, old));
        }
    }

    /// What happens beside a client's own doings.
    async fn beside(&self, dice: &mut Dice) {
        match dice.below(100) {
            0..12 => {
                let _here = self.time.read().await;
                // The reaper may be killed; the next round is another process.
                _ = World::sweep(self.stack).await;
            }
            12..18 => {
                let _here = self.time.read().await;
                _ = World::fire_due_schedules(self.stack).await;
            }
            18..23 => {
                let functions: Vec<&str> = self.stack.lambda.functions().collect();
                if let Some(function) = dice.one_of(&functions) {
                    let killed = self.stack.lambda.kill(function);
                    self.killed.fetch_add(u64::try_from(killed).unwrap_or_default(), Ordering::Relaxed);
                }
            }
            // The next settlement is sent, and its block is not waited for.
            40..43 => self.stack.facilitator.pend_next(1, 200),
            43..48 => self.stack.chain.mine(),
            23..40 => {
                let time = match dice.below(100) {
                    0..60 => u32::try_from(dice.between(5, 180)).unwrap_or(5) * SECOND,
                    60..90 => u32::try_from(dice.between(180, 1_200)).unwrap_or(180) * SECOND,
                    90..97 => u32::try_from(dice.between(1, 2)).unwrap_or(1) * DAY,
                    _ => 31 * DAY,
                };
                self.pass(time).await;
            }
            _ => {}
        }
    }

    async fn pass(&self, time: Duration) {
        let _alone = self.time.write().await;
        for faults in self.stack.faults() {
            faults.release();
            faults.settled().await;
        }
        // What was sent to the chain is in a block by the time that its signature has expired in
        // the table.
        if time > MINUTE {
            self.stack.chain.mine();
        }
        self.stack.travel(time);
        self.passed.fetch_add(time.as_secs(), Ordering::Relaxed);
    }

    /// What has been done so far.
    pub(crate) fn deeds(&self) -> Deeds {
        let mut deeds = Deeds::of(self.stack);
        deeds.killed += self.killed.load(Ordering::Relaxed);
        deeds
    }
}

/// What was sold and done in a world, for those who want to know that something was.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Deeds {
    pub(crate) numbers: usize,
    pub(crate) renewals: usize,
    pub(crate) lists: usize,
    pub(crate) calls: usize,
    pub(crate) payments: usize,
    pub(crate) faults: u64,
    pub(crate) killed: u64,
}

impl Deeds {
    fn of(world: &World) -> Self {
        let rows = world.dynamo.rows();
        let sold = |kind: &str| {
            rows.iter().filter(|row: &&Value| row["state"] == "closed" && row["work"]["kind"] == kind).count()
        };
        let (numbers, renewals, lists, calls) =
            (sold("lease"), sold("renew"), sold("list") + sold("calls"), sold("call"));
        Self {
            numbers,
            renewals,
            lists,
            calls,
            payments: world.chain.transactions().iter().filter(|transaction| transaction.success).count(),
            faults: world.faults().map(harness::sim::Faults::met).sum(),
            killed: world.faults().map(harness::sim::Faults::halts).sum(),
        }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.numbers += other.numbers;
        self.renewals += other.renewals;
        self.lists += other.lists;
        self.calls += other.calls;
        self.payments += other.payments;
        self.faults += other.faults;
        self.killed += other.killed;
    }
}

impl std::fmt::Display for Deeds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} payments: {} numbers, {} renewals, {} lists, {} calls; {} faults met, {} processes killed",
            self.payments, self.numbers, self.renewals, self.lists, self.calls, self.faults, self.killed
        )
    }
}
