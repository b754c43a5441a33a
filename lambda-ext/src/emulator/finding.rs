//! What is to be said about the extensions' conduct.

use std::time::Duration;

use serde::Serialize;

use super::Record;

/// One thing that an extension does not do as Lambda wants it, or that its author should know.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// Which extension; none where it cannot be said.
    pub extension: Option<String>,
    /// Whether the environment fails by it, on Lambda.
    pub grave: bool,
    /// When it showed, since the emulator was started.
    #[serde(rename = "at_ms", serialize_with = "super::record::milliseconds")]
    pub at: Duration,
    /// What it is, as one sentence, with the platform's term.
    pub text: String,
    /// What to do about it.
    pub help: String,
}

/// Every finding in a record, in order.
pub(super) fn of(_record: &Record) -> Vec<Finding> {
    Vec::new()
}
