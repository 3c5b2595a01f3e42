//! The stack itself: made once with the operator's answers, and from then on renewed with whatever its parameters are by then.

use super::Journey;
use super::release::Release;
use crate::aws::{Aws, Parameter, Template};
use crate::setup;
use crate::terminal::{Answer, Trouble};

/// What a function may be kept from using: eight executions for the reaper, two for the refunds, two hundred for those who follow
/// calls; and a hundred that AWS keeps for all.
const RESERVED: u64 = 310;
/// Resources whose alarms take an update back.
const WATCHED: [&str; 2] = ["FaultAlarm", "ErrorAlarm"];

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
    /// Whether there is a stack to go on with. One whose making failed is cleared away: it never sold anything.
    pub(super) async fn stack_as_it_is(&mut self) -> Result<bool, Trouble> {
        let Some(state) = self.aws.state_of(&self.stack).await? else { return Ok(false) };
        match state.status.as_str() {
            "ROLLBACK_COMPLETE" => {
                self.terminal.progress(format!("{} is {}: it is cleared away", self.stack, state.status));
                self.aws.delete(&state.id).await?;
                gone(&self.aws, &state.id, |_| {}).await?;
                Ok(false)
            }
            "REVIEW_IN_PROGRESS" => {
                Err(Trouble(format!("{} is a change set that was never carried out: delete it first", self.stack)))
            }
            _ => {
                // An earlier run may have been left alone with it.
                self.waited("the stack").await?;
                self.stack_is_well().await
            }
        }
    }

    async fn stack_is_well(&self) -> Result<bool, Trouble> {
        let Some(state) = self.aws.state_of(&self.stack).await? else { return Ok(false) };
        match state.status.as_str() {
            "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "UPDATE_ROLLBACK_COMPLETE" | "IMPORT_COMPLETE" => Ok(true),
            status => Err(Trouble(format!("{} is {status}: look at it in CloudFormation's console", self.stack))),
        }
    }

    /// The account that holds the numbers, which the stack has to know: found by its name, or made.
    pub(super) async fn account(&mut self, wanted: &[(String, String)]) -> Result<Option<String>, Trouble> {
        let value = |name: &str| wanted.iter().find(|(known, _)| known == name).map(|(_, it)| it.clone());
        self.settings.put("TWILIO_URL", value("TwilioUrl"));
        self.settings.put("TWILIO_ACCOUNT_SID", value("TwilioAccountSid"));
        let (sid, looked) = setup::account(self.desk(), self.set_up().await).await;
        if sid.is_none() {
            self.at_twilio = Some(looked);
        }
        Ok(sid)
    }

    /// What is in the way at Twilio.
    pub(super) fn at_twilio(&mut self) -> Answer {
        let looked = self.at_twilio.take().unwrap_or_default();
        looked.and("Nothing was made at AWS yet. Do that, and run `dialtone up` again.").no()
    }

    /// Makes the stack.
    pub(super) async fn made(
        &mut self,
        release: &Release,
        mut wanted: Vec<(String, String)>,
        sid: String,
    ) -> Result<(), Trouble> {
        let free = self.aws.unreserved().await?;
        if free < RESERVED && !wanted.iter().any(|(name, _)| name == "ReservedConcurrency") {
            self.terminal.progress(format!(
                "this account runs {free} functions at once, so none are reserved: ask AWS for 1,000 (Service Quotas, Lambda), \
                 then `dialtone set ReservedConcurrency=on`"
            ));
            wanted.push(("ReservedConcurrency".to_owned(), "off".to_owned()));
        }
        wanted.retain(|(name, _)| name != "TwilioAccountSid");
        wanted.push(("TwilioAccountSid".to_owned(), sid));
        let known = release.parameters();
        if let Some((name, _)) = wanted.iter().find(|(name, _)| !known.contains(name)) {
            return Err(Trouble(format!(
                "this release has no parameter {name}: look at {}",
                self.options.file.display()
            )));
        }
        let what = format!("{} is made in account {}, {}.", self.stack, self.who.account, self.aws.region());
        self.terminal.confirm(&format!("{what} You are {}.", self.who.arn))?;
        let url = self.uploaded(release).await?;
        let parameters: Vec<_> = wanted.into_iter().map(|(name, value)| Parameter { name, value }).collect();
        let template = Template { url, alarms: Vec::new(), minutes: 0 };
        self.aws.create(&self.stack, &template, &parameters).await?;
        let status = self.waited("the stack").await?;
        if status == "CREATE_COMPLETE" {
            return Ok(());
        }
        let why = self.aws.first_failure(&self.stack).await?.unwrap_or_default();
        Err(Trouble(format!("{} was not made ({status}). {why}. Run this again: it is cleared away first", self.stack)))
    }

    /// Gives the stack this release, and keeps every parameter.
    pub(super) async fn renewed(&mut self, release: &Release) -> Result<(), Trouble> {
        let url = self.uploaded(release).await?;
        let before = self.aws.parameters_of(&self.stack).await?;
        self.says_what_differs(&before);
        let offered = release.parameters();
        let kept: Vec<_> = before.into_iter().map(|one| one.name).filter(|name| offered.contains(name)).collect();
        let alarms = if self.options.watch == 0 { Vec::new() } else { self.alarms().await? };
        let template = Template { url, alarms, minutes: self.options.watch };
        self.terminal.confirm(&format!("{} gets this release; its parameters stay.", self.stack))?;
        if !self.aws.renew(&self.stack, &template, &kept).await? {
            self.terminal.progress("the stack has this release");
            return Ok(());
        }
        let status = self.waited("the stack").await?;
        if status == "UPDATE_COMPLETE" {
            return Ok(());
        }
        let why = self.aws.first_failure(&self.stack).await?.unwrap_or_default();
        Err(Trouble(format!("{} is as it was: CloudFormation took the release back ({status}). {why}", self.stack)))
    }

    /// The file says what the stack was to be made with, and the stack what it is by now.
    fn says_what_differs(&self, before: &[Parameter]) {
        for (name, value) in self.answers.parameters() {
            if before.iter().any(|one| one.name == name && one.value != value) {
                self.terminal.progress(format!("{name} stays as the stack has it; `dialtone set {name}=…` changes it"));
            }
        }
    }

    /// The alarms of the stack that say that a release is bad.
    async fn alarms(&self) -> Result<Vec<String>, Trouble> {
        let all = self.aws.resources_of(&self.stack, "AWS::CloudWatch::Alarm").await?;
        let ours = all.into_iter().filter(|(logical, _)| WATCHED.contains(&logical.as_str()));
        let partition = self.who.arn.split(':').nth(1).unwrap_or("aws").to_owned();
        let (region, account) = (self.aws.region(), &self.who.account);
        Ok(ours.map(|(_, name)| format!("arn:{partition}:cloudwatch:{region}:{account}:alarm:{name}")).collect())
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

    /// Waits until CloudFormation is done with the stack.
    async fn waited(&self, what: &str) -> Result<String, Trouble> {
        let mut told = String::new();
        let end = self.aws.wait_for(&self.stack, |progress| {
            if told != progress.status {
                told.clone_from(&progress.status);
                self.terminal.progress(format!("{what}: {told} (it goes on if you stop watching; run this again)"));
            }
        });
        Ok(end.await?.status)
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
