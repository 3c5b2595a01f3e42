//! Alarms, and how they stand.

use super::Aws;
use super::query::{Place, members, parsed, text};
use crate::terminal::Trouble;

/// More names than this are asked for in several questions: so many alarms are in one answer at
/// most.
const AT_ONCE: usize = 100;

/// An alarm of a stack's.
#[derive(Clone, Debug)]
pub(crate) struct Alarm {
    /// What the template calls it.
    pub(crate) logical: String,
    pub(crate) arn: String,
    pub(crate) rings: bool,
}

impl Aws {
    /// The alarms of a stack, in the order of their names in the template.
    pub(crate) async fn alarms_of(&self, stack: &str) -> Result<Vec<Alarm>, Trouble> {
        let place = Place { service: "monitoring", name: "CloudWatch", url: &self.alarms, version: "2010-08-01" };
        let known = self.resources_of(stack, "AWS::CloudWatch::Alarm").await?;
        let mut found = Vec::new();
        for some in known.chunks(AT_ONCE) {
            let mut form = vec![("MaxRecords".to_owned(), AT_ONCE.to_string())];
            let names = (1..).zip(some).map(|(at, (_, name))| (format!("AlarmNames.member.{at}"), name.clone()));
            form.extend(names);
            let told = self.query(&place, "DescribeAlarms", &form).await?;
            let told = parsed(&told)?;
            for member in members(told.root_element(), "MetricAlarms") {
                let name = text(member, "AlarmName");
                if let Some((logical, _)) = some.iter().find(|(_, known)| *known == name) {
                    let (arn, rings) = (text(member, "AlarmArn"), text(member, "StateValue") == "ALARM");
                    found.push(Alarm { logical: logical.clone(), arn, rings });
                }
            }
        }
        found.sort_by(|one, other| one.logical.cmp(&other.logical));
        Ok(found)
    }
}
