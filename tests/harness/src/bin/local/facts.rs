//! What is running where, as JSON in `target/local/world.json` or where it was asked for, for
//! programs that want to join.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use harness::ledger::Ledger;
use serde::{Deserialize, Serialize};

use crate::Trouble;
use crate::serve::Running;

/// The facts. Money, keys and accounts are simulated ones unless `play_money` says otherwise.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Facts {
    /// The product.
    pub(crate) gateway: String,
    /// x402 facilitator.
    pub(crate) facilitator: String,
    /// JSON-RPC of the payment chain.
    pub(crate) rpc: String,
    /// Twilio.
    pub(crate) twilio: String,
    /// Bland.
    pub(crate) bland: String,
    /// DynamoDB.
    pub(crate) dynamodb: String,
    /// EventBridge Scheduler.
    pub(crate) scheduler: String,
    /// AWS KMS.
    pub(crate) kms: String,
    /// AWS Secrets Manager.
    pub(crate) secrets_manager: String,
    /// AWS S3.
    pub(crate) s3: String,
    /// Who pays back.
    pub(crate) refund_wallet: String,
    /// Money for wallets and trouble at neighbours: `POST /mint`, `POST /faults`.
    pub(crate) control: String,
    /// The table's name.
    pub(crate) table: String,
    /// CAIP-2.
    pub(crate) network: String,
    /// EIP-155.
    pub(crate) chain_id: u64,
    /// USDC's contract.
    pub(crate) asset: String,
    /// Who is paid.
    pub(crate) payee: String,
    /// A funded throw-away wallet.
    pub(crate) address: String,
    /// Its private key.
    pub(crate) key: String,
    /// The other rail, where it is offered.
    pub(crate) solana: Option<OnSolana>,
    /// The simulated Twilio account.
    pub(crate) twilio_account_sid: String,
    /// The account above it, and its Auth Token.
    pub(crate) twilio_main: (String, String),
    /// What the simulated vendors' keys are, as `deploy/secrets` takes them.
    pub(crate) secrets: serde_json::Value,
    /// The environment of the operator's command, for `dialtone --local`.
    pub(crate) operator: BTreeMap<String, String>,
    /// Whether the chains and their facilitators are the real ones, with money that is worth
    /// nothing.
    pub(crate) real_chain: bool,
    /// Whether the money is worth nothing.
    pub(crate) play_money: bool,
}

/// What is to be known to pay on Solana.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct OnSolana {
    /// JSON-RPC of the cluster.
    pub(crate) rpc: String,
    /// CAIP-2.
    pub(crate) network: String,
    /// USDC's mint.
    pub(crate) asset: String,
    /// Who is paid.
    pub(crate) payee: String,
    /// Who pays back.
    pub(crate) refund_wallet: String,
    /// A funded throw-away wallet.
    pub(crate) address: String,
    /// Its key pair in base58, as wallets export it.
    pub(crate) key: String,
}

impl OnSolana {
    fn of(Running { world, solana_wallet, .. }: &Running) -> Self {
        let cluster = world.solana_money.cluster();
        Self {
            rpc: world.urls.solana.clone(),
            network: cluster.caip2().to_owned(),
            asset: cluster.usdc().to_string(),
            payee: harness::world::solana_payee().to_string(),
            refund_wallet: world.solana_refund_wallet.to_string(),
            address: solana_wallet.text(),
            key: solana_wallet.key().secret(),
        }
    }
}

impl Facts {
    /// Of a running world.
    pub(crate) fn of(running: &Running, control: String) -> Self {
        let Running { world, wallet, .. } = running;
        let (urls, network) = (world.urls.clone(), world.network());
        Self {
            rpc: format!("{}/rpc", urls.rpc),
            gateway: urls.gateway,
            facilitator: urls.facilitator,
            twilio: urls.twilio,
            bland: urls.bland,
            dynamodb: urls.dynamo,
            scheduler: urls.scheduler,
            kms: urls.kms,
            secrets_manager: urls.secrets_manager,
            s3: urls.s3,
            refund_wallet: world.refund_wallet.to_checksum(None),
            control,
            table: world.dynamo.table().to_owned(),
            network: network.caip2().to_owned(),
            chain_id: network.chain_id(),
            asset: network.usdc().to_checksum(None),
            payee: harness::world::PAYEE.to_checksum(None),
            address: wallet.text(),
            key: wallet.secret(),
            twilio_account_sid: world.twilio.account().sid.clone(),
            twilio_main: world.twilio.main_account(),
            secrets: serde_json::json!({
                "twilio": {"api_key": world.twilio.account().key, "api_secret": world.twilio.account().secret},
                "bland": {"api_key": world.bland.keys().api_key, "encrypted_key": world.bland.keys().encrypted_key},
            }),
            operator: world.operator(),
            real_chain: matches!(world.ledger, Ledger::Real(_)),
            solana: running.offers_solana.then(|| OnSolana::of(running)),
            play_money: running.play_money,
        }
    }

    /// Those of the world that runs on this machine, if one does.
    pub(crate) fn read() -> Option<Self> {
        serde_json::from_str(&fs::read_to_string(usual()).ok()?).ok()
    }

    /// Leaves them for others.
    pub(crate) fn write(&self, path: PathBuf) -> Result<Written, Trouble> {
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        let parent = path.parent().map_or(Ok(()), fs::create_dir_all);
        // Written beside it and renamed, so that half of it is never read.
        let beside = path.with_extension("json.new");
        parent
            .and_then(|()| fs::write(&beside, text + "\n"))
            .and_then(|()| fs::rename(&beside, &path))
            .map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Written(path))
    }
}

/// The file, which is removed when this goes.
pub(crate) struct Written(pub PathBuf);

impl Drop for Written {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Where they are looked for.
pub(crate) fn usual() -> PathBuf {
    crate::root().join("target/local/world.json")
}
