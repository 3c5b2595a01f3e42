//! What a call can choose from: voices and languages.

use super::codes::METHOD_NOT_ALLOWED;
use super::{Endpoint, Field, Kind, Method, Tag};
use crate::types::Usdc;

/// The voices.
pub const VOICE_VOICES: Endpoint = Endpoint {
    name: "voice_voices",
    tag: Tag::Calls,
    method: Method::Get,
    path: "/api/v1/voice/voices",
    alias: "/v1/voice/voices",
    price: Usdc::micros(0),
    title: "The voices that a call can speak with",
    about: "All values of a call's `voice`, at no extra cost. Any other is a 400 before anything is paid.",
    parameters: &[],
    request: &[],
    unoffered: &[],
    success: 200,
    answer: &[Field::always(
        "voices",
        Kind::List(&[
            Field::always("id", Kind::String, "What to send as `voice`. The name will do too.")
                .such_as("\"d4610ec1-933d-44c9-a05f-53df2437808d\""),
            Field::always("name", Kind::String, "What it is called.").such_as("\"maya\""),
            Field::always("description", Kind::OrNull(&Kind::String), "How it sounds, where that is known.")
                .such_as("\"Young American Female\""),
            Field::always("language", Kind::OrNull(&Kind::String), "What it speaks best, where that is known.")
                .such_as("\"en\""),
            Field::always("sample_url", Kind::OrNull(&Kind::Url), "Where it can be heard, if anywhere.")
                .such_as("null"),
        ]),
        "By name.",
    )],
    refusals: &[METHOD_NOT_ALLOWED],
};

/// The languages.
pub const VOICE_LANGUAGES: Endpoint = Endpoint {
    name: "voice_languages",
    tag: Tag::Calls,
    method: Method::Get,
    path: "/api/v1/voice/languages",
    alias: "/v1/voice/languages",
    price: Usdc::micros(0),
    title: "The languages that a call can be held in",
    about: "What a call's `language` is taken for. A variant that is not here is its language: `de-AT` is `de`.",
    parameters: &[],
    request: &[],
    unoffered: &[],
    success: 200,
    answer: &[Field::always(
        "languages",
        Kind::List(&[
            Field::always("code", Kind::String, "What to send as `language`.").such_as("\"pt-BR\""),
            Field::always("name", Kind::String, "In English.").such_as("\"Portuguese (Brazil)\""),
        ]),
        "A language, then its variants.",
    )],
    refusals: &[METHOD_NOT_ALLOWED],
};
