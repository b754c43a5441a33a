//! Who is missing when a phase fails.

use std::time::Duration;

use super::super::record::{Phase, brief};
use super::error;
use super::walk::Walk;

impl<'a> Walk<'a> {
    pub(super) fn ended(&mut self, phase: &Phase, error: Option<&str>, at: Duration) {
        let open = self.phases.iter().rev().find(|(open, _)| *open == phase);
        let took = open.map(|(_, began)| at.saturating_sub(*began));
        self.phases.retain(|(open, _)| *open != phase);
        let Some(error) = error.filter(|_| !matches!(phase, Phase::Shutdown { .. })) else {
            return;
        };
        // A runtime that cannot be started fails the phase before anybody is late.
        let blameless = self.failing || error.starts_with("Runtime.");
        let names: Vec<_> = self.extensions.keys().copied().collect();
        for name in &names {
            let _ = self.mismatch(name);
        }
        for name in names {
            let Some(conduct) = self.extensions.get_mut(name) else {
                continue;
            };
            // One that has reported may yet leave, if the phase does not fail for its staying.
            if conduct.gone || conduct.excused || blameless {
                continue;
            }
            if let Some(report) = conduct.report.take() {
                conduct.excused = true;
                self.findings
                    .add("", report.finding(name, true, conduct.told.is_some()));
            } else if let Phase::Init { suppressed } = phase {
                self.not_ready(name, at, took.filter(|_| *suppressed));
            } else {
                self.not_back(name, at);
            }
        }
        self.failing = true;
    }

    /// Init failed, and nothing explains it but that somebody is missing. In an invocation, with the
    /// time that it took.
    fn not_ready(&mut self, name: &'a str, at: Duration, in_invoke: Option<Duration>) {
        let Some(conduct) = self.extensions.get_mut(name) else {
            return;
        };
        // A refused call is a finding, and why it goes no further.
        let explained = conduct.refused || conduct.asked || (self.astray && !conduct.registered);
        let registered = conduct.registered;
        if explained || (conduct.launched.is_none() && !registered) {
            return;
        }
        conduct.excused = true;
        let late = |missing: &str| {
            in_invoke.map(|took| {
                format!(
                    "`{name}` had not {missing} after {}: after a reset, init is part of the \
                     invocation and has its timeout",
                    brief(took)
                )
            })
        };
        let finding = if registered {
            let text = late("called `next`").unwrap_or_else(|| {
                format!("`{name}` registers, but does not call `next`, so init does not end")
            });
            error(
                "never-calls-next",
                name,
                at,
                text,
                "call `/2020-01-01/extension/event/next` when it is ready, also where it takes no \
                 events: the first call is what says so",
            )
        } else {
            let text = late("registered")
                .unwrap_or_else(|| format!("`{name}` does not register, so init does not end"));
            error(
                "never-registers",
                name,
                at,
                text,
                "call `/2020-01-01/extension/register` at `AWS_LAMBDA_RUNTIME_API` before \
                 anything that takes long",
            )
        };
        self.findings.add("", finding);
    }

    /// An invocation ran out of time with this extension not done with it.
    fn not_back(&mut self, name: &'a str, at: Duration) {
        let Some(responded) = self.responded else {
            return;
        };
        let Some(conduct) = self.extensions.get_mut(name) else {
            return;
        };
        if conduct.busy.is_none() {
            return;
        }
        conduct.excused = true;
        let after = brief(at.saturating_sub(responded));
        let text = format!(
            "`{name}` is still busy with an invocation at the function's timeout, {after} \
             after the function was done: Lambda resets the environment, reason `timeout`"
        );
        let help =
            "call `next` as soon as an INVOKE is handled, and bound the work by its `deadlineMs`";
        self.findings
            .add("", error("holds-invocation", name, at, text, help));
    }
}
