//! What a stack's functions write.

#![expect(clippy::indexing_slicing, reason = "JSON is read by index, where what is absent is null")]

use futures_util::future::try_join_all;
use serde_json::json;

use super::{Aws, PAGES, document, encoded, list};
use crate::terminal::Trouble;

/// A line of a log.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Written {
    /// In epoch milliseconds.
    pub(crate) at: i64,
    /// CloudWatch's name for it.
    pub(crate) id: String,
    pub(crate) text: String,
}

impl Aws {
    /// The log groups of a stack's functions, by the functions' names.
    pub(crate) async fn log_groups_of(&self, stack: &str) -> Result<Vec<(String, String)>, Trouble> {
        let functions = self.functions_of(stack).await?;
        let asked = functions.into_iter().map(|name| async move {
            let url = format!("{}/2015-03-31/functions/{}/configuration", self.lambda, encoded(&name));
            let told = document(self.ask("lambda", "GET", &url, None, b"").await?, "Lambda")?;
            let group = told["LoggingConfig"]["LogGroup"].as_str().map(str::to_owned);
            Ok::<_, Trouble>((name.clone(), group.unwrap_or_else(|| format!("/aws/lambda/{name}"))))
        });
        try_join_all(asked).await
    }

    /// The lines of a group from a time on, in which all of a pattern is.
    pub(crate) async fn written(&self, group: &str, since: i64, pattern: &str) -> Result<Vec<Written>, Trouble> {
        let (mut found, mut token) = (Vec::new(), None::<String>);
        for _ in 0..PAGES {
            let mut body = json!({"logGroupName": group, "startTime": since.max(0)});
            if !pattern.is_empty() {
                body["filterPattern"] = json!(pattern);
            }
            if let Some(token) = token.take() {
                body["nextToken"] = json!(token);
            }
            let target = Some("Logs_20140328.FilterLogEvents");
            let url = format!("{}/", self.logs);
            let page = self.ask("logs", "POST", &url, target, body.to_string().as_bytes()).await?;
            let page = document(page, "CloudWatch Logs")?;
            found.extend(list(&page, "events").filter_map(|event| {
                let text = |name: &str| event[name].as_str().map(str::to_owned);
                Some(Written { at: event["timestamp"].as_i64()?, id: text("eventId")?, text: text("message")? })
            }));
            token = page["nextToken"].as_str().map(str::to_owned);
            if token.is_none() {
                break;
            }
        }
        Ok(found)
    }
}
