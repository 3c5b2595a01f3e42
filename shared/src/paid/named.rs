//! A wallet's own name for a purchase: the header `Idempotency-Key`, or x402's extension
//! `payment-identifier`. A client that signs anew after a time-out gets the first answer by it, and
//! does not pay twice.
//!
//! `docs/decisions.md`: Which names for a purchase are refused?

use http::{HeaderMap, HeaderName};

use crate::api::{IDEMPOTENCY_KEY, IDEMPOTENCY_SECRET};
use crate::body;
use crate::refusal::Refusal;
use crate::types::{LEFT_OVER, is_left_over};
use crate::x402::Presented;

const HEADER: &str = IDEMPOTENCY_KEY.field;
/// As it was called before it was on its way to being a standard; some clients still do.
const OLDER: &str = "X-Idempotency-Key";
const LONGEST: usize = IDEMPOTENCY_KEY.longest;

/// The name that a request carries. The header is what the caller's program says, and goes before
/// what its wallet adds.
pub(super) fn name_of(headers: &HeaderMap, presented: Option<&Presented>) -> Result<Option<String>, Refusal> {
    // To ignore one that is nearly right would sell a second time.
    let is_known = |name: &str| HEADER.eq_ignore_ascii_case(name) || OLDER.eq_ignore_ascii_case(name);
    // What other services call it is a header of theirs, which a gateway may add for them.
    let is_elsewhere = |name: &str| name.contains("client");
    let is_near = |name: &&HeaderName| {
        let name = name.as_str();
        body::is_a_purchases_name(name) && !is_known(name) && !is_elsewhere(name)
    };
    let near = headers.keys().filter(is_near).find(|name| headers.get_all(*name).iter().any(|value| !value.is_empty()));
    if let Some(near) = near {
        return Err(Refusal::bad(HEADER, format!("was sent as `{near}`, which is not read; send `{HEADER}`")));
    }
    let given = headers.get_all(HEADER).iter().chain(headers.get_all(OLDER));
    // The gateway joins repeated headers with a comma.
    let given = given.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    let mut given = given.map(|value| unquoted(value.trim_ascii())).filter(|name| !name.is_empty());
    let name = match given.next() {
        Some(name) if given.all(|other| other == name) => name,
        Some(_) => {
            return Err(Refusal::bad(HEADER, "is there twice, and differs; send one name, without a comma in it"));
        }
        None => return Ok(presented.and_then(Presented::identifier).map(str::to_owned)),
    };
    let fits = name.len() <= LONGEST && name.iter().all(u8::is_ascii_graphic);
    match str::from_utf8(name) {
        Ok(name) if is_left_over(name) => Err(Refusal::bad(HEADER, LEFT_OVER)),
        Ok(name) if fits => Ok(Some(name.to_owned())),
        _ => Err(Refusal::bad(HEADER, format!("must be 1 to {LONGEST} visible ASCII characters without spaces"))),
    }
}

/// Whether a name is long enough to prove that a request is its client's. It is never on the chain.
pub(super) fn is_a_secret(name: &str) -> bool {
    name.len() >= IDEMPOTENCY_SECRET
}

/// The header's draft standard writes it as a quoted string, and most clients without the quotes:
/// one name.
fn unquoted(value: &[u8]) -> &[u8] {
    let within = |quote: &[u8]| value.strip_prefix(quote).and_then(|value| value.strip_suffix(quote));
    within(b"\"").or_else(|| within(b"'")).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::{HEADER, LONGEST, name_of};
    use crate::api::IDEMPOTENCY_DAYS;
    use crate::refusal::Refusal;
    use crate::store::sales::REMEMBERED;

    fn named(values: &[&str]) -> Result<Option<String>, Refusal> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HEADER, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        name_of(&headers, None)
    }

    #[test]
    fn a_header_with_nearly_the_name_is_refused_and_one_of_a_gateways_is_not() {
        for (name, refused) in [
            ("idempotent-key", true),
            ("dedupe-key", true),
            ("x-dedupe-id", true),
            ("x-deduplication-key", true),
            ("x-idempotency-key", false),
            ("x-client-token", false),
            ("client-token", false),
        ] {
            let headers = HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static("order-17"))]);
            assert_eq!(name_of(&headers, None).is_err(), refused, "{name}");
        }
    }

    #[test]
    fn a_name_is_remembered_for_as_long_as_is_promised() {
        assert_eq!(REMEMBERED.as_secs(), u64::from(IDEMPOTENCY_DAYS) * 86_400);
    }

    #[test]
    fn a_name_is_visible_ascii_and_its_quotes_are_not_part_of_it() {
        let longest = "k".repeat(LONGEST);
        for (value, name) in [
            ("order-17", "order-17"),
            ("\"order-17\"", "order-17"),
            ("'order-17'", "order-17"),
            (" a;b ", "a;b"),
            (&longest, &longest),
        ] {
            assert_eq!(named(&[value]).unwrap().as_deref(), Some(name), "{value}");
        }
        let older =
            HeaderMap::from_iter([(HeaderName::from_static("x-idempotency-key"), HeaderValue::from_static("a"))]);
        assert_eq!(name_of(&older, None).unwrap().as_deref(), Some("a"));
        for near in [
            "idempotancy-key",
            "idempotent-key",
            "idempotency",
            "x-idempotent-key",
            "idempotencykey",
            "idempotency_key",
        ] {
            let headers = HeaderMap::from_iter([(HeaderName::from_static(near), HeaderValue::from_static("a"))]);
            let refused = name_of(&headers, None);
            assert!(matches!(refused, Err(Refusal::BadRequest { field, .. }) if field == HEADER), "{near}");
            let empty = HeaderMap::from_iter([(HeaderName::from_static(near), HeaderValue::from_static(""))]);
            assert_eq!(name_of(&empty, None).unwrap(), None, "{near}");
        }
        for nothing in [&[][..], &[""], &[" "], &["\"\""]] {
            assert_eq!(named(nothing).unwrap(), None, "{nothing:?}");
        }
        for often in [&["a", "a", ""][..], &["a,a"], &["a, \"a\",", "a"]] {
            assert_eq!(named(often).unwrap().as_deref(), Some("a"), "one name, however often: {often:?}");
        }
        for left in ["undefined", "\"null\"", "None", "[object Object]", "{{$json.id}}", "${id}"] {
            let refused = named(&[left]).unwrap_err().facts().message;
            assert!(refused.contains("what a template leaves"), "{left}: {refused}");
        }
        for bad in [&["two words"][..], &["ä"], &["k".repeat(LONGEST + 1).as_str()], &["a", "b"], &["a,b"]] {
            assert!(matches!(named(bad), Err(Refusal::BadRequest { field, .. }) if field == HEADER), "{bad:?}");
        }
    }
}
