//! The request that places a call, and how a caller's text is kept from being a template.

use serde::Serialize;

use super::Dial;

/// What a call is to be called in which the callee asks not to be called again: the dialler's model
/// goes by the words.
pub(super) const ASKED: &str = "callee_asked_not_to_be_called_again";
/// And any other. Without it the model would have to choose the first.
const NOT_ASKED: &str = "callee_did_not_ask_that";

/// `POST /v1/calls`. Closed: no field of a caller's document is passed through.
#[derive(Serialize)]
pub(super) struct Call<'a> {
    phone_number: &'a str,
    from: &'a str,
    task: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    voice: Option<&'a str>,
    language: &'a str,
    max_duration: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_sentence: Option<String>,
    wait_for_greeting: bool,
    interruption_threshold: u32,
    record: bool,
    dispositions: [&'static str; 2],
    voicemail: Voicemail,
    metadata: Metadata<'a>,
    /// Where it is told that the call is over. It has a token in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook: Option<String>,
}

#[derive(Serialize)]
struct Voicemail {
    action: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

impl Voicemail {
    /// Both parts always say the same: with a message the dialler leaves it, whatever the action
    /// says.
    fn with(message: Option<&str>) -> Self {
        Self { action: if message.is_some() { "leave_message" } else { "hangup" }, message: message.map(literal) }
    }
}

#[derive(Serialize)]
struct Metadata<'a> {
    request_id: &'a str,
}

impl<'a> Call<'a> {
    pub(super) fn of(dial: &Dial<'a>, webhook: Option<String>) -> Self {
        Self {
            phone_number: dial.to.as_str(),
            from: dial.from.as_str(),
            task: literal(dial.task),
            voice: dial.voice,
            language: dial.language,
            max_duration: dial.max_duration,
            first_sentence: dial.first_sentence.map(literal),
            wait_for_greeting: dial.wait_for_greeting,
            interruption_threshold: dial.interruption_threshold,
            record: dial.record,
            dispositions: [ASKED, NOT_ASKED],
            voicemail: Voicemail::with(dial.voicemail_message),
            metadata: Metadata { request_id: dial.request_id.as_str() },
            webhook,
        }
    }
}

/// The text as Bland will say it: word for word.
///
/// Bland replaces `{{name}}` by a variable. We send none, but there are variables of Bland's own,
/// and a name that it does not know becomes nothing. A space between two opening braces ends that:
/// the AI reads the same text and a callee hears the same words, since braces are not spoken. A
/// visible space, because the invisible characters that would also do are what text cleaners
/// remove; and for the same reason braces count as neighbours across such characters.
fn literal(text: &str) -> String {
    let mut said = String::with_capacity(text.len());
    let mut after_brace = false;
    for c in text.chars() {
        if c == '{' && after_brace {
            said.push(' ');
        }
        said.push(c);
        if !is_invisible(c) {
            after_brace = c == '{';
        }
    }
    said
}

fn is_invisible(c: char) -> bool {
    (c.is_control() && !c.is_whitespace())
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::literal;

    #[test]
    fn a_caller_cannot_write_a_template() {
        for (text, said) in [
            ("Hello!", "Hello!"),
            ("Say {now} and {", "Say {now} and {"),
            ("Say {{now}}", "Say { {now}}"),
            ("{{{now}}}", "{ { {now}}}"),
            ("{\u{200b}{now}}", "{\u{200b} {now}}"),
            ("{\0{now}}", "{\0 {now}}"),
            ("{ {now}}", "{ {now}}"),
            ("{\n{now}}", "{\n{now}}"),
            ("", ""),
        ] {
            assert_eq!(literal(text), said, "{text:?}");
            assert!(!literal(text).contains("{{"));
        }
    }
}
