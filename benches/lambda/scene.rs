//! The scene: a world with everything that the measured requests need, and the requests as events.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use harness::sim::twilio::Offered;
use harness::template::Function;
use harness::wallet::{Demand, Payment};
use harness::{Binaries, Neighbour, Stack, Wallet, gateway};
use http::Method;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

pub(crate) const LIST: &str = "/api/v1/phone/numbers/list";
pub(crate) const RENEW: &str = "/api/v1/phone/numbers/renew";
pub(crate) const BUY: &str = "/api/v1/phone/numbers/buy";
pub(crate) const CALL: &str = "/api/v1/voice/call";

/// More than everything here costs.
const RICH: u64 = 1_000_000_000_000;
const DAY: Duration = Duration::from_hours(24);
/// The reaper takes back at least so many leases at a time.
const SWEPT: usize = 10;

/// A world, a wallet that owns a number, and a call that has been placed.
pub(crate) struct Scene {
    pub(crate) stack: Stack,
    runtime: Runtime,
    wallet: Wallet,
    /// Buys, so that the first one's list stays short.
    buyer: Wallet,
    number: String,
    call: String,
    callees: Cell<u32>,
}

/// A measured request.
#[derive(Clone)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
    pub(crate) payment: Option<(Demand, Payer)>,
}

/// Who pays.
#[derive(Clone, Copy)]
pub(crate) enum Payer {
    /// Has one number.
    Owner,
    /// Has any number of them.
    Buyer,
    /// Signs in the first one's name.
    Forger,
}

impl Scene {
    /// Starts a world in which nothing has happened yet.
    pub(crate) fn new(programs: &BTreeMap<String, PathBuf>) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let names = programs.iter().map(|(name, program)| (name.as_str(), program.to_str().expect("a path in UTF-8")));
        let stack = runtime.block_on(Stack::builder(Binaries::new(names)).without_history().start());
        stock(&stack);
        let (wallet, buyer) = (stack.wallet_with(RICH), stack.wallet_with(RICH));
        Self { stack, runtime, wallet, buyer, number: String::new(), call: String::new(), callees: Cell::new(1_000) }
    }

    /// Fills the pool with so many numbers; then the owner buys one of another country's, and calls from it.
    pub(crate) fn set(&mut self, pooled: usize) {
        let (stack, wallet) = (&self.stack, &self.wallet);
        (self.number, self.call) = self.runtime.block_on(async {
            let former = stack.wallet_with(RICH);
            for _ in 0..pooled {
                stack.post(BUY).body(&json!({})).pay(&former).await.answer.expect(200);
            }
            stack.travel(31 * DAY);
            for _ in 0..pooled.div_ceil(SWEPT) {
                stack.sweep().await;
            }
            stack.travel(3 * DAY);
            let idle = stack.dynamo.rows().iter().filter(|row| row["custody"] == "pooled").count();
            assert!(idle >= pooled, "{idle} of {pooled} numbers have come to the pool");
            let bought = stack.post(BUY).body(&elsewhere()).pay(wallet).await.answer.expect(200).json();
            let called = stack.post(CALL).body(&call_body()).pay(wallet).await.answer.expect(200).json();
            (text(&bought["phone_number"]), text(&called["call_id"]))
        });
    }

    pub(crate) fn function(&self, name: &str) -> &Function {
        self.stack.deployment.functions.get(name).unwrap_or_else(|| panic!("no function {name}"))
    }

    /// A request without a payment.
    pub(crate) fn unpaid(path: &str, body: Value) -> Ask {
        Ask { method: Method::POST, path: path.to_owned(), body: Some(body), payment: None }
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
        Ask { method: Method::GET, path, body: None, payment: None }
    }

    /// The event that API Gateway makes of a request.
    pub(crate) fn event(&self, ask: &Ask) -> Value {
        let body = ask.body.clone().map(|body| self.with_destination(body).to_string()).unwrap_or_default();
        let mut request = http::Request::builder()
            .method(ask.method.clone())
            .uri(&ask.path)
            .header("host", "api.example.com")
            .header("user-agent", "node")
            .header("accept", "*/*")
            .header("accept-encoding", "gzip, deflate")
            .header("content-type", "application/json");
        if let Some((demand, payer)) = &ask.payment {
            let (name, value) = self.sign(demand, *payer).header();
            request = request.header(name, value);
        }
        let (parts, ()) = request.body(()).expect("a request").into_parts();
        let event = gateway::event_of(&self.stack.deployment.routes, &parts, body.as_bytes());
        event.unwrap_or_else(|| panic!("no route for {}", ask.path)).1
    }

    /// The dialler rings nobody twice within seconds, so each call goes to somebody else.
    fn with_destination(&self, mut body: Value) -> Value {
        if body.get("task").is_some() {
            let callee = self.callees.get();
            self.callees.set(callee + 1);
            body["phone_number"] = format!("+1213361{:04}", callee % 10_000).into();
        }
        body
    }

    fn sign(&self, demand: &Demand, payer: Payer) -> Payment {
        match payer {
            Payer::Owner => self.wallet.signs(demand),
            Payer::Buyer => self.buyer.signs(demand),
            Payer::Forger => self.wallet.signs(demand).signed_by(&self.buyer),
        }
    }

    /// From now on every answer of a neighbour takes so many milliseconds.
    pub(crate) fn delay(&self, delays: &[(Neighbour, &str, u64)]) {
        for (neighbour, pattern, milliseconds) in delays {
            self.stack.faults_of(*neighbour).latency(pattern, Duration::from_millis(*milliseconds));
        }
    }
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
