//! The client's own name for a purchase, in x402's extension `payment-identifier`. To ignore what a
//! client wrote in another shape would sell a second time, so names that are nearly right are read,
//! and so is what stands in another place of the extension: text that fits is the name, and the
//! rest is refused as every `id` is that does not fit.
//! <https://github.com/x402-foundation/x402/blob/main/specs/extensions/payment_identifier.md>

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::types::is_one_slip_from;
use crate::x402::Malformed;

/// The extension's name, in letters alone.
const NAME: &str = "paymentidentifier";
/// What clients call the `id` in it, in letters alone; the first that is there counts.
const LIKE_ID: [&str; 6] = ["id", "paymentid", "identifier", NAME, "idempotencykey", "key"];
/// How long it is, by the extension's specification.
const FITS: std::ops::RangeInclusive<usize> = 16..=128;

/// The name that the extensions of a payment hold.
pub(super) fn of(extensions: &RawValue) -> Result<Option<String>, Malformed> {
    // What is empty is not there.
    let Some(id) = within(extensions).filter(|id| !matches!(id.get(), "null" | "\"\"")) else { return Ok(None) };
    let fits = |id: &String| {
        FITS.contains(&id.len()) && id.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_'))
    };
    serde_json::from_str(id.get()).ok().filter(fits).map(Some).ok_or_else(|| {
        Malformed::Shape(
            "`extensions.payment-identifier.info.id` must have 16 to 128 letters, digits, `-` and `_`".to_owned(),
        )
    })
}

/// What is meant for an `id`. Clients echo our declaration, which has none.
fn within(extensions: &RawValue) -> Option<&RawValue> {
    let all = Members::of(extensions)?;
    let said = all.called(NAME).or_else(|| all.by(|letters| is_one_slip_from(NAME, letters)))?;
    let Some(members) = Members::of(said) else { return Some(said) };
    let info = members.called("info");
    let of_info = info.and_then(|info| Members::of(info).map_or(Some(info), |within| within.id()));
    of_info.or_else(|| members.id())
}

/// The members of an object.
struct Members<'a>(BTreeMap<String, &'a RawValue>);

impl<'a> Members<'a> {
    fn of(json: &'a RawValue) -> Option<Self> {
        serde_json::from_str(json.get()).ok().map(Self)
    }

    fn id(&self) -> Option<&'a RawValue> {
        LIKE_ID.iter().find_map(|name| self.called(name))
    }

    fn called(&self, name: &str) -> Option<&'a RawValue> {
        self.by(|letters| letters == name)
    }

    /// The first whose name fits, by its letters in lower case.
    fn by(&self, fits: impl Fn(&str) -> bool) -> Option<&'a RawValue> {
        let letters = |name: &str| name.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
        let found = self.0.iter().find(|(name, json)| json.get() != "null" && fits(&letters(name).to_lowercase()));
        found.map(|(_, json)| *json)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::of;

    #[test]
    fn a_purchase_is_named_in_whichever_shape_a_client_has_written() {
        let id = |extension: &str| {
            let extensions = format!(r#"{{"bazaar": {{}}, "payment-identifier": {extension}}}"#);
            of(&RawValue::from_string(extensions).unwrap())
        };
        let name = r#""order-of-the-day-17""#;
        for extension in [
            name.to_owned(),
            format!(r#"{{"id": {name}}}"#),
            format!(r#"{{"info": {name}}}"#),
            format!(r#"{{"info": {{"required": false, "id": {name}}}, "schema": {{}}}}"#),
            format!(r#"{{"info": {{"required": false}}, "id": {name}}}"#),
            format!(r#"{{"info": {{"id": {name}}}, "id": "another-that-is-second"}}"#),
            format!(r#"{{"info": {{"id": {name}, "paymentId": "another-that-is-second"}}}}"#),
            format!(r#"{{"info": {{"required": true, "paymentId": {name}}}}}"#),
            format!(r#"{{"info": {{"identifier": {name}}}}}"#),
            format!(r#"{{"Info": {{"Id": {name}}}}}"#),
            format!(r#"{{"info": {{"required": false, "payment_identifier": {name}}}}}"#),
            format!(r#"{{"idempotencyKey": {name}}}"#),
            format!(r#"{{"info": null, "id": {name}}}"#),
        ] {
            assert_eq!(id(&extension).unwrap().as_deref(), Some("order-of-the-day-17"), "{extension}");
        }
        for nothing in [
            "null",
            "{}",
            r#"{"info": null}"#,
            r#"{"info": {"required": false}, "schema": {"properties": {"id": {}}}}"#,
            r#"{"info": {"id": null}}"#,
            r#"{"info": {"id": ""}}"#,
        ] {
            assert_eq!(id(nothing), Ok(None), "{nothing}");
        }
        for odd in ["17", "[]", "true", r#""short""#] {
            for extension in
                [odd.to_owned(), format!(r#"{{"info": {odd}}}"#), format!(r#"{{"info": {{"paymentId": {odd}}}}}"#)]
            {
                assert!(id(&extension).is_err(), "{extension}");
            }
        }
    }
}
