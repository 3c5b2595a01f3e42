//! `cargo local outage`: what is paid in at the dialler is used up. What a customer is told, what
//! rings, where the operator reads what to do, and how it ends. Any surprise fails.

use std::fs;

use serde_json::{Value, json};

use crate::demo::Player;
use crate::facts::Facts;
use crate::stage::{Simulator, ensure, expect};
use crate::{Trouble, root, say};

/// No phone rings: the dialler is simulated.
const CALLEE: &str = "+12133610875";
/// What rings, by its section in OPERATIONS.
const SECTION: &str = "A vendor refuses us";

pub(crate) async fn in_world(facts: &Facts) -> Result<(), Trouble> {
    let simulator = Simulator::of(facts).ok_or("only a simulated dialler can be told to refuse: leave --chain out")?;
    let customer = Player::of(facts)?;
    let rings = async || -> Result<Vec<Value>, Trouble> {
        let told = simulator.tells("alarms").await?;
        Ok(told.as_array().into_iter().flatten().filter(|alarm| alarm["section"] == SECTION).cloned().collect())
    };
    say::pair("operator's page", &format!("{}/", facts.control));

    customer.pays("A customer buys a number", "phone/numbers/buy", json!({})).await?;

    say::heading("The dialler's balance is used up");
    simulator.is_told("balance", &json!({"bland": 0})).await?;

    say::heading("A customer places a call");
    let body = json!({"phone_number": CALLEE, "task": "Ask whether they are open on Sunday.", "max_duration": 2});
    let request = customer.posts("voice/call", &body);
    let asked = request.clone().send().await;
    expect(&asked, 402)?;
    let payment = customer.wallet.signs(&asked.demand());
    let refused = request.clone().paid_with(&payment).send().await;
    let outcome = expect(&refused, 502);
    if outcome.is_ok() {
        say::line("← 502, and nothing was charged");
        say::document(&refused.json());
        woken(&rings().await?)?;
    }

    say::heading("The operator pays in");
    simulator.is_told("balance", &json!({"bland": 10_000})).await?;
    outcome?;

    say::heading("The customer repeats the request, with the signature that was there already");
    let answer = request.paid_with(&payment).send().await;
    expect(&answer, 200)?;
    say::line(&format!("← 200: call {}", answer.json()["call_id"].as_str().unwrap_or_default()));
    ensure(!rings().await?.is_empty(), "the alarm is over before its hour is")?;
    say::line("The alarm is over by itself, an hour after the last refusal.");
    say::heading("Everything went as it should.");
    Ok(())
}

/// What the operator is told, and reads.
fn woken(ringing: &[Value]) -> Result<(), Trouble> {
    say::heading("What rings");
    let wakes = ringing.iter().any(|alarm| alarm["wakes"] == true);
    ensure(wakes, "nothing rings that wakes the operator")?;
    for alarm in ringing {
        let does = if alarm["wakes"] == true { "wakes the operator" } else { "waits for the morning" };
        say::line(&format!("{}. It {does}.", alarm["says"].as_str().unwrap_or_default()));
    }
    say::heading(&format!("What OPERATIONS.md says (Alarms, {SECTION})"));
    let path = root().join("OPERATIONS.md");
    let operations = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let row =
        operations.lines().find(|line| line.starts_with(&format!("| [{SECTION}]"))).ok_or("it has no such row")?;
    let cells: Vec<String> = row.replace("\\|", "\u{1}").split(" | ").map(|cell| cell.replace('\u{1}', "|")).collect();
    let cell = |at: usize| cells.get(at).map(|cell| cell.trim_matches([' ', '|']).to_owned()).unwrap_or_default();
    say::pair("paste", &cell(2));
    say::pair("say", &cell(3));
    Ok(())
}
