//! What an operator sees of the refunds: what the wallets that pay back hold, what is owed and
//! since when, what has gone back today.

use std::fmt::Display;

use tracing::{error, warn};

use super::{ASK, Answer, DAILY_BUDGET, LOW, MOST, RESERVE, Refunds, SIGN, STEP};
use crate::invocation::Invocation;
use crate::refusal::Fault;
use crate::store::{Candidate, Queue, SHARDS};
use crate::telemetry;
use crate::telemetry::metrics::{REFUND_AGE, REFUND_FLOAT, REFUNDED_TODAY, REFUNDS_OWED, STRAYS_WAITING};
use crate::types::{Timestamp, Usdc, Wallet};

/// What a wallet that pays back holds.
enum Float {
    Holds(Usdc),
    /// It could not be looked at.
    Unknown,
    /// There is none, or no node that could be asked about it.
    Unwatched,
}

impl Float {
    fn held(&self) -> Option<Usdc> {
        match self {
            Self::Holds(held) => Some(*held),
            Self::Unknown | Self::Unwatched => None,
        }
    }
}

fn unknown(why: &dyn Display) -> Float {
    warn!(%why, "it is not known what a refund wallet holds");
    Float::Unknown
}

impl Refunds {
    /// What the wallets that pay back hold. Nothing is due for most of the time, and then the
    /// operator would not notice that they are empty.
    pub(super) async fn float(&self, invocation: &Invocation) -> Answer {
        let floats = [self.on_evm(invocation).await, self.on_solana(invocation).await];
        // What one wallet holds says nothing of the other, so where one cannot be looked at
        // nothing is told: that it is missing is what rings.
        if floats.iter().all(|float| !matches!(float, Float::Unknown)) {
            let least = floats.iter().filter_map(Float::held).min();
            if let Some(least) = least {
                telemetry::gauge(&REFUND_FLOAT, least.atomic(), []);
            }
        }
        let [evm, solana] = floats.map(|float| float.held().map(|held| held.to_string()));
        Answer::Float { evm, solana }
    }

    async fn on_evm(&self, invocation: &Invocation) -> Float {
        let (Some(key), Some(network), Some(_)) = (&self.key, self.network, &self.nodes.evm) else {
            return Float::Unwatched;
        };
        match key.address(invocation.at_most(SIGN, RESERVE)).await {
            Ok(address) => self.held_by(&Wallet::Evm { network, address }, invocation).await,
            Err(fault) => unknown(&fault),
        }
    }

    async fn on_solana(&self, invocation: &Invocation) -> Float {
        let (Some(network), Some(_)) = (self.cluster, &self.nodes.solana) else { return Float::Unwatched };
        match self.solana_key(invocation).await {
            Ok(Some(key)) => self.held_by(&Wallet::Solana { network, address: key.address() }, invocation).await,
            Ok(None) => Float::Unwatched,
            Err(error) => unknown(&error),
        }
    }

    async fn held_by(&self, wallet: &Wallet, invocation: &Invocation) -> Float {
        let Some(held) = self.nodes.balance(wallet, invocation.at_most(ASK, RESERVE)).await else {
            return unknown(&"the node does not answer");
        };
        if held < LOW {
            error!(alarm = "refund_wallet_low", %held, %wallet, "the refund wallet should be filled");
        }
        Float::Holds(held)
    }

    /// Notes what is still owed, and since when.
    pub(super) async fn look_round(&self, invocation: &Invocation) -> Result<(), Fault> {
        let (mut owed, mut oldest) = (0, 0);
        for shard in 0..SHARDS {
            for candidate in self.store.due(Queue::Refunds(shard), Timestamp::MAX, MOST).await? {
                let Candidate::Sale(payment) = candidate else { continue };
                if invocation.remaining() < STEP {
                    break;
                }
                let record = self.store.sale(&payment).await?;
                let Some(refund) = record.and_then(|record| record.refund) else { continue };
                let age = invocation.now.duration_since(refund.asked_at).as_secs();
                owed += 1;
                oldest = u64::try_from(age).unwrap_or(0).max(oldest);
            }
        }
        telemetry::gauge(&REFUNDS_OWED, owed, []);
        telemetry::gauge(&REFUND_AGE, oldest, []);
        let strays = self.store.count_due(Queue::Strays, Timestamp::MAX).await?;
        telemetry::gauge(&STRAYS_WAITING, strays, []);
        Ok(())
    }

    pub(super) async fn watch_budget(&self, invocation: &Invocation) -> Result<(), Fault> {
        let today = self.store.refunded_on(invocation.now).await?.amount;
        telemetry::gauge(&REFUNDED_TODAY, today.atomic(), []);
        if today > DAILY_BUDGET {
            error!(alarm = "refund_budget", %today, "more is being given back than is usual on one day");
        }
        Ok(())
    }
}
