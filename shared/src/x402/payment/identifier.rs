//! The client's own name for a purchase, in x402's extension `payment-identifier`. To ignore what a
//! client wrote in another shape would sell a second time, so names that are nearly right are read,
//! and so is what stands in another place of the extension: text that fits is the name, and the
//! rest is refused as every `id` is that does not fit. What speaks of such a name anywhere else in
//! the payment is refused, too. Clients echo our declaration, which has none.
//! <https://github.com/x402-foundation/x402/blob/main/specs/extensions/payment_identifier.md>
//!
//! `docs/decisions.md`: Which names for a purchase are refused?

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::types::{is_blank, is_one_slip_from};
use crate::x402::Malformed;

/// The extension's name, in letters alone.
const NAME: &str = "paymentidentifier";
/// What clients call the `id` in it, in letters alone; the first that is there counts.
const LIKE_ID: [&str; 6] = ["id", "paymentid", "identifier", NAME, "idempotencykey", "key"];
/// What the extension may have besides, in letters alone: our declaration, and what it says.
const DECLARED: [&str; 4] = ["schema", "required", "description", "version"];
/// Another extension, which repeats what is sold.
const LISTING: &str = "bazaar";
/// How long it is, by the extension's specification.
const FITS: std::ops::RangeInclusive<usize> = 16..=128;

/// The name that a payment holds.
pub(super) fn of(payment: &[u8], extensions: Option<&RawValue>) -> Result<Option<String>, Malformed> {
    let extension = extensions.and_then(extension);
    // What is empty is not there.
    let id = extension.and_then(within).filter(|id| !matches!(id.get(), "null" | "\"\""));
    let Some(id) = id else {
        let payment = str::from_utf8(payment).ok().and_then(|text| serde_json::from_str(text).ok());
        let is_said = extension.is_some_and(says_something) || payment.is_some_and(speaks_of_one);
        return if is_said { Err(misplaced()) } else { Ok(None) };
    };
    let fits = |id: &String| {
        FITS.contains(&id.len()) && id.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_'))
    };
    serde_json::from_str(id.get()).ok().filter(fits).map(Some).ok_or_else(|| {
        Malformed::Shape(
            "`extensions.payment-identifier.info.id` must have 16 to 128 letters, digits, `-` and `_`".to_owned(),
        )
    })
}

fn misplaced() -> Malformed {
    Malformed::Shape(
        "what names a purchase is `{\"extensions\": {\"payment-identifier\": {\"info\": {\"id\": \"…\"}}}}`, with 16 to 128 \
         letters, digits, `-` and `_`; it was sent in another shape"
            .to_owned(),
    )
}

fn extension(extensions: &RawValue) -> Option<&RawValue> {
    let all = Members::of(extensions)?;
    all.called(NAME).or_else(|| all.by(|letters| is_one_slip_from(NAME, letters)))
}

/// What is meant for an `id`.
fn within(extension: &RawValue) -> Option<&RawValue> {
    let Some(members) = Members::of(extension) else { return Some(extension) };
    let info = members.called("info");
    let of_info = info.and_then(|info| Members::of(info).map_or(Some(info), |within| within.id()));
    of_info.or_else(|| members.id())
}

/// Whether there is anything that can be a name, but for what is declared.
fn says_something(json: &RawValue) -> bool {
    if let Some(Members(members)) = Members::of(json) {
        return members.iter().any(|(name, json)| !DECLARED.contains(&&*letters(name)) && says_something(json));
    }
    if let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(json.get()) {
        return items.into_iter().any(says_something);
    }
    match serde_json::from_str::<String>(json.get()) {
        Ok(text) => !is_blank(&text),
        Err(_) => !matches!(json.get(), "null" | "true" | "false"),
    }
}

/// Whether anything in a document speaks of a name for a purchase and has one: by what it is
/// called, or as what is called so (`{"name": "payment-identifier", "id": …}`).
fn speaks_of_one(json: &RawValue) -> bool {
    if let Some(Members(members)) = Members::of(json) {
        let is_text_of_one = |json: &&RawValue| {
            let text: Option<String> = serde_json::from_str(json.get()).ok();
            // A description may say as much, and so may an address.
            let is_a_name = |text: &String| !text.contains([' ', ':']);
            text.filter(is_a_name).is_some_and(|text| is_a_purchases(&letters(&text)))
        };
        let is_one = members.values().any(is_text_of_one);
        return members.iter().any(|(name, json)| {
            let name = letters(name);
            let is_other = name == LISTING || name.ends_with("schema");
            let has_one = is_a_purchases(&name) || is_one && !is_text_of_one(json) && !DECLARED.contains(&&*name);
            !is_other && (has_one && says_something(json) || speaks_of_one(json))
        });
    }
    let items: Option<Vec<&RawValue>> = serde_json::from_str(json.get()).ok();
    items.is_some_and(|items| items.into_iter().any(speaks_of_one))
}

/// Whether something of this name, in letters alone, is to keep a client from paying twice.
fn is_a_purchases(name: &str) -> bool {
    name.contains("idempot")
        || name.contains(NAME)
        || is_one_slip_from(NAME, name)
        || ["paymentid", "xpaymentid", "x402paymentid"].contains(&name)
}

/// A name in letters and digits alone, in lower case.
fn letters(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase()
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
        let found = self.0.iter().find(|(name, json)| json.get() != "null" && fits(&letters(name)));
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
            let payment = format!(r#"{{"extensions": {extensions}}}"#);
            of(payment.as_bytes(), Some(&RawValue::from_string(extensions).unwrap()))
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
        for other in ["value", "requestId", "nonce", "uuid", "paymentIdentifierId"] {
            for extension in [format!(r#"{{"{other}": {name}}}"#), format!(r#"{{"info": {{"{other}": {name}}}}}"#)] {
                assert!(id(&extension).is_err(), "{extension}");
            }
        }
        assert!(id(&format!(r#"{{"info": {{"input": {{"id": {name}}}}}}}"#)).is_err());
    }

    #[test]
    fn a_name_for_a_purchase_anywhere_else_is_refused_and_a_declaration_is_not_one() {
        let read = |payment: &str| {
            let document: std::collections::BTreeMap<String, &RawValue> = serde_json::from_str(payment).unwrap();
            of(payment.as_bytes(), document.get("extensions").copied())
        };
        for payment in [
            r#"{"extensions": {"idempotency-key": {"info": {"id": "order-17"}}}}"#,
            r#"{"extensions": {"idempotency": "order-17"}}"#,
            r#"{"extensions": {"payment-id": {"id": 17}}}"#,
            r#"{"extensions": {"paymentId": {"info": {"id": "order-17"}}}}"#,
            r#"{"extensions": {"x402/payment-identifier": {"info": {"id": "order-17"}}}}"#,
            r#"{"extensions": [{"payment-identifier": {"info": {"id": "order-17"}}}]}"#,
            r#"{"extensions": [{"name": "payment-identifier", "info": {"required": true, "id": "order-17"}}]}"#,
            r#"{"idempotencyKey": "order-17"}"#,
            r#"{"payment-identifier": {"info": {"id": "order-17"}}, "extensions": {"bazaar": {}}}"#,
            r#"{"payload": {"extensions": {"payment-identifier": {"info": {"id": "order-17"}}}}}"#,
            r#"{"accepted": {"extra": {"payment-identifier": "order-17"}}}"#,
            r#"{"resource": {"paymentIdentifier": "order-17"}}"#,
        ] {
            let told = read(payment).unwrap_err().to_string();
            assert!(told.contains(r#"{"payment-identifier": {"info": {"id": "…"}}}"#), "{told}");
        }
        let declaration =
            r#"{"info": {"required": false}, "schema": {"type": "object", "properties": {"id": {"type": "string"}}}}"#;
        for payment in [
            format!(r#"{{"extensions": {{"payment-identifier": {declaration}}}}}"#),
            format!(r#"{{"extensions": [{{"payment-identifier": {declaration}}}]}}"#),
            r#"{"extensions": {"idempotency": {"info": {"required": true}}, "sign-in-with-x": {"info": {"requestId": "a"}}}}"#.to_owned(),
            r#"{"extensions": {"bazaar": {"info": {"idempotency_key": "a"}}}, "idempotencyKey": null, "paymentId": ""}"#.to_owned(),
            r#"{"accepted": {"outputSchema": {"input": {"idempotency_key": "text"}}}, "resource": {"description": "payment"}}"#.to_owned(),
        ] {
            assert_eq!(read(&payment), Ok(None), "{payment}");
        }
    }
}
