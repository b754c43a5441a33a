//! The environment that a plan asks for.

use std::path::PathBuf;

use lambda_ext::Error;
use lambda_ext::emulator::record::Step;
use lambda_ext::emulator::{Emulator, EmulatorError, Initialization, Invocation, Outcome, Record};

use crate::plan::{Action, Invoke, Settings};

/// The environment that a plan asks for.
pub(crate) struct Environment(Emulator);

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
        Ok(Self(builder.start().await?))
    }

    pub(crate) async fn init(&self) -> Result<(), EmulatorError> {
        self.0.init().await
    }

    /// The invocation of that number, from 0 on; gives whether the environment outlives it.
    pub(crate) async fn invoke(&self, invoke: &Invoke, number: u32) -> Result<bool, EmulatorError> {
        let mut invocation = Invocation::default();
        if let Some(time) = invoke.duration {
            invocation = invocation.duration(time);
        }
        if let Some(time) = invoke.timeout {
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
        let invoked = self.0.invoke(invocation).await?;
        Ok(matches!(invoked.outcome, Outcome::Success | Outcome::Error))
    }

    pub(crate) async fn act(&self, action: &Action) -> Result<(), EmulatorError> {
        match action {
            Action::Invoke(invoke) => self.invoke(invoke, 0).await.map(drop),
            Action::Freeze(time) => self.0.freeze(*time).await,
            Action::Shutdown(reason) => self.0.shutdown(reason.clone()).await,
            Action::Fault(call, fault) => {
                self.0.inject(*call, fault.clone());
                Ok(())
            }
        }
    }

    pub(crate) fn record(&self) -> Record {
        self.0.record()
    }
}
