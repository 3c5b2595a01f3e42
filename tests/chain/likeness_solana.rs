//! The simulated facilitator of Solana and the reference one are asked the same: what the other
//! tests believe of it is so.

use std::sync::atomic::{AtomicU32, Ordering};

use harness::SolanaWallet;
use harness::client;
use harness::ledger::SolanaLedger;
use harness::onchain::Validator;
use harness::sim::chain::{Chain, Network};
use harness::sim::solana::wire::Instruction;
use harness::sim::solana::{Cluster, Key, Pubkey, Solana};
use harness::sim::{self, Clock, Facilitator};
use harness::wallet::{Demand, SolanaPayment};
use harness::world::solana_payee;
use serde_json::{Value, json};

type Bend = fn(SolanaPayment, &Side) -> SolanaPayment;

const PRICE: u64 = 1_000;

/// What payers may come with, in an order in which nothing stands in the next one's way.
const CASES: [(&str, Bend); 20] = [
    ("good", |payment, _| payment),
    ("too little", |payment, _| payment.amount(PRICE - 1)),
    ("too much", |payment, _| payment.amount(PRICE + 1)),
    ("to another payee", |payment, side| payment.to(side.poor.address())),
    ("another token", |payment, side| payment.mint(side.poor.address())),
    ("not signed", |payment, _| payment.unsigned_by_payer()),
    ("a flipped bit", |payment, _| payment.flipped()),
    ("signed by another", |payment, side| payment.signed_by(&side.poor)),
    ("from another payer", |payment, side| payment.authority(side.poor.address())),
    ("another transfer", |payment, side| payment.and_transfer(side.poor.address(), 1)),
    ("lamports", |payment, side| {
        let (from, to) = (side.rich.address(), side.poor.address());
        payment.and(Instruction::system_transfer(from, to, 1))
    }),
    ("dear computing", |payment, _| payment.compute_price(5_000_001)),
    ("another fee payer", |payment, side| payment.fee_payer(side.poor.address())),
    ("a table of keys", |payment, side| payment.lookup(side.poor.address())),
    // Without a memo only this says which of two payments it is, since the real one's blockhash
    // stays the same.
    ("without a memo", |payment, _| {
        static LIMIT: AtomicU32 = AtomicU32::new(20_000);
        payment.without_memo().compute_limit(LIMIT.fetch_add(1, Ordering::Relaxed))
    }),
    ("two memos", |payment, _| payment.and(Instruction::memo(b"one more"))),
    ("without a version", |payment, _| payment.legacy()),
    ("of a block that no node knows", |payment, _| payment.blockhash([7; 32])),
    ("cut short", |payment, _| payment.bytes(|bytes| bytes.truncate(100))),
    ("without money", |_, side| side.poor.signs(&side.demand)),
];

/// One of the two, with the same wallets.
struct Side {
    facilitator: String,
    money: SolanaLedger,
    rich: SolanaWallet,
    poor: SolanaWallet,
    demand: Demand,
}

impl Side {
    fn of(facilitator: String, fee_payer: Pubkey, money: SolanaLedger, keys: &[Key; 2]) -> Self {
        let [rich, poor] = keys.clone().map(|key| SolanaWallet::of(key, &money));
        money.mint(rich.address(), 1_000_000);
        money.mint(poor.address(), PRICE - 1);
        money.mint(solana_payee(), 0);
        Self { facilitator, money, rich, poor, demand: demand(fee_payer) }
    }

    /// What it says to a request, without what is free to differ.
    async fn says(&self, route: &str, body: &Value) -> Value {
        let request = client().post(format!("{}/{route}", self.facilitator)).header("content-type", "application/json");
        let answer = request.body(body.to_string()).send().await.expect("an answer");
        let status = answer.status().as_u16();
        let mut said: Value = serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON");
        let fields = said.as_object_mut().expect("an object");
        fields.retain(|name, _| !name.ends_with("Message"));
        if let Some(transaction) = fields.get_mut("transaction") {
            *transaction = json!(transaction.as_str().is_some_and(|signature| signature.len() > 80));
        }
        fields.insert("status".to_owned(), json!(status));
        said
    }
}

/// What a shop asks for, in both versions.
fn demand(fee_payer: Pubkey) -> Demand {
    let (asset, payee) = (Cluster::Mainnet.usdc().to_string(), solana_payee().to_string());
    let extra = json!({"feePayer": fee_payer.to_string()});
    let resource = json!({"url": "http://shop/", "description": "A thing", "mimeType": "application/json"});
    Demand {
        required: json!({"x402Version": 2, "resource": resource, "accepts": [{
            "scheme": "exact", "network": Cluster::Mainnet.caip2(), "amount": PRICE.to_string(), "asset": asset,
            "payTo": payee, "maxTimeoutSeconds": 300, "extra": extra,
        }]}),
        body: json!({"x402Version": 1, "accepts": [{
            "scheme": "exact", "network": "solana", "maxAmountRequired": PRICE.to_string(), "asset": asset,
            "payTo": payee, "maxTimeoutSeconds": 300, "extra": extra, "resource": "http://shop/",
            "description": "A thing", "mimeType": "application/json",
        }]}),
    }
}

async fn both() -> [Side; 2] {
    let clock = Clock::wall();
    let solana = Solana::new(Cluster::Mainnet, clock.clone());
    let chain = Chain::new(Network::Base, clock.clone());
    let simulated = Facilitator::new(chain, clock).with_solana(solana.clone());
    let (address, _) = sim::serve(simulated.router()).await;
    let validator = Validator::start();
    let keys = [Key::random(), Key::random()];
    [
        Side::of(format!("http://{address}"), simulated.fee_payer(), SolanaLedger::Simulated(solana), &keys),
        Side::of(validator.facilitator(), Validator::fee_payer(), SolanaLedger::Real(validator), &keys),
    ]
}

#[tokio::test]
async fn the_simulated_facilitator_says_what_the_reference_one_says() {
    let sides = both().await;
    let mut differences = Vec::new();
    for version in [2, 1] {
        for (case, bend) in CASES {
            let bodies = sides.each_ref().map(|side| {
                let payment = bend(side.rich.signs(&side.demand), side);
                let (payment, wanted) = match version {
                    1 => (payment.version_1(), &side.demand.body["accepts"][0]),
                    _ => (payment, &side.demand.required["accepts"][0]),
                };
                json!({"x402Version": version, "paymentPayload": payment.to_json(), "paymentRequirements": wanted})
            });
            // The second time it is used, if it could be.
            for route in ["verify", "settle", "verify", "settle"] {
                let [simulated, real] =
                    [sides[0].says(route, &bodies[0]).await, sides[1].says(route, &bodies[1]).await];
                if simulated != real {
                    differences.push(format!(
                        "{case}, {route}, version {version}:\n  simulated {simulated}\n  real      {real}"
                    ));
                }
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert_eq!(sides[0].money.balance(solana_payee()), sides[1].money.balance(solana_payee()));
}
