//! A stack as it is made, made anew and deleted: from a template in the bucket, with parameters
//! that are said or keep their value. The transform in the template is CloudFormation's own affair.
//!
//! `docs/decisions.md`: Why is a release not let out to a tenth of the requests first?

use std::collections::BTreeMap;

use super::query::{members, parsed, text};
use super::stack::CAPABILITIES;
use super::{Aws, Parameter};
use crate::terminal::Trouble;

/// The state of a stack.
#[derive(Clone, Debug)]
pub(crate) struct State {
    /// Its id, by which a stack that is gone is still known.
    pub(crate) id: String,
    /// As CloudFormation calls it.
    pub(crate) status: String,
    /// It was made by this command, and its account at Twilio owned numbers by then.
    pub(crate) meets_numbers: bool,
}

/// The template that a stack is made from.
pub(crate) struct Template {
    pub(crate) url: String,
    /// Alarms that take an update back while it goes on, and for some minutes after it.
    pub(crate) alarms: Vec<String>,
    pub(crate) minutes: u16,
}

/// What all that belongs to a stack is tagged with when it is made, so that a bill can be read by
/// it.
const TAG: (&str, &str) = ("Application", "dialtone");
/// The tag that says that a new stack met numbers: it is there with the stack, also where the
/// answer to `CreateStack` was lost, and from whichever folder it is gone on with.
const MEETS: (&str, &str) = ("MeetsNumbers", "yes");

impl Aws {
    /// How a stack stands; nothing, where there is none.
    pub(crate) async fn state_of(&self, stack: &str) -> Result<Option<State>, Trouble> {
        let told = match self.described(stack).await {
            Ok(told) => told,
            Err(Trouble(why)) if why.contains("does not exist") => return Ok(None),
            Err(trouble) => return Err(trouble),
        };
        let told = parsed(&told)?;
        let root = told.root_element();
        let meets_numbers = members(root, "Tags").any(|tag| text(tag, "Key") == MEETS.0);
        Ok(Some(State { id: text(root, "StackId"), status: text(root, "StackStatus"), meets_numbers }))
    }

    /// What a stack says of itself.
    pub(crate) async fn outputs_of(&self, stack: &str) -> Result<BTreeMap<String, String>, Trouble> {
        let told = self.described(stack).await?;
        let told = parsed(&told)?;
        let output = |member| (text(member, "OutputKey"), text(member, "OutputValue"));
        Ok(members(told.root_element(), "Outputs").map(output).collect())
    }

    /// Makes a stack, and says in it whether it meets numbers. What is not said has its default.
    pub(crate) async fn create(
        &self,
        stack: &str,
        template: &Template,
        parameters: &[Parameter],
        meets_numbers: bool,
    ) -> Result<(), Trouble> {
        let mut form = Self::form(stack, template);
        // Only here: an update without tags keeps what a stack has, among them those that an
        // organisation wants to see.
        for (place, (key, value)) in (1..).zip([TAG].into_iter().chain(meets_numbers.then_some(MEETS))) {
            form.push((format!("Tags.member.{place}.Key"), key.to_owned()));
            form.push((format!("Tags.member.{place}.Value"), value.to_owned()));
        }
        for (place, one) in (1..).zip(parameters) {
            form.push((format!("Parameters.member.{place}.ParameterKey"), one.name.clone()));
            form.push((format!("Parameters.member.{place}.ParameterValue"), one.value.clone()));
        }
        self.cloudformation("CreateStack", &form).await.map(drop)
    }

    /// Gives a stack another template. All parameters of `kept` keep their value, and those of
    /// `said` get one. False, where nothing would change.
    pub(crate) async fn renew(
        &self,
        stack: &str,
        template: &Template,
        kept: &[String],
        said: &[Parameter],
    ) -> Result<bool, Trouble> {
        let mut form = Self::form(stack, template);
        for (place, name) in (1..).zip(kept) {
            form.push((format!("Parameters.member.{place}.ParameterKey"), name.clone()));
            form.push((format!("Parameters.member.{place}.UsePreviousValue"), "true".to_owned()));
        }
        for (place, one) in (kept.len() + 1..).zip(said) {
            form.push((format!("Parameters.member.{place}.ParameterKey"), one.name.clone()));
            form.push((format!("Parameters.member.{place}.ParameterValue"), one.value.clone()));
        }
        self.updated(form, &template.alarms, template.minutes).await
    }

    /// Updates a stack under the eyes of these alarms, and of no others. CloudFormation keeps those
    /// of the update before, and would let them take this one back, unless it is told which: none
    /// is a list, too. False, where nothing would change.
    pub(super) async fn updated(
        &self,
        mut form: Vec<(String, String)>,
        alarms: &[String],
        minutes: u16,
    ) -> Result<bool, Trouble> {
        const TRIGGERS: &str = "RollbackConfiguration.RollbackTriggers";
        for (place, alarm) in (1..).zip(alarms) {
            let at = |part: &str| format!("{TRIGGERS}.member.{place}.{part}");
            form.push((at("Arn"), alarm.clone()));
            form.push((at("Type"), "AWS::CloudWatch::Alarm".to_owned()));
        }
        if alarms.is_empty() {
            // As the query protocol writes a list that is empty.
            form.push((TRIGGERS.to_owned(), String::new()));
        }
        form.push(("RollbackConfiguration.MonitoringTimeInMinutes".to_owned(), minutes.to_string()));
        match self.cloudformation("UpdateStack", &form).await {
            Ok(_) => Ok(true),
            Err(Trouble(why)) if why.contains("No updates are to be performed") => Ok(false),
            Err(trouble) => Err(trouble),
        }
    }

    fn form(stack: &str, template: &Template) -> Vec<(String, String)> {
        let mut form =
            vec![("StackName".to_owned(), stack.to_owned()), ("TemplateURL".to_owned(), template.url.clone())];
        for (place, capability) in (1..).zip(CAPABILITIES) {
            form.push((format!("Capabilities.member.{place}"), capability.to_owned()));
        }
        form
    }

    /// Begins to delete a stack, but for what its template keeps.
    pub(crate) async fn delete(&self, id: &str) -> Result<(), Trouble> {
        self.cloudformation("DeleteStack", &[("StackName".to_owned(), id.to_owned())]).await.map(drop)
    }
}
