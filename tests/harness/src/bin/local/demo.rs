//! `cargo local demo`: buy, list, rehearse a call, call, follow the call line by line, leave a
//! message, read the answer to a question, list the calls, call again and hang up, renew, and say
//! what goes over the wire. Any surprise fails.

use std::time::Duration;

use alloy_primitives::hex;
use axum::http::Method;
use harness::request::Request;
use harness::sim::chain::Key;
use harness::wallet::Signer;
use harness::{Wallet, client};
use serde_json::{Value, json};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};

use crate::facts::Facts;
use crate::stage::{Simulator, ensure, expect};
use crate::watch::Progress;
use crate::{Trouble, say};

/// The callee of the demonstration. No phone rings: the dialler is simulated.
const CALLEE: &str = "+12133610872";
/// The one where a machine answers.
const MACHINE: &str = "+12133610874";
/// The one whose call is hung up.
const ANOTHER: &str = "+12133610873";
/// A simulated call takes some seconds.
const PATIENCE: Duration = Duration::from_mins(2);
/// Seconds for which a look may wait for something new: the most that can be asked for.
const WAIT: u64 = 20;
/// Seconds after the end of a call from which on its questions are answered.
const SETTLES: u64 = 61;

pub(crate) async fn in_world(facts: &Facts) -> Result<(), Trouble> {
    let player = Player::of(facts)?;
    say::pair("wallet", &player.wallet.text());

    let bought = player.pays("Buy a number", "phone/numbers/buy", json!({"country": "US", "area_code": "415"})).await?;
    let number = text(&bought, "phone_number")?;
    ensure(text(&bought, "owner_wallet")? == player.wallet.text(), "the number belongs to another wallet")?;

    let listed = player.pays("List the wallet's numbers", "phone/numbers/list", json!({})).await?;
    let has =
        listed["numbers"].as_array().is_some_and(|all| all.iter().any(|one| one["phone_number"] == number.as_str()));
    ensure(has, "the number that was bought is not listed")?;

    let task =
        "Confirm the reservation for two at seven under the name of Vicky. Thank them and hang up once they confirm.";
    let question = json!({"name": "confirmed", "question": "Is the reservation confirmed?", "type": "boolean"});
    let ask = json!({"phone_number": CALLEE, "from": number, "task": task, "max_duration": 2, "questions": [question]});
    let would = player.rehearses("Rehearse a call (free)", "voice/call", &ask).await?;
    ensure(would["would"] == "place_call" && would["from"] == number.as_str(), "the call would not be placed")?;
    let placed = player.pays("Place a call", "voice/call", ask).await?;
    let call = text(&placed, "call_id")?;
    // Beside the first one, so that its machine has answered when that one is over.
    let simulator = Simulator::of(facts);
    let left = match &simulator {
        Some(simulator) => Some(player.leaves_a_message(simulator, &number).await?),
        None => None,
    };
    player.follows(&call).await?;
    if let (Some(simulator), Some(left)) = (&simulator, &left) {
        player.reads_what_became(simulator, left, &call).await?;
    }

    let called = player.pays("List the wallet's calls", "voice/calls/list", json!({"limit": 2})).await?;
    let has = called["calls"].as_array().is_some_and(|all| all.iter().any(|one| one["call_id"] == call.as_str()));
    ensure(has, "the call that was placed is not listed")?;

    let ask = json!({"phone_number": ANOTHER, "from": number, "task": task, "max_duration": 2});
    let placed = player.pays("Place another call", "voice/call", ask).await?;
    player.hangs_up(&text(&placed, "call_id")?).await?;

    let renewed = player.pays("Renew the lease", "phone/numbers/renew", json!({"phone_number": number})).await?;
    ensure(text(&renewed, "expires_at")? > text(&bought, "expires_at")?, "the lease does not end later than before")?;
    say::heading("Everything went as it should.");
    Ok(())
}

/// A customer, with the world's throw-away wallet.
pub(crate) struct Player {
    client: reqwest::Client,
    api: String,
    pub(crate) wallet: Wallet,
}

impl Player {
    pub(crate) fn of(facts: &Facts) -> Result<Self, Trouble> {
        let secret = hex::decode_to_array(&facts.key).map_err(|error| format!("the key in world.json: {error}"))?;
        let wallet = Wallet::of(Key::new(secret));
        Ok(Self { client: client(), api: format!("{}/api/v1", facts.gateway), wallet })
    }

    /// A request that is not sent yet.
    pub(crate) fn posts(&self, path: &str, body: &Value) -> Request {
        Request::new(&self.client, Method::POST, format!("{}/{path}", self.api)).body(body)
    }

    /// Asks, is told the price, signs, asks again, and reads the receipt.
    pub(crate) async fn pays(&self, what: &str, path: &str, body: Value) -> Result<Value, Trouble> {
        say::heading(what);
        let request = self.posts(path, &body);
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

    /// Asks what would happen, is told to sign in, signs in, and asks again. Nothing is paid.
    async fn rehearses(&self, what: &str, path: &str, body: &Value) -> Result<Value, Trouble> {
        say::heading(what);
        let path = format!("{path}?dry_run=true");
        let request = self.posts(&path, body);
        say::line(&format!("→ POST {path} {body}"));
        let asked = request.clone().send().await;
        expect(&asked, 402)?;
        say::line("← 402: sign in, nothing is to be paid");
        let sign_in = self.wallet.signs_in(&asked.challenge());
        say::line("→ the same with SIGN-IN-WITH-X");
        let answer = request.signed_in_with(&sign_in).send().await;
        expect(&answer, 200)?;
        ensure(answer.header("dry-run") == Some("true"), "the answer does not say that it is a dry run")?;
        let body = answer.json();
        say::document(&body);
        Ok(body)
    }

    /// Polls until the call is over and there is a transcript. Each look waits for something new.
    async fn follows(&self, call: &str) -> Result<(), Trouble> {
        say::heading("Follow the call (free)");
        say::line(&format!(
            "→ GET voice/call/{{call_id}}?wait={WAIT}, again and again: each is answered once something is new"
        ));
        let mut progress = Progress::default();
        let (mut lines, mut by_a_line) = (0, false);
        let mut ticks = every_second();
        let began = Instant::now();
        loop {
            ticks.tick().await;
            let asked = Instant::now();
            let view = self.looks(call, WAIT).await?;
            let spoken = view["transcript"].as_array().map_or(0, Vec::len);
            let is_line = spoken > lines && view["ended_by"] == "IN_PROGRESS";
            let what = if is_line { "a line" } else { "how it stands" };
            say::line(&format!("← 200 after {} ms: {what}", asked.elapsed().as_millis()));
            progress.show(call, &view);
            (lines, by_a_line) = (spoken, by_a_line || is_line);
            let transcript = lines > 0;
            // The summary is written once the call is over, and comes last.
            let summary = view["summary"].as_str().unwrap_or_default();
            if progress.over() && transcript && !summary.is_empty() {
                ensure(view["status"] == "completed", "the call was not completed")?;
                ensure(by_a_line, "no look was answered by a line")?;
                say::line(&format!("summary: {summary}"));
                return Ok(());
            }
            ensure(began.elapsed() < PATIENCE, "the call did not come to an end with a transcript and a summary")?;
        }
    }
}

impl Player {
    /// How a call stands, as soon as something about it is new or after so many seconds.
    async fn looks(&self, call: &str, wait: u64) -> Result<Value, Trouble> {
        let url = format!("{}/voice/call/{call}?wait={wait}", self.api);
        let answer = Request::new(&self.client, Method::GET, url).send().await;
        expect(&answer, 200)?;
        Ok(answer.json())
    }

    /// Calls where a machine answers, and says what is to be left there.
    async fn leaves_a_message(&self, simulator: &Simulator, number: &str) -> Result<String, Trouble> {
        simulator.is_told("calls", &json!({"next": "voicemail", "to": MACHINE})).await?;
        let ask = json!({
            "phone_number": MACHINE, "from": number, "task": "Tell Luigi's that the table for two is for seven, not eight.",
            "voicemail_message": "The table for two is for seven o'clock, not for eight.", "max_duration": 2,
        });
        text(&self.pays("Place a call that a machine will answer", "voice/call", ask).await?, "call_id")
    }

    /// Whether the message was left, and a minute after the end the answer to the question about
    /// the other call.
    async fn reads_what_became(&self, simulator: &Simulator, left: &str, asked: &str) -> Result<(), Trouble> {
        say::heading("Where a machine answered (free)");
        let view = self.sees(left, |view| view["ended_by"] != "IN_PROGRESS").await?;
        ensure(view["voicemail_left"] == true, "the message was not left")?;
        say::document(&json!({"answered_by": view["answered_by"], "voicemail_left": view["voicemail_left"]}));

        say::heading(
            "The answer to the question, a minute after the end (free; the simulators let the minute pass at once)",
        );
        simulator.is_told("travel", &json!({"seconds": SETTLES})).await?;
        let view = self.sees(asked, |view| view["result_status"] != "pending").await?;
        ensure(
            view["result_status"] == "ready" && view["result"]["confirmed"] == true,
            "the question is not answered",
        )?;
        say::document(&json!({"result_status": view["result_status"], "result": view["result"]}));
        Ok(())
    }

    /// A call as it is once this is true of it.
    async fn sees(&self, call: &str, is_so: impl Fn(&Value) -> bool) -> Result<Value, Trouble> {
        let mut ticks = every_second();
        let began = Instant::now();
        loop {
            ticks.tick().await;
            let view = self.looks(call, 0).await?;
            if is_so(&view) {
                return Ok(view);
            }
            ensure(began.elapsed() < PATIENCE, "the call did not come to an end")?;
        }
    }

    /// Hangs up at once, and polls until it is said how the call ended.
    async fn hangs_up(&self, call: &str) -> Result<(), Trouble> {
        say::heading("Hang up (free)");
        let url = format!("{}/voice/call/{call}", self.api);
        say::line("→ POST voice/call/{call_id}/hangup");
        let answer = Request::new(&self.client, Method::POST, format!("{url}/hangup")).send().await;
        expect(&answer, 202)?;
        say::document(&answer.json());
        let view = self.sees(call, |view| view["ended_by"] != "IN_PROGRESS").await?;
        ensure(view["ended_by"] == "REQUESTED", "the call ended by itself")?;
        say::line(&text(&view, "ended_by_reason")?);
        Ok(())
    }
}

/// Looks are a second apart at least.
fn every_second() -> Interval {
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

fn text(body: &Value, name: &str) -> Result<String, Trouble> {
    body[name].as_str().map(str::to_owned).ok_or_else(|| format!("an answer without {name}: {body}"))
}
