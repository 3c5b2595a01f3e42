//! The account: who asks, how much may run in it at once, and who is told by a topic.

#![expect(clippy::indexing_slicing, reason = "JSON is read by index, where what is absent is null")]

use super::query::{Place, members, parsed, text};
use super::{Aws, PAGES, document};
use crate::terminal::Trouble;

/// The identity under which AWS knows the operator.
pub(crate) struct Identity {
    pub(crate) account: String,
    pub(crate) arn: String,
}

/// An address that a topic tells.
pub(crate) struct Subscription {
    pub(crate) endpoint: String,
    /// Its ARN once it has confirmed; until then, and when it is gone, a word such as
    /// `PendingConfirmation` or `Deleted`.
    pub(crate) arn: String,
}

impl Aws {
    /// The region in which all is asked.
    pub(crate) fn region(&self) -> &str {
        &self.signer.region
    }

    /// Who asks, which needs no permission.
    pub(crate) async fn identity(&self) -> Result<Identity, Trouble> {
        let place = Place { service: "sts", name: "STS", url: &self.tokens, version: "2011-06-15" };
        let told = self.query(&place, "GetCallerIdentity", &[]).await?;
        let told = parsed(&told)?;
        Ok(Identity { account: text(told.root_element(), "Account"), arn: text(told.root_element(), "Arn") })
    }

    /// How many functions may run at once that none has reserved.
    pub(crate) async fn unreserved(&self) -> Result<u64, Trouble> {
        let url = format!("{}/2016-08-19/account-settings/", self.lambda);
        let told = document(self.ask("lambda", "GET", &url, None, b"").await?, "Lambda")?;
        let free = told["AccountLimit"]["UnreservedConcurrentExecutions"].as_u64();
        free.ok_or_else(|| Trouble::new("AWS Lambda does not say how much may run at once"))
    }

    /// Who is told by a topic.
    pub(crate) async fn subscriptions_of(&self, topic: &str) -> Result<Vec<Subscription>, Trouble> {
        let place = Place { service: "sns", name: "SNS", url: &self.topics, version: "2010-03-31" };
        let (mut found, mut token) = (Vec::new(), None::<String>);
        for _ in 0..PAGES {
            let mut form = vec![("TopicArn".to_owned(), topic.to_owned())];
            form.extend(token.take().map(|token| ("NextToken".to_owned(), token)));
            let page = self.query(&place, "ListSubscriptionsByTopic", &form).await?;
            let page = parsed(&page)?;
            let one =
                |member| Subscription { endpoint: text(member, "Endpoint"), arn: text(member, "SubscriptionArn") };
            found.extend(members(page.root_element(), "Subscriptions").map(one));
            token = Some(text(page.root_element(), "NextToken")).filter(|token| !token.is_empty());
            if token.is_none() {
                break;
            }
        }
        Ok(found)
    }
}
