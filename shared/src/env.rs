//! What we were told at start: the only reader of the environment. Each function names what it
//! needs, and a start-up that lacks something says everything that is missing in one message.
//!
//! - `docs/decisions.md`: Why is a node required for Solana and not for Base?
//! - `docs/decisions.md`: Why does `env` stand above the neighbours?

mod amounts;
mod manners;

use std::fmt;
use std::sync::Arc;

use aws_credential_types::Credentials;
use tracing::error;
use tracing::level_filters::LevelFilter;

use crate::store::Store;
use crate::types::{Country, Network, Wallet};
use crate::upstream::alarms::{Alarms, AlarmsConfig};
use crate::upstream::bland::{Bland, BlandConfig, BlandKeys, recordings};
use crate::upstream::bucket::Bucket;
use crate::upstream::kms::SigningKey;
use crate::upstream::twilio::{Twilio, TwilioConfig, TwilioKey};
use crate::wire::aws::Service;
use crate::wire::secrets::{Fields, Rotating, Unfit, Vault};
use crate::x402::{EvmRpc, Facilitator, KEY, Needed, Nodes, PaymentKeys, Place, SolanaKey, SolanaRpc, Terms};

type Read = Box<dyn Fn(&str) -> Option<String>>;

/// A reader of the environment that remembers what it did not find.
pub struct Env {
    read: Read,
    problems: Vec<String>,
    vault: Option<Arc<Vault>>,
    payment_keys: Option<Arc<Rotating<PaymentKeys>>>,
}

/// The variables that are missing or malformed, all of them.
#[derive(Debug, thiserror::Error)]
#[error("the environment is not complete: {}", .0.join("; "))]
pub struct Incomplete(Vec<String>);

/// A secret. It cannot be printed by mistake.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// The secret itself, for the one place that sends it.
    pub fn reveal(self) -> String {
        self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Env {
    /// The process's environment.
    #[expect(clippy::disallowed_methods, reason = "this is the only reader of the environment")]
    pub fn of_process() -> Self {
        Self::from(|name: &str| std::env::var(name).ok())
    }

    /// Any other environment.
    pub fn from(read: impl Fn(&str) -> Option<String> + 'static) -> Self {
        Self { read: Box::new(read), problems: Vec::new(), vault: None, payment_keys: None }
    }

    /// Whether `PUBLIC_URL` was set or not asked for: it is empty where the gateway is to say it.
    pub fn knows_its_origin(&self) -> bool {
        (self.read)("PUBLIC_URL").is_none_or(|url| !url.trim().is_empty())
    }

    /// With another `PUBLIC_URL`.
    pub fn reached_at(&mut self, origin: &str) {
        let (origin, read) = (origin.to_owned(), std::mem::replace(&mut self.read, Box::new(|_| None)));
        self.read = Box::new(move |name| if name == "PUBLIC_URL" { Some(origin.clone()) } else { read(name) });
    }

    /// What was built, if nothing was missing.
    pub fn complete<T>(self, built: T) -> Result<T, Incomplete> {
        if self.problems.is_empty() { Ok(built) } else { Err(Incomplete(self.problems)) }
    }

    /// `AWS_LAMBDA_LOG_LEVEL` (optional): `INFO`, `WARN` or `ERROR`. No lower: there the libraries
    /// under us log requests, and those hold secrets and phone numbers.
    pub fn log_level(&self) -> LevelFilter {
        match self.optional("AWS_LAMBDA_LOG_LEVEL").as_deref() {
            Some("ERROR" | "FATAL") => LevelFilter::ERROR,
            Some("WARN") => LevelFilter::WARN,
            _ => LevelFilter::INFO,
        }
    }

    /// `METRICS_NAMESPACE` (optional): what is counted is kept under this name at CloudWatch.
    pub fn metrics_namespace(&self) -> String {
        self.optional("METRICS_NAMESPACE").unwrap_or_else(|| "dialtone".to_owned())
    }

    /// `CALLER_SALT` (optional): what callers' addresses are hashed with for the log.
    pub fn caller_salt(&self) -> Option<String> {
        self.optional("CALLER_SALT")
    }

    /// `EDGE_PROTECTION` (optional): whether CloudFront stands before the API.
    pub fn has_edge(&self) -> bool {
        self.optional("EDGE_PROTECTION").is_some_and(|it| it == "on")
    }

    /// `TABLE_NAME`, `AWS_REGION`, `AWS_ENDPOINT_URL_DYNAMODB` (optional), the role's keys.
    pub fn store(&mut self) -> Store {
        let table = self.required("TABLE_NAME");
        Store::new(self.service("AWS_ENDPOINT_URL_DYNAMODB"), table)
    }

    /// `PUBLIC_URL`: our own origin, as buyers see it. Never taken from a request's `Host`.
    pub fn public_url(&mut self) -> String {
        let url = self.required("PUBLIC_URL");
        let plain =
            url.starts_with("https://") || url.starts_with("http://127.0.0.1") || url.starts_with("http://localhost");
        if !url.is_empty() && (!plain || url.ends_with('/') || !url.is_ascii()) {
            self.problem("PUBLIC_URL must be an https origin without a trailing slash");
        }
        url
    }

    /// `CONTACT_EMAIL` (optional): who is written to about the API. Every caller can read it.
    pub fn contact_email(&self) -> Option<String> {
        self.optional("CONTACT_EMAIL")
    }

    /// `PUBLIC_URL` and [`Env::payees`].
    pub fn terms(&mut self) -> Terms {
        Terms { public_url: self.public_url(), payees: self.payees() }
    }

    /// `PAYMENT_NETWORKS` (CAIP-2 names, comma-separated, preferred first), and who is paid there:
    /// `EVM_PAYEE` (an address) and `SOLANA_PAYEE` (a wallet in base58, whose token account for
    /// USDC exists), as far as those networks need them.
    pub fn payees(&mut self) -> Vec<Wallet> {
        let networks = self.networks();
        networks.into_iter().filter_map(|network| self.payee(network)).collect()
    }

    /// `PAYMENT_NETWORKS`: CAIP-2 names, comma-separated, all of real money or all of test money.
    pub fn networks(&mut self) -> Vec<Network> {
        let names = self.required("PAYMENT_NETWORKS");
        let mut networks = Vec::new();
        for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            match Network::from_caip2(name) {
                Some(network) if !networks.contains(&network) => networks.push(network),
                Some(_) => {}
                None => self.problem(format!("PAYMENT_NETWORKS: {name} is not one of {}", known())),
            }
        }
        if networks.iter().any(|network| network.is_for_tests()) && !networks.iter().all(|it| it.is_for_tests()) {
            // What is sold costs real money, whatever it was paid with.
            self.problem("PAYMENT_NETWORKS names test money beside real money");
        }
        networks
    }

    fn payee(&mut self, network: Network) -> Option<Wallet> {
        let (name, what) = match network {
            Network::Evm(_) => ("EVM_PAYEE", "an address: 0x and 40 hexadecimal digits"),
            Network::Solana(_) => ("SOLANA_PAYEE", "a wallet in base58"),
        };
        let address = self.required(name);
        let payee = Wallet::on(network, &address).ok();
        if payee.is_none() && !address.is_empty() {
            self.problem(format!("{name} is not {what}"));
        }
        payee
    }

    /// `FACILITATOR_URL`, `FACILITATOR_AUTH`: `none`, or `cdp` for Coinbase's
    /// (`Env::payment_keys`).
    pub fn facilitator(&mut self) -> Facilitator {
        let url = self.required("FACILITATOR_URL");
        let keys = self.needed().cdp.then(|| self.payment_keys());
        Facilitator::new(url, keys)
    }

    /// `EVM_RPC_URL` (optional): a node of the one EVM chain that we are paid on, to ask what
    /// became of a payment. `SOLANA_RPC_URL`: one of the Solana cluster, needed where we are paid
    /// there, since a facilitator's word for a failed simulation does not tell what was paid from
    /// what was never sent. `{key}` in them stands for a key that is secret (`Env::payment_keys`).
    pub fn nodes(&mut self) -> Nodes {
        let on_solana = self.optional("PAYMENT_NETWORKS").is_some_and(|names| names.contains("solana:"));
        let evm = self.optional("EVM_RPC_URL").map(|url| EvmRpc::new(self.place(url, PaymentKeys::evm_rpc)));
        let solana = on_solana.then(|| {
            let url = self.required("SOLANA_RPC_URL");
            SolanaRpc::new(self.place(url, PaymentKeys::solana_rpc))
        });
        Nodes { evm, solana }
    }

    /// `POOL_COUNTRIES` (optional, else `US`): where idle numbers are counted, comma-separated. One
    /// that there is not has none.
    pub fn pool_countries(&self) -> Vec<Country> {
        let names = self.optional("POOL_COUNTRIES").unwrap_or_else(|| "US".to_owned());
        let read = |name: &str| {
            Country::parse(name).inspect_err(|wrong| error!(name, %wrong, "PoolCountries cannot be read")).ok()
        };
        names.split(',').map(str::trim).filter_map(read).collect()
    }

    /// `POOL_KEPT`: how many idle numbers of a country are kept for the next buyers.
    pub fn pool_kept(&mut self) -> u64 {
        self.required("POOL_KEPT").parse().unwrap_or_else(|_| {
            self.problem("POOL_KEPT is not a number of numbers");
            0
        })
    }

    fn place(&mut self, url: String, key: fn(&PaymentKeys) -> Option<&str>) -> Place {
        if url.contains(KEY) { Place::keyed(url, self.payment_keys(), key) } else { url.into() }
    }

    /// `PAYMENT_SECRET`, only if something above needs it: a secret with `cdp_api_key_id`,
    /// `cdp_api_key_secret`, `evm_rpc_key`, `solana_rpc_key`, as far as they are needed.
    fn payment_keys(&mut self) -> Arc<Rotating<PaymentKeys>> {
        if let Some(keys) = &self.payment_keys {
            return Arc::clone(keys);
        }
        let needed = self.needed();
        let keys = self.kept("payments", "PAYMENT_SECRET", move |fields| PaymentKeys::read(fields, needed));
        Arc::clone(self.payment_keys.insert(Arc::new(keys)))
    }

    fn needed(&mut self) -> Needed {
        let keyed = |url: Option<String>| url.is_some_and(|url| url.contains(KEY));
        let cdp = match self.optional("FACILITATOR_AUTH").as_deref() {
            None | Some("none") => false,
            Some("cdp") => true,
            Some(_) => {
                self.problem("FACILITATOR_AUTH is neither none nor cdp");
                false
            }
        };
        let (evm, solana) = (self.optional("EVM_RPC_URL"), self.optional("SOLANA_RPC_URL"));
        Needed { cdp, evm_rpc: keyed(evm), solana_rpc: keyed(solana) }
    }

    /// `TWILIO_ACCOUNT_SID`, `TWILIO_URL` (optional), `TWILIO_SECRET` (`api_key`, `api_secret`).
    pub fn twilio(&mut self) -> Twilio {
        let url = self.optional("TWILIO_URL").unwrap_or_else(|| "https://api.twilio.com".to_owned());
        let account_sid = self.required("TWILIO_ACCOUNT_SID");
        let key = self.kept("twilio", "TWILIO_SECRET", TwilioKey::read);
        Twilio::new(TwilioConfig { url, account_sid, key })
    }

    /// `BLAND_URL` (optional), and `BLAND_SECRET`: a secret with `api_key` and `encrypted_key` (of
    /// the Twilio account whose numbers it may use).
    pub fn bland(&mut self) -> Bland {
        let url = self.optional("BLAND_URL").unwrap_or_else(|| recordings::BLAND.to_owned());
        let keys = self.kept("bland", "BLAND_SECRET", BlandKeys::read);
        Bland::new(BlandConfig { url, keys })
    }

    /// `SCHEDULE_GROUP`, `SCHEDULE_ROLE_ARN`, `REAPER_ARN`, `SCHEDULE_DEAD_LETTERS_ARN`,
    /// `AWS_ENDPOINT_URL_SCHEDULER` (optional).
    pub fn alarms(&mut self) -> Alarms {
        Alarms::new(AlarmsConfig {
            group: self.required("SCHEDULE_GROUP"),
            role_arn: self.required("SCHEDULE_ROLE_ARN"),
            reaper_arn: self.required("REAPER_ARN"),
            dead_letters_arn: self.required("SCHEDULE_DEAD_LETTERS_ARN"),
            service: self.service("AWS_ENDPOINT_URL_SCHEDULER"),
        })
    }

    /// `REFUND_KMS_KEY`, the key of the wallet that pays back (with `AWS_REGION` and
    /// `AWS_ENDPOINT_URL_KMS`, optional); or for development `REFUND_PRIVATE_KEY`, the key itself
    /// in hex. With neither, what is owed on an EVM chain becomes credit.
    pub fn refund_key(&mut self) -> Option<SigningKey> {
        match (self.optional("REFUND_KMS_KEY"), self.secret("REFUND_PRIVATE_KEY")) {
            (Some(key), None) => Some(SigningKey::in_kms(self.service("AWS_ENDPOINT_URL_KMS"), key)),
            (None, Some(secret)) => {
                let bytes = alloy_primitives::hex::decode_to_array(secret.reveal()).ok();
                let key = bytes.and_then(SigningKey::here);
                if key.is_none() {
                    self.problem("REFUND_PRIVATE_KEY is not a key: 64 hexadecimal digits");
                }
                key
            }
            (None, None) => None,
            (Some(_), Some(_)) => {
                self.problem("REFUND_KMS_KEY and REFUND_PRIVATE_KEY exclude each other");
                None
            }
        }
    }

    /// `CANARY_KMS_KEY` (optional), the key of the wallet that buys from us; the rest as there.
    pub fn canary_key(&mut self) -> Option<SigningKey> {
        let key = self.optional("CANARY_KMS_KEY")?;
        Some(SigningKey::in_kms(self.service("AWS_ENDPOINT_URL_KMS"), key))
    }

    /// `BOOKS_BUCKET` (optional), where the books are kept, with `AWS_ENDPOINT_URL_S3` (optional).
    pub fn books(&mut self) -> Option<Bucket> {
        let name = self.optional("BOOKS_BUCKET")?;
        Some(Bucket::new(self.service("AWS_ENDPOINT_URL_S3"), &name))
    }

    /// `REFUND_SECRET` (optional): a secret with `solana_key`, the key of the wallet that pays back
    /// on Solana, as wallets export it. Without one, what is owed there becomes credit.
    pub fn refund_solana_key(&mut self) -> Option<Rotating<SolanaKey>> {
        self.optional("REFUND_SECRET")?;
        Some(self.kept("refunds", "REFUND_SECRET", |fields| {
            let unfit = || Unfit("solana_key is not a key: 64 bytes in base58".to_owned());
            SolanaKey::parse(fields.required("solana_key")?).ok_or_else(unfit)
        }))
    }

    /// A secret by the ARN (or name) that a variable holds: with `AWS_REGION`,
    /// `AWS_ENDPOINT_URL_SECRETS_MANAGER` (optional). Or, for development, what is in it: JSON.
    fn kept<T>(
        &mut self,
        name: &'static str,
        variable: &str,
        read: impl Fn(&Fields) -> Result<T, Unfit> + Send + Sync + 'static,
    ) -> Rotating<T> {
        let id = self.required(variable);
        if id.starts_with('{') {
            match Fields::parse(&id).and_then(|fields| read(&fields)) {
                Ok(value) => return Rotating::given(name, value),
                Err(unfit) => self.problem(format!("{variable}: {unfit}")),
            }
        }
        Rotating::kept(name, self.vault(), id, read)
    }

    fn vault(&mut self) -> Arc<Vault> {
        if let Some(vault) = &self.vault {
            return Arc::clone(vault);
        }
        let vault = Arc::new(Vault::new(self.service("AWS_ENDPOINT_URL_SECRETS_MANAGER")));
        self.vault = Some(Arc::clone(&vault));
        vault
    }

    /// A service of AWS: at `AWS_REGION`, or at the endpoint that a variable may name.
    fn service(&mut self, endpoint: &str) -> Service {
        Service {
            region: self.required("AWS_REGION"),
            credentials: self.credentials(),
            endpoint: self.optional(endpoint),
        }
    }

    /// The role's credentials: Lambda puts them here, so nothing has to be looked for.
    fn credentials(&mut self) -> Credentials {
        let key = self.required("AWS_ACCESS_KEY_ID");
        let secret = self.required("AWS_SECRET_ACCESS_KEY");
        Credentials::new(key, secret, self.optional("AWS_SESSION_TOKEN"), None, "environment")
    }

    fn secret(&self, name: &str) -> Option<Secret> {
        self.optional(name).map(Secret)
    }

    /// An empty value counts as absent: a template can only declare a variable, not leave it out.
    fn optional(&self, name: &str) -> Option<String> {
        (self.read)(name).filter(|value| !value.trim().is_empty())
    }

    fn required(&mut self, name: &str) -> String {
        self.optional(name).unwrap_or_else(|| {
            self.problem(format!("{name} is not set"));
            String::new()
        })
    }

    fn problem(&mut self, what: impl Into<String>) {
        let what = what.into();
        if !self.problems.contains(&what) {
            self.problems.push(what);
        }
    }
}

/// The networks that can be named.
fn known() -> String {
    Network::ALL.map(Network::caip2).join(", ")
}

#[cfg(test)]
mod tests {
    use super::Env;

    #[test]
    fn test_money_is_not_taken_beside_real_money() {
        const NETWORKS: [&str; 4] = [
            "eip155:8453",
            "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp",
            "eip155:84532",
            "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1",
        ];
        let named = |names: String| {
            let mut env = Env::from(move |name| (name == "PAYMENT_NETWORKS").then(|| names.clone()));
            let networks = env.networks().len();
            env.complete(networks).map_err(|incomplete| incomplete.to_string())
        };
        for (place, one) in NETWORKS.iter().enumerate() {
            for (other_place, other) in NETWORKS.iter().enumerate() {
                let said = named(format!("{one}, {other}"));
                if place / 2 == other_place / 2 {
                    assert_eq!(said, Ok(1 + usize::from(place != other_place)), "{one}, {other}");
                } else {
                    assert!(said.is_err_and(|why| why.contains("test money beside real money")), "{one}, {other}");
                }
            }
        }
    }

    #[test]
    fn everything_that_is_missing_is_said_at_once() {
        let mut env = Env::from(|name| match name {
            "PUBLIC_URL" => Some("http://example.com/".to_owned()),
            "PAYMENT_NETWORKS" => Some("eip155:8453, eip155:1".to_owned()),
            "TABLE_NAME" => Some("  ".to_owned()),
            "FACILITATOR_AUTH" => Some("coinbase".to_owned()),
            "EVM_RPC_URL" => Some("https://node/{key}".to_owned()),
            "TWILIO_SECRET" => Some(r#"{"api_key":"sesame"}"#.to_owned()),
            _ => None,
        });
        let built = (env.store(), env.terms(), env.facilitator(), env.nodes(), env.twilio());
        let error = env.complete(built).err().expect("incomplete").to_string();
        for what in [
            "TABLE_NAME is not set",
            "AWS_REGION is not set",
            "PUBLIC_URL must be an https origin",
            "eip155:1 is not one of",
            "EVM_PAYEE is not set",
            "FACILITATOR_AUTH is neither none nor cdp",
            "PAYMENT_SECRET is not set",
            "TWILIO_SECRET: what is in it is of no use: it has no api_secret",
        ] {
            assert!(error.contains(what), "{what} in {error}");
        }
        assert!(!error.contains("sesame"), "{error}");
    }
}
