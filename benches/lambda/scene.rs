//! The scene: a world with everything that the measured requests need, and the requests as events.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use harness::sim::twilio::Offered;
pub(crate) use harness::spec::{BUY, CALL, CALLS, LIST, MY_CALLS, NUMBERS, RENEW};
use harness::stack::Builder;
use harness::template::Function;
use harness::wallet::{Challenge, Demand, Payment, SignIn, Signer};
use harness::{Binaries, Neighbour, SolanaWallet, Stack, Wallet, gateway};
use http::Method;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// More than everything here costs.
const RICH: u64 = 1_000_000_000_000;
const DAY: Duration = Duration::from_hours(24);
/// The reaper takes back at least this many leases at a time.
const SWEPT: usize = 10;
/// Within what one wallet has under way.
const UNDER_WAY: usize = 2;
/// Calls to numbers that begin alike may cost so much in a day, so they go to several cities.
const CITIES: [&str; 8] = ["213", "310", "323", "415", "510", "619", "818", "916"];
/// The plan with the most lines.
const PLAN: &str = "scale";

/// A world with wallets that own numbers, and a call that has been placed.
pub(crate) struct Scene {
    pub(crate) stack: Stack,
    runtime: Runtime,
    wallet: Wallet,
    on_solana: SolanaWallet,
    /// Each has one number. They call, one after the other.
    callers: Vec<Wallet>,
    placed: Cell<usize>,
    number: String,
    call: String,
}

/// A measured request.
#[derive(Clone)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
    pub(crate) payment: Option<(Demand, Payer)>,
    pub(crate) sign_in: Option<(Challenge, Payer)>,
}

/// Who pays.
#[derive(Clone, Copy)]
pub(crate) enum Payer {
    /// Has one number.
    Owner,
    /// One of those who have one number each, and few calls under way.
    Caller,
    /// A new wallet after every few numbers.
    Buyer,
    /// Signs in the first one's name.
    Forger,
    /// The same, in a message of a version that there is not: its signature is not looked at.
    Bungler,
    /// A wallet on Solana.
    OnSolana,
    /// Signs another message in its name.
    ForgerOnSolana,
}

impl Scene {
    /// Starts a world in which nothing has happened yet.
    pub(crate) fn new(programs: &BTreeMap<String, PathBuf>) -> Self {
        Self::of(programs, |builder| builder)
    }

    /// The same, where wallets on Solana are served as well.
    pub(crate) fn on_solana(programs: &BTreeMap<String, PathBuf>) -> Self {
        Self::of(programs, Builder::solana)
    }

    fn of(programs: &BTreeMap<String, PathBuf>, with: impl FnOnce(Builder) -> Builder) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let names = programs.iter().map(|(name, program)| (name.as_str(), program.to_str().expect("a path in UTF-8")));
        let builder = Stack::builder(Binaries::new(names)).parameter("BlandPlan", PLAN).without_history();
        let stack = runtime.block_on(with(builder).start());
        stock(&stack);
        let (wallet, on_solana) = (stack.wallet_with(RICH), stack.solana_wallet_with(RICH));
        let (callers, placed) = (Vec::new(), Cell::new(0));
        Self { stack, runtime, wallet, on_solana, callers, placed, number: String::new(), call: String::new() }
    }

    /// Fills the pool with this many numbers; then the owner buys one of another country's, and
    /// calls from it, and so do those who will place this many calls.
    pub(crate) fn set(&mut self, pooled: usize, calls: usize) {
        let (stack, wallet) = (&self.stack, &self.wallet);
        let callers: Vec<_> = (0..calls.div_ceil(UNDER_WAY)).map(|_| stack.wallet_with(RICH)).collect();
        (self.number, self.call) = self.runtime.block_on(async {
            for _ in 0..pooled {
                stack.post(BUY).body(&json!({})).pay(&self.buyer()).await.answer.expect(200);
            }
            stack.travel(31 * DAY);
            for _ in 0..pooled.div_ceil(SWEPT) {
                stack.sweep().await;
            }
            stack.travel(3 * DAY);
            let idle = stack.dynamo.rows().iter().filter(|row| row["custody"] == "pooled").count();
            assert!(idle >= pooled, "{idle} of {pooled} numbers have come to the pool");
            for caller in &callers {
                stack.post(BUY).body(&elsewhere()).pay(caller).await.answer.expect(200);
            }
            let bought = stack.post(BUY).body(&elsewhere()).pay(wallet).await.answer.expect(200).json();
            let called = stack.post(CALL).body(&call_body()).pay(wallet).await.answer.expect(200).json();
            // In the second of a purchase another one of its wallet is looked at twice.
            stack.travel(Duration::from_secs(2));
            (text(&bought["phone_number"]), text(&called["call_id"]))
        });
        self.callers = callers;
    }

    /// All calls come to their end, and have been looked at.
    pub(crate) fn hang_up(&self) {
        self.stack.bland.finish_all();
        // The reaper looks when a call's time is up.
        self.runtime.block_on(self.stack.minutes(12));
    }

    pub(crate) fn function(&self, name: &str) -> &Function {
        self.stack.deployment.functions.get(name).unwrap_or_else(|| panic!("no function {name}"))
    }

    /// A request without a payment.
    pub(crate) fn unpaid(path: &str, body: Value) -> Ask {
        Ask { method: Method::POST, path: path.to_owned(), body: Some(body), payment: None, sign_in: None }
    }

    /// One that is signed and paid anew each time.
    pub(crate) fn paid(&self, payer: Payer, path: &str, body: Value) -> Ask {
        let demand = self.runtime.block_on(self.stack.post(path).body(&body).demand());
        Ask { payment: Some((demand, payer)), ..Self::unpaid(path, body) }
    }

    pub(crate) fn renewal(&self) -> Value {
        json!({"phone_number": self.number})
    }

    /// A look at the call.
    pub(crate) fn poll(&self) -> Ask {
        let path = format!("{CALL}/{}", self.call);
        Self::looking(path)
    }

    /// A look at what a wallet has that has not signed in.
    pub(crate) fn unsigned(path: &str) -> Ask {
        Self::looking(path.to_owned())
    }

    /// One for which a wallet signs in anew each time.
    pub(crate) fn signed_in(&self, path: &str, by: Payer) -> Ask {
        let challenge = self.runtime.block_on(self.stack.get(path).send()).challenge();
        Ask { sign_in: Some((challenge, by)), ..Self::unsigned(path) }
    }

    /// A dry run of the owner's, who signs in anew each time.
    pub(crate) fn rehearsed(&self, path: &str, body: Value) -> Ask {
        let path = format!("{path}?dry_run=true");
        let challenge = self.runtime.block_on(self.stack.post(&path).body(&body).send()).challenge();
        Ask { sign_in: Some((challenge, Payer::Owner)), ..Self::unpaid(&path, body) }
    }

    fn looking(path: String) -> Ask {
        Ask { method: Method::GET, path, body: None, payment: None, sign_in: None }
    }

    /// The event that API Gateway makes of a request.
    pub(crate) fn event(&self, ask: &Ask) -> Value {
        let placed = self.placed.get();
        if matches!(ask.payment, Some((_, Payer::Caller))) {
            self.placed.set(placed + 1);
        }
        let body = ask.body.clone().map(|body| with_destination(body, placed).to_string()).unwrap_or_default();
        let mut request = http::Request::builder()
            .method(ask.method.clone())
            .uri(&ask.path)
            .header("host", "api.example.com")
            .header("user-agent", "node")
            .header("accept", "*/*")
            .header("accept-encoding", "gzip, deflate")
            .header("content-type", "application/json");
        if let Some((demand, payer)) = &ask.payment {
            let (name, value) = self.sign(demand, *payer, placed).header();
            request = request.header(name, value);
        }
        if let Some((challenge, by)) = &ask.sign_in {
            let (name, value) = self.signs_in(challenge, *by).header();
            request = request.header(name, value);
        }
        let (parts, ()) = request.body(()).expect("a request").into_parts();
        let event = gateway::event_of(&self.stack.deployment.routes, &parts, body.as_bytes());
        event.unwrap_or_else(|| panic!("no route for {}", ask.path)).1
    }

    fn sign(&self, demand: &Demand, payer: Payer, placed: usize) -> Payment {
        match payer {
            Payer::Owner => self.wallet.signs(demand),
            Payer::Caller => self.callers[placed / UNDER_WAY].signs(demand),
            Payer::Buyer => self.buyer().signs(demand),
            Payer::Forger => self.wallet.signs(demand).signed_by(&self.stack.wallet_with(0)),
            Payer::Bungler | Payer::OnSolana | Payer::ForgerOnSolana => panic!("these only sign in"),
        }
    }

    fn signs_in(&self, challenge: &Challenge, by: Payer) -> SignIn {
        let signed = || self.wallet.signs_in(challenge).issued(0);
        match by {
            Payer::Owner | Payer::Caller | Payer::Buyer => signed(),
            Payer::Forger => signed().signed_by(&self.stack.wallet_with(0)),
            Payer::Bungler => signed().with("version", "2").signed_by(&self.stack.wallet_with(0)),
            Payer::OnSolana => self.on_solana.signs_in(challenge).issued(0),
            Payer::ForgerOnSolana => self.on_solana.signs_in(challenge).issued(0).signing("Another message."),
        }
    }

    /// Who buys the next number: another wallet each time, since one buys a number at a time. Who
    /// has bought before causes one read more, of that sale.
    fn buyer(&self) -> Wallet {
        self.stack.wallet_with(RICH)
    }

    /// From now on every answer of a neighbour takes this many milliseconds.
    pub(crate) fn delay(&self, delays: &[(Neighbour, &str, u64)]) {
        for (neighbour, pattern, milliseconds) in delays {
            self.stack.faults_of(*neighbour).latency(pattern, Duration::from_millis(*milliseconds));
        }
    }
}

/// The dialler does not ring a callee twice within seconds, so each call goes to another one.
fn with_destination(mut body: Value, placed: usize) -> Value {
    if body.get("task").is_some() {
        let city = CITIES[placed % CITIES.len()];
        body["phone_number"] = format!("+1{city}361{:04}", 1_000 + placed).into();
    }
    body
}

/// More numbers than the simulated carrier usually has.
fn stock(stack: &Stack) {
    for prefix in ["+1415555", "+1604555"] {
        let usual =
            stack.twilio.stock().into_iter().find(|one| one.voice && !one.beta && one.phone_number.starts_with(prefix));
        let usual = usual.unwrap_or_else(|| panic!("none of {prefix}"));
        for line in 1_000..2_000 {
            stack.twilio.offer(Offered { phone_number: format!("{prefix}{line}"), ..usual.clone() });
        }
    }
}

/// A number of a country of which there are none in the pool.
pub(crate) fn elsewhere() -> Value {
    json!({"country": "CA"})
}

/// A call that every wallet with one number may place.
pub(crate) fn call_body() -> Value {
    json!({"phone_number": "+12133610872", "task": "Confirm the 7pm reservation for two under Vicky."})
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
