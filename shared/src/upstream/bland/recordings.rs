//! Where recordings can be heard: at Bland's own address, and at that of the dialler that is
//! configured. What stands between us and Bland, as a proxy does, leaves Bland's addresses in its
//! answers as they are.

/// Bland's own address.
pub const BLAND: &str = "https://api.bland.ai";

/// The origins of a dialler's recordings, without a second one that is the same.
pub(super) fn origins(url: &str) -> Vec<&str> {
    let own = origin(url);
    if own == BLAND { vec![BLAND] } else { vec![BLAND, own] }
}

/// The origin of a dialler's recordings. One that is asked in the clear is a simulator: its
/// recordings stand where Bland's do. Only letters, digits, dots, dashes and a port, so that it can
/// stand in the policy of a page.
fn origin(url: &str) -> &str {
    let host = url.strip_prefix("https://").and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    let is_plain = !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:".contains(&byte));
    is_plain.then(|| url.get(..url.len().min("https://".len() + host.len()))).flatten().unwrap_or(BLAND)
}

#[cfg(test)]
mod tests {
    use super::{BLAND, origin, origins};

    #[test]
    fn recordings_are_at_blands_own_address_too_whatever_stands_before_it() {
        assert_eq!(origins("https://proxy.example/bland"), [BLAND, "https://proxy.example"]);
        assert_eq!(origins(BLAND), [BLAND]);
        assert_eq!(origins("http://127.0.0.1:4001"), [BLAND]);
    }

    #[test]
    fn recordings_are_at_the_origin_of_the_dialler_that_is_configured() {
        for (url, is_at) in [
            (BLAND, BLAND),
            ("https://us.dialler.example", "https://us.dialler.example"),
            ("https://us.dialler.example:8443/v2/", "https://us.dialler.example:8443"),
            ("https://us.dialler.example?a=b", "https://us.dialler.example"),
            // A simulator.
            ("http://127.0.0.1:4001", BLAND),
            // What would say something else in a policy.
            ("https://a.example;script-src", BLAND),
            ("https://user@a.example", BLAND),
            ("https://*", BLAND),
            ("https:///v1", BLAND),
            ("", BLAND),
        ] {
            assert_eq!(origin(url), is_at, "{url}");
        }
    }
}
