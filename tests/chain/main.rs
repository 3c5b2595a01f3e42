//! Everything that has to do with money once more, against what it is made of: a node with Circle's
//! USDC, and a published facilitator. `tests/chain/run` gets both and starts this.
//!
//! Each test has a chain of its own, and ends with the audit over it.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "in a test, panicking is how it fails")]

mod likeness;
mod likeness_solana;
mod money;
mod solana;
mod trouble;

use std::time::Duration;

use harness::onchain::Node;
use harness::request::Response;
use harness::spec::{BUY, CALL, LIST, RENEW};
use harness::wallet::Payment;
use harness::{Neighbour, Stack, Wallet, binaries};
use serde_json::{Value, json};

const SETTLE: &str = "POST */settle";
/// What the refund wallet begins with.
const FLOAT: u64 = 50_000_000;
const MINUTE: Duration = Duration::from_mins(1);

/// A world on a chain of its own.
struct OnChain {
    stack: Stack,
    node: Node,
    wallet: Wallet,
}

impl OnChain {
    async fn start() -> Self {
        let node = Node::start();
        let stack = Stack::builder(binaries!()).on(&node).start().await;
        let wallet = stack.wallet_with(20_000_000);
        // From here on the chain is watched.
        stack.sweep().await;
        Self { stack, node, wallet }
    }

    async fn buys(&self) -> Value {
        self.stack.post(BUY).body(&json!({})).pay(&self.wallet).await.answer.expect(200).json()
    }

    /// A payment for a number, which has not been shown yet.
    async fn signs(&self) -> Payment {
        self.wallet.signs(&self.stack.post(BUY).body(&json!({})).demand().await)
    }

    async fn buys_with(&self, payment: &Payment) -> Response {
        self.stack.post(BUY).body(&json!({})).paid_with(payment).send().await
    }

    async fn lists(&self) -> Value {
        self.stack.post(LIST).body(&json!({})).pay(&self.wallet).await.answer.expect(200).json()
    }

    async fn calls(&self) -> Value {
        // The dialler takes one call to a number in ten seconds.
        self.stack.travel(Duration::from_secs(15));
        self.stack.post(CALL).body(&call()).pay(&self.wallet).await.answer.expect(200).json()
    }

    fn money(&self) -> u64 {
        self.node.balance(self.wallet.address())
    }

    fn paid_back(&self) -> u64 {
        FLOAT - self.node.balance(self.stack.refund_wallet)
    }

    /// How often the facilitator was asked to settle.
    fn settles(&self) -> u64 {
        self.stack.faults_of(Neighbour::Facilitator).count(SETTLE)
    }

    /// Nothing was bought. After a facilitator that sends first and looks then, that is sure only
    /// once the payment is over.
    async fn refused(&self, path: &str, payment: &Payment, mut answer: Response) {
        if answer.status == 503 {
            answer.refused(503, "payment_pending");
            self.stack.travel(8 * MINUTE);
            self.stack.minutes(1).await;
            answer = self.stack.post(path).body(&json!({})).paid_with(payment).send().await;
        }
        let refused = answer.refused(402, "payment_required");
        assert!(refused["message"].as_str().is_some_and(|message| message.ends_with("Not charged.")));
    }

    /// Does something between the facilitator's yes and the settlement of this purchase.
    async fn buys_while(&self, payment: &Payment, deed: impl AsyncFnOnce()) -> Response {
        let faults = self.stack.faults_of(Neighbour::Facilitator);
        faults.reset_counts();
        faults.once(SETTLE, harness::sim::Fault::Hang);
        let meanwhile = async {
            faults.arrived(SETTLE, 1).await;
            deed().await;
            faults.release();
        };
        tokio::join!(self.buys_with(payment), meanwhile).0
    }
}

fn call() -> Value {
    json!({"to": "+12133610872", "task": "Confirm the reservation for two."})
}
