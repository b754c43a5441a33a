//! The emulator: one execution environment, and what a test does with it.
//!
//! The futures of phases are on the heap, because a test's own future would get large.

use std::fmt;
use std::time::Duration;

use tokio::task::AbortHandle;

use super::call::Call;
use super::error::EmulatorError;
use super::fault::{Fault, TelemetryFault};
use super::in_process::InProcessExtension;
use super::invocation::{Invocation, InvocationResult};
use super::lifecycle::Driver;
use super::platform::Platform;
use super::record::Record;
use super::shared::Shared;
use crate::error::Error;
use crate::event::ShutdownReason;

/// One execution environment. Its function does what each invocation says, or is one of your own.
///
/// Dropping it closes its APIs and kills the processes that it launched.
pub struct Emulator {
    runtime_api: String,
    shared: Shared,
    driver: Driver,
    server: AbortHandle,
}

impl Emulator {
    pub(super) fn new(
        runtime_api: String,
        shared: Shared,
        driver: Driver,
        server: AbortHandle,
    ) -> Self {
        Self {
            runtime_api,
            shared,
            driver,
            server,
        }
    }

    /// Returns the value of `AWS_LAMBDA_RUNTIME_API`: `127.0.0.1:` and the port.
    #[must_use]
    pub fn runtime_api(&self) -> &str {
        &self.runtime_api
    }

    /// Creates an external extension that runs in this process, and expects it in the next init.
    ///
    /// It runs when its future is awaited, beside the scenario that drives the emulator. After a
    /// reset, create another one.
    pub fn extension(&self, name: &str) -> InProcessExtension {
        InProcessExtension::new(name, &self.runtime_api, self.shared.clone())
    }

    /// Runs an extension of this process beside a scenario, and returns its value. SHUTDOWN follows
    /// the scenario, unless the environment has ended.
    ///
    /// Several extensions are one future with [`tokio::try_join!`].
    ///
    /// # Errors
    /// The extension, the scenario, or SHUTDOWN fails. The first error drops the other future, so
    /// that no test waits for ever.
    pub async fn drive<T, E: Into<Error>, R, S: Into<Error>>(
        &self,
        extension: impl Future<Output = Result<T, E>>,
        scenario: impl Future<Output = Result<R, S>>,
    ) -> Result<T, Error> {
        let scenario = async {
            scenario.await.map_err(Into::into)?;
            self.shutdown(ShutdownReason::Spindown).await?;
            Ok::<_, Error>(())
        };
        let extension = async { extension.await.map_err(Into::into) };
        let (value, ()) = tokio::try_join!(extension, scenario)?;
        Ok(value)
    }

    /// Makes the next init wait until an internal extension of this name has registered. A runtime
    /// of your own would register it before its first invocation; with the built-in function, the
    /// test does.
    pub fn expect_internal(&self, name: &str) {
        self.shared
            .change(|platform| platform.expect_internal(name));
    }

    /// Injects a fault into the next call of this kind, by any caller. Several faults hit successive
    /// calls.
    pub fn inject(&self, call: Call, fault: Fault) {
        self.shared
            .change(|platform| platform.faults().add(call, fault));
    }

    /// Returns the injected faults whose call has not been made. A test can assert that there are none.
    #[must_use]
    pub fn pending_faults(&self) -> Vec<(Call, Fault)> {
        self.shared
            .change_silently(|platform| platform.faults().pending())
    }

    /// Injects a fault into the telemetry of one extension. Returns false if it does not subscribe.
    pub fn inject_telemetry(&self, extension: &str, fault: TelemetryFault) -> bool {
        self.shared
            .change(|platform| platform.telemetry().inject(extension, fault))
    }

    /// Writes a line as the function, at any time.
    pub fn log(&self, line: &str) {
        let line = line.to_owned();
        self.shared
            .change(|platform| platform.function_output(line));
    }

    /// Returns the record of everything so far.
    #[must_use]
    pub fn record(&self) -> Record {
        self.shared.look(Platform::snapshot)
    }

    /// Runs init, unless it has run: launches the extensions, waits until each has registered,
    /// starts the runtime, and waits until every extension has asked for its first event.
    ///
    /// # Errors
    /// An extension cannot be started, fails, exits, or is not ready within 10 s (see
    /// [`EmulatorBuilder::init_timeout`](super::EmulatorBuilder::init_timeout)). The environment
    /// has been reset.
    pub async fn init(&self) -> Result<(), EmulatorError> {
        Box::pin(self.driver.init()).await
    }

    /// Restores a snapshot, as SnapStart does before an invocation. Extensions get no event for
    /// that, only telemetry.
    ///
    /// # Errors
    /// As for [`init`](Self::init), which runs first if it has not.
    pub async fn restore(&self) -> Result<(), EmulatorError> {
        Box::pin(self.driver.restore()).await
    }

    /// Invokes the function, and waits until it and every extension that takes INVOKE are done. Runs
    /// init first, if it has not run.
    ///
    /// An outcome that the invocation asks for is not an error, even if it ends the environment.
    ///
    /// On Managed Instances many invocations may run at once, each as a future of its own.
    /// Extensions are not waited for there, and a timeout ends only its own invocation.
    ///
    /// # Errors
    /// An extension fails, exits, or holds the invocation until its timeout; or init fails. The
    /// environment has been reset, and the next invocation initialises it again.
    pub async fn invoke(&self, invocation: Invocation) -> Result<InvocationResult, EmulatorError> {
        Box::pin(self.driver.invoke(invocation)).await
    }

    /// Invokes the function, and waits for its response only, as its caller does on Lambda.
    /// Extensions may still be busy. The next phase waits for them.
    ///
    /// # Errors
    /// As for [`invoke`](Self::invoke), for what happens until the response.
    pub async fn invoke_until_response(
        &self,
        invocation: Invocation,
    ) -> Result<InvocationResult, EmulatorError> {
        Box::pin(self.driver.invoke_until_response(invocation)).await
    }

    /// Waits for the extensions after [`invoke_until_response`](Self::invoke_until_response).
    ///
    /// # Errors
    /// As for [`invoke`](Self::invoke), for what happens after the response.
    pub async fn finish_invocation(&self) -> Result<(), EmulatorError> {
        Box::pin(self.driver.finish_invocation()).await
    }

    /// Freezes the environment for this time, as Lambda does between invocations. Processes are
    /// stopped, and the futures of extensions of this process are not polled. Tasks that they have
    /// spawned go on.
    ///
    /// With tokio's clock paused (`#[tokio::test(start_paused = true)]`, tokio's feature
    /// `test-util`) the time passes at once. The timers of extensions of this process fire late, all
    /// together, and the wall clock that the framework reads skips the time, too.
    ///
    /// # Errors
    /// An extension is still busy after [`invoke_until_response`](Self::invoke_until_response), and
    /// fails.
    pub async fn freeze(&self, time: Duration) -> Result<(), EmulatorError> {
        Box::pin(self.driver.freeze(time)).await
    }

    /// Ends the environment, and waits until all its processes have ended: SIGTERM to the runtime,
    /// SHUTDOWN to the external extensions that take it, and SIGKILL to the others. Extensions that
    /// are still running after 2 s are killed. A later init or invocation begins a new environment.
    ///
    /// # Errors
    /// An extension that takes SHUTDOWN had to be killed or exited with another code than 0; or one
    /// was still busy after [`invoke_until_response`](Self::invoke_until_response), and failed.
    pub async fn shutdown(&self, reason: ShutdownReason) -> Result<(), EmulatorError> {
        Box::pin(self.driver.shutdown(reason)).await
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.server.abort();
        self.shared.change(Platform::close);
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Emulator")
            .field("runtime_api", &self.runtime_api)
            .finish_non_exhaustive()
    }
}
