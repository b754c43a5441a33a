//! The phases of a record, with their times.

use std::time::Duration;

use super::step::{Phase, StepKind};
use super::steps::Record;

/// A phase with its time.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PhaseTime {
    /// The phase.
    pub phase: Phase,
    /// The time of its begin.
    pub began: Duration,
    /// The time of its end; none if it is not over.
    pub ended: Option<Duration>,
    /// The error, if it failed.
    pub error: Option<String>,
}

impl PhaseTime {
    /// Returns its duration; none if it is not over.
    #[must_use]
    pub fn took(&self) -> Option<Duration> {
        Some(self.ended?.saturating_sub(self.began))
    }
}

impl Record {
    /// Every phase with its time, in order.
    #[must_use]
    pub fn phases(&self) -> Vec<PhaseTime> {
        let mut phases: Vec<PhaseTime> = Vec::new();
        for step in &self.steps {
            match &step.kind {
                StepKind::Began(phase) => phases.push(PhaseTime {
                    phase: phase.clone(),
                    began: step.at,
                    ended: None,
                    error: None,
                }),
                StepKind::Ended { phase, error } => {
                    let mut open = phases.iter_mut().rev();
                    if let Some(open) =
                        open.find(|open| open.ended.is_none() && open.phase == *phase)
                    {
                        open.ended = Some(step.at);
                        open.error.clone_from(error);
                    }
                }
                _ => {}
            }
        }
        phases
    }
}
