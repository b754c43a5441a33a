//! The exits of extensions, and the launches that fail.

use std::time::Duration;

use super::Analyzer;
use crate::emulator::control::Exit;
use crate::emulator::findings::finding::Finding;
use crate::emulator::limits::SHUTDOWN;
use crate::emulator::record::{Phase, describe_exit, format_duration};

/// The remedy for an end by a signal that the platform did not send.
fn signal_help(signal: Option<i32>) -> Option<&'static str> {
    match signal? {
        // SIGHUP, SIGINT, SIGKILL, SIGTERM.
        1 | 2 | 9 | 15 => Some(
            "something else ended it, perhaps the system because it ran out of memory: look at its \
             last lines, and at what else runs",
        ),
        _ => Some("it crashed: look at its last lines, or run it under a debugger"),
    }
}

impl<'a> Analyzer<'a> {
    pub(super) fn exited(&mut self, name: &'a str, exit: Exit, at: Duration) {
        let Exit { code, signal } = exit;
        let shutting_down = self.shutting_down();
        let in_invoke = self
            .phases
            .iter()
            .any(|(phase, _)| matches!(phase, Phase::Invoke { .. }));
        if self.mismatch(name) {
            self.failing |= !shutting_down;
        }
        let history = self.extensions.entry(name).or_default();
        history.gone = true;
        if history.killed.is_some() || history.excused {
            return;
        }
        if let Some(report) = history.report.take() {
            history.excused = true;
            self.failing = true;
            let finding = report.finding(name, false, history.shutdown.is_some());
            return self.findings.add("", finding);
        }
        // The reason is a call that was refused, which is a finding.
        let explained = history.refused || (self.unknown_refused && !history.registered);
        let (asked, registered) = (history.asked, history.registered);
        let how = describe_exit(code, signal);
        if history.shutdown.is_some() || (shutting_down && registered) {
            if code != Some(0) && history.takes_shutdown && !explained {
                let text = format!("`{name}` {how} at SHUTDOWN: `ShutdownFailed`");
                let help = signal_help(signal).unwrap_or(
                    "exit with code 0 once SHUTDOWN is handled; report what went wrong to \
                     exit/error before",
                );
                let finding = Finding::error("fails-at-shutdown", name, at, text).with_help(help);
                self.findings.add("", finding);
            } else if let Some(received) = history.shutdown {
                if code == Some(0) && history.polled.is_none() {
                    self.exits_late(name, received, at);
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
        let even_with_0 = if code == Some(0) {
            ", even with code 0"
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
                format!("`{name}` {how} before {before}: init fails with {crash}{even_with_0}"),
            )
        } else if in_invoke {
            (
                "exits-in-invoke",
                format!(
                    "`{name}` {how} during an invocation, which fails with {crash}{even_with_0}"
                ),
            )
        } else {
            (
                "exits-between-invocations",
                format!(
                    "`{name}` {how} between invocations: the next one fails with {crash}{even_with_0}"
                ),
            )
        };
        let help = signal_help(signal).unwrap_or(
            "keep calling `next` until SHUTDOWN; if the extension cannot go on, report why to \
             init/error, or after the first `next` to exit/error, before it exits",
        );
        let finding = Finding::error(rule, name, at, text).with_help(help);
        self.findings.add("", finding);
    }

    /// Adds a finding if an extension exited only just in time.
    fn exits_late(&mut self, name: &str, received: Duration, at: Duration) {
        let is_shutdown = |(phase, _): &&(&Phase, _)| matches!(phase, Phase::Shutdown { .. });
        let Some((_, began)) = self.phases.iter().rev().find(is_shutdown) else {
            return;
        };
        let limit = (*began + SHUTDOWN).saturating_sub(received);
        let took = at.saturating_sub(received);
        if took * 4 <= limit * 3 {
            return;
        }
        let text = format!(
            "`{name}` takes {} of the {} for SHUTDOWN: work that is unfinished then is lost",
            format_duration(took),
            format_duration(limit),
        );
        let finding = Finding::warning("slow-shutdown", name, at, text)
            .with_help("flush earlier, such as after each invocation, and bound every wait");
        self.findings.add("", finding);
    }

    pub(super) fn launch_failed(&mut self, extension: &'a str, reason: &str, at: Duration) {
        self.failing = true;
        let history = self.extensions.entry(extension).or_default();
        history.gone = true;
        let lower = reason.to_ascii_lowercase();
        let help = if lower.contains("permission") {
            "set the executable bit, `chmod +x`, which archives made on Windows lose"
        } else if lower.contains("exec format") {
            "a script needs a first line such as `#!/usr/bin/env python3`; a binary must be built \
             for this architecture"
        } else if lower.contains("no such file") {
            "the interpreter in its first line, or the loader that the binary is linked for, does not \
             exist; a static build, such as for musl, needs none"
        } else {
            "check that the file runs by itself on this system"
        };
        let text = format!(
            "`{extension}` cannot be started, {reason}: init fails with `Extension.LaunchError`"
        );
        let finding = Finding::error("launch-error", extension, at, text).with_help(help);
        self.findings.add("", finding);
    }
}
