//! The phases of an environment: each is a future that changes the platform and waits for others to.

mod end;
mod init;
mod invoke;

use std::ffi::OsString;
use std::time::{Duration, SystemTime};

use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{Instant, sleep};

use super::control::Control;
use super::error::EmulatorError;
use super::generation::Stage;
use super::invocation::{Invocation, InvocationResult};
use super::platform::Platform;
use super::record::StepKind;
use super::seam::advance_clock;
use super::shared::Shared;
use crate::event::ShutdownReason;

/// The name of the runtime in errors.
const RUNTIME: &str = "the runtime";

/// The variables of a process.
pub(super) type Variables = Vec<(OsString, OsString)>;

/// Takes the environment from phase to phase.
pub(super) struct Driver {
    shared: Shared,
    extension_variables: Variables,
    runtime_variables: Variables,
    state: Mutex<DriverState>,
}

/// The state between phases, locked by the phase that runs.
#[derive(Debug, Default)]
struct DriverState {
    unfinished: Option<Unfinished>,
    /// The time when the last init began, and whether it is part of an invocation.
    init_began: Option<(Instant, bool)>,
    /// The duration of init, until the first invocation after it.
    init_took: Option<Duration>,
}

/// An invocation whose caller has the response, while others may still be busy with it.
#[derive(Debug)]
struct Unfinished {
    request_id: String,
    /// Another invocation at the same time may end the generation.
    generation: u64,
    deadline: Instant,
    /// The duration of init, if this is the first invocation after it.
    init: Option<Duration>,
}

impl Driver {
    pub(super) fn new(
        shared: Shared,
        extension_variables: Variables,
        runtime_variables: Variables,
    ) -> Self {
        Self {
            shared,
            extension_variables,
            runtime_variables,
            state: Mutex::default(),
        }
    }

    pub(super) async fn init(&self) -> Result<(), EmulatorError> {
        let mut state = self.lock().await?;
        self.ensure_init(&mut state).await
    }

    pub(super) async fn restore(&self) -> Result<(), EmulatorError> {
        let mut state = self.lock().await?;
        self.ensure_init(&mut state).await?;
        self.shared.change(Platform::restore);
        Ok(())
    }

    pub(super) async fn invoke(
        &self,
        invocation: Invocation,
    ) -> Result<InvocationResult, EmulatorError> {
        let mut state = self.lock().await?;
        if self.shared.look(Platform::managed) {
            return self.invoke_managed(state, invocation).await;
        }
        let result = self.respond(&mut state, invocation).await?;
        self.finish(&mut state).await?;
        Ok(result)
    }

    pub(super) async fn invoke_until_response(
        &self,
        invocation: Invocation,
    ) -> Result<InvocationResult, EmulatorError> {
        let mut state = self.lock().await?;
        self.respond(&mut state, invocation).await
    }

    pub(super) async fn finish_invocation(&self) -> Result<(), EmulatorError> {
        self.lock().await.map(|_| ())
    }

    pub(super) async fn freeze(&self, time: Duration) -> Result<(), EmulatorError> {
        let _state = self.lock().await?;
        let _frozen = Frozen::begin(&self.shared);
        let began = SystemTime::now();
        sleep(time).await;
        // If tokio's clock is paused, the wall clock has to skip the time as well.
        let passed = began.elapsed().unwrap_or_default();
        advance_clock(time.saturating_sub(passed));
        Ok(())
    }

    pub(super) async fn shutdown(&self, reason: ShutdownReason) -> Result<(), EmulatorError> {
        let _state = self.lock().await?;
        if self.shared.look(Platform::is_over) {
            return Ok(());
        }
        self.end(reason, false, None).await
    }

    fn stage(&self) -> Stage {
        self.shared.look(Platform::stage)
    }

    /// Locks the state, and completes the phase that was begun before, even if its future was dropped.
    async fn lock(&self) -> Result<MutexGuard<'_, DriverState>, EmulatorError> {
        let mut state = self.state.lock().await;
        match self.stage() {
            Stage::Ending => self.end(ShutdownReason::Spindown, false, None).await?,
            Stage::Idle { .. } | Stage::Init | Stage::Ready => self.finish(&mut state).await?,
        }
        Ok(state)
    }

    /// Waits until nothing is missing, or until an extension or the runtime exits.
    async fn wait(
        &self,
        deadline: Instant,
        expected: &'static str,
        missing: impl Fn(&Platform) -> Vec<String>,
    ) -> Result<(), EmulatorError> {
        let unless_cancelled = |platform: &Platform| {
            if platform.is_cancelled() {
                Vec::new()
            } else {
                missing(platform)
            }
        };
        let outcome = self.shared.wait(deadline, unless_cancelled).await;
        match self.failure() {
            Some(failure) => Err(failure),
            None => outcome.map_err(|extensions| EmulatorError::TimedOut {
                extensions,
                expected,
            }),
        }
    }

    /// The first fatal error, once an extension or the runtime has exited.
    fn failure(&self) -> Option<EmulatorError> {
        self.shared.look(Platform::failure).map(EmulatorError::from)
    }
}

/// The runtime as the only one that is missing, or nothing.
fn runtime_if(missing: bool) -> Vec<String> {
    missing.then(|| RUNTIME.to_owned()).into_iter().collect()
}

/// A freeze. Dropping it is the thaw.
struct Frozen<'a>(&'a Shared);

impl<'a> Frozen<'a> {
    fn begin(shared: &'a Shared) -> Self {
        control_all(shared, StepKind::Frozen, Control::Stop);
        Self(shared)
    }
}

impl Drop for Frozen<'_> {
    fn drop(&mut self) {
        control_all(self.0, StepKind::Thawed, Control::Continue);
    }
}

fn control_all(shared: &Shared, step: StepKind, control: Control) {
    shared.change(|platform| {
        platform.record(step);
        platform.control_all(control);
    });
}
