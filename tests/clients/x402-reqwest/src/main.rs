//! The Rust client buys, lists and calls in the world of `target/local/world.json`, and pays what
//! was asked for.

use std::sync::Arc;

use alloy_signer_local::PrivateKeySigner;
use reqwest::Client;
use reqwest_middleware::ClientWithMiddleware;
use serde_json::{Value, json};
use x402_chain_eip155::{V1Eip155ExactClient, V2Eip155ExactClient};
use x402_reqwest::{ReqwestWithPayments, ReqwestWithPaymentsBuild, X402Client};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let file = std::env::var("DIALTONE_WORLD").unwrap_or_else(|_| "target/local/world.json".to_owned());
    let world: Value = serde_json::from_str(&std::fs::read_to_string(file)?)?;
    let key = Arc::new(PrivateKeySigner::random());
    let plain = Client::new();
    let client = X402Client::new()
        .register(V1Eip155ExactClient::new(key.clone()))
        .register(V2Eip155ExactClient::new(key.clone()));
    let shop =
        Shop { paying: Client::new().with_payments(client).build(), plain, world, wallet: key.address().to_string() };
    shop.fund().await?;

    let bought = shop.pays("phone/numbers/buy", json!({"country": "US"}), 5_000_000).await?;
    let listed = shop.pays("phone/numbers/list", json!({}), 1_000).await?;
    assert_eq!(listed["numbers"][0]["phone_number"], bought["phone_number"]);
    let renewed = shop.pays("phone/numbers/renew", json!({"phone_number": bought["phone_number"]}), 5_000_000).await?;
    assert!(renewed["expires_at"].as_str() > bought["expires_at"].as_str());
    let task = "Confirm the 7pm reservation for two under Vicky, then end the call.";
    let called = shop.pays("voice/call", json!({"phone_number": "+12133610872", "task": task}), 540_000).await?;
    assert_eq!(called["from"], bought["phone_number"]);
    println!("x402-reqwest bought, listed, renewed and called");
    Ok(())
}

struct Shop {
    paying: ClientWithMiddleware,
    plain: Client,
    world: Value,
    wallet: String,
}

impl Shop {
    /// Asks for something; the client pays. It must cost exactly this.
    async fn pays(&self, path: &str, body: Value, price: u64) -> Outcome<Value> {
        let before = self.balance().await?;
        let url = format!("{}/api/v1/{path}", text(&self.world["gateway"]));
        let request = self.paying.post(url).header("content-type", "application/json").body(body.to_string());
        let answer = request.send().await?;
        let (status, receipt) = (answer.status(), answer.headers().contains_key("payment-response"));
        let said: Value = answer.json().await?;
        assert!(status == 200 && receipt, "{path}: {status} {said}");
        assert_eq!(before - self.balance().await?, price, "{path}");
        Ok(said)
    }

    /// Puts a hundred dollars into the wallet.
    async fn fund(&self) -> Outcome<()> {
        let url = format!("{}/mint", text(&self.world["control"]));
        let body = json!({"address": self.wallet, "amount": "100000000"});
        self.plain.post(url).json(&body).send().await?.error_for_status()?;
        Ok(())
    }

    /// Micro-dollars in the wallet, as the chain tells them.
    async fn balance(&self) -> Outcome<u64> {
        let data = format!("0x70a08231{:0>64}", self.wallet.trim_start_matches("0x").to_lowercase());
        let call = json!([{"to": self.world["asset"], "data": data}, "latest"]);
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": call});
        let said: Value = self.plain.post(text(&self.world["rpc"])).json(&body).send().await?.json().await?;
        Ok(u64::from_str_radix(text(&said["result"]).trim_start_matches("0x").trim_start_matches('0'), 16)?)
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
