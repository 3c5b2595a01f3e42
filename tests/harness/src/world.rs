//! A world: the whole product with all its neighbours, each on a port of its own.
//!
//! It says what is connected to what, and nothing about tests or people: [`crate::Stack`] is a
//! world for a test, `cargo local` one for a person.

mod doors;
mod plan;
mod schedules;

use std::collections::BTreeMap;
use std::time::Duration;

use alloy_primitives::Address;
use axum::Router;
use serde_json::{Value, json};

use crate::dynamo::Dynamo;
use crate::gateway::Traffic;
use crate::history::{History, What};
use crate::lambda::{InvokeError, Lambda};
use crate::ledger::{Ledger, SolanaLedger};
use crate::measure::Meter;
use crate::onchain::proxy;
use crate::sim::bland::{Bland, Keys};
use crate::sim::chain::Network;
use crate::sim::solana::{Cluster, Pubkey, Solana};
use crate::sim::twilio::Account;
use crate::sim::{Chain, Clock, Facilitator, Faults, Kms, S3, Scheduler, SecretsManager, Twilio, sts};
use crate::template::Deployment;
use crate::{client, gateway, history, iam};
pub use doors::{Doors, PortTaken, Ports, Urls};
pub use plan::{Binaries, Plan, Real};

/// Who is paid.
pub const PAYEE: Address = alloy_primitives::address!("00000000000000000000000000000000005E11E5");

/// Who is paid on Solana: an owner, whose account of USDC is there from the start.
pub fn solana_payee() -> Pubkey {
    crate::sim::solana::Key::of_seed([0x5e; 32]).address()
}

/// What each refund wallet begins with, in micro-dollars.
const FLOAT: u64 = 50_000_000;

/// Everything, running. Clones are the same world.
#[derive(Clone)]
pub struct World {
    /// The money, wherever it is.
    pub ledger: Ledger,
    /// The simulated payment chain, on which nothing happens where the real one is used.
    pub chain: Chain,
    /// The money on Solana, wherever it is.
    pub solana_money: SolanaLedger,
    /// The simulated cluster of Solana, which pays if the plan says so and no real one does.
    pub solana: Solana,
    /// The simulated facilitator; likewise.
    pub facilitator: Facilitator,
    /// The carrier.
    pub twilio: Twilio,
    /// The dialler.
    pub bland: Bland,
    /// One-shot schedules.
    pub scheduler: Scheduler,
    /// The key of the refund wallet.
    pub kms: Kms,
    /// The secrets, filled.
    pub secrets_manager: SecretsManager,
    /// The buckets.
    pub s3: S3,
    /// The wallet that pays back.
    pub refund_wallet: Address,
    /// The wallet that buys from us, where there is a canary; empty at first.
    pub canary_wallet: Option<Address>,
    /// The same on Solana.
    pub solana_refund_wallet: Pubkey,
    /// The table.
    pub dynamo: Dynamo,
    /// The functions' processes.
    pub lambda: Lambda,
    /// What the template made of it all.
    pub deployment: Deployment,
    /// Where everything answers.
    pub urls: Urls,
    /// What went through the gateway.
    pub traffic: Traffic,
    /// What has happened so far, if the plan says that it is kept.
    pub history: History,
    /// What the neighbours see, for measurements.
    pub meter: Meter,
    /// Whether the functions have been told of a node of the chain.
    pub has_rpc: bool,
    /// Whether they have been told of a node of the cluster.
    pub has_solana_rpc: bool,
    solana_refund_key: Option<String>,
    passed: schedules::Passed,
    bland_clock: Clock,
}

/// Who answers for the money.
struct Money {
    node: Router,
    cluster: Router,
    settler: Router,
}

impl Money {
    /// The simulators; or the real ones, with the same faults in front of them.
    fn of(plan: &Plan, ledgers: (&Ledger, &SolanaLedger), sims: (&Chain, &Solana, &Facilitator)) -> Self {
        let (chain, solana, facilitator) = sims;
        let node = match ledgers.0 {
            Ledger::Simulated(chain) => chain.router(),
            Ledger::Real(node) => chain.faults().wrap(proxy::to(node.url())),
        };
        let cluster = match ledgers.1 {
            SolanaLedger::Simulated(solana) => solana.router(),
            SolanaLedger::Real(validator) => solana.faults().wrap(proxy::to(validator.url())),
        };
        let settler = match plan.settlers() {
            settlers if settlers.is_empty() => facilitator.router(),
            settlers => facilitator.faults().wrap(proxy::facilitators(settlers)),
        };
        Self { node, cluster, settler }
    }
}

impl World {
    /// Starts everything. Needs a runtime, and lives as long as that.
    pub async fn start(plan: &Plan) -> Result<Self, PortTaken> {
        let doors = plan.ports.opened()?;
        let urls = doors.urls();

        let history = if plan.remembers { History::kept() } else { History::default() };
        let clock = Clock::wall();
        // Bland remembers when it last rang a phone, and has no other use of the time.
        let bland_clock = Clock::wall();
        let chain = Chain::new(plan.network, clock.clone());
        chain.remember_in(&history);
        let solana = Solana::new(plan.solana.unwrap_or(Cluster::Mainnet), clock.clone());
        solana.remember_in(&history);
        let solana_refund_wallet = plan.solana_refunder.address();
        let solana_money =
            plan.validator.clone().map_or_else(|| SolanaLedger::Simulated(solana.clone()), SolanaLedger::Real);
        solana_money.mint(solana_payee(), 0);
        solana_money.mint(solana_refund_wallet, FLOAT);
        let facilitator = Facilitator::new(chain.clone(), clock.clone()).with_solana(solana.clone());
        let ledger = plan.node.clone().map_or_else(|| Ledger::Simulated(chain.clone()), Ledger::Real);
        let twilio = Twilio::new(Account::random(), clock.clone());
        let bland = Bland::new(Keys::random(), twilio.clone(), bland_clock.clone());
        let deployment = plan.deployment(&urls, twilio.account());
        let scheduler = Scheduler::new(clock.clone());
        for group in &deployment.schedule_groups {
            scheduler.create_group(group);
        }
        let kms = Kms::new();
        let wallets: BTreeMap<_, _> =
            deployment.keys.iter().map(|(name, key)| (name.as_str(), kms.create_key(key))).collect();
        let refund_wallet = wallets["RefundKey"];
        ledger.mint(refund_wallet, FLOAT);
        let canary_wallet = wallets.get("CanaryKey").copied();
        let s3 = S3::new(clock.clone());
        for bucket in &deployment.buckets {
            s3.create(bucket);
        }
        let secrets_manager = SecretsManager::new(clock);
        for arn in deployment.secrets.values() {
            secrets_manager.create(arn);
        }
        for (secret, content) in plan.secrets(twilio.account(), bland.keys()) {
            secrets_manager.put(&deployment.secrets[&secret], &content.to_string());
        }
        let dynamo = Dynamo::start(&deployment, &client()).await;
        let mut lambda = Lambda::new(&deployment, plan.binaries.programs()).remembering_in(&history);
        if let Some(requests) = plan.at_once {
            lambda = lambda.serving_at_once(requests);
        }

        let meter = Meter::default();
        let watchers = (&meter, &history);
        let Money { node, cluster, settler } =
            Money::of(plan, (&ledger, &solana_money), (&chain, &solana, &facilitator));
        doors.solana.serve_watched(cluster, Neighbour::Solana, watchers);
        doors.rpc.serve_watched(node, Neighbour::Chain, watchers);
        doors.facilitator.serve_watched(settler, Neighbour::Facilitator, watchers);
        doors.twilio.serve_watched(twilio.router(), Neighbour::Twilio, watchers);
        doors.bland.serve_watched(bland.router(), Neighbour::Bland, watchers);
        doors.dynamo.serve_watched(dynamo.router(), Neighbour::Dynamo, watchers);
        let guarded = iam::guard_scheduler(dynamo.policies(), scheduler.router());
        doors.scheduler.serve_watched(guarded, Neighbour::Scheduler, watchers);
        let guarded = iam::guard_kms(dynamo.policies(), kms.router());
        doors.kms.serve_watched(guarded, Neighbour::Kms, watchers);
        let guarded = iam::guard_secrets(dynamo.policies(), &deployment, secrets_manager.router());
        doors.secrets_manager.serve_watched(guarded, Neighbour::SecretsManager, watchers);
        let guarded = iam::guard_files(dynamo.policies(), s3.router());
        doors.s3.serve_watched(guarded, Neighbour::S3, watchers);
        doors.sts.serve(sts::router());
        let traffic = Traffic::default();
        doors.gateway.serve(traffic.watch(history.of_clients(gateway::router(&deployment.routes, &lambda))));
        let (has_rpc, has_solana_rpc) = (plan.rpc, plan.solana_rpc);
        Ok(Self {
            ledger,
            chain,
            solana_money,
            solana,
            facilitator,
            twilio,
            bland,
            scheduler,
            kms,
            secrets_manager,
            s3,
            refund_wallet,
            canary_wallet,
            solana_refund_wallet,
            dynamo,
            lambda,
            deployment,
            urls,
            traffic,
            history,
            meter,
            has_rpc,
            has_solana_rpc,
            solana_refund_key: plan.solana.map(|_| plan.solana_refunder.secret()),
            passed: schedules::Passed::default(),
            bland_clock,
        })
    }

    /// Which chain pays.
    pub fn network(&self) -> Network {
        self.chain.network()
    }

    /// Invokes a function by the name of its binary.
    pub async fn invoke(&self, function: &str, event: &Value) -> Result<Value, InvokeError> {
        self.lambda.invoke(function, event).await
    }

    /// The recurring schedules fire once.
    pub async fn sweep(&self) -> Result<(), InvokeError> {
        self.history.note(|| (What::Swept, Vec::new()));
        // Backwards, so that the one which looks round at the end has the others behind it; a
        // deployment has them side by side.
        let (reaper, others): (Vec<_>, Vec<_>) =
            self.deployment.schedules.iter().partition(|schedule| schedule.function == "reaper");
        for schedule in reaper.into_iter().rev().chain(others) {
            self.may_start(&schedule.role, &self.deployment.functions[&schedule.function].arn());
            self.invoke(&schedule.function, &schedule.input).await?;
        }
        Ok(())
    }

    /// Those one-shot schedules fire whose time has come. Returns how many did.
    pub async fn fire_due_schedules(&self) -> Result<usize, InvokeError> {
        let due = self.passed.due(&self.scheduler);
        for fired in &due {
            let function = self.deployment.functions.values().find(|function| function.arn() == fired.arn);
            let function = function.unwrap_or_else(|| panic!("a schedule for {}, which is none of ours", fired.arn));
            self.may_start(&fired.role, &fired.arn);
            self.history.note(|| (What::Fired { name: fired.name.clone() }, history::marks(&fired.input)));
            let input = serde_json::from_str(&fired.input).unwrap_or_else(|_| json!(fired.input));
            self.invoke(&function.binary, &input).await?;
        }
        Ok(due.len())
    }

    /// A schedule starts its target in the name of a role, which has to be one of ours and to allow
    /// it.
    fn may_start(&self, role: &str, target: &str) {
        let policy =
            self.deployment.roles.get(role).unwrap_or_else(|| panic!("a schedule by {role}, which is not a role"));
        assert!(iam::allowed(policy, "lambda:InvokeFunction", target), "{role} may not start {target}");
    }

    /// Everything that is stored was written this much earlier, and every schedule comes this much
    /// sooner. Waits for the table on this thread, so it is for threads that are not the world's
    /// own.
    pub fn travel(&self, by: Duration) {
        let _alone = self.dynamo.alone_at_once();
        self.shift(by);
    }

    /// The same for the world's own.
    pub async fn travel_from_within(&self, by: Duration) {
        let _alone = self.dynamo.alone().await;
        self.shift(by);
    }

    fn shift(&self, by: Duration) {
        self.history.note(|| (What::Travelled(by), Vec::new()));
        self.dynamo.travel(by, self.ledger.travel(by));
        self.solana.travel(by);
        self.twilio.travel(by);
        self.passed.travel(&self.scheduler, by);
        self.bland_clock.advance(by);
    }

    /// What must not be found in any log or answer, by name.
    pub fn secrets(&self) -> Vec<(&'static str, String)> {
        let (twilio, bland) = (self.twilio.account(), self.bland.keys());
        // What is declared and not given is empty, and no secret.
        let told = |name: &'static str| {
            let environments = self.deployment.functions.values().map(|function| &function.environment);
            environments.filter_map(move |all| all.get(name)).filter(|value| !value.is_empty())
        };
        let own = told("REFUND_PRIVATE_KEY");
        let own = own.map(|key| ("the refund wallet's own key", key.trim_start_matches("0x").to_owned()));
        let on_solana = self.solana_refund_key.clone().map(|key| ("the key of the refund wallet on Solana", key));
        let others = vec![
            ("Twilio's secret", twilio.secret.clone()),
            ("Bland's key", bland.api_key.clone()),
            ("Bland's handle for Twilio", bland.encrypted_key.clone()),
            ("AWS's secret key", iam::SECRET_ACCESS_KEY.to_owned()),
            ("AWS's session token", "local-session-token".to_owned()),
        ];
        let addresses = self.bland.calls().into_iter().filter_map(|call| {
            let (_, token) = call.request["webhook"].as_str()?.rsplit_once('/')?;
            Some(("the address at which a word of the dialler's is taken", token.to_owned()))
        });
        others.into_iter().chain(own).chain(on_solana).chain(addresses).collect()
    }

    /// The environment in which the operator's command works on this world: what the functions that
    /// act on their own are told, and the credentials of a person.
    pub fn operator(&self) -> BTreeMap<String, String> {
        let told = ["refunds", "reaper", "canary"].into_iter().filter_map(|name| self.deployment.functions.get(name));
        let mut all: BTreeMap<_, _> = told.flat_map(|function| function.environment.clone()).collect();
        let own = [
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "operator"),
            ("AWS_SECRET_ACCESS_KEY", iam::SECRET_ACCESS_KEY),
            ("USER", "operator"),
            ("ALARM_EMAIL", "operator@example.com"),
        ];
        all.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
        all.insert("AWS_ENDPOINT_URL_STS".to_owned(), self.urls.sts.clone());
        for host in ["voice", "pricing"] {
            let name = format!("TWILIO_{}_URL", host.to_uppercase());
            all.insert(name, format!("{}/{host}.twilio.com", self.urls.twilio));
        }
        all
    }

    /// A secret of the stack has another content from now on, whatever the functions hold.
    pub fn put_secret(&self, secret: &str, content: &Value) {
        self.secrets_manager.put(&self.deployment.secrets[secret], &content.to_string());
    }

    /// The faults of a neighbour.
    pub fn faults_of(&self, neighbour: Neighbour) -> &Faults {
        match neighbour {
            Neighbour::Chain => self.chain.faults(),
            Neighbour::Facilitator => self.facilitator.faults(),
            Neighbour::Twilio => self.twilio.faults(),
            Neighbour::Bland => self.bland.faults(),
            Neighbour::Scheduler => self.scheduler.faults(),
            Neighbour::Dynamo => self.dynamo.faults(),
            Neighbour::Kms => self.kms.faults(),
            Neighbour::SecretsManager => self.secrets_manager.faults(),
            Neighbour::S3 => self.s3.faults(),
            Neighbour::Solana => self.solana.faults(),
        }
    }

    /// The faults of all neighbours.
    pub fn faults(&self) -> impl Iterator<Item = &Faults> {
        Neighbour::ALL.into_iter().map(|neighbour| self.faults_of(neighbour))
    }
}

/// A neighbour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Neighbour {
    /// The node of the chain.
    Chain,
    /// The facilitator.
    Facilitator,
    /// Twilio.
    Twilio,
    /// Bland.
    Bland,
    /// EventBridge Scheduler.
    Scheduler,
    /// DynamoDB.
    Dynamo,
    /// AWS KMS.
    Kms,
    /// The node of the cluster of Solana.
    Solana,
    /// AWS Secrets Manager.
    SecretsManager,
    /// AWS S3.
    S3,
}

impl Neighbour {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Chain,
        Self::Facilitator,
        Self::Twilio,
        Self::Bland,
        Self::Scheduler,
        Self::Dynamo,
        Self::Kms,
        Self::Solana,
        Self::SecretsManager,
        Self::S3,
    ];
}
