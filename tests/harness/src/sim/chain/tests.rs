//! What the JSON-RPC tells about a payment, before and after.

use std::time::Duration;

use alloy_primitives::{Address, B256, U256};
use serde_json::{Value, json};

use super::{Authorization, Chain, Key, Network, Revert};
use crate::sim::Clock;
use crate::sim::testing::{Probe, read};

const PAYEE: Address = Address::repeat_byte(0x5e);

struct Lab {
    chain: Chain,
    clock: Clock,
    probe: Probe,
    key: Key,
}

impl Lab {
    async fn new() -> Self {
        let clock = Clock::wall();
        let chain = Chain::new(Network::BaseSepolia, clock.clone());
        let key = Key::random();
        chain.mint(key.address(), 1_000_000);
        Self { probe: Probe::new(chain.router()).await, chain, clock, key }
    }

    fn payment(&self, value: u64) -> (Authorization, [u8; 65]) {
        let what = Authorization {
            from: self.key.address(),
            to: PAYEE,
            value: U256::from(value),
            valid_after: U256::ZERO,
            valid_before: U256::from(self.clock.seconds().unsigned_abs() + 300),
            nonce: B256::from(crate::sim::random::<32>()),
        };
        let signature = self.key.sign(&what.digest(&Network::BaseSepolia.domain()));
        (what, signature)
    }

    async fn rpc(&self, method: &str, params: Value) -> Value {
        let (status, body) = self.ask(method, params).await;
        assert_eq!(status, 200);
        body
    }

    async fn ask(&self, method: &str, params: Value) -> (u16, Value) {
        let request = json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params});
        let (status, body) = read(self.probe.request("POST", "/rpc").json(&request)).await;
        assert_eq!(body["id"], 7);
        (status, body)
    }

    async fn call(&self, data: String) -> Value {
        let usdc = format!("{:#x}", Network::BaseSepolia.usdc());
        self.rpc("eth_call", json!([{"to": usdc, "data": data}, "latest"])).await["result"].clone()
    }

    async fn used(&self, what: &Authorization) -> Value {
        let head = self.chain.height();
        let filter = json!({
            "address": format!("{:#x}", Network::BaseSepolia.usdc()),
            "topics": [
                "0x98de503528ee59b575ef0c0a2576a82497bfc029a5685b209e9ec333479b10a5",
                format!("{:#x}", what.from.into_word()),
                format!("{:#x}", what.nonce),
            ],
            "fromBlock": format!("{:#x}", head - 200), "toBlock": "latest",
        });
        self.rpc("eth_getLogs", json!([filter])).await["result"].clone()
    }
}

fn state(what: &Authorization) -> String {
    format!("0xe94a0102{:x}{:x}", what.from.into_word(), what.nonce)
}

#[tokio::test]
async fn a_payments_proof_is_its_log_and_its_receipt() {
    let lab = Lab::new().await;
    let (what, signature) = lab.payment(540_000);
    let word = |number: u64| json!(format!("{:#x}", B256::from(U256::from(number))));
    assert_eq!((lab.call(state(&what)).await, lab.used(&what).await), (word(0), json!([])));
    assert!(lab.chain.transfer_with_authorization(&what, &signature).is_ok());
    assert_eq!(lab.call(state(&what)).await, word(1));
    assert_eq!(lab.call(format!("0x70a08231{:x}", PAYEE.into_word())).await, word(540_000));
    let log = lab.used(&what).await[0].clone();
    let receipt = lab.rpc("eth_getTransactionReceipt", json!([log["transactionHash"]])).await["result"].clone();
    assert_eq!((&receipt["status"], &receipt["blockNumber"]), (&json!("0x1"), &log["blockNumber"]));
    assert_eq!(receipt["logs"][1]["data"], word(540_000));
    assert_eq!(receipt["logs"][1]["topics"][2], json!(format!("{:#x}", PAYEE.into_word())));
}

#[tokio::test]
async fn a_cancelled_nonce_is_used_without_a_log_that_says_so() {
    let lab = Lab::new().await;
    let (what, signature) = lab.payment(1);
    assert!(lab.chain.cancel(what.from, what.nonce).is_ok());
    assert_eq!(lab.call(state(&what)).await, json!(format!("{:#x}", B256::with_last_byte(1))));
    assert_eq!(lab.used(&what).await, json!([]));
    assert_eq!(lab.chain.transfer_with_authorization(&what, &signature), Err(Revert::UsedOrCanceled));
}

#[tokio::test]
async fn the_tokens_rules_are_strict() {
    let lab = Lab::new().await;
    let now = U256::from(lab.clock.seconds().unsigned_abs());
    let sign = |what: &Authorization| lab.key.sign(&what.digest(&Network::BaseSepolia.domain()));
    let mut what = lab.payment(1).0;
    what.valid_after = now + U256::from(30);
    assert_eq!(lab.chain.simulate(&what, &sign(&what)), Err(Revert::NotYetValid));
    what.valid_after = U256::ZERO;
    what.valid_before = now;
    assert_eq!(lab.chain.simulate(&what, &sign(&what)), Err(Revert::Expired));
    let (what, mut signature) = lab.payment(1_000_001);
    assert_eq!(lab.chain.simulate(&what, &signature), Err(Revert::Balance));
    signature[64] -= 27;
    assert_eq!(lab.chain.simulate(&what, &signature), Err(Revert::OtherV));
    signature[64] += 27;
    signature[10] ^= 1;
    assert_eq!(lab.chain.simulate(&what, &signature), Err(Revert::InvalidSignature));
    let (what, signature) = lab.payment(1);
    let drained = lab.chain.transfer(lab.key.address(), PAYEE, 1_000_000);
    assert!(drained.is_ok());
    assert_eq!(lab.chain.transfer_with_authorization(&what, &signature), Err(Revert::Balance));
}

#[tokio::test]
async fn what_is_submitted_lands_or_is_forgotten() {
    let lab = Lab::new().await;
    let (what, signature) = lab.payment(1);
    let hash = lab.chain.submit(&what, &signature);
    let receipt = lab.rpc("eth_getTransactionReceipt", json!([format!("{hash:#x}")])).await;
    assert_eq!(receipt["result"], Value::Null);
    assert!(lab.chain.transfer_with_authorization(&what, &signature).is_ok(), "a stranger was faster");
    lab.chain.mine();
    let receipt = lab.rpc("eth_getTransactionReceipt", json!([format!("{hash:#x}")])).await;
    assert_eq!((&receipt["result"]["status"], &receipt["result"]["logs"]), (&json!("0x0"), &json!([])));
    let (what, signature) = lab.payment(1);
    lab.chain.submit(&what, &signature);
    lab.chain.forget_submitted();
    lab.chain.mine();
    assert!(!lab.chain.authorization_state(what.from, what.nonce));
}

#[tokio::test]
async fn blocks_follow_the_clock() {
    let lab = Lab::new().await;
    assert_eq!(lab.rpc("eth_chainId", json!([])).await["result"], "0x14a34");
    let number = |block: &Value| {
        let text = block["result"]["number"].as_str().unwrap_or_default().trim_start_matches("0x");
        u64::from_str_radix(text, 16).unwrap_or_default()
    };
    let latest = number(&lab.rpc("eth_getBlockByNumber", json!(["latest", false])).await);
    let finalized = number(&lab.rpc("eth_getBlockByNumber", json!(["finalized", false])).await);
    assert!(latest - finalized >= 599, "some twenty minutes");
    lab.clock.advance(Duration::from_secs(10));
    assert!(number(&lab.rpc("eth_getBlockByNumber", json!(["latest", false])).await) >= latest + 5);
    let future = format!("{:#x}", latest + 1000);
    assert_eq!(lab.rpc("eth_getBlockByNumber", json!([future, false])).await["result"], Value::Null);
}

#[tokio::test]
async fn everything_else_is_an_error() {
    let lab = Lab::new().await;
    assert_eq!(lab.rpc("eth_sendRawTransaction", json!(["0x00"])).await["error"]["code"], -32601);
    assert_eq!(lab.rpc("eth_getTransactionReceipt", json!(["0x12"])).await["error"]["code"], -32602);
    let wide = json!([{"fromBlock": "0x1", "toBlock": "latest"}]);
    let (status, refused) = lab.ask("eth_getLogs", wide).await;
    assert_eq!((status, &refused["error"]["code"]), (413, &json!(-32614)));
    assert_eq!(lab.rpc("eth_call", json!([{"to": "0x12", "data": "0x"}, "latest"])).await["error"]["code"], -32602);
}
