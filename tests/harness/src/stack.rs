//! A world for one test: started with `Stack::start(binaries!()).await`, audited when it goes out
//! of scope.
//!
//! The world lives on threads of its own, so that its end can be waited for wherever the test ends.

use std::ops::Deref;
use std::sync::mpsc;
use std::time::Duration;

use alloy_primitives::Address;
use axum::http::Method;
use serde_json::{Value, json};
use tokio::runtime::{Builder as RuntimeBuilder, Runtime};

use crate::audit::{self, Finding};
use crate::client;
use crate::failure;
use crate::onchain::{Node, Validator};
use crate::request::{Request, Response};
use crate::sim::bland::Word;
use crate::sim::chain::Network;
use crate::sim::solana::{Cluster, Pubkey};
use crate::spec::{BUY, CALL};
use crate::wallet::{Payer, SolanaWallet, Wallet};
use crate::world::{Binaries, Neighbour, PAYEE, Plan, World, solana_payee};

/// Where the stack is, as the dialler is told.
const ORIGIN: &str = "https://dialtone.test";

/// A world that takes longer than this to end is stuck.
const PATIENCE: Duration = Duration::from_mins(5);

/// A world for one test.
pub struct Stack {
    world: World,
    client: reqwest::Client,
    runtime: Option<Runtime>,
    /// Findings of the audit that the test is about: a part of their text, and why.
    excused: Vec<(&'static str, &'static str)>,
}

impl Deref for Stack {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

/// A world that is not quite the usual one.
#[derive(Clone, Debug)]
#[must_use]
pub struct Builder {
    plan: Plan,
    latencies: Vec<(Neighbour, Duration)>,
}

impl Builder {
    /// Payments on another chain than Base Sepolia.
    pub fn network(mut self, network: Network) -> Self {
        self.plan.network = network;
        self
    }

    /// Payments on the chain of a real node, by a real facilitator.
    pub fn on(mut self, node: &Node) -> Self {
        self.plan.node = Some(node.clone());
        self.network(Network::Base)
    }

    /// The functions are not told of any node of the chain.
    pub fn without_rpc(mut self) -> Self {
        self.plan.rpc = false;
        self
    }

    /// Payments on Solana as well.
    pub fn solana(self) -> Self {
        self.cluster(Cluster::Mainnet)
    }

    /// Payments on this cluster of Solana as well, and on the chain that goes with it: money is
    /// real on both, or on neither.
    pub fn cluster(mut self, cluster: Cluster) -> Self {
        self.plan.solana = Some(cluster);
        self.network(match cluster {
            Cluster::Mainnet => Network::Base,
            Cluster::Devnet => Network::BaseSepolia,
        })
    }

    /// Payments on the cluster of a real runtime as well, by a real facilitator. Nothing settles on
    /// the chain then, unless a real node is there too.
    pub fn on_cluster(mut self, validator: &Validator) -> Self {
        self.plan.validator = Some(validator.clone());
        self.solana()
    }

    /// The functions are not told of any node of the cluster.
    pub fn without_solana_rpc(mut self) -> Self {
        self.plan.solana_rpc = false;
        self
    }

    /// A template parameter.
    pub fn parameter(mut self, name: &str, value: &str) -> Self {
        self.plan.parameters.insert(name.to_owned(), value.to_owned());
        self
    }

    /// What is in a secret of the stack; with nothing, one that was not filled.
    pub fn secret(mut self, name: &str, content: Option<Value>) -> Self {
        self.plan.secrets.insert(name.to_owned(), content);
        self
    }

    /// A variable of all functions, whatever the template says.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.plan.environment.push((None, name.to_owned(), value.to_owned()));
        self
    }

    /// A variable of one function, whatever the template says.
    pub fn variable_of(mut self, function: &str, name: &str, value: &str) -> Self {
        self.plan.environment.push((Some(function.to_owned()), name.to_owned(), value.to_owned()));
        self
    }

    /// Calls are placed at an origin at which the dialler can tell that they are over: it takes
    /// `https` only. What it has to say is delivered by [`Stack::words_arrive`].
    pub fn told(self) -> Self {
        self.variable_of("voice_call", "PUBLIC_URL", ORIGIN)
    }

    /// At most this many requests to one function are served at once; the others wait at the
    /// gateway.
    pub fn at_once(mut self, requests: usize) -> Self {
        self.plan.at_once = Some(requests);
        self
    }

    /// No history is kept: for measurements, which it would disturb.
    pub fn without_history(mut self) -> Self {
        self.plan.remembers = false;
        self
    }

    /// A function's time-out, whatever the template says.
    pub fn timeout(mut self, function: &str, timeout: Duration) -> Self {
        self.plan.timeouts.insert(function.to_owned(), timeout);
        self
    }

    /// Every answer of a neighbour takes this long. For measurements.
    pub fn latency(mut self, neighbour: Neighbour, latency: Duration) -> Self {
        self.latencies.push((neighbour, latency));
        self
    }

    /// Starts it.
    pub async fn start(self) -> Stack {
        failure::remember();
        let runtime = RuntimeBuilder::new_multi_thread()
            .worker_threads(2)
            .thread_name("world")
            .enable_all()
            .build()
            .unwrap_or_else(|error| panic!("no runtime: {error}"));
        let plan = self.plan;
        let world = runtime.spawn(async move { World::start(&plan).await });
        let world = world.await.unwrap_or_else(|error| panic!("the world did not start: {error}"));
        let world = world.unwrap_or_else(|taken| panic!("the world did not start: {taken:?}"));
        for (neighbour, latency) in self.latencies {
            world.faults_of(neighbour).latency("*", latency);
        }
        Stack { world, client: client(), runtime: Some(runtime), excused: Vec::new() }
    }
}

impl Stack {
    /// The usual world: Base Sepolia, with a node, everything else as in the template.
    pub async fn start(binaries: Binaries) -> Self {
        Self::builder(binaries).start().await
    }

    /// Another one.
    pub fn builder(binaries: Binaries) -> Builder {
        Builder { plan: Plan { remembers: true, ..Plan::new(binaries) }, latencies: Vec::new() }
    }

    /// A request.
    pub fn request(&self, method: Method, path: &str) -> Request {
        Request::new(&self.client, method, format!("{}{path}", self.urls.gateway))
    }

    /// A POST.
    pub fn post(&self, path: &str) -> Request {
        self.request(Method::POST, path)
    }

    /// A GET.
    pub fn get(&self, path: &str) -> Request {
        self.request(Method::GET, path)
    }

    /// A wallet with a hundred dollars.
    pub fn wallet(&self) -> Wallet {
        self.wallet_with(100_000_000)
    }

    /// A wallet with this many micro-dollars.
    pub fn wallet_with(&self, micros: u64) -> Wallet {
        let wallet = Wallet::random();
        self.ledger.mint(wallet.address(), micros);
        wallet
    }

    /// A wallet with a hundred dollars on Solana.
    pub fn solana_wallet(&self) -> SolanaWallet {
        self.solana_wallet_with(100_000_000)
    }

    /// A wallet with this many micro-dollars on Solana.
    pub fn solana_wallet_with(&self, micros: u64) -> SolanaWallet {
        let wallet = SolanaWallet::random(&self.solana_money);
        self.solana_money.mint(wallet.address(), micros);
        wallet
    }

    /// Who is paid on Solana.
    pub fn solana_payee(&self) -> Pubkey {
        solana_payee()
    }

    /// What has been earned on Solana, in micro-dollars.
    pub fn solana_earned(&self) -> u64 {
        self.solana_money.balance(solana_payee())
    }

    /// Who is paid.
    pub fn payee(&self) -> Address {
        PAYEE
    }

    /// What has been earned, in micro-dollars.
    pub fn earned(&self) -> u64 {
        self.ledger.balance(PAYEE)
    }

    /// Invokes a function by the name of its binary; it must succeed.
    pub async fn invoke(&self, function: &str, event: &Value) -> Value {
        let answer = self.world.invoke(function, event).await;
        answer.unwrap_or_else(|error| panic!("{function}: {error}\n{}", self.lambda.logs().text()))
    }

    /// This many minutes pass, and the reaper comes by at the end of each.
    pub async fn minutes(&self, count: u32) {
        for _ in 0..count {
            self.travel(Duration::from_mins(1));
            self.sweep().await;
        }
    }

    /// A wallet buys a number, wherever it is: which one it gets.
    pub async fn buys<W: Payer>(&self, wallet: &W) -> String {
        self.buys_in(wallet, None).await
    }

    /// A wallet buys a number, in an area if there is one: which one it gets.
    pub async fn buys_in<W: Payer>(&self, wallet: &W, area: Option<&str>) -> String {
        let body = area.map_or_else(|| json!({}), |area| json!({"area_code": area}));
        let bought = self.post(BUY).body(&body).pay(wallet).await.answer.expect(200).json();
        bought["phone_number"].as_str().unwrap_or_else(|| panic!("no number in {bought}")).to_owned()
    }

    /// A wallet that has a number calls: what it is told of the call.
    pub async fn calls<W: Payer>(&self, wallet: &W, to: &str) -> Value {
        let body = json!({"phone_number": to, "task": "Confirm the reservation for two."});
        self.post(CALL).body(&body).pay(wallet).await.answer.expect(200).json()
    }

    /// What is said of a call that was placed with this answer.
    pub async fn poll(&self, placed: &Value) -> Value {
        let id = placed["call_id"].as_str().unwrap_or_else(|| panic!("no call: {placed}"));
        self.get(&format!("/api/v1/voice/call/{id}")).send().await.expect(200).json()
    }

    /// What the dialler has to say by now arrives: with which status each word was answered. What
    /// was not taken comes again.
    pub async fn words_arrive(&self) -> Vec<u16> {
        let mut answered = Vec::new();
        for word in self.bland.words() {
            let answer = self.word_arrives(&word).await;
            if answer.status.is_success() {
                self.bland.taken(&word.call);
            }
            answered.push(answer.status.as_u16());
        }
        answered
    }

    /// One word arrives, whether or not it is the dialler's.
    pub async fn word_arrives(&self, word: &Word) -> Response {
        let path = word.url.strip_prefix(ORIGIN).unwrap_or_else(|| panic!("a word to another: {}", word.url));
        let request = self.post(path).raw("application/json", word.body.clone());
        let signed = word.signature.iter().fold(request, |request, it| request.header("x-webhook-signature", it));
        signed.send().await
    }

    /// The recurring schedules fire once; they must succeed.
    pub async fn sweep(&self) {
        let swept = self.world.sweep().await;
        swept.unwrap_or_else(|error| panic!("the sweep: {error}\n{}", self.lambda.logs().text()));
    }

    /// Those one-shot schedules fire whose time has come. Returns how many did.
    pub async fn fire_due_schedules(&self) -> usize {
        let fired = self.world.fire_due_schedules().await;
        fired.unwrap_or_else(|error| panic!("a schedule: {error}\n{}", self.lambda.logs().text()))
    }

    /// Everything the functions have written; ends their processes, so that nothing is missing.
    pub async fn logs(&self) -> String {
        self.lambda.stop().await;
        self.lambda.logs().text()
    }

    /// What must not be found in any log or answer, by name.
    pub fn secrets(&self) -> Vec<(&'static str, String)> {
        self.world.secrets()
    }

    /// The audit's findings that contain this text are what the test is about.
    pub fn excuse(&mut self, finding: &'static str, why: &'static str) {
        self.excused.push((finding, why));
    }

    /// Ends the world, and returns what the audit found instead of failing: for those who run many
    /// worlds and tell of all that fail. What the functions wrote comes along.
    pub async fn close(mut self) -> (Vec<String>, String) {
        let Some(runtime) = self.runtime.take() else { return (Vec::new(), String::new()) };
        let world = self.world.clone();
        let ended = runtime.spawn(async move {
            let findings: Vec<_> = audit::of(&world).await.iter().map(ToString::to_string).collect();
            world.lambda.stop().await;
            (findings, world.lambda.logs().text())
        });
        let ended = tokio::time::timeout(PATIENCE, ended).await;
        runtime.shutdown_background();
        match ended {
            Ok(Ok(ended)) => ended,
            Ok(Err(error)) => (vec![format!("the audit did not come to an end: {error}")], String::new()),
            Err(_) => (vec!["the audit did not come to an end in time".to_owned()], self.world.lambda.logs().text()),
        }
    }

    /// Ends the world and audits it: what going out of scope does as well, said aloud.
    pub fn finish(self) {}
}

impl Drop for Stack {
    fn drop(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        let failed = std::thread::panicking();
        let world = self.world.clone();
        let (report, reported) = mpsc::channel();
        runtime.spawn(async move {
            let findings = if failed { Vec::new() } else { audit::of(&world).await };
            world.lambda.stop().await;
            // The test's thread waits for it, below.
            let _ = report.send(findings);
        });
        let findings = reported.recv_timeout(PATIENCE);
        runtime.shutdown_background();
        let excused = |finding: &Finding| self.excused.iter().any(|(text, _)| finding.text.contains(text));
        let findings = findings.map(|all| all.into_iter().filter(|one| !excused(one)).collect::<Vec<_>>());
        let logs = || self.world.lambda.logs().text();
        match findings {
            Ok(_) if failed => {
                let history = audit::history_of(&self.world, &[]);
                let failed = failure::last().unwrap_or_default();
                eprintln!("{history}\nWhat the functions wrote:\n{}\nThe test {failed}", logs());
            }
            Ok(findings) if findings.is_empty() => {}
            Ok(findings) => {
                let lines: Vec<_> = findings.iter().map(ToString::to_string).collect();
                let (lines, history) = (lines.join("\n- "), audit::history_of(&self.world, &findings));
                panic!("{history}\nWhat the functions wrote:\n{}\n\nThe audit found:\n- {lines}", logs());
            }
            Err(error) => panic!("the audit did not come to an end: {error}\n\n{}", logs()),
        }
    }
}
