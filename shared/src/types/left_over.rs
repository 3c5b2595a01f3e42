//! What a client's template leaves where it has no value: a word for nothing, or the template.

/// Words for nothing, in small letters, as languages write them.
pub const WORDS_FOR_NOTHING: [&str; 5] = ["null", "undefined", "none", "nil", "nan"];
/// What JavaScript makes of an object that should be a text.
const OBJECT: &str = "[object object]";
/// How places for a value begin: Handlebars, n8n, JavaScript, shells, Ruby, ERB.
const PLACES: [&str; 5] = ["{{", "${", "$(", "#{", "<%"];

/// What is wrong with such a name for a purchase: of all purchases of a client whose template is
/// broken, one would be made.
pub const LEFT_OVER: &str = "is what a template leaves where it has no value; send a name of your own";

/// Whether a text is a word for nothing.
pub fn is_a_word_for_nothing(text: &[u8]) -> bool {
    WORDS_FOR_NOTHING.iter().chain([&OBJECT]).any(|word| word.as_bytes().eq_ignore_ascii_case(text))
}

/// Whether a name is what a template leaves over, and so the same for all that it is to tell apart.
pub fn is_left_over(name: &str) -> bool {
    let within = |first: char, last: char| name.strip_prefix(first).and_then(|name| name.strip_suffix(last));
    let bare = within('<', '>').or_else(|| within('(', ')')).unwrap_or(name);
    // Some systems write a UUID in braces.
    let is_a_place = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.".contains(c))
    };
    is_a_word_for_nothing(bare.as_bytes())
        || PLACES.iter().any(|place| name.contains(place))
        || [within('{', '}'), within('<', '>'), name.strip_prefix('$')].into_iter().flatten().any(is_a_place)
}

#[cfg(test)]
mod tests {
    use super::is_left_over;

    #[test]
    fn what_a_template_leaves_over_is_not_a_name() {
        for left in [
            "undefined",
            "null",
            "NULL",
            "None",
            "nil",
            "<nil>",
            "(null)",
            "NaN",
            "[object Object]",
            "{{$json.id}}",
            "order-{{id}}",
            "${id}",
            "order-${id}",
            "$(uuidgen)",
            "$ORDER_ID",
            "#{id}",
            "<%=id%>",
            "{order_id}",
            "<your_key>",
        ] {
            assert!(is_left_over(left), "{left}");
        }
        for name in [
            "order-17",
            "none-of-these",
            "nullable",
            "nile",
            "{6f9619ff-8b86-d011-b42d-00cf4fc964ff}",
            "a$1",
            "$5",
            "17",
        ] {
            assert!(!is_left_over(name), "{name}");
        }
    }
}
