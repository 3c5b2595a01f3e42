//! Whether a request is a dry run: `dry_run` in the address, and there alone. A caller who writes
//! something like it does not mean to pay, so all that is not quite it is refused before a payment
//! is looked at, and nothing like it is ever taken for nothing.

use std::collections::BTreeSet;

use http::{HeaderMap, HeaderValue};
use serde_json::Value;

use super::name::{plain, shown};
use super::object;
use super::wish::promises;
use crate::api::{DRY_RUN, Endpoint, Promise};
use crate::refusal::Refusal;
use crate::types::{Run, is_one_slip_from};

/// The name as [`plain`] writes it.
const PLAIN: &str = "dryrun";

/// What the parameters of an address say of it.
pub fn run<'a>(endpoint: &Endpoint, parameters: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Run, Refusal> {
    let mut said = None;
    let mut misspelt = BTreeSet::new();
    for (name, value) in parameters {
        if name == DRY_RUN.name {
            if said.replace(value).is_some() {
                return Err(Refusal::bad(DRY_RUN.name, "is there twice; send it once"));
            }
        } else if endpoint.is_paid() && plain(name).is_some_and(|plain| is_meant(&plain)) {
            misspelt.insert(name);
        }
    }
    if let Some(name) = misspelt.first() {
        let what = format!("was sent as `{}`, which is not a parameter here; send `dry_run=true`", shown(name));
        return Err(Refusal::bad(DRY_RUN.name, what));
    }
    match said {
        None | Some("false") => Ok(Run::Real),
        Some("true") => Ok(Run::Dry),
        Some(_) => Err(Refusal::bad(DRY_RUN.name, "must be `true` or `false`")),
    }
}

/// Refuses an address that asks for one where there is none: what is free is done for real.
pub fn is_not_asked_for<'a>(parameters: impl Iterator<Item = (&'a str, &'a str)>) -> Result<(), Refusal> {
    let mut said = None;
    let mut wishes = BTreeSet::new();
    for (name, value) in parameters {
        if name == DRY_RUN.name {
            if value != "false" {
                wishes.insert(name);
            } else if said.replace(value).is_some() {
                return Err(Refusal::bad(name, "is there twice; send it once"));
            }
        } else if plain(name).is_some_and(|plain| is_meant(&plain)) {
            wishes.insert(name);
        }
    }
    wishes.first().map_or(Ok(()), |name| Err(not_offered(name)))
}

/// Refuses a body that asks for one.
pub fn is_not_in_the_body(endpoint: &Endpoint, body: &[u8]) -> Result<(), Refusal> {
    // A body that cannot be read is refused by who reads it.
    for (name, json) in object::read(body).unwrap_or_default() {
        let asks = || promised(&serde_json::from_str(json.get()).unwrap_or(Value::Bool(true)));
        if endpoint.is_paid() && plain(&name).is_some_and(|plain| is_meant(&plain)) && asks() {
            return Err(only_in_the_address(&name));
        }
    }
    Ok(())
}

/// Refuses a header that asks for one. None is read, but our answers have one of that name.
pub fn is_not_in_a_header(endpoint: &Endpoint, headers: &HeaderMap) -> Result<(), Refusal> {
    let said = |value: &HeaderValue| Value::from(value.to_str().unwrap_or("?"));
    let asked = headers.iter().find(|(name, value)| asks_for_one(name.as_str(), &said(value)));
    asked.map_or(Ok(()), |(name, _)| {
        if !endpoint.is_paid() {
            return Err(not_offered(name.as_str()));
        }
        let what = "where it is not read; send `?dry_run=true` in the address";
        Err(Refusal::bad(DRY_RUN.name, format!("was sent in the header `{name}`, {what}")))
    })
}

/// Whether something of this name asks for one. A no asks for what happens anyway.
pub fn asks_for_one(name: &str, value: &Value) -> bool {
    plain(name).is_some_and(|plain| is_meant(&plain)) && promised(value)
}

/// Whether a name is meant for it.
pub(super) fn is_meant(plain: &str) -> bool {
    plain.contains(PLAIN) || is_one_slip_from(PLAIN, plain)
}

/// Whether something in a body asks for it. A no asks for what happens anyway.
pub(super) fn promised(value: &Value) -> bool {
    promises(value, Promise::Unless(&[]))
}

/// What is said of a wish for it where it is not read.
pub(super) fn unread(endpoint: &Endpoint, name: &str) -> Refusal {
    if endpoint.is_paid() { only_in_the_address(name) } else { not_offered(name) }
}

fn not_offered(name: &str) -> Refusal {
    let sent = if name == DRY_RUN.name { String::new() } else { format!("was sent as `{}`, and ", shown(name)) };
    let what =
        "is not offered here: only what is paid for has a dry run. Nothing was done; send the request without it";
    Refusal::bad(DRY_RUN.name, format!("{sent}{what}"))
}

fn only_in_the_address(name: &str) -> Refusal {
    let sent = if name == DRY_RUN.name { String::new() } else { format!(" as `{}`", shown(name)) };
    Refusal::bad(
        DRY_RUN.name,
        format!("was sent in the body{sent}, where it is not read; send `?dry_run=true` in the address"),
    )
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::{is_not_asked_for, is_not_in_a_header, is_not_in_the_body, run};
    use crate::api::{ALL, VOICE_CALL, VOICE_CALL_HANGUP};
    use crate::refusal::Refusal;
    use crate::types::Run;

    fn said(parameters: &[(&str, &str)]) -> Result<Run, String> {
        run(&VOICE_CALL, parameters.iter().copied()).map_err(|refusal| {
            assert!(matches!(&refusal, Refusal::BadRequest { field, .. } if field == "dry_run"), "{parameters:?}");
            refusal.facts().message
        })
    }

    #[test]
    fn only_one_word_is_a_dry_run_and_only_one_other_is_none() {
        assert_eq!(said(&[]), Ok(Run::Real));
        assert_eq!(said(&[("utm_source", "dry_run=true"), ("country", "US")]), Ok(Run::Real));
        assert_eq!(said(&[("dry_run", "false")]), Ok(Run::Real));
        assert_eq!(said(&[("dry_run", "true"), ("a", "b")]), Ok(Run::Dry));
        for value in ["", " ", "True", "TRUE", "true ", "yes", "no", "1", "0", "on", "null", "true,true", "t", "falsе"]
        {
            assert!(said(&[("dry_run", value)]).unwrap_err().contains("must be `true` or `false`"), "{value:?}");
        }
    }

    /// Nearly its name.
    const MISSPELT: [&str; 16] = [
        "dry-run",
        "dryRun",
        "DRY_RUN",
        "Dry_Run",
        "dry.run",
        "dry run",
        "dryrun",
        "dry_run[]",
        "dry_run ",
        "isDryRun",
        "dry_run_mode",
        "dry_rn",
        "dyr_run",
        "dry_runn",
        "dry_tun",
        "_dry_run",
    ];

    #[test]
    fn what_is_free_has_no_dry_run_under_any_spelling() {
        let asked = |parameters: &[(&str, &str)]| {
            is_not_asked_for(parameters.iter().copied()).map_err(|refusal| {
                assert!(matches!(&refusal, Refusal::BadRequest { field, .. } if field == "dry_run"), "{parameters:?}");
                refusal.facts().message
            })
        };
        for real in [&[][..], &[("dry_run", "false")], &[("wait", "5"), ("now", "dry_run=true")]] {
            assert_eq!(asked(real), Ok(()), "{real:?}");
        }
        for value in ["true", "True", "", "1", "0", "no", "false "] {
            let parameters = [("dry_run", value)];
            assert!(asked(&parameters).unwrap_err().starts_with("`dry_run`: is not offered here"), "{value:?}");
            assert!(asked(&[("dry_run", "false"), ("dry_run", value)]).is_err(), "{value:?}");
        }
        for name in MISSPELT {
            for value in ["true", "false", "1", ""] {
                let refused = asked(&[(name, value)]).unwrap_err();
                assert!(refused.contains("was sent as `") && refused.contains("is not offered here"), "{refused}");
            }
        }
        assert!(asked(&[("dry_run", "false"), ("dry_run", "false")]).unwrap_err().contains("is there twice"));
    }

    #[test]
    fn what_is_nearly_a_dry_run_is_never_sold() {
        for name in MISSPELT {
            for value in ["true", "false", "1", ""] {
                assert!(said(&[(name, value)]).unwrap_err().contains("send `dry_run=true`"), "{name:?}");
                assert!(said(&[("dry_run", "true"), (name, value)]).is_err(), "{name:?}");
            }
        }
        for values in [["true", "true"], ["true", "false"], ["false", "false"]] {
            assert!(
                said(&values.map(|value| ("dry_run", value))).unwrap_err().contains("is there twice"),
                "{values:?}"
            );
        }
    }

    #[test]
    fn a_body_is_not_where_it_is_asked_for() {
        for body in [
            r#"{"dry_run": true}"#,
            r#"{"dryRun": "true"}"#,
            r#"{"task": "x", "DRY_RUN": 1}"#,
            r#"{"dry-run": "yes"}"#,
            r#"{"dry_run": false, "dry_run": true}"#,
            r#"{"dry_run": {"enabled": true}}"#,
        ] {
            let refusal = is_not_in_the_body(&VOICE_CALL, body.as_bytes()).unwrap_err();
            assert!(refusal.facts().message.contains("in the address"), "{body}");
        }
        for body in ["", "{", "[1]", "{}", r#"{"dry_run": false}"#, r#"{"dry_run": null}"#, r#"{"run": true}"#] {
            assert!(is_not_in_the_body(&VOICE_CALL, body.as_bytes()).is_ok(), "{body}");
        }
    }

    #[test]
    fn a_header_is_not_where_it_is_asked_for_either() {
        let asked = |name: &'static str, value: &'static str, endpoint| {
            let header = (HeaderName::from_static(name), HeaderValue::from_static(value));
            is_not_in_a_header(endpoint, &HeaderMap::from_iter([header])).map_err(|refusal| refusal.facts().message)
        };
        for name in ["dry-run", "x-dry-run", "dryrun", "dry_run", "dry-runs"] {
            for value in ["true", "1", "yes", "True"] {
                let told = asked(name, value, &VOICE_CALL).unwrap_err();
                assert!(told.contains(&format!("header `{name}`")) && told.contains("`?dry_run=true`"), "{told}");
                assert!(asked(name, value, &VOICE_CALL_HANGUP).unwrap_err().contains("is not offered here"));
            }
            for value in ["", "false", "0", "no", "null"] {
                assert_eq!(asked(name, value, &VOICE_CALL), Ok(()), "{name} {value}");
            }
        }
        assert_eq!(asked("x-request-id", "dry-run", &VOICE_CALL), Ok(()));
    }

    #[test]
    fn no_field_of_ours_is_taken_for_it() {
        for field in ALL.iter().flat_map(|endpoint| endpoint.request) {
            let names = field.names().chain(field.elsewhere.split(' ')).filter(|name| !name.is_empty());
            for name in names {
                assert_eq!(said(&[(name, "true")]), Ok(Run::Real), "{name}");
            }
        }
    }
}
