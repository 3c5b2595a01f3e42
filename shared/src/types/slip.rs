//! Words that are nearly another: what a hasty hand writes.

/// Whether one letter is missing, too many, another, or has changed places with its neighbour.
pub fn is_one_slip_from(name: &str, other: &str) -> bool {
    let (mut name, mut other) = (name.as_bytes(), other.as_bytes());
    while let ([a, name_rest @ ..], [b, other_rest @ ..]) = (name, other)
        && a == b
    {
        (name, other) = (name_rest, other_rest);
    }
    while let ([name_rest @ .., a], [other_rest @ .., b]) = (name, other)
        && a == b
    {
        (name, other) = (name_rest, other_rest);
    }
    match (name, other) {
        ([], [_]) | ([_], [] | [_]) => true,
        ([a, b], [c, d]) => a == d && b == c,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_one_slip_from;

    #[test]
    fn a_slip_is_one_letter() {
        for (name, other) in
            [("task", "tasks"), ("task", "tsk"), ("task", "tesk"), ("task", "tsak"), ("voice", "voice"), ("aab", "ab")]
        {
            assert_eq!(is_one_slip_from(name, other), name != other, "{name} {other}");
            assert_eq!(is_one_slip_from(other, name), name != other, "{name} {other}");
        }
        for (name, other) in
            [("task", "tassks"), ("task", "kast"), ("task", "ta"), ("task", ""), ("model", "mode!s"), ("from", "frame")]
        {
            assert!(!is_one_slip_from(name, other), "{name} {other}");
        }
    }
}
