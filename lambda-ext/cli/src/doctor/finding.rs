//! Findings about a file.

use std::fmt;

/// A problem of a file, or advice about it.
pub(super) struct Finding {
    rule: &'static str,
    pub(super) severity: Severity,
    text: String,
    /// The remedy.
    help: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Severity {
    /// The file can be an extension.
    Warning,
    /// The file cannot be an extension.
    Error,
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
        let severity = match self.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        let Self {
            rule, text, help, ..
        } = self;
        write!(formatter, "{severity}[{rule}]: {text}\n  help: {help}")
    }
}
