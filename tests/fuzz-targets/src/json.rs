//! JSON as RFC 8259 has it, read by hand: a second opinion on what a document says. It keeps what
//! parsers differ about (the order and the repetition of keys, the digits of a number), and nothing
//! of it is the product's.

/// The deepest nesting that is read.
const DEEPEST: usize = 64;

/// A value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// The digits, as they were written.
    Number(String),
    /// A string, its escapes resolved.
    Text(String),
    /// A list.
    List(Vec<Json>),
    /// Keys and values in their order, repetitions included.
    Object(Vec<(String, Json)>),
}

/// A document.
#[derive(Debug)]
pub struct Document {
    /// The value.
    pub root: Json,
    /// How deep brackets are nested.
    pub depth: usize,
    /// Whether every parser would agree about it. Half a surrogate pair is grammatical and is not a
    /// character.
    pub plain: bool,
}

impl Json {
    /// The value of a key that stands there once.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Self::Object(fields) = self else { return None };
        let mut found = fields.iter().filter(|(name, _)| name == key).map(|(_, value)| value);
        let value = found.next()?;
        found.next().is_none().then_some(value)
    }

    /// Whether a key stands there, however often.
    pub fn has(&self, key: &str) -> bool {
        matches!(self, Self::Object(fields) if fields.iter().any(|(name, _)| name == key))
    }

    /// A string.
    pub fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The string of a key that stands there once.
    pub fn text_of(&self, key: &str) -> Option<&str> {
        self.get(key)?.text()
    }

    /// Whether a key is absent, or `null`.
    pub fn lacks(&self, key: &str) -> bool {
        !self.has(key) || self.get(key) == Some(&Self::Null)
    }
}

/// Reads a document, or says that it is none.
pub fn read(bytes: &[u8]) -> Option<Document> {
    let text = str::from_utf8(bytes).ok()?;
    let mut reader = Reader { rest: text, depth: 0, deepest: 0, plain: true };
    let root = reader.value()?;
    reader.space();
    reader.rest.is_empty().then_some(Document { root, depth: reader.deepest, plain: reader.plain })
}

/// Reads a neighbour's document, in whose unread corners anything may stand.
pub fn lossy(bytes: &[u8]) -> Option<Document> {
    read(String::from_utf8_lossy(bytes).as_bytes())
}

/// Whether a document can be nested deeper than it is read here.
pub fn may_be_too_deep(bytes: &[u8]) -> bool {
    bytes.iter().filter(|byte| matches!(byte, b'[' | b'{')).count() > DEEPEST
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
    deepest: usize,
    plain: bool,
}

impl Reader<'_> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn take(&mut self, word: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(word)?;
        Some(())
    }

    fn value(&mut self) -> Option<Json> {
        self.space();
        match self.rest.bytes().next()? {
            b'n' => self.take("null").map(|()| Json::Null),
            b't' => self.take("true").map(|()| Json::Bool(true)),
            b'f' => self.take("false").map(|()| Json::Bool(false)),
            b'"' => self.string().map(Json::Text),
            b'[' => self.nested(Self::list),
            b'{' => self.nested(Self::object),
            _ => self.number().map(Json::Number),
        }
    }

    fn nested(&mut self, inner: fn(&mut Self) -> Option<Json>) -> Option<Json> {
        self.rest = self.rest.get(1..)?;
        self.depth += 1;
        self.deepest = self.deepest.max(self.depth);
        let value = if self.depth > DEEPEST { None } else { inner(self) };
        self.depth -= 1;
        value
    }

    fn list(&mut self) -> Option<Json> {
        let mut items = Vec::new();
        self.space();
        if self.take("]").is_some() {
            return Some(Json::List(items));
        }
        loop {
            items.push(self.value()?);
            self.space();
            if self.take("]").is_some() {
                return Some(Json::List(items));
            }
            self.take(",")?;
        }
    }

    fn object(&mut self) -> Option<Json> {
        let mut fields = Vec::new();
        self.space();
        if self.take("}").is_some() {
            return Some(Json::Object(fields));
        }
        loop {
            self.space();
            let key = self.string()?;
            self.space();
            self.take(":")?;
            fields.push((key, self.value()?));
            self.space();
            if self.take("}").is_some() {
                return Some(Json::Object(fields));
            }
            self.take(",")?;
        }
    }

    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next()?;
        self.rest = chars.as_str();
        Some(c)
    }

    fn string(&mut self) -> Option<String> {
        self.take("\"")?;
        let mut text = String::new();
        loop {
            match self.next()? {
                '"' => return Some(text),
                '\\' => text.push(self.escape()?),
                '\0'..='\x1f' => return None,
                c => text.push(c),
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        Some(match self.next()? {
            c @ ('"' | '\\' | '/') => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => self.escaped_unit()?,
            _ => return None,
        })
    }

    fn escaped_unit(&mut self) -> Option<char> {
        let unit = hex(self.rest.get(..4)?)?;
        self.rest = &self.rest[4..];
        let low = self.rest.strip_prefix("\\u").and_then(|rest| hex(rest.get(..4)?));
        if let (0xd800..=0xdbff, Some(low @ 0xdc00..=0xdfff)) = (unit, low) {
            self.rest = &self.rest[6..];
            return char::from_u32(0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
        }
        let whole = char::from_u32(unit);
        self.plain &= whole.is_some();
        Some(whole.unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn number(&mut self) -> Option<String> {
        let length = self.rest.bytes().take_while(|b| b.is_ascii_digit() || b"+-.eE".contains(b)).count();
        let (number, rest) = self.rest.split_at(length);
        let unsigned = number.strip_prefix('-').unwrap_or(number);
        let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        let canonical = whole == "0" || !whole.starts_with('0');
        let fits = digits(whole) && canonical && digits(fraction) && digits(exponent);
        self.rest = rest;
        fits.then(|| number.to_owned())
    }
}

fn hex(digits: &str) -> Option<u32> {
    if digits.bytes().all(|b| b.is_ascii_hexdigit()) { u32::from_str_radix(digits, 16).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::{Json, read};

    #[test]
    fn what_json_is_is_read_and_what_it_is_not_is_not() {
        for text in ["null", " {} ", "[1,-0.5e+3,\"\\u00e9\\n\"]", r#"{"a":{"a":1},"b":[true,false]}"#] {
            assert!(read(text.as_bytes()).is_some(), "{text}");
        }
        for text in [
            "",
            "nul",
            "{",
            "[1,]",
            "{\"a\":1,}",
            "{a:1}",
            "01",
            "+1",
            "1.",
            ".5",
            "1e",
            "\"\t\"",
            "\"\\x\"",
            "1 2",
            "'a'",
            "\u{feff}1",
        ] {
            assert!(read(text.as_bytes()).is_none(), "{text}");
        }
        assert!(read(b"\"\xff\"").is_none());
    }

    #[test]
    fn repetitions_depth_and_half_characters_are_told() {
        let document = read(br#"{"a":[[1]],"a":2,"b":"\ud83d\ude00"}"#).unwrap();
        assert_eq!((document.root.get("a"), document.root.has("a"), document.depth), (None, true, 3));
        assert_eq!((document.root.text_of("b"), document.plain), (Some("\u{1f600}"), true));
        let half = read(br#""\ud83d""#).unwrap();
        assert_eq!((half.root, half.plain), (Json::Text("\u{fffd}".to_owned()), false));
    }
}
