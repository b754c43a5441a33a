//! Text from outside, made fit to be shown, and durations as one reads them.

use std::fmt::Write as _;
use std::time::Duration;

use crate::text::needs_escape as is_odd;

/// The longest that is shown of a line or a body, in characters.
pub(super) const LONGEST: usize = 160;

/// `text` on one line, of at most `longest` characters, and without what would change how a
/// terminal shows what is around it. Colours are taken away, other controls are written out.
pub(super) fn harmless(text: &str, longest: usize) -> String {
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
        if count == longest {
            let rest = characters.count() + 1;
            let _ = write!(shown, "… ({rest} more characters)");
            break;
        }
        match character {
            '\t' => shown.push_str("    "),
            character if is_odd(character) => {
                let _ = write!(shown, "{}", character.escape_default());
            }
            character => shown.push(character),
        }
        count += 1;
    }
    shown
}

/// A duration in the unit that it is best read in.
pub(in super::super) fn brief(duration: Duration) -> String {
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
    use super::{brief, harmless};
    use std::time::Duration;

    #[test]
    fn what_a_terminal_would_obey_is_taken_away_or_written_out() {
        for (text, shown) in [
            ("\u{1b}[32mgreen\u{1b}[0m\r\n", "green"),
            ("\u{1b}[2J\u{1b}]0;title\u{7}", "\\u{1b}]0;title\\u{7}"),
            ("\u{1b}[\u{1b}[1m", "\\u{1b}["),
            ("\u{1b}[12", "\\u{1b}[12"),
            ("a\tb\rc", "a    b\\rc"),
            ("a\u{202e}b", "a\\u{202e}b"),
            ("Größe 10 µs → gut", "Größe 10 µs → gut"),
        ] {
            assert_eq!(harmless(text, 80), shown, "{text:?}");
        }
    }

    #[test]
    fn what_is_long_is_shortened_and_says_so() {
        assert_eq!(harmless("äbcdef", 3), "äbc… (3 more characters)");
        assert_eq!(harmless("äbc", 3), "äbc");
    }

    #[test]
    fn a_duration_has_the_unit_that_it_is_best_read_in() {
        for (micros, shown) in [
            (0, "0.0 ms"),
            (21_340, "21.3 ms"),
            (999_940, "999.9 ms"),
            (999_990, "1.00 s"),
            (59_990_000, "59.99 s"),
            (63_000_000, "1 min 03 s"),
        ] {
            assert_eq!(brief(Duration::from_micros(micros)), shown);
        }
    }
}
