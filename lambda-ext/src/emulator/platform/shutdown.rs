//! The changes of shutdown.

use std::time::Duration;

use super::Platform;
use crate::emulator::control::Control;
use crate::emulator::extension_state::ExtensionState;
use crate::emulator::generation::Stage;
use crate::emulator::lifecycle_event::LifecycleEvent;
use crate::emulator::limits::{RUNTIME_SHUTDOWN, RUNTIME_SHUTDOWN_INTERNAL};
use crate::emulator::record::{KillReason, Phase, StepKind};
use crate::emulator::seam::millis_ahead;
use crate::emulator::telemetry::DeliveryMode;
use crate::event::ShutdownReason;

impl Platform {
    /// Begins shutdown, and returns the runtime's share of its time.
    pub(crate) fn begin_shutdown(&mut self, reason: &ShutdownReason) -> Duration {
        self.generation.enter(Stage::Ending);
        self.record(StepKind::Began(Phase::Shutdown {
            reason: reason.clone(),
        }));
        self.telemetry.set_delivery_mode(DeliveryMode::AtOnce);
        let share = match (self.registry.has_internal(), self.external.is_empty()) {
            (true, _) => RUNTIME_SHUTDOWN_INTERNAL,
            (false, false) => RUNTIME_SHUTDOWN,
            (false, true) => Duration::ZERO,
        };
        if !share.is_zero() {
            self.runtime.control(Control::Terminate);
        }
        share
    }

    pub(crate) fn kill_runtime(&self) {
        self.runtime.control(Control::Kill);
    }

    /// Sends SHUTDOWN, `left` before its deadline.
    pub(crate) fn send_shutdown(&mut self, reason: &ShutdownReason, left: Duration) {
        let event = LifecycleEvent::shutdown(millis_ahead(left), reason.as_str());
        self.registry.release(event, &mut self.recorder);
    }

    /// Kills the running extensions that take SHUTDOWN, or those that do not.
    pub(crate) fn kill(&mut self, takes_shutdown: bool, reason: KillReason) {
        for extension in self.running(takes_shutdown) {
            self.external.kill(&extension, reason);
            self.record(StepKind::Killed { extension, reason });
        }
    }

    /// The first of these extensions that did not exit by itself with code 0.
    pub(crate) fn shutdown_failure(&self, names: Vec<String>) -> Option<String> {
        let failed = |name: &String| self.external.state(name) != Some(ExtensionState::Exited);
        names.into_iter().find(failed)
    }

    /// Ends the generation, after shutdown for `reason`.
    pub(crate) fn end_shutdown(
        &mut self,
        reason: ShutdownReason,
        reset: bool,
        error: Option<String>,
    ) {
        self.record_drops();
        self.telemetry.end();
        self.runtime.forget();
        self.generation.end(reset);
        self.external.dismiss(reset);
        self.registry.expect_no_internal();
        self.record_end(Phase::Shutdown { reason }, error);
    }

    /// The running external extensions.
    pub(crate) fn all_running(&self) -> Vec<String> {
        [self.running(true), self.running(false)].concat()
    }
}
