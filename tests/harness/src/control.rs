//! What a program outside may do to a local world: put money into a wallet, and make a neighbour fail once.
//!
//! A door for suites in other languages (`tests/clients`), which have no handles to the simulators. Only `cargo local`
//! opens it, on loopback; it knows nothing of Dialtone.

use std::collections::BTreeMap;
use std::sync::Arc;

use alloy_primitives::Address;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use crate::ledger::Ledger;
use crate::sim::{Answer, Fault, Faults};

/// The door itself: `POST /mint` and `POST /faults`.
pub fn router(ledger: Ledger, neighbours: BTreeMap<&'static str, Faults>) -> Router {
    let world = Arc::new(World { ledger, neighbours });
    Router::new().route("/mint", post(mint)).route("/faults", post(fail_once)).with_state(world)
}

struct World {
    ledger: Ledger,
    neighbours: BTreeMap<&'static str, Faults>,
}

/// `{"address": "0x…", "amount": "5000000"}`: micro-dollars, as text like everywhere in x402.
#[derive(Deserialize)]
struct Mint {
    address: String,
    amount: String,
}

/// `{"neighbour": "twilio", "request": "GET */AvailablePhoneNumbers/*", "status": 500}`.
#[derive(Deserialize)]
struct FailOnce {
    neighbour: String,
    /// Method and path, with `*` for anything.
    request: String,
    status: u16,
}

type Told = Result<StatusCode, (StatusCode, String)>;

async fn mint(State(world): State<Arc<World>>, Json(mint): Json<Mint>) -> Told {
    let to = mint.address.parse::<Address>().map_err(|_| refused(format!("{} is no address", mint.address)))?;
    let micros = mint.amount.parse().map_err(|_| refused(format!("{} is no amount", mint.amount)))?;
    world.ledger.mint(to, micros);
    Ok(StatusCode::NO_CONTENT)
}

async fn fail_once(State(world): State<Arc<World>>, Json(fault): Json<FailOnce>) -> Told {
    let known = world.neighbours.keys().copied().collect::<Vec<_>>().join(", ");
    let neighbour = world
        .neighbours
        .get(fault.neighbour.as_str())
        .ok_or_else(|| refused(format!("{} is none of {known}", fault.neighbour)))?;
    let answer = Answer::json(fault.status, &json!({"status": fault.status, "message": "told to fail"}));
    neighbour.once(&fault.request, Fault::Refuse(answer));
    Ok(StatusCode::NO_CONTENT)
}

fn refused(why: String) -> (StatusCode, String) {
    (StatusCode::BAD_REQUEST, why)
}
