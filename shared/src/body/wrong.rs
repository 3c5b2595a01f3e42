//! What is wrong with a text that is not JSON, as people say it: a parser tells where it stopped,
//! and not what to mend. Only read when the parser has failed, and no deeper than its caller has
//! counted.

use std::fmt;
use std::str::Chars;

use crate::types::leaves_no_mark;

/// The first thing that is wrong.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Wrong {
    /// It stops in the middle.
    CutOff,
    /// This, at this character, counted from one.
    At(usize, &'static str),
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CutOff => f.write_str("is cut off: the JSON object has no end"),
            Self::At(at, what) => write!(f, "is not JSON: {what} (at character {at})"),
        }
    }
}

/// What is wrong with a text that should be an object; nothing, if that is not to be seen.
pub(super) fn with_object(text: &str) -> Option<Wrong> {
    let mut text = Reader { rest: text.chars(), read: 0 };
    text.skip_blanks().and_then(|()| text.object()).err()
}

const COMMENT: &str = "there are no comments in JSON";
const SINGLE_QUOTES: &str = "text and names stand in double quotes, not in single ones";
const CURLY_QUOTES: &str = "text and names stand in straight double quotes, not in typographic ones";
const NUMBER: &str = "a number is not written as JSON has it, such as 5 or 0.5";
const ESCAPE: &str = "a backslash in text begins an escape: \\\", \\\\, \\/, \\b, \\f, \\n, \\r, \\t, or \\u and four hexadecimal digits";

struct Reader<'a> {
    rest: Chars<'a>,
    read: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.rest.clone().next()
    }

    fn next(&mut self) -> Option<char> {
        self.read += 1;
        self.rest.next()
    }

    fn skip(&mut self) {
        self.next();
    }

    /// Whether this comes next; then it is read.
    fn takes(&mut self, wanted: char) -> bool {
        let here = self.peek() == Some(wanted);
        if here {
            self.skip();
        }
        here
    }

    /// Something is wrong with the next character.
    fn here<T>(&self, what: &'static str) -> Result<T, Wrong> {
        Err(if self.peek().is_none() { Wrong::CutOff } else { Wrong::At(self.read + 1, what) })
    }

    fn skip_blanks(&mut self) -> Result<(), Wrong> {
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' | '\n' | '\r' => self.skip(),
                '/' | '#' => return self.here(COMMENT),
                c if leaves_no_mark(c) => return self.here("there is an invisible character that is not a space"),
                _ => break,
            }
        }
        Ok(())
    }

    fn value(&mut self) -> Result<(), Wrong> {
        match self.peek() {
            Some('{') => self.object(),
            Some('[') => self.list(),
            Some('"') => self.text(false),
            Some('-' | '0'..='9') => self.number(),
            Some('+') => self.here("a number has no plus sign, and a phone number stands in double quotes"),
            Some('\'' | '`') => self.here(SINGLE_QUOTES),
            Some('\u{201c}'..='\u{201f}' | '\u{2018}'..='\u{201b}') => self.here(CURLY_QUOTES),
            Some(',' | '}' | ']') => self.here("a value is missing"),
            Some(c) if c.is_alphabetic() => self.word(),
            _ => self.here("no value begins like this"),
        }
    }

    fn word(&mut self) -> Result<(), Wrong> {
        let word: String = self.rest.clone().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        match word.as_str() {
            "true" | "false" | "null" => {
                word.chars().for_each(|_| self.skip());
                Ok(())
            }
            "NaN" | "Infinity" | "nan" | "inf" => self.here("JSON has neither NaN nor Infinity"),
            "None" | "undefined" | "nil" | "NULL" | "Null" => self.here("what is absent is null in JSON"),
            "True" | "False" | "TRUE" | "FALSE" => self.here("yes and no are true and false in JSON, in small letters"),
            // Where the text stops in the middle of one.
            word if ["true", "false", "null"].iter().any(|whole| whole.starts_with(word)) && self.ends_with(word) => {
                Err(Wrong::CutOff)
            }
            _ => self.here("text stands in double quotes"),
        }
    }

    fn ends_with(&self, word: &str) -> bool {
        self.rest.as_str() == word
    }

    fn object(&mut self) -> Result<(), Wrong> {
        if !self.takes('{') {
            return self.here("an object begins with a brace");
        }
        self.skip_blanks()?;
        if self.takes('}') {
            return Ok(());
        }
        loop {
            match self.peek() {
                Some('"') => self.text(true)?,
                Some('}') => return self.here("there is a comma before the closing brace"),
                Some(',') => return self.here("there is a comma with nothing before it"),
                Some('\'' | '`') => return self.here(SINGLE_QUOTES),
                Some('\u{201c}'..='\u{201f}' | '\u{2018}'..='\u{201b}') => return self.here(CURLY_QUOTES),
                _ => return self.here("a name stands in double quotes"),
            }
            self.skip_blanks()?;
            if !self.takes(':') {
                return self.here("a colon is missing after a name");
            }
            self.skip_blanks()?;
            self.value()?;
            self.skip_blanks()?;
            match self.peek() {
                Some('}') => break,
                Some(',') => self.skip(),
                Some(']') => return self.here("a bracket closes what a brace has opened"),
                _ => return self.here("a comma or the closing brace is missing"),
            }
            self.skip_blanks()?;
        }
        self.skip();
        Ok(())
    }

    fn list(&mut self) -> Result<(), Wrong> {
        self.skip();
        self.skip_blanks()?;
        if self.takes(']') {
            return Ok(());
        }
        loop {
            if self.peek() == Some(']') {
                return self.here("there is a comma before the closing bracket");
            }
            self.value()?;
            self.skip_blanks()?;
            match self.peek() {
                Some(']') => break,
                Some(',') => self.skip(),
                Some('}') => return self.here("a brace closes what a bracket has opened"),
                _ => return self.here("a comma or the closing bracket is missing"),
            }
            self.skip_blanks()?;
        }
        self.skip();
        Ok(())
    }

    /// Text in quotes. What a name's escapes stand for is looked at; a value's belong to its field.
    fn text(&mut self, is_name: bool) -> Result<(), Wrong> {
        self.skip();
        let begins = self.read;
        loop {
            match self.peek() {
                None => {
                    return Err(Wrong::At(
                        begins,
                        "the text that begins here has no closing quote, or the body is cut off",
                    ));
                }
                Some('"') => break,
                Some('\\') => self.escape(is_name)?,
                Some('\n' | '\r') => return self.here("a line break in text is written as \\n"),
                Some('\0'..='\u{1f}') => return self.here("a control character in text is written as an escape"),
                Some(_) => self.skip(),
            }
        }
        self.skip();
        Ok(())
    }

    fn escape(&mut self, is_name: bool) -> Result<(), Wrong> {
        let begins = self.read + 1;
        self.skip();
        match self.next() {
            Some('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't') => return Ok(()),
            Some('u') => {}
            None => return Err(Wrong::CutOff),
            Some(_) => return Err(Wrong::At(begins, ESCAPE)),
        }
        let unit = self.hexadecimal().ok_or(Wrong::At(begins, ESCAPE))?;
        let is_whole = match unit {
            0xd800..=0xdbff if is_name => {
                self.takes('\\') && self.takes('u') && matches!(self.hexadecimal(), Some(0xdc00..=0xdfff))
            }
            0xdc00..=0xdfff => !is_name,
            _ => true,
        };
        if is_whole { Ok(()) } else { Err(Wrong::At(begins, "an escape in a name stands for no character")) }
    }

    fn hexadecimal(&mut self) -> Option<u32> {
        (0..4).try_fold(0, |unit, _| Some(unit * 16 + self.next()?.to_digit(16)?))
    }

    fn number(&mut self) -> Result<(), Wrong> {
        let begins = self.read + 1;
        self.takes('-');
        let leading = self.takes('0');
        let mut good = leading ^ self.digits();
        if self.takes('.') {
            good &= self.digits();
        }
        if self.takes('e') || self.takes('E') {
            let _ = self.takes('+') || self.takes('-');
            good &= self.digits();
        }
        let goes_on = self.peek().is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
        if good && !goes_on { Ok(()) } else { Err(Wrong::At(begins, NUMBER)) }
    }

    /// Whether there are digits; they are read.
    fn digits(&mut self) -> bool {
        let any = self.peek().is_some_and(|c| c.is_ascii_digit());
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.skip();
        }
        any
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::{Wrong, with_object};

    #[test]
    fn each_slip_is_named_where_it_stands() {
        for (text, at, part) in [
            (r#"{"country":"US",}"#, 17, "comma before the closing brace"),
            (r#"{"a":[1,2,]}"#, 11, "comma before the closing bracket"),
            (r#"{,"a":1}"#, 2, "comma with nothing before it"),
            (r#"{"a":1,,"b":2}"#, 8, "comma with nothing before it"),
            (r#"{"a":1 "b":2}"#, 8, "comma or the closing brace is missing"),
            (r#"{"a":[1 2]}"#, 9, "comma or the closing bracket is missing"),
            (r#"{"a" 1}"#, 6, "colon is missing"),
            (r#"{"a"=1}"#, 5, "colon is missing"),
            (r#"{"a":}"#, 6, "value is missing"),
            (r#"{"a":,"b":1}"#, 6, "value is missing"),
            ("{'country':'US'}", 2, "not in single ones"),
            (r#"{"country":'US'}"#, 12, "not in single ones"),
            ("{\u{201c}country\u{201d}:1}", 2, "straight double quotes"),
            (r#"{country:"US"}"#, 2, "name stands in double quotes"),
            (r#"{"country":US}"#, 12, "text stands in double quotes"),
            (r#"{"a":NaN}"#, 6, "neither NaN nor Infinity"),
            (r#"{"a":Infinity}"#, 6, "neither NaN nor Infinity"),
            (r#"{"a":-Infinity}"#, 6, "a number is not written"),
            (r#"{"a":None}"#, 6, "absent is null"),
            (r#"{"a":True}"#, 6, "true and false"),
            (r#"{"a":+14155551234}"#, 6, "no plus sign"),
            (r#"{"a":05}"#, 6, "a number is not written"),
            (r#"{"a":5.}"#, 6, "a number is not written"),
            (r#"{"a":.5}"#, 6, "no value begins"),
            (r#"{"a":1_000}"#, 6, "a number is not written"),
            (r#"{"a":5min}"#, 6, "a number is not written"),
            (r#"{"a":1} // why"#, 0, ""),
            (r#"{"a":1, // why"#, 9, "no comments"),
            (r#"{/* why */"a":1}"#, 2, "no comments"),
            ("{\n# why\n\"a\":1}", 3, "no comments"),
            (r#"{"a":"US}"#, 6, "no closing quote"),
            ("{\"a\":\"one\ntwo\"}", 10, "line break in text"),
            ("{\"a\":\"one\ttwo\"}", 10, "control character in text"),
            (r#"{"a":"C:\dir"}"#, 9, "a backslash in text"),
            (r#"{"a":"\u12x4"}"#, 7, "a backslash in text"),
            (r#"{"\ud83d":1}"#, 3, "stands for no character"),
            (r#"{"\udc00":1}"#, 3, "stands for no character"),
            ("{\u{a0}\"a\":1}", 2, "invisible character"),
            (r#"{"a":[1}"#, 8, "a brace closes what a bracket"),
            (r#"{"a":{"b":1]}"#, 12, "a bracket closes what a brace"),
            ("  {\"\u{1f600}\":x}", 8, "text stands in double quotes"),
        ] {
            match with_object(text) {
                Some(Wrong::At(found, what)) => {
                    assert!(found == at && what.contains(part), "{text}: {what} at {found}");
                }
                other => assert!(other.is_none() && at == 0, "{text}: {other:?}"),
            }
        }
        for text in ["{", r#"{"a""#, r#"{"a":"#, r#"{"a":tr"#, r#"{"a":1"#, r#"{"a":1,"#, r#"{"a":[1"#, r#"{"a":[1,"#] {
            assert_eq!(with_object(text), Some(Wrong::CutOff), "{text}");
        }
    }

    #[test]
    fn what_the_parser_reads_has_nothing_wrong_and_what_it_does_not_has() {
        let texts = [
            r#"{"a":[1,-0,0.5,1e5,1E-5,{"b":null}],"c":true,"d":"\u00e9\ud83d\ude00\"\\\/\b","e":{},"f":[]}"#,
            "{ \"a\" :\t1 ,\r\n\"b\" : [ ] }",
        ];
        for text in texts {
            assert_eq!(with_object(text), None, "{text}");
            // Every text that lacks one character, and every one that has one too many.
            for (at, _) in text.char_indices() {
                let (before, after) = text.split_at(at);
                let without: String = after.chars().skip(1).collect();
                for changed in [format!("{before}{without}"), format!("{before},{after}"), format!("{before}'{after}")]
                {
                    let parsed = serde_json::from_str::<std::collections::BTreeMap<String, &RawValue>>(&changed);
                    let only_behind =
                        parsed.as_ref().err().is_some_and(|error| error.to_string().contains("trailing characters"));
                    assert_eq!(with_object(&changed).is_some(), parsed.is_err() && !only_behind, "{changed}");
                }
            }
        }
    }
}
