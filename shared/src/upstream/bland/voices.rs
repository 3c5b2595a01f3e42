//! The voices that Bland lists for our key: its curated ones, those of its creators, and the
//! organisation's own clones. Asked by an operator who writes the table of voices anew.

use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Bland, BlandError, answers};
use crate::types::Object;

/// The tag of what Bland itself recommends for calls.
const CURATED: &str = "Bland Curated";
/// How the curated voices are spoken: all of them Bland's own, in the price of a minute. The list
/// of what there is is open.
const SERVICES: [&str; 4] = ["BTTS", "BTTS_V2", "BTTS_V3", "LEGACY"];

/// A voice as Bland lists it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListedVoice {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// How it sounds.
    pub description: Option<String>,
    /// What else is said of it, such as its language.
    pub tags: Vec<String>,
    /// Why it cannot be sold, if it cannot.
    pub unfit: Option<Unfit>,
}

/// Why a voice cannot be sold for the price of a call.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, thiserror::Error)]
pub enum Unfit {
    /// It is a clone of the organisation's.
    #[error("the account's own")]
    Own,
    /// Its creator is paid for it, by the character.
    #[error("paid for by the character, to their creators")]
    Creator,
    /// Bland does not recommend it for calls.
    #[error("not curated")]
    NotCurated,
    /// What it costs is not known.
    #[error("of a service that is not known here")]
    Service,
}

type Raw = Option<Box<RawValue>>;

#[derive(Deserialize)]
struct Wire {
    voices: Vec<Box<RawValue>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireVoice {
    id: Raw,
    name: Raw,
    description: Raw,
    public: Raw,
    tags: Raw,
    user_id: Raw,
    service: Raw,
    is_creator_voice: Raw,
}

impl Bland {
    /// All voices that Bland lists, and which of them cannot be sold. What has no name or no id is
    /// left out.
    pub async fn voices(&self, limit: Duration) -> Result<Vec<ListedVoice>, BlandError> {
        let reply = self.send(self.get("/v1/voices"), limit).await?;
        let told: Option<Object<Wire>> = if reply.status.is_success() { reply.json() } else { None };
        let Object(Wire { voices }) = told.ok_or_else(|| answers::not_what_was_asked(&reply))?;
        Ok(voices.iter().filter_map(|voice| read(voice)).collect())
    }
}

fn read(voice: &RawValue) -> Option<ListedVoice> {
    let Object(voice): Object<WireVoice> = serde_json::from_str(voice.get()).ok()?;
    let tags = voice.tags.as_deref().and_then(|tags| serde_json::from_str::<Vec<String>>(tags.get()).ok());
    let tags = tags.unwrap_or_default();
    let unfit = unfit(&voice, &tags);
    Some(ListedVoice {
        id: text(&voice.id)?,
        name: text(&voice.name)?,
        description: text(&voice.description),
        tags,
        unfit,
    })
}

/// What is not said to be fit is not.
fn unfit(voice: &WireVoice, tags: &[String]) -> Option<Unfit> {
    let is = |raw: &Raw, word: &str| raw.as_deref().is_some_and(|raw| raw.get() == word);
    let service = text(&voice.service);
    if !is(&voice.public, "true") || voice.user_id.is_some() {
        Some(Unfit::Own)
    } else if !is(&voice.is_creator_voice, "false") {
        Some(Unfit::Creator)
    } else if !tags.iter().any(|tag| tag == CURATED) {
        Some(Unfit::NotCurated)
    } else if !service.is_some_and(|service| SERVICES.contains(&service.as_str())) {
        Some(Unfit::Service)
    } else {
        None
    }
}

fn text(raw: &Raw) -> Option<String> {
    let text: String = serde_json::from_str(raw.as_deref()?.get()).ok()?;
    (!text.trim().is_empty()).then(|| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use serde_json::value::to_raw_value;

    use super::{Unfit, read};

    #[test]
    fn only_what_is_said_to_be_curated_and_free_is_fit() {
        for (name, value, unfit) in [
            ("name", json!("maya"), None),
            ("description", json!(null), None),
            ("finetuned", json!(true), None),
            ("service", json!("BTTS_V3"), None),
            ("public", json!(false), Some(Unfit::Own)),
            ("public", json!("true"), Some(Unfit::Own)),
            ("public", json!(null), Some(Unfit::Own)),
            ("user_id", json!("u-1"), Some(Unfit::Own)),
            ("user_id", json!(0), Some(Unfit::Own)),
            ("is_creator_voice", json!(true), Some(Unfit::Creator)),
            ("is_creator_voice", json!(null), Some(Unfit::Creator)),
            ("tags", json!(["english"]), Some(Unfit::NotCurated)),
            ("tags", json!("Bland Curated"), Some(Unfit::NotCurated)),
            ("tags", json!(["bland curated"]), Some(Unfit::NotCurated)),
            ("service", json!("ELEVEN"), Some(Unfit::Service)),
            ("service", json!(null), Some(Unfit::Service)),
        ] {
            let mut voice = json!({
                "id": "d4610ec1-933d-44c9-a05f-53df2437808d", "name": "maya", "description": "Young American Female",
                "public": true, "tags": ["english", "soft", "Bland Curated"], "user_id": null, "service": "BTTS_V2",
                "is_creator_voice": false,
            });
            voice[name] = value.clone();
            let read = read(&to_raw_value(&voice).unwrap()).unwrap();
            assert_eq!(read.unfit, unfit, "{name}: {value}");
        }
        for voice in [json!({"id": "a"}), json!({"name": "a"}), json!([]), json!(null), json!({"id": 1, "name": "a"})] {
            assert_eq!(read(&to_raw_value(&voice).unwrap()), None, "{voice}");
        }
    }
}
