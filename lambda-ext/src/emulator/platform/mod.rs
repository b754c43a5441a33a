//! The state of the platform. Nothing in it waits: a phase waits for a change of it, and a call that
//! has to wait gets a receiver.
//!
//! Each part of the state is a value of its own, and knows no other. The methods of [`Platform`]
//! combine them: here what every phase needs, in the submodules the answers to calls and the phases.

mod calls;
mod exits;
mod init;
mod invocation;
mod shutdown;

use std::time::Duration;

use uuid::Uuid;

use super::control::Control;
use super::extensions::{ExternalExtensions, Registry};
use super::fault::FaultQueue;
use super::generation::{FatalError, Generation, Stage};
use super::record::{Phase, Record, StepKind};
use super::recorder::Recorder;
use super::runtime::Runtime;
use super::settings::{EnvironmentSettings, LogFormat};
use super::telemetry::{
    Batch, Category, DeliveryMode, DeliveryResult, EmittedEvent, TelemetryService, phase_events,
};

pub(super) struct Platform {
    settings: EnvironmentSettings,
    recorder: Recorder,
    generation: Generation,
    external: ExternalExtensions,
    registry: Registry,
    runtime: Runtime,
    telemetry: TelemetryService,
    faults: FaultQueue,
}

impl Platform {
    pub(super) fn new(
        settings: EnvironmentSettings,
        recorder: Recorder,
        external: ExternalExtensions,
        runtime: Runtime,
    ) -> Self {
        Self {
            recorder,
            generation: Generation::new(),
            external,
            registry: Registry::default(),
            runtime,
            telemetry: TelemetryService::new(&settings),
            faults: FaultQueue::default(),
            settings,
        }
    }

    pub(super) fn settings(&self) -> &EnvironmentSettings {
        &self.settings
    }

    pub(super) fn managed(&self) -> bool {
        self.settings.managed()
    }

    pub(super) fn stage(&self) -> Stage {
        self.generation.stage()
    }

    /// The number of the generation.
    pub(super) fn generation(&self) -> u64 {
        self.generation.number()
    }

    /// Returns whether the environment has ended and no other has begun.
    pub(super) fn is_over(&self) -> bool {
        self.generation.is_over()
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.generation.is_cancelled()
    }

    /// The first fatal error, once an extension or the runtime has exited.
    pub(super) fn failure(&self) -> Option<FatalError> {
        self.generation.failure()
    }

    pub(super) fn external(&self) -> &ExternalExtensions {
        &self.external
    }

    pub(super) fn registry(&self) -> &Registry {
        &self.registry
    }

    pub(super) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// The subscribers with undelivered events.
    pub(super) fn undelivered(&self) -> Vec<String> {
        self.telemetry.undelivered()
    }

    pub(super) fn telemetry(&mut self) -> &mut TelemetryService {
        &mut self.telemetry
    }

    pub(super) fn faults(&mut self) -> &mut FaultQueue {
        &mut self.faults
    }

    pub(super) fn snapshot(&self) -> Record {
        self.recorder.snapshot()
    }

    pub(super) fn record(&mut self, kind: StepKind) {
        self.recorder.record(kind);
    }

    fn record_drops(&mut self) {
        for dropped in self.telemetry.take_drops() {
            self.recorder.record(dropped);
        }
    }

    fn emit(&mut self, event: EmittedEvent) {
        self.telemetry.emit(event);
    }

    /// Emits a line that an extension or the function wrote.
    fn emit_line(&mut self, category: Category, line: &str) {
        let structured = self.settings.log_format == LogFormat::Json;
        // A managed instance leaves out the end of the line.
        let end = if self.managed() { "" } else { "\n" };
        self.emit(EmittedEvent::line(category, line, end, structured));
    }

    pub(super) fn function_output(&mut self, line: String) {
        self.emit_line(Category::Function, &line);
        self.record(StepKind::FunctionOutput { line });
    }

    pub(super) fn extension_output(&mut self, extension: String, line: String) {
        self.emit_line(Category::Extension, &line);
        self.record(StepKind::Output { extension, line });
    }

    pub(super) fn is_subscribed(&self, id: Uuid) -> bool {
        self.telemetry.extension(id).is_some()
    }

    /// Records a delivery, and retries the batch if it failed.
    pub(super) fn delivered(&mut self, id: Uuid, batch: Batch, result: DeliveryResult) {
        let Some(extension) = self.telemetry.extension(id) else {
            return;
        };
        let taken = result.error.is_none();
        let delivered = StepKind::Delivered {
            extension: extension.to_owned(),
            records: batch.len(),
            bytes: result.bytes,
            status: result.status,
            error: result.error,
        };
        self.record(delivered);
        self.telemetry.delivered(id, batch, taken);
        self.record_drops();
    }

    /// Begins a generation, if the last one has ended: new identifiers, and nothing is registered.
    /// That is at the start of init, or at a registration before it.
    fn renew(&mut self) {
        if self.generation.renew() {
            self.registry.renew();
            self.runtime.renew();
            self.telemetry = TelemetryService::new(&self.settings);
        }
    }

    /// Freezes telemetry until the next invocation, except on a managed instance.
    fn rest(&mut self) {
        if !self.managed() {
            self.telemetry.set_delivery_mode(DeliveryMode::Frozen);
        }
    }

    /// Restores a snapshot, which takes no time.
    pub(super) fn restore(&mut self) {
        self.record(StepKind::Began(Phase::Restore));
        self.telemetry.set_delivery_mode(DeliveryMode::Buffered);
        let instance_id = self.telemetry.instance_id();
        for event in phase_events::restore(&self.settings, instance_id, Duration::ZERO) {
            self.emit(event);
        }
        self.rest();
        self.record_end(Phase::Restore, None);
    }

    pub(super) fn record_end(&mut self, phase: Phase, error: Option<String>) {
        self.record(StepKind::Ended { phase, error });
    }

    /// Stops or continues all processes.
    pub(super) fn control_all(&self, control: Control) {
        self.runtime.control(control);
        self.external.control_all(control);
    }

    /// Expects an extension of this process, or returns the reason why it cannot run.
    pub(super) fn expect(&mut self, name: &str) -> Result<(), &'static str> {
        if self.stage() == Stage::Ready {
            return Err("was made after init: make it before the first `init` or `invoke`");
        }
        self.external.expect(name)
    }

    pub(super) fn expect_internal(&mut self, name: &str) {
        self.registry.expect_internal(name);
    }

    /// Closes the APIs and ends all processes, because the emulator is dropped.
    pub(super) fn close(&mut self) {
        self.registry.clear();
        self.telemetry.end();
        self.runtime.end();
        self.external.control_all(Control::Kill);
    }
}
