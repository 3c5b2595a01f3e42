//! Which answers can be right: looked at before anything is noted or made. Of what is wrong nothing
//! is repeated.

use std::path::{Path, PathBuf};

use serde_json::Value;
use shared::x402::PayerKey;

use crate::settings::Settings;

/// Domains that do not belong to anyone: what is sent there is lost.
const EXAMPLES: [&str; 3] = ["example.com", "example.net", "example.org"];

/// The file of Coinbase's key, by its whole path: this may be run from another folder the next
/// time.
pub(super) fn key_file(typed: &str, settings: &Settings) -> Result<String, String> {
    let file = match (typed.strip_prefix("~/"), settings.get("HOME")) {
        (Some(rest), Some(home)) => Path::new(home).join(rest),
        _ => PathBuf::from(typed),
    };
    let file = std::path::absolute(&file).map_err(|error| error.to_string())?.display().to_string();
    coinbase(&file).map(|_| file)
}

pub(super) fn email(typed: &str, _: &Settings) -> Result<String, String> {
    let domain = typed.split_once('@').map(|(_, domain)| domain).filter(|_| !typed.contains(char::is_whitespace));
    match domain {
        Some(domain) if is_example(domain) => Err("that address is an example: its mail is not read".to_owned()),
        Some(domain) if !typed.starts_with('@') && domain.contains('.') && !domain.contains('@') => {
            Ok(typed.to_owned())
        }
        _ => Err("it is not an e-mail address".to_owned()),
    }
}

pub(super) fn node(typed: &str, _: &Settings) -> Result<String, String> {
    let rest = typed.strip_prefix("https://").filter(|rest| rest.bytes().all(|byte| byte.is_ascii_graphic()));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).filter(|host| !host.is_empty());
    let host = host.ok_or("it is not an https:// address")?.rsplit('@').next().unwrap_or_default();
    if is_example(host.split(':').next().unwrap_or_default()) {
        return Err("its host is an example: no node is there".to_owned());
    }
    Ok(typed.to_owned())
}

pub(super) fn account_sid(typed: &str, _: &Settings) -> Result<String, String> {
    let digits = typed.strip_prefix("AC").unwrap_or_default();
    let is_one = digits.len() == 32 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if is_one { Ok(typed.to_owned()) } else { Err("it is not AC and 32 hexadecimal digits".to_owned()) }
}

pub(super) fn one_word(typed: &str, _: &Settings) -> Result<String, String> {
    let is_one = !typed.is_empty() && typed.bytes().all(|byte| byte.is_ascii_graphic());
    if is_one { Ok(typed.to_owned()) } else { Err("it is not one word".to_owned()) }
}

pub(super) fn private_key(typed: &str, _: &Settings) -> Result<String, String> {
    let key = PayerKey::parse(typed).map(|_| typed.to_owned());
    key.ok_or_else(|| "it is not a private key: 64 hexadecimal digits".to_owned())
}

/// The id and the secret of Coinbase's key, as the file has them that its portal gives out.
pub(super) fn coinbase(file: &str) -> Result<(String, String), String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    coinbase_in(&text, file)
}

/// The same, in the text of the file.
pub(crate) fn coinbase_in(text: &str, file: &str) -> Result<(String, String), String> {
    let document: Value = serde_json::from_str(text).map_err(|_| format!("{file} is not the JSON of an API key"))?;
    let field = |names: [&str; 2]| {
        let text = |name: &&str| document.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let found = names.iter().find_map(text).map(str::to_owned);
        found.ok_or_else(|| format!("{file} has no {}", names.join(" and no ")))
    };
    Ok((field(["id", "name"])?, field(["privateKey", "secret"])?))
}

/// A node's URL without its key, and the key: the one piece of the path or of a query that looks
/// like one. Where several do, or one stands before the host, all behind it is the key: the URL is
/// put together again from both, so that too much does no harm.
pub(super) fn without_key(url: &str) -> (String, Option<String>) {
    let whole = || (url.to_owned(), None);
    let Some((scheme, rest)) = url.split_once("://").filter(|_| !url.contains("{key}")) else { return whole() };
    let (host, behind) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    if host.contains('@') {
        return (format!("{scheme}://{{key}}"), Some(rest.to_owned()));
    }
    let keys: Vec<&str> = behind.split(['/', '?', '&', '#']).filter_map(key_in).collect();
    match keys.as_slice() {
        [] => whole(),
        [key] if behind.matches(key).count() == 1 => {
            (format!("{scheme}://{host}{}", behind.replacen(key, "{key}", 1)), Some((*key).to_owned()))
        }
        _ => {
            let (mark, key) = behind.split_at(1);
            (format!("{scheme}://{host}{mark}{{key}}"), Some(key.to_owned()))
        }
    }
}

/// What may be a key in a segment of a path, or in a part of a query.
fn key_in(piece: &str) -> Option<&str> {
    if let Some((_, value)) = piece.split_once('=') {
        return Some(value).filter(|value| !value.is_empty());
    }
    let is_version = piece.strip_prefix('v').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    let has_digit = piece.len() >= 6 && piece.contains(|it: char| it.is_ascii_digit());
    (piece.len() >= 16 || has_digit && !is_version).then_some(piece)
}

fn is_example(domain: &str) -> bool {
    let domain = domain.trim_end_matches('.').to_ascii_lowercase();
    let of = |name: &str| domain == name || domain.ends_with(&format!(".{name}"));
    EXAMPLES.iter().any(|name| of(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Form = fn(&str, &Settings) -> Result<String, String>;

    #[test]
    fn a_nodes_key_is_told_from_its_url() {
        let key = "AbCdEf0123456789-_xyz";
        for (url, without) in [
            (format!("https://base-mainnet.g.alchemy.com/v2/{key}"), "https://base-mainnet.g.alchemy.com/v2/{key}"),
            (format!("https://rpc.acme.io/?apikey={key}"), "https://rpc.acme.io/?apikey={key}"),
            (format!("https://x.quiknode.pro/{key}/"), "https://x.quiknode.pro/{key}/"),
        ] {
            assert_eq!(without_key(&url), (without.to_owned(), Some(key.to_owned())));
        }
        for url in [
            "https://sepolia.base.org",
            "https://a-host-with-a-very-long-name.acme.io/v2",
            "https://n.io/rpc/v1/",
            "nothing",
            "",
        ] {
            assert_eq!(without_key(url), (url.to_owned(), None));
        }
    }

    #[test]
    fn no_key_stays_in_an_url_however_short_and_wherever_it_stands() {
        for url in [
            "https://user:hunter2@node.acme.io",
            "https://user:hunter2@node.acme.io/v2/AbCdEf0123456789",
            "https://rpc.acme.io/base/hunter2",
            "https://rpc.acme.io/?apikey=hunter2&network=base",
            "https://rpc.acme.io/v2/0123456789abcdef?token=hunter2",
            "https://rpc.acme.io/hunter2/hunter2",
            "https://rpc.acme.io/v2?k=hunter2",
            "https://rpc.acme.io/v2/eyJhbGciOi.hunter2.JIUzI1NiJ9",
        ] {
            let (bare, key) = without_key(url);
            assert!(!bare.contains("hunter2") && bare.matches("{key}").count() == 1, "{url}: {bare}");
            assert_eq!(bare.replace("{key}", &key.unwrap()), url);
        }
    }

    #[test]
    fn an_answer_that_cannot_be_right_is_not_one() {
        let none = Settings::default();
        let cases: [(Form, &[&str], &[&str]); 5] = [
            (
                email,
                &["ops@acme.io", "a.b+c@mail.acme.co.uk", "ops@notexample.com"],
                &[
                    "",
                    "ops",
                    "ops@acme",
                    "@acme.io",
                    "a@b@acme.io",
                    "o ps@acme.io",
                    "me@example.com",
                    "me@Mail.Example.org",
                ],
            ),
            (
                node,
                &["https://node.acme.io/v2/x", "https://user:x@node.acme.io:8545", "https://example.com.acme.io"],
                &[
                    "node.acme.io",
                    "http://node.acme.io",
                    "https://",
                    "https:///v2",
                    "https://n.io/a b",
                    "https://rpc.example.com/x",
                    "https://u@example.org",
                ],
            ),
            (
                account_sid,
                &["AC0123456789abcdef0123456789abcdef"],
                &[
                    "",
                    "AC",
                    "SK0123456789abcdef0123456789abcdef",
                    "AC0123456789ABCDEF0123456789ABCDEF",
                    "AC0123456789abcdef0123456789abcde",
                ],
            ),
            (one_word, &["hunter2"], &["", "hunter 2", "hunter2\n"]),
            (private_key, &["0x1111111111111111111111111111111111111111111111111111111111111111"], &["", "hunter2"]),
        ];
        for (form, right, wrong) in cases {
            for text in right {
                assert_eq!(form(text, &none).as_deref(), Ok(*text));
            }
            for text in wrong {
                let why = form(text, &none).expect_err(text);
                assert!(!why.contains("hunter"), "{why}");
            }
        }
    }

    #[test]
    fn the_file_of_a_key_is_read_before_it_is_noted() {
        let folder = std::env::temp_dir().join(format!("dialtone-key-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut settings = Settings::default();
        settings.put("HOME", Some(folder.display().to_string()));
        let of = |text: &str| {
            std::fs::write(folder.join("key.json"), text).unwrap();
            key_file("~/key.json", &settings)
        };
        let whole = folder.join("key.json").display().to_string();
        assert_eq!(of(r#"{"id": "a", "privateKey": "hunter2"}"#), Ok(whole.clone()));
        assert_eq!(of(r#"{"name": "a", "secret": "hunter2"}"#), Ok(whole));
        for (text, why) in [
            ("hunter2", "is not the JSON"),
            (r#"{"id": "a"}"#, "has no privateKey"),
            (r#"{"id": "", "secret": "b"}"#, "has no id"),
        ] {
            assert!(of(text).is_err_and(|said| said.contains(why) && !said.contains("hunter2")), "{text}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(key_file("~/key.json", &settings).is_err());
    }
}
