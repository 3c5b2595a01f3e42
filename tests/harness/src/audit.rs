//! The four ledgers, held against each other once a test is over: what the chain says was paid, what the carrier bills,
//! what was dialled, and what our table says.
//!
//! Rows are read as the plain JSON they are. What must hold is written here once more and independently of the code
//! that has to see to it: whatever was granted was paid exactly once, and whatever was paid was granted.

mod calls;
mod numbers;
mod sales;

use std::collections::BTreeSet;
use std::time::Duration;

use alloy_primitives::{Address, B256, U256};
use jiff::Timestamp;
use serde_json::Value;

use crate::sim::bland::Call;
use crate::world::{PAYEE, World};

/// Past the end of every payment's window and of everything that waits for it, and short of the end of any lease.
const LATER: Duration = Duration::from_hours(2);

/// The ledgers as they stand.
#[derive(Debug, Default)]
struct Ledgers {
    /// All rows of the table, without DynamoDB's types.
    rows: Vec<Value>,
    /// All payments to the payee.
    payments: Vec<Payment>,
    /// E.164 numbers that the carrier bills.
    billed: BTreeSet<String>,
    /// All calls that the dialler accepted.
    dialled: Vec<Dialled>,
    /// Whether doubts about payments could be settled.
    has_rpc: bool,
    now: i64,
}

/// An authorization to the payee that was used on the chain.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Payment {
    from: String,
    nonce: String,
    value: u64,
    transaction: String,
}

/// A call at the dialler.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Dialled {
    /// Its id there.
    id: String,
    /// Our id, as it travelled along.
    request: Option<String>,
    from: String,
    /// The request named no caller, so Bland chose one: somebody else's number, most likely.
    from_was_picked: bool,
    to: String,
}

impl Dialled {
    fn of(call: Call) -> Self {
        let request = call.request["metadata"]["request_id"].as_str().map(str::to_owned);
        Self { id: call.id, request, from: call.from, from_was_picked: call.from_was_picked, to: call.to }
    }
}

/// Lets everything come to its end, and returns what does not add up.
pub async fn of(world: &World) -> Vec<String> {
    let mut findings = settle_down(world).await;
    let ledgers = Ledgers::of(world);
    findings.extend(ledgers.findings());
    findings
}

/// The neighbours are well again, time passes, and the sweep comes by until nothing is left to do.
async fn settle_down(world: &World) -> Vec<String> {
    for faults in world.faults() {
        faults.clear();
        faults.release();
        faults.settled().await;
    }
    world.chain.mine();
    let can_sweep = world.deployment.schedules.iter().all(|schedule| world.lambda.has(&schedule.function));
    if !can_sweep {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for later in [Duration::ZERO, LATER, Duration::ZERO, Duration::ZERO] {
        world.travel(later);
        if let Err(error) = world.sweep().await {
            findings.push(format!("the sweep failed: {error}"));
        }
    }
    findings
}

impl Ledgers {
    fn of(world: &World) -> Self {
        #[expect(clippy::disallowed_methods, reason = "whether a lease has ended is a question about now")]
        let now = Timestamp::now().as_second();
        Self {
            rows: world.dynamo.rows(),
            payments: payments(world),
            billed: world.twilio.held().into_iter().map(|held| held.phone_number).collect(),
            dialled: world.bland.calls().into_iter().map(Dialled::of).collect(),
            has_rpc: world.has_rpc,
            now,
        }
    }

    fn findings(&self) -> Vec<String> {
        let mut findings = Vec::new();
        self.sales(&mut findings);
        self.numbers(&mut findings);
        self.calls(&mut findings);
        findings
    }

    /// The rows whose partition key starts so.
    fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.rows.iter().filter(move |row| row["pk"].as_str().is_some_and(|pk| pk.starts_with(kind)))
    }

    fn sold<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.of_kind("SALE#").filter(move |sale| sale["state"] == "closed" && sale["work"]["kind"] == kind)
    }
}

/// What the chain logged: one `AuthorizationUsed` and one `Transfer` to the payee per payment.
fn payments(world: &World) -> Vec<Payment> {
    let used = alloy_primitives::keccak256("AuthorizationUsed(address,bytes32)");
    let transfer = alloy_primitives::keccak256("Transfer(address,address,uint256)");
    let mut payments = Vec::new();
    for transaction in world.chain.transactions().into_iter().filter(|transaction| transaction.success) {
        let logged = |topic: B256| transaction.logs.iter().filter(move |log| log.topics.first() == Some(&topic));
        let authorizations = logged(used).filter_map(|log| match log.topics.as_slice() {
            [_, from, nonce] => Some((Address::from_word(*from), *nonce)),
            _ => None,
        });
        let transfers = logged(transfer).filter_map(|log| match log.topics.as_slice() {
            [_, from, to] if Address::from_word(*to) == PAYEE => {
                Some((Address::from_word(*from), U256::try_from_be_slice(&log.data)?))
            }
            _ => None,
        });
        for ((from, nonce), (payer, value)) in authorizations.zip(transfers) {
            debug_assert_eq!(from, payer, "a transaction with one authorization");
            payments.push(Payment {
                from: from.to_string().to_ascii_lowercase(),
                nonce: nonce.to_string(),
                value: value.saturating_to(),
                transaction: transaction.hash.to_string(),
            });
        }
    }
    payments
}

fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name].as_str().unwrap_or_default()
}
