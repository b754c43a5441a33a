//! The result of a run, and the verdict on it.

use std::fmt;

use lambda_ext::emulator::record::Cost;
use lambda_ext::emulator::{Finding, Record};
use serde::Serialize;

use crate::terminal::count;

/// The result of a run.
pub(super) struct RunResult {
    /// The extensions' names, in the order of the command line.
    pub(super) names: Vec<String>,
    pub(super) record: Record,
    pub(super) findings: Vec<Finding>,
    /// The emulator's errors: phases that failed.
    pub(super) failures: Vec<String>,
    /// The injected faults whose call never came.
    pub(super) untriggered_faults: Vec<String>,
    pub(super) interrupted: bool,
    pub(super) skipped: Option<Skipped>,
}

/// Invocations that were skipped because of failures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Skipped {
    pub(super) invocations: usize,
    #[serde(rename = "why")]
    pub(super) reason: &'static str,
}

impl fmt::Display for Skipped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let invocations = count(self.invocations, "invocation");
        write!(formatter, "{invocations} skipped: {}", self.reason)
    }
}

/// The verdict on a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Passed,
    Failed,
    /// Something other than the extensions failed, such as the runtime.
    EnvironmentFailed,
    FaultNotTriggered,
    Interrupted,
}

impl Verdict {
    pub(super) fn exit_code(self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::Failed | Self::EnvironmentFailed => 1,
            Self::FaultNotTriggered => 2,
            Self::Interrupted => crate::INTERRUPTED,
        }
    }

    /// The verdict in JSON.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::EnvironmentFailed => "environment-failed",
            Self::FaultNotTriggered => "fault-not-triggered",
            Self::Interrupted => "interrupted",
        }
    }
}

impl RunResult {
    pub(super) fn verdict(&self) -> Verdict {
        if self.interrupted {
            Verdict::Interrupted
        } else if self.errors().next().is_some() {
            Verdict::Failed
        } else if !self.untriggered_faults.is_empty() {
            Verdict::FaultNotTriggered
        } else if !self.failures.is_empty() {
            Verdict::EnvironmentFailed
        } else {
            Verdict::Passed
        }
    }

    pub(super) fn errors(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.is_error())
    }

    pub(super) fn warnings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| !finding.is_error())
    }

    /// The errors beside the findings: failures, unless findings explain them, and untriggered
    /// faults. Equal ones are counted.
    pub(super) fn other_errors(&self) -> Vec<String> {
        let explained = self.errors().next().is_some();
        let failures = self.failures.iter().filter(|_| !explained);
        let mut counted: Vec<(&String, usize)> = Vec::new();
        for error in failures.chain(&self.untriggered_faults) {
            match counted.iter_mut().find(|(known, _)| *known == error) {
                Some((_, times)) => *times += 1,
                None => counted.push((error, 1)),
            }
        }
        let texts = counted.into_iter().map(|(error, times)| match times {
            1 => error.clone(),
            times => format!("{error} ({times} times)"),
        });
        texts.collect()
    }

    /// The cost of each extension that registered, in the order of the command line.
    pub(super) fn costs(&self) -> Vec<Cost> {
        let mut costs = self.record.costs();
        costs.retain(|cost| cost.register.is_some());
        costs.sort_by_key(|cost| self.index_of(&cost.extension));
        costs
    }

    /// The position of an extension on the command line; the end if it is not there.
    pub(super) fn index_of(&self, extension: &str) -> usize {
        let index = self.names.iter().position(|name| name == extension);
        index.unwrap_or(self.names.len())
    }

    /// The extensions with errors; none if an error has no known extension.
    fn failed_extensions(&self) -> Option<String> {
        let extensions = self.errors().map(|finding| finding.extension.as_deref());
        let mut extensions: Vec<_> = extensions.collect::<Option<_>>()?;
        extensions.sort_by_key(|name| self.index_of(name));
        extensions.dedup();
        Some(extensions.join(", "))
    }

    /// The verdict as a line.
    pub(super) fn verdict_line(&self) -> String {
        let names = match self.names.join(", ") {
            // A runtime without a registered extension.
            names if names.is_empty() => "the function".to_owned(),
            names => names,
        };
        let warnings = match self.warnings().count() {
            0 => String::new(),
            warnings => format!(", {}", count(warnings, "warning")),
        };
        match self.verdict() {
            Verdict::Interrupted => "interrupted".to_owned(),
            Verdict::Passed => format!("{names} passed{warnings}"),
            Verdict::EnvironmentFailed => format!("the environment of {names} failed{warnings}"),
            Verdict::FaultNotTriggered => {
                let faults = count(self.untriggered_faults.len(), "injected fault");
                format!("{names} passed, but {faults} never triggered{warnings}")
            }
            Verdict::Failed => {
                let names = self.failed_extensions().unwrap_or(names);
                let errors = count(self.errors().count(), "error");
                format!("{names} failed: {errors}{warnings}")
            }
        }
    }
}
