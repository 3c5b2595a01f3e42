//! `dialtone`: what the operator of a deployment needs. It sets the vendors up, says what became of
//! a payment, a call, a number or a wallet, what is stuck and what the stock costs, and steps in
//! where a person has to.
//!
//! It changes the table by the store's own arrows and the vendors by the library's own clients, so
//! that nothing it does is a state that the functions do not know.

mod act;
mod args;
mod aws;
mod books;
mod down;
mod find;
mod payee;
mod settings;
mod setup;
mod show;
mod smoke;
mod terminal;
mod up;
mod words;

use std::process::ExitCode;

use clap::Parser as _;
use shared::invocation::Invocation;

use args::{Args, Command, Deployment};
use settings::Settings;
use terminal::{Answer, Terminal, Trouble};

/// Everything a command has to do with.
struct Desk {
    settings: Settings,
    terminal: Terminal,
    /// Why something is to be changed.
    because: Option<String>,
    /// When this command was given.
    invocation: Invocation,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args = Args::parse();
    let terminal = Terminal::new(&args);
    terminal::init_log();
    match run(args, terminal.clone()).await {
        Ok(answer) => terminal.print(&answer),
        Err(trouble) => terminal.complain(&trouble),
    }
}

async fn run(args: Args, terminal: Terminal) -> Result<Answer, Trouble> {
    // That of `up` may not be there yet.
    let stack = args.deployment.stack.clone().filter(|_| !matches!(args.command, Command::Up(_)));
    let settings = Settings::gather(&Deployment { stack, ..args.deployment.clone() }).await?;
    let of = |name: &str| settings.get(name).unwrap_or("not said").to_owned();
    let (table, region) = (of("TABLE_NAME"), of("AWS_REGION"));
    let desk = Desk { settings, terminal, because: args.because, invocation: Invocation::begin() };
    let done = match args.command {
        Command::Payment(meant) => show::payment(&desk, meant).await,
        Command::Call(call) => show::call(&desk, call).await,
        Command::Number { number } => show::number(&desk, &number).await,
        Command::Wallet(wallet) => show::wallet(&desk, wallet).await,
        Command::Stuck => show::stuck(&desk).await,
        Command::Stock => show::stock(&desk).await,
        Command::Voices => show::voices(&desk).await,
        Command::Rates(asked) => show::rates(&desk, asked).await,
        Command::Calls(asked) => show::calls(&desk, asked).await,
        Command::Top(asked) => show::top(&desk, asked).await,
        Command::Margin(asked) => show::margin(&desk, asked).await,
        Command::Blocked => show::blocked(&desk).await,
        Command::Hangup { id } => act::hang_up(&desk, &id).await,
        Command::Tail(asked) => show::tail(&desk, asked).await,
        Command::Books(asked) => books::month(&desk, asked).await,
        Command::Audit(asked) => books::trail(&desk, asked).await,
        Command::Retry(meant) => act::retry(&desk, meant).await,
        Command::Refund(meant) => act::refund(&desk, meant).await,
        Command::Release { number } => act::release(&desk, &number).await,
        Command::Block { target } => act::block(&desk, target).await,
        Command::Unblock { target } => act::unblock(&desk, target).await,
        Command::Erase(erase) => act::erase(&desk, erase).await,
        Command::Hold(hold) => act::hold(&desk, hold).await,
        Command::Pause(pausing) => act::pause(&desk, pausing).await,
        Command::Resume(resuming) => act::resume(&desk, resuming).await,
        Command::Set(set) => act::set(&desk, &set).await,
        Command::Secrets(asked) => act::secrets(&desk, &asked).await,
        Command::Setup(setup) => setup::setup(desk, setup).await,
        Command::Up(up) => up::up(desk, &args.deployment, up).await,
        Command::Down(down) => down::down(&desk, &down).await,
        Command::Smoke(smoke) => smoke::smoke(&desk, &smoke).await,
    };
    done.map_err(|trouble| placed(trouble, &table, &region))
}

/// What the table says no to, with which table that was and where: a wrong one is found by that.
fn placed(Trouble(why): Trouble, table: &str, region: &str) -> Trouble {
    Trouble(if why.starts_with("the table: ") { format!("{why} (the table {table}, in {region})") } else { why })
}

#[cfg(test)]
mod tests {
    use super::placed;
    use crate::terminal::Trouble;

    #[test]
    fn a_table_that_says_no_is_named_with_its_region() {
        let said = |why: &str| placed(Trouble::new(why), "acme-Table-1", "eu-west-1").0;
        assert_eq!(
            said("the table: DynamoDB: no such table"),
            "the table: DynamoDB: no such table (the table acme-Table-1, in eu-west-1)"
        );
        assert_eq!(said("there is no stack acme"), "there is no stack acme");
    }
}
