//! Lines on stderr, and how a text becomes a line.

use std::fmt::{Display, Write as _};
use std::io::Write as _;

use crate::report::cut;

/// The most of a line, in bytes: the same as of a report.
const LONGEST: usize = 64 << 10;

/// Writes one line that begins with the extension's name.
pub(crate) fn line(name: &str, text: impl Display) {
    let mut line = readable(&format!("{name}: {text}"));
    line.push('\n');
    // One write, so that lines of several threads do not mix; where stderr is closed, nobody
    // is to be told.
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// The text as one line. What would not be seen as what it is is escaped: a log is read by the line,
/// and the text may come from the wire.
pub(crate) fn readable(text: &str) -> String {
    escaped(cut(text, LONGEST))
}

/// Letters of all scripts stay as they are, and so do quotes.
fn escaped(text: &str) -> String {
    let mut line = String::with_capacity(text.len() + 1);
    for char in text.chars() {
        if is_odd(char) {
            let _ = write!(line, "{}", char.escape_default());
        } else {
            line.push(char);
        }
    }
    line
}

/// Controls, and what breaks a line, turns the direction of text or is not seen at all. A table of
/// our own: `escape_debug` escapes quotes, too, and accents that are characters by themselves.
pub(crate) fn is_odd(char: char) -> bool {
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
    use super::escaped;

    #[test]
    fn what_breaks_a_line_or_hides_is_escaped() {
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
            assert_eq!(escaped(text), expected);
        }
    }

    #[test]
    fn what_is_seen_stays_as_it_is() {
        for text in [
            r#"invalid type: "map", expected 'a' \ b"#,
            "größe, e\u{301}te\u{301}, 日本語, हिन्दी, עברית, العربية, 🦀",
        ] {
            assert_eq!(escaped(text), text);
        }
    }
}
