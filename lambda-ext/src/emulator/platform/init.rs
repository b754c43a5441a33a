//! The changes of init.

use std::time::Duration;

use tokio::time::Instant;

use super::Platform;
use crate::emulator::control::{ControlSender, StartedProcess};
use crate::emulator::error::EmulatorError;
use crate::emulator::extension_state::ExtensionState;
use crate::emulator::extensions::ExtensionStatus;
use crate::emulator::generation::Stage;
use crate::emulator::record::{Phase, StepKind};
use crate::emulator::telemetry::{PhaseOutcome, phase_events};

impl Platform {
    pub(crate) fn begin_init(&mut self, suppressed: bool) {
        self.renew();
        self.generation.enter(Stage::Init);
        self.record(StepKind::Began(Phase::Init { suppressed }));
        self.announce();
        let instance_id = self.telemetry.instance_id();
        let event = phase_events::init_start(&self.settings, instance_id, suppressed);
        self.emit(event);
    }

    /// Records the launch of the running extensions of this process.
    fn announce(&mut self) {
        for extension in self.external.announce() {
            let pid = None;
            self.record(StepKind::Launched { extension, pid });
        }
    }

    /// An extension of this process runs. Its launch is recorded in init, or when init begins.
    pub(crate) fn in_process_started(&mut self, name: &str, control: ControlSender) {
        self.external.started(name, control);
        if self.stage() == Stage::Init {
            self.announce();
        }
    }

    /// An executable runs as an extension since `at`.
    pub(crate) fn extension_started(
        &mut self,
        extension: String,
        started: StartedProcess,
        at: Instant,
    ) {
        self.external.started(&extension, started.control);
        let pid = Some(started.pid);
        let launched = StepKind::Launched { extension, pid };
        self.recorder.record_at(at, launched);
    }

    pub(crate) fn launch_failed(&mut self, extension: String, error: String) {
        let state = Some(ExtensionState::LaunchError);
        self.external.ended(&extension, state);
        self.record(StepKind::LaunchFailed { extension, error });
    }

    pub(crate) fn runtime_started(&mut self, started: StartedProcess) {
        self.runtime.started(started.control);
        let pid = Some(started.pid);
        self.record(StepKind::RuntimeStarted { pid });
    }

    /// Refuses internal extensions from now on. On a managed instance the runtime is done with init.
    pub(crate) fn close_registration(&mut self, suppressed: bool) {
        self.registry.close();
        if self.managed() {
            self.emit_init_runtime_done(suppressed, &Ok(()));
        }
    }

    /// The runtime of a managed instance has failed in init.
    pub(crate) fn runtime_init_failed(
        &mut self,
        suppressed: bool,
        outcome: &Result<(), EmulatorError>,
    ) {
        if self.managed() {
            self.emit_init_runtime_done(suppressed, outcome);
        }
    }

    fn emit_init_runtime_done(&mut self, suppressed: bool, outcome: &Result<(), EmulatorError>) {
        let outcome = phase_outcome(outcome);
        let event = phase_events::init_runtime_done(&self.settings, suppressed, outcome);
        self.emit(event);
    }

    /// Ends init, which took so long.
    pub(crate) fn end_init(
        &mut self,
        suppressed: bool,
        took: Duration,
        outcome: &Result<(), EmulatorError>,
    ) {
        let runtime = self.runtime.is_built_in() || self.runtime.is_running();
        let runtime_took_part = outcome.is_ok() || runtime && self.registry.is_closed();
        if !self.managed() && runtime_took_part {
            self.emit_init_runtime_done(suppressed, outcome);
        }
        self.emit_extensions();
        let phase_outcome = phase_outcome(outcome);
        let event = phase_events::init_report(&self.settings, suppressed, phase_outcome, took);
        self.emit(event);
        self.telemetry.close();
        self.rest();
        self.generation.enter(Stage::Ready);
        let error = outcome.as_ref().err().map(ToString::to_string);
        self.record_end(Phase::Init { suppressed }, error);
    }

    /// Emits one event for each extension that was launched or has registered.
    fn emit_extensions(&mut self) {
        let launched = self.unregistered();
        let launched = launched.iter().map(|name| {
            let state = self.external.state(name);
            let state = state.unwrap_or(ExtensionState::Started);
            let failed = state == ExtensionState::LaunchError;
            ExtensionStatus {
                name,
                state,
                events: Vec::new(),
                error_type: failed.then_some("PermissionDenied"),
            }
        });
        let events: Vec<_> = launched
            .chain(self.registry.statuses())
            .map(|status| phase_events::extension(&status))
            .collect();
        for event in events {
            self.emit(event);
        }
    }
}

/// The outcome of init. An init error that the runtime reports is the platform's, too.
fn phase_outcome(outcome: &Result<(), EmulatorError>) -> PhaseOutcome<'_> {
    match outcome {
        Ok(()) => PhaseOutcome::SUCCESS,
        Err(EmulatorError::Failed {
            error_type: "Runtime.InitError",
            reported: Some(reported),
            ..
        }) => PhaseOutcome::error(reported),
        Err(EmulatorError::Failed { error_type, .. }) => PhaseOutcome::error(error_type),
        Err(_) => PhaseOutcome::TIMEOUT,
    }
}
