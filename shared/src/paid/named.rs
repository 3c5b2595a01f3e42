//! A wallet's own name for a purchase: the header `Idempotency-Key`, or x402's extension `payment-identifier`. A client that
//! signs anew after a time-out gets the first answer by it, and does not pay twice.

use http::HeaderMap;

use crate::api::IDEMPOTENCY_KEY;
use crate::refusal::Refusal;
use crate::x402::Presented;

const HEADER: &str = IDEMPOTENCY_KEY.field;
/// As it was called before it was on its way to being a standard; some clients still do.
const OLDER: &str = "X-Idempotency-Key";
const LONGEST: usize = IDEMPOTENCY_KEY.longest;

/// The name that a request carries. The header is what the caller's program says, and goes before what its wallet adds.
pub(super) fn name_of(headers: &HeaderMap, presented: Option<&Presented>) -> Result<Option<String>, Refusal> {
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
        Ok(name) if fits => Ok(Some(name.to_owned())),
        _ => Err(Refusal::bad(HEADER, format!("must be 1 to {LONGEST} visible ASCII characters without spaces"))),
    }
}

/// The header's draft standard writes it as a quoted string, and most clients without the quotes: one name.
fn unquoted(value: &[u8]) -> &[u8] {
    value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value)
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
    fn a_name_is_remembered_for_as_long_as_is_promised() {
        assert_eq!(REMEMBERED.as_secs(), u64::from(IDEMPOTENCY_DAYS) * 86_400);
    }

    #[test]
    fn a_name_is_visible_ascii_and_its_quotes_are_not_part_of_it() {
        let longest = "k".repeat(LONGEST);
        for (value, name) in
            [("order-17", "order-17"), ("\"order-17\"", "order-17"), (" a;b ", "a;b"), (&longest, &longest)]
        {
            assert_eq!(named(&[value]).unwrap().as_deref(), Some(name), "{value}");
        }
        let older =
            HeaderMap::from_iter([(HeaderName::from_static("x-idempotency-key"), HeaderValue::from_static("a"))]);
        assert_eq!(name_of(&older, None).unwrap().as_deref(), Some("a"));
        for nothing in [&[][..], &[""], &[" "], &["\"\""]] {
            assert_eq!(named(nothing).unwrap(), None, "{nothing:?}");
        }
        for often in [&["a", "a", ""][..], &["a,a"], &["a, \"a\",", "a"]] {
            assert_eq!(named(often).unwrap().as_deref(), Some("a"), "one name, however often: {often:?}");
        }
        for bad in [&["two words"][..], &["ä"], &["k".repeat(LONGEST + 1).as_str()], &["a", "b"], &["a,b"]] {
            assert!(matches!(named(bad), Err(Refusal::BadRequest { field, .. }) if field == HEADER), "{bad:?}");
        }
    }
}
