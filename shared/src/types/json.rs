//! JSON: how deep it is, before it is parsed; and that an object is one, while it is.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

/// How deep brackets are nested outside strings: counted before anything is parsed, so that parsing needs no more stack
/// than that. Meaningful for JSON; for anything else some number.
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

/// A JSON object. Plain serde would also read a struct from an array of its fields in order, which no other program does.
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
    use super::{Object, nesting};

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
