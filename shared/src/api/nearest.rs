//! What a client means that asks at an address at which there is nothing. Pure.

use super::{ALL, DOCUMENTS, Method};
use crate::types::is_one_slip_from;

/// The fewest letters of a word that is recognised in spite of a slip.
const SURE: usize = 4;
/// So many words may be missing, too many or others.
const FAR: usize = 2;

/// The methods and paths that are meant, where some are: those that differ in the fewest words. The prefix of the API in any
/// version, a file's ending, case, slashes and the plural make no difference. A client that wants to read does not mean to pay,
/// if there is something near that can be read.
pub fn nearest(method: &http::Method, path: &str) -> Vec<(Method, &'static str)> {
    let asked = words(path);
    let reads = Method::Get.serves(method);
    let endpoints = ALL.into_iter().map(|endpoint| (endpoint.method, endpoint.path));
    let documents = DOCUMENTS.into_iter().map(|path| (Method::Get, path));
    let distances = endpoints.chain(documents).filter_map(|known| Some((distance(&words(known.1), &asked)?, known)));
    let near = distances.filter(|(distance, _)| *distance <= FAR);
    let near: Vec<_> =
        near.map(|(far, known)| (if reads && known.0 == Method::Post { far + FAR } else { far }, known)).collect();
    let least = near.iter().map(|(distance, _)| *distance).min();
    near.into_iter().filter(|(distance, _)| Some(*distance) == least).map(|(_, known)| known).collect()
}

/// The words of a path, in small letters.
fn words(path: &str) -> Vec<String> {
    let path = path.trim_end_matches('/');
    let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
    let file = file.rsplit_once('.').map_or(file, |(name, _)| name);
    let parts = folders.split('/').chain([file]).filter(|part| *part != ".well-known");
    let words = parts.flat_map(|part| part.split(|c| !part.starts_with('{') && matches!(c, '-' | '_' | '.')));
    let words = words.filter(|word| !word.is_empty()).map(str::to_ascii_lowercase);
    words.filter(|word| !is_prefix(word)).collect()
}

/// `api`, `v1`, `v2`.
fn is_prefix(word: &str) -> bool {
    let version =
        word.strip_prefix('v').is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()));
    word == "api" || version
}

/// How many words are missing, too many or others; nothing, where all are.
fn distance(known: &[String], asked: &[String]) -> Option<usize> {
    let is_shared = |word: &String| !word.starts_with('{') && asked.iter().any(|asked| is_alike(word, asked));
    if asked.len() > known.len() + FAR || !known.iter().any(is_shared) {
        return None;
    }
    // Levenshtein's distance, row by row.
    let mut row: Vec<usize> = (0..=asked.len()).collect();
    for (at, word) in known.iter().enumerate() {
        let mut next = vec![at + 1];
        for ((asked, above), (left_above, here)) in asked.iter().zip(row.iter().skip(1)).zip(row.iter().zip(0..)) {
            let changed = left_above + usize::from(!is_alike(word, asked));
            let left = next.get(here).copied().unwrap_or(usize::MAX - 1);
            next.push(changed.min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied()
}

/// Whether a word is this one but for a slip, or stands for a parameter.
fn is_alike(known: &str, asked: &str) -> bool {
    known == asked || known.starts_with('{') || known.len() >= SURE && is_one_slip_from(known, asked)
}

#[cfg(test)]
mod tests {
    use super::nearest;
    use crate::api::{ALL, DOCUMENTS};

    fn meant(path: &str) -> Vec<&'static str> {
        by("POST", path)
    }

    fn by(method: &str, path: &str) -> Vec<&'static str> {
        let method = http::Method::from_bytes(method.as_bytes()).unwrap();
        nearest(&method, path).into_iter().map(|(_, path)| path).collect()
    }

    #[test]
    fn a_client_that_wants_to_read_means_what_can_be_read() {
        let (call, poll) = ("/api/v1/voice/call", "/api/v1/voice/call/{call_id}");
        let list = "/api/v1/phone/numbers/list";
        for (path, to_read, otherwise) in [
            ("/api/v1/voice/call/", poll, call),
            ("/v1/voice/call//", poll, call),
            ("/api/v1/voice/calls", poll, call),
            ("/voice", poll, call),
            ("/api/v1/voice/call/7ZZZZZZZZZZZZZZZZZZZZZZZZZ/", poll, poll),
            ("/api/v1/phone/numbers/list/", list, list),
        ] {
            for method in ["GET", "HEAD"] {
                assert_eq!(by(method, path), [to_read], "{method} {path}");
            }
            for method in ["POST", "PUT", "PATCH", "DELETE"] {
                assert_eq!(by(method, path), [otherwise], "{method} {path}");
            }
        }
    }

    #[test]
    fn a_path_that_differs_in_a_word_or_two_is_known() {
        let (buy, renew) = ("/api/v1/phone/numbers/buy", "/api/v1/phone/numbers/renew");
        let (list, call) = ("/api/v1/phone/numbers/list", "/api/v1/voice/call");
        let poll = "/api/v1/voice/call/{call_id}";
        for (path, known) in [
            ("/voice/calls", &[call][..]),
            ("/v2/voice/call", &[call]),
            ("/api/v1/voice/cal", &[call]),
            ("/api/voice", &[call]),
            ("/v1/calls", &[call]),
            ("/api/v1/voice/call/place", &[poll]),
            ("/voice/calls/7ZZZZZZZZZZZZZZZZZZZZZZZZZ", &[poll]),
            ("/api/call/7ZZZZZZZZZZZZZZZZZZZZZZZZZ", &[poll]),
            ("/v1/voice/call/7ZZZZZZZZZZZZZZZZZZZZZZZZZ/transcript", &[poll]),
            ("/api/phone/buy", &[buy]),
            ("/v1/phone/number/buy", &[buy]),
            ("/v1/phone-numbers/buy", &[buy]),
            ("/api/v1/numbers/buy", &[buy]),
            ("/buy", &[buy]),
            ("/v1/phone/numbers/extend/renew", &[renew]),
            ("/phone/numbers/lists", &[list]),
            ("/v1/phone/numbers", &[buy, list, renew]),
            ("/v1/numbers", &[buy, list, renew]),
            ("/openapi", &["/openapi.json"]),
            ("/api/openapi.yaml", &["/openapi.json"]),
            ("/llms-full.txt", &["/llms.txt"]),
            ("/LLM.txt", &["/llms.txt"]),
            ("/x402", &["/.well-known/x402"]),
            ("/.well-known/x402.json", &["/.well-known/x402"]),
            ("/.well-known/openapi.json", &["/openapi.json"]),
        ] {
            assert_eq!(meant(path), known, "{path}");
        }
    }

    #[test]
    fn a_path_that_has_no_word_of_ours_means_nothing() {
        for path in
            ["", "/", "//", "/api", "/v1", "/nothing", "/wp-login.php", "/.env", "/.git/config", "/a/b/c", "/text.txt"]
        {
            assert!(meant(path).is_empty(), "{path}: {:?}", meant(path));
        }
        assert!(meant(&"/x".repeat(4_000)).is_empty() && meant(&format!("/{}", "call/".repeat(4_000))).is_empty());
    }

    #[test]
    fn every_path_means_itself() {
        for path in ALL.iter().flat_map(|endpoint| [endpoint.path, endpoint.alias]).chain(DOCUMENTS) {
            let is_itself = |known: &&str| known.ends_with(path) || known.split('.').next() == path.split('.').next();
            assert!(path == "/" || meant(path).iter().all(is_itself) && !meant(path).is_empty(), "{path}");
        }
    }
}
