//! A key that is new, tried at its vendor with a question that changes and costs nothing.

use serde_json::Value;
use shared::env::Env;
use shared::invocation::Invocation;
use shared::types::Wallet;
use shared::upstream::twilio::TwilioError;

use super::Fields;
use super::kinds::Kind;
use crate::args::Kept;
use crate::payee;
use crate::settings::Settings;
use crate::show::ASK;

/// What a vendor says of a key.
pub(super) enum Verdict {
    /// It takes it.
    Taken(&'static str),
    /// It does not, or does not say.
    Refused(String),
    /// Its vendor cannot be asked.
    Unasked(&'static str),
}

impl Verdict {
    /// In words.
    pub(super) fn said(&self) -> &str {
        match self {
            Self::Taken(said) | Self::Unasked(said) => said,
            Self::Refused(why) => why,
        }
    }
}

/// What the vendor says, asked by the functions' own clients with the secret as it would be.
pub(super) async fn tried(settings: &Settings, kind: &Kind, fields: &Fields) -> Verdict {
    let mut settings = settings.clone();
    settings.put(kind.variable, Some(Value::Object(fields.clone()).to_string()));
    match kind.kept {
        Kept::Twilio => carrier(&settings).await,
        Kept::TwilioMain => main_account(&settings, fields).await,
        Kept::Bland => dialler(&settings).await,
        Kept::BlandWebhook => Verdict::Unasked("Bland cannot be asked about it: calls show whether it fits"),
        Kept::Coinbase => facilitator(&settings).await,
        Kept::Node => node(&settings, |payee| matches!(payee, Wallet::Evm { .. })).await,
        Kept::SolanaNode => node(&settings, |payee| matches!(payee, Wallet::Solana { .. })).await,
    }
}

async fn carrier(settings: &Settings) -> Verdict {
    let Some(twilio) = settings.twilio() else { return unfit() };
    match twilio.all_owned(None, ASK).await {
        Ok(_) => Verdict::Taken("Twilio takes it"),
        Err(TwilioError::Account(said)) => Verdict::Refused(format!("Twilio does not take it: {said}")),
        Err(error) => Verdict::Refused(error.to_string()),
    }
}

async fn main_account(settings: &Settings, fields: &Fields) -> Verdict {
    let text = |field: &str| fields.get(field).and_then(Value::as_str).unwrap_or_default();
    let accounts = settings.accounts_as(text("main_api_key"), text("main_api_secret"));
    match accounts.balance(text("main_account_sid"), ASK).await {
        Ok(_) => Verdict::Taken("Twilio says its balance"),
        Err(error) => Verdict::Refused(error.to_string()),
    }
}

async fn dialler(settings: &Settings) -> Verdict {
    let Some(bland) = settings.bland() else { return unfit() };
    match bland.organisation(ASK).await {
        Ok(_) => Verdict::Taken("Bland takes it"),
        Err(error) => Verdict::Refused(error.to_string()),
    }
}

async fn facilitator(settings: &Settings) -> Verdict {
    let Ok(facilitator) = settings.build(Env::facilitator) else { return unfit() };
    match facilitator.takes_us(Invocation::begin().now, ASK).await {
        Ok(true) => Verdict::Taken("the facilitator takes it"),
        Ok(false) => Verdict::Refused("the facilitator does not take it".to_owned()),
        Err(_) => Verdict::Refused("it cannot be signed with, or the facilitator did not answer".to_owned()),
    }
}

/// A node is asked for a balance, which a wrong key does not get, and for what was paid in its last
/// block, as the reaper does.
async fn node(settings: &Settings, is_its: fn(&Wallet) -> bool) -> Verdict {
    let (Ok(nodes), Ok(payees)) = (settings.build(Env::nodes), settings.build(Env::payees)) else { return unfit() };
    let Some(payee) = payees.into_iter().find(is_its) else { return unfit() };
    // One connection that breaks is not its answer.
    if nodes.balance(&payee, ASK).await.is_none() && nodes.balance(&payee, ASK).await.is_none() {
        return Verdict::Refused("the node does not answer with it".to_owned());
    }
    payee::unwatched(&nodes, &payee).await.map_or(Verdict::Taken("the node answers with it"), Verdict::Refused)
}

fn unfit() -> Verdict {
    Verdict::Refused(
        "there is not all that it takes to try it: `dialtone setup --check` says what is missing".to_owned(),
    )
}
