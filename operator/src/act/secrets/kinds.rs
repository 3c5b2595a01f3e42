//! Which keys there are to be replaced, what each consists of, and how it is given.

use std::path::PathBuf;

use serde_json::Value;

use super::Fields;
use crate::Desk;
use crate::args::Kept;
use crate::settings::Settings;
use crate::smoke::contents;
use crate::terminal::Trouble;
use crate::up::forms;

/// A key that can be replaced.
pub(super) struct Kind {
    pub(super) kept: Kept,
    /// As it is typed.
    pub(super) name: &'static str,
    /// As it stands in a sentence.
    pub(super) words: &'static str,
    /// The variable that says where its secret is.
    pub(super) variable: &'static str,
    /// Its fields in that secret, and what each of them is.
    pub(super) fields: &'static [(&'static str, &'static str)],
}

const TWILIO: &str = "TWILIO_SECRET";
const BLAND: &str = "BLAND_SECRET";
const PAYMENTS: &str = "PAYMENT_SECRET";

impl Kind {
    pub(super) const fn of(kept: Kept) -> Self {
        let (name, words, variable) = match kept {
            Kept::Twilio => ("twilio", "Twilio's key", TWILIO),
            Kept::TwilioMain => ("twilio-main", "The key that asks for Twilio's balance", TWILIO),
            Kept::Bland => ("bland", "Bland's key", BLAND),
            Kept::BlandWebhook => ("bland-webhook", "What Bland signs its webhooks with", BLAND),
            Kept::Coinbase => ("coinbase", "The key of Coinbase's facilitator", PAYMENTS),
            Kept::Node => ("node", "The key of the EVM node", PAYMENTS),
            Kept::SolanaNode => ("solana-node", "The key of the Solana node", PAYMENTS),
        };
        let fields: &[(&str, &str)] = match kept {
            Kept::Twilio => &[
                ("api_key", "SID of an API key of the sub-account that holds the numbers (SK…)"),
                ("api_secret", "That key's secret"),
            ],
            Kept::TwilioMain => &[
                ("main_account_sid", "SID of the main account (AC…)"),
                ("main_api_key", "SID of an API key of the main account (SK…)"),
                ("main_api_secret", "That key's secret"),
            ],
            Kept::Bland => &[("api_key", "Bland's API key")],
            Kept::BlandWebhook => &[("webhook_secret", "What Bland signs its webhooks with")],
            Kept::Coinbase => &[("cdp_api_key_id", "Id of the CDP API key"), ("cdp_api_key_secret", "Its secret")],
            Kept::Node => &[("evm_rpc_key", "What {key} stands for in EvmRpcUrl")],
            Kept::SolanaNode => &[("solana_rpc_key", "What {key} stands for in SolanaRpcUrl")],
        };
        Self { kept, name, words, variable, fields }
    }

    /// What its fields are called.
    pub(super) fn names(&self) -> Vec<&'static str> {
        self.fields.iter().map(|(field, _)| *field).collect()
    }

    /// Whether this deployment has a use for it.
    pub(super) fn is_used(&self, settings: &Settings) -> Result<(), Trouble> {
        let has_key = |url: &str| settings.get(url).is_some_and(|url| url.contains("{key}"));
        let (is_used, why) = match self.kept {
            Kept::Coinbase => (
                settings.get("FACILITATOR_AUTH") == Some("cdp"),
                "its facilitator asks for no key (FacilitatorAuth is not cdp)",
            ),
            Kept::Node => (has_key("EVM_RPC_URL"), "EvmRpcUrl has no {key}: `dialtone set EvmRpcUrl=…` changes it"),
            Kept::SolanaNode => {
                (has_key("SOLANA_RPC_URL"), "SolanaRpcUrl has no {key}: `dialtone set SolanaRpcUrl=…` changes it")
            }
            Kept::Twilio | Kept::TwilioMain | Kept::Bland | Kept::BlandWebhook => (true, ""),
        };
        if is_used { Ok(()) } else { Err(Trouble(format!("this deployment has no use for it: {why}"))) }
    }

    /// The new one: of a file, or typed. Nothing of what is wrong with it is repeated.
    pub(super) fn given(&self, desk: &Desk, file: Option<&PathBuf>) -> Result<Fields, Trouble> {
        let given = match file {
            Some(file) => self.in_file(file)?,
            None => self.typed(desk)?,
        };
        for (field, value) in &given {
            let text = value.as_str().unwrap_or_default();
            // The secret of Coinbase's key may be a file's text with line breaks.
            if text.is_empty() || *field != "cdp_api_key_secret" && !is_one_word(text) {
                return Err(Trouble(format!("{field} is not one word")));
            }
        }
        Ok(given)
    }

    fn typed(&self, desk: &Desk) -> Result<Fields, Trouble> {
        let one = |(field, words): &(&str, &str)| {
            Ok(((*field).to_owned(), Value::from(desk.terminal.secret(words)?.replace("\\n", "\n"))))
        };
        self.fields.iter().map(one).collect()
    }

    /// A JSON object of its fields; for Coinbase's, the file that its portal gives out will do.
    fn in_file(&self, file: &PathBuf) -> Result<Fields, Trouble> {
        let (text, place) = (contents(file)?, file.display().to_string());
        if self.kept == Kept::Coinbase
            && let Ok((id, secret)) = forms::coinbase_in(&text, &place)
        {
            let both = [("cdp_api_key_id", id), ("cdp_api_key_secret", secret)];
            return Ok(both.into_iter().map(|(field, value)| (field.to_owned(), Value::from(value))).collect());
        }
        let wanted = || Trouble(format!("{place} is not a JSON object of {}", self.names().join(" and ")));
        let given: Fields = serde_json::from_str(&text).map_err(|_| wanted())?;
        let is_whole = given.len() == self.fields.len()
            && given.iter().all(|(field, value)| self.names().contains(&field.as_str()) && value.is_string());
        if is_whole { Ok(given) } else { Err(wanted()) }
    }
}

fn is_one_word(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::{Kept, Kind};

    #[test]
    fn each_key_is_found_by_its_name_and_no_field_is_anothers() {
        use clap::ValueEnum as _;
        let mut fields = Vec::new();
        for kept in Kept::value_variants() {
            let kind = Kind::of(*kept);
            let typed = kept.to_possible_value().map(|it| it.get_name().to_owned());
            assert_eq!((kind.kept, Some(kind.name)), (*kept, typed.as_deref()));
            fields.extend(kind.names().into_iter().map(|field| (kind.variable, field)));
        }
        let count = fields.len();
        fields.sort_unstable();
        fields.dedup();
        assert_eq!(fields.len(), count);
    }
}
