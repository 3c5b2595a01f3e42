//! Names in other letters than ours: with accents, of full width, in letters of Cyrillic or Greek
//! that look like Latin ones. To a reader they are the same word.

use std::borrow::Cow;

use icu_normalizer::DecomposingNormalizerBorrowed;

use super::is_blank;

/// Letters that are read as these, in both cases: the confusable ones of Unicode's UTS 39 in
/// Cyrillic, Greek and Armenian, the small capitals of phonetics, and the letters of Latin that are
/// not made of another one and a mark.
const LOOK_ALIKE: [(char, &str); 26] = [
    ('a', "аαɑᴀɐ"),
    ('b', "вβьʙƅɓ"),
    ('c', "сϲᴄƈ"),
    ('d', "ԁđᴅɗժ"),
    ('e', "еεєҽᴇəɛ"),
    ('f', "ꜰƒϝք"),
    ('g', "ɡɢցǥ"),
    ('h', "һнհħʜ"),
    ('i', "іιıɪɩӏ"),
    ('j', "јϳᴊյ"),
    ('k', "кκᴋĸ"),
    ('l', "łʟƚ"),
    ('m', "мϻᴍ"),
    ('n', "пηոռɴŋ"),
    ('o', "оοσօøᴏө"),
    ('p', "рρᴘϸ"),
    ('q', "ԛգզ"),
    ('r', "гʀɼᴦ"),
    ('s', "ѕςꜱƽ"),
    ('t', "тτᴛŧ"),
    ('u', "υսцᴜʊμ"),
    ('v', "νѵᴠ"),
    ('w', "ԝωᴡɯшѡ"),
    ('x', "хχ"),
    ('y', "уүγʏყ"),
    ('z', "ʐᴢƶ"),
];

/// So much of a name is read: its sender has not paid yet.
pub const LONGEST_READ: usize = 256;

/// The beginning of a text with the Latin letters and the digits that it is read as; what is
/// between them stays.
pub fn in_latin(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text.get(..LONGEST_READ).unwrap_or(text));
    }
    let text: String = text.chars().take(LONGEST_READ).collect();
    let apart = DecomposingNormalizerBorrowed::new_nfkd().normalize(&text);
    apart.chars().filter(|c| *c == ' ' || !is_blank(c.encode_utf8(&mut [0; 4]))).map(latin).collect::<String>().into()
}

fn latin(c: char) -> char {
    if c.is_ascii() {
        return c;
    }
    let small = c.to_lowercase().next().unwrap_or(c);
    let alike = LOOK_ALIKE.iter().find(|(_, letters)| letters.contains(small)).map(|(latin, _)| *latin);
    match alike {
        Some(latin) if c.is_uppercase() => latin.to_ascii_uppercase(),
        other => other.unwrap_or(c),
    }
}

#[cfg(test)]
mod tests {
    use super::in_latin;

    #[test]
    fn a_word_is_the_same_in_letters_that_look_alike() {
        for (text, read) in [
            ("country", "country"),
            ("сountry", "country"),
            ("соuntrу", "country"),
            ("СОUNTRY", "COUNTRY"),
            ("cοuntry", "country"),
            ("coúntry", "country"),
            ("cou\u{301}ntry", "country"),
            ("ｃｏｕｎｔｒｙ", "country"),
            ("ⓒountry", "country"),
            ("𝐜𝐨𝐮𝐧𝐭𝐫𝐲", "country"),
            ("cou\u{200b}ntry", "country"),
            ("ᴄᴏᴜɴᴛʀʏ", "country"),
            ("areа_code", "area_code"),
            ("langυage", "language"),
            ("ＡＲＥＡ－ＣＯＤＥ", "AREA-CODE"),
            ("ﬁrst", "first"),
            ("国", "国"),
        ] {
            assert_eq!(in_latin(text), read, "{text}");
        }
    }
}
