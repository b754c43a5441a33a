//! The environment that a plan asks for.

use std::path::PathBuf;

use lambda_ext::Error;
use lambda_ext::emulator::record::Step;
use lambda_ext::emulator::{Emulator, EmulatorError, Invocation, Record};

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
        for (key, value) in &settings.env {
            builder = builder.env(key, value);
        }
        let emulator = builder.start().await?;
        for executable in executables {
            emulator
                .launch(executable)
                .map_err(|error| format!("cannot run {}: {error}", executable.display()))?;
        }
        Ok(Self(emulator))
    }

    pub(crate) async fn init(&self) -> Result<(), EmulatorError> {
        self.0.init().await
    }

    /// The invocation of that number, from 0 on; gives whether the environment outlives it.
    pub(crate) async fn invoke(
        &self,
        invoke: &Invoke,
        _number: u32,
    ) -> Result<bool, EmulatorError> {
        let mut invocation = Invocation::default();
        if let Some(timeout) = invoke.timeout {
            invocation.timeout = timeout;
        }
        self.0.invoke(invocation).await.map(|()| true)
    }

    pub(crate) async fn act(&self, action: &Action) -> Result<(), EmulatorError> {
        match action {
            Action::Shutdown(reason) => self.0.shutdown(reason.clone()).await,
            Action::Freeze(time) => {
                tokio::time::sleep(*time).await;
                Ok(())
            }
            Action::Fault(..) | Action::Invoke(_) => Ok(()),
        }
    }

    pub(crate) fn record(&self) -> Record {
        self.0.record()
    }
}
