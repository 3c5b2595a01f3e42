//! Twilio's accounts: the main one, which pays, and the sub-account that holds the numbers. Bland
//! needs the Auth Token of the account that holds them, and the main account's is not asked for.

use shared::upstream::twilio::TwilioError;
use shared::upstream::twilio::account::{Account, Accounts, Status};

use super::{Course, Verdict};
use crate::show::ASK;

/// Whole dollars below which the operator should pay in: some days of a small stock.
const LOW: u64 = 20;

const MAIN: &str = "Twilio account";
const LEASES: &str = "Twilio sub-account";

impl Course {
    /// Twilio as the main account sees it, if that can be used.
    pub(super) async fn main_account(&mut self) -> Option<Accounts> {
        let Some((main, accounts)) = self.main_credentials() else {
            if self.desk.settings.get("TWILIO_ACCOUNT_SID").is_some() {
                self.note(MAIN, "not looked at: TWILIO_MAIN_SID and TWILIO_MAIN_TOKEN are not set");
            } else {
                let next =
                    "Set TWILIO_MAIN_SID and TWILIO_MAIN_TOKEN: both stand on the first page of Twilio's Console.";
                self.missing(MAIN, "there is nothing to reach it with", next);
            }
            return None;
        };
        let account = match accounts.account(&main, ASK).await {
            Ok(account) => account,
            Err(error) => {
                let next = "Look at TWILIO_MAIN_SID and TWILIO_MAIN_TOKEN, and at the account in Twilio's Console.";
                self.missing(MAIN, error.to_string(), next);
                return None;
            }
        };
        if account.status != Status::Active {
            self.missing(
                MAIN,
                "it is suspended or closed, and with it all that belongs to it",
                "Ask Twilio's support why.",
            );
            return None;
        }
        if account.trial {
            let said = "it is on trial: it may own one number, and only verified phones can be called";
            self.missing(MAIN, said, "Upgrade it in Twilio's Console: pay something in.");
        } else {
            self.balance(&accounts, &account).await;
        }
        Some(accounts)
    }

    async fn balance(&mut self, accounts: &Accounts, account: &Account) {
        match accounts.balance(&account.sid, ASK).await {
            Ok((balance, currency)) => {
                let whole: i64 = balance.split('.').next().and_then(|whole| whole.parse().ok()).unwrap_or(0);
                if currency != "USD" {
                    let said =
                        format!("active; {balance} {currency} left, and what is not in dollars is watched by no alarm");
                    self.note(MAIN, said);
                } else if whole < i64::try_from(LOW).unwrap_or(i64::MAX) {
                    let said = format!("active; {balance} {currency} left, which is little");
                    self.missing(
                        MAIN,
                        said,
                        format!("Pay in until more than {LOW} are left, or switch on automatic recharge."),
                    );
                } else {
                    self.ready(MAIN, format!("active; {balance} {currency} left"));
                }
                self.is_watched().await;
            }
            Err(error) => self.note(MAIN, format!("active; its balance is not known ({error})")),
        }
    }

    /// Whether the reaper may ask for the balance, too: the key for it is one of the main
    /// account's, which is not made here, since it could do more than that.
    async fn is_watched(&mut self) {
        if self.desk.settings.get("TWILIO_SECRET").is_none() {
            return;
        }
        let Ok(fields) = self.desk.settings.secret("TWILIO_SECRET").await else { return };
        let fields = fields.unwrap_or_default();
        let has = |name: &str| fields.get(name).and_then(|value| value.as_str()).is_some_and(|value| !value.is_empty());
        if !(has("main_account_sid") && has("main_api_key") && has("main_api_secret")) {
            let next = "Make a key of the main account in Twilio's Console, a restricted one that may read the balance if that is offered, and \
                        give it to `dialtone secrets twilio-main`. Or switch on automatic recharge.";
            let said = "its balance is watched by no alarm: the secret has no key of this account's";
            self.find(MAIN, Verdict::Note, said, Some(next.to_owned()));
        }
    }

    /// The account that holds the numbers: the one that the stack names, or the one of our name,
    /// which is made if there is none.
    pub(super) async fn lease_account(&mut self, main: Option<&Accounts>) -> Option<Account> {
        let main = main?;
        let named = self.desk.settings.get("TWILIO_ACCOUNT_SID").map(str::to_owned);
        let hint = match &named {
            Some(_) => "It has to belong to the main account: look at TwilioAccountSid.",
            None => "Twilio made no sub-account: look at the main account in Twilio's Console, and run this again.",
        };
        let found = match named {
            Some(sid) => main.account(&sid, ASK).await.map(|account| (account, false)),
            None => match self.named_or_made(main).await {
                Ok(found) => Ok(found?),
                Err(error) => Err(error),
            },
        };
        let (account, made) = match found {
            Ok(found) => found,
            Err(error) => {
                self.missing(LEASES, error.to_string(), hint);
                return None;
            }
        };
        let shown = format!("{} ({:?})", account.sid, account.name);
        if account.status != Status::Active {
            self.missing(LEASES, format!("{shown} is suspended or closed"), "Activate it in Twilio's Console.");
            return None;
        }
        if account.owner == account.sid {
            let next =
                "Take it out of TwilioAccountSid and TWILIO_ACCOUNT_SID: then a sub-account is made and deployed with.";
            self.missing(LEASES, "it would be the main account, whose Auth Token Bland would be given", next);
            return None;
        }
        if made {
            self.done(LEASES, format!("{shown} was made"));
        } else {
            self.ready(LEASES, shown);
        }
        if self.desk.settings.get("TWILIO_ACCOUNT_SID").is_none() {
            let next = format!(
                "`dialtone up`; or from the sources `sam deploy --guided`, with TwilioAccountSid={}. Then run this again with --stack.",
                account.sid
            );
            self.missing("deployment", "no stack uses this sub-account yet", next);
            self.desk.settings.put("TWILIO_ACCOUNT_SID", Some(account.sid.clone()));
        }
        Some(account)
    }

    /// Never makes a second one: it is looked for before, and again when the answer is lost.
    async fn named_or_made(&mut self, main: &Accounts) -> Result<Option<(Account, bool)>, TwilioError> {
        let name = self.name();
        if let Some(account) = self.only_one_named(main, &name).await? {
            return Ok(account.map(|account| (account, false)));
        }
        if self.options.check {
            self.missing(
                LEASES,
                format!("there is none of the name {name:?}"),
                "Run this without --check: it makes one.",
            );
            return Ok(None);
        }
        match main.create(&name, ASK).await {
            Ok(account) => Ok(Some((account, true))),
            Err(TwilioError::Unknown) => match self.only_one_named(main, &name).await? {
                Some(account) => Ok(account.map(|account| (account, true))),
                None => Err(TwilioError::Unknown),
            },
            Err(error) => Err(error),
        }
    }

    /// `None` if there is none; `Some(None)` if there are several, which the operator has to choose
    /// from.
    async fn only_one_named(&mut self, main: &Accounts, name: &str) -> Result<Option<Option<Account>>, TwilioError> {
        let mut accounts = main.named(name, ASK).await?;
        // The main account can be called the same.
        accounts.retain(|account| account.owner != account.sid);
        if accounts.len() > 1 {
            let sids: Vec<&str> = accounts.iter().map(|account| account.sid.as_str()).collect();
            let said = format!("there are {} of the name {name:?}: {}", sids.len(), sids.join(", "));
            self.missing(LEASES, said, "Say which one: set TWILIO_ACCOUNT_SID. Close the others in Twilio's Console.");
            return Ok(Some(None));
        }
        Ok(accounts.pop().map(Some))
    }
}
