//! What is running where, as JSON in `target/local/world.json`, for programs that want to join.

use std::fs;
use std::path::PathBuf;

use harness::ledger::Ledger;
use harness::{Wallet, World};
use serde::{Deserialize, Serialize};

use crate::Trouble;

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
    /// Whether the chain and its facilitator are the real ones, with money that is worth nothing.
    pub(crate) real_chain: bool,
    /// Whether the money is worth nothing.
    pub(crate) play_money: bool,
}

impl Facts {
    /// Of a running world.
    pub(crate) fn of(world: &World, wallet: &Wallet, play_money: bool, control: String) -> Self {
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
            refund_wallet: world.refund_wallet.to_checksum(None),
            control,
            table: world.dynamo.table().to_owned(),
            network: network.caip2().to_owned(),
            chain_id: network.chain_id(),
            asset: network.usdc().to_checksum(None),
            payee: harness::world::PAYEE.to_checksum(None),
            address: wallet.text(),
            key: wallet.secret(),
            real_chain: matches!(world.ledger, Ledger::Real(_)),
            play_money,
        }
    }

    /// Those of the world that runs on this machine, if one does.
    pub(crate) fn read() -> Option<Self> {
        serde_json::from_str(&fs::read_to_string(path()).ok()?).ok()
    }

    /// Leaves them for others.
    pub(crate) fn write(&self) -> Result<Written, Trouble> {
        let path = path();
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        let parent = path.parent().map_or(Ok(()), fs::create_dir_all);
        // Written beside it and renamed: nobody reads half of it.
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

fn path() -> PathBuf {
    crate::root().join("target/local/world.json")
}
