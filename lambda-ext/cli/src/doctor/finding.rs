//! Findings about a file.

use std::fmt;

use lambda_ext::emulator::Severity;

/// A problem of a file, or advice about it.
pub(super) struct Finding {
    rule: &'static str,
    /// An error if the file cannot be an extension.
    pub(super) severity: Severity,
    text: String,
    /// The remedy.
    help: String,
}

impl Finding {
    pub(super) fn error(rule: &'static str, text: String, help: impl Into<String>) -> Self {
        Self {
            rule,
            severity: Severity::Error,
            text,
            help: help.into(),
        }
    }

    pub(super) fn warning(rule: &'static str, text: String, help: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(rule, text, help)
        }
    }
}

/// Two lines, like the emulator's findings.
impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            rule,
            severity,
            text,
            help,
        } = self;
        write!(formatter, "{severity}[{rule}]: {text}\n  help: {help}")
    }
}
