//! How extensions end, and those that cannot begin.

use std::time::Duration;

use super::super::lifecycle::SHUTDOWN;
use super::super::record::{Phase, brief, end};
use super::walk::Walk;
use super::{error, remark};

/// What to do about an end by a signal that the platform did not send.
fn crashed(signal: Option<i32>) -> Option<&'static str> {
    match signal? {
        // SIGHUP, SIGINT, SIGKILL, SIGTERM.
        1 | 2 | 9 | 15 => Some(
            "somebody else ended it, the system for want of memory maybe: look at its last lines, \
             and at what else runs",
        ),
        _ => Some("it crashed: look at its last lines, or run it under a debugger"),
    }
}

impl<'a> Walk<'a> {
    pub(super) fn left(
        &mut self,
        name: &'a str,
        (code, signal): (Option<i32>, Option<i32>),
        at: Duration,
    ) {
        let shutting_down = self.shutting_down();
        let in_invoke = self
            .phases
            .iter()
            .any(|(phase, _)| matches!(phase, Phase::Invoke { .. }));
        if self.mismatch(name) {
            self.failing |= !shutting_down;
        }
        let conduct = self.extensions.entry(name).or_default();
        conduct.gone = true;
        if conduct.killed.is_some() || conduct.excused {
            return;
        }
        if let Some(report) = conduct.report.take() {
            conduct.excused = true;
            self.failing = true;
            let finding = report.finding(name, false, conduct.told.is_some());
            return self.findings.add("", finding);
        }
        // It ended for a call that was refused, which is a finding.
        let explained = conduct.refused || (self.astray && !conduct.registered);
        let (asked, registered) = (conduct.asked, conduct.registered);
        let how = end(code, signal);
        if conduct.told.is_some() || (shutting_down && registered) {
            if code != Some(0) && conduct.takes_shutdown && !explained {
                let text = format!("`{name}` {how} at SHUTDOWN: `ShutdownFailed`");
                let help = crashed(signal).unwrap_or(
                    "exit with code 0 once SHUTDOWN is handled; report what went wrong to \
                     exit/error before",
                );
                let finding = error("fails-at-shutdown", name, at, text, help);
                self.findings.add("", finding);
            } else if let Some(told) = conduct.told {
                if code == Some(0) && conduct.polled.is_none() {
                    self.leaves_late(name, told, at);
                }
            }
            return;
        }
        if shutting_down || explained {
            self.failing |= explained;
            return;
        }
        self.failing = true;
        let crash = "`Extension.Crash`";
        let whatever = if code == Some(0) {
            ", also with code 0"
        } else {
            ""
        };
        let (rule, text) = if !asked {
            let before = if registered {
                "its first `next`"
            } else {
                "it registers"
            };
            (
                "exits-in-init",
                format!("`{name}` {how} before {before}: init fails with {crash}{whatever}"),
            )
        } else if in_invoke {
            (
                "exits-in-invoke",
                format!("`{name}` {how} during an invocation, which fails with {crash}{whatever}"),
            )
        } else {
            (
                "exits-between-invocations",
                format!(
                    "`{name}` {how} between invocations: the next one fails with {crash}{whatever}"
                ),
            )
        };
        let help = crashed(signal).unwrap_or(
            "go on calling `next` until SHUTDOWN; where it cannot go on, report why to init/error, \
             or after the first `next` to exit/error, before it exits",
        );
        self.findings.add("", error(rule, name, at, text, help));
    }

    /// Whether it left in time, but not by much.
    fn leaves_late(&mut self, name: &str, told: Duration, at: Duration) {
        let is_shutdown = |(phase, _): &&(&Phase, _)| matches!(phase, Phase::Shutdown { .. });
        let Some((_, began)) = self.phases.iter().rev().find(is_shutdown) else {
            return;
        };
        let there_is = (*began + SHUTDOWN).saturating_sub(told);
        let needs = at.saturating_sub(told);
        if needs * 4 <= there_is * 3 {
            return;
        }
        let text = format!(
            "`{name}` needs {} of the {} that SHUTDOWN has: what is not done then is lost",
            brief(needs),
            brief(there_is),
        );
        let help = "flush earlier, after each invocation say, and bound each wait";
        self.findings
            .add("", remark("slow-shutdown", name, at, text, help));
    }

    pub(super) fn launch_failed(&mut self, extension: &'a str, reason: &str, at: Duration) {
        self.failing = true;
        let conduct = self.extensions.entry(extension).or_default();
        conduct.gone = true;
        let lower = reason.to_ascii_lowercase();
        let help = if lower.contains("permission") {
            "set the executable bit, `chmod +x`, which archives made on Windows lose"
        } else if lower.contains("exec format") {
            "a script needs a first line such as `#!/usr/bin/env python3`; a binary must be built \
             for this architecture"
        } else if lower.contains("no such file") {
            "the interpreter of its first line, or the loader that a binary is linked for, is not \
             there; a static build, such as for musl, needs none"
        } else {
            "check that the file runs by itself on this system"
        };
        let text = format!(
            "`{extension}` cannot be started, {reason}: init fails with `Extension.LaunchError`"
        );
        self.findings
            .add("", error("launch-error", extension, at, text, help));
    }
}
