//! What one call comes to in what AWS charges for, from its 402 to the block in which its payment
//! is final. Played alike for the tests that hold it and for `cargo capacity`, which reckons with
//! it.

use std::time::Duration;

use serde_json::json;

use crate::Stack;
use crate::dynamo::Units;
use crate::sim::bland::{Script, Speaker, Step};
use crate::spec::CALL;
use crate::wallet::Wallet;
use crate::world::Neighbour;

/// Something is said this often.
const PACE: Duration = Duration::from_secs(5);
/// An hour after a call nothing of it is under way, and each thing that is done once an hour has
/// been done.
const AN_HOUR: u32 = 60;

/// What was counted.
#[derive(Clone, Copy, Debug)]
pub struct Life {
    /// Write units of the paid request.
    pub paid: u64,
    /// Write units while it was polled.
    pub talked: u64,
    /// Write units of its end.
    pub ended: u64,
    /// Write units of rounds that look whether its payment is final, beyond what rounds take that
    /// find nothing.
    pub proven: u64,
    /// Halves of read units, without the rounds.
    pub read_halves: u64,
    /// Requests that came through the gateway: the 402, the paid one, polls, the dialler's word.
    pub requests: u64,
    /// How often the dialler was asked about it.
    pub looks: u64,
    /// Bytes that the functions wrote into their logs for these requests.
    pub logged: u64,
}

impl Life {
    /// All write units.
    pub fn writes(&self) -> u64 {
        self.paid + self.talked + self.ended + self.proven
    }
}

/// What rounds take that find nothing, in an hour.
pub async fn of_nothing(stack: &Stack) -> Units {
    stack.dynamo.count_units();
    stack.minutes(AN_HOUR).await;
    stack.dynamo.units()
}

/// One call of this length, by a wallet that has a number, polled this often. The stack is one that
/// the dialler can tell, and this is what it takes in an hour by itself.
pub async fn of_a_call(stack: &Stack, wallet: &Wallet, idle: Units, length: Duration, polled_every: Duration) -> Life {
    let steps = length.as_secs() / PACE.as_secs();
    stack.bland.script_next(Script::UserHangsUp.with(conversation(steps)));
    let logged = bytes(stack).await;
    stack.meter.start();
    stack.dynamo.count_units();
    let body = json!({"phone_number": "+12133610872", "task": "Ask Andy to take a break."});
    let placed = stack.post(CALL).body(&body).pay(wallet).await.answer.expect(200).json();
    let paid = stack.dynamo.units();
    let vendors = stack.bland.calls().pop().map(|call| call.id).unwrap_or_default();
    let polls = length.as_secs() / polled_every.as_secs();
    for _ in 0..polls {
        for _ in 0..polled_every.as_secs() / PACE.as_secs() {
            stack.bland.advance(&vendors);
        }
        stack.travel(polled_every);
        assert_eq!(stack.poll(&placed).await["final"], false);
    }
    let talked = stack.dynamo.units();
    stack.bland.finish(&vendors);
    assert_eq!(stack.words_arrive().await, [202]);
    assert_eq!(stack.poll(&placed).await["final"], true);
    let ended = stack.dynamo.units();
    let looks = stack.meter.asked().iter().filter(|asked| asked.neighbour == Neighbour::Bland).count();
    let logged = bytes(stack).await - logged;
    stack.minutes(AN_HOUR).await;
    let whole = stack.dynamo.units();
    Life {
        paid: paid.writes,
        talked: talked.writes - paid.writes,
        ended: ended.writes - talked.writes,
        proven: (whole.writes - ended.writes).saturating_sub(idle.writes),
        read_halves: ended.read_halves,
        // The one that is placed is not a look.
        looks: u64::try_from(looks).unwrap_or(u64::MAX).saturating_sub(1),
        requests: polls + 4,
        logged,
    }
}

fn conversation(steps: u64) -> Vec<Step> {
    let said = |n: u64| {
        let speaker = if n.is_multiple_of(2) { Speaker::User } else { Speaker::Assistant };
        Step::Say(speaker, format!("{n}: {}", "word ".repeat(20)))
    };
    [Step::Allocate, Step::Start].into_iter().chain((2..steps).map(said)).collect()
}

async fn bytes(stack: &Stack) -> u64 {
    stack.lambda.logs().caught_up().await;
    let lines = stack.lambda.logs().lines();
    // With the end of the line.
    let all: usize = lines.iter().map(|line| line.text.len() + 1).sum();
    u64::try_from(all).unwrap_or(u64::MAX)
}
