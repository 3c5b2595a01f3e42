//! Runs a world until it is interrupted: on fixed ports or beside another one, with a sweep every
//! minute.

use std::path::PathBuf;
use std::time::Duration;

use axum::http::Method;
use harness::onchain::{Node, Validator};
use harness::request::Request;
use harness::sim::chain::Network;
use harness::sim::solana::Cluster;
use harness::sim::twilio;
use harness::world::Ports;
use harness::{Plan, SolanaWallet, Wallet, World, client};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{MissedTickBehavior, interval};

use crate::facts::Facts;
use crate::neighbours::{Neighbours, Real};
use crate::{Networks, Trouble, Wishes, audit, binaries, facts, say, watch};

const PORTS: Ports = Ports {
    gateway: 8402,
    rpc: 8403,
    facilitator: 8404,
    twilio: 8405,
    bland: 8406,
    dynamo: 8407,
    scheduler: 8408,
    kms: 8410,
    solana: 8411,
    secrets_manager: 8412,
    s3: 8413,
    sts: 8414,
};

/// The door for programs in other languages.
const CONTROL: u16 = 8409;

/// As the recurring schedule in the template.
const SWEEP: Duration = Duration::from_mins(1);
/// One-shot schedules are exact to a minute at AWS; a person is less patient.
const SCHEDULES: Duration = Duration::from_secs(5);
/// One step in the life of a simulated call.
const PACE: Duration = Duration::from_secs(2);
/// What each throw-away wallet has, in micro-dollars.
const FUNDS: u64 = 1_000_000_000;

/// A world, and a wallet with money in it on each rail.
pub(crate) struct Running {
    pub(crate) world: World,
    pub(crate) wallet: Wallet,
    pub(crate) solana_wallet: SolanaWallet,
    pub(crate) offers_solana: bool,
    pub(crate) play_money: bool,
}

/// `cargo local`. With a file of its own for its facts, it takes no place that another one has.
pub(crate) async fn until_interrupted(wishes: Wishes, facts_in: Option<PathBuf>) -> Result<(), Trouble> {
    let (ports, control) = if facts_in.is_some() { (Ports::default(), 0) } else { (PORTS, CONTROL) };
    let neighbours = Neighbours::of_process()?;
    let table_is_real = neighbours.is_real(Real::Table);
    let running = start(ports, &neighbours, wishes).await?;
    neighbours.tell();
    let control = open_control(&running.world, control).await?;
    let facts = Facts::of(&running, control);
    everything_answers(&facts).await?;
    let written = facts.write(facts_in.unwrap_or_else(facts::usual))?;
    tell(&facts);
    say::line(&format!("\n  These facts as JSON: {}", written.0.display()));
    say::heading("Requests and calls as they happen (Ctrl-C ends it)");
    tokio::spawn(watch::requests(running.world.traffic.follow()));
    if !table_is_real {
        tokio::spawn(watch::calls(running.world.clone()));
    }
    tokio::spawn(housekeeping(running.world.clone()));
    interrupted().await;
    drop(written);
    running.end(wishes).await?;
    say::heading("Gone.");
    Ok(())
}

impl Running {
    /// Ends it, and says whether everything adds up if that is asked for.
    pub(crate) async fn end(&self, wishes: Wishes) -> Result<(), Trouble> {
        let outcome = if wishes.audit { audit::everything_adds_up(&self.world).await } else { Ok(()) };
        self.world.lambda.stop().await;
        outcome
    }
}

/// The same with a real chain, and a real cluster if that is wished for, which take some seconds to
/// start.
fn on_chain(plan: Plan, neighbours: &Neighbours) -> Result<Plan, Trouble> {
    if !neighbours.is_play_money() {
        return Err("FACILITATOR_URL is set: either it settles, or a facilitator on this machine".to_owned());
    }
    say::heading("Starting what pays, each with USDC and a facilitator");
    let node = Node::try_start()?;
    say::pair("Base", &format!("{}, settles at {}", node.url(), node.facilitator()));
    let plan = Plan { node: Some(node), network: Network::Base, ..plan };
    if plan.solana.is_none() {
        return Ok(plan);
    }
    let validator = Validator::try_start()?;
    say::pair("Solana", &format!("{}, settles at {}", validator.url(), validator.facilitator()));
    Ok(Plan { validator: Some(validator), solana: Some(Cluster::Mainnet), ..plan })
}

/// Builds and starts everything on these ports.
pub(crate) async fn start(ports: Ports, neighbours: &Neighbours, wishes: Wishes) -> Result<Running, Trouble> {
    let binaries = binaries::build().await?;
    let real = neighbours.variables.clone();
    let mut plan = Plan { ports, real, remembers: wishes.audit, ..Plan::new(binaries) };
    // What a real carrier takes is for its account's operator to say.
    if !neighbours.variables.contains_key("TWILIO_ACCOUNT_SID") {
        plan.parameters.insert("NumberPrices".to_owned(), twilio::prices());
    }
    // Where a real facilitator settles, the environment says on which networks.
    let (network, cluster) = match wishes.networks {
        Networks::Main => (Network::Base, Cluster::Mainnet),
        Networks::Test => (Network::BaseSepolia, Cluster::Devnet),
    };
    plan.network = network;
    plan.solana = (wishes.solana && neighbours.is_play_money()).then_some(cluster);
    if wishes.chain {
        plan = on_chain(plan, neighbours)?;
    }
    let world = World::start(&plan).await.map_err(|taken| {
        format!(
            "port {} of 127.0.0.1 cannot be had ({}).\n\
             Is another `cargo local` running? It uses the ports {} to {}.",
            taken.port, taken.source, PORTS.gateway, PORTS.s3
        )
    })?;
    let wallet = Wallet::random();
    world.bland.set_pace(PACE);
    world.ledger.mint(wallet.address(), FUNDS);
    let solana_wallet = SolanaWallet::random(&world.solana_money);
    world.solana_money.mint(solana_wallet.address(), FUNDS);
    let offers_solana = plan.solana.is_some();
    Ok(Running { world, wallet, solana_wallet, offers_solana, play_money: neighbours.is_play_money() })
}

/// What AWS does by the clock.
pub(crate) async fn housekeeping(world: World) {
    let mut sweep = interval(SWEEP);
    let mut schedules = interval(SCHEDULES);
    for ticks in [&mut sweep, &mut schedules] {
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    }
    loop {
        let outcome = tokio::select! {
            _ = sweep.tick() => world.sweep().await,
            _ = schedules.tick() => world.fire_due_schedules().await.map(|_| ()),
        };
        if let Err(error) = outcome {
            say::warning(&format!("a scheduled function failed: {error}"));
        }
    }
}

/// Money for wallets and trouble at neighbours, for tests that have no handle to the simulators.
pub(crate) async fn open_control(world: &World, port: u16) -> Result<String, Trouble> {
    let router = harness::control::router(world.clone());
    let served = harness::sim::serve_at(([127, 0, 0, 1], port).into(), router).await;
    let (address, _) = served.map_err(|error| format!("port {port} of 127.0.0.1 cannot be had ({error})."))?;
    Ok(format!("http://{address}"))
}

async fn everything_answers(facts: &Facts) -> Result<(), Trouble> {
    let client = client();
    let money = [&facts.facilitator, &facts.rpc, &facts.twilio, &facts.bland];
    let aws = [&facts.dynamodb, &facts.scheduler, &facts.kms, &facts.secrets_manager, &facts.s3];
    for url in money.into_iter().chain(aws).chain([&facts.gateway]) {
        // Any answer will do, a refusal most likely.
        client
            .get(url)
            .header("user-agent", watch::AGENT)
            .send()
            .await
            .map_err(|error| format!("{url} does not answer: {error}"))?;
    }
    // The first request starts the process; a person should not wait for it.
    let price = Request::new(&client, Method::POST, format!("{}/api/v1/phone/numbers/list", facts.gateway));
    match price.header("user-agent", watch::AGENT).send().await.status.as_u16() {
        402 => Ok(()),
        other => Err(format!("a request without a payment was answered with {other}, not 402")),
    }
}

fn tell(facts: &Facts) {
    say::heading("Dialtone is running on this machine");
    say::pair("API", &format!("{}/api/v1", facts.gateway));
    let kind = if facts.real_chain { "real node" } else { "simulated" };
    say::pair("chain", &format!("{}, {kind}, JSON-RPC {}", facts.network, facts.rpc));
    if let Some(solana) = &facts.solana {
        say::pair("and", &format!("{}, {kind}, JSON-RPC {}", solana.network, solana.rpc));
    }
    say::pair("facilitator", &facts.facilitator);
    say::pair("Twilio", &facts.twilio);
    say::pair("Bland", &facts.bland);
    say::pair("DynamoDB", &format!("{}, table {}", facts.dynamodb, facts.table));
    say::pair("scheduler", &facts.scheduler);
    say::pair("KMS", &format!("{}, refund wallet {}", facts.kms, facts.refund_wallet));
    say::pair("secrets", &facts.secrets_manager);
    say::pair("S3", &facts.s3);
    say::pair("operator", &format!("{}/ (a page: what rings, and what was counted)", facts.control));
    if facts.play_money {
        say::heading(&format!("A throw-away wallet with {} that exists only here", say::dollars(FUNDS)));
        say::pair("address", &facts.address);
        say::pair("private key", &facts.key);
        if let Some(solana) = &facts.solana {
            say::pair("on Solana", &solana.address);
            say::pair("private key", &solana.key);
        }
    }
    let curl = format!("curl -i -X POST {}/api/v1/phone/numbers/buy", facts.gateway);
    say::heading("To try");
    say::command(&curl, "What a number costs (402, with the price in PAYMENT-REQUIRED)");
    say::command("cargo local demo", "Buy a number, list it, place calls, hang up, renew (in another terminal)");
    say::command(
        "cargo local outage",
        "Let the dialler refuse a call, and see what wakes its operator (in another terminal)",
    );
    say::command("cargo dialtone --local stock", "Look at it, and step in, as its operator (`--help` says everything)");
}

async fn interrupted() {
    let Ok(mut terminated) = signal(SignalKind::terminate()) else {
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated.recv() => {}
    }
}
