//! What a client means that asks at an address at which there is nothing, or for something by a
//! name that nothing has. Pure.

use std::iter;

use super::{ALL, DOCUMENTS, MCP, Method, VOICE_CALL_HANGUP, is_one_of};
use crate::types::is_one_slip_from;

/// The fewest letters of a word that is recognised in spite of a slip.
const SURE: usize = 4;
/// What a word or a letter counts that is missing, too many or another. What is alike counts a
/// little against that, so that of two that are equally far the one that has more in common is
/// nearer.
const OTHER: i32 = 100;
/// What a word counts that is the same.
const SAME: i32 = -2;
/// What one counts that is the same but for a slip, or stands for a parameter.
const ALIKE: i32 = -1;
/// This many words may be missing, too many or others.
const FAR: i32 = 2 * OTHER;
/// How much farther what is read is for a client that wants to do something: less than a word.
const READS: i32 = OTHER / 10;

/// The methods and paths that are meant, where some are: those that differ in the fewest words. The
/// prefix of the API in any version, a file's ending, case, slashes and the plural make no
/// difference. A client that wants to read does not mean to pay, if there is something near that
/// can be read.
pub fn nearest(method: &http::Method, path: &str) -> Vec<(Method, &'static str)> {
    let asked = words(path);
    let reads = Method::Get.serves(method);
    match ends(method, &asked) {
        Some(Ends::Call) => return vec![(VOICE_CALL_HANGUP.method, VOICE_CALL_HANGUP.path)],
        Some(Ends::Lease) => return Vec::new(),
        None => {}
    }
    let endpoints = ALL.into_iter().map(|endpoint| (endpoint.method, endpoint.path));
    let documents = DOCUMENTS.into_iter().map(|path| (Method::Get, path));
    let tools = iter::once((Method::Post, MCP));
    let distances =
        endpoints.chain(documents).chain(tools).filter_map(|known| Some((distance(&words(known.1), &asked)?, known)));
    let near = distances.filter(|(distance, _)| *distance <= FAR);
    let farther = |known: Method| match (reads, known) {
        (true, Method::Get) | (false, Method::Post | Method::Delete) => 0,
        (true, Method::Post | Method::Delete) => FAR,
        (false, Method::Get) => READS,
    };
    least(near.map(|(far, known)| (far + farther(known.0), known)))
}

/// The names that are meant by another, where some are: those that differ in the fewest letters,
/// and in no more than every third.
pub(super) fn names<'a>(asked: &str, known: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let letters = |name: &str| name.to_lowercase().chars().collect::<Vec<_>>();
    let asked_letters = letters(asked);
    let near = known.filter_map(|name| {
        let name_letters = letters(name);
        if name_letters.len().abs_diff(asked_letters.len()) > name_letters.len() {
            return None;
        }
        let far = edits(&name_letters, &asked_letters, |known, asked| (known == asked).then_some(0));
        // Two letters that have changed places are one slip.
        let far = if is_one_slip_from(&name.to_lowercase(), &asked.to_lowercase()) { OTHER } else { far };
        let most = i32::try_from(name_letters.len() / 3).unwrap_or(0);
        (far <= most * OTHER).then_some((far, name))
    });
    least(near)
}

/// What a client wants to end, which no address that sells may be named for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    Call,
    Lease,
}

/// Words of addresses at which others end a call or give up a number.
const ENDING: &str = "hangup hang end stop cancel terminate disconnect kill abort close finish drop complete delete remove release \
    return surrender unsubscribe transfer";
const OF_NUMBERS: &str = "phone number numbers lease leases";
const OF_CALLS: &str = "voice call calls";

fn ends(method: &http::Method, asked: &[String]) -> Option<Ends> {
    let has = |words: &str| asked.iter().any(|word| is_one_of(words, word));
    let is_wanted = method == http::Method::DELETE || !Method::Get.serves(method) && has(ENDING);
    match (has(OF_CALLS), has(OF_NUMBERS)) {
        _ if !is_wanted => None,
        (true, _) => Some(Ends::Call),
        (false, true) => Some(Ends::Lease),
        (false, false) => None,
    }
}

/// What is said to a client that asks at an address that there is for nothing.
pub fn said_besides(method: &http::Method, path: &str) -> &'static str {
    match ends(method, &words(path)) {
        Some(Ends::Lease) => "A lease that is not renewed ends by itself, and is not given to another wallet. ",
        Some(Ends::Call) | None => "",
    }
}

/// Those that are nearest.
fn least<T>(near: impl Iterator<Item = (i32, T)>) -> Vec<T> {
    let near: Vec<_> = near.collect();
    let least = near.iter().map(|(distance, _)| *distance).min();
    near.into_iter().filter(|(distance, _)| Some(*distance) == least).map(|(_, known)| known).collect()
}

/// What a client means that asks by another method than there is at this address: what is near, or
/// else lies below it, and can be asked so.
pub fn nearest_served(method: &http::Method, path: &str) -> Vec<(Method, &'static str)> {
    let asked = words(path);
    let mut near = nearest(method, path);
    if ends(method, &asked).is_some() {
        return near;
    }
    near.retain(|(known, _)| known.serves(method));
    if near.is_empty() {
        let lies_below = |known: &str| words(known).strip_prefix(&*asked).is_some_and(|rest| !rest.is_empty());
        let below = ALL.into_iter().filter(|known| known.method.serves(method) && lies_below(known.path));
        near.extend(below.map(|known| (known.method, known.path)));
    }
    near
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

/// How far the words of a path are from those that were asked for; nothing, where they have none in
/// common.
fn distance(known: &[String], asked: &[String]) -> Option<i32> {
    let is_shared = |word: &String| !word.starts_with('{') && asked.iter().any(|asked| likeness(word, asked).is_some());
    // As many as may be missing or too many.
    let is_longer = asked.len() > known.len() + 2;
    if is_longer || !known.iter().any(is_shared) {
        return None;
    }
    let far = |known: &[String]| edits(known, asked, |known, asked| likeness(known, asked));
    // A client that leaves out what is at the end is as near as it would be with it.
    let left_out = known.split_last().filter(|(last, _)| last.starts_with('{')).map(|(_, rest)| far(rest));
    Some(left_out.into_iter().fold(far(known), i32::min))
}

/// Levenshtein's distance, row by row. What two parts count that are alike is for the caller to
/// say.
fn edits<T>(known: &[T], asked: &[T], likeness: impl Fn(&T, &T) -> Option<i32>) -> i32 {
    let mut row: Vec<i32> = (0..).take(asked.len() + 1).map(|missing: i32| missing.saturating_mul(OTHER)).collect();
    for part in known {
        let mut left = row.first().map_or(0, |above| above + OTHER);
        let mut next = vec![left];
        for (asked, (left_above, above)) in asked.iter().zip(row.iter().zip(row.iter().skip(1))) {
            let changed = left_above + likeness(part, asked).unwrap_or(OTHER);
            left = changed.min(above + OTHER).min(left + OTHER);
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

/// What a word counts that is this one, or this one but for a slip, or stands for a parameter.
fn likeness(known: &str, asked: &str) -> Option<i32> {
    // A word of ours is the name of nothing.
    let is_named = known.starts_with('{') && !is_ours(asked);
    let is_alike = is_named || known.len() >= SURE && is_one_slip_from(known, asked);
    if known == asked { Some(SAME) } else { is_alike.then_some(ALIKE) }
}

/// Whether it is a word of one of our addresses.
fn is_ours(word: &str) -> bool {
    ALL.into_iter().any(|endpoint| endpoint.path.split('/').any(|ours| ours == word))
}

#[cfg(test)]
mod tests {
    use super::{names, nearest, nearest_served, said_besides};
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
        let (calls, list) = ("/api/v1/voice/calls", "/api/v1/phone/numbers/list");
        let (voices, languages) = ("/api/v1/voice/voices", "/api/v1/voice/languages");
        for (path, to_read, otherwise) in [
            ("/api/v1/voice/call/", poll, call),
            ("/v1/voice/call//", poll, call),
            ("/api/v1/voice/calls", calls, call),
            ("/v1/calls", calls, call),
            ("/api/v1/voice/calls/list/", calls, "/api/v1/voice/calls/list"),
            ("/api/v1/voice/voice", voices, voices),
            ("/v1/voices", voices, call),
            ("/voice/language", languages, languages),
            ("/api/v1/voice/call/7ZZZZZZZZZZZZZZZZZZZZZZZZZ/", poll, poll),
            ("/api/v1/phone/numbers/list/", "/api/v1/phone/numbers", list),
        ] {
            for method in ["GET", "HEAD"] {
                assert_eq!(by(method, path), [to_read], "{method} {path}");
            }
            for method in ["POST", "PUT", "PATCH"] {
                assert_eq!(by(method, path), [otherwise], "{method} {path}");
            }
        }
    }

    #[test]
    fn a_path_that_differs_in_a_word_or_two_is_known() {
        let (buy, renew) = ("/api/v1/phone/numbers/buy", "/api/v1/phone/numbers/renew");
        let (list, call) = ("/api/v1/phone/numbers/list", "/api/v1/voice/call");
        let (poll, hangup) = ("/api/v1/voice/call/{call_id}", "/api/v1/voice/call/{call_id}/hangup");
        for (path, known) in [
            ("/voice/calls", &[call][..]),
            ("/v2/voice/call", &[call]),
            ("/api/v1/voice/cal", &[call]),
            ("/api/voice", &[call]),
            ("/v1/calls", &[call]),
            ("/api/v1/voice/call/place", &[poll]),
            ("/voice/calls/7ZZZZZZZZZZZZZZZZZZZZZZZZZ", &[poll]),
            ("/api/call/7ZZZZZZZZZZZZZZZZZZZZZZZZZ", &[poll]),
            ("/v1/voice/call/7ZZZZZZZZZZZZZZZZZZZZZZZZZ/transcript", &[hangup]),
            ("/v1/voice/calls/7ZZZZZZZZZZZZZZZZZZZZZZZZZ/hang-up", &[hangup]),
            ("/api/v1/voice/call/7ZZZZZZZZZZZZZZZZZZZZZZZZZ/hangups", &[hangup]),
            ("/api/phone/buy", &[buy]),
            ("/v1/phone/number/buy", &[buy]),
            ("/v1/phone-numbers/buy", &[buy]),
            ("/api/v1/numbers/buy", &[buy]),
            ("/buy", &[buy]),
            ("/v1/phone/numbers/extend/renew", &[renew]),
            ("/phone/numbers/lists", &[list]),
            ("/v1/phone/numbers", &["/api/v1/phone/numbers"]),
            ("/v1/numbers", &["/api/v1/phone/numbers"]),
            ("/v1/phone/numbers/order", &[buy, list, renew]),
            ("/voice/calls/list", &["/api/v1/voice/calls/list"]),
            ("/v1/voice/call/lists", &["/api/v1/voice/calls/list"]),
            ("/calls/list", &["/api/v1/voice/calls/list"]),
            ("/openapi", &["/openapi.json"]),
            ("/api/openapi.yaml", &["/openapi.json"]),
            ("/llms-full.txt", &["/llms.txt"]),
            ("/LLM.txt", &["/llms.txt"]),
            ("/x402", &["/.well-known/x402"]),
            ("/.well-known/x402.json", &["/.well-known/x402"]),
            ("/.well-known/openapi.json", &["/openapi.json"]),
            ("/mcp/", &["/mcp"]),
            ("/v1/mcp", &["/mcp"]),
            ("/api/v1/MCP", &["/mcp"]),
            ("/mcp/sse", &["/mcp"]),
        ] {
            assert_eq!(meant(path), known, "{path}");
        }
    }

    #[test]
    fn another_method_means_what_can_be_asked_so_near_the_address_or_below_it() {
        let of = |method: &str, path: &str| {
            let method = http::Method::from_bytes(method.as_bytes()).unwrap();
            nearest_served(&method, path).into_iter().map(|(_, path)| path).collect::<Vec<_>>()
        };
        let sold = ["/api/v1/phone/numbers/buy", "/api/v1/phone/numbers/list", "/api/v1/phone/numbers/renew"];
        assert_eq!(of("POST", "/v1/phone/numbers"), sold);
        assert_eq!(of("GET", "/api/v1/phone/numbers/list"), ["/api/v1/phone/numbers"]);
        assert_eq!(of("GET", "/api/v1/voice/calls/list"), ["/api/v1/voice/calls"]);
        assert_eq!(of("POST", "/v1/voice/calls"), ["/api/v1/voice/call"]);
        assert_eq!(of("GET", "/api/v1/voice/call"), ["/api/v1/voice/call/{call_id}"]);
        assert_eq!(of("DELETE", "/v1/voice/call/7ZZZZZZZZZZZZZZZZZZZZZZZZZ"), ["/api/v1/voice/call/{call_id}/hangup"]);
        for (method, path) in [("POST", "/v1/voice/call/7ZZZZZZZZZZZZZZZZZZZZZZZZZ"), ("DELETE", "/v1/phone/numbers")] {
            assert!(of(method, path).is_empty(), "{method} {path}");
        }
    }

    #[test]
    fn what_is_to_end_leads_to_nothing_that_sells() {
        let hangup = "/api/v1/voice/call/{call_id}/hangup";
        for end in "hangup hang-up end stop cancel terminate disconnect Hangup".split(' ') {
            for path in ["/api/v1/voice", "/voice/call", "/v1/calls", "/v1/voice/call/7ZZZZZZZZZZZZZZZZZZZZZZZZZ"] {
                assert_eq!(meant(&format!("{path}/{end}")), [hangup], "{path} {end}");
            }
        }
        assert_eq!(by("DELETE", "/v1/calls/7ZZZZZZZZZZZZZZZZZZZZZZZZZ"), [hangup]);
        for end in ["release", "cancel", "delete", "transfer", "14155551234/release"] {
            for path in ["/api/v1/phone/numbers", "/v1/numbers", "/phone/number"] {
                let path = format!("{path}/{end}");
                assert!(meant(&path).is_empty(), "{path}");
                assert!(said_besides(&http::Method::POST, &path).starts_with("A lease"), "{path}");
            }
        }
        assert!(said_besides(&http::Method::DELETE, "/v1/phone/numbers/1").starts_with("A lease"));
        assert_eq!(said_besides(&http::Method::POST, "/v1/phone/numbers/order"), "");
        assert_eq!(by("GET", "/api/v1/phone/numbers/cancel"), ["/api/v1/phone/numbers"]);
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
        let endpoints = ALL.iter().flat_map(|it| [(it.method.as_str(), it.path), (it.method.as_str(), it.alias)]);
        for (method, path) in endpoints.chain(DOCUMENTS.map(|path| ("GET", path))) {
            let is_itself = |known: &&str| known.ends_with(path) || known.split('.').next() == path.split('.').next();
            let meant = by(method, path);
            assert!(path == "/" || meant.iter().all(is_itself) && !meant.is_empty(), "{method} {path}: {meant:?}");
        }
    }

    #[test]
    fn a_name_that_differs_in_every_third_letter_at_most_is_known() {
        let known = ["maya", "nat", "florian", "Karen"];
        for (asked, near) in [
            ("mayaa", &["maya"][..]),
            ("amya", &["maya"]),
            ("MAYO", &["maya"]),
            ("net", &["nat"]),
            ("florain", &["florian"]),
            ("karin", &["Karen"]),
            ("floran", &["florian"]),
            ("", &[]),
            ("a", &[]),
            ("max", &[]),
            ("boston", &[]),
        ] {
            assert_eq!(names(asked, known.into_iter()), near, "{asked}");
        }
        assert!(names(&"m".repeat(256), known.into_iter()).is_empty());
    }
}
