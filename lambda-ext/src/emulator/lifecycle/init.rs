//! Init: starts the extensions and the runtime, and waits for each.

use std::io;
use std::path::Path;

use tokio::time::Instant;

use super::{Driver, DriverState, runtime_if};
use crate::emulator::control::StartedProcess;
use crate::emulator::error::EmulatorError;
use crate::emulator::generation::Stage;
use crate::emulator::platform::Platform;
use crate::emulator::process::Executable;
use crate::emulator::settings::Initialization;
use crate::event::ShutdownReason;

impl Driver {
    /// Runs init, unless it has run.
    pub(super) async fn ensure_init(&self, state: &mut DriverState) -> Result<(), EmulatorError> {
        match self.stage() {
            Stage::Idle { .. } | Stage::Init => self.run_init(state, None).await,
            Stage::Ready | Stage::Ending => Ok(()),
        }
    }

    /// Runs init before an invocation, unless it has run. After a reset it is part of the
    /// invocation, up to its deadline. Returns whether it was.
    pub(super) async fn init_for_invocation(
        &self,
        state: &mut DriverState,
        deadline: Instant,
    ) -> Result<bool, EmulatorError> {
        let suppressed = self.stage() == Stage::Idle { reset: true };
        if suppressed {
            self.run_init(state, Some(deadline)).await?;
        } else {
            self.ensure_init(state).await?;
        }
        Ok(suppressed)
    }

    /// Runs init, up to a deadline if it is part of an invocation. An init whose future was dropped
    /// goes on.
    async fn run_init(
        &self,
        state: &mut DriverState,
        deadline: Option<Instant>,
    ) -> Result<(), EmulatorError> {
        let resumed = state.init_began.filter(|_| self.stage() == Stage::Init);
        let (began, suppressed) = resumed.unwrap_or((Instant::now(), deadline.is_some()));
        self.check_departed()?;
        if resumed.is_none() {
            state.init_began = Some((began, suppressed));
            self.shared
                .change(|platform| platform.begin_init(suppressed));
        }
        let limit = self
            .shared
            .look(|platform| platform.settings().init_timeout);
        let deadline = deadline.unwrap_or(began + limit);
        let outcome = self
            .run_gates(deadline, resumed.is_some(), suppressed)
            .await;
        let took = began.elapsed();
        self.shared
            .change(|platform| platform.end_init(suppressed, took, &outcome));
        if let Err(error) = outcome {
            let managed = self.shared.look(Platform::managed);
            let reason = if managed {
                ShutdownReason::Failure
            } else {
                ShutdownReason::Spindown
            };
            // The record has any later error.
            let _ = self.end(reason, true, None).await;
            return Err(error);
        }
        let initialization = self
            .shared
            .look(|platform| platform.settings().initialization);
        // A suppressed init is part of the invocation's own time.
        let billed = initialization == Initialization::OnDemand && !suppressed;
        state.init_took = billed.then_some(took);
        Ok(())
    }

    /// Fails if an extension of this process has not been made again after a reset.
    fn check_departed(&self) -> Result<(), EmulatorError> {
        let departed = self.shared.look(|platform| {
            let departed = platform.external().first_departed();
            departed.map(str::to_owned)
        });
        departed.map_or(Ok(()), |extension| {
            let reason = "ran before the reset and cannot be started again: call \
                          `Emulator::extension` before the next invocation";
            Err(EmulatorError::Unexpected { extension, reason })
        })
    }

    /// Waits for the steps of init, one after the other.
    async fn run_gates(
        &self,
        deadline: Instant,
        resumed: bool,
        suppressed: bool,
    ) -> Result<(), EmulatorError> {
        if !resumed {
            self.launch_extensions()?;
        }
        self.wait(deadline, "register", Platform::unregistered)
            .await?;
        self.start_runtime()?;
        let ready = self
            .wait(deadline, "ask for its first invocation", |platform| {
                runtime_if(!platform.runtime().is_ready())
            })
            .await;
        if let Err(EmulatorError::Failed { .. }) = &ready {
            self.shared
                .change(|platform| platform.runtime_init_failed(suppressed, &ready));
        }
        ready?;
        self.wait(deadline, "register", |platform| {
            if platform.runtime().is_built_in() {
                platform.registry().missing_internal()
            } else {
                Vec::new()
            }
        })
        .await?;
        self.shared
            .change(|platform| platform.close_registration(suppressed));
        self.wait(deadline, "ask for its first event", |platform| {
            platform.registry().busy(None)
        })
        .await
    }

    /// Launches the executables. One that cannot be started does not keep the others from it.
    fn launch_extensions(&self) -> Result<(), EmulatorError> {
        let executables = self
            .shared
            .look(|platform| platform.external().executables());
        let mut failure = None;
        for (name, path) in executables {
            // The time that the start itself takes is part of the launch.
            let before = Instant::now();
            let started = self.launch_extension(&name, &path);
            self.shared.change(|platform| match started {
                Ok(started) => platform.extension_started(name, started, before),
                Err(error) => {
                    let error = format!("{}: {error}", path.display());
                    platform.launch_failed(name.clone(), error.clone());
                    failure.get_or_insert((name, error));
                }
            });
        }
        failure.map_or(Ok(()), |(name, error)| {
            Err(EmulatorError::Failed {
                error_type: "Extension.LaunchError",
                extension: Some(name),
                reported: Some(error),
            })
        })
    }

    fn launch_extension(&self, name: &str, path: &Path) -> io::Result<StartedProcess> {
        let (writer, exiting) = (name.to_owned(), name.to_owned());
        let (output, end) = (self.shared.clone(), self.shared.clone());
        Executable {
            path,
            variables: &self.extension_variables,
        }
        .start(
            move |line| output.change(|platform| platform.extension_output(writer.clone(), line)),
            move |exit| end.change(|platform| platform.extension_exited(&exiting, exit)),
        )
    }

    fn start_runtime(&self) -> Result<(), EmulatorError> {
        let executable = self.shared.look(|platform| {
            let runtime = platform.runtime();
            let executable = runtime.executable().filter(|_| !runtime.is_running());
            executable.map(Path::to_path_buf)
        });
        let Some(path) = executable else {
            return Ok(());
        };
        let (output, end) = (self.shared.clone(), self.shared.clone());
        let executable = Executable {
            path: &path,
            variables: &self.runtime_variables,
        };
        let started = executable.start(
            move |line| output.change(|platform| platform.function_output(line)),
            move |exit| end.change(|platform| platform.runtime_exited(exit)),
        );
        let started = started.map_err(|error| EmulatorError::Failed {
            error_type: "Runtime.InvalidEntrypoint",
            extension: None,
            reported: Some(format!("{}: {error}", path.display())),
        })?;
        self.shared
            .change(|platform| platform.runtime_started(started));
        Ok(())
    }
}
