//! Answers that are worth it travel compressed to clients that say they can read that: documents,
//! pages, long transcripts. What is small, as each price is, is not looked at twice.

use std::io::Write;
use std::sync::OnceLock;

use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, VARY};
use http::{HeaderMap, HeaderValue};
use lambda_http::{Body, Response};

use super::quality::{split, thousandths};

/// The smallest body that is compressed. Below, it saves a packet or two, and costs as much time as
/// they take.
const LEAST: usize = 4096;

/// A text that is the same for each client, and is compressed at most once.
pub struct Document {
    text: String,
    packed: OnceLock<Option<Vec<u8>>>,
}

impl From<String> for Document {
    fn from(text: String) -> Self {
        Self { text, packed: OnceLock::new() }
    }
}

impl Document {
    /// The text as a body, and whether that is compressed.
    pub(super) fn body(&self, wanted: bool) -> (Body, bool) {
        // At the first question and not when the process starts: who asks for an icon need not wait
        // for it.
        let pack = || (self.text.len() >= LEAST).then(|| gzip(self.text.as_bytes(), Compression::best())).flatten();
        let packed = if wanted { self.packed.get_or_init(pack).as_ref() } else { None };
        match packed {
            Some(packed) => (Body::Binary(packed.clone()), true),
            None => (Body::Text(self.text.clone()), false),
        }
    }
}

/// Whether a client would rather have an answer compressed.
pub(super) fn is_wanted(headers: &HeaderMap) -> bool {
    let asked = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let (mut gzip, mut any, mut identity) = (None, None, 0);
    for entry in asked.flat_map(|value| split(value, ',')) {
        let mut parts = entry.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        let Some(weight) = quality.map_or(Some(1000), thousandths) else { continue };
        match name.as_str() {
            "gzip" | "x-gzip" => gzip = Some(weight),
            "*" => any = Some(weight),
            "identity" => identity = weight,
            _ => {}
        }
    }
    let gzip = gzip.or(any).unwrap_or(0);
    gzip > 0 && gzip >= identity
}

/// Compresses an answer, if it is large and the client wants that; and tells caches of it, if it is
/// large.
pub(super) fn pack(response: &mut Response<Body>, wanted: bool) {
    if response.body().len() < LEAST || response.headers().contains_key(CONTENT_ENCODING) {
        return;
    }
    varies(response.headers_mut());
    // A transcript is compressed for one client and once, so quickly.
    if let Some(packed) = wanted.then(|| gzip(response.body(), Compression::fast())).flatten() {
        *response.body_mut() = Body::Binary(packed);
        mark(response.headers_mut());
    }
}

/// Says that a body is compressed.
pub(super) fn mark(headers: &mut HeaderMap) {
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
}

/// Says that other clients may be given another body, beside what else it depends on. In one line,
/// because a function's answer to the gateway has one value for each header.
pub(super) fn varies(headers: &mut HeaderMap) {
    let said = headers.get_all(VARY).iter().filter_map(|value| value.to_str().ok());
    let all = said.chain(["Accept-Encoding"]).collect::<Vec<_>>().join(", ");
    // What was a header's value is one still.
    if let Ok(value) = HeaderValue::try_from(all) {
        headers.insert(VARY, value);
    }
}

fn gzip(bytes: &[u8], level: Compression) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 2), level);
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;
    use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, VARY};
    use http::{HeaderMap, HeaderValue};
    use lambda_http::{Body, Response};

    use super::{Document, LEAST, is_wanted, pack};

    fn wants(accepted: &[&'static str]) -> bool {
        let mut headers = HeaderMap::new();
        headers.extend(accepted.iter().map(|text| (ACCEPT_ENCODING, HeaderValue::from_static(text))));
        is_wanted(&headers)
    }

    fn unpacked(bytes: &[u8]) -> String {
        let mut text = String::new();
        GzDecoder::new(bytes).read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn a_client_says_whether_it_reads_gzip() {
        for accepted in [
            &["gzip"][..],
            &["gzip, deflate, br"],
            &["br;q=1.0, gzip;q=0.8, *;q=0.1"],
            &["GZIP"],
            &["x-gzip"],
            &["*"],
            &["deflate", "gzip;q=0.001"],
            &["gzip;q=0.5, identity;q=0.5"],
        ] {
            assert!(wants(accepted), "{accepted:?}");
        }
        for accepted in [
            &[][..],
            &[""],
            &["identity"],
            &["br"],
            &["gzip;q=0"],
            &["gzip;q=0, *"],
            &["*;q=0"],
            &["gzip;q=0.5, identity"],
            &["gzip;q=2"],
            &["gzipped"],
        ] {
            assert!(!wants(accepted), "{accepted:?}");
        }
    }

    #[test]
    fn only_what_is_large_is_compressed_and_only_if_that_is_wanted() {
        let large = "a line of what was said\n".repeat(LEAST);
        for (text, wanted, packed) in
            [(&large, true, true), (&large, false, false), (&"x".repeat(LEAST - 1), true, false)]
        {
            let mut response = Response::new(Body::from(text.as_str()));
            pack(&mut response, wanted);
            assert_eq!(response.headers().contains_key(CONTENT_ENCODING), packed);
            assert_eq!(response.headers().contains_key(VARY), text.len() >= LEAST);
            if packed {
                assert!(response.body().len() < text.len() / 10);
                assert_eq!(unpacked(response.body()), *text);
            } else {
                assert_eq!(response.body().as_ref(), text.as_bytes());
            }
        }
    }

    #[test]
    fn what_an_answer_depends_on_stands_in_one_line() {
        for wanted in [true, false] {
            let mut response = Response::new(Body::from("x".repeat(LEAST)));
            response.headers_mut().insert(VARY, HeaderValue::from_static("Accept"));
            pack(&mut response, wanted);
            let lines: Vec<_> = response.headers().get_all(VARY).iter().collect();
            assert_eq!(lines, ["Accept, Accept-Encoding"]);
        }
    }

    #[test]
    fn a_document_is_compressed_once_and_an_icon_never() {
        let document = Document::from("{\"openapi\": \"3.1.0\"}\n".repeat(LEAST));
        let (body, packed) = document.body(true);
        assert!(packed && body.len() < document.text.len() / 10);
        assert_eq!(unpacked(&body), document.text);
        assert_eq!(document.body(true).0.as_ref(), body.as_ref());
        assert!(!document.body(false).1);
        assert!(!Document::from("<svg/>".to_owned()).body(true).1);
    }
}
