//! The stack itself: made once with the operator's answers, and from then on renewed with whatever
//! its parameters are by then.

use shared::invocation::Invocation;
use shared::store::Pause;

use super::Journey;
use super::release::Release;
use crate::act::Deed;
use crate::aws::{Aws, Parameter, Progress, Template};
use crate::payee;
use crate::setup::{self, Holder};
use crate::terminal::{Answer, Trouble};

/// What functions are kept from using: eight executions for the reaper and two for the refunds; and
/// a hundred that AWS keeps for all.
const RESERVED: u64 = 110;
/// What is kept besides for those who follow calls, and as much again for the MCP server, where
/// `WaitsAtOnce` does not say.
const WAITS: u64 = 200;
/// The parameter that says what the code is built for.
const PROCESSOR: &str = "Architecture";
/// The alarms that take an update back: CloudFormation looks at five at most. What the reaper and
/// the refunds fail at is not among them, since a neighbour's outage is; that they run at all is.
///
/// `docs/decisions.md`: Why are three alarms about one thing?
const WATCHED: [&str; 5] =
    ["NumberFaultAlarm", "CallFaultAlarm", "NumberErrorAlarm", "CallErrorAlarm", "RoundErrorAlarm"];

/// What is noted where a new stack has met an account that owns numbers: since when all selling is
/// paused for that.
///
/// `docs/decisions.md`: Whose is a note that a new stack meets numbers?
const MEETS: &str = "meets_numbers";

/// Base Sepolia, where money is worth nothing.
pub(super) fn test_money() -> Vec<(String, String)> {
    named(&[
        ("Stage", "dev"),
        ("PaymentNetworks", "eip155:84532"),
        ("FacilitatorUrl", "https://x402.org/facilitator"),
        ("FacilitatorAuth", "none"),
        ("EvmRpcUrl", "https://sepolia.base.org"),
    ])
}

/// Base, by Coinbase's facilitator.
pub(super) fn real_money() -> Vec<(String, String)> {
    named(&[
        ("Stage", "prod"),
        ("PaymentNetworks", "eip155:8453"),
        ("FacilitatorUrl", "https://api.cdp.coinbase.com/platform/v2/x402"),
        ("FacilitatorAuth", "cdp"),
    ])
}

fn named(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

impl Journey {
    /// The processor that is meant: the one that is said, or that the stack has its code for
    /// already.
    pub(super) async fn processor(&self) -> Result<Option<String>, Trouble> {
        if let Some(said) = &self.options.architecture {
            return Ok(Some(said.clone()));
        }
        let gone = ["ROLLBACK_COMPLETE", "DELETE_IN_PROGRESS"];
        let state = self.aws.state_of(&self.stack).await?.filter(|state| !gone.contains(&state.status.as_str()));
        let told: Vec<_> = match state {
            Some(_) => {
                self.aws.parameters_of(&self.stack).await?.into_iter().map(|one| (one.name, one.value)).collect()
            }
            None => self.answers.parameters()?,
        };
        Ok(told.into_iter().find(|(name, _)| name == PROCESSOR).map(|(_, value)| value))
    }

    /// Whether there is a stack to go on with. One whose making failed is cleared away: it never
    /// sold anything.
    pub(super) async fn stack_as_it_is(&mut self) -> Result<bool, Trouble> {
        loop {
            let Some(state) = self.aws.state_of(&self.stack).await? else { return Ok(false) };
            match state.status.as_str() {
                "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "UPDATE_ROLLBACK_COMPLETE" | "IMPORT_COMPLETE" => {
                    return Ok(true);
                }
                "ROLLBACK_COMPLETE" => {
                    self.terminal.progress(format!("{} is {}: it is cleared away", self.stack, state.status));
                    self.aws.delete(&state.id).await?;
                    gone(&self.aws, &state.id, |_| {}).await?;
                }
                "DELETE_IN_PROGRESS" => {
                    self.terminal.progress(format!("{} is being deleted: that is waited for", self.stack));
                    gone(&self.aws, &state.id, |_| {}).await?;
                }
                "REVIEW_IN_PROGRESS" => {
                    let why = "is a change set that was never carried out: delete it first";
                    return Err(Trouble(format!("{} {why}", self.stack)));
                }
                // An earlier run may have been left alone with it, and is looked at again once it
                // is over.
                going_on if going_on.ends_with("_IN_PROGRESS") => {
                    self.waited("the stack").await?;
                }
                "DELETE_FAILED" => {
                    let finish = format!("aws cloudformation delete-stack --stack-name {}", self.stack);
                    let why = self.aws.first_failure(&self.stack).await?.unwrap_or_default();
                    return Err(Trouble(format!("{} is half deleted. {why}. Finish that first: {finish}", self.stack)));
                }
                status => {
                    let console = "look at it in CloudFormation's console";
                    return Err(Trouble(format!("{} is {status}: {console}", self.stack)));
                }
            }
        }
    }

    /// The account that holds the numbers, which the stack has to know: found by its name, or made.
    pub(super) async fn account(&mut self, wanted: &[(String, String)]) -> Result<Option<String>, Trouble> {
        let value = |name: &str| wanted.iter().find(|(known, _)| known == name).map(|(_, it)| it.clone());
        self.settings.put("TWILIO_URL", value("TwilioUrl"));
        // Only the one that is said for this deployment: one of the shell's may be the main
        // account.
        self.settings.forget("TWILIO_ACCOUNT_SID");
        self.settings.put("TWILIO_ACCOUNT_SID", value("TwilioAccountSid"));
        let (holder, looked) = setup::account(self.desk(), self.set_up().await).await;
        let Some(Holder { sid, owns }) = holder else {
            self.at_twilio = Some(looked);
            return Ok(None);
        };
        // The stack is made with it: it must not sell if this run ends half way. What an earlier
        // attempt met is not what this one meets.
        self.meets_numbers = owns;
        self.answers.forget(MEETS)?;
        Ok(Some(sid))
    }

    /// Pauses all selling, where a stack is new and its account at Twilio owns numbers: the new
    /// table does not know who leases them, and would sell them. Once: where something was switched
    /// in the table since, another run has done that, or an operator knows why not.
    pub(super) async fn keeps_what_is_leased(&mut self) -> Result<(), Trouble> {
        let state = self.aws.state_of(&self.stack).await?;
        if self.answers.noted(MEETS).is_some() || state.is_none_or(|state| !state.meets_numbers) {
            return Ok(());
        }
        if self.desk().settings.store()?.was_switched().await? {
            return self.note_the_pause().await;
        }
        let (desk, by) = (self.desk(), Invocation::begin());
        let why = "it is new, and its account at Twilio owns numbers, or could not be asked";
        let deed = Deed::begun_as(&desk, format!("pause {}: {why}", self.stack)).await?;
        let store = desk.settings.store()?;
        store.pause_selling(Pause::All, &deed.why(), &by.attempt, by.now).await?;
        deed.ended(true).await?;
        self.terminal.progress(format!("all selling of {} is paused: {why}", self.stack));
        self.note_the_pause().await
    }

    async fn note_the_pause(&mut self) -> Result<(), Trouble> {
        let paused = self.desk().settings.store()?.controls().await?.paused;
        self.answers.note(MEETS, &paused.map(|(_, switched)| switched.since.to_string()).unwrap_or_default())
    }

    /// Why it does not sell, where it was paused for that and still is. Another pause, later, is an
    /// operator's, who knows why.
    pub(super) async fn waits_for_its_table(&self) -> Result<Option<String>, Trouble> {
        let paused = self.desk().settings.store()?.controls().await?.paused;
        let since = paused.map(|(_, switched)| switched.since.to_string());
        Ok((since.is_some() && since == self.answers.noted(MEETS)).then(|| {
            format!(
                "Selling is paused: the account at Twilio owns numbers, or could not be asked, and the table of {} is new and does not \
                 know whose they are. Was a stack deleted, or is this another region? OPERATIONS.md, A stack that was deleted, says how \
                 its table is put back. If no customer leases the numbers: `dialtone resume`, and `dialtone up` again.",
                self.stack
            )
        }))
    }

    /// What is in the way at Twilio.
    pub(super) fn at_twilio(&mut self) -> Answer {
        let looked = self.at_twilio.take().unwrap_or_default();
        looked.and("Nothing was made at AWS yet. Do that, and run `dialtone up` again.").no()
    }

    /// Asks before anything is made, at AWS or at the vendors.
    pub(super) fn agreed(&self, release: &Release, wanted: &[(String, String)]) -> Result<(), Trouble> {
        let known = release.parameters();
        if let Some((name, _)) = wanted.iter().find(|(name, _)| !known.contains(name)) {
            return Err(Trouble(format!("this release has no parameter {name}: look at {}", self.answers.file())));
        }
        let said = |name: &str| wanted.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        self.fit(|name| said(name).or_else(|| release.default_of(name)))?;
        let value = |name: &str| said(name).unwrap_or_default();
        let (account, region, arn) = (&self.who.account, self.aws.region(), &self.who.arn);
        let what = format!("{} is made in account {account}, {region}, with a sub-account at Twilio.", self.stack);
        let paid = format!("{} is paid, on {}.", value("EvmPayee"), value("PaymentNetworks"));
        self.terminal.confirm(&format!("{what} {paid} You are {arn}."))
    }

    /// Refuses parameters of which each is right, and not beside another, also where the template
    /// says that one.
    fn fit<'a>(&self, value: impl Fn(&str) -> Option<&'a str>) -> Result<(), Trouble> {
        payee::together(value).map_err(|why| self.refused(&Trouble(why)))
    }

    /// Makes the stack.
    pub(super) async fn made(
        &mut self,
        release: &Release,
        mut wanted: Vec<(String, String)>,
        sid: String,
    ) -> Result<(), Trouble> {
        let value = |name: &str| wanted.iter().find(|(known, _)| known == name).map(|(_, value)| value);
        let waits = value("WaitsAtOnce").and_then(|waits| waits.parse().ok()).unwrap_or(WAITS);
        let (free, needed) = (self.aws.unreserved().await?, RESERVED.saturating_add(waits.saturating_mul(2)));
        if free < needed && value("ReservedConcurrency").is_none() {
            self.terminal.progress(format!(
                "this account runs {free} functions at once, and {needed} are needed to reserve some, so none are: ask AWS for more \
                 (Service Quotas, Lambda), then `dialtone set ReservedConcurrency=on`"
            ));
            wanted.push(("ReservedConcurrency".to_owned(), "off".to_owned()));
        }
        wanted.retain(|(name, _)| name != "TwilioAccountSid" && name != PROCESSOR);
        wanted.push(("TwilioAccountSid".to_owned(), sid));
        wanted.extend(release.processor().map(|one| (PROCESSOR.to_owned(), one.to_owned())));
        let url = self.uploaded(release).await?;
        let parameters: Vec<_> = wanted.into_iter().map(|(name, value)| Parameter { name, value }).collect();
        let template = Template { url, alarms: Vec::new(), minutes: 0 };
        self.aws
            .create(&self.stack, &template, &parameters, self.meets_numbers)
            .await
            .map_err(|trouble| self.refused(&trouble))?;
        let status = self.waited("the stack").await?;
        if status == "CREATE_COMPLETE" {
            return Ok(());
        }
        let why = self.aws.first_failure(&self.stack).await?.unwrap_or_default();
        let again =
            format!("What was answered is in {}. Run this again: it is cleared away first", self.answers.file());
        Err(Trouble(format!("{} was not made ({status}). {why}. {again}", self.stack)))
    }

    /// What CloudFormation says of an answer, with where the answer is.
    fn refused(&self, trouble: &Trouble) -> Trouble {
        Trouble(format!(
            "{trouble}. What was answered is in {}: change it there, and run this again",
            self.answers.file()
        ))
    }

    /// Gives the stack this release, and keeps every parameter.
    pub(super) async fn renewed(&mut self, release: &Release) -> Result<(), Trouble> {
        let before = self.aws.parameters_of(&self.stack).await?;
        let offered = release.parameters();
        let said = self.said_anew(&before, &offered)?;
        let value = |name: &str| said.iter().chain(&before).find(|one| one.name == name).map(|one| one.value.as_str());
        self.fit(|name| value(name).or_else(|| release.default_of(name)))?;
        // The zips are for one processor, whatever the stack's were for.
        let processor = release.processor().map(|one| Parameter { name: PROCESSOR.to_owned(), value: one.to_owned() });
        let said: Vec<_> = said.into_iter().chain(processor).collect();
        let is_kept = |name: &String| offered.contains(name) && !said.iter().any(|one| one.name == *name);
        let kept: Vec<_> = before.into_iter().map(|one| one.name).filter(is_kept).collect();
        let alarms = if self.options.watch == 0 { Vec::new() } else { self.alarms().await? };
        let url = self.uploaded(release).await?;
        let minutes = if alarms.is_empty() { 0 } else { self.options.watch };
        let template = Template { url, alarms, minutes };
        self.terminal.confirm(&format!("{} gets this release; its parameters stay.", self.stack))?;
        if !self.aws.renew(&self.stack, &template, &kept, &said).await? {
            self.terminal.progress("the stack has this release");
            return Ok(());
        }
        let end = self.ended("the stack").await?;
        if end.status == "UPDATE_COMPLETE" {
            return Ok(());
        }
        let why = self.aws.first_failure(&self.stack).await?.unwrap_or_default();
        Err(Trouble(format!("{} {}. {why}", self.stack, end.undone("release"))))
    }

    /// The file says what the stack was to be made with, and the stack what it is by now. What the
    /// release has that the stack did not have is said by the file alone.
    fn said_anew(&self, before: &[Parameter], offered: &[String]) -> Result<Vec<Parameter>, Trouble> {
        let mut anew = Vec::new();
        for (name, value) in self.answers.parameters()?.into_iter().filter(|(name, _)| name != PROCESSOR) {
            let now = before.iter().find(|one| one.name == name);
            if !offered.contains(&name) {
                let file = self.answers.file();
                self.terminal
                    .progress(format!("{name}, in {file}, is not a parameter of this release: it is left out"));
            } else if now.is_some_and(|one| one.value != value) {
                self.terminal.progress(format!("{name} stays as the stack has it; `dialtone set {name}=…` changes it"));
            } else if now.is_none() {
                anew.push(Parameter { name, value });
            }
        }
        Ok(anew)
    }

    /// The alarms of the stack that say that a release is bad. One that rings already would take
    /// back whatever comes, so it is left out; that, and one that is not there, is said.
    async fn alarms(&self) -> Result<Vec<String>, Trouble> {
        let all = self.aws.alarms_of(&self.stack).await?;
        let mut watched = Vec::new();
        for name in WATCHED {
            match all.iter().find(|alarm| alarm.logical == name) {
                Some(alarm) if alarm.rings => {
                    self.terminal.progress(format!("{name} rings already, so it will not take this release back"));
                }
                Some(alarm) => watched.push(alarm.arn.clone()),
                None => {
                    let said = format!("{} has no {name}, so it will not take this release back", self.stack);
                    self.terminal.progress(said);
                }
            }
        }
        if watched.is_empty() {
            self.terminal.progress("no alarm will take this release back: watch it yourself");
        }
        Ok(watched)
    }

    /// Puts the release into the account's bucket, and says where its template is.
    async fn uploaded(&self, release: &Release) -> Result<String, Trouble> {
        let account = &self.who.account;
        let bucket = format!("dialtone-{account}-{}", self.aws.region());
        self.aws.ready_bucket(&bucket, account).await?;
        let all = release.files().len();
        for (place, (name, bytes)) in (1..).zip(release.files()) {
            let new = self.aws.put(&bucket, account, &name, bytes).await?;
            self.terminal.progress(format!("zip {place} of {all} {}", if new { "uploaded" } else { "is there" }));
        }
        let (name, template) = release.template_in(&bucket);
        self.aws.put(&bucket, account, &name, template.as_bytes()).await?;
        Ok(self.aws.place_of(&bucket, &name))
    }

    async fn waited(&self, what: &str) -> Result<String, Trouble> {
        Ok(self.ended(what).await?.status)
    }

    /// Waits until CloudFormation is done with the stack.
    async fn ended(&self, what: &str) -> Result<Progress, Trouble> {
        let mut told = String::new();
        let end = self.aws.wait_for(&self.stack, |progress| {
            if told != progress.status {
                told.clone_from(&progress.status);
                self.terminal.progress(format!("{what}: {told} (it goes on if you stop watching; run this again)"));
            }
        });
        end.await
    }
}

/// Waits until a stack is gone.
pub(crate) async fn gone(aws: &Aws, id: &str, mut told: impl FnMut(&str)) -> Result<(), Trouble> {
    loop {
        match aws.state_of(id).await? {
            None => return Ok(()),
            Some(state) if state.status == "DELETE_COMPLETE" => return Ok(()),
            Some(state) if state.status == "DELETE_IN_PROGRESS" => told(&state.status),
            Some(state) => {
                let why = aws.first_failure(id).await?.unwrap_or_default();
                return Err(Trouble(format!("it is {}: {why}", state.status)));
            }
        }
        tokio::time::sleep(crate::aws::STEP).await;
    }
}
