//! What can be typed. The words here are the help.

mod calls;
mod ledger;
mod secrets;

use std::path::PathBuf;

use clap::{Args as Group, Parser, Subcommand};
use shared::types::Country;

pub(crate) use calls::{By, Calls, Dialled, Margin, Tail, Time, Top};
pub(crate) use ledger::{Audit, Books};
pub(crate) use secrets::{Kept, Secrets};

/// Set a Dialtone deployment up, look into it, and step in.
///
/// Exit codes: 0 it is done, or all is well; 1 no (nothing found, something missing or stuck,
/// refused); 2 it could not be tried or could not be finished.
#[derive(Parser)]
#[command(name = "dialtone", version, propagate_version = false)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) deployment: Deployment,
    /// One JSON document instead of tables and sentences.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Phone numbers in full. Without it those that you did not type yourself are masked.
    #[arg(long, global = true)]
    pub(crate) full: bool,
    /// Why, for the record: whatever changes something wants to know it.
    #[arg(long, global = true, value_name = "REASON")]
    pub(crate) because: Option<String>,
    /// Do not ask before something is changed.
    #[arg(long, global = true)]
    pub(crate) yes: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The deployment that is meant. Whatever is not found here is taken from the environment, under
/// the names that the functions use (TABLE_NAME, TWILIO_ACCOUNT_SID, ...).
#[derive(Clone, Group)]
pub(crate) struct Deployment {
    /// The CloudFormation stack, by its exact name: its functions say which table, networks,
    /// accounts and secrets there are.
    #[arg(long, global = true, value_name = "NAME", env = "DIALTONE_STACK")]
    pub(crate) stack: Option<String>,
    /// The world of `cargo local` that runs on this machine, by the facts that it has left. Nothing
    /// of the environment counts then.
    #[arg(
        long, global = true, value_name = "FACTS", num_args = 0..=1, require_equals = true,
        default_missing_value = "target/local/world.json", conflicts_with_all = ["stack", "table"]
    )]
    pub(crate) local: Option<PathBuf>,
    /// The table, where there is no stack.
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) table: Option<String>,
    /// AWS region. Otherwise AWS_REGION, or the profile's.
    #[arg(long, global = true, value_name = "REGION")]
    pub(crate) region: Option<String>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// What became of a payment.
    Payment(Meant),
    /// What became of a call.
    Call(Call),
    /// In whose hands a number is: here, at the carrier and at the dialler.
    Number {
        /// E.164, such as +14155551234.
        number: String,
    },
    /// What a wallet has, owes and is owed.
    Wallet(Wallet),
    /// What is unfinished or overdue, and why. Exit code 1 if there is something to look at.
    Stuck,
    /// Numbers by country: idle, leased, and what they cost a month.
    Stock,
    /// The dialler's voices that a call can be sold with, as the table `shared/data/voices.tsv`.
    /// Exit code 1 if this build has another one.
    Voices,
    /// What a minute to a number costs at the carrier, as the table `shared/data/rates.tsv`. Exit
    /// code 1 if this build has another one.
    Rates(Rates),
    /// Calls: of a wallet, to or from a number, those that run, or those of some time.
    Calls(Calls),
    /// Who calls most: wallets, destinations or prefixes, with what they bring and cost. Reads the
    /// whole table.
    Top(Top),
    /// What calls have brought and cost, and which have lost most. Reads the whole table.
    Margin(Margin),
    /// Wallets that are refused, and how many people are not called. Reads the whole table.
    Blocked,
    /// What the functions write, as it is written.
    Tail(Tail),
    /// A month's revenue, refunds, costs and what is left, from the books.
    Books(Books),
    /// What operators have done by hand: who, when, what and why.
    Audit(Audit),
    /// Carries one sale, or one refund, on to its end now, as the reaper does every minute.
    Retry(Meant),
    /// Gives back what a delivered sale was paid with. It goes back once, and all of it; what was
    /// sold stays sold.
    Refund(Meant),
    /// Gives an idle number back to the carrier.
    Release {
        /// E.164, such as +14155551234.
        number: String,
    },
    /// Refuses a wallet, or keeps a number from being called.
    Block {
        #[command(subcommand)]
        target: Target,
    },
    /// Takes a `block` back.
    Unblock {
        #[command(subcommand)]
        target: Target,
    },
    /// Erases what is kept of calls that are over: what was said, the summary, the callee's number.
    /// The sale stays for the books.
    Erase(Erase),
    /// Keeps a call from being deleted or erased, as for a court, or with --off lets it go.
    Hold(Hold),
    /// Ends a call that runs.
    Hangup {
        /// Its id: 26 characters.
        id: String,
    },
    /// Stops selling. What was sold goes on.
    Pause(Pausing),
    /// Sells again.
    Resume(Resuming),
    /// Changes parameters of a stack, such as DailyCallBudget=4000, and nothing else: it needs no
    /// checkout and no build. Without any it lists them.
    Set(Set),
    /// Replaces a key of a vendor's or a node's: the new one is tried there first, and the one
    /// before can be had back. It needs no checkout.
    Secrets(Secrets),
    /// Sets the vendors up for a deployment, and says what is missing. Safe to run again.
    Setup(Setup),
    /// Deploys a release: from an AWS account and two vendors' keys to the first paid request. Safe
    /// to stop and to run again; with another release it is an update, or the way back.
    Up(Up),
    /// Deletes a stack, after its name was typed, and says what stays.
    Down(Down),
    /// Proves that a deployment sells: pays for a list, and on wish for a call to your own phone.
    Smoke(Smoke),
}

/// Asks eight questions at most, before anything is made. Each answer can also stand in the
/// environment or in `--answers`: CDP_KEY_FILE, EVM_PAYEE, ALARM_EMAIL, NODE_URL, TWILIO_MAIN_SID,
/// TWILIO_MAIN_TOKEN, BLAND_API_KEY, PAYER_KEY.
#[derive(Group)]
pub(crate) struct Up {
    /// The folder of the release: SHA256SUMS, and arm64 or x86_64 with a template and zips.
    /// Otherwise the one where this program is, or where you are.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) release: Option<PathBuf>,
    /// arm64, which is a fifth cheaper, or x86_64. Otherwise the first that the release has.
    #[arg(long, value_name = "PROCESSOR", value_parser = ["arm64", "x86_64"])]
    pub(crate) architecture: Option<String>,
    /// Where answers are noted that are not secret, and parameters of the template can be said
    /// under `[parameters]`.
    #[arg(long, value_name = "FILE", default_value = "dialtone.toml")]
    pub(crate) file: PathBuf,
    /// Answers for a run without a terminal, as TOML; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) answers: Option<PathBuf>,
    /// The private key of the wallet that pays for the first list, in a file.
    #[arg(long, value_name = "FILE")]
    pub(crate) wallet_key: Option<PathBuf>,
    /// Where the API is reached, while its own name does not lead there yet.
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Calls this phone in the end, your own, for $0.54; the wallet that pays buys a number for
    /// $5.00 first.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) call: Option<String>,
    /// Minutes that an update is watched for: it is taken back when the alarms for faults or
    /// failing functions ring meanwhile. 0 when they ring already.
    #[arg(long, value_name = "MINUTES", default_value_t = 10, value_parser = clap::value_parser!(u16).range(..=180))]
    pub(crate) watch: u16,
    /// Minutes that are waited for your confirmation and your money.
    #[arg(long, value_name = "MINUTES", default_value_t = 30)]
    pub(crate) patience: u16,
}

#[derive(Group)]
pub(crate) struct Down {
    /// The stack's name once more, where there is no terminal to type it at.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Although numbers are leased: their wallets lose them.
    #[arg(long)]
    pub(crate) leased_numbers: bool,
    /// Although sales, calls or payments back are not finished, or credit is not spent: they never
    /// will be.
    #[arg(long)]
    pub(crate) unfinished_sales: bool,
    /// Seconds between the pause and the last count, for requests that were let in before: a
    /// function runs for 29 at most.
    #[arg(long, value_name = "SECONDS", default_value_t = 35)]
    pub(crate) grace: u64,
}

#[derive(Group)]
pub(crate) struct Smoke {
    /// The private key of the wallet that pays, in a file; `-` is standard input. Otherwise it is
    /// asked for, and not shown.
    #[arg(long, value_name = "FILE")]
    pub(crate) wallet_key: Option<PathBuf>,
    /// The API, where it is not that of a stack, or not reached under its own name yet.
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Calls this phone too, for $0.54; a wallet that has no number buys one for $5.00.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) call: Option<String>,
}

#[derive(Group)]
pub(crate) struct Rates {
    /// What a number of these countries costs a month instead, as the table
    /// `shared/data/number_prices.tsv`.
    #[arg(long, value_name = "COUNTRY,...", value_delimiter = ',', value_parser = |text: &str| Country::parse(text))]
    pub(crate) numbers: Vec<Country>,
}

#[derive(Subcommand)]
pub(crate) enum Target {
    /// A wallet: an address, or a CAIP-10 account.
    Wallet {
        /// The address.
        address: String,
    },
    /// A number that no wallet may call, such as that of a person who has asked for it.
    Destination {
        /// E.164.
        number: String,
    },
}

#[derive(Group)]
pub(crate) struct Erase {
    #[command(subcommand)]
    pub(crate) target: Erased,
}

#[derive(Subcommand)]
pub(crate) enum Erased {
    /// One call, here and at the dialler.
    Call {
        /// Its id: 26 characters.
        id: String,
    },
    /// All calls to a number: they are looked for through the whole table.
    Destination {
        /// E.164.
        number: String,
    },
}

#[derive(Group)]
pub(crate) struct Hold {
    #[command(subcommand)]
    pub(crate) target: Held,
    /// Lets it go again.
    #[arg(long, global = true)]
    pub(crate) off: bool,
}

#[derive(Subcommand)]
pub(crate) enum Held {
    /// A call that is over.
    Call {
        /// Its id: 26 characters.
        id: String,
    },
}

#[derive(Group)]
pub(crate) struct Pausing {
    /// Also lists and renewals: nothing that is paid for.
    #[arg(long, conflicts_with = "refunds")]
    pub(crate) all: bool,
    /// Stops what goes back to payers, but for what was sent already. Selling stays as it is.
    #[arg(long)]
    pub(crate) refunds: bool,
}

#[derive(Group)]
pub(crate) struct Resuming {
    /// Lets payments go back again that an operator has stopped, or that were stopped because more
    /// was owed than `DailyRefundLimit` on one day: as much as in a day may go back from now on.
    /// Selling stays as it is.
    #[arg(long)]
    pub(crate) refunds: bool,
}

#[derive(Group)]
pub(crate) struct Set {
    /// What the parameter is to be from now on. `NAME=` empties it.
    #[arg(value_name = "NAME=VALUE")]
    pub(crate) changes: Vec<String>,
}

/// A payment, by whatever is known of it.
#[derive(Group)]
#[group(required = true, multiple = true)]
pub(crate) struct Meant {
    /// Its id; or `dt-…` as logs name it; or a transaction that paid it or gave it back; or, with
    /// NONCE, the payer. A transaction, and a `dt-…` of what came to nothing, are looked for
    /// through the whole table.
    #[arg(value_name = "ID|dt-...|TRANSACTION|WALLET")]
    pub(crate) payment: Option<String>,
    /// The nonce that the payer signed.
    #[arg(requires = "payment")]
    pub(crate) nonce: Option<String>,
    /// A file with a payment header as a client sent it; `-` is standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "payment")]
    pub(crate) header: Option<PathBuf>,
}

#[derive(Group)]
pub(crate) struct Call {
    /// Its id: 26 characters.
    pub(crate) id: String,
    /// What was said, too.
    #[arg(long)]
    pub(crate) transcript: bool,
}

#[derive(Group)]
pub(crate) struct Wallet {
    /// An address, or a CAIP-10 account where it is on several networks.
    pub(crate) address: String,
    /// All its payments, too: looked for through the whole table.
    #[arg(long)]
    pub(crate) payments: bool,
}

/// Reads TWILIO_MAIN_SID and TWILIO_MAIN_TOKEN (the main account's SID and Auth Token) and
/// BLAND_API_KEY from the environment, so that no secret stands in a history.
#[derive(Group)]
pub(crate) struct Setup {
    /// Only look: change nothing anywhere.
    #[arg(long)]
    pub(crate) check: bool,
    /// What the sub-account that holds the numbers is called. Otherwise the stack's name, or
    /// "dialtone".
    #[arg(long, value_name = "NAME")]
    pub(crate) account_name: Option<String>,
    /// Buys numbers until so many are idle: the first buyers need not wait, and it is the only way
    /// to see that the account may buy. Each costs a month.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u8).range(..=20))]
    pub(crate) stock: u8,
    /// Makes a new key and a new handle although there are some, and deletes the old key: after the
    /// sub-account's Auth Token was changed, or when one has leaked.
    #[arg(long, conflicts_with = "check")]
    pub(crate) new_keys: bool,
    /// Prints the credentials that it makes, as `deploy/secrets --from -` reads them, instead of
    /// putting them into the stack's secrets. Nothing is remembered then: each time new ones are
    /// made.
    #[arg(long, conflicts_with = "check")]
    pub(crate) print: bool,
    /// Where the API is reached, while its own name does not lead there yet.
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
}
