//! `dialtone setup`: makes what a deployment needs at its vendors, looks at everything that it
//! depends on, and says what is missing and what to do about it.
//!
//! It can be run again, and after it was interrupted anywhere: what is there is found by its name
//! and not made twice, a credential is kept before the one it replaces is given up, and a number
//! that the carrier bills is adopted by the next run.
//!
//! `docs/decisions.md`: Why can setting up be interrupted anywhere?

mod accounts;
mod alarms;
mod keys;
mod law;
mod money;
mod numbers;
mod vault;
mod vendors;

pub(crate) use alarms::untold;
pub(crate) use money::LONGEST_NAME;

use serde_json::{Map, Value, json};
use shared::upstream::twilio::account::Accounts;

use crate::Desk;
use crate::args::Setup;
use crate::show::ASK;
use crate::terminal::{Answer, Trouble};

/// One thing that was looked at.
struct Finding {
    what: &'static str,
    verdict: Verdict,
    said: String,
    next: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// As it should be.
    Ready,
    /// It was not, and now is.
    Done,
    /// Nothing is sold, or something will fail, before the operator has done something.
    Missing,
    /// Worth knowing.
    Note,
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Done => "done",
            Self::Missing => "MISSING",
            Self::Note => "note",
        }
    }
}

/// A set-up on its way.
struct Course {
    desk: Desk,
    options: Setup,
    findings: Vec<Finding>,
    /// Credentials that are printed instead of kept.
    printed: Map<String, Value>,
}

/// `dialtone setup`
pub(crate) async fn setup(desk: Desk, options: Setup) -> Result<Answer, Trouble> {
    let mut course = Course { desk, options, findings: Vec::new(), printed: Map::new() };
    course.begin("the table");
    course.table().await;
    course.begin("Twilio's accounts");
    let main = course.main_account().await;
    let account = course.lease_account(main.as_ref()).await;
    course.begin("Twilio's key for the functions");
    course.function_key(main.as_ref(), account.as_ref()).await?;
    course.begin("Bland");
    course.dialler(account.as_ref()).await?;
    course.begin("where calls may go");
    course.permissions(main.as_ref(), account.as_ref()).await;
    course.begin("numbers");
    course.numbers().await;
    course.begin("money");
    course.payees().await;
    course.refund_wallets().await;
    course.canary().await;
    course.begin("the law");
    course.law();
    course.begin("the API");
    course.api().await;
    course.alarms().await;
    Ok(course.told())
}

/// The account that holds the numbers, before there is a stack.
pub(crate) struct Holder {
    pub(crate) sid: String,
    /// Whether it owns numbers, which another stack may have leased out, or could not be asked.
    pub(crate) owns: bool,
}

/// The account that holds the numbers, before there is a stack; and what was found on the way.
pub(crate) async fn account(desk: Desk, options: Setup) -> (Option<Holder>, Answer) {
    let mut course = Course { desk, options, findings: Vec::new(), printed: Map::new() };
    let main = course.main_account().await;
    let account = course.lease_account(main.as_ref()).await;
    let holder = match account {
        Some(account) => {
            // It has no key yet.
            let own = json!({"api_key": account.sid, "api_secret": account.token});
            course.desk.settings.put("TWILIO_SECRET", Some(own.to_string()));
            course.desk.settings.put("TWILIO_ACCOUNT_SID", Some(account.sid.clone()));
            let owned = match course.desk.settings.twilio() {
                Some(twilio) => twilio.all_owned(None, ASK).await.ok(),
                None => None,
            };
            Some(Holder { sid: account.sid, owns: owned.is_none_or(|(owned, _)| !owned.is_empty()) })
        }
        None => None,
    };
    (holder, course.told())
}

impl Course {
    fn begin(&self, what: &str) {
        self.desk.terminal.progress(format!("looking at {what}"));
    }

    fn ready(&mut self, what: &'static str, said: impl Into<String>) {
        self.find(what, Verdict::Ready, said, None);
    }

    fn done(&mut self, what: &'static str, said: impl Into<String>) {
        self.find(what, Verdict::Done, said, None);
    }

    fn note(&mut self, what: &'static str, said: impl Into<String>) {
        self.find(what, Verdict::Note, said, None);
    }

    fn missing(&mut self, what: &'static str, said: impl Into<String>, next: impl Into<String>) {
        self.find(what, Verdict::Missing, said, Some(next.into()));
    }

    fn find(&mut self, what: &'static str, verdict: Verdict, said: impl Into<String>, next: Option<String>) {
        self.findings.push(Finding { what, verdict, said: said.into(), next });
    }

    async fn table(&mut self) {
        const WHAT: &str = "table";
        let store = match self.desk.settings.store() {
            Ok(store) => store,
            Err(trouble) => {
                let next =
                    "Deploy the stack with the account below as TwilioAccountSid, then run this again with --stack.";
                return self.missing(WHAT, format!("not known ({trouble})"), next);
            }
        };
        match store.controls().await {
            Ok(controls) => match controls.paused {
                Some((_, switched)) => {
                    let said = format!("answers; selling is paused ({})", switched.why);
                    let next = "Once what it is paused for is over: `dialtone resume`.";
                    self.find(WHAT, Verdict::Note, said, Some(next.to_owned()));
                }
                None => self.ready(WHAT, "answers"),
            },
            Err(fault) => {
                self.missing(WHAT, fault.to_string(), "Look at its name, the region, and what you may do there.");
            }
        }
    }

    fn told(self) -> Answer {
        let missing = self.findings.iter().filter(|finding| finding.verdict == Verdict::Missing).count();
        let documents: Vec<Value> = self
            .findings
            .iter()
            .map(|finding| {
                json!({"what": finding.what, "state": finding.verdict.word(), "said": finding.said, "next": finding.next})
            })
            .collect();
        let mut lines: Vec<Vec<String>> = Vec::new();
        for finding in &self.findings {
            lines.push(vec![finding.what.to_owned(), finding.verdict.word().to_owned(), finding.said.clone()]);
            lines.extend(finding.next.iter().map(|next| vec![String::new(), String::new(), format!("→ {next}")]));
        }
        let words = match missing {
            0 => "All is ready.".to_owned(),
            1 => "One thing is missing.".to_owned(),
            more => format!("{more} things are missing."),
        };
        if self.options.print {
            // Only what the next program reads stands in the output.
            for line in &lines {
                self.desk.terminal.progress(line.join("  "));
            }
            let printed = Value::Object(self.printed);
            return Answer::words(printed.clone(), format!("{printed:#}"));
        }
        let mut answer = Answer::default().table(&["what", "state", ""], lines).and(words);
        answer.json = json!({"ready": missing == 0, "findings": documents});
        if missing == 0 { answer } else { answer.no() }
    }

    /// What things of ours are called at the vendors.
    fn name(&self) -> String {
        let named = self.options.account_name.as_deref().or_else(|| self.desk.settings.get("STACK"));
        named.unwrap_or("dialtone").chars().take(64).collect()
    }

    /// Twilio as the main account sees it, if we were given its token.
    fn main_credentials(&self) -> Option<(String, Accounts)> {
        let sid = self.desk.settings.get("TWILIO_MAIN_SID")?;
        let token = self.desk.settings.get("TWILIO_MAIN_TOKEN")?;
        Some((sid.to_owned(), self.desk.settings.accounts_as(sid, token)))
    }
}
