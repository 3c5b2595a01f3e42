//! `cargo local demo`: buy, list, call, follow the call, renew, and say what goes over the wire. Any surprise fails.

use std::time::Duration;

use alloy_primitives::hex;
use axum::http::Method;
use harness::request::{Request, Response};
use harness::sim::chain::Key;
use harness::world::Ports;
use harness::{Wallet, client};
use serde_json::{Value, json};
use tokio::time::{Instant, interval};

use crate::facts::Facts;
use crate::neighbours::Neighbours;
use crate::watch::Progress;
use crate::{Trouble, Wishes, say, serve};

/// Whom the demonstration calls. Nobody is there: the dialler is simulated.
const CALLEE: &str = "+12133610872";
/// A simulated call takes some seconds.
const PATIENCE: Duration = Duration::from_mins(2);

/// Plays it in the world that runs, or in one of its own.
pub(crate) async fn play(wishes: Wishes) -> Result<(), Trouble> {
    if let Some(facts) = Facts::read()
        && client().get(&facts.gateway).send().await.is_ok()
    {
        if wishes.chain && !facts.real_chain {
            return Err(
                "the world that runs on this machine simulates its chain: end it, or start it with --chain".to_owned()
            );
        }
        say::heading("Playing in the world that runs on this machine");
        return in_world(&facts).await;
    }
    let neighbours = Neighbours::of_process()?;
    let running = serve::start(Ports::default(), &neighbours, wishes).await?;
    say::heading("No world is running: playing in one of its own");
    let facts = Facts::of(&running, String::new());
    tokio::spawn(serve::housekeeping(running.world.clone()));
    let outcome = in_world(&facts).await;
    running.end(wishes).await.and(outcome)
}

async fn in_world(facts: &Facts) -> Result<(), Trouble> {
    if !facts.play_money {
        return Err("this world's facilitator is real: the demonstration plays with test money only".to_owned());
    }
    let secret = hex::decode_to_array(&facts.key).map_err(|error| format!("the key in world.json: {error}"))?;
    let player =
        Player { client: client(), api: format!("{}/api/v1", facts.gateway), wallet: Wallet::of(Key::new(secret)) };
    say::pair("wallet", &player.wallet.text());

    let bought = player.pays("Buy a number", "phone/numbers/buy", json!({"country": "US", "area_code": "415"})).await?;
    let number = text(&bought, "phone_number")?;
    ensure(text(&bought, "owner_wallet")? == player.wallet.text(), "the number belongs to somebody else")?;

    let listed = player.pays("List the wallet's numbers", "phone/numbers/list", json!({})).await?;
    let has =
        listed["numbers"].as_array().is_some_and(|all| all.iter().any(|one| one["phone_number"] == number.as_str()));
    ensure(has, "the number that was bought is not listed")?;

    let task =
        "Confirm the reservation for two at seven under the name of Vicky. Thank them and hang up once they confirm.";
    let ask = json!({"phone_number": CALLEE, "from": number, "task": task, "max_duration": 2});
    let placed = player.pays("Place a call", "voice/call", ask).await?;
    player.follows(&text(&placed, "call_id")?).await?;

    let renewed = player.pays("Renew the lease", "phone/numbers/renew", json!({"phone_number": number})).await?;
    ensure(text(&renewed, "expires_at")? > text(&bought, "expires_at")?, "the lease does not end later than before")?;
    say::heading("Everything went as it should.");
    Ok(())
}

struct Player {
    client: reqwest::Client,
    api: String,
    wallet: Wallet,
}

impl Player {
    /// Asks, is told the price, signs, asks again, and reads the receipt.
    async fn pays(&self, what: &str, path: &str, body: Value) -> Result<Value, Trouble> {
        say::heading(what);
        let request = Request::new(&self.client, Method::POST, format!("{}/{path}", self.api)).body(&body);
        say::line(&format!("→ POST {path} {body}"));
        let asked = request.clone().send().await;
        expect(&asked, 402)?;
        let demand = asked.demand();
        let offer = demand.offer();
        let [payee, network] = ["payTo", "network"].map(|name| offer[name].as_str().unwrap_or_default());
        say::line(&format!("← 402: {} on {network} to {payee}", say::dollars(demand.price())));
        let payment = self.wallet.signs(&demand);
        say::line(&format!("→ the same with PAYMENT-SIGNATURE, nonce {}", payment.authorization().nonce));
        let answer = request.paid_with(&payment).send().await;
        expect(&answer, 200)?;
        let settlement = answer.settlement().ok_or("a 200 without PAYMENT-RESPONSE")?;
        ensure(settlement["success"] == true, "the receipt does not say success")?;
        say::line(&format!("← 200, paid in transaction {}", settlement["transaction"].as_str().unwrap_or_default()));
        let body = answer.json();
        say::document(&body);
        Ok(body)
    }

    /// Polls until the call is over and there is a transcript.
    async fn follows(&self, call: &str) -> Result<(), Trouble> {
        say::heading("Follow the call (free)");
        let url = format!("{}/voice/call/{call}", self.api);
        let mut progress = Progress::default();
        let mut ticks = interval(Duration::from_secs(1));
        let began = Instant::now();
        loop {
            ticks.tick().await;
            let answer = Request::new(&self.client, Method::GET, url.clone()).send().await;
            expect(&answer, 200)?;
            let view = answer.json();
            progress.show(call, &view);
            let transcript = view["transcript"].as_array().is_some_and(|lines| !lines.is_empty());
            // The summary is written once the call is over, and comes last.
            let summary = view["summary"].as_str().unwrap_or_default();
            if progress.over() && transcript && !summary.is_empty() {
                ensure(view["status"] == "completed", "the call was not completed")?;
                say::line(&format!("summary: {summary}"));
                return Ok(());
            }
            ensure(began.elapsed() < PATIENCE, "the call did not come to an end with a transcript and a summary")?;
        }
    }
}

fn expect(answer: &Response, status: u16) -> Result<(), Trouble> {
    let got = answer.status.as_u16();
    ensure(got == status, &format!("expected {status}, got {got}: {}", String::from_utf8_lossy(&answer.body)))
}

fn ensure(holds: bool, otherwise: &str) -> Result<(), Trouble> {
    if holds { Ok(()) } else { Err(otherwise.to_owned()) }
}

fn text(body: &Value, name: &str) -> Result<String, Trouble> {
    body[name].as_str().map(str::to_owned).ok_or_else(|| format!("an answer without {name}: {body}"))
}
