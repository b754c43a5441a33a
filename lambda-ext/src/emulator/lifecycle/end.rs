//! The end of an environment: shutdown, and the reset after a failure.

use std::time::Duration;

use tokio::time::Instant;

use super::super::agent::CurrentEvent;
use super::super::member::Control;
use super::super::platform::{Platform, Stage};
use super::super::record::{Kill, Phase, What};
use super::super::telemetry::{Ending, Pace};
use super::super::{Emulator, EmulatorError, State};
use super::{RUNTIME, ended};
use crate::ShutdownReason;
use crate::event::millis_ahead;

/// The whole of shutdown, where there is an external extension.
pub(in super::super) const SHUTDOWN: Duration = Duration::from_secs(2);
/// The runtime's share of it.
const RUNTIME_SHARE: Duration = Duration::from_millis(300);
/// The same where there is an internal extension, with or without an external one.
const INTERNAL_SHARE: Duration = Duration::from_millis(500);
/// What is left to be delivered before SHUTDOWN has this long.
const FLUSH: Duration = Duration::from_secs(1);
/// After SIGKILL.
const REAPED: Duration = Duration::from_secs(2);
/// The report of an invocation that ended the environment.
pub(super) struct Report<'a> {
    pub(super) request_id: String,
    pub(super) ending: Ending<'a>,
    pub(super) init: Option<Duration>,
}

impl Emulator {
    /// The end of the environment, in the platform's order. A report of the last invocation comes
    /// after SHUTDOWN.
    pub(super) async fn end(
        &self,
        reason: ShutdownReason,
        reset: bool,
        report: Option<Report<'_>>,
    ) -> Result<(), EmulatorError> {
        let phase = Phase::Shutdown {
            reason: reason.clone(),
        };
        let start = Instant::now();
        let deadline = start + SHUTDOWN;
        let (share, externals) = self.shared.change(|platform| {
            platform.stage = Stage::Ending;
            platform.note(What::Began(phase.clone()));
            platform.telemetry.goes(Pace::AtOnce);
            let internals = platform.agents.values().any(|agent| !agent.external);
            let externals = !platform.members.is_empty();
            let share = match (internals, externals) {
                (true, _) => INTERNAL_SHARE,
                (false, true) => RUNTIME_SHARE,
                (false, false) => Duration::ZERO,
            };
            if !share.is_zero() {
                platform.runtime.control(Control::Terminate);
            }
            (share, externals)
        });
        self.end_runtime(start + share).await;
        let flushed = deadline.min(Instant::now() + FLUSH);
        // What is not flushed by then goes on being delivered.
        let _ = self
            .shared
            .wait(flushed, |platform| platform.telemetry.waited_for())
            .await;
        let listening = self.shared.change(|platform| {
            let left = deadline.saturating_duration_since(Instant::now());
            platform.release(CurrentEvent::shutdown(millis_ahead(left), reason.as_str()));
            if let Some(report) = report {
                platform.tell_report(&report.request_id, report.ending, report.init);
            }
            kill(platform, false, Kill::NotRegisteredForShutdown);
            platform.running(true)
        });
        let nobody =
            |platform: &Platform| [platform.running(true), platform.running(false)].concat();
        if externals && self.shared.wait(deadline, nobody).await.is_err() {
            self.shared
                .change(|platform| kill(platform, true, Kill::Deadline));
            let _ = self.shared.wait(Instant::now() + REAPED, nobody).await;
        }
        self.shared.change(|platform| {
            let failed = listening.into_iter().find(|name| {
                let member = platform.members.get(name);
                member.is_none_or(|member| member.state != Some(State::Exited))
            });
            let outcome = match failed {
                Some(extension) => Err(EmulatorError::ShutdownFailed { extension }),
                None => Ok(()),
            };
            platform.note_drops();
            platform.telemetry.end();
            platform.runtime.forget();
            platform.stage = Stage::Idle { reset };
            platform.outdate();
            platform.dismiss(reset);
            platform.internals.clear();
            ended(platform, phase, outcome.as_ref().err());
            outcome
        })
    }

    /// The runtime has its share of the time, then it is killed.
    async fn end_runtime(&self, deadline: Instant) {
        let runs = |platform: &Platform| {
            let runs = platform.runtime.runs();
            runs.then(|| RUNTIME.to_owned()).into_iter().collect()
        };
        if self.shared.wait(deadline, runs).await.is_err() {
            self.shared
                .change(|platform| platform.runtime.control(Control::Kill));
            let _ = self.shared.wait(Instant::now() + REAPED, runs).await;
        }
    }
}

/// Kills those that run, of those that take SHUTDOWN, or of the others.
fn kill(platform: &mut Platform, take_shutdown: bool, why: Kill) {
    for name in platform.running(take_shutdown) {
        if let Some(member) = platform.members.get_mut(&name) {
            member.killed = Some(why);
            member.control(Control::Kill);
        }
        let extension = name;
        platform.note(What::Killed { extension, why });
    }
}
