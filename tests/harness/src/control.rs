//! What a program outside may do to a local world: put money into a wallet, make a neighbour fail
//! once, use up what is paid in at the dialler, say how the next call goes and what a model makes
//! of it, sweep before a minute is over, let time pass, and see what an operator would: which
//! alarms ring, and a page with what was counted.
//!
//! A door for suites in other languages (`tests/clients`), which have no handles to the simulators.
//! Only `cargo local` opens it, on loopback; it knows nothing of Dialtone.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use alloy_primitives::Address;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Html;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::alarms::{Alarm, points};
use crate::sim::bland::Script;
use crate::sim::solana::Pubkey;
use crate::sim::{Answer, Fault, Faults};
use crate::world::{Neighbour, World};

mod page;

/// The door itself: `POST /mint`, `/faults`, `/balance`, `/calls`, `/answers`, `/sweep` and
/// `/travel`; `GET /alarms` and `/`.
pub fn router(world: World) -> Router {
    Router::new()
        .route("/mint", post(mint))
        .route("/faults", post(fail_once))
        .route("/balance", post(pay_in))
        .route("/calls", post(script_next_call))
        .route("/answers", post(answer_questions))
        .route("/sweep", post(sweep))
        .route("/travel", post(travel))
        .route("/alarms", get(alarms))
        .route("/", get(async |world: State<Arc<World>>| Html(page::of(&world, &ringing(&world).await))))
        .with_state(Arc::new(world))
}

/// The neighbours' names.
fn neighbours(world: &World) -> BTreeMap<&'static str, &Faults> {
    let name = |neighbour| match neighbour {
        Neighbour::Chain => "chain",
        Neighbour::Facilitator => "facilitator",
        Neighbour::Twilio => "twilio",
        Neighbour::Bland => "bland",
        Neighbour::Scheduler => "scheduler",
        Neighbour::Dynamo => "dynamodb",
        Neighbour::Kms => "kms",
        Neighbour::SecretsManager => "secretsmanager",
        Neighbour::S3 => "s3",
        Neighbour::Solana => "solana",
    };
    Neighbour::ALL.into_iter().map(|neighbour| (name(neighbour), world.faults_of(neighbour))).collect()
}

/// `{"address": "0x…", "amount": "5000000"}`, or base58 for Solana: micro-dollars, as text like
/// everywhere in x402.
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
    let micros = mint.amount.parse().map_err(|_| refused(format!("{} is no amount", mint.amount)))?;
    if let Ok(to) = mint.address.parse::<Address>() {
        world.ledger.mint(to, micros);
    } else {
        let to = mint.address.parse::<Pubkey>().map_err(|()| refused(format!("{} is no address", mint.address)))?;
        world.solana_money.mint(to, micros);
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn fail_once(State(world): State<Arc<World>>, Json(fault): Json<FailOnce>) -> Told {
    let neighbours = neighbours(&world);
    let known = neighbours.keys().copied().collect::<Vec<_>>().join(", ");
    let neighbour = neighbours
        .get(fault.neighbour.as_str())
        .ok_or_else(|| refused(format!("{} is none of {known}", fault.neighbour)))?;
    let answer = Answer::json(fault.status, &json!({"status": fault.status, "message": "told to fail"}));
    neighbour.once(&fault.request, Fault::Refuse(answer));
    Ok(StatusCode::NO_CONTENT)
}

/// `{"bland": 0}`: what is left at the dialler, in cents.
#[derive(Deserialize)]
struct Balance {
    bland: u64,
}

async fn pay_in(State(world): State<Arc<World>>, Json(balance): Json<Balance>) -> StatusCode {
    world.bland.set_balance(Some(balance.bland));
    StatusCode::NO_CONTENT
}

/// The alarms that ring, once what was answered is also written.
async fn ringing(world: &World) -> Vec<Alarm> {
    world.lambda.logs().caught_up().await;
    let now = page::now();
    let points = points(&world.lambda.logs().lines(), now);
    world.deployment.alarms.iter().filter(|alarm| alarm.rings(&points, now)).cloned().collect()
}

async fn alarms(State(world): State<Arc<World>>) -> Json<Value> {
    let alarms = ringing(&world).await;
    let told = alarms.into_iter().map(|Alarm { name, says, section, wakes, .. }| {
        json!({"name": name, "says": says, "section": section, "wakes": wakes})
    });
    Json(told.collect())
}

/// `{"next": "error"}`: how the next call goes that is placed; with `"to": "+1…"`, the next one to
/// that number. It is for a call that comes within a minute, and takes the place of what was told
/// before and has not been used: where the request for its call was refused, it is not for a later
/// one. With `"next": "talk"`, `says` is what the callee says, and `summary` what is made of it;
/// what is left out is as usual.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NextCall {
    next: String,
    to: Option<String>,
    #[serde(default)]
    says: Vec<String>,
    summary: Option<String>,
}

/// What `next` can be, besides `talk`.
const STORIES: [(&str, Script); 11] = [
    ("error", Script::PreQueueError),
    ("not-found", Script::NotFound),
    ("blocked", Script::CarrierBlock),
    ("breaks-off", Script::CallError),
    ("busy", Script::Busy),
    ("no-answer", Script::NoAnswer),
    ("voicemail", Script::Voicemail),
    ("voicemail-cut-off", Script::VoicemailCutOff),
    ("voicemail-full", Script::VoicemailFull),
    ("timeout", Script::Timeout),
    ("endless", Script::NeverEnds),
];

async fn script_next_call(State(world): State<Arc<World>>, Json(call): Json<NextCall>) -> Told {
    let NextCall { next, to, says, summary } = call;
    let is_talk = next == "talk";
    if !is_talk && (!says.is_empty() || summary.is_some()) {
        return Err(refused(format!("{next} has neither says nor summary: only talk has")));
    }
    let script = if is_talk { Some(Script::conversation(says, summary)) } else { story(&next) };
    let known = || STORIES.map(|(name, _)| name).join(", ");
    world.bland.tell(script.ok_or_else(|| refused(format!("{next} is none of talk, {}", known())))?, to);
    Ok(StatusCode::NO_CONTENT)
}

fn story(next: &str) -> Option<Script> {
    STORIES.into_iter().find(|(name, _)| *name == next).map(|(_, script)| script)
}

/// `{"to": "+1…", "answers": [12.5, true]}`: what a model makes of calls to this number, in the
/// order of the questions.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answers {
    to: String,
    answers: Vec<Value>,
}

async fn answer_questions(State(world): State<Arc<World>>, Json(Answers { to, answers }): Json<Answers>) -> StatusCode {
    world.bland.answers_for(&to, Value::Array(answers));
    StatusCode::NO_CONTENT
}

/// `{"seconds": 70}`.
#[derive(Deserialize)]
struct Travel {
    seconds: u64,
}

async fn travel(State(world): State<Arc<World>>, Json(travel): Json<Travel>) -> StatusCode {
    world.travel_from_within(Duration::from_secs(travel.seconds)).await;
    StatusCode::NO_CONTENT
}

async fn sweep(State(world): State<Arc<World>>) -> Told {
    world.sweep().await.map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    Ok(StatusCode::NO_CONTENT)
}

fn refused(why: String) -> (StatusCode, String) {
    (StatusCode::BAD_REQUEST, why)
}
