//! A world for one test: started with `Stack::start(binaries!()).await`, audited when it goes out of scope.
//!
//! The world lives on threads of its own, so that its end can be waited for wherever the test ends.

use std::ops::Deref;
use std::sync::mpsc;
use std::time::Duration;

use alloy_primitives::Address;
use axum::http::Method;
use serde_json::Value;
use tokio::runtime::{Builder as RuntimeBuilder, Runtime};

use crate::audit;
use crate::client;
use crate::request::Request;
use crate::sim::chain::Network;
use crate::wallet::Wallet;
use crate::world::{Binaries, Neighbour, PAYEE, Plan, World};

/// A world that takes longer than this to end is stuck.
const PATIENCE: Duration = Duration::from_mins(2);

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

    /// The functions are not told of any node of the chain.
    pub fn without_rpc(mut self) -> Self {
        self.plan.rpc = false;
        self
    }

    /// A template parameter.
    pub fn parameter(mut self, name: &str, value: &str) -> Self {
        self.plan.parameters.insert(name.to_owned(), value.to_owned());
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
        Builder { plan: Plan::new(binaries), latencies: Vec::new() }
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

    /// A wallet with so many micro-dollars.
    pub fn wallet_with(&self, micros: u64) -> Wallet {
        let wallet = Wallet::random();
        self.chain.mint(wallet.address(), micros);
        wallet
    }

    /// Who is paid.
    pub fn payee(&self) -> Address {
        PAYEE
    }

    /// What has been earned, in micro-dollars.
    pub fn earned(&self) -> u64 {
        self.chain.balance(PAYEE)
    }

    /// Invokes a function by the name of its binary; it must succeed.
    pub async fn invoke(&self, function: &str, event: &Value) -> Value {
        let answer = self.world.invoke(function, event).await;
        answer.unwrap_or_else(|error| panic!("{function}: {error}\n{}", self.lambda.logs().text()))
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
        let (twilio, bland) = (self.twilio.account(), self.bland.keys());
        vec![
            ("Twilio's secret", twilio.secret.clone()),
            ("Bland's key", bland.api_key.clone()),
            ("Bland's handle for Twilio", bland.encrypted_key.clone()),
            ("AWS's secret key", "local-secret-access-key".to_owned()),
            ("AWS's session token", "local-session-token".to_owned()),
        ]
    }

    /// The audit's findings that contain this text are what the test is about.
    pub fn excuse(&mut self, finding: &'static str, why: &'static str) {
        self.excused.push((finding, why));
    }

    /// Ends the world, and returns what the audit found instead of failing: for those who run many worlds and tell of all
    /// that fail. What the functions wrote comes along.
    pub async fn close(mut self) -> (Vec<String>, String) {
        let Some(runtime) = self.runtime.take() else { return (Vec::new(), String::new()) };
        let world = self.world.clone();
        let ended = runtime.spawn(async move {
            let findings = audit::of(&world).await;
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
        let findings = reported
            .recv_timeout(PATIENCE)
            .unwrap_or_else(|error| vec![format!("the audit did not come to an end: {error}")]);
        runtime.shutdown_background();
        let excused = |finding: &String| self.excused.iter().any(|(text, _)| finding.contains(text));
        let findings: Vec<_> = findings.into_iter().filter(|finding| !excused(finding)).collect();
        if failed {
            eprintln!("What the functions wrote:\n{}", self.world.lambda.logs().text());
        } else if !findings.is_empty() {
            panic!("the audit found:\n- {}\n\nlogs:\n{}", findings.join("\n- "), self.world.lambda.logs().text());
        }
    }
}
