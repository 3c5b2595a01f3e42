//! Which revision of the protocol a message is of, by its headers and its own words. Since
//! 2026-07-28 each message says it, and its headers repeat what it asks for, so that what stands
//! between can look without reading bodies; the two must agree. Before, a client says it once, in
//! `initialize`. Pure.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;

use super::message::Params;
use super::problem::Problem;

/// The revision in which each message stands alone.
pub(super) const MODERN: &str = "2026-07-28";
/// The newest of those that begin with `initialize`.
const NEWEST_LEGACY: &str = "2025-11-25";
/// And the oldest.
const OLDEST: &str = "2024-11-05";
/// Those that a client may begin with, the newest first.
const LEGACY: [&str; 3] = [NEWEST_LEGACY, "2025-06-18", OLDEST];
/// The one that has lists of messages, which are not taken here: a client that names it is spoken
/// to all the same, and offered the one before.
const WITH_BATCHES: &str = "2025-03-26";
/// Those that can be asked for, the newest first.
const SUPPORTED: [&str; 4] = [MODERN, NEWEST_LEGACY, "2025-06-18", OLDEST];

const VERSION: &str = "mcp-protocol-version";
const METHOD: &str = "mcp-method";
const NAME: &str = "mcp-name";

/// What a message is to be answered like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Era {
    /// Each message stands alone.
    Modern,
    /// A client has begun with `initialize`, or should have.
    Legacy,
}

/// The revision that a client is answered that begins with this one: the newest that is not newer,
/// since a client leaves that is answered one of which it cannot know. One that is older than all
/// is answered the oldest.
pub(super) fn negotiated(asked: Option<&str>) -> &'static str {
    let Some(asked) = asked.filter(|asked| is_date(asked)) else { return NEWEST_LEGACY };
    // Dates of this form sort as text.
    LEGACY.into_iter().find(|known| *known <= asked).unwrap_or(OLDEST)
}

fn is_date(text: &str) -> bool {
    text.len() == NEWEST_LEGACY.len() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

/// Of which revision a message is; not, where it does not know that itself.
pub(super) fn of(headers: &HeaderMap, method: &str, params: &Params<'_>) -> Result<Era, Problem> {
    let header = one(headers, VERSION)?;
    let named = params.named_version();
    match (header.as_deref(), named.as_deref()) {
        (Some(MODERN), Some(MODERN)) => repeats(headers, method, params).map(|()| Era::Modern),
        (Some(header), Some(named)) if header == named => Err(Problem::other_version(named, &SUPPORTED)),
        (None, Some(_)) => Err(Problem::other_headers("The header MCP-Protocol-Version is missing.")),
        (Some(_), Some(_)) => Err(Problem::other_headers("MCP-Protocol-Version and the message's own version differ.")),
        (Some(MODERN), None) => {
            Err(Problem::other_headers("`_meta` of the message lacks `io.modelcontextprotocol/protocolVersion`."))
        }
        // Before there is a revision, there is none to name.
        (_, None) if method == "initialize" => Ok(Era::Legacy),
        (None, None) => Ok(Era::Legacy),
        (Some(header), None) if LEGACY.contains(&header) || header == WITH_BATCHES => Ok(Era::Legacy),
        (Some(header), None) => Err(Problem::other_version(header, &SUPPORTED)),
    }
}

/// Whether the headers repeat what is asked for.
fn repeats(headers: &HeaderMap, method: &str, params: &Params<'_>) -> Result<(), Problem> {
    if one(headers, METHOD)?.as_deref() != Some(method) {
        return Err(Problem::other_headers("Mcp-Method must be there, and the same as the message's `method`."));
    }
    if method == "tools/call" && one(headers, NAME)?.as_deref().map(decoded) != params.name() {
        return Err(Problem::other_headers("Mcp-Name must be there, and the same as the tool's `name`."));
    }
    Ok(())
}

/// The value of a header that must not be there twice.
fn one(headers: &HeaderMap, name: &'static str) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.any(|other| Some(other) != first) {
        return Err(Problem::other_headers(format!("The header {name} is there twice, and differs.")));
    }
    let text = first.map(|value| String::from_utf8_lossy(value.as_bytes()).trim().to_owned());
    Ok(text.filter(|text| !text.is_empty()))
}

/// What does not fit into a header is written `=?base64?…?=`.
fn decoded(value: &str) -> String {
    let within = value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?="));
    let text = within.and_then(|text| String::from_utf8(STANDARD.decode(text).ok()?).ok());
    text.unwrap_or_else(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::super::message::Message;
    use super::{Era, negotiated, of};

    const OWN: &str = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}"#;

    fn era(headers: &[(&'static str, &str)], method: &str, params: &str) -> Result<Era, (u16, i32)> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        let text = format!(r#"{{"jsonrpc":"2.0","id":0,"method":"{method}","params":{{{params}}}}}"#);
        let message = Message::read(&text).unwrap();
        of(&map, method, &message.params().unwrap()).map_err(|problem| problem.told())
    }

    #[test]
    fn a_client_is_answered_its_own_revision_where_it_is_known_and_the_one_before_where_not() {
        for (asked, answered) in [
            (Some("2025-11-25"), "2025-11-25"),
            (Some("2025-06-18"), "2025-06-18"),
            (Some("2024-11-05"), "2024-11-05"),
            // It has lists of messages.
            (Some("2025-03-26"), "2024-11-05"),
            (Some("2025-07-01"), "2025-06-18"),
            (Some("2024-10-07"), "2024-11-05"),
            (Some("2026-07-28"), "2025-11-25"),
            (Some("2099-01-01"), "2025-11-25"),
            (Some(""), "2025-11-25"),
            (Some("latest"), "2025-11-25"),
            (None, "2025-11-25"),
        ] {
            assert_eq!(negotiated(asked), answered, "{asked:?}");
        }
    }

    #[test]
    fn before_2026_the_header_names_the_revision_or_nothing_does() {
        for version in ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"] {
            assert_eq!(era(&[("mcp-protocol-version", version)], "tools/list", ""), Ok(Era::Legacy), "{version}");
        }
        assert_eq!(era(&[], "tools/list", ""), Ok(Era::Legacy));
        assert_eq!(era(&[], "initialize", r#""protocolVersion":"2025-11-25""#), Ok(Era::Legacy));
        assert_eq!(era(&[("mcp-protocol-version", "2031-01-01")], "initialize", ""), Ok(Era::Legacy));
        for version in ["2031-01-01", "1.0", "latest"] {
            assert_eq!(era(&[("mcp-protocol-version", version)], "tools/list", ""), Err((400, -32022)), "{version}");
        }
    }

    #[test]
    fn since_2026_the_message_names_it_too_and_the_headers_repeat_what_is_asked() {
        let version = ("mcp-protocol-version", "2026-07-28");
        let method = ("mcp-method", "tools/call");
        let called = format!(r#""name":"get_call",{OWN}"#);
        for name in ["get_call", "=?base64?Z2V0X2NhbGw=?="] {
            assert_eq!(era(&[version, method, ("mcp-name", name)], "tools/call", &called), Ok(Era::Modern), "{name}");
        }
        assert_eq!(era(&[version, ("mcp-method", "tools/list")], "tools/list", OWN), Ok(Era::Modern));
        // A name is only repeated where there is one.
        assert_eq!(
            era(&[version, ("mcp-method", "tools/list"), ("mcp-name", "x")], "tools/list", OWN),
            Ok(Era::Modern)
        );
        for wrong in [
            &[version, method][..],
            &[version, ("mcp-name", "get_call")],
            &[version, method, ("mcp-name", "hang_up")],
            &[version, method, ("mcp-name", "=?base64?aGFuZ191cA==?=")],
            &[version, ("mcp-method", "tools/list"), ("mcp-name", "get_call")],
            &[version, ("mcp-method", "Tools/Call"), ("mcp-name", "get_call")],
            &[version, method, ("mcp-name", "get_call"), ("mcp-name", "hang_up")],
            &[method, ("mcp-name", "get_call")],
            &[("mcp-protocol-version", "2025-11-25"), method, ("mcp-name", "get_call")],
            &[("mcp-protocol-version", "2031-01-01"), method, ("mcp-name", "get_call")],
        ] {
            assert_eq!(era(wrong, "tools/call", &called), Err((400, -32020)), "{wrong:?}");
        }
        let bare = r#""name":"get_call""#;
        assert_eq!(era(&[version, method, ("mcp-name", "get_call")], "tools/call", bare), Err((400, -32020)));
        let next = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2031-01-01"}"#;
        let newer = [("mcp-protocol-version", "2031-01-01"), ("mcp-method", "server/discover")];
        assert_eq!(era(&newer, "server/discover", next), Err((400, -32022)));
        let strange = r#""_meta":{"io.modelcontextprotocol/protocolVersion":7}"#;
        assert_eq!(era(&newer, "server/discover", strange), Err((400, -32020)));
    }
}
