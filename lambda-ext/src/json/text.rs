//! JSON strings.

use std::borrow::Cow;

use memchr::memchr2;

/// What there is room for behind the first escape: what is printed has an escape at least where its
/// line ends, and one allocation is to be enough for nearly all of it.
const SPARE: usize = 256;

/// Takes the JSON string at the start of a text, and returns what it says and what comes after it;
/// `None` where there is none.
///
/// Half a surrogate pair, which JSON can have and text cannot, becomes U+FFFD. serde_json, which has
/// no text for that, takes several times as long.
pub(crate) fn string(json: &str) -> Option<(Cow<'_, str>, &str)> {
    let inside = json.strip_prefix('"')?;
    let (plain, mut rest) = until_mark(inside)?;
    if let Some(after) = rest.strip_prefix('"') {
        return has_no_control(plain).then_some((Cow::Borrowed(plain), after));
    }
    let mut text = String::with_capacity(plain.len() + SPARE);
    text.push_str(plain);
    while let Some(escape) = rest.strip_prefix('\\') {
        let (character, after) = unescaped(escape)?;
        let (plain, after) = until_mark(after)?;
        text.push(character);
        text.push_str(plain);
        rest = after;
    }
    let after = rest.strip_prefix('"')?;
    let inside = inside.get(..inside.len() - rest.len())?;
    has_no_control(inside).then_some((Cow::Owned(text), after))
}

/// What comes before the next escape or the end of the string.
fn until_mark(text: &str) -> Option<(&str, &str)> {
    Some(text.split_at(memchr2(b'"', b'\\', text.as_bytes())?))
}

/// What JSON requires of a string.
fn has_no_control(text: &str) -> bool {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    let words = text.as_bytes().chunks_exact(8);
    let rest = words
        .remainder()
        .iter()
        .fold(u8::MAX, |least, byte| least.min(*byte));
    // Of eight at once, and without a way out of the loop, one that is less than a space has its
    // highest bit set, and had not before.
    let found = words.fold(0, |found, word| {
        let word = word.try_into().map_or(0, u64::from_ne_bytes);
        found | (word.wrapping_sub(ONES * u64::from(b' ')) & !word)
    });
    rest >= b' ' && found & (ONES << 7) == 0
}

/// The character of an escape, and what comes after it.
fn unescaped(escape: &str) -> Option<(char, &str)> {
    let mut rest = escape.chars();
    let character = match rest.next()? {
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => return utf16(rest.as_str()),
        itself @ ('"' | '\\' | '/') => itself,
        _ => return None,
    };
    Some((character, rest.as_str()))
}

/// The character of one `\u` or of two, after the first.
fn utf16(digits: &str) -> Option<(char, &str)> {
    let (first, rest) = unit(digits)?;
    let second = rest.strip_prefix("\\u").and_then(unit);
    let units = std::iter::once(first).chain(second.map(|(second, _)| second));
    let character = char::decode_utf16(units).next()?;
    let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
    match second {
        Some((_, rest)) if character.len_utf16() == 2 => Some((character, rest)),
        _ => Some((character, rest)),
    }
}

fn unit(digits: &str) -> Option<(u16, &str)> {
    let (digits, rest) = digits.split_at_checked(4)?;
    let are_digits = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    // A sign would be taken, too.
    let unit = u16::from_str_radix(digits, 16)
        .ok()
        .filter(|_| are_digits)?;
    Some((unit, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Option<(String, &str)> {
        string(json).map(|(text, rest)| (text.into_owned(), rest))
    }

    #[test]
    fn control_character_is_found_at_every_position() {
        for length in 1..40 {
            for at in 0..length {
                for (character, is_one) in
                    [('\u{1f}', true), ('\0', true), (' ', false), ('é', false)]
                {
                    let mut text: Vec<_> = vec!['x'; length];
                    text[at] = character;
                    let text: String = text.into_iter().collect();
                    let expected = (!is_one).then(|| (text.clone(), ","));
                    assert_eq!(read(&format!("\"{text}\",")), expected, "{text:?}");
                }
            }
        }
    }

    #[test]
    fn other_json_is_no_string() {
        for odd in [
            "",
            "x",
            "\"",
            "\"x",
            "\"\\",
            "\"\\\"",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\\u+123\"",
            "\"\\u12 4\"",
            "17",
            "\"\\n\n\"",
        ] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }

    #[test]
    fn escapes_are_read_as_serde_json_reads_them() {
        for json in [
            r#""""#,
            r#""\"\\\/\b\f\n\r\t""#,
            r#""a\u00e9\ud83d\ude00b\n""#,
            r#""é\n😀""#,
        ] {
            let expected: String = serde_json::from_str(json).unwrap_or_else(|_| unreachable!());
            assert_eq!(read(json), Some((expected, "")), "{json}");
        }
        assert_eq!(read(r#""\ud83d\n""#), Some(("\u{fffd}\n".to_owned(), "")));
    }
}
