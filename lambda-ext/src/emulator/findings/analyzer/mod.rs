//! Analyzes a record, step by step, and keeps what later steps are judged by.

mod calls;
mod end;
mod mismatch;
mod missing;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use super::collected::Findings;
use super::finding::Finding;
use super::history::ExtensionHistory;
use super::listener::delivery_failure;
use super::refusal::explain;
use crate::emulator::call::Call;
use crate::emulator::control::Exit;
use crate::emulator::record::{Phase, Record, Request, Step, StepKind};
use crate::event::EventType;

/// Returns every finding in a record, in order.
pub(super) fn findings(record: &Record) -> Vec<Finding> {
    let mut analyzer = Analyzer::new();
    for step in &record.steps {
        analyzer.step(step);
    }
    analyzer.finish()
}

struct Analyzer<'a> {
    findings: Findings,
    extensions: BTreeMap<&'a str, ExtensionHistory>,
    unknown: Vec<UnknownRegistrant<'a>>,
    /// The open phases, and when they began.
    phases: Vec<(&'a Phase, Duration)>,
    /// The time when the function was done with the current invocation.
    responded: Option<Duration>,
    /// True if a call of an unknown client was refused, which must be one of the missing extensions.
    unknown_refused: bool,
    /// True once the environment fails. Extensions that are not ready then are not to blame.
    failing: bool,
    /// The calls whose answers were lost by a fault. A retry that is refused follows from it.
    lost_replies: Vec<Call>,
}

/// A client that registered under a name that no launched extension has.
struct UnknownRegistrant<'a> {
    name: &'a str,
    at: Duration,
    /// The registration, if it was refused.
    refused: Option<&'a Request>,
    /// True once it is known to be a launched extension.
    identified: bool,
}

impl<'a> Analyzer<'a> {
    fn new() -> Self {
        Self {
            findings: Findings::default(),
            extensions: BTreeMap::new(),
            unknown: Vec::new(),
            phases: Vec::new(),
            responded: None,
            unknown_refused: false,
            failing: false,
            lost_replies: Vec::new(),
        }
    }

    fn step(&mut self, step: &'a Step) {
        let at = step.at;
        match &step.kind {
            StepKind::Began(phase) => self.began(phase, at),
            StepKind::Ended { phase, error } => self.ended(phase, error.as_deref(), at),
            StepKind::Launched { extension, .. } => {
                self.settle(extension);
                let history = ExtensionHistory {
                    launched: Some(at),
                    ..ExtensionHistory::default()
                };
                self.extensions.insert(extension, history);
            }
            StepKind::LaunchFailed { extension, error } => self.launch_failed(extension, error, at),
            StepKind::Answered(request) => self.answered(request, at),
            StepKind::Waits { extension } => self.waits(extension, at),
            StepKind::Receives { extension, event } => {
                let history = self.extensions.entry(extension).or_default();
                history.asked = true;
                if *event == EventType::Invoke {
                    history.busy = Some(at);
                } else {
                    history.shutdown = Some(at);
                }
            }
            StepKind::Output { extension, line } => {
                let history = self.extensions.entry(extension).or_default();
                history.listener.wrote(line, at);
            }
            StepKind::Responded { .. } => self.responded = Some(at),
            StepKind::RuntimeExited { .. } => self.runtime_exited(),
            StepKind::Delivered {
                extension,
                status,
                error,
                ..
            } => {
                let failure = delivery_failure(*status, error.as_deref());
                self.delivered(extension, failure, at);
            }
            StepKind::Dropped {
                extension, records, ..
            } => {
                let history = self.extensions.entry(extension).or_default();
                history.listener.dropped(*records, at);
            }
            StepKind::Faulted { call, made, .. } => self.faulted(*call, *made),
            StepKind::Killed { extension, reason } => {
                self.extensions.entry(extension).or_default().killed = Some((at, *reason));
            }
            StepKind::Exited {
                extension,
                code,
                signal,
                ..
            } => {
                let exit = Exit {
                    code: *code,
                    signal: *signal,
                };
                self.exited(extension, exit, at);
            }
            _ => {}
        }
    }

    fn finish(mut self) -> Vec<Finding> {
        let names: Vec<_> = self.extensions.keys().copied().collect();
        for name in names {
            self.settle(name);
        }
        for unknown in self.unknown.iter().filter(|unknown| !unknown.identified) {
            if let Some(request) = unknown.refused {
                let (subject, finding) = explain(request, unknown.name, unknown.at);
                self.findings.add(&subject, finding);
            }
        }
        self.findings.in_order()
    }

    fn shutting_down(&self) -> bool {
        let is_shutdown = |(phase, _): &(&Phase, _)| matches!(phase, Phase::Shutdown { .. });
        self.phases.iter().any(is_shutdown)
    }

    fn began(&mut self, phase: &'a Phase, at: Duration) {
        match phase {
            Phase::Init { .. } => (self.failing, self.unknown_refused) = (false, false),
            Phase::Invoke { .. } => self.responded = None,
            _ => {}
        }
        self.phases.push((phase, at));
    }

    /// The internal extensions, which were not launched, exit with the runtime.
    fn runtime_exited(&mut self) {
        let shutting_down = self.shutting_down();
        self.failing |= !shutting_down;
        let internal =
            |history: &ExtensionHistory| history.registered && history.launched.is_none();
        let extensions = self.extensions.iter();
        let names: Vec<_> = extensions
            .filter(|(_, history)| internal(history))
            .map(|(name, _)| *name)
            .collect();
        for name in names {
            let history = self.extensions.get_mut(name);
            if let Some(report) = history.and_then(|history| history.report.take()) {
                let finding = report.finding(name, false, shutting_down);
                self.findings.add("", finding);
            }
            self.settle(name);
            self.extensions.remove(name);
        }
    }

    /// Adds the last findings about one extension, at its next launch or at the end.
    fn settle(&mut self, name: &'a str) {
        let _ = self.mismatch(name);
        if let Some(history) = self.extensions.get_mut(name) {
            for finding in history.close(name) {
                self.findings.add("", finding);
            }
        }
    }
}
