//! Goes through a record, and keeps what is needed to judge its steps.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::Call;
use super::super::record::{Phase, Step, What};
use super::conduct::Conduct;
use super::refusal::explain;
use super::stranger::Stranger;
use super::{Finding, Findings, error};
use crate::EventType;

pub(super) struct Walk<'a> {
    pub(super) findings: Findings,
    pub(super) extensions: BTreeMap<&'a str, Conduct>,
    pub(super) strangers: Vec<Stranger<'a>>,
    pub(super) phases: Vec<(&'a Phase, Duration)>,
    /// When the function was done with the current invocation.
    pub(super) responded: Option<Duration>,
    /// Whether somebody unknown went astray: it is one of those that are missing.
    pub(super) astray: bool,
    /// Whether the environment fails already: who is not ready then is not to blame.
    pub(super) failing: bool,
    /// The calls that were made, but whose answers a fault took away: that they are made again, and
    /// refused, follows from it.
    pub(super) faulted: Vec<Call>,
}

impl<'a> Walk<'a> {
    pub(super) fn new() -> Self {
        Self {
            findings: Findings::default(),
            extensions: BTreeMap::new(),
            strangers: Vec::new(),
            phases: Vec::new(),
            responded: None,
            astray: false,
            failing: false,
            faulted: Vec::new(),
        }
    }

    pub(super) fn step(&mut self, step: &'a Step) {
        let at = step.at;
        match &step.what {
            What::Began(phase) => self.began(phase, at),
            What::Ended { phase, error } => self.ended(phase, error.as_deref(), at),
            What::Launched { extension, .. } => {
                self.settle(extension);
                let conduct = Conduct {
                    launched: Some(at),
                    ..Conduct::default()
                };
                self.extensions.insert(extension, conduct);
            }
            What::LaunchFailed { extension, error } => self.launch_failed(extension, error, at),
            What::Answered(request) => self.answered(request, at),
            What::Waits { extension } => self.waits(extension, at),
            What::Receives { extension, event } => {
                let conduct = self.extensions.entry(extension).or_default();
                conduct.asked = true;
                if *event == EventType::Invoke {
                    conduct.busy = Some(at);
                } else {
                    conduct.told = Some(at);
                }
            }
            What::Output { extension, line } => {
                let conduct = self.extensions.entry(extension).or_default();
                conduct.listener.wrote(line, at);
            }
            What::Responded { .. } => self.responded = Some(at),
            What::RuntimeLeft { .. } => self.runtime_left(),
            What::Delivered {
                extension,
                status,
                error,
                ..
            } => self.delivered(extension, *status, error.as_deref(), at),
            What::Dropped {
                extension, records, ..
            } => {
                let conduct = self.extensions.entry(extension).or_default();
                conduct.listener.dropped.get_or_insert((at, 0)).1 += records;
            }
            What::Faulted { call, made, .. } => self.faulted(*call, *made),
            What::Killed { extension, why } => {
                self.extensions.entry(extension).or_default().killed = Some((at, *why));
            }
            What::Left {
                extension,
                code,
                signal,
                ..
            } => self.left(extension, (*code, *signal), at),
            _ => {}
        }
    }

    pub(super) fn finish(mut self) -> Vec<Finding> {
        let names: Vec<_> = self.extensions.keys().copied().collect();
        for name in names {
            self.settle(name);
        }
        for stranger in self.strangers.iter().filter(|stranger| !stranger.known) {
            if let Some(request) = stranger.refusal {
                let who = format!("`{}`", stranger.name);
                let (rule, subject, text, help) = explain(request, &who);
                let finding = error(rule, stranger.name, stranger.at, text, &help);
                self.findings.add(&subject, finding);
            }
        }
        self.findings.in_order()
    }

    pub(super) fn shutting_down(&self) -> bool {
        let is_shutdown = |(phase, _): &(&Phase, _)| matches!(phase, Phase::Shutdown { .. });
        self.phases.iter().any(is_shutdown)
    }

    fn began(&mut self, phase: &'a Phase, at: Duration) {
        match phase {
            Phase::Init { .. } => (self.failing, self.astray) = (false, false),
            Phase::Invoke { .. } => self.responded = None,
            _ => {}
        }
        self.phases.push((phase, at));
    }

    /// With the runtime its internal extensions are gone, which nobody has launched.
    fn runtime_left(&mut self) {
        let shutting_down = self.shutting_down();
        self.failing |= !shutting_down;
        let internal = |conduct: &Conduct| conduct.registered && conduct.launched.is_none();
        let extensions = self.extensions.iter();
        let names: Vec<_> = extensions
            .filter(|(_, conduct)| internal(conduct))
            .map(|(name, _)| *name)
            .collect();
        for name in names {
            let conduct = self.extensions.get_mut(name);
            if let Some(report) = conduct.and_then(|conduct| conduct.report.take()) {
                let finding = report.finding(name, false, shutting_down);
                self.findings.add("", finding);
            }
            self.settle(name);
            self.extensions.remove(name);
        }
    }

    /// Concludes what is known of one extension, at its next launch or at the end.
    pub(super) fn settle(&mut self, name: &'a str) {
        let _ = self.mismatch(name);
        if let Some(conduct) = self.extensions.get_mut(name) {
            for finding in conduct.closing(name) {
                self.findings.add("", finding);
            }
        }
    }
}
