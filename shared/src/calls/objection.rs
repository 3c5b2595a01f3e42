//! What the dialler objects to in a call that we have checked, as the field of ours that its
//! sentence speaks of.

use crate::api::VOICE_CALL;

/// The field of a call that a sentence names first, if it names one: `Invalid voice`, `max_duration
/// must be …`, `First sentence must be …`. The caller's number is left out: what is wrong with that
/// is ours to mend, and "from" is in many a sentence.
pub(super) fn field_of(sentence: &str) -> Option<&'static str> {
    let words = words(sentence);
    let place = |name: &str| {
        let parts: Vec<&str> = name.split('_').collect();
        words.windows(parts.len()).position(|window| window.iter().map(String::as_str).eq(parts.iter().copied()))
    };
    let fields = VOICE_CALL.request.iter().map(|field| field.name).filter(|name| *name != "from");
    fields.filter_map(|name| Some((place(name)?, name))).min().map(|(_, name)| name)
}

fn words(sentence: &str) -> Vec<String> {
    let words = sentence.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::field_of;

    #[test]
    fn a_sentence_of_the_diallers_is_about_the_field_that_it_names() {
        for (sentence, field) in [
            ("Invalid voice.", Some("voice")),
            ("Voice must be a string.", Some("voice")),
            ("Invalid 'voice' - must be a string.", Some("voice")),
            ("Invalid language code", Some("language")),
            ("max_duration must be at most 12 hours.", Some("max_duration")),
            ("Max duration must be at least 1", Some("max_duration")),
            ("First sentence must be a string. type: number", Some("first_sentence")),
            ("Invalid parameters: Task must be a string.", Some("task")),
            ("wait_for_greeting must be a boolean.", Some("wait_for_greeting")),
            ("interruption_threshold must be a number.", Some("interruption_threshold")),
            ("Phone number must be a string or number.", Some("phone_number")),
            ("The task is not in the language of the call.", Some("task")),
            ("Invalid voicemail action. Must be one of: hangup, leave_message, ignore", None),
            ("Voicemail message must be a string. type: number", Some("voicemail_message")),
            ("Unable to queue call from this account.", None),
            ("Flagged Node: something", None),
            ("", None),
        ] {
            assert_eq!(field_of(sentence), field, "{sentence}");
        }
    }
}
