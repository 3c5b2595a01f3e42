//! That a schema takes what is taken, and nothing else.

use super::{ABSENT, LINE, TIME, absent, country, left_over, of_field, request_of, sold_in, text_of};
use crate::api::{
    FIRST_SENTENCE, Field, Kind, NUMBERS_BUY, NUMBERS_RENEW, QUESTIONS, TASK, VOICE_CALL, body_of, languages, voices,
};
use crate::types::{AreaCode, Country, PhoneNumber, areas, bare, instant, is_blank, visible};
use regex::Regex;
use serde_json::json;

fn expression(pattern: &str) -> Regex {
    Regex::new(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"))
}

#[test]
fn the_pattern_of_countries_is_what_is_read() {
    let pattern = expression(&country());
    let letters = || ('A'..='Z').chain('a'..='z').chain(['0', ' ', 'é']);
    for first in letters() {
        for second in letters() {
            let text = format!("{first}{second}");
            let read = Country::parse(&text.to_ascii_uppercase()).is_ok() || text.eq_ignore_ascii_case("uk");
            assert_eq!(pattern.is_match(&text), read, "{text}");
        }
    }
    assert!(!pattern.is_match("") && !pattern.is_match("USA") && !pattern.is_match("U"));
    for text in [" us ", "\tUS\r\n", "\u{a0}US", "U S", " ", "\u{c}US"] {
        let read = Country::parse(&bare(text).to_ascii_uppercase()).is_ok();
        assert_eq!(pattern.is_match(text), read, "{text:?}");
    }
}

#[test]
fn where_some_countries_are_sold_only_those_fit_and_their_names_are_said() {
    let sold: Vec<Country> = ["CA", "DE", "DK", "US"].map(|code| Country::parse(code).unwrap()).into();
    for (schema, pattern) in [
        (request_of(NUMBERS_BUY.request), "/properties/country/anyOf/0/pattern"),
        (body_of(NUMBERS_BUY.request, false), "/properties/country/pattern"),
    ] {
        let schema = sold_in(schema, &sold);
        let about = schema["properties"]["country"]["description"].as_str().unwrap();
        assert!(about.ends_with("Sold here: CA, DE, DK, US."), "{about}");
        let pattern = expression(schema.pointer(pattern).unwrap().as_str().unwrap());
        for code in Country::all() {
            let fits = pattern.is_match(&format!(" {}", code.to_ascii_lowercase()));
            assert_eq!(fits, sold.iter().any(|country| country.as_str() == code), "{code}");
        }
    }
    let other = request_of(NUMBERS_RENEW.request);
    assert_eq!(sold_in(other.clone(), &sold), other);
}

#[test]
fn what_is_left_over_is_what_a_body_is_refused_for() {
    let pattern = expression(&left_over());
    for text in [
        "undefined",
        "null null null",
        "[object Object],[object Promise]",
        "\tNaN\n",
        "undefinedNone",
        "%!s(<nil>)",
        "(NULL)\u{200b}",
        "(NULL)\u{a0}",
        "[None, None]",
        "none of it",
        "Nancy",
        "...",
        "%!d(nil)",
        "[object ]",
        "[object of art]",
        "nullé",
        "null\u{2014}null",
        "",
    ] {
        let body = serde_json::json!({"phone_number": "+12133610872", "task": "Say hello and hang up.", "voicemail_message": text});
        let read = crate::body::read(&VOICE_CALL, body.to_string().as_bytes());
        assert_eq!(pattern.is_match(text), read.is_err(), "{text:?}: {read:?}");
    }
}

#[test]
fn all_that_is_spoken_is_listed_where_a_refusal_says() {
    let field = of_field(&Field::maybe("language", Kind::Language, ""));
    let listed = field["anyOf"][0]["examples"].as_array().unwrap();
    assert!(languages::spoken().iter().all(|tag| listed.iter().any(|one| one == tag)));
    assert!(languages::for_dialler("ar").unwrap_err().to_string().contains("GET /api/v1/voice/languages"));
}

#[test]
fn the_pattern_of_languages_is_what_is_read() {
    let pattern = expression(&languages::pattern());
    let fits = |text: &str| pattern.is_match(text) && text.chars().count() <= languages::LONGEST;
    let check = |text: &str| assert_eq!(fits(text), languages::for_dialler(text).is_ok(), "{text:?}");
    let letters = || 'a'..='z';
    for first in letters() {
        for second in letters() {
            let two = format!("{first}{second}");
            check(&two);
            check(&two.to_uppercase());
            check(&format!("{two}-XX"));
        }
    }
    // Three letters, by the hundred and not all of them: each is looked up in a long list.
    for (first, second, third) in letters().zip(letters().rev()).flat_map(|(a, b)| letters().map(move |c| (a, b, c))) {
        check(&format!("{first}{second}{third}"));
    }
    for text in [
        "en",
        "EN",
        "eN-us",
        "en_US",
        "en-ZA-x-y",
        "en-",
        "en--US",
        "-en",
        "en ",
        " en",
        "en\n",
        "english",
        "babel",
        "Babel",
        "babel-de",
        "babel-zz",
        "babel-en-US",
        "babel_de",
        "auto",
        "AUTO",
        "auto-US",
        "fluent",
        "nb",
        "nn-NO",
        "no",
        "in",
        "iw",
        "ji",
        "eng",
        "deu",
        "cmn",
        "zh-Hant-TW",
        "zh-HK",
        "zh_mo",
        "zh-Hant-HK",
        "zho-Hans-MO-x",
        "zh-cmn-HK",
        "cmn-HK",
        "zh-HKG",
        "zh-h",
        "zh-M1",
        "zh-hj-x",
        "zh-x-hk",
        "zh-a-b-hk",
        "en-123456789",
        "en-aaaaaaaa-bbbbbbbb-cccccccc-ddddd",
        "en-aaaaaaaa-bbbbbbbb-cccccccc-dddddd",
        "en_US.UTF-8",
        "de@euro",
        "de.",
        "de_AT@",
        "es-419",
        "pt-BR",
        "",
        "e",
    ] {
        check(text);
    }
}

#[test]
fn the_pattern_of_times_is_what_is_read() {
    let pattern = expression(TIME);
    let day = "2026-06-17T12:00:00";
    for rest in [
        "Z",
        "z",
        "+23:59",
        "-00:00",
        "+24:00",
        "+25:00",
        "-02:60",
        ".5Z",
        ".0000000000001+02:00",
        ".Z",
        "",
        "+02",
        " Z",
    ] {
        let text = format!("{day}{rest}");
        assert_eq!(pattern.is_match(&text), instant(&text).is_some(), "{text}");
    }
    for text in ["2026-06-17 12:00:00Z", "2026-06-17T12:00Z", "1781697600"] {
        assert!(!pattern.is_match(text) && instant(text).is_none(), "{text}");
    }
}

#[test]
fn the_pattern_of_voices_is_what_is_read() {
    let schema = of_field(&Field::maybe("voice", Kind::Voice, ""));
    let pattern = expression(schema["anyOf"][0]["pattern"].as_str().unwrap());
    let id = "d4610ec1-933d-44c9-A05F-53df2437808d";
    let others = [id, &id[1..], "d4610ec1933d44c9a05f53df2437808d", "mayaa", "", " maya\t", "maya\u{a0}", "g", "2"];
    let named = voices::names().flat_map(|name| [name.to_owned(), name.to_uppercase(), format!("\n{name} ")]);
    for text in named.chain(others.map(str::to_owned)) {
        assert_eq!(pattern.is_match(&text), voices::for_dialler(&text).is_ok(), "{text:?}");
    }
}

#[test]
fn the_patterns_of_text_are_what_is_read() {
    let (text, blank) = (expression(&text_of(FIRST_SENTENCE, "")), absent());
    let blank = expression(blank["pattern"].as_str().unwrap());
    for c in '\0'..='\u{ffff}' {
        assert_eq!(blank.is_match(&c.to_string()), is_blank(&c.to_string()), "{c:?}");
        let allowed = !c.is_control() || matches!(c, '\n' | '\r' | '\t');
        assert_eq!(text.is_match(&format!("a{c}")), allowed, "{c:?}");
        assert_eq!(text.is_match(&c.to_string()), allowed, "{c:?}");
    }
    assert!(blank.is_match("") && text.is_match("one\r\n\ttwo \u{1f600}"));
}

#[test]
fn the_pattern_of_a_question_is_what_is_read() {
    let line = expression(LINE);
    for c in '\0'..='\u{ffff}' {
        let allowed = !c.is_control() && !matches!(c, '{' | '}');
        assert_eq!(line.is_match(&format!("a{c}")), allowed, "{c:?}");
    }
    assert!(line.is_match(" For how many? "));
}

#[test]
fn options_that_are_blank_are_absent_as_a_blank_field_is() {
    let field = of_field(&Field::maybe("questions", Kind::Questions(QUESTIONS), ""));
    let one = &field["anyOf"][0]["items"];
    assert_eq!(one["properties"]["options"]["anyOf"][1]["$ref"], ABSENT);
    assert!(one["properties"]["options"]["anyOf"][0]["maxItems"].is_number());
    assert!(one["properties"]["options"]["description"].is_string());
    // Those of an `enum` are there, and others are not.
    assert_eq!(one["then"]["properties"]["options"]["minItems"], 2);
    let none = &one["else"]["properties"]["options"]["anyOf"];
    assert_eq!((&none[0]["maxItems"], &none[1]["$ref"]), (&serde_json::json!(0), &serde_json::json!(ABSENT)));
}

#[test]
fn the_shortest_text_is_counted_without_the_blanks_around_it() {
    let task = expression(&text_of(TASK, ""));
    for text in [
        "nine char",
        "ten chars!",
        "  nine char  ",
        " ten chars! ",
        "a        b",
        "a       b",
        "\u{200b}\u{200b}short\u{200b}\u{200b}\u{200b}\u{200b}",
        "s\u{200b}\u{200b}h\u{200b}or\u{200b}\u{200b}\u{200b}t",
        "nine\u{200b} char",
        "ten\u{feff} \u{200b}\u{200b}chars\u{ad}!",
        "ten\u{3000}\u{2009}char!",
        "\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}",
        "          ",
        "",
    ] {
        assert_eq!(task.is_match(text), visible(text) >= TASK.shortest, "{text:?}");
    }
}

#[test]
fn an_area_code_is_what_its_country_can_have() {
    let schema = request_of(NUMBERS_BUY.request);
    let pattern = |at: &str| expression(schema.pointer(at).and_then(|pattern| pattern.as_str()).unwrap());
    let anywhere = pattern("/properties/area_code/anyOf/0/pattern");
    let american = [("US", "/allOf/0"), ("CA", "/allOf/1")].map(|(country, at)| {
        let of = |what: &str| schema.pointer(&format!("{at}{what}")).and_then(|pattern| pattern.as_str());
        let (is_it, of_it) = ("/if/properties/country/pattern", "/then/properties/area_code/pattern");
        let not = of("/then/properties/area_code/not/pattern").map(expression);
        (country, pattern(&format!("{at}{is_it}")), pattern(&format!("{at}{of_it}")), not)
    });
    let all = (0..1000).map(|code| format!("{code:03}"));
    let others = [
        "41",
        "4155",
        "20",
        "020",
        "0161",
        "01234",
        "012345",
        "0123456",
        "123456",
        "1",
        "3",
        "0",
        "00",
        "0012",
        "",
        "4a5",
        "٤١٥",
        " 415 ",
        "\t20",
        "4 15",
        "\u{a0}415",
        "415\n",
        " 033203 ",
    ];
    let all: Vec<String> = all.chain(others.map(str::to_owned)).collect();
    for country in ["US", "us", " CA\n", "cA", "GB", "DE", "MX", "IT"] {
        let read = Country::parse(&bare(country).to_ascii_uppercase()).unwrap();
        for area in &all {
            let of_its_plan = |(code, is_it, of_it, not): &(&str, Regex, Regex, Option<Regex>)| {
                assert_eq!(is_it.is_match(country), read.as_str() == *code, "{country}");
                let is_of = of_it.is_match(area) && !not.as_ref().is_some_and(|not| not.is_match(area));
                !is_it.is_match(country) || is_of
            };
            let fits = anywhere.is_match(area) && american.iter().all(of_its_plan);
            let is_read = AreaCode::parse(area, read).is_ok_and(|area| areas::is_of(area.as_str(), read).is_ok());
            assert_eq!(fits, is_read, "{country} {area:?}");
        }
    }
}

#[test]
fn what_may_be_null_may_be_null_in_each_country() {
    let schema = request_of(NUMBERS_BUY.request);
    let nulls = schema.pointer("/properties/area_code/anyOf").and_then(|any| any.as_array()).unwrap();
    assert!(nulls.contains(&json!({"$ref": "#/components/schemas/Absent"})), "{nulls:?}");
    for rule in schema["allOf"].as_array().unwrap() {
        // A keyword for texts passes what is none, and what `not` holds must not.
        let of_it = &rule["then"]["properties"]["area_code"];
        let refuses = of_it.get("not").is_some_and(|not| not["type"] != "string");
        assert!(!refuses && of_it.get("type").is_none(), "{of_it}");
    }
}

#[test]
fn the_pattern_of_numbers_is_what_is_read() {
    let pattern = expression(super::super::fields::E164);
    for number in [
        "+14155551234",
        "+12133610872",
        "+442071838750",
        "+3531234567",
        "+1234567",
        "+11155551234",
        "+14151551234",
        "+1415555123",
        "+141555512345",
        "+0155551234",
        "+123456",
        "+223456",
        "+2234567",
        "+823456789012345",
        "+8234567890123456",
        "14155551234",
        "+1 4155551234",
        "+14155551234 ",
        "+14155551234\n",
        "+١٤١٥٥٥٥١٢٣٤",
        "+999999999999999",
        "+19005551234",
    ] {
        assert_eq!(pattern.is_match(number), PhoneNumber::parse(number).is_ok(), "{number}");
    }
}
