//! Whether the operator is told when something is wrong: for each topic that writes to an address,
//! the address has confirmed that it wants to be written to.

use super::{Course, Verdict};
use crate::aws::{Aws, Subscription};
use crate::terminal::Trouble;

const WHAT: &str = "alarms";

/// A topic whose address is not told what it publishes.
pub(crate) struct Untold {
    pub(crate) address: String,
    /// The parameter that has the address.
    pub(crate) parameter: &'static str,
    topic: String,
    region: String,
    /// Whether AWS waits for the address to confirm.
    pub(crate) may_confirm: bool,
}

impl Untold {
    /// What is the matter, and what to do.
    pub(crate) fn said(&self) -> String {
        let Self { address, parameter, topic, region, may_confirm } = self;
        if *may_confirm {
            return format!(
                "{address} has not confirmed that it is told: follow the link in AWS's mail. If the address is mistyped, \
                 `dialtone set {parameter}=…`."
            );
        }
        format!(
            "{address} is not told, and AWS does not wait for it any more: it forgets an address that has not confirmed within two days, \
             and one that was unsubscribed. Subscribe it again (`aws sns subscribe --region {region} --topic-arn {topic} --protocol email \
             --notification-endpoint {address}`) and follow the link in AWS's mail; if it is mistyped, `dialtone set {parameter}=…`."
        )
    }
}

/// The topics of a stack that do not reach the addresses that its parameters name.
pub(crate) async fn untold(aws: &Aws, stack: &str) -> Result<Vec<Untold>, Trouble> {
    let (outputs, parameters) = (aws.outputs_of(stack).await?, aws.parameters_of(stack).await?);
    let address = |parameter: &'static str| {
        let value = parameters.iter().find(|one| one.name == parameter).map(|one| one.value.trim().to_owned());
        value.filter(|value| !value.is_empty()).map(|value| (value, parameter))
    };
    let wanted = [
        ("AlarmTopic", address("AlarmEmail")),
        ("TicketTopic", address("TicketEmail").or_else(|| address("AlarmEmail"))),
    ];
    let mut all = Vec::new();
    for (output, wanted) in wanted {
        let Some(((address, parameter), topic)) = wanted.zip(outputs.get(output)) else { continue };
        let may_confirm = match reaches(&aws.subscriptions_of(topic).await?, &address) {
            Reach::Confirmed => continue,
            Reach::Pending => true,
            Reach::Nowhere => false,
        };
        let (topic, region) = (topic.clone(), aws.region().to_owned());
        all.push(Untold { address, parameter, topic, region, may_confirm });
    }
    Ok(all)
}

/// How far a topic is from an address.
#[derive(PartialEq, Eq, Debug)]
enum Reach {
    Confirmed,
    Pending,
    Nowhere,
}

fn reaches(subscriptions: &[Subscription], address: &str) -> Reach {
    let of_it = || subscriptions.iter().filter(|one| one.endpoint.eq_ignore_ascii_case(address));
    if of_it().any(|one| one.arn.starts_with("arn:")) {
        Reach::Confirmed
    } else if of_it().any(|one| one.arn.to_ascii_lowercase().starts_with("pending")) {
        Reach::Pending
    } else {
        Reach::Nowhere
    }
}

impl Course {
    /// Whether the operator is told when something is wrong.
    pub(super) async fn alarms(&mut self) {
        let settings = &self.desk.settings;
        let address = settings.get("ALARM_EMAIL").map(str::to_owned);
        let stack = settings.get("STACK").map(str::to_owned);
        match (address, stack.clone(), settings.get("TABLE_NAME")) {
            (Some(address), Some(stack), _) => self.confirmed(&address, &stack).await,
            (Some(address), None, _) => self.ready(WHAT, format!("go to {address}, which has to confirm once")),
            (None, _, None) => self.note(WHAT, "not looked at: where they go is not known without a stack"),
            (None, _, Some(_)) => {
                let said = "go nowhere: no operator is told when calls are not stopped or money does not go back";
                self.missing(WHAT, said, "dialtone set AlarmEmail=…");
            }
        }
        if let Some(stack) = stack {
            self.ringing(&stack).await;
        }
    }

    async fn confirmed(&mut self, address: &str, stack: &str) {
        let looked = match self.desk.settings.aws() {
            Ok(aws) => untold(&aws, stack).await,
            Err(trouble) => Err(trouble),
        };
        match looked {
            Ok(all) if all.is_empty() => {
                self.ready(WHAT, format!("go to {address}, which has confirmed"));
            }
            Ok(all) => {
                for one in all {
                    self.missing(WHAT, format!("{} is not told", one.address), one.said());
                }
            }
            Err(trouble) => {
                self.note(WHAT, format!("go to {address}; whether it has confirmed is not known ({trouble})"));
            }
        }
    }

    /// What rings now. An alarm writes when it begins to, so what rang before an address has
    /// confirmed is sent to no address.
    async fn ringing(&mut self, stack: &str) {
        let asked = match self.desk.settings.aws() {
            Ok(aws) => aws.alarms_of(stack).await,
            Err(trouble) => Err(trouble),
        };
        match asked {
            Ok(all) => {
                let names: Vec<_> = all.into_iter().filter(|one| one.rings).map(|one| one.logical).collect();
                if !names.is_empty() {
                    let next = "OPERATIONS.md, Alarms, says what to do. In a stack's first hours some ring until something is counted.";
                    let said = format!(
                        "{} ring now; what rang before the address had confirmed was sent to no address",
                        names.join(", ")
                    );
                    self.find(WHAT, Verdict::Note, said, Some(next.to_owned()));
                }
            }
            Err(trouble) => self.note(WHAT, format!("which ring now is not known ({trouble})")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Reach, reaches};
    use crate::aws::Subscription;

    #[test]
    fn an_address_is_told_once_it_has_confirmed_and_as_long_as_it_is_subscribed() {
        let one = |endpoint: &str, arn: &str| Subscription { endpoint: endpoint.to_owned(), arn: arn.to_owned() };
        let confirmed = || one("ops@acme.io", "arn:aws:sns:us-east-1:000000000000:alarms:1");
        let cases = [
            (vec![], Reach::Nowhere),
            (vec![one("ops@acme.io", "PendingConfirmation")], Reach::Pending),
            (vec![one("ops@acme.io", "pending confirmation")], Reach::Pending),
            (vec![one("ops@acme.io", "Deleted")], Reach::Nowhere),
            (vec![one("ops@acme.io", "Deleted"), one("ops@acme.io", "PendingConfirmation")], Reach::Pending),
            (vec![confirmed()], Reach::Confirmed),
            (vec![one("Ops@Acme.io", "arn:aws:sns:us-east-1:000000000000:alarms:1")], Reach::Confirmed),
            (vec![one("ops@acme.io", "PendingConfirmation"), confirmed()], Reach::Confirmed),
            (vec![one("pager@acme.io", "arn:aws:sns:us-east-1:000000000000:alarms:2")], Reach::Nowhere),
        ];
        for (subscriptions, reach) in cases {
            let told: Vec<_> = subscriptions.iter().map(|one| &one.arn).collect();
            assert_eq!(reaches(&subscriptions, "ops@acme.io"), reach, "{told:?}");
        }
    }
}
