//! A stack, as CloudFormation knows it: what belongs to it, what its parameters are, and how they are changed without touching its
//! template. CloudFormation speaks the query protocol: forms in, XML out.

use std::time::Duration;

use roxmltree::{Document, Node};

use super::{Aws, PAGES, encoded};
use crate::terminal::Trouble;

const VERSION: &str = "2010-05-15";
/// How often it is asked how far an update is, and for how long at most: one with CloudFront in it takes a quarter of an hour.
const STEP: Duration = Duration::from_secs(3);
const STEPS: u32 = 1_200;
/// What changes a role, and has a transform: the stack that `sam deploy` makes has both.
const CAPABILITIES: [&str; 2] = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"];

/// A parameter of a stack, and its value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) value: String,
}

/// How far an update is.
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
}

impl Aws {
    /// The names of the functions that belong to a stack: no others, whatever they are called.
    pub(super) async fn functions_of(&self, stack: &str) -> Result<Vec<String>, Trouble> {
        let (mut found, mut token) = (Vec::new(), None::<String>);
        for _ in 0..PAGES {
            let mut form = vec![("StackName".to_owned(), stack.to_owned())];
            form.extend(token.take().map(|token| ("NextToken".to_owned(), token)));
            let page = self.cloudformation("ListStackResources", &form).await?;
            let page = parsed(&page)?;
            for member in members(page.root_element(), "StackResourceSummaries") {
                let is_there = !text(member, "ResourceStatus").starts_with("DELETE_");
                if is_there && text(member, "ResourceType") == "AWS::Lambda::Function" {
                    found.push(text(member, "PhysicalResourceId"));
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

    /// Gives some parameters of a stack a new value, and keeps its template and the values of all others. What CloudFormation
    /// then does takes its time. False, where nothing would change.
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
        match self.cloudformation("UpdateStack", &form).await {
            Ok(_) => Ok(true),
            Err(Trouble(why)) if why.contains("No updates are to be performed") => Ok(false),
            Err(trouble) => Err(trouble),
        }
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

    /// Why an update failed: what CloudFormation said of the first resource that did, latest update only.
    pub(crate) async fn first_failure(&self, stack: &str) -> Result<Option<String>, Trouble> {
        let told = self.cloudformation("DescribeStackEvents", &[("StackName".to_owned(), stack.to_owned())]).await?;
        let told = parsed(&told)?;
        // The latest event comes first; the update began with an event of the stack itself.
        let of_update = members(told.root_element(), "StackEvents").take_while(|event| {
            let begins = text(*event, "ResourceStatus") == "UPDATE_IN_PROGRESS";
            !(begins && text(*event, "ResourceType") == "AWS::CloudFormation::Stack")
        });
        let failed = of_update.filter(|event| text(*event, "ResourceStatus").ends_with("_FAILED"));
        let words = |event| format!("{}: {}", text(event, "LogicalResourceId"), text(event, "ResourceStatusReason"));
        Ok(failed.last().map(words))
    }

    async fn progress(&self, stack: &str) -> Result<Progress, Trouble> {
        let told = self.described(stack).await?;
        let told = parsed(&told)?;
        let root = told.root_element();
        Ok(Progress { status: text(root, "StackStatus"), reason: text(root, "StackStatusReason") })
    }

    async fn described(&self, stack: &str) -> Result<String, Trouble> {
        self.cloudformation("DescribeStacks", &[("StackName".to_owned(), stack.to_owned())]).await
    }

    /// An answer in XML. What is refused is told in CloudFormation's own words: parameters are no secrets.
    async fn cloudformation(&self, action: &str, form: &[(String, String)]) -> Result<String, Trouble> {
        let own = [("Action".to_owned(), action.to_owned()), ("Version".to_owned(), VERSION.to_owned())];
        let pair = |(name, value): &(String, String)| format!("{}={}", encoded(name), encoded(value));
        let body = own.iter().chain(form).map(pair).collect::<Vec<_>>().join("&");
        let url = format!("{}/", self.cloudformation);
        let headers = [("content-type", "application/x-www-form-urlencoded; charset=utf-8")];
        let (status, bytes) = self.send("cloudformation", "POST", &url, &headers, body.as_bytes()).await?;
        let told = String::from_utf8(bytes).map_err(|_| Trouble::new("AWS CloudFormation: unreadable"))?;
        if (200..300).contains(&status) {
            return Ok(told);
        }
        let why = parsed(&told).map(|told| text(told.root_element(), "Message")).unwrap_or_default();
        let why = if why.is_empty() { status.to_string() } else { why };
        Err(Trouble(format!("AWS CloudFormation, in {}: {why}", self.signer.region)))
    }
}

fn parsed(told: &str) -> Result<Document<'_>, Trouble> {
    Document::parse(told).map_err(|_| Trouble::new("AWS CloudFormation gave an answer that is not XML"))
}

/// What stands in the first element of this name of a whole document.
pub(super) fn text_of(told: &str, name: &str) -> Option<String> {
    Some(text(parsed(told).ok()?.root_element(), name)).filter(|text| !text.is_empty())
}

/// The members of the list of this name, wherever it is.
fn members<'a>(root: Node<'a, 'a>, list: &'static str) -> impl Iterator<Item = Node<'a, 'a>> {
    let list = root.descendants().find(move |node| node.tag_name().name() == list);
    list.into_iter().flat_map(|list| list.children().filter(|node| node.tag_name().name() == "member"))
}

/// What stands in the first element of this name; nothing, where there is none.
fn text(root: Node<'_, '_>, name: &str) -> String {
    let found = root.descendants().find(|node| node.tag_name().name() == name);
    found.and_then(|node| node.text()).unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Progress, members, parsed, text};

    #[test]
    fn a_list_has_its_members_and_no_others() {
        let told = "<R xmlns='http://cloudformation.amazonaws.com/doc/2010-05-15/'><X><Stacks><member>\
            <Parameters><member><ParameterKey>A</ParameterKey><ParameterValue/></member>\
            <member><ParameterKey>B</ParameterKey><ParameterValue>1 &amp; 2</ParameterValue></member></Parameters>\
            <Outputs><member><OutputKey>C</OutputKey></member></Outputs></member></Stacks></X></R>";
        let told = parsed(told).unwrap();
        let found: Vec<_> = members(told.root_element(), "Parameters")
            .map(|member| (text(member, "ParameterKey"), text(member, "ParameterValue")))
            .collect();
        assert_eq!(found, [("A".to_owned(), String::new()), ("B".to_owned(), "1 & 2".to_owned())]);
        assert_eq!(members(told.root_element(), "Tags").count(), 0);
        assert!(parsed("{}").is_err());
    }

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
