//! What can be typed about keys.

use std::path::PathBuf;

use clap::{Args as Group, ValueEnum};

#[derive(Group)]
pub(crate) struct Secrets {
    /// Which key.
    #[arg(value_enum)]
    pub(crate) name: Kept,
    /// The new one in a file, as a JSON object of its fields, or Coinbase's `cdp_api_key.json`; `-`
    /// is standard input. Otherwise it is asked for, and not shown.
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
    /// The one before comes back, which AWS keeps until the secret is changed again.
    #[arg(long, conflicts_with = "from")]
    pub(crate) back: bool,
    /// Although the vendor does not take it, or does not answer.
    #[arg(long)]
    pub(crate) anyway: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Kept {
    /// Twilio's API key of the account that holds the numbers.
    Twilio,
    /// Twilio's API key of the main account, which the balance is asked for with.
    TwilioMain,
    /// Bland's API key.
    Bland,
    /// What Bland signs its webhooks with.
    BlandWebhook,
    /// The key of Coinbase's facilitator.
    Coinbase,
    /// The key of the EVM node.
    Node,
    /// The key of the Solana node.
    SolanaNode,
}
