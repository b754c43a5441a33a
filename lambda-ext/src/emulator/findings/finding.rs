//! A finding, and its rule.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

/// A mistake of an extension, or something that its author should know.
///
/// One mistake is one finding: its consequences are not reported again, and repetitions are counted.
///
/// The errors:
///
/// | rule | the extension |
/// |---|---|
/// | `launch-error` | cannot be executed |
/// | `wrong-name` | registers under another name than its file's |
/// | `never-registers`, `never-calls-next` | keeps init from ending |
/// | `no-name`, `malformed-registration`, `invalid-event`, `registration-closed`, `too-many-extensions`, `registers-twice` | sends a registration that is refused |
/// | `unknown-path` | calls a path or a method that no API has |
/// | `no-identifier`, `wrong-identifier`, `no-error-type` | sends a call without a header, or with a wrong one |
/// | `next-twice` | calls `next` while one waits |
/// | `init-error-too-late` | reports an init error after its first `next` |
/// | `refused-call` | makes another call that is refused |
/// | `init-error`, `exit-error` | reports an error, and exits |
/// | `reports-but-stays` | reports an error, and does not exit |
/// | `exits-in-init`, `exits-in-invoke`, `exits-between-invocations` | exits before SHUTDOWN, without a report |
/// | `holds-invocation` | is still busy at the function's timeout, long after the function |
/// | `outlives-shutdown`, `misses-shutdown`, `next-after-shutdown` | is killed at the deadline of SHUTDOWN: busy with it, busy with something else, or waiting for another event |
/// | `fails-at-shutdown` | exits with another code than 0 |
/// | `invalid-subscription`, `subscribes-too-late` | sends a subscription that is refused |
/// | `telemetry-not-taken`, `telemetry-dropped` | does not receive its telemetry |
/// | `telemetry-loop` | subscribes to `extension`, and writes the records that it gets |
///
/// The warnings:
///
/// | rule | the extension |
/// |---|---|
/// | `slow-to-next` | adds more to an invocation than the function itself takes |
/// | `slow-shutdown` | exits shortly before the deadline of SHUTDOWN |
/// | `not-registered-for-shutdown` | is killed at the end, without an event |
/// | `next-after-shutdown`, `telemetry-not-taken`, `telemetry-loop` | does what the rule finds, without consequences |
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// The name of the rule, which is stable, for programs.
    pub rule: &'static str,
    /// The name of the extension; none if it is not known.
    pub extension: Option<String>,
    /// Its severity.
    pub severity: Severity,
    /// The time of its first occurrence, since the emulator was started.
    #[serde(
        rename = "at_ms",
        serialize_with = "crate::emulator::record::milliseconds"
    )]
    pub at: Duration,
    /// The number of its occurrences.
    pub times: usize,
    /// A sentence that describes it, with the platform's term.
    pub text: String,
    /// The remedy.
    pub help: String,
}

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Severity {
    /// Something to know. On Lambda nothing fails.
    Warning,
    /// On Lambda the environment fails, a call is refused, or data is lost.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// Two lines: the description, and the remedy.
impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { severity, rule, .. } = self;
        write!(formatter, "{severity}[{rule}]: {}", self.text)?;
        if self.times > 1 {
            write!(formatter, " ({} times)", self.times)?;
        }
        write!(formatter, "\n  help: {}", self.help)
    }
}

impl Finding {
    /// Returns whether its severity is [`Severity::Error`].
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// A finding without text and remedy. An empty name is an unknown extension.
    pub(super) fn new(
        severity: Severity,
        rule: &'static str,
        extension: &str,
        at: Duration,
    ) -> Self {
        Self {
            rule,
            extension: (!extension.is_empty()).then(|| extension.to_owned()),
            severity,
            at,
            times: 1,
            text: String::new(),
            help: String::new(),
        }
    }

    pub(super) fn error(rule: &'static str, extension: &str, at: Duration, text: String) -> Self {
        Self::new(Severity::Error, rule, extension, at).with_text(text)
    }

    pub(super) fn warning(rule: &'static str, extension: &str, at: Duration, text: String) -> Self {
        Self::new(Severity::Warning, rule, extension, at).with_text(text)
    }

    pub(super) fn with_text(mut self, text: String) -> Self {
        self.text = text;
        self
    }

    pub(super) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    pub(super) fn with_times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }
}
