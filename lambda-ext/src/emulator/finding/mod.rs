//! What is to be said about the extensions' conduct.

mod calls;
mod conduct;
mod end;
mod listener;
mod missing;
mod refusal;
mod rules;
mod stranger;
#[cfg(test)]
mod tests;
mod walk;

use std::fmt;
use std::time::Duration;

use serde::Serialize;

pub(super) use self::rules::{RULES, nearest};
use super::Record;

/// One thing that an extension does not do as Lambda wants it, or that its author should know.
///
/// One mistake is one finding: what only follows from it is not said again, and what happens
/// several times is counted.
///
/// The mistakes:
///
/// | rule | what it finds |
/// |---|---|
/// | `launch-error` | the file cannot be executed |
/// | `wrong-name` | it registers under another name than its file's |
/// | `never-registers`, `never-calls-next` | init does not end |
/// | `no-name`, `malformed-registration`, `invalid-event`, `registration-closed`, `too-many-extensions`, `registers-twice` | a registration is refused |
/// | `unknown-path` | a path or a method is nobody's |
/// | `no-identifier`, `wrong-identifier`, `no-error-type` | a header is missing or wrong |
/// | `next-twice` | it calls `next` while one waits |
/// | `init-error-too-late` | it reports an init error after its first `next` |
/// | `refused-call` | another call is refused |
/// | `init-error`, `exit-error` | it reports an error, and exits |
/// | `reports-but-stays` | it reports an error, and does not exit |
/// | `exits-in-init`, `exits-in-invoke`, `exits-between-invocations` | it exits before SHUTDOWN, without a report |
/// | `holds-invocation` | it is still busy at the function's timeout, long after the function |
/// | `outlives-shutdown`, `misses-shutdown`, `next-after-shutdown` | it is killed at the deadline of SHUTDOWN: busy with it, busy with something else, or waiting for another event |
/// | `fails-at-shutdown` | it exits with another code than 0 |
/// | `invalid-subscription`, `subscribes-too-late` | a subscription to telemetry is refused |
/// | `telemetry-not-taken`, `telemetry-dropped` | telemetry does not arrive |
/// | `telemetry-loop` | it subscribes to `extension`, and writes the records that it gets |
///
/// The remarks: `slow-to-next`, it adds more to an invocation than the function takes itself;
/// `slow-shutdown`, it leaves shortly before the deadline of SHUTDOWN;
/// `not-registered-for-shutdown`; and `next-after-shutdown`, `telemetry-not-taken` and
/// `telemetry-loop`, where nothing came of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// Which rule it is that says so: a name that stays, for programs.
    pub rule: &'static str,
    /// Which extension; none where it cannot be said.
    pub extension: Option<String>,
    /// Whether it is a mistake: on Lambda the environment fails by it, a call is refused, or
    /// something is lost. What is not grave is a remark.
    pub grave: bool,
    /// When it showed first, since the emulator was started.
    #[serde(rename = "at_ms", serialize_with = "super::record::milliseconds")]
    pub at: Duration,
    /// How many times it showed.
    pub times: usize,
    /// What it is, as one sentence, with the platform's term.
    pub text: String,
    /// What to do about it.
    pub help: String,
}

/// Two lines: what it is, and below it what to do.
impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.grave { "error" } else { "remark" };
        write!(formatter, "{kind}[{}]: {}", self.rule, self.text)?;
        if self.times > 1 {
            write!(formatter, " ({} times)", self.times)?;
        }
        write!(formatter, "\n  help: {}", self.help)
    }
}

/// Every finding in a record, in order.
pub(super) fn of(record: &Record) -> Vec<Finding> {
    let mut walk = walk::Walk::new();
    for step in &record.steps {
        walk.step(step);
    }
    walk.finish()
}

/// The findings until now.
#[derive(Debug, Default)]
struct Findings(Vec<(String, Finding)>);

impl Findings {
    /// Adds one, or counts it if it is there already. What a rule finds several of in one
    /// extension is told apart by `subject`.
    fn add(&mut self, subject: &str, finding: Finding) {
        let same = |(known, one): &&mut (String, Finding)| {
            known == subject && one.rule == finding.rule && one.extension == finding.extension
        };
        match self.0.iter_mut().find(same) {
            Some((_, known)) => {
                known.times += finding.times;
                known.grave |= finding.grave;
            }
            None => self.0.push((subject.to_owned(), finding)),
        }
    }

    fn in_order(self) -> Vec<Finding> {
        let mut findings: Vec<_> = self.0.into_iter().map(|(_, finding)| finding).collect();
        findings.sort_by_key(|finding| finding.at);
        findings
    }
}

/// A mistake.
fn error(rule: &'static str, extension: &str, at: Duration, text: String, help: &str) -> Finding {
    Finding {
        rule,
        extension: (!extension.is_empty()).then(|| extension.to_owned()),
        grave: true,
        at,
        times: 1,
        text,
        help: help.to_owned(),
    }
}

/// What is no mistake, but should be known.
fn remark(rule: &'static str, extension: &str, at: Duration, text: String, help: &str) -> Finding {
    Finding {
        grave: false,
        ..error(rule, extension, at, text, help)
    }
}
