//! What one extension did since it was launched.

use std::time::Duration;

use serde_json::Value;

use super::super::Call;
use super::super::record::{Kill, Request, brief};
use super::listener::Listener;
use super::{Finding, error, remark};

/// What one extension did since it was launched.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Conduct {
    pub(super) launched: Option<Duration>,
    pub(super) registered: bool,
    pub(super) takes_shutdown: bool,
    /// Whether it has called `next` at all.
    pub(super) asked: bool,
    /// Since when it handles an INVOKE.
    pub(super) busy: Option<Duration>,
    /// When it was given SHUTDOWN.
    pub(super) told: Option<Duration>,
    /// When it called `next` after SHUTDOWN.
    pub(super) polled: Option<Duration>,
    pub(super) report: Option<Report>,
    /// Whether its last call was refused.
    pub(super) refused: bool,
    /// Whether what comes follows from a mistake that is a finding already.
    pub(super) excused: bool,
    pub(super) killed: Option<(Duration, Kill)>,
    pub(super) gone: bool,
    pub(super) listener: Listener,
    /// The longest that it held an invocation after the function was done, how long that had
    /// taken, and how many it held so.
    pub(super) held: Option<(Duration, Duration, usize)>,
    pub(super) held_at: Duration,
}

/// An error report that was accepted.
#[derive(Debug)]
pub(super) struct Report {
    call: Call,
    at: Duration,
    error_type: String,
    message: String,
}

impl Report {
    pub(super) fn of(call: Call, request: &Request, at: Duration) -> Self {
        let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
        Self {
            call,
            at,
            error_type: request.error_type.clone().unwrap_or_default(),
            message: body["errorMessage"].as_str().unwrap_or_default().to_owned(),
        }
    }

    /// What to say about it; `stays` if the extension did not leave after it, `told` if it was given
    /// SHUTDOWN.
    pub(super) fn finding(&self, name: &str, stays: bool, told: bool) -> Finding {
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
            return error("reports-but-stays", name, self.at, text, help);
        }
        let text = if told {
            format!("{text}, at SHUTDOWN, where the environment ends in any case")
        } else {
            format!("{text}: the environment fails with {fails}")
        };
        error(
            rule,
            name,
            self.at,
            text,
            "see to its cause; what the extension wrote before may say more",
        )
    }
}

impl Conduct {
    /// What is to be said at its end, by itself or not, or at the record's.
    pub(super) fn closing(&mut self, name: &str) -> Vec<Finding> {
        let mut findings = self.listener.findings(name);
        if let Some((extra, function, times)) = self.held.take() {
            let mut finding = remark(
                "slow-to-next",
                name,
                self.held_at,
                format!(
                    "`{name}` keeps an invocation {} longer than the function, which \
                     took {}: that is billed, and the next one waits",
                    brief(extra),
                    brief(function),
                ),
                "do less at each INVOKE: send what there is now and then, and at SHUTDOWN; what must \
                 be sent before the environment freezes is worth that, and best sent in few bytes",
            );
            finding.times = times;
            findings.push(finding);
        }
        if let Some(report) = self.report.take().filter(|_| !self.excused) {
            // One that is still there when all is said may yet leave.
            if self.killed.is_some() {
                self.excused = true;
                findings.push(report.finding(name, true, self.told.is_some()));
            }
        }
        if let Some(at) = self.polled.take() {
            let text = format!("`{name}` calls `next` after SHUTDOWN");
            let help = "exit once SHUTDOWN is handled: there is no event after it";
            let rule = "next-after-shutdown";
            if self.gone && self.killed.is_none() {
                let text = format!("{text}, which never returns");
                findings.push(remark(rule, name, at, text, help));
            } else {
                self.excused = true;
                let text = format!(
                    "{text}, which never returns: Lambda kills it at the deadline, `ShutdownFailed`"
                );
                findings.push(error(rule, name, at, text, help));
            }
        }
        findings.extend(self.killed.and_then(|(at, why)| self.kill(name, at, why)));
        findings
    }

    fn kill(&self, name: &str, at: Duration, why: Kill) -> Option<Finding> {
        if self.excused || !self.registered {
            return None;
        }
        let help = "exit before `deadlineMs`, also where what is to be flushed does not get \
            through: bound every wait";
        match why {
            Kill::NotRegisteredForShutdown => Some(remark(
                "not-registered-for-shutdown",
                name,
                at,
                format!(
                    "`{name}` is not registered for SHUTDOWN, so Lambda kills it without a word \
                     when the environment ends"
                ),
                "register for SHUTDOWN where something is to be flushed or closed; otherwise this \
                 is fine",
            )),
            Kill::Deadline if self.told.is_some() => Some(error(
                "outlives-shutdown",
                name,
                at,
                format!(
                    "`{name}` is still there at the deadline of SHUTDOWN and is killed: \
                     `ShutdownFailed`"
                ),
                help,
            )),
            Kill::Deadline => Some(error(
                "misses-shutdown",
                name,
                at,
                format!(
                    "`{name}` does not ask for SHUTDOWN, busy with something else, and is killed \
                     at its deadline: `ShutdownFailed`"
                ),
                "call `next` in time: bound what is done for an INVOKE by its `deadlineMs`",
            )),
        }
    }
}
