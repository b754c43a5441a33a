//! The extensions that a failed phase waited for.

use std::time::Duration;

use super::Analyzer;
use crate::emulator::findings::finding::Finding;
use crate::emulator::record::{Phase, format_duration};

impl<'a> Analyzer<'a> {
    pub(super) fn ended(&mut self, phase: &Phase, error: Option<&str>, at: Duration) {
        let open = self.phases.iter().rev().find(|(open, _)| *open == phase);
        let took = open.map(|(_, began)| at.saturating_sub(*began));
        self.phases.retain(|(open, _)| *open != phase);
        let Some(error) = error.filter(|_| !matches!(phase, Phase::Shutdown { .. })) else {
            return;
        };
        // A runtime that cannot be started fails the phase before any extension is late.
        let blameless = self.failing || error.starts_with("Runtime.");
        let names: Vec<_> = self.extensions.keys().copied().collect();
        for name in &names {
            let _ = self.mismatch(name);
        }
        for name in names {
            let Some(history) = self.extensions.get_mut(name) else {
                continue;
            };
            // An extension that has reported may yet exit, unless the phase fails because it stays.
            if history.gone || history.excused || blameless {
                continue;
            }
            if let Some(report) = history.report.take() {
                history.excused = true;
                self.findings
                    .add("", report.finding(name, true, history.shutdown.is_some()));
            } else if let Phase::Init { suppressed } = phase {
                self.not_ready(name, at, took.filter(|_| *suppressed));
            } else {
                self.not_back(name, at);
            }
        }
        self.failing = true;
    }

    /// Adds a finding if nothing else explains that init failed. In an invocation, `in_invoke` is the
    /// time that it took.
    fn not_ready(&mut self, name: &'a str, at: Duration, in_invoke: Option<Duration>) {
        let Some(history) = self.extensions.get_mut(name) else {
            return;
        };
        // A refused call is a finding, and why it goes no further.
        let explained =
            history.refused || history.asked || (self.unknown_refused && !history.registered);
        let registered = history.registered;
        if explained || (history.launched.is_none() && !registered) {
            return;
        }
        history.excused = true;
        let late = |missing: &str| {
            in_invoke.map(|took| {
                format!(
                    "`{name}` had not {missing} after {}: after a reset, init is part of the \
                     invocation and has its timeout",
                    format_duration(took)
                )
            })
        };
        let finding = if registered {
            let text = late("called `next`").unwrap_or_else(|| {
                format!("`{name}` registers, but does not call `next`, so init does not end")
            });
            Finding::error("never-calls-next", name, at, text).with_help(
                "call `/2020-01-01/extension/event/next` when the extension is ready, even if it \
                 takes no events: the first call ends its init",
            )
        } else {
            let text = late("registered")
                .unwrap_or_else(|| format!("`{name}` does not register, so init does not end"));
            Finding::error("never-registers", name, at, text).with_help(
                "call `/2020-01-01/extension/register` at `AWS_LAMBDA_RUNTIME_API` before \
                 anything that takes long",
            )
        };
        self.findings.add("", finding);
    }

    /// Adds a finding if the extension was busy when an invocation timed out.
    fn not_back(&mut self, name: &'a str, at: Duration) {
        let Some(responded) = self.responded else {
            return;
        };
        let Some(history) = self.extensions.get_mut(name) else {
            return;
        };
        if history.busy.is_none() {
            return;
        }
        history.excused = true;
        let after = format_duration(at.saturating_sub(responded));
        let text = format!(
            "`{name}` is still busy with an invocation at the function's timeout, {after} \
             after the function was done: Lambda resets the environment, reason `timeout`"
        );
        let help =
            "call `next` as soon as an INVOKE is handled, and bound the work by its `deadlineMs`";
        let finding = Finding::error("holds-invocation", name, at, text).with_help(help);
        self.findings.add("", finding);
    }
}
