//! What only the operator can do, and is waited for: an address confirms that it is told, and a
//! wallet is filled.

use std::time::Duration;

use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use serde_json::{Map, Value, json};
use shared::env::Env;
use shared::invocation::Invocation;
use shared::types::{Usdc, Wallet};

use super::{Journey, Typed};
use crate::setup;
use crate::show::ASK;
use crate::terminal::{Answer, Trouble};

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(3);
/// What the refund wallet has to hold: its own alarm goes off below that.
const FLOAT: Usdc = Usdc::micros(10_000_000);

impl Journey {
    /// Puts what was typed where only the functions find it. The vendors' own keys are the
    /// set-up's.
    pub(super) async fn filled(&mut self, typed: &Typed) -> Result<(), Trouble> {
        let mut new = Map::new();
        if let Some((id, secret)) = &typed.coinbase {
            new.insert("cdp_api_key_id".to_owned(), json!(id));
            new.insert("cdp_api_key_secret".to_owned(), json!(secret));
        }
        if let Some(key) = &typed.node_key {
            new.insert("evm_rpc_key".to_owned(), json!(key));
        }
        if new.is_empty() {
            return Ok(());
        }
        let secret =
            self.settings.get("PAYMENT_SECRET").ok_or_else(|| Trouble::new("the stack has no PaymentSecret"))?;
        let mut fields: Map<String, Value> = self.settings.secret("PAYMENT_SECRET").await?.unwrap_or_default();
        fields.extend(new);
        self.aws.put_secret(secret, &fields).await
    }

    /// Waits until each address has confirmed that it is told; what to do, if one has not. One that
    /// AWS does not wait for is not waited for here.
    pub(super) async fn is_confirmed(&self) -> Result<Option<Answer>, Trouble> {
        let began = Invocation::begin();
        let mut asked = false;
        loop {
            let untold = setup::untold(&self.aws, &self.stack).await?;
            let hopeless = untold.iter().find(|one| !one.may_confirm);
            let Some(first) = hopeless.or(untold.first()) else { return Ok(None) };
            if !first.may_confirm || began.elapsed() >= self.patience() {
                return Ok(Some(self.not_yet("alarms", &first.said())));
            }
            if !asked {
                let (address, parameter) = (&first.address, first.parameter);
                self.terminal.show(&format!(
                    "  AWS has written to {address}: follow the link in each mail. Waiting … (if it is mistyped: Ctrl-C, and `dialtone set \
                     {parameter}=…`)"
                ));
                asked = true;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Waits until the refund wallet holds something; what to do, if it does not.
    pub(super) async fn wallet_is_filled(&self) -> Result<Option<Answer>, Trouble> {
        let Some(wallet) = self.refund_wallet().await? else { return Ok(None) };
        let nodes = self.settings.build(Env::nodes)?;
        let began = Invocation::begin();
        let mut asked = false;
        loop {
            // A node that does not say so now says so in a moment, or the set-up says that it does
            // not.
            let held = nodes.balance(&wallet, ASK).await;
            if held.is_some_and(|held| held >= FLOAT) {
                return Ok(None);
            }
            if !asked {
                self.shows(&wallet);
                asked = true;
            }
            if began.elapsed() >= self.patience() {
                let held = held.map_or_else(|| "an unknown amount".to_owned(), |held| held.to_string());
                let said = format!("{wallet} holds {held}: send it USDC on {}, $50 say.", wallet.network().caip2());
                return Ok(Some(self.not_yet("refund wallet", &said)));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The wallet that pays back on the EVM network; nothing, where the stack has no key.
    async fn refund_wallet(&self) -> Result<Option<Wallet>, Trouble> {
        let Some(key) = self.settings.build(Env::refund_key)? else { return Ok(None) };
        let address = key.address(ASK).await.map_err(|error| Trouble(format!("the refund wallet's key: {error}")))?;
        let payees = self.settings.build(Env::payees)?;
        let on_evm = payees.into_iter().find_map(|payee| match payee {
            Wallet::Evm { network, .. } => Some(Wallet::Evm { network, address }),
            Wallet::Solana { .. } => None,
        });
        Ok(on_evm)
    }

    /// The address, for a phone to look at.
    fn shows(&self, wallet: &Wallet) {
        let account = wallet.account();
        let code = QrCode::new(account.as_bytes()).map(|code| code.render::<Dense1x2>().build()).unwrap_or_default();
        self.terminal.show(&code);
        let network = wallet.network().caip2();
        self.terminal.show(&format!(
            "  Send USDC to {account} on {network}, and on no other network: $50 say; gas it needs none. Waiting …"
        ));
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(u64::from(self.options.patience) * 60)
    }

    fn not_yet(&self, what: &str, said: &str) -> Answer {
        let json = json!({"ready": false, "stack": self.stack, "waits_for": what, "said": said});
        Answer::words(json, said).and("Run `dialtone up` again: it goes on from here.").no()
    }
}
