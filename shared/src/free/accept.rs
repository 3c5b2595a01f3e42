//! What a client would rather read: JSON, or a page. Pure.
//!
//! Programs send `*/*`, `application/json` or nothing, and get JSON; a page is only for a client
//! that prefers HTML by name or by weight, as browsers do.

use http::HeaderMap;
use http::header::ACCEPT;

use crate::edge::quality::{split, thousandths};

/// Whether HTML is wanted more than JSON (RFC 9110, 12.5.1). Each has one variant here, so
/// parameters of a type, such as a character set or a level, tell nothing apart.
pub(super) fn prefers_html(headers: &HeaderMap) -> bool {
    let asked: Vec<&str> = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    let entries = || asked.iter().flat_map(|value| split(value, ','));
    // Not in the grammar of RFC 9110 (12.5.1), and no browser sends it: it is in the header that
    // Java's `HttpURLConnection` sends unless it is told another (`text/html, image/gif,
    // image/jpeg, *; q=.2, */*; q=.2`; `sun.net.www.protocol.http`), which is a program's.
    if entries().any(|entry| split(entry, ';').next().is_some_and(|range| range.trim() == "*")) {
        return false;
    }
    let ranges: Vec<Range<'_>> = entries().filter_map(Range::read).collect();
    weight(&ranges, "text", "html") > weight(&ranges, "application", "json")
}

/// One entry of `Accept`.
struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    /// In thousandths.
    weight: u16,
}

impl<'a> Range<'a> {
    /// Nothing for what cannot be read.
    fn read(text: &'a str) -> Option<Self> {
        let mut parts = split(text, ';').map(str::trim);
        let (kind, subtype) = parts.next()?.split_once('/')?;
        let mut named = parts.filter_map(|part| part.split_once('='));
        let quality = named.find(|(name, _)| name.trim().eq_ignore_ascii_case("q"));
        let weight = quality.map_or(Some(1000), |(_, value)| thousandths(value.trim()))?;
        Some(Self { kind, subtype, weight })
    }

    /// How precisely it names a type; nothing, if it does not.
    fn fits(&self, kind: &str, subtype: &str) -> Option<u8> {
        let same = (self.kind.eq_ignore_ascii_case(kind), self.subtype.eq_ignore_ascii_case(subtype));
        match (same, self.kind, self.subtype) {
            ((true, true), ..) => Some(2),
            ((true, _), _, "*") => Some(1),
            (_, "*", "*") => Some(0),
            _ => None,
        }
    }
}

/// The most precise range that names a type says how much it is wanted; of several such, the
/// largest.
fn weight(ranges: &[Range<'_>], kind: &str, subtype: &str) -> u16 {
    let fitting = ranges.iter().filter_map(|range| Some((range.fits(kind, subtype)?, range.weight)));
    fitting.max().map_or(0, |(_, weight)| weight)
}

#[cfg(test)]
mod tests {
    use http::header::ACCEPT;
    use http::{HeaderMap, HeaderValue};

    use super::prefers_html;

    fn asked(accept: &[&str]) -> bool {
        let entry = |text: &&str| (ACCEPT, HeaderValue::from_str(text).unwrap());
        let mut headers = HeaderMap::new();
        headers.extend(accept.iter().map(entry));
        prefers_html(&headers)
    }

    #[test]
    fn programs_get_json() {
        assert!(!asked(&[]));
        for accept in [
            "",
            "*/*",
            "application/json",
            "application/json, text/plain, */*",
            "application/json, text/html",
            "text/html, application/json",
            "text/html;q=0.5, */*;q=0.5",
            "text/html;q=0.8, application/json;q=0.9",
            "text/html;q=0.8, application/*",
            "text/html;q=0, */*",
            "image/png",
            "text/html;q=2",
            "text/html;q=-1",
            "text/html;q=0.1234",
            "text/html;q=",
            "text/html;level=1;q=0",
            "text/html;charset=utf-8;q=0.5, application/json;profile=x;q=0.5",
            "application/json;profile=\"text, text/html\"",
            "application/json;charset=utf-8, text/html;level=1",
            "text/html;charset=utf-8;q=0.4, */*;q=0.5",
            "text",
            "/",
            "text/htmlx",
            "*/html",
            "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2",
            "text/html, *",
        ] {
            assert!(!asked(&[accept]), "{accept}");
        }
    }

    #[test]
    fn browsers_get_a_page() {
        for accept in [
            "text/html",
            "TEXT/HTML",
            "text/*",
            "text/html, */*;q=0.8",
            "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "application/json;q=0.9, text/html",
            "application/json;q=0.9 , text/html ; q=1.000",
            "application/json;q=0, */*;q=0.001",
            "text/html;q=0.001",
            "text/html;charset=utf-8",
            "text/html; charset=utf-8",
            "text/html;level=1",
            "text/html;level=1;q=0.3, application/json;q=0.2",
            "text/html;level=1;Q=0.9;ext=1, application/json;q=0.8",
            "text/html;level=2;q=0.2, text/html;q=0.7, application/json;q=0.5",
            "text/html;profile=\"a;q=0.1\", application/json;q=0.5",
            "text/*;charset=utf-8, application/json;q=0.9",
        ] {
            assert!(asked(&[accept]), "{accept}");
        }
        assert!(asked(&["application/json;q=0.5", "text/html"]), "two headers are one list");
    }
}
