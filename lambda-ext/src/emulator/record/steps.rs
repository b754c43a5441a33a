//! The record: every step, and queries over them.

use serde::Serialize;

use super::step::{Request, Step, StepKind};
use crate::emulator::call::Call;

/// The steps of an environment so far.
///
/// Its methods answer questions about the steps. Its `Display` is the timeline.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Record {
    /// Every step, in order.
    pub steps: Vec<Step>,
    /// The number of earlier steps that were discarded; see
    /// [`EmulatorBuilder::max_recorded_steps`](crate::emulator::EmulatorBuilder::max_recorded_steps).
    pub discarded: u64,
}

impl Record {
    /// Every answered request of one extension, in order; not the `next` that had to wait.
    pub fn requests(&self, extension: &str) -> impl Iterator<Item = &Request> {
        self.steps.iter().filter_map(move |step| match &step.kind {
            StepKind::Answered(request) if request.extension.as_deref() == Some(extension) => {
                Some(request)
            }
            _ => None,
        })
    }

    /// The calls of one extension, in order, those that had to wait and those that were refused
    /// included.
    #[must_use]
    pub fn calls(&self, extension: &str) -> Vec<Call> {
        let call = |kind: &StepKind| match kind {
            StepKind::Answered(request) if request.extension.as_deref() == Some(extension) => {
                request.call
            }
            StepKind::Waits { extension: who } if who == extension => Some(Call::Next),
            _ => None,
        };
        self.steps
            .iter()
            .filter_map(|step| call(&step.kind))
            .collect()
    }

    /// The error reports of one extension that were accepted, in order.
    pub fn error_reports(&self, extension: &str) -> impl Iterator<Item = &Request> {
        self.requests(extension).filter(|request| {
            matches!(request.call, Some(Call::InitError | Call::ExitError)) && request.status == 202
        })
    }

    /// Returns the lines that an extension wrote on stdout and stderr.
    pub fn output(&self, extension: &str) -> impl Iterator<Item = &str> {
        self.steps.iter().filter_map(move |step| match &step.kind {
            StepKind::Output {
                extension: who,
                line,
            } if who == extension => Some(line.as_str()),
            _ => None,
        })
    }

    /// The exit code of each time that one extension ended, in order; none where a signal ended it.
    #[must_use]
    pub fn exits(&self, extension: &str) -> Vec<Option<i32>> {
        let exit = |kind: &StepKind| match kind {
            StepKind::Exited {
                extension: who,
                code,
                ..
            } if who == extension => Some(*code),
            _ => None,
        };
        self.steps
            .iter()
            .filter_map(|step| exit(&step.kind))
            .collect()
    }
}

#[cfg(test)]
impl Record {
    /// Creates a record of steps at these times.
    pub(crate) fn of(
        unit: fn(u64) -> std::time::Duration,
        steps: impl IntoIterator<Item = (u64, StepKind)>,
    ) -> Self {
        let step = |(at, kind)| Step { at: unit(at), kind };
        Self {
            steps: steps.into_iter().map(step).collect(),
            discarded: 0,
        }
    }
}
