//! How extensions end, and those that cannot begin.

use std::time::Duration;

use super::super::record::{Phase, end};
use super::error;
use super::walk::Walk;

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
            return self.findings.add("", report.finding(name, false));
        }
        // It ended for a call that was refused, which is a finding.
        let explained = conduct.refused || (self.astray && !conduct.registered);
        let (asked, registered) = (conduct.asked, conduct.registered);
        let how = end(code, signal);
        if conduct.told || (shutting_down && registered) {
            if code != Some(0) && conduct.takes_shutdown && !explained {
                self.findings.add(
                    "",
                    error(
                        "fails-at-shutdown",
                        name,
                        at,
                        format!("`{name}` {how} at SHUTDOWN: `ShutdownFailed`"),
                        "exit with code 0 once SHUTDOWN is handled; report what went wrong to \
                     exit/error before",
                    ),
                );
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
        let help = "go on calling `next` until SHUTDOWN; where it cannot go on, report why to \
            init/error, or after the first `next` to exit/error, before it exits";
        self.findings.add("", error(rule, name, at, text, help));
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
