//! The four ledgers, held against each other once a test is over: what the chain says was paid,
//! what the carrier bills, what was dialled, and what our table says; and beside them what was
//! asked and answered meanwhile, and what was logged.
//!
//! Rows are read as the plain JSON they are. What must hold is written here once more and
//! independently of the code that has to see to it. Each finding names the promise that is broken:
//!
//! | | promise | looked at here | and held where it cannot be seen here |
//! |---|---|---|---|
//! | I1 | paid if and only if delivered, refunded or credited | `sales`, `refunds`, `numbers`, `calls` | |
//! | I2 | one payment buys one thing | `answers`, `calls`, `numbers` | |
//! | I3 | 402 is the truth | `answers` | |
//! | I4 | one refund, to the payer, of what was paid; or a credit; never for what was delivered | `refunds` | |
//! | I5 | 400, 403, 404, 429, 502 and calls that end in `ERROR` cost nothing | `answers`, `calls` | |
//! | I6 | amount, asset, network and payee are those of the offer | `sales` | that the header is compared at all: `tests/it/sales.rs` |
//! | I7 | whatever was paid to us is known | `sales` | |
//! | I8 | nothing stays unfinished | `sales`, `refunds`, `calls` | how soon: the audit's own two hours |
//! | I9 | no wallet is answered in another's name, or told another's calls | `answers`, `lists` | that no byte leaves early: `tests/it/sales.rs` |
//! | I10 | one wallet is one key, one payment is one sale | `sales` | |
//! | I11 | a number is in one pair of hands, also in time and through a call | `numbers`, `leases`, `calls` | |
//! | I12 | the carrier's list is the table's | `numbers` | |
//! | I13 | what is leased is ours at the carrier | `numbers` | |
//! | I14 | a lease ends thirty days after it was paid, and thirty more for each renewal | `leases` | |
//! | I15 | nothing is taken back before its end and the grace | `leases` | what is held: `tests/it/races.rs`, `tests/it/reaper.rs` |
//! | I16 | the caller's number was the payer's when it was dialled | `leases` | to the second: `tests/it/races.rs` |
//! | I17 | one payment dials once, and asks for nothing that dials again, later or elsewhere | `calls` | |
//! | I18 | what rings unpaid is stopped | `calls` | that a wallet does it once: `tests/it/voice_call.rs` |
//! | I19 | how a call ended stays so; `ERROR` is paid back | `answers`, `calls` | the classification: `upstream/bland/outcome` |
//! | I20 | no call outlives its time by more than a minute | `calls`, at rest | to the minute: `tests/it/reaper.rs` |
//! | I21 | no secret, signature, nonce, number, task or transcript in a log or a cache | `logs`, `answers` | |
//! | I22 | an unknown id asks no vendor, a malformed one not even the table | `idle` | that it cannot be guessed: `types/ids` |
//! | I23 | without a locally valid payment there is no write and no request | `idle` | |
//! | I24 | limits hold when all come at once | `limits`, `wallets`, at rest | while they race: `tests/it/limits.rs`, `tests/it/races.rs` |
//! | I25 | each invocation says what it did, once, and nothing is counted that did not happen | `lines` | what it says: `tests/it/telemetry.rs` |
//! | I26 | a refusal has a code and a status that go together | `answers` | which endpoint gives which: `shared/src/api` |
//! | I27 | a wallet's list has its calls and no others | `lists` | what it says of each: `tests/it/voice_calls_list.rs` |
//! | I28 | a dry run asks no neighbour but the table, writes nothing, and reads only for who has signed | `idle` | that it tells the truth: `tests/it/dry_run.rs` |
//!
//! I8 is liveness, and holds only for a world whose neighbours are well again; the audit sees to
//! that first.

mod answers;
mod calls;
mod finding;
mod idle;
mod leases;
mod ledgers;
mod limits;
mod lines;
mod lists;
mod logs;
mod numbers;
mod refunds;
mod sales;
mod solana;
mod wallets;

use std::time::Duration;

use crate::history;
use crate::ledger::Payment;
use crate::world::World;
pub use finding::Finding;
use finding::Findings;
#[cfg(test)]
use ledgers::Dialled;
use ledgers::{Client, Ledgers, account, same, text};

/// Past the end of every payment's window and of everything that waits for it, and short of the end
/// of any lease.
const LATER: Duration = Duration::from_hours(2);
/// What one round leaves to the next has come by then, and a payment that can still be settled is.
const SOON: Duration = Duration::from_mins(2);

/// Lets everything come to its end, and returns what does not add up.
pub async fn of(world: &World) -> Vec<Finding> {
    let mut findings = Findings::default();
    settle_down(world, &mut findings).await;
    if is_whole(world) {
        world.lambda.logs().caught_up().await;
    }
    Ledgers::of(world).look(&mut findings);
    findings.0
}

/// What happened to everything that these findings name, and how it stands.
pub fn history_of(world: &World, findings: &[Finding]) -> String {
    let subjects: Vec<String> = findings.iter().map(ToString::to_string).collect();
    let rows = world.dynamo.rows().into_iter().map(|mut row| {
        // It says nothing, and is long.
        if let Some(payment) = row["payment"].as_object_mut() {
            payment.remove("signature");
        }
        row.to_string()
    });
    history::tell(&world.history.events(), &subjects, &rows.collect::<Vec<_>>())
}

/// The neighbours are well again, time passes, and the reaper comes by until nothing is left to do.
async fn settle_down(world: &World, findings: &mut Findings) {
    for faults in world.faults() {
        faults.clear();
        faults.release();
        faults.settled().await;
    }
    world.ledger.mine();
    world.solana_money.mine();
    if !is_whole(world) {
        return;
    }
    for later in [Duration::ZERO, SOON, LATER, SOON] {
        world.travel_from_within(later).await;
        if let Err(error) = world.sweep().await {
            findings.add("I8", format!("the sweep failed: {error}"));
        }
    }
}

/// Whether it is made of the real functions: those of the harness's own tests promise nothing.
fn is_whole(world: &World) -> bool {
    world.deployment.schedules.iter().all(|schedule| world.lambda.has(&schedule.function))
}

impl Ledgers {
    fn look(&self, findings: &mut Findings) {
        self.sales(findings);
        self.refunds(findings);
        self.numbers(findings);
        self.leases(findings);
        self.calls(findings);
        self.lists(findings);
        self.wallets(findings);
        self.doubts(findings);
        self.limits(findings);
        self.answers(findings);
        self.idle(findings);
        self.logs(findings);
        self.lines(findings);
    }
}
