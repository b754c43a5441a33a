//! The history of one extension since its launch, and the findings at its end.

use std::time::Duration;

use serde_json::Value;

use super::finding::Finding;
use super::listener::ListenerHistory;
use crate::emulator::call::Call;
use crate::emulator::record::{KillReason, Request, format_duration};

/// The history of one extension since its launch.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct ExtensionHistory {
    pub(super) launched: Option<Duration>,
    pub(super) registered: bool,
    pub(super) takes_shutdown: bool,
    /// True once it has called `next`.
    pub(super) asked: bool,
    /// The time of the INVOKE that it handles.
    pub(super) busy: Option<Duration>,
    /// The time of its SHUTDOWN.
    pub(super) shutdown: Option<Duration>,
    /// The time of a `next` after SHUTDOWN.
    pub(super) polled: Option<Duration>,
    pub(super) report: Option<ErrorReport>,
    /// True if its last call was refused.
    pub(super) refused: bool,
    /// True if all that follows is the consequence of a mistake that is a finding already.
    pub(super) excused: bool,
    pub(super) killed: Option<(Duration, KillReason)>,
    pub(super) gone: bool,
    pub(super) listener: ListenerHistory,
    /// The invocations that it held longer than the function took.
    pub(super) held: Option<HeldInvocations>,
}

/// Invocations that an extension held after the function was done.
#[derive(Debug)]
pub(super) struct HeldInvocations {
    /// The time when the first of them ended.
    at: Duration,
    /// The longest time that one was held, and how long its function had taken.
    longest: (Duration, Duration),
    times: usize,
}

impl HeldInvocations {
    fn finding(&self, name: &str) -> Finding {
        let (held, function) = self.longest;
        let text = format!(
            "`{name}` keeps an invocation {} longer than the function, which took {}: that is \
             billed, and the next one waits",
            format_duration(held),
            format_duration(function),
        );
        Finding::warning("slow-to-next", name, self.at, text)
            .with_help(
                "do less at each INVOKE: send only now and then, and at SHUTDOWN; data that must be \
                 sent before the environment freezes is worth the time, and best sent in few bytes",
            )
            .with_times(self.times)
    }
}

/// An error report that was accepted.
#[derive(Debug)]
pub(super) struct ErrorReport {
    call: Call,
    at: Duration,
    error_type: String,
    message: String,
}

impl ErrorReport {
    pub(super) fn new(call: Call, request: &Request, at: Duration) -> Self {
        let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
        Self {
            call,
            at,
            error_type: request.error_type.clone().unwrap_or_default(),
            message: body["errorMessage"].as_str().unwrap_or_default().to_owned(),
        }
    }

    /// The finding about it: with `stays` if the extension did not exit after it, and with
    /// `at_shutdown` if it had received SHUTDOWN.
    pub(super) fn finding(&self, name: &str, stays: bool, at_shutdown: bool) -> Finding {
        let (rule, what, fails) = match self.call {
            Call::InitError => ("init-error", "init error", "`Extension.InitError`"),
            _ => ("exit-error", "exit error", "`Extension.ExitError`"),
        };
        let mut text = format!("`{name}` reports an {what} `{}`", self.error_type);
        if !self.message.is_empty() {
            text = format!("{text}, {:?}", self.message);
        }
        if stays {
            let text =
                format!("{text}, but does not exit: Lambda waits for it until the phase's timeout");
            let help = "exit after the report's reply, with a code that is not 0";
            return Finding::error("reports-but-stays", name, self.at, text).with_help(help);
        }
        let text = if at_shutdown {
            format!("{text}, at SHUTDOWN, where the environment ends in any case")
        } else {
            format!("{text}: the environment fails with {fails}")
        };
        Finding::error(rule, name, self.at, text)
            .with_help("fix its cause; the lines that the extension wrote before may say more")
    }
}

impl ExtensionHistory {
    /// The findings at its end, or at the end of the record.
    pub(super) fn close(&mut self, name: &str) -> Vec<Finding> {
        let mut findings = self.listener.findings(name);
        if let Some(held) = self.held.take() {
            findings.push(held.finding(name));
        }
        if let Some(report) = self.report.take().filter(|_| !self.excused) {
            // One that still runs at the end of the record may yet exit.
            if self.killed.is_some() {
                self.excused = true;
                findings.push(report.finding(name, true, self.shutdown.is_some()));
            }
        }
        if let Some(at) = self.polled.take() {
            let text = format!("`{name}` calls `next` after SHUTDOWN");
            let help = "exit once SHUTDOWN is handled: there is no event after it";
            let rule = "next-after-shutdown";
            if self.gone && self.killed.is_none() {
                let text = format!("{text}, which never returns");
                findings.push(Finding::warning(rule, name, at, text).with_help(help));
            } else {
                self.excused = true;
                let text = format!(
                    "{text}, which never returns: Lambda kills it at the deadline, `ShutdownFailed`"
                );
                findings.push(Finding::error(rule, name, at, text).with_help(help));
            }
        }
        findings.extend(
            self.killed
                .and_then(|(at, reason)| self.kill(name, at, reason)),
        );
        findings
    }

    fn kill(&self, name: &str, at: Duration, reason: KillReason) -> Option<Finding> {
        if self.excused || !self.registered {
            return None;
        }
        let finding = match reason {
            KillReason::NotRegisteredForShutdown => {
                let text = format!(
                    "`{name}` is not registered for SHUTDOWN, so Lambda kills it without notice when \
                     the environment ends"
                );
                Finding::warning("not-registered-for-shutdown", name, at, text).with_help(
                    "register for SHUTDOWN if the extension has to flush or close something; \
                     otherwise this is fine",
                )
            }
            KillReason::Deadline if self.shutdown.is_some() => {
                let text = format!(
                    "`{name}` still runs at the deadline of SHUTDOWN and is killed: \
                     `ShutdownFailed`"
                );
                Finding::error("outlives-shutdown", name, at, text).with_help(
                    "exit before `deadlineMs`, even if a flush does not get through: bound every \
                     wait",
                )
            }
            KillReason::Deadline => {
                let text = format!(
                    "`{name}` does not ask for SHUTDOWN, busy with something else, and is killed \
                     at its deadline: `ShutdownFailed`"
                );
                Finding::error("misses-shutdown", name, at, text).with_help(
                    "call `next` in time: bound the work for an INVOKE by its `deadlineMs`",
                )
            }
        };
        Some(finding)
    }

    /// Adds an invocation that it held for so long after the function, which had taken `function`.
    pub(super) fn hold(&mut self, at: Duration, held: Duration, function: Duration) {
        let known = self.held.get_or_insert(HeldInvocations {
            at,
            longest: (held, function),
            times: 0,
        });
        known.longest = known.longest.max((held, function));
        known.times += 1;
    }
}
