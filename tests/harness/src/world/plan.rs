//! What a world is to be like: which chain, which ports, which binaries, and what the template's
//! parameters are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use super::{PAYEE, Ports, Urls, solana_payee};
use crate::onchain::{Node, Validator};
use crate::sim::bland::Keys;
use crate::sim::chain::Network;
use crate::sim::solana::{Cluster, Key};
use crate::sim::twilio::Account;
use crate::template::Deployment;

/// The shipped binaries, by name.
#[derive(Clone, Debug, Default)]
pub struct Binaries(BTreeMap<String, PathBuf>);

impl Binaries {
    /// What a cargo tells the program that it runs of that program's package: not to be handed on
    /// to a cargo that builds these. `ring` is built anew for a cargo that says something else, and
    /// nearly everything after it.
    pub const OF_ANOTHER_PACKAGE: [&str; 7] = [
        "CARGO_MANIFEST_DIR",
        "CARGO_MANIFEST_LINKS",
        "CARGO_PKG_NAME",
        "CARGO_PKG_VERSION_MAJOR",
        "CARGO_PKG_VERSION_MINOR",
        "CARGO_PKG_VERSION_PATCH",
        "CARGO_PKG_VERSION_PRE",
    ];

    /// Of names and paths.
    pub fn new<'a>(programs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self(programs.into_iter().map(|(name, path)| (name.to_owned(), PathBuf::from(path))).collect())
    }

    /// Those of a directory that cargo built them into.
    pub fn of_directory(directory: &Path, names: impl IntoIterator<Item = String>) -> Self {
        Self(names.into_iter().map(|name| (name.clone(), directory.join(name))).collect())
    }

    /// Names and paths.
    pub fn programs(&self) -> &BTreeMap<String, PathBuf> {
        &self.0
    }
}

/// The binaries of this package, from its tests and benchmarks.
#[macro_export]
macro_rules! binaries {
    () => {
        $crate::Binaries::new([
            ("numbers_buy", env!("CARGO_BIN_EXE_numbers_buy")),
            ("numbers_renew", env!("CARGO_BIN_EXE_numbers_renew")),
            ("numbers_list", env!("CARGO_BIN_EXE_numbers_list")),
            ("numbers", env!("CARGO_BIN_EXE_numbers")),
            ("voice_call", env!("CARGO_BIN_EXE_voice_call")),
            ("voice_call_ended", env!("CARGO_BIN_EXE_voice_call_ended")),
            ("voice_call_hangup", env!("CARGO_BIN_EXE_voice_call_hangup")),
            ("voice_call_status", env!("CARGO_BIN_EXE_voice_call_status")),
            ("voice_calls", env!("CARGO_BIN_EXE_voice_calls")),
            ("voice_calls_list", env!("CARGO_BIN_EXE_voice_calls_list")),
            ("mcp", env!("CARGO_BIN_EXE_mcp")),
            ("discovery", env!("CARGO_BIN_EXE_discovery")),
            ("reaper", env!("CARGO_BIN_EXE_reaper")),
            ("refunds", env!("CARGO_BIN_EXE_refunds")),
            ("canary", env!("CARGO_BIN_EXE_canary")),
        ])
    };
}

/// A neighbour that is to be the real one: variables that all functions get instead of the
/// simulator's. Only those that the template gives a function are replaced there; `AWS_*`
/// credentials are, everywhere. Those that belong in a secret replace what would be in it.
pub type Real = BTreeMap<String, String>;

/// What a world is to be like.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The programs behind the functions.
    pub binaries: Binaries,
    /// The chain that pays.
    pub network: Network,
    /// The real chain that pays in place of the simulated one, with a real facilitator.
    pub node: Option<Node>,
    /// Whether the functions are told of a node of the chain.
    pub rpc: bool,
    /// The cluster that pays as well.
    pub solana: Option<Cluster>,
    /// The real one that pays in place of the simulated one, with a real facilitator.
    pub validator: Option<Validator>,
    /// Whether the functions are told of a node of it.
    pub solana_rpc: bool,
    /// Who pays back there.
    pub solana_refunder: Key,
    /// Ports.
    pub ports: Ports,
    /// Template parameters that are not what they usually are here.
    pub parameters: BTreeMap<String, String>,
    /// Secrets with another content than the simulators'; nothing is one that was not filled.
    pub secrets: BTreeMap<String, Option<Value>>,
    /// Variables that are not what the template says: of one function, or of all.
    pub environment: Vec<(Option<String>, String, String)>,
    /// Time-outs that are not what the template says.
    pub timeouts: BTreeMap<String, Duration>,
    /// Real neighbours.
    pub real: Real,
    /// Whether its history is kept.
    pub remembers: bool,
    /// How many requests to one function are served at once; the others wait at the gateway.
    pub at_once: Option<usize>,
}

impl Plan {
    /// The usual world for these binaries.
    pub fn new(binaries: Binaries) -> Self {
        Self {
            binaries,
            network: Network::BaseSepolia,
            node: None,
            rpc: true,
            solana: None,
            validator: None,
            solana_rpc: true,
            solana_refunder: Key::random(),
            ports: Ports::default(),
            parameters: BTreeMap::new(),
            secrets: BTreeMap::new(),
            environment: Vec::new(),
            timeouts: BTreeMap::new(),
            real: Real::new(),
            remembers: false,
            at_once: None,
        }
    }

    /// Where real facilitators answer, each for its rail: by how the rail's networks are called, in
    /// either version.
    pub(super) fn settlers(&self) -> Vec<(&'static str, String)> {
        let base = self.node.iter().map(|node| ("", node.facilitator()));
        let solana = self.validator.iter().map(|validator| ("solana", validator.facilitator()));
        // The empty name fits every path, so it is asked for last.
        solana.chain(base).collect()
    }

    /// The template, with its parameters pointing at these neighbours.
    pub(super) fn deployment(&self, urls: &Urls, twilio: &Account) -> Deployment {
        let rpc = format!("{}/rpc", urls.rpc);
        let payee = PAYEE.to_checksum(None);
        let usual = [
            ("PublicUrl", urls.gateway.as_str()),
            ("PaymentNetworks", self.network.caip2()),
            ("EvmPayee", &payee),
            ("FacilitatorUrl", &urls.facilitator),
            ("EvmRpcUrl", if self.rpc { &rpc } else { "" }),
            ("TwilioUrl", &urls.twilio),
            ("TwilioAccountSid", &twilio.sid),
            ("BlandUrl", &urls.bland),
            ("DynamoDbUrl", &urls.dynamo),
            ("SchedulerUrl", &urls.scheduler),
            ("KmsUrl", &urls.kms),
            ("SecretsManagerUrl", &urls.secrets_manager),
            ("S3Url", &urls.s3),
        ];
        let mut parameters: BTreeMap<_, _> =
            usual.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        parameters.extend(self.on_solana(urls).map(|(parameter, value)| (parameter.to_owned(), value)));
        // A node's address with something of the test's own in it.
        let others = self.parameters.iter().map(|(name, value)| (name.clone(), value.replace("{node}", &urls.rpc)));
        parameters.extend(others);
        let mut deployment = Deployment::of_this_repository(&parameters);
        for function in deployment.functions.values_mut() {
            for (name, value) in &self.real {
                if name.starts_with("AWS_") || function.environment.contains_key(name) {
                    function.environment.insert(name.clone(), value.clone());
                }
            }
            let others = self.environment.iter().filter(|(of, ..)| of.as_ref().is_none_or(|of| *of == function.binary));
            for (_, name, value) in others {
                function.environment.insert(name.clone(), value.clone());
            }
            if let Some(timeout) = self.timeouts.get(&function.binary) {
                function.timeout = *timeout;
            }
        }
        deployment
    }

    /// What is in the secrets, by their names in the template. What is empty is not filled.
    pub(super) fn secrets(&self, twilio: &Account, bland: &Keys) -> BTreeMap<String, Value> {
        let real = |name: &str| self.real.get(name).filter(|value| !value.is_empty());
        let field = |name: &str, otherwise: &str| real(name).cloned().unwrap_or_else(|| otherwise.to_owned());
        let refunder = self.solana.map(|_| self.solana_refunder.secret());
        let usual = [
            (
                "PaymentSecret",
                json!({
                    "cdp_api_key_id": field("CDP_API_KEY_ID", ""),
                    "cdp_api_key_secret": field("CDP_API_KEY_SECRET", ""),
                }),
            ),
            (
                "TwilioSecret",
                json!({
                    "api_key": field("TWILIO_API_KEY", &twilio.key),
                    "api_secret": field("TWILIO_API_SECRET", &twilio.secret),
                }),
            ),
            (
                "BlandSecret",
                json!({
                    "api_key": field("BLAND_API_KEY", &bland.api_key),
                    "encrypted_key": field("BLAND_ENCRYPTED_KEY", &bland.encrypted_key),
                }),
            ),
        ];
        let refunds = real("REFUND_SOLANA_KEY").cloned().or(refunder);
        let refunds = refunds.map(|key| ("RefundSecret", json!({"solana_key": key})));
        let mut all: BTreeMap<_, _> =
            usual.into_iter().chain(refunds).map(|(name, content)| (name.to_owned(), Some(content))).collect();
        all.extend(self.secrets.clone());
        all.into_iter().filter_map(|(name, content)| Some((name, content?))).collect()
    }

    /// The parameters where Solana pays.
    fn on_solana(&self, urls: &Urls) -> impl Iterator<Item = (&'static str, String)> {
        let cluster = self.solana.into_iter();
        let rpc = if self.solana_rpc { urls.solana.clone() } else { String::new() };
        let evm = self.network.caip2();
        cluster.flat_map(move |cluster| {
            [
                ("PaymentNetworks", format!("{evm},{}", cluster.caip2())),
                ("SolanaPayee", solana_payee().to_string()),
                ("SolanaRpcUrl", rpc.clone()),
            ]
        })
    }
}
