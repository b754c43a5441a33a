//! Text from outside, made safe to print, and durations for readers.

use std::fmt::Write as _;
use std::time::Duration;

use crate::emulator::seam::needs_escape;

/// The length to which a line or a body is truncated, in characters.
pub(super) const MAX_TEXT: usize = 160;

/// Returns `text` on one line of at most `max` characters, which a terminal prints without side
/// effects: without colours, and with other control characters escaped.
pub(super) fn sanitize(text: &str, max: usize) -> String {
    let mut shown = String::new();
    let mut count = 0;
    let mut characters = text.trim_end().chars();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' && characters.as_str().starts_with('[') {
            let after = characters.as_str();
            let end = after.find(|c: char| c.is_ascii_alphabetic() || c.is_control());
            let end = end.filter(|end| {
                after
                    .as_bytes()
                    .get(*end)
                    .is_some_and(u8::is_ascii_alphabetic)
            });
            if let Some(end) = end {
                characters = after[end + 1..].chars();
                continue;
            }
        }
        if count == max {
            let rest = characters.count() + 1;
            let _ = write!(shown, "… ({rest} more characters)");
            break;
        }
        match character {
            '\t' => shown.push_str("    "),
            character if needs_escape(character) => {
                let _ = write!(shown, "{}", character.escape_default());
            }
            character => shown.push(character),
        }
        count += 1;
    }
    shown
}

/// Formats a duration as the timeline does, in a unit that suits its length: `21.3 ms`, `1.00 s`,
/// `1 min 03 s`.
#[must_use]
pub fn format_duration(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 0.999_95 {
        format!("{:.1} ms", seconds * 1e3)
    } else if seconds < 59.995 {
        format!("{seconds:.2} s")
    } else {
        let whole = duration.as_secs();
        format!("{} min {:02} s", whole / 60, whole % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::{format_duration, sanitize};
    use std::time::Duration;

    #[test]
    fn sanitize_control_characters_removed_or_escaped() {
        for (text, shown) in [
            ("\u{1b}[32mgreen\u{1b}[0m\r\n", "green"),
            ("\u{1b}[2J\u{1b}]0;title\u{7}", "\\u{1b}]0;title\\u{7}"),
            ("\u{1b}[\u{1b}[1m", "\\u{1b}["),
            ("\u{1b}[12", "\\u{1b}[12"),
            ("a\tb\rc", "a    b\\rc"),
            ("a\u{202e}b", "a\\u{202e}b"),
            ("Größe 10 µs → gut", "Größe 10 µs → gut"),
        ] {
            assert_eq!(sanitize(text, 80), shown, "{text:?}");
        }
    }

    #[test]
    fn sanitize_long_text_cut_off_with_the_rest_counted() {
        assert_eq!(sanitize("äbcdef", 3), "äbc… (3 more characters)");
        assert_eq!(sanitize("äbc", 3), "äbc");
    }

    #[test]
    fn format_duration_each_length_has_its_unit() {
        for (micros, shown) in [
            (0, "0.0 ms"),
            (21_340, "21.3 ms"),
            (999_940, "999.9 ms"),
            (999_990, "1.00 s"),
            (59_990_000, "59.99 s"),
            (63_000_000, "1 min 03 s"),
        ] {
            assert_eq!(format_duration(Duration::from_micros(micros)), shown);
        }
    }
}
