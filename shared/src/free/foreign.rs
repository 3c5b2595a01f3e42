//! Whether a browser sent a request for a page of another site, in a way in which a page may
//! without the browser asking us first: by a form, a beacon, or a `fetch` that reads no answer.
//! Pure.
//!
//! A client that knows a call's id may hang it up, from any page: as `application/json`, before
//! which browsers ask (`OPTIONS`). What is refused here is that a stranger's page makes a visitor's
//! browser do it unseen. Browsers say of each request where it comes from (`Sec-Fetch-Site`), or,
//! the older ones, that it comes from a page at all (`Origin`, on every POST); programs say
//! neither. A token in our form would prove nothing beyond that: a client that has the id could
//! read it.
//!
//! `docs/decisions.md`: How is a stranger's page kept from hanging up?

use http::HeaderMap;
use http::header::{CONTENT_TYPE, HeaderName, ORIGIN};

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether a request is to be refused because of the page that it comes from.
pub(super) fn is_foreign(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    match text(&FETCH_SITE) {
        // Our own page, or the person itself.
        Some("same-origin" | "none") => false,
        Some(_) => !is_json(text(&CONTENT_TYPE)),
        None => text(&ORIGIN).is_some() && !is_json(text(&CONTENT_TYPE)),
    }
}

/// What no form and no unasked `fetch` can send.
fn is_json(kind: Option<&str>) -> bool {
    let essence = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::is_foreign;

    fn sent(headers: &[(&'static str, &'static str)]) -> bool {
        let header = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        is_foreign(&headers.iter().map(header).collect::<HeaderMap>())
    }

    const FORMS: [&str; 3] = ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"];

    #[test]
    fn a_program_and_our_own_page_are_not_foreign() {
        assert!(!sent(&[]));
        for kind in FORMS.into_iter().chain(["application/json", "application/octet-stream", ""]) {
            assert!(!sent(&[("content-type", kind)]), "{kind}");
            for site in ["same-origin", "none"] {
                // A page that sends no referrer sends no origin either.
                let own = [("content-type", kind), ("sec-fetch-site", site), ("origin", "null")];
                assert!(!sent(&own), "{kind} {site}");
            }
        }
    }

    #[test]
    fn what_a_page_of_another_site_may_send_unasked_is() {
        for kind in FORMS.into_iter().chain(["", "application/jsonp", "text/json", "application/json-patch+json"]) {
            for site in ["cross-site", "same-site", "", "something new"] {
                assert!(sent(&[("content-type", kind), ("sec-fetch-site", site)]), "{kind} {site}");
            }
            for origin in ["https://elsewhere.example", "null", ""] {
                assert!(sent(&[("content-type", kind), ("origin", origin)]), "{kind} {origin}");
            }
        }
        assert!(sent(&[("sec-fetch-site", "cross-site")]), "no body at all");
        assert!(sent(&[("origin", "https://elsewhere.example")]), "no body at all");
    }

    #[test]
    fn a_page_that_the_browser_asks_for_is_not() {
        for kind in ["application/json", "Application/JSON; charset=utf-8", " application/json ;x"] {
            for site in ["cross-site", "same-site"] {
                let asked = [("content-type", kind), ("sec-fetch-site", site), ("origin", "https://elsewhere.example")];
                assert!(!sent(&asked), "{kind} {site}");
            }
            assert!(!sent(&[("content-type", kind), ("origin", "https://elsewhere.example")]), "{kind}");
        }
    }
}
