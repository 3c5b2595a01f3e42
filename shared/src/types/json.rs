//! JSON before it is parsed.

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

#[cfg(test)]
mod tests {
    use super::nesting;

    #[test]
    fn brackets_in_text_are_not_nesting() {
        for (json, depth) in
            [(r#"{"a":"[[[[\"[[[["}"#, 1), (r#"{"a":[{"b":[]}]}"#, 4), ("1", 0), ("[[[", 3), ("]]][", 1)]
        {
            assert_eq!(nesting(json.as_bytes()), depth, "{json}");
        }
    }
}
