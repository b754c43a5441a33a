//! What was printed.

use std::borrow::Cow;
use std::fmt;

use super::scanner::{FromScanner, Scanner};

/// What the function or an extension printed: usually a line.
///
/// Stdout and stderr are not told apart.
///
/// See [Telemetry schema](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogRecord<'a> {
    /// Text, as it was printed: a line feed at its end is still there, several lines may be one
    /// record.
    Text(Cow<'a, str>),
    /// JSON other than a string: the object of a line of JSON, where the function's log format is
    /// JSON.
    Json(&'a str),
}

impl LogRecord<'_> {
    /// The text, or the JSON.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Json(json) => json,
        }
    }
}

/// As it was printed.
impl fmt::Display for LogRecord<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<'a> FromScanner<'a> for LogRecord<'a> {
    fn take(scanner: &mut Scanner<'a>) -> Option<Self> {
        if scanner.0.starts_with('"') {
            scanner.string().map(Self::Text)
        } else {
            scanner.json().map(Self::Json)
        }
    }
}
