//! The conversion of a text from elsewhere to one bounded line.

use std::fmt::Write as _;

/// The longest line, in bytes: as long as the longest text of a report.
const LONGEST_LINE: usize = 64 << 10;

/// Cuts a text off after at most `longest` bytes, between two characters.
pub(crate) fn truncate(text: &str, longest: usize) -> &str {
    let end = (0..=longest.min(text.len()))
        .rev()
        .find(|&end| text.is_char_boundary(end))
        .unwrap_or(0);
    &text[..end]
}

/// Makes the text one line, and escapes invisible characters: logs are read by the line, and the text may
/// come from the wire.
pub(crate) fn one_line(text: &str) -> String {
    escape(truncate(text, LONGEST_LINE))
}

/// Letters of all scripts stay as they are, and so do quotes.
fn escape(text: &str) -> String {
    let mut line = String::with_capacity(text.len() + 1);
    for char in text.chars() {
        if needs_escape(char) {
            let _ = write!(line, "{}", char.escape_default());
        } else {
            line.push(char);
        }
    }
    line
}

/// Tells whether a character is a control, breaks a line, changes the direction of text or is invisible.
/// `escape_debug` would escape quotes, too, and accents that are characters by themselves.
pub(crate) fn needs_escape(char: char) -> bool {
    char.is_control()
        || matches!(
            char,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn line_breaks_and_invisible_characters_are_escaped() {
        for (text, expected) in [
            ("a\nb\r\tc", "a\\nb\\r\\tc"),
            ("\x1b[31m\0\u{9b}", "\\u{1b}[31m\\u{0}\\u{9b}"),
            ("\u{2028}\u{2029}\u{85}", "\\u{2028}\\u{2029}\\u{85}"),
            (
                "a\u{202e}b\u{2066}c\u{2069}",
                "a\\u{202e}b\\u{2066}c\\u{2069}",
            ),
            ("\u{200b}\u{200f}\u{feff}", "\\u{200b}\\u{200f}\\u{feff}"),
            ("\u{e0041}", "\\u{e0041}"),
        ] {
            assert_eq!(escape(text), expected);
        }
    }

    #[test]
    fn visible_text_is_unchanged() {
        for text in [
            r#"invalid type: "map", expected 'a' \ b"#,
            "größe, e\u{301}te\u{301}, 日本語, हिन्दी, עברית, العربية, 🦀",
        ] {
            assert_eq!(escape(text), text);
        }
    }
}
