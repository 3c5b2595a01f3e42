//! How a secret is fetched, held and changed.

use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use reqwest::RequestBuilder;
use tokio::time::Instant;

use super::{AGAIN_AFTER, Fields, GOOD_FOR, LOOK_AFTER, Memory, Read, Rotating, SecretError, Unfit, Vault};
use crate::telemetry::Neighbour;
use crate::wire::aws::Service;
use crate::wire::canned::Canned;
use crate::wire::http::{NoReply, client};

const LIMIT: Duration = Duration::from_secs(5);
const ONE: (u16, &str) = (200, r#"{"Name":"bland","VersionId":"1","SecretString":"{\"key\":\"one\"}"}"#);
const TWO: (u16, &str) = (200, r#"{"Name":"bland","VersionId":"2","SecretString":"{\"key\":\"two\"}"}"#);
const EMPTY: (u16, &str) = (
    400,
    r#"{"__type":"ResourceNotFoundException","Message":"Secrets Manager can't find the specified secret value for staging label: AWSCURRENT"}"#,
);

fn kept(url: &str) -> Rotating<String> {
    let vault = Vault::new(Service {
        region: "us-east-1".into(),
        credentials: Credentials::new("AKID", "wide open", Some("token".into()), None, "test"),
        endpoint: Some(url.to_owned()),
    });
    Rotating::kept("test", Arc::new(vault), "arn:bland".into(), |fields: &Fields| {
        fields.required("key").map(str::to_owned)
    })
}

fn asking(url: &str) -> impl Fn(&String) -> Option<RequestBuilder> {
    move |key| Some(client().get(url).header("authorization", key))
}

#[tokio::test]
async fn a_secret_is_fetched_once_with_a_signed_question() {
    let vault = Canned::answering(&[ONE]);
    let secret = kept(&vault.url);
    assert_eq!(*secret.get(LIMIT).await.unwrap(), "one");
    assert_eq!(*secret.get(LIMIT).await.unwrap(), "one");
    let asked = vault.asked();
    let asked = asked.first().unwrap();
    assert_eq!((asked.line.as_str(), asked.body.as_str()), ("POST /", r#"{"SecretId":"arn:bland"}"#));
    assert!(asked.has("content-type", "application/x-amz-json-1.1"));
    assert!(asked.has("x-amz-target", "secretsmanager.GetSecretValue") && asked.has("x-amz-security-token", "token"));
    let signed = asked.headers.iter().find(|line| line.starts_with("authorization: ")).unwrap();
    assert!(signed.contains("Credential=AKID/") && signed.contains("/us-east-1/secretsmanager/aws4_request"));
    assert!(signed.contains("content-type;host;x-amz-date;x-amz-security-token;x-amz-target"), "{signed}");
}

#[tokio::test]
async fn why_there_is_none_is_said_in_words() {
    let refused = |code: &str| Err(SecretError::Refused(code.into()));
    let unfit = |why: &str| Err(SecretError::Unfit(Unfit(why.into())));
    for (answers, expected) in [
        (vec![EMPTY], Err(SecretError::Empty)),
        (vec![(200, r#"{"SecretString":""}"#)], Err(SecretError::Empty)),
        (
            vec![(400, r#"{"__type":"ResourceNotFoundException","Message":"can't find the secret"}"#)],
            refused("ResourceNotFoundException"),
        ),
        (vec![(400, r#"{"__type":"x#AccessDeniedException","Message":"no"}"#)], refused("AccessDeniedException")),
        (vec![(200, r#"{"SecretBinary":"AA=="}"#)], unfit("it is binary")),
        (vec![(200, r#"{"SecretString":"{\"other\":\"x\"}"}"#)], unfit("it has no key")),
        // What passes is asked for twice.
        (vec![(400, r#"{"__type":"ThrottlingException"}"#), ONE], Ok("one".to_owned())),
        (vec![(500, "oops"), (503, "oops")], Err(SecretError::Unknown)),
    ] {
        let vault = Canned::answering(&answers);
        let got = kept(&vault.url).get(LIMIT).await.map(|value| value.as_ref().clone());
        assert_eq!(got, expected);
        vault.asked();
    }
}

#[tokio::test]
async fn a_vendor_that_refuses_a_secret_is_told_the_newest_at_once() {
    let vault = Canned::answering(&[ONE, TWO]);
    let vendor = Canned::answering(&[(401, "no"), (200, "yes")]);
    let secret = kept(&vault.url);
    let reply = secret.send(Neighbour::Bland, asking(&vendor.url), LIMIT).await.unwrap();
    assert_eq!(reply.body, b"yes");
    let asked = vendor.asked();
    assert!(asked.first().unwrap().has("authorization", "one") && asked.last().unwrap().has("authorization", "two"));
    vault.asked();
}

#[tokio::test]
async fn a_vendor_that_refuses_the_newest_has_refused() {
    let vault = Canned::answering(&[ONE, ONE]);
    // The second refusal comes too soon after the first to be worth another look.
    let vendor = Canned::answering(&[(401, "no"), (403, "no")]);
    let secret = kept(&vault.url);
    for status in [401, 403] {
        assert_eq!(secret.send(Neighbour::Bland, asking(&vendor.url), LIMIT).await.unwrap().status.as_u16(), status);
    }
    vendor.asked();
    vault.asked();
}

#[tokio::test]
async fn without_its_secret_nothing_is_sent() {
    let vault = Canned::answering(&[EMPTY]);
    let secret = kept(&vault.url);
    for _ in 0..2 {
        let sent = secret.send(Neighbour::Bland, asking("http://127.0.0.1:1"), LIMIT).await;
        assert_eq!(sent.err(), Some(NoReply::NotSent));
    }
    vault.asked();
}

/// A memory, and the time.
struct Story(Memory<String>, Instant);

impl Story {
    fn new() -> Self {
        Self(Memory { held: None, failed: None, looked: None }, Instant::now())
    }

    fn passes(&mut self, time: Duration) {
        self.1 += time;
    }

    fn learns(&mut self, fetched: Result<&str, SecretError>) -> Result<String, SecretError> {
        let read: Read<String> = Box::new(|fields| fields.required("key").map(str::to_owned));
        let fetched = fetched.map(|key| format!(r#"{{"key":"{key}"}}"#));
        self.0.learn("test", fetched, &read, self.1).map(|value| value.as_ref().clone())
    }

    fn knows(&self) -> Option<Result<String, SecretError>> {
        self.0.known(self.1).map(|known| known.map(|value| value.as_ref().clone()))
    }
}

#[test]
fn a_secret_is_asked_for_again_after_some_minutes() {
    let mut story = Story::new();
    assert_eq!(story.knows(), None);
    story.learns(Ok("one")).unwrap();
    story.passes(GOOD_FOR / 2);
    assert_eq!(story.knows(), Some(Ok("one".into())));
    story.passes(GOOD_FOR / 2);
    assert_eq!(story.knows(), None);
    story.learns(Ok("two")).unwrap();
    assert_eq!(story.knows(), Some(Ok("two".into())));
}

#[test]
fn the_last_good_one_serves_where_a_newer_one_cannot_be_had() {
    for failure in [SecretError::Unknown, SecretError::Refused("AccessDeniedException".into()), SecretError::Empty] {
        let mut story = Story::new();
        story.learns(Ok("one")).unwrap();
        story.passes(GOOD_FOR);
        assert_eq!(story.learns(Err(failure)), Ok("one".into()));
        assert_eq!(story.knows(), Some(Ok("one".into())));
        story.passes(AGAIN_AFTER);
        assert_eq!(story.knows(), None);
    }
    let mut story = Story::new();
    story.learns(Ok("one")).unwrap();
    story.passes(GOOD_FOR);
    assert_eq!(story.learns(Ok("<fill me in>")), Ok("one".into()), "a slip of the operator's hand");
}

#[test]
fn what_was_put_right_is_used_seconds_later() {
    let mut story = Story::new();
    story.learns(Err(SecretError::Empty)).unwrap_err();
    assert_eq!(story.knows(), Some(Err(SecretError::Empty)));
    story.passes(AGAIN_AFTER);
    assert_eq!(story.knows(), None);
    // Silence is asked again at once: the next request may be luckier.
    story.learns(Err(SecretError::Unknown)).unwrap_err();
    let mut silent = Story::new();
    silent.learns(Err(SecretError::Unknown)).unwrap_err();
    assert_eq!(silent.knows(), None);
}

#[test]
fn refusals_make_us_look_now_and_then() {
    let mut story = Story::new();
    assert!(story.0.may_look(story.1) && !story.0.may_look(story.1));
    story.passes(LOOK_AFTER);
    assert!(story.0.may_look(story.1));
}
