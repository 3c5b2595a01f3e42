//! What is known of the deployment: options first, then the environment, under the names that the
//! functions use. The library's own reader builds everything from it, so a value means here what it
//! means there.
//!
//! `docs/decisions.md`: Why does the operator's command read the functions' variables?

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::environment::region::EnvironmentVariableRegionProvider;
use aws_config::imds::region::ImdsRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::region::ProfileFileRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region, imds};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use serde_json::{Map, Value};
use shared::env::Env;
use shared::store::Store;
use shared::telemetry::Neighbour;
use shared::types::Network;
use shared::upstream::bland::Bland;
use shared::upstream::twilio::Twilio;
use shared::upstream::twilio::account::{AccountConfig, Accounts};
use shared::wire::aws::{ForAws, Service};

use crate::args::Deployment;
use crate::aws::Aws;
use crate::terminal::Trouble;

/// How long a machine at AWS may take to say who it is.
const MACHINE: Duration = Duration::from_secs(1);

/// Names and values.
#[derive(Clone, Default)]
pub(crate) struct Settings(BTreeMap<String, String>);

impl Settings {
    /// Gathers what there is. Credentials that are not in the environment are looked for as all of
    /// AWS's own tools do.
    pub(crate) async fn gather(deployment: &Deployment) -> Result<Self, Trouble> {
        if let Some(facts) = &deployment.local {
            return Self::of_this_machine(facts);
        }
        let readable = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        let mut settings = Self(std::env::vars_os().filter_map(readable).collect());
        // A variable of the operator's own shell does not choose a stack: --stack does, or
        // DIALTONE_STACK.
        settings.forget("STACK");
        settings.put("AWS_REGION", deployment.region.clone());
        if settings.get("AWS_REGION").is_none() {
            settings.put("AWS_REGION", settings.get("AWS_DEFAULT_REGION").map(str::to_owned));
        }
        if settings.get("AWS_ACCESS_KEY_ID").is_none() || settings.get("AWS_REGION").is_none() {
            settings.look_for_credentials().await?;
        }
        if let Some(stack) = &deployment.stack {
            settings.of_stack(stack).await?;
        }
        settings.put("TABLE_NAME", deployment.table.clone());
        Ok(settings)
    }

    /// What the operator of a local world is told. Neither a stack nor credentials that this
    /// environment has are meant with it.
    fn of_this_machine(facts: &Path) -> Result<Self, Trouble> {
        const NEXT: &str = "start one with `cargo local`, and give this command where that runs";
        let text = fs::read_to_string(facts)
            .map_err(|error| Trouble(format!("there is no local world: {}: {error}; {NEXT}", facts.display())))?;
        let told = serde_json::from_str(&text).ok().and_then(|mut facts: Value| {
            let told = facts.get_mut("operator")?.take();
            serde_json::from_value(told).ok()
        });
        told.map(Self).ok_or_else(|| Trouble(format!("{} does not tell of a local world; {NEXT}", facts.display())))
    }

    /// What the functions of a stack are told. What they are told is nothing is nothing here, too,
    /// whatever this shell says: but where AWS is, and who asks, each machine knows for itself.
    pub(crate) async fn of_stack(&mut self, stack: &str) -> Result<(), Trouble> {
        let told = self.aws()?.variables_of(stack).await?;
        for (name, _) in told.iter().filter(|(name, _)| !name.starts_with("AWS_")) {
            self.forget(name);
        }
        for (name, value) in told {
            // Empty is what a template writes for nothing.
            self.put(&name, Some(value).filter(|value| !value.is_empty()));
        }
        self.put("STACK", Some(stack.to_owned()));
        Ok(())
    }

    async fn look_for_credentials(&mut self) -> Result<(), Trouble> {
        // They are asked for on the table's behalf.
        let client = ForAws::new(Neighbour::Dynamodb);
        let places = ProviderConfig::default().with_http_client(client.clone());
        // Only machines at AWS have such a service; elsewhere nothing answers, and the last place
        // to look is not worth a wait.
        let machine = imds::Client::builder().configure(&places).max_attempts(1).operation_timeout(MACHINE);
        let machine = machine.connect_timeout(MACHINE).read_timeout(MACHINE).build();
        let region = match self.get("AWS_REGION") {
            Some(region) => RegionProviderChain::first_try(Region::new(region.to_owned())),
            None => RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
                .or_else(ProfileFileRegionProvider::new())
                .or_else(ImdsRegionProvider::builder().configure(&places).imds_client(machine.clone()).build()),
        };
        let region = region.region().await;
        let credentials =
            DefaultCredentialsChain::builder().configure(places).imds_client(machine).region(region.clone());
        let loader = aws_config::defaults(BehaviorVersion::latest()).http_client(client).region(region);
        let found = loader.credentials_provider(credentials.build().await).load().await;
        self.put("AWS_REGION", found.region().map(ToString::to_string));
        if self.get("AWS_ACCESS_KEY_ID").is_some() {
            return Ok(());
        }
        let provider = found.credentials_provider().ok_or_else(|| Trouble::new("there are no AWS credentials"))?;
        let credentials = provider.provide_credentials().await.map_err(|error| {
            Trouble(format!("there are no AWS credentials ({error}): set AWS_PROFILE, or log in with `aws sso login`"))
        })?;
        self.put("AWS_ACCESS_KEY_ID", Some(credentials.access_key_id().to_owned()));
        self.put("AWS_SECRET_ACCESS_KEY", Some(credentials.secret_access_key().to_owned()));
        self.put("AWS_SESSION_TOKEN", credentials.session_token().map(str::to_owned));
        Ok(())
    }

    /// Something that is known from now on.
    pub(crate) fn put(&mut self, name: &str, value: Option<String>) {
        if let Some(value) = value {
            self.0.insert(name.to_owned(), value);
        }
    }

    /// Something that is not known any more.
    pub(crate) fn forget(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// What was said, also where nothing was said to be it.
    pub(crate) fn said(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A value; an empty one is none.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.trim().is_empty())
    }

    /// Builds something from what is known, or says everything that it lacks.
    pub(crate) fn build<T>(&self, build: impl FnOnce(&mut Env) -> T) -> Result<T, Trouble> {
        let values = self.0.clone();
        let mut env = Env::from(move |name: &str| values.get(name).cloned());
        let whole = build(&mut env);
        Ok(env.complete(whole)?)
    }

    /// What can be asked of AWS beside the table.
    pub(crate) fn aws(&self) -> Result<Aws, Trouble> {
        let region = self.get("AWS_REGION").ok_or_else(|| Trouble::new("which AWS region? --region says it"))?;
        let missing = || Trouble::new("there are no AWS credentials");
        let key = self.get("AWS_ACCESS_KEY_ID").ok_or_else(missing)?;
        let secret = self.get("AWS_SECRET_ACCESS_KEY").ok_or_else(missing)?;
        let token = self.get("AWS_SESSION_TOKEN").map(str::to_owned);
        let credentials = Credentials::new(key, secret, token, None, "settings");
        let service = |endpoint: &str| Service {
            region: region.to_owned(),
            credentials: credentials.clone(),
            endpoint: self.get(endpoint).or_else(|| self.get("AWS_ENDPOINT_URL")).map(str::to_owned),
        };
        Ok(Aws::new(service))
    }

    /// Where buyers are sent: as the functions are told, or, without a domain, as the stack's
    /// output says.
    pub(crate) async fn public_url(&self) -> Result<Option<String>, Trouble> {
        if let Some(url) = self.get("PUBLIC_URL") {
            return Ok(Some(url.trim_end_matches('/').to_owned()));
        }
        match self.get("STACK") {
            Some(stack) => Ok(self.aws()?.outputs_of(stack).await?.remove("PublicUrl")),
            None => Ok(None),
        }
    }

    /// The table.
    pub(crate) fn store(&self) -> Result<Store, Trouble> {
        if self.get("TABLE_NAME").is_none() {
            return Err(Trouble::new("which deployment? --stack or DIALTONE_STACK names its stack, --table its table"));
        }
        self.build(Env::store)
    }

    /// The carrier, if we have a key.
    pub(crate) fn twilio(&self) -> Option<Twilio> {
        self.build(Env::twilio).ok()
    }

    /// The dialler, if we have a key.
    pub(crate) fn bland(&self) -> Option<Bland> {
        self.build(Env::bland).ok()
    }

    /// Twilio's accounts as the functions' key sees them, for prices; nothing, where the key cannot
    /// be had.
    pub(crate) async fn accounts(&self) -> Option<Accounts> {
        let fields = self.secret("TWILIO_SECRET").await.ok().flatten()?;
        let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::trim);
        Some(self.accounts_as(text("api_key")?, text("api_secret")?))
    }

    /// What is in a secret of the stack's, whether the variable holds it or says where it is.
    /// Nothing, where it has not been filled.
    pub(crate) async fn secret(&self, variable: &str) -> Result<Option<Map<String, Value>>, Trouble> {
        match self.get(variable) {
            Some(inline) if inline.starts_with('{') => Ok(serde_json::from_str(inline).ok()),
            Some(id) => self.aws()?.secret(id).await,
            None => Ok(None),
        }
    }

    /// Twilio's accounts as this key or token sees them.
    pub(crate) fn accounts_as(&self, user: &str, password: &str) -> Accounts {
        let or = |name: &str, usual: &str| self.get(name).unwrap_or(usual).to_owned();
        Accounts::new(AccountConfig {
            api: or("TWILIO_URL", "https://api.twilio.com"),
            voice: or("TWILIO_VOICE_URL", "https://voice.twilio.com"),
            pricing: or("TWILIO_PRICING_URL", "https://pricing.twilio.com"),
            user: user.to_owned(),
            password: password.to_owned(),
        })
    }

    /// The networks that payments come in on: those that are named, or all that there are.
    pub(crate) fn networks(&self) -> Vec<Network> {
        let names = self.get("PAYMENT_NETWORKS").unwrap_or_default();
        let ours: Vec<Network> = names.split(',').filter_map(|name| Network::from_caip2(name.trim())).collect();
        if ours.is_empty() { Network::ALL.to_vec() } else { ours }
    }
}
