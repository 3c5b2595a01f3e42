//! The table of voices, anew from the dialler's list: what is curated and costs nothing extra.

use std::collections::BTreeMap;

use serde_json::json;
use shared::api::voices::{self, Voice};
use shared::env::Env;
use shared::upstream::bland::voices::ListedVoice;

use super::ASK;
use crate::Desk;
use crate::terminal::{Answer, Trouble};

/// The longest name and the longest description that are kept.
const NAME: usize = 40;
const DESCRIPTION: usize = 160;

/// What the dialler's tags say of languages, the narrower ones first.
const LANGUAGES: [(&str, &str); 24] = [
    ("british", "en-GB"),
    ("australian", "en-AU"),
    ("new zealand", "en-NZ"),
    ("indian", "en-IN"),
    ("american", "en-US"),
    ("english", "en"),
    ("spanish", "es"),
    ("french", "fr"),
    ("german", "de"),
    ("greek", "el"),
    ("hindi", "hi"),
    ("japanese", "ja"),
    ("korean", "ko"),
    ("portuguese", "pt"),
    ("chinese", "zh"),
    ("mandarin", "zh"),
    ("italian", "it"),
    ("dutch", "nl"),
    ("polish", "pl"),
    ("russian", "ru"),
    ("swedish", "sv"),
    ("danish", "da"),
    ("norwegian", "no"),
    ("turkish", "tr"),
];

/// `dialtone voices`
pub(crate) async fn voices(desk: &Desk) -> Result<Answer, Trouble> {
    let bland = desk.settings.build(Env::bland)?;
    let listed = bland.voices(ASK).await.map_err(|error| Trouble(error.to_string()))?;
    let mut left_out: BTreeMap<String, usize> = BTreeMap::new();
    let mut fit: Vec<(Voice<'_>, Option<String>)> = Vec::new();
    for voice in &listed {
        let known = |one: &(Voice<'_>, _)| one.0.name.eq_ignore_ascii_case(&voice.name) || one.0.id == Some(&voice.id);
        let why = match voice.unfit {
            Some(unfit) => unfit.to_string(),
            None if !can_be_asked_for(voice) => "without a name that a call can ask for".to_owned(),
            None if fit.iter().any(known) => "called like another".to_owned(),
            None => {
                fit.push((of(voice), voice.description.as_deref().map(in_one_line)));
                continue;
            }
        };
        *left_out.entry(why).or_default() += 1;
    }
    fit.sort_by_key(|(voice, _)| voice.name.to_lowercase());
    if fit.is_empty() {
        return Err(Trouble::new("the dialler lists no voice that can be sold: the table stays as it is"));
    }
    let table: Vec<_> = fit.iter().map(|(voice, about)| Voice { description: about.as_deref(), ..*voice }).collect();
    for (why, many) in &left_out {
        desk.terminal.progress(format!("{many} left out: {why}"));
    }
    Ok(answer(&table, &left_out))
}

fn answer(table: &[Voice<'_>], left_out: &BTreeMap<String, usize>) -> Answer {
    let is_current = table == voices::all();
    let document = |voice: &Voice<'_>| {
        json!({
            "name": voice.name, "id": voice.id, "language": voice.language, "description": voice.description,
            "sample": voice.sample,
        })
    };
    let document = json!({
        "voices": table.iter().map(document).collect::<Vec<_>>(), "left_out": left_out, "current": is_current,
    });
    let lines: Vec<String> = table.iter().map(Voice::line).collect();
    let answer = Answer::words(document, format!("{}{}", voices::head(), lines.join("\n")));
    if is_current { answer } else { answer.no() }
}

/// The voice as the table has it. Where it can be heard is not in the list: that stays as it is.
fn of(voice: &ListedVoice) -> Voice<'_> {
    let had = voices::all().iter().find(|one| one.id == Some(&voice.id) || one.name.eq_ignore_ascii_case(&voice.name));
    let is_said = |word: &str| voice.tags.iter().any(|tag| tag.eq_ignore_ascii_case(word));
    let language = LANGUAGES.into_iter().find(|(word, _)| is_said(word)).map(|(_, code)| code);
    Voice {
        name: &voice.name,
        id: Some(&voice.id),
        language,
        description: None,
        sample: had.and_then(|had| had.sample),
    }
}

/// A name in a request, in an expression and in a line of the table: plain words.
fn can_be_asked_for(voice: &ListedVoice) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_');
    let is_word = voice.name.len() <= NAME && voice.name.chars().all(is_plain) && !voice.name.starts_with(' ');
    is_word && voices::is_id(&voice.id) && !voices::is_id(&voice.name)
}

fn in_one_line(description: &str) -> String {
    let words: Vec<&str> = description.split_whitespace().collect();
    let visible = words.join(" ").chars().filter(|c| !c.is_control()).collect::<String>();
    visible.chars().take(DESCRIPTION).collect::<String>().trim_end().to_owned()
}
