//! Where a story is played: in the world that runs on this machine, or in one of its own.

use axum::http::Method;
use harness::client;
use harness::request::{Request, Response};
use harness::world::Ports;
use serde_json::Value;

use crate::facts::Facts;
use crate::neighbours::Neighbours;
use crate::{Trouble, Wishes, say, serve};

/// Plays a story.
pub(crate) async fn play(wishes: Wishes, story: impl AsyncFn(&Facts) -> Result<(), Trouble>) -> Result<(), Trouble> {
    if let Some(facts) = Facts::read()
        && client().get(&facts.gateway).send().await.is_ok()
    {
        if wishes.chain && !facts.real_chain {
            return Err(
                "the world that runs on this machine simulates its chain: end it, or start it with --chain".to_owned()
            );
        }
        say::heading("Playing in the world that runs on this machine");
        return with_play_money(&facts, story).await;
    }
    let neighbours = Neighbours::of_process()?;
    let running = serve::start(Ports::default(), &neighbours, wishes).await?;
    say::heading("No world is running: playing in one of its own");
    let facts = Facts::of(&running, serve::open_control(&running.world, 0).await?);
    let housekeeping = tokio::spawn(serve::housekeeping(running.world.clone()));
    let outcome = with_play_money(&facts, story).await;
    // What it has begun would be killed with the rest.
    housekeeping.abort();
    running.end(wishes).await.and(outcome)
}

async fn with_play_money(facts: &Facts, story: impl AsyncFn(&Facts) -> Result<(), Trouble>) -> Result<(), Trouble> {
    if !facts.play_money {
        return Err("this world's facilitator is real: stories are played with test money only".to_owned());
    }
    story(facts).await
}

/// The door of a world whose dialler and chain are simulated: it can be told how a call goes, and
/// that time has passed.
pub(crate) struct Simulator {
    client: reqwest::Client,
    control: String,
}

impl Simulator {
    pub(crate) fn of(facts: &Facts) -> Option<Self> {
        let is_simulated = !facts.real_chain && facts.bland.starts_with("http://127.0.0.1:");
        is_simulated.then(|| Self { client: client(), control: facts.control.clone() })
    }

    pub(crate) async fn is_told(&self, what: &str, body: &Value) -> Result<(), Trouble> {
        let request = Request::new(&self.client, Method::POST, format!("{}/{what}", self.control));
        expect(&request.body(body).send().await, 204)
    }

    pub(crate) async fn tells(&self, what: &str) -> Result<Value, Trouble> {
        let answer = Request::new(&self.client, Method::GET, format!("{}/{what}", self.control)).send().await;
        expect(&answer, 200)?;
        Ok(answer.json())
    }
}

pub(crate) fn expect(answer: &Response, status: u16) -> Result<(), Trouble> {
    let got = answer.status.as_u16();
    ensure(got == status, &format!("expected {status}, got {got}: {}", String::from_utf8_lossy(&answer.body)))
}

pub(crate) fn ensure(holds: bool, otherwise: &str) -> Result<(), Trouble> {
    if holds { Ok(()) } else { Err(otherwise.to_owned()) }
}
