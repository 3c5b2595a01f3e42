//! Pages for people: a call, and what is said where there is none. Everything in them that a
//! stranger has written is escaped by the template engine; `|safe` is for our own style and script
//! alone. A page loads nothing from anywhere but the recording that it names, and says so in its
//! policy.
//!
//! `docs/decisions.md`: Why does a call's page fetch itself again instead of JSON?

mod answers;
mod words;

use std::sync::LazyLock;

use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use http::{HeaderName, HeaderValue};
use sha2::{Digest, Sha256};

use crate::calls::Shown;
use crate::calls::shown::Paid;
use crate::refusal::Facts;
use crate::store::View;
use crate::types::call::{AnsweredBy, Role, Utterance};
use crate::types::{Timestamp, rfc3339};
use answers::Answers;
use words::{Money, Words};

const STYLE: &str = include_str!("../templates/page.css");
const SCRIPT: &str = include_str!("../templates/page.js");

/// Seconds until a call that is over is looked at again while results may be added. The dialler is
/// asked as often.
const SOON: u32 = 5;
/// The same where only the money is still on its way.
const LATER: u32 = 30;

/// A page and what has to be said with it.
pub struct Page {
    /// The document.
    pub html: String,
    /// Its headers.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

#[derive(Template)]
#[template(path = "call.html")]
struct CallPage<'a> {
    style: &'static str,
    script: &'static str,
    words: Words,
    money: Money<'a>,
    /// Seconds until it is looked at again; zero for never.
    again: u32,
    view: &'a View,
    /// Where it is hung up, as long as it can be.
    hang_up: Option<String>,
    answers: Option<Answers>,
    lines: Vec<Line<'a>>,
    from: String,
    to: String,
    started_at: Option<String>,
    ended_at: Option<String>,
    length: Option<String>,
    recording: Option<Recording<'a>>,
}

/// A line of the conversation.
struct Line<'a> {
    is_ai: bool,
    /// The speaker, where another one begins.
    who: Option<&'static str>,
    text: &'a str,
}

/// A recording of the call, and the way to hear it.
struct Recording<'a> {
    url: &'a str,
    /// Here, or only there.
    plays: bool,
}

#[derive(Template)]
#[template(path = "refusal.html")]
struct RefusalPage<'a> {
    style: &'static str,
    status: u16,
    title: &'static str,
    advice: &'a str,
}

/// A call as it stands. What is at one of the origins `recordings` is played here, and a recording
/// elsewhere is linked to: those origins stand in the policy of a call's page from the start,
/// because what a page may do is settled before the recording is there.
pub fn of_call(shown: &Shown, recordings: &[&str]) -> Page {
    let view = &shown.view;
    let page = CallPage {
        style: STYLE,
        script: SCRIPT,
        words: Words::of(shown),
        hang_up: (!view.ended_by.is_end() && !shown.is_ending).then(|| format!("{}/hangup", shown.id.as_str())),
        money: Money::of(shown),
        again: again(shown),
        view,
        answers: Answers::of(shown),
        lines: lines(view),
        from: words::number(&shown.from),
        to: words::number(&shown.to),
        started_at: view.started_at.and_then(instant),
        ended_at: view.ended_at.and_then(instant),
        length: view.call_length.as_deref().and_then(words::length),
        recording: view.recording_url.as_deref().and_then(|url| Recording::at(url, recordings)),
    };
    written(&page, &format!("{}; media-src {}", *CALL_POLICY, recordings.join(" ")))
}

/// What is said instead of what was asked for.
pub fn of_refusal(facts: &Facts) -> Page {
    let (title, advice) = match facts.status {
        404 => ("There is no such call", words::NO_SUCH_CALL),
        403 => ("The call goes on", words::NOT_FROM_THERE),
        _ => ("That did not work", words::TRY_AGAIN),
    };
    let page = RefusalPage { style: STYLE, status: facts.status, title, advice };
    written(&page, &POLICY)
}

fn written(page: &impl Template, policy: &str) -> Page {
    let fixed = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_LANGUAGE, "en"),
        (CACHE_CONTROL, "no-store"),
        // The address is the right to look.
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("x-robots-tag"), "noindex, nofollow, noarchive"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    let mut headers: Vec<_> = fixed.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))).collect();
    // Hashes and an origin of plain letters: always valid in a header.
    headers.extend(HeaderValue::from_str(policy).map(|value| (CONTENT_SECURITY_POLICY, value)));
    // Writing to a string cannot fail, and our templates call nothing that can.
    Page { html: page.render().unwrap_or_default(), headers }
}

/// What every page may do: look as it does. Our own text is allowed by its hash, and nothing that
/// came in.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let style = hash(STYLE);
    format!(
        "default-src 'none'; style-src {style}; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
});

/// A call's page also looks again, and hangs up.
static CALL_POLICY: LazyLock<String> = LazyLock::new(|| {
    let policy = POLICY.replace("form-action 'none'", "form-action 'self'");
    format!("{policy}; script-src {}; connect-src 'self'", hash(SCRIPT))
});

fn hash(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)))
}

fn again(shown: &Shown) -> u32 {
    match (shown.poll_after, &shown.money.state) {
        (Some(soon), _) => soon,
        (None, _) if !shown.is_closed => SOON,
        (None, Paid::RefundDue) => LATER,
        (None, _) => 0,
    }
}

fn instant(second: i64) -> Option<String> {
    Timestamp::from_second(second).ok().map(rfc3339)
}

/// Who speaks is said where it changes.
fn lines(view: &View) -> Vec<Line<'_>> {
    let callee = if view.answered_by == Some(AnsweredBy::Voicemail) { "Voicemail" } else { "Person called" };
    let mut before = None;
    let lines = view.transcript.iter().map(|Utterance { role, text }| {
        let is_ai = *role == Role::Assistant;
        let who = (before.replace(is_ai) != Some(is_ai)).then_some(if is_ai { "AI" } else { callee });
        Line { is_ai, who, text }
    });
    lines.collect()
}

impl<'a> Recording<'a> {
    /// Nothing for what is not an address of the web.
    fn at(url: &'a str, recordings: &[&str]) -> Option<Self> {
        let is_at = |origin: &&str| url.strip_prefix(*origin).is_some_and(|rest| rest.starts_with('/'));
        let plays = recordings.iter().any(is_at);
        url.starts_with("https://").then_some(Self { url, plays })
    }
}

#[cfg(test)]
mod tests;
