//! The text of a JSON string.

use std::borrow::Cow;

use memchr::memchr;

/// The text of this JSON; `None` where it is no string.
///
/// Half a surrogate pair, which JSON can have and text cannot, becomes U+FFFD. Beside serde_json's
/// this knows the length beforehand: what is printed ends with a line feed, so nearly all of it has
/// to be copied, and one allocation is enough.
pub(crate) fn text(json: &str) -> Option<Cow<'_, str>> {
    let inside = json.strip_prefix('"')?.strip_suffix('"')?;
    let (plain, mut rest) = until_escape(inside);
    if rest.is_empty() {
        return Some(Cow::Borrowed(plain));
    }
    let mut text = String::with_capacity(inside.len());
    text.push_str(plain);
    while let Some(escape) = rest.strip_prefix('\\') {
        let (character, after) = unescaped(escape)?;
        let (plain, after) = until_escape(after);
        text.push(character);
        text.push_str(plain);
        rest = after;
    }
    Some(Cow::Owned(text))
}

fn until_escape(text: &str) -> (&str, &str) {
    text.split_at(memchr(b'\\', text.as_bytes()).unwrap_or(text.len()))
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
        itself => itself,
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
    Some((u16::from_str_radix(digits, 16).ok()?, rest))
}
