//! What is found in a file.

use std::fmt;

/// Something that would go wrong with a file, or that should be known of it.
pub(super) struct Finding {
    /// Which rule it is that says so.
    rule: &'static str,
    /// Whether it keeps the file from being an extension. What does not is a remark.
    pub(super) grave: bool,
    text: String,
    /// What to do about it.
    help: String,
}

impl Finding {
    pub(super) fn error(rule: &'static str, text: String, help: impl Into<String>) -> Self {
        Self {
            rule,
            grave: true,
            text,
            help: help.into(),
        }
    }

    pub(super) fn remark(rule: &'static str, text: String, help: impl Into<String>) -> Self {
        Self {
            grave: false,
            ..Self::error(rule, text, help)
        }
    }
}

/// In two lines, as the emulator's findings are.
impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.grave { "error" } else { "remark" };
        let Self {
            rule, text, help, ..
        } = self;
        write!(formatter, "{kind}[{rule}]: {text}\n  help: {help}")
    }
}
