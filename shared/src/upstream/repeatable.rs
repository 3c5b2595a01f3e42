//! What a vendor said, made fit to repeat to a stranger: the specification promises "the upstream
//! message", but such messages hold account ids, keys and other people's numbers. Knows text, and
//! no vendor.

use crate::types::PhoneNumber;

/// Long enough for a regulatory refusal with its link, short enough for a header and a log line.
const LONGEST: usize = 300;
/// Account ids, keys and UUIDs are longer than this; words and phone numbers are not.
const SHORTEST_SECRET: usize = 20;
/// Fewer digits than this are a code or a price.
const SHORTEST_NUMBER: usize = 7;

/// The message in printable ASCII, at most 300 characters, without ids, keys, addresses of people,
/// or phone numbers other than those that the caller asked about.
pub(super) fn repeatable(message: &str, asked: &[&PhoneNumber]) -> String {
    let words: Vec<String> = printable(message).split_ascii_whitespace().map(without_secrets).collect();
    let mut text = without_numbers(&words.join(" "), asked);
    // ASCII, so that every byte is a character.
    text.truncate(LONGEST);
    text
}

fn printable(message: &str) -> String {
    message
        .chars()
        .map(|c| match c {
            ' '..='~' => c,
            '\u{2018}' | '\u{2019}' => '\'',
            '\u{201c}' | '\u{201d}' => '"',
            '\u{2010}'..='\u{2015}' => '-',
            c if c.is_whitespace() || c.is_control() => ' ',
            _ => '?',
        })
        .collect()
}

fn without_secrets(word: &str) -> String {
    if word.contains('@') {
        return "[address]".into();
    }
    let part_of_id = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let mut clean = String::new();
    let mut rest = word;
    while !rest.is_empty() {
        let (run, after) = rest.split_at(rest.find(|c| !part_of_id(c)).unwrap_or(rest.len()));
        if run.len() >= SHORTEST_SECRET && run.bytes().any(|b| b.is_ascii_digit()) {
            clean.push_str("[id]");
        } else {
            clean.push_str(run);
        }
        let (marks, next) = after.split_at(after.find(part_of_id).unwrap_or(after.len()));
        clean.push_str(marks);
        rest = next;
    }
    clean
}

fn without_numbers(text: &str, asked: &[&PhoneNumber]) -> String {
    let part_of_number = |c: char| c.is_ascii_digit() || " +-.()".contains(c);
    let mut clean = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (run, after) = rest.split_at(rest.find(|c| !part_of_number(c)).unwrap_or(rest.len()));
        let digits: String = run.chars().filter(char::is_ascii_digit).collect();
        if digits.len() < SHORTEST_NUMBER || asked.iter().any(|number| is_spelling_of(&digits, number)) {
            clean.push_str(run);
        } else {
            let inner = run.trim_matches(' ');
            let (head, tail) = run.split_once(inner).unwrap_or_default();
            clean.extend([head, "[number]", tail]);
        }
        let (words, next) = after.split_at(after.find(part_of_number).unwrap_or(after.len()));
        clean.push_str(words);
        rest = next;
    }
    clean
}

/// Vendors write a North American number with and without its 1.
fn is_spelling_of(digits: &str, number: &PhoneNumber) -> bool {
    let full = number.as_str().trim_start_matches('+');
    digits == full || full.strip_prefix('1') == Some(digits)
}

#[cfg(test)]
mod tests {
    use super::repeatable;
    use crate::types::PhoneNumber;

    #[test]
    fn what_a_vendor_said_holds_nothing_of_ours_or_of_others() {
        let asked = PhoneNumber::parse("+14155551234").unwrap();
        for (said, repeated) in [
            (
                "Phone Number Requires a Bundle. https://www.twilio.com/docs/errors/21649",
                "Phone Number Requires a Bundle. https://www.twilio.com/docs/errors/21649",
            ),
            ("Account AC0123456789abcdef0123456789abcdef is suspended", "Account [id] is suspended"),
            ("see /Accounts/AC0123456789abcdef0123456789abcdef/Calls", "see /Accounts/[id]/Calls"),
            ("call 8dd6f762-6c67-4546-aaad-3e59f5e4a09c failed", "call [id] failed"),
            ("write to jane@example.com.", "write to [address]"),
            ("+14155551234 is not available", "+14155551234 is not available"),
            ("(415) 555-1234 is not available", "(415) 555-1234 is not available"),
            ("+12125550000 is not available", "[number] is not available"),
            ("ring +44 20 7183 8750 or 21", "ring [number] or 21"),
            ("4155551234, then 2125550000", "4155551234, then [number]"),
            ("costs $0.0040 (code 21649)", "costs $0.0040 (code 21649)"),
            ("isn\u{2019}t \u{201c}free\u{201d}\r\n\u{1b}[31m \u{2014} \u{5b8c}", "isn't \"free\" [31m - ?"),
            ("internationalization", "internationalization"),
            ("", ""),
        ] {
            assert_eq!(repeatable(said, &[&asked]), repeated, "{said:?}");
        }
        assert_eq!(repeatable(&"word ".repeat(1_000), &[]).len(), 300);
    }
}
