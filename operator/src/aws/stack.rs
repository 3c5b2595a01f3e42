//! A stack, as CloudFormation knows it: what belongs to it, what its parameters are, and how they
//! are changed without touching its template.

use std::time::Duration;

use super::query::{Place, members, parsed, text};
use super::{Aws, PAGES};
use crate::terminal::Trouble;

const VERSION: &str = "2010-05-15";
/// How often it is asked how far an update is, and for how long at most: one with CloudFront in it
/// takes a quarter of an hour, alarms may watch it for three hours, and the way back takes as long
/// as the way there.
pub(crate) const STEP: Duration = Duration::from_secs(3);
const STEPS: u32 = 6_000;
/// What changes a role, and has a transform: the stack that `sam deploy` makes has both.
pub(super) const CAPABILITIES: [&str; 2] = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"];

/// A parameter of a stack, and its value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) value: String,
}

/// The progress of an update.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Progress {
    /// As CloudFormation calls it, such as `UPDATE_IN_PROGRESS`.
    pub(crate) status: String,
    /// Why, where it says so.
    pub(crate) reason: String,
}

impl Progress {
    /// Whether CloudFormation is done, with whatever outcome.
    pub(crate) fn is_over(&self) -> bool {
        !self.status.ends_with("_IN_PROGRESS")
    }

    /// Whether the stack is as it was wanted.
    pub(crate) fn is_well(&self) -> bool {
        ["CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"].contains(&self.status.as_str())
    }

    /// What became of a change that did not come to be: only one that was taken back as a whole has
    /// left nothing.
    pub(crate) fn undone(&self, change: &str) -> String {
        let status = &self.status;
        if status == "UPDATE_ROLLBACK_COMPLETE" {
            return format!("is as it was: CloudFormation took the {change} back ({status})");
        }
        format!(
            "is half changed: CloudFormation could not take the {change} back ({status}); see OPERATIONS.md, A release that is bad, before \
             anything else is changed"
        )
    }
}

impl Aws {
    /// The names of the functions that belong to a stack: no others, whatever they are called.
    pub(super) async fn functions_of(&self, stack: &str) -> Result<Vec<String>, Trouble> {
        let all = self.resources_of(stack, "AWS::Lambda::Function").await?;
        Ok(all.into_iter().map(|(_, physical)| physical).collect())
    }

    /// What belongs to a stack, of one kind: what the template calls it, and what it is called
    /// there.
    pub(crate) async fn resources_of(&self, stack: &str, kind: &str) -> Result<Vec<(String, String)>, Trouble> {
        let (mut found, mut token) = (Vec::new(), None::<String>);
        for _ in 0..PAGES {
            let mut form = vec![("StackName".to_owned(), stack.to_owned())];
            form.extend(token.take().map(|token| ("NextToken".to_owned(), token)));
            let page = self.cloudformation("ListStackResources", &form).await?;
            let page = parsed(&page)?;
            for member in members(page.root_element(), "StackResourceSummaries") {
                let is_there = !text(member, "ResourceStatus").starts_with("DELETE_");
                if is_there && text(member, "ResourceType") == kind {
                    found.push((text(member, "LogicalResourceId"), text(member, "PhysicalResourceId")));
                }
            }
            token = Some(text(page.root_element(), "NextToken")).filter(|token| !token.is_empty());
            if token.is_none() {
                break;
            }
        }
        Ok(found)
    }

    /// The parameters of a stack, in the order of their names.
    pub(crate) async fn parameters_of(&self, stack: &str) -> Result<Vec<Parameter>, Trouble> {
        let told = self.described(stack).await?;
        let told = parsed(&told)?;
        let parameter =
            |member| Parameter { name: text(member, "ParameterKey"), value: text(member, "ParameterValue") };
        let mut all: Vec<_> = members(told.root_element(), "Parameters").map(parameter).collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(all)
    }

    /// Gives some parameters of a stack a new value, and keeps its template and the values of all
    /// others. What CloudFormation then does takes its time. False, where nothing would change.
    pub(crate) async fn update(
        &self,
        stack: &str,
        known: &[Parameter],
        changed: &[Parameter],
    ) -> Result<bool, Trouble> {
        let mut form = vec![("StackName", stack.to_owned()), ("UsePreviousTemplate", "true".to_owned())]
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect::<Vec<_>>();
        for (place, capability) in (1..).zip(CAPABILITIES) {
            form.push((format!("Capabilities.member.{place}"), capability.to_owned()));
        }
        for (place, one) in (1..).zip(known) {
            let at = |part: &str| format!("Parameters.member.{place}.{part}");
            form.push((at("ParameterKey"), one.name.clone()));
            form.push(match changed.iter().find(|change| change.name == one.name) {
                Some(change) => (at("ParameterValue"), change.value.clone()),
                None => (at("UsePreviousValue"), "true".to_owned()),
            });
        }
        // Whatever rings tonight is what this may be meant to end.
        self.updated(form, &[], 0).await
    }

    /// Waits until CloudFormation is done with a stack, and tells each time that it is not.
    pub(crate) async fn wait_for(&self, stack: &str, mut told: impl FnMut(&Progress)) -> Result<Progress, Trouble> {
        let mut progress = self.progress(stack).await?;
        for _ in 0..STEPS {
            if progress.is_over() {
                return Ok(progress);
            }
            told(&progress);
            tokio::time::sleep(STEP).await;
            progress = self.progress(stack).await?;
        }
        Err(Trouble(format!("{stack} is still {}: look at it in CloudFormation's console", progress.status)))
    }

    /// Why a change failed, latest change only: what CloudFormation said of the first resource that
    /// did, or of the stack itself where it took the change back for another reason, such as an
    /// alarm.
    pub(crate) async fn first_failure(&self, stack: &str) -> Result<Option<String>, Trouble> {
        const BEGINS: [&str; 3] = ["CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS"];
        let (mut failed, mut taken_back, mut token) = (None, None, None::<String>);
        for _ in 0..PAGES {
            let mut form = vec![("StackName".to_owned(), stack.to_owned())];
            form.extend(token.take().map(|token| ("NextToken".to_owned(), token)));
            let page = self.cloudformation("DescribeStackEvents", &form).await?;
            let page = parsed(&page)?;
            // The latest event comes first; a change began with an event of the stack itself.
            for event in members(page.root_element(), "StackEvents") {
                let (status, reason) = (text(event, "ResourceStatus"), text(event, "ResourceStatusReason"));
                let of_stack = text(event, "ResourceType") == "AWS::CloudFormation::Stack";
                if of_stack && BEGINS.contains(&status.as_str()) {
                    return Ok(failed.or(taken_back));
                }
                if of_stack && status.ends_with("ROLLBACK_IN_PROGRESS") {
                    taken_back = Some(reason);
                } else if status.ends_with("_FAILED") {
                    failed = Some(format!("{}: {reason}", text(event, "LogicalResourceId")));
                }
            }
            token = Some(text(page.root_element(), "NextToken")).filter(|token| !token.is_empty());
            if token.is_none() {
                break;
            }
        }
        Ok(failed.or(taken_back))
    }

    async fn progress(&self, stack: &str) -> Result<Progress, Trouble> {
        let told = self.described(stack).await?;
        let told = parsed(&told)?;
        let root = told.root_element();
        Ok(Progress { status: text(root, "StackStatus"), reason: text(root, "StackStatusReason") })
    }

    pub(super) async fn described(&self, stack: &str) -> Result<String, Trouble> {
        self.cloudformation("DescribeStacks", &[("StackName".to_owned(), stack.to_owned())]).await
    }

    pub(super) async fn cloudformation(&self, action: &str, form: &[(String, String)]) -> Result<String, Trouble> {
        let place =
            Place { service: "cloudformation", name: "CloudFormation", url: &self.cloudformation, version: VERSION };
        self.query(&place, action, form).await
    }
}

#[cfg(test)]
mod tests {
    use super::Progress;

    #[test]
    fn an_update_that_was_rolled_back_is_over_and_not_well() {
        for (status, over, well) in [
            ("UPDATE_IN_PROGRESS", false, false),
            ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", false, false),
            ("UPDATE_COMPLETE", true, true),
            ("UPDATE_ROLLBACK_COMPLETE", true, false),
            ("UPDATE_ROLLBACK_FAILED", true, false),
        ] {
            let progress = Progress { status: status.to_owned(), reason: String::new() };
            assert_eq!((progress.is_over(), progress.is_well()), (over, well), "{status}");
        }
    }
}
