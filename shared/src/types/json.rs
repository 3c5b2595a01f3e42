//! JSON: how deep it is, before it is parsed; that an object is one, while it is; and which numbers
//! are whole.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

/// How deep brackets are nested outside strings: counted before anything is parsed, so that parsing
/// needs no more stack than that. Meaningful for JSON; for anything else some number.
pub fn nesting(json: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// The whole number that a JSON number stands for, as JSON Schema has it: `5`, `5.0` and `50e-1`
/// are the same. Nothing, where it is not whole, or is larger than anything that is counted here.
/// By its digits, since a float would round.
pub fn whole(number: &str) -> Option<i64> {
    let (sign, number) = number.strip_prefix('-').map_or(("", number), |rest| ("-", rest));
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    let significant = digits.trim_end_matches('0');
    if significant.is_empty() {
        return Some(0);
    }
    let exponent: i64 = exponent.strip_prefix('+').unwrap_or(exponent).parse().ok()?;
    let after_the_point = i64::try_from(fraction.len()).ok()?;
    let cut = i64::try_from(digits.len().checked_sub(significant.len())?).ok()?;
    let zeros = exponent.checked_sub(after_the_point)?.checked_add(cut)?;
    // An `i64` has nineteen digits at most.
    let zeros = usize::try_from(zeros).ok().filter(|zeros| *zeros < 19)?;
    format!("{sign}{significant}{}", "0".repeat(zeros)).parse().ok()
}

/// A JSON object. Plain serde would also read a struct from an array of its fields in order, which
/// no other program does.
#[derive(Debug)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Reader<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(fields)).map(Object)
            }
        }
        deserializer.deserialize_map(Reader(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::{Object, nesting, whole};

    #[test]
    fn a_whole_number_has_many_spellings() {
        for (number, is) in [
            ("5", 5),
            ("-5", -5),
            ("5.0", 5),
            ("5e0", 5),
            ("5E+0", 5),
            ("0.5e1", 5),
            ("50e-1", 5),
            ("500.000e-2", 5),
            ("1e1", 10),
            ("0", 0),
            ("-0", 0),
            ("-0.0", 0),
            ("0e999999999999999999999", 0),
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808", i64::MIN),
        ] {
            assert_eq!(whole(number), Some(is), "{number}");
        }
        for number in [
            "5.5",
            "5e-1",
            "0.1",
            "5.0000000000000000000000001",
            "9223372036854775808",
            "1e19",
            "1e999",
            "1e99999999999999999999",
            "1e-99999999999999999999",
        ] {
            assert_eq!(whole(number), None, "{number}");
        }
    }

    #[test]
    fn a_list_of_an_objects_values_is_not_the_object() {
        #[derive(serde::Deserialize)]
        struct Pair {
            left: u8,
            right: u8,
        }
        let Object(Pair { left, right }) = serde_json::from_str(r#"{"left":1,"right":2}"#).unwrap();
        assert_eq!((left, right), (1, 2));
        assert!(serde_json::from_str::<Pair>("[1,2]").is_ok(), "what this is for");
        assert!(serde_json::from_str::<Object<Pair>>("[1,2]").is_err());
    }

    #[test]
    fn brackets_in_text_are_not_nesting() {
        for (json, depth) in
            [(r#"{"a":"[[[[\"[[[["}"#, 1), (r#"{"a":[{"b":[]}]}"#, 4), ("1", 0), ("[[[", 3), ("]]][", 1)]
        {
            assert_eq!(nesting(json.as_bytes()), depth, "{json}");
        }
    }
}
