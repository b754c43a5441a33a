//! The framework's own lines, which are few: what is fatal, and what an operator must know.

use std::fmt::{Display, Write as _};
use std::io::Write as _;

use crate::report::cut;

/// The most of a line, in bytes: the same as of a report.
const LONGEST: usize = 64 << 10;

/// Writes one line that begins with the extension's name. Control characters are escaped: a log
/// is read by the line, and the text may come from the wire.
pub(crate) fn line(name: &str, text: impl Display) {
    let mut line = String::new();
    let text = format!("{name}: {text}");
    for char in cut(&text, LONGEST).chars() {
        if char.is_control() {
            let _ = write!(line, "{}", char.escape_default());
        } else {
            line.push(char);
        }
    }
    line.push('\n');
    // One write, so that lines of several threads do not mix; where stderr is closed, nobody
    // is to be told.
    let _ = std::io::stderr().write_all(line.as_bytes());
}
