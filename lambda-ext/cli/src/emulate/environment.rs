//! The emulated environment of a run.

use std::path::PathBuf;
use std::time::Duration;

use lambda_ext::Error;
use lambda_ext::emulator::record::Step;
use lambda_ext::emulator::{
    Call, Emulator, EmulatorError, Initialization, Invocation, Outcome, Record,
};

use super::plan::{Action, Invoke, Settings};

/// An emulator with the plan's settings.
pub(super) struct Environment {
    emulator: Emulator,
    // Of invocations without their own.
    duration: Option<Duration>,
    timeout: Option<Duration>,
}

impl Environment {
    pub(super) async fn start(
        settings: &Settings,
        executables: &[PathBuf],
        observer: impl Fn(&Step) + Send + 'static,
    ) -> Result<Self, Error> {
        let mut builder = Emulator::builder().on_step(observer);
        for executable in executables {
            builder = builder.executable(executable);
        }
        for (key, value) in &settings.env {
            builder = builder.env(key, value);
        }
        if let Some(runtime) = &settings.runtime {
            builder = builder.runtime(runtime);
        }
        if let Some(timeout) = settings.init_timeout {
            builder = builder.init_timeout(timeout);
        }
        if let Some(telemetry) = settings.telemetry {
            builder = builder.telemetry(telemetry);
        }
        if let Some(schema) = settings.schema {
            builder = builder.newest_schema(schema);
        }
        if let Some(format) = settings.log_format {
            builder = builder.log_format(format);
        }
        if settings.managed_instances {
            builder = builder.initialization(Initialization::ManagedInstances);
        }
        Ok(Self {
            emulator: builder.start().await?,
            duration: settings.duration,
            timeout: settings.timeout,
        })
    }

    pub(super) async fn init(&self) -> Result<(), EmulatorError> {
        self.emulator.init().await
    }

    /// Sends the invocation with this number, from 0, and returns whether the environment outlives
    /// it.
    pub(super) async fn invoke(&self, invoke: &Invoke, number: u32) -> Result<bool, EmulatorError> {
        let mut invocation = Invocation::default();
        if let Some(duration) = invoke.duration.or(self.duration) {
            invocation = invocation.duration(duration);
        }
        if let Some(timeout) = invoke.timeout.or(self.timeout) {
            invocation = invocation.timeout(timeout);
        }
        let turn = number as usize % invoke.outcomes.len().max(1);
        if let Some(outcome) = invoke.outcomes.get(turn) {
            invocation = invocation.outcome(*outcome);
        }
        for line in &invoke.logs {
            invocation = invocation.log(line);
        }
        if let Some(payload) = &invoke.payload {
            invocation = invocation.payload(payload);
        }
        let invoked = self.emulator.invoke(invocation).await?;
        Ok(matches!(invoked.outcome, Outcome::Success | Outcome::Error))
    }

    pub(super) async fn apply(&self, action: &Action) -> Result<(), EmulatorError> {
        match action {
            Action::Invoke(invoke) => self.invoke(invoke, 0).await.map(drop),
            Action::Freeze(duration) => self.emulator.freeze(*duration).await,
            Action::Shutdown(reason) => self.emulator.shutdown(reason.clone()).await,
            Action::Fault(call, fault) => {
                self.emulator.inject(*call, fault.clone());
                Ok(())
            }
        }
    }

    /// The calls of the faults that have not triggered, one for each fault.
    pub(super) fn pending_faults(&self) -> Vec<Call> {
        let pending = self.emulator.pending_faults().into_iter();
        pending.map(|(call, _)| call).collect()
    }

    pub(super) fn record(&self) -> Record {
        self.emulator.record()
    }
}
