//! The environment that a plan asks for.

use std::path::PathBuf;
use std::time::Duration;

use lambda_ext::Error;
use lambda_ext::emulator::record::Step;
use lambda_ext::emulator::{
    Call, Emulator, EmulatorError, Initialization, Invocation, Outcome, Record,
};

use crate::plan::{Action, Invoke, Settings};

/// The environment that a plan asks for.
pub(crate) struct Environment {
    emulator: Emulator,
    /// What an invocation is like that does not say it itself.
    duration: Option<Duration>,
    timeout: Option<Duration>,
}

impl Environment {
    pub(crate) async fn start(
        settings: &Settings,
        executables: &[PathBuf],
        observer: impl Fn(&Step) + Send + 'static,
    ) -> Result<Self, Error> {
        let mut builder = Emulator::builder().observe(observer);
        for executable in executables {
            builder = builder.executable(executable);
        }
        for (key, value) in &settings.env {
            builder = builder.env(key, value);
        }
        if let Some(runtime) = &settings.runtime {
            builder = builder.runtime(runtime);
        }
        if let Some(time) = settings.init_timeout {
            builder = builder.init_timeout(time);
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

    pub(crate) async fn init(&self) -> Result<(), EmulatorError> {
        self.emulator.init().await
    }

    /// The invocation of that number, from 0 on; gives whether the environment outlives it.
    pub(crate) async fn invoke(&self, invoke: &Invoke, number: u32) -> Result<bool, EmulatorError> {
        let mut invocation = Invocation::default();
        if let Some(time) = invoke.duration.or(self.duration) {
            invocation = invocation.duration(time);
        }
        if let Some(time) = invoke.timeout.or(self.timeout) {
            invocation = invocation.timeout(time);
        }
        let turn = usize::try_from(number).unwrap_or_default() % invoke.outcomes.len().max(1);
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

    pub(crate) async fn act(&self, action: &Action) -> Result<(), EmulatorError> {
        match action {
            Action::Invoke(invoke) => self.invoke(invoke, 0).await.map(drop),
            Action::Freeze(time) => self.emulator.freeze(*time).await,
            Action::Shutdown(reason) => self.emulator.shutdown(reason.clone()).await,
            Action::Fault(call, fault) => {
                self.emulator.inject(*call, fault.clone());
                Ok(())
            }
        }
    }

    /// Whose faults wait for their call, one for each fault.
    pub(crate) fn pending(&self) -> Vec<Call> {
        let pending = self.emulator.pending_faults().into_iter();
        pending.map(|(call, _)| call).collect()
    }

    pub(crate) fn record(&self) -> Record {
        self.emulator.record()
    }
}
