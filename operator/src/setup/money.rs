//! Money: who is paid and can be, who pays back and has something to pay with, and whether the API
//! asks for it.

use std::collections::BTreeMap;

use shared::api;
use shared::env::Env;
use shared::store::Work;
use shared::types::{SolanaNetwork, Usdc, Wallet};
use shared::upstream::kms::SigningKey;
use shared::wire::http;
use shared::x402::{InboundPayment, Nodes, Reach};

use super::{Course, Verdict};
use crate::payee;
use crate::show::ASK;
use crate::terminal::Trouble;

/// CloudFormation cuts the name of a longer stack in the name of the refunds' role, by which the
/// key's policy knows it.
pub(crate) const LONGEST_NAME: usize = 30;
/// Below this a refund wallet should be filled: the refunds' own alarm goes off there too.
const LOW: Usdc = Usdc::micros(10_000_000);

/// How many of the latest blocks are looked at: an hour of Base's, and as many as one question may
/// ask for.
const LATELY: u64 = 1_799;

/// What to do about a payee that two stacks have.
const ONE_EACH: &str =
    "Give each its own: with one payee a payment buys something at both, and each pays back what the other has sold.";

const PAYEE: &str = "payee";
const REFUNDS: &str = "refund wallet";
const CANARY: &str = "canary's wallet";

/// What the canary spends in a week: a list an hour.
const CANARY_WEEK: Usdc = Usdc::micros(api::NUMBERS_LIST.price.atomic() * 24 * 7);

/// Why a wallet is not known.
enum Unknown {
    Setting(Trouble),
    Key(String),
}

impl Course {
    /// Whether those who are paid can be. An address on an EVM chain can; a Solana wallet needs a
    /// token account.
    pub(super) async fn payees(&mut self) {
        if self.desk.settings.get("PAYMENT_NETWORKS").is_none() {
            return self.note(PAYEE, "not looked at: PAYMENT_NETWORKS is not known without a stack");
        }
        let payees = match self.desk.settings.build(Env::payees) {
            Ok(payees) => payees,
            Err(trouble) => return self.missing(PAYEE, trouble.to_string(), "Deploy with parameters that are right."),
        };
        self.stacks_with_the_same(&payees).await;
        for (variable, name) in [("EVM_PAYEE", "EvmPayee"), ("SOLANA_PAYEE", "SolanaPayee")] {
            let spelled = self.desk.settings.get(variable).map(str::to_owned);
            if let Some(Err(why)) = spelled.map(|spelled| payee::parameter(name, &spelled)) {
                let next = format!("Look where it came from, and `dialtone set {name}=…` before anything is sold.");
                self.missing(PAYEE, format!("{name}: {why}"), next);
            }
        }
        let nodes = self.nodes();
        for payee in payees {
            let shown = format!("{payee} on {}", payee.network().caip2());
            match (&payee, &nodes.solana) {
                (Wallet::Solana { network, address }, Some(node)) => {
                    match node.balance(*network, *address, ASK).await {
                        Ok(Some(held)) => self.ready(PAYEE, format!("{shown} has a token account, with {held}")),
                        Ok(None) => {
                            let next = "Send it any amount of USDC once, or run `spl-token create-account` for it.";
                            self.missing(
                                PAYEE,
                                format!("{shown} has no token account for USDC, so it cannot be paid"),
                                next,
                            );
                        }
                        Err(error) => self.note(PAYEE, format!("{shown}: the node {error}")),
                    }
                }
                (Wallet::Solana { .. }, None) => self.note(PAYEE, format!("{shown}: there is no node to ask")),
                (Wallet::Evm { .. }, _) => self.ready(PAYEE, shown),
            }
            self.can_be_watched(&nodes, &payee).await;
            if let Some(count) = self.sold_by_others(&nodes, &payee).await.filter(|count| *count > 0) {
                let said = format!(
                    "{payee} was lately paid {count} times, at our prices, for nothing that this stack has sold"
                );
                self.missing(PAYEE, said, format!("Does another stack or shop have this payee? {ONE_EACH}"));
            }
        }
    }

    /// Whether another stack of this account, in this region, is paid at one of these: its
    /// functions say so, before it has sold anything.
    async fn stacks_with_the_same(&mut self, payees: &[Wallet]) {
        let settings = &self.desk.settings;
        if settings.get("STACK").is_none() {
            return;
        }
        let Ok(aws) = settings.aws() else { return };
        let functions = match aws.all_functions().await {
            Ok(functions) => functions,
            Err(trouble) => return self.note(PAYEE, format!("other stacks were not looked at: {trouble}")),
        };
        let table = settings.get("TABLE_NAME").unwrap_or_default();
        let is_paid_there = |told: &BTreeMap<String, String>| {
            let paid = ["EVM_PAYEE", "SOLANA_PAYEE"].map(|name| told.get(name).map(String::as_str).unwrap_or_default());
            payees.iter().any(|payee| match payee {
                Wallet::Evm { address, .. } => paid[0].eq_ignore_ascii_case(&address.to_string()),
                Wallet::Solana { address, .. } => paid[1] == address.to_string(),
            })
        };
        let other = functions.iter().find(|function| {
            let there = function.variables.get("TABLE_NAME");
            there.is_some_and(|there| there != table) && is_paid_there(&function.variables)
        });
        if let Some(other) = other {
            let said = format!("{}, of another stack, is paid at the same address", other.name);
            self.missing(PAYEE, said, ONE_EACH);
        }
    }

    /// Whether its node tells what it was paid, as the reaper will ask. A node that answers nothing
    /// is another matter.
    async fn can_be_watched(&mut self, nodes: &Nodes, payee: &Wallet) {
        if nodes.knows(payee.network())
            && let Some(why) = payee::unwatched(nodes, payee).await
            && nodes.balance(payee, ASK).await.is_some()
        {
            let next = "Give another node, with EvmRpcUrl or SolanaRpcUrl, before anything is sold.";
            self.missing(PAYEE, format!("{}: {}", payee.network().caip2(), why), next);
        }
    }

    /// How many of the last payments to it are as our buyers make them, and of no sale in the
    /// table; as far as one question to the node shows. What this stack has found already stands in
    /// the table as paid for nothing.
    async fn sold_by_others(&self, nodes: &Nodes, payee: &Wallet) -> Option<usize> {
        let store = self.desk.settings.store().ok()?;
        let last = nodes.received(payee, None, Reach::default(), None, ASK).await.ok()?.finalized;
        let received =
            nodes.received(payee, Some(last.saturating_sub(LATELY)), Reach::default(), None, ASK).await.ok()?;
        let nothing = Usdc::micros(0);
        let ours = |payment: &InboundPayment| {
            payment.amount > nothing && api::ALL.iter().any(|endpoint| endpoint.price == payment.amount)
        };
        let mut count = 0;
        for payment in received.payments.into_iter().filter_map(|inbound| inbound.payment).filter(ours) {
            let sold = match store.sale(&payment.id).await.ok()? {
                Some(record) => record.work != Work::Nothing,
                None => false,
            };
            count += usize::from(!sold);
        }
        Some(count)
    }

    /// Whether those who pay back have something to pay with.
    pub(super) async fn refund_wallets(&mut self) {
        let payees = self.desk.settings.build(Env::payees).unwrap_or_default();
        self.refund_wallet(&payees).await;
        for payee in &payees {
            if let Wallet::Solana { network, .. } = payee {
                self.refund_wallet_on_solana(*network).await;
            }
        }
    }

    async fn refund_wallet_on_solana(&mut self, network: SolanaNetwork) {
        let kept = self.desk.settings.build(Env::refund_solana_key).ok().flatten();
        if let Err(Trouble(why)) = self.desk.settings.secret("REFUND_SECRET").await {
            return self.note(REFUNDS, format!("on Solana: not looked at, an operator may not read its key ({why})"));
        }
        let key = match kept {
            Some(key) => key.get(ASK).await.ok(),
            None => None,
        };
        match key {
            Some(key) => {
                let nodes = self.nodes();
                self.float(&nodes, Wallet::Solana { network, address: key.address() }).await;
            }
            None => self.note(REFUNDS, "none on Solana: what is owed there becomes credit"),
        }
    }

    async fn refund_wallet(&mut self, payees: &[Wallet]) {
        // What is counted is kept under the stack's name.
        let stack = self.desk.settings.get("METRICS_NAMESPACE").unwrap_or_default().to_owned();
        if stack.len() > LONGEST_NAME {
            let said =
                format!("the stack's name, {stack}, has more than {LONGEST_NAME} characters: its key could not sign");
            self.missing(REFUNDS, said, "Deploy under a shorter name before anything is sold.");
        }
        match self.evm_wallets(Env::refund_key, payees).await {
            Ok(Some(wallets)) => {
                let nodes = self.nodes();
                for wallet in wallets {
                    self.float(&nodes, wallet).await;
                }
            }
            Ok(None) => self.note(REFUNDS, "none on the EVM chain: what is owed there becomes credit"),
            Err(Unknown::Setting(trouble)) => {
                self.missing(REFUNDS, trouble.to_string(), "Look at the stack's RefundKey.");
            }
            Err(Unknown::Key(why)) => self.note(REFUNDS, why),
        }
    }

    /// Which wallet the canary pays from, so that it can be filled, and for how long it can buy.
    pub(super) async fn canary(&mut self) {
        let payees = self.desk.settings.build(Env::payees).unwrap_or_default();
        let wallets = match self.evm_wallets(Env::canary_key, &payees).await {
            Ok(Some(wallets)) => wallets,
            Ok(None) => {
                let next =
                    "If that is wanted: `dialtone set Canary=on`, for $0.72 a month that come back to the payee.";
                return self.find(
                    CANARY,
                    Verdict::Note,
                    "off: no purchase an hour proves that it sells",
                    Some(next.to_owned()),
                );
            }
            Err(Unknown::Setting(trouble)) => {
                return self.missing(CANARY, trouble.to_string(), "Look at the stack's CanaryKey.");
            }
            Err(Unknown::Key(why)) => return self.note(CANARY, why),
        };
        let nodes = self.nodes();
        for wallet in wallets {
            let shown = format!("{wallet} on {}", wallet.network().caip2());
            match nodes.balance(&wallet, ASK).await {
                Some(held) if held < CANARY_WEEK => {
                    let said = format!("{shown} holds {held}, and spends {CANARY_WEEK} in a week");
                    self.find(CANARY, Verdict::Note, said, Some("Send it $1 of USDC. Gas it needs none.".to_owned()));
                }
                Some(held) => self.ready(CANARY, format!("{shown} holds {held}")),
                None => {
                    self.note(CANARY, format!("{shown}: what it holds is not known, there is no node that says so"));
                }
            }
        }
    }

    /// The wallets of a key, one for each EVM network that payments come in on; nothing, where
    /// there is no such key.
    async fn evm_wallets(
        &self,
        key: impl FnOnce(&mut Env) -> Option<SigningKey>,
        payees: &[Wallet],
    ) -> Result<Option<Vec<Wallet>>, Unknown> {
        let Some(key) = self.desk.settings.build(key).map_err(Unknown::Setting)? else { return Ok(None) };
        let asked = key.address(ASK).await;
        let address = asked.map_err(|error| {
            Unknown::Key(format!("its key cannot be asked for ({error}): kms:GetPublicKey is needed"))
        })?;
        let wallets = payees.iter().filter_map(|payee| match payee {
            Wallet::Evm { network, .. } => Some(Wallet::Evm { network: *network, address }),
            Wallet::Solana { .. } => None,
        });
        Ok(Some(wallets.collect()))
    }

    async fn float(&mut self, nodes: &Nodes, wallet: Wallet) {
        let shown = format!("{wallet} on {}", wallet.network().caip2());
        match nodes.balance(&wallet, ASK).await {
            Some(held) if held < LOW => {
                let said = format!("{shown} holds {held}, which is little");
                self.missing(REFUNDS, said, "Send it some USDC, $50 say. Gas it needs none.");
            }
            Some(held) => self.ready(REFUNDS, format!("{shown} holds {held}")),
            None => self.note(REFUNDS, format!("{shown}: what it holds is not known, there is no node that says so")),
        }
    }

    fn nodes(&self) -> Nodes {
        self.desk.settings.build(Env::nodes).unwrap_or_default()
    }

    /// Whether the API answers where buyers are sent, and asks to be paid.
    pub(super) async fn api(&mut self) {
        const WHAT: &str = "API";
        let url = match self.options.url.clone() {
            Some(url) => Ok(Some(url)),
            None => self.desk.settings.public_url().await,
        };
        let url = match url {
            Ok(Some(url)) => url,
            Ok(None) => return self.note(WHAT, "not looked at: PUBLIC_URL is not known without a stack"),
            Err(trouble) => return self.note(WHAT, format!("not looked at: {trouble}")),
        };
        let request = http::client().post(format!("{url}/api/v1/phone/numbers/list")).timeout(ASK);
        match request.send().await.map(|answer| answer.status()) {
            Ok(status) if status == 402 => self.ready(WHAT, format!("{url} asks to be paid")),
            Ok(status) => {
                let next = "Does PublicUrl point to this stack? With a domain, its DNS record leads to the output DomainTarget; without one, PublicUrl stays empty.";
                self.missing(WHAT, format!("{url} answers {status} where it should ask to be paid"), next);
            }
            Err(_) => {
                let next = "Does the host's DNS record point to the output DomainTarget?";
                self.missing(WHAT, format!("{url} cannot be reached"), next);
            }
        }
    }
}
