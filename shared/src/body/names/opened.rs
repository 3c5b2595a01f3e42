//! Names in which an object is written out, as parsers of addresses read them: `filter[status]`,
//! `created_at[gte]`, `params.limit`. They are judged as that object.

use serde_json::{Value, json};

use super::words::Words;
use super::{Judged, inside, meant, not_offered, plain, shown, unknown};
use crate::api::{Field, Kind, is_one_of};
use crate::body::wish::{asks, is_word};
use crate::refusal::Refusal;

/// How a value is compared, which is said behind the name of a field.
const COMPARED: &str = "eq is in any gt gte ge min from after since contains like match exact equals value values";
/// The same, of what is not to be exceeded.
const AT_MOST: &str = "lt lte le max to before until";

/// No name of ours has more parts.
const MOST: usize = 6;

/// Refuses an unknown field that has something in it, or whose name stands for that.
pub(super) fn check(judged: &Judged<'_>, name: &str, value: &Value) -> Result<(), Refusal> {
    let parts: Vec<&str> = name.split(['[', ']', '.']).filter(|part| !part.trim().is_empty()).take(MOST).collect();
    let (Some((first, rest)), true) = (parts.split_first(), name.contains(['[', '.'])) else {
        return inside::check(judged, name, value);
    };
    let is = |words: &str, part: &str| plain(part).is_some_and(|part| is_one_of(words, &part));
    let is_named = |part: &&&str| judged.own(part).is_some() || !is(COMPARED, part) && !is(AT_MOST, part);
    let mut named: Vec<&str> = rest.iter().filter(is_named).copied().collect();
    let is_at_most = rest.iter().any(|part| is(AT_MOST, part));
    let others = || meant(judged.endpoint, &plain(first).unwrap_or_default(), value).filter(|_| named.is_empty());
    if let Some(field) = judged.own(first).or_else(others).filter(|field| asks(value, field.kind)) {
        let is_end = is_at_most && matches!(field.kind, Kind::Time);
        return Err(if is_end { up_to(judged, name) } else { sent_as(field, name) });
    }
    if named.is_empty() {
        // What would compare a field's value is itself the name: `filter[to]`.
        named = rest.to_vec();
    }
    let object = named.iter().rev().fold(value.clone(), |inner, part| json!({ *part: inner }));
    match unknown(judged, first, &object) {
        // As the name has it: nothing of that stands in a body.
        Err(Refusal::BadRequest { field, message }) => Err(match judged.own(&field) {
            Some(right) if is_at_most && matches!(right.kind, Kind::Time) => up_to(judged, name),
            Some(right) => sent_as(right, name),
            None => Refusal::BadRequest { field: shown(name), message },
        }),
        other => other.and_then(|()| inside::check(judged, name, value)),
    }
}

fn sent_as(field: &Field, name: &str) -> Refusal {
    let Field { name: right, about, .. } = field;
    let wrong = shown(name);
    Refusal::bad(*right, format!("was sent as `{wrong}`, which is not a field here; send `{right}`. {about}"))
}

/// What is wrong with an end of a time, where only its beginning can be said.
fn up_to(judged: &Judged<'_>, name: &str) -> Refusal {
    let until = judged.endpoint.unoffered().find(|unoffered| unoffered.is_called("until"));
    until.map_or_else(|| Refusal::bad(shown(name), "is not offered"), |until| not_offered(name, until))
}

/// Whether a field says that what is newest comes first, beside one that says by what is sorted.
pub(super) fn asks_for_the_newest_first(name: &str, json: &str) -> bool {
    let Ok(value) = serde_json::from_str::<Value>(json) else { return false };
    is_word(&value, &["desc", "descending", "newest", "newestfirst", "-1"])
        && Words::of(name).have_one_of("order direction dir sort sortorder sortdir orderdirection")
}

impl Judged<'_> {
    /// A field of the endpoint's, by its letters.
    fn own(&self, called: &str) -> Option<&'static Field> {
        let called = plain(called)?;
        self.endpoint.asked().iter().find(|field| field.names().filter_map(plain).any(|own| own == called))
    }
}
