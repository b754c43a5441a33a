//! The end of an environment: shutdown, and the reset after a failure.

use std::time::Duration;

use tokio::time::Instant;

use super::{Driver, Unfinished, runtime_if};
use crate::emulator::error::EmulatorError;
use crate::emulator::limits::{FLUSH, REAP, SHUTDOWN};
use crate::emulator::platform::Platform;
use crate::emulator::record::KillReason;
use crate::emulator::telemetry::PhaseOutcome;
use crate::event::ShutdownReason;

/// The report of an invocation that ends the environment.
pub(super) struct InvocationReport<'a> {
    request_id: String,
    outcome: PhaseOutcome<'a>,
    init: Option<Duration>,
}

impl Driver {
    /// Ends the environment, in the platform's order. A report of the last invocation comes after
    /// SHUTDOWN.
    pub(super) async fn end(
        &self,
        reason: ShutdownReason,
        reset: bool,
        report: Option<InvocationReport<'_>>,
    ) -> Result<(), EmulatorError> {
        let start = Instant::now();
        let deadline = start + SHUTDOWN;
        let (share, externals) = self.shared.change(|platform| {
            let share = platform.begin_shutdown(&reason);
            (share, !platform.external().is_empty())
        });
        self.end_runtime(start + share).await;
        let flushed = deadline.min(Instant::now() + FLUSH);
        // The rest is delivered during SHUTDOWN.
        let _ = self.shared.wait(flushed, Platform::undelivered).await;
        let notified = self.shared.change(|platform| {
            let left = deadline.saturating_duration_since(Instant::now());
            platform.send_shutdown(&reason, left);
            if let Some(report) = report {
                platform.emit_report(&report.request_id, report.outcome, report.init);
            }
            platform.kill(false, KillReason::NotRegisteredForShutdown);
            platform.running(true)
        });
        if externals
            && self
                .shared
                .wait(deadline, Platform::all_running)
                .await
                .is_err()
        {
            self.shared
                .change(|platform| platform.kill(true, KillReason::Deadline));
            let killed = Instant::now() + REAP;
            let _ = self.shared.wait(killed, Platform::all_running).await;
        }
        self.shared.change(|platform| {
            let outcome = match platform.shutdown_failure(notified) {
                Some(extension) => Err(EmulatorError::ShutdownFailed { extension }),
                None => Ok(()),
            };
            let error = outcome.as_ref().err().map(ToString::to_string);
            platform.end_shutdown(reason, reset, error);
            outcome
        })
    }

    /// Resets the environment, in an invocation if there is one. A timeout of the function alone has
    /// no error.
    pub(super) async fn reset(
        &self,
        reason: ShutdownReason,
        unfinished: Option<Unfinished>,
        error: Option<&EmulatorError>,
    ) {
        let outcome = match (&reason, error) {
            (ShutdownReason::Timeout, _) => PhaseOutcome::TIMEOUT,
            (_, Some(EmulatorError::Failed { error_type, .. })) => PhaseOutcome::error(error_type),
            _ => PhaseOutcome::error("Sandbox.Failure"),
        };
        if let Some(Unfinished { request_id: id, .. }) = &unfinished {
            self.shared.change(|platform| {
                if reason == ShutdownReason::Timeout && !platform.runtime().is_done(id) {
                    platform.timed_out(id);
                }
                platform.finish_function(id, Some(outcome));
                platform.end_invocation(id, error.map(ToString::to_string));
            });
        }
        let report = unfinished.map(|unfinished| InvocationReport {
            request_id: unfinished.request_id,
            outcome,
            init: unfinished.init,
        });
        // The record has any later error.
        let _ = self.end(reason, true, report).await;
    }

    /// Waits for the runtime to exit, and kills it at the deadline.
    async fn end_runtime(&self, deadline: Instant) {
        let running = |platform: &Platform| runtime_if(platform.runtime().is_running());
        if self.shared.wait(deadline, running).await.is_err() {
            self.shared.change(|platform| platform.kill_runtime());
            let _ = self.shared.wait(Instant::now() + REAP, running).await;
        }
    }
}
