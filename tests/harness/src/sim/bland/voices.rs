//! `GET /v1/voices`: what the account has. Bland's curated voices, and beside them what no customer
//! of ours may be sold: a clone of the account's, a voice of a creator who is paid by the
//! character, and one of a service that no document names.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};

use super::{Bland, reply};

/// Names and ids of the curated ones.
const CURATED: [(&str, &str, &str); 9] = [
    ("maya", "d4610ec1-933d-44c9-a05f-53df2437808d", "Young American Female"),
    ("derek", "1d5c2f0e-7a64-4f7e-9d3b-6b0c9f1f4a11", "Soft American Male"),
    ("florian", "2e6d301f-8b75-4a8f-8e4c-7c1da0205b22", "German Male"),
    ("josh", "3f7e4120-9c86-4b90-9f5d-8d2eb1316c33", "Young American Male"),
    ("june", "408f5231-ad97-4ca1-a06e-9e3fc2427d44", "American Female"),
    ("Karen", "51906342-bea8-4db2-b17f-af40d3538e55", "Australian Female"),
    ("nat", "62a17453-cfb9-4ec3-8280-b051e4649f66", "Friendly American Female"),
    ("paige", "73b28564-d0ca-4fd4-9391-c162f575a077", "Calm American Female"),
    ("willow", "84c39675-e1db-40e5-a4a2-d27306860188", "Soft\tAmerican\nFemale"),
];

/// A clone of the account's.
pub(super) const CLONE: &str = "0b7c1f6e-52d7-4c0e-9a4d-3f1f5b1c2a90";

pub(super) async fn list(State(bland): State<Bland>, headers: HeaderMap) -> Response {
    reply(bland.authenticate(&headers).map(|()| json!({"voices": all()})))
}

/// Whether a call can be placed with it.
pub(super) fn has(voice: &str) -> bool {
    all().iter().any(|one| one["id"] == voice || one["name"] == voice)
}

fn all() -> Vec<Value> {
    let curated = CURATED.map(|(name, id, description)| {
        let tags: &[&str] = match name {
            "florian" => &["german", "Bland Curated"],
            "Karen" => &["english", "australian", "Bland Curated"],
            _ => &["english", "american", "Bland Curated"],
        };
        voice(name, id, description, tags)
    });
    let with = |mut voice: Value, field: &str, value: Value| {
        voice[field] = value;
        voice
    };
    let tags = ["english", "Bland Curated"];
    let clone = with(voice("the boss", CLONE, "Our boss", &tags), "public", json!(false));
    let other = "95d4a786-f2ec-41f6-85b3-e38417971299";
    let creator = voice("famous", "a6e5b897-03fd-4207-96c4-f495280823aa", "A famous one", &tags);
    let eleven = voice("eleven", "b7f6c9a8-140e-4318-a7d5-05a6391934bb", "Of another house", &tags);
    let own = voice("my voice", "c807dab9-251f-4429-88e6-16b74a2a45cc", "Published by its owner", &tags);
    curated
        .into_iter()
        .chain([
            with(clone, "user_id", json!("7f0f3e2c-6a53-4a0e-8f6d-1d7c8a2b9e10")),
            with(own, "user_id", json!("7f0f3e2c-6a53-4a0e-8f6d-1d7c8a2b9e10")),
            with(creator, "is_creator_voice", json!(true)),
            with(eleven, "service", json!("ELEVEN")),
            voice("uncurated", other, "Made by anyone", &["english"]),
            voice("maya", "d918ebca-3630-453a-99f7-27c85b3b56dd", "Another of that name", &tags),
        ])
        .collect()
}

fn voice(name: &str, id: &str, description: &str, tags: &[&str]) -> Value {
    json!({
        "id": id, "name": name, "description": description, "public": true, "tags": tags, "user_id": null,
        "voice_id": id.chars().rev().collect::<String>(), "service": "BTTS_V2", "finetuned": false,
        "is_creator_voice": false, "ratings": 1234, "total_ratings": 1234, "average_rating": 4.6, "my_rating": null,
        "creator_display_name": null,
    })
}
