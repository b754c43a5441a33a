//! What came of a plan, and how it is to be judged.

use std::fmt;

use lambda_ext::emulator::record::Cost;
use lambda_ext::emulator::{Finding, Record};
use serde::Serialize;

/// What came of a plan.
pub(crate) struct Run {
    /// The extensions' names, as they were asked for.
    pub(crate) names: Vec<String>,
    pub(crate) record: Record,
    pub(crate) findings: Vec<Finding>,
    /// What failed, in the emulator's words.
    pub(crate) errors: Vec<String>,
    /// The faults whose call did not come.
    pub(crate) unmet: Vec<String>,
    pub(crate) interrupted: bool,
    /// The invocations that were not made, for what failed.
    pub(crate) not_made: Option<NotMade>,
}

/// Invocations that were not made, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct NotMade {
    pub(crate) invocations: u64,
    pub(crate) why: &'static str,
}

impl fmt::Display for NotMade {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, why) = (self.invocations, self.why);
        let plural = if count == 1 { " is" } else { "s are" };
        write!(formatter, "{count} invocation{plural} not made: {why}")
    }
}

/// How it is to be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Behaved,
    Misbehaved,
    /// The extensions did nothing wrong: the runtime, say.
    EnvironmentFailed,
    /// What was to go wrong did not, as nobody made the call.
    FaultUnmet,
    Interrupted,
}

impl Verdict {
    /// The command's exit code, and the word in JSON.
    pub(crate) fn row(self) -> (u8, &'static str) {
        match self {
            Self::Behaved => (0, "behaved"),
            Self::Misbehaved => (1, "misbehaved"),
            Self::EnvironmentFailed => (1, "environment-failed"),
            Self::FaultUnmet => (2, "fault-unmet"),
            Self::Interrupted => (130, "interrupted"),
        }
    }
}

impl Run {
    /// How the extensions are to be judged.
    pub(crate) fn verdict(&self) -> Verdict {
        if self.interrupted {
            Verdict::Interrupted
        } else if self.mistakes().next().is_some() {
            Verdict::Misbehaved
        } else if !self.unmet.is_empty() {
            Verdict::FaultUnmet
        } else if !self.errors.is_empty() {
            Verdict::EnvironmentFailed
        } else {
            Verdict::Behaved
        }
    }

    /// What is to be said beside the findings: what failed, where they do not explain it, and the
    /// faults whose call did not come.
    pub(crate) fn failures(&self) -> Vec<String> {
        let explained = self.mistakes().next().is_some();
        let errors = self.errors.iter().filter(|_| !explained);
        let mut failures: Vec<(&String, usize)> = Vec::new();
        for error in errors.chain(&self.unmet) {
            match failures.iter_mut().find(|(known, _)| *known == error) {
                Some((_, times)) => *times += 1,
                None => failures.push((error, 1)),
            }
        }
        let told = failures.into_iter().map(|(error, times)| match times {
            1 => error.clone(),
            times => format!("{error} ({times} times)"),
        });
        told.collect()
    }

    pub(crate) fn mistakes(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.grave)
    }

    pub(crate) fn remarks(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| !finding.grave)
    }

    /// What each extension that registered costs, in the order that they were asked for.
    pub(crate) fn costs(&self) -> Vec<Cost> {
        let mut costs = self.record.costs();
        costs.retain(|cost| cost.register.is_some());
        costs.sort_by_key(|cost| self.place(&cost.extension));
        costs
    }

    /// Where an extension stands among those that were asked for; after them if it was not.
    pub(crate) fn place(&self, extension: &str) -> usize {
        let place = self.names.iter().position(|name| name == extension);
        place.unwrap_or(self.names.len())
    }

    /// Those that made the mistakes, if each is known.
    fn mistaken(&self) -> Option<String> {
        let whose: Option<Vec<_>> = self
            .mistakes()
            .map(|finding| finding.extension.as_deref())
            .collect();
        let mut whose = whose?;
        whose.sort_by_key(|name| self.place(name));
        whose.dedup();
        Some(whose.join(", "))
    }

    /// The verdict in a line.
    pub(crate) fn sentence(&self) -> String {
        let names = match self.names.join(", ") {
            // A runtime was asked for, and no extension in it has registered.
            names if names.is_empty() => "the function".to_owned(),
            names => names,
        };
        let count = |count: usize, what: &str| match count {
            1 => format!("1 {what}"),
            count => format!("{count} {what}s"),
        };
        let mistakes = self.mistakes().count();
        let remarks = self.remarks().count();
        let beside = match remarks {
            0 => String::new(),
            remarks => format!(", {}", count(remarks, "remark")),
        };
        match self.verdict() {
            Verdict::Interrupted => "interrupted".to_owned(),
            Verdict::Behaved => format!("{names} behaved{beside}"),
            Verdict::EnvironmentFailed => format!("the environment of {names} failed{beside}"),
            Verdict::FaultUnmet => {
                let faults = count(self.unmet.len(), "fault");
                format!("{names} behaved, but never made the call of {faults}{beside}")
            }
            Verdict::Misbehaved => {
                let whose = self.mistaken().unwrap_or(names);
                format!(
                    "{whose} did not behave: {}{beside}",
                    count(mistakes, "error")
                )
            }
        }
    }
}
