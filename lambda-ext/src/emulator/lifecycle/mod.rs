//! The phases of an environment: init, invocation, and what ends it.

mod end;
mod init;
mod invoke;

use std::time::{Duration, SystemTime};

use tokio::sync::MutexGuard;
use tokio::time::{Instant, sleep};

pub(super) use self::end::SHUTDOWN;
use super::invocation::{Invocation, Invoked};
use super::member::Control;
use super::platform::{Platform, Stage};
use super::record::{Phase, What};
use super::shared::Shared;
use super::telemetry::Pace;
use super::{Emulator, EmulatorError};
use crate::{ShutdownReason, clock};

/// The runtime, where extensions are named.
const RUNTIME: &str = "the runtime";

/// What an invocation leaves to be waited for, once its caller has the answer.
#[derive(Debug)]
pub(super) struct Unfinished {
    request_id: String,
    /// Of the environment: another invocation at the same time may end it.
    generation: u64,
    deadline: Instant,
    /// What init took, where this is the first invocation after it.
    init: Option<Duration>,
}

/// What one generation is driven by; held by whoever drives it.
#[derive(Debug, Default)]
pub(super) struct Drive {
    unfinished: Option<Unfinished>,
    /// When the last init began, and whether it is part of an invocation.
    begun: Option<(Instant, bool)>,
    init: Option<Duration>,
}

impl Emulator {
    /// Runs init, unless it has run already: launches the extensions, waits until each has
    /// registered, starts the runtime, and waits until every extension has asked for its first
    /// event.
    ///
    /// # Errors
    /// An extension cannot be started, fails, leaves, or is not there within 10 s (see
    /// [`EmulatorBuilder::init_timeout`](super::EmulatorBuilder::init_timeout)). The environment
    /// has been reset then.
    pub async fn init(&self) -> Result<(), EmulatorError> {
        let mut drive = self.reins().await?;
        if let Stage::Idle { .. } | Stage::Init = self.stage() {
            self.initialise(&mut drive, None).await?;
        }
        Ok(())
    }

    /// Restores a snapshot, as SnapStart does before an invocation. Extensions get no event for
    /// that, only telemetry.
    ///
    /// # Errors
    /// As for [`init`](Self::init), which runs first if it has not.
    pub async fn restore(&self) -> Result<(), EmulatorError> {
        let mut drive = self.reins().await?;
        if let Stage::Idle { .. } | Stage::Init = self.stage() {
            self.initialise(&mut drive, None).await?;
        }
        self.shared.change(|platform| {
            platform.note(What::Began(Phase::Restore));
            platform.telemetry.goes(Pace::Buffered);
            platform.tell_restore(Duration::ZERO);
            platform.rest();
            ended(platform, Phase::Restore, None);
        });
        Ok(())
    }

    /// Invokes the function, and waits until it and every extension that takes INVOKE are done. An
    /// environment that is not initialised is, before.
    ///
    /// An outcome that was asked for is not an error, even where it ends the environment. On
    /// Managed Instances many may run at once, each its own future; there, extensions are not
    /// waited for, and a timeout ends its invocation only.
    ///
    /// # Errors
    /// An extension fails or leaves, or holds the invocation until its timeout; or init fails. The
    /// environment has been reset then, and the next invocation initialises it again.
    pub async fn invoke(&self, invocation: Invocation) -> Result<Invoked, EmulatorError> {
        let mut drive = self.reins().await?;
        if self.shared.look(|platform| platform.settings.managed()) {
            return self.invoke_managed(drive, invocation).await;
        }
        let invoked = self.respond(&mut drive, invocation).await?;
        self.finish(&mut drive).await?;
        Ok(invoked)
    }

    /// Invokes the function, and waits for its response only, as its caller does on Lambda:
    /// extensions may still be busy. Whatever is done with the environment next waits for them.
    ///
    /// # Errors
    /// As for [`invoke`](Self::invoke), for what happens until the response.
    pub async fn call(&self, invocation: Invocation) -> Result<Invoked, EmulatorError> {
        let mut drive = self.reins().await?;
        self.respond(&mut drive, invocation).await
    }

    /// Waits for the extensions after a [`call`](Self::call).
    ///
    /// # Errors
    /// As for [`invoke`](Self::invoke), for what happens after the response.
    pub async fn settle(&self) -> Result<(), EmulatorError> {
        self.reins().await.map(|_| ())
    }

    /// Freezes the environment for this time, as Lambda does between invocations: processes are
    /// stopped, and the futures of extensions that run in this process are not polled. With
    /// tokio's clock paused (`#[tokio::test(start_paused = true)]`, tokio's feature `test-util`)
    /// the time passes at once, and the timers of extensions of this process come late, all
    /// together; for what the framework decides by the wall clock, that goes on too. Tasks that
    /// extensions of this process have spawned are not stopped.
    ///
    /// # Errors
    /// An extension that is still busy, after a [`call`](Self::call), fails.
    pub async fn freeze(&self, time: Duration) -> Result<(), EmulatorError> {
        let _drive = self.reins().await?;
        let _frozen = Frozen::begin(&self.shared);
        let began = SystemTime::now();
        sleep(time).await;
        // Where tokio's clock is paused, the wall clock has to be told of the time that was skipped.
        let passed = began.elapsed().unwrap_or_default();
        clock::jump(time.saturating_sub(passed));
        Ok(())
    }

    /// Ends the environment: SIGTERM to a runtime, SHUTDOWN to the external extensions that take
    /// it, SIGKILL to the others, and after 2 s to those that are still there. Waits for all to
    /// end. An invocation or init after that begins a new environment.
    ///
    /// # Errors
    /// An extension had to be killed although it takes SHUTDOWN, or left with a code that is not
    /// 0; or it was still busy, after a [`call`](Self::call), and failed.
    pub async fn shutdown(&self, reason: ShutdownReason) -> Result<(), EmulatorError> {
        let _drive = self.reins().await?;
        if self.shared.look(Platform::is_over) {
            return Ok(());
        }
        self.end(reason, false, None).await
    }

    fn stage(&self) -> Stage {
        self.shared.look(|platform| platform.stage)
    }

    /// The reins, once what was begun before has come to its end, also where its future was
    /// dropped.
    async fn reins(&self) -> Result<MutexGuard<'_, Drive>, EmulatorError> {
        let mut drive = self.drive.lock().await;
        match self.stage() {
            Stage::Ending => self.end(ShutdownReason::Spindown, false, None).await?,
            Stage::Idle { .. } | Stage::Init | Stage::Ready => self.finish(&mut drive).await?,
        }
        Ok(drive)
    }

    /// Waits until nobody is missing any more; that somebody has left ends it.
    async fn gate(
        &self,
        deadline: Instant,
        what: &'static str,
        missing: impl Fn(&Platform) -> Vec<String>,
    ) -> Result<(), EmulatorError> {
        let unless_cancelled = |platform: &Platform| {
            if platform.cancelled {
                Vec::new()
            } else {
                missing(platform)
            }
        };
        let outcome = self.shared.wait(deadline, unless_cancelled).await;
        match self.failure() {
            Some(failure) => Err(failure),
            None => outcome.map_err(|extensions| EmulatorError::Late { extensions, what }),
        }
    }

    /// That somebody has left, with the first fatal error behind it.
    fn failure(&self) -> Option<EmulatorError> {
        self.shared.look(|platform| {
            let fatal = platform.fatal.clone().filter(|_| platform.cancelled)?;
            Some(EmulatorError::Failed {
                error_type: fatal.error_type,
                extension: fatal.extension,
                reported: fatal.reported,
            })
        })
    }
}

fn ended(platform: &mut Platform, phase: Phase, error: Option<&EmulatorError>) {
    let error = error.map(ToString::to_string);
    platform.note(What::Ended { phase, error });
}

/// A freeze; its end is the thaw.
struct Frozen<'a>(&'a Shared);

impl<'a> Frozen<'a> {
    fn begin(shared: &'a Shared) -> Self {
        control_all(shared, What::Frozen, Control::Stop);
        Self(shared)
    }
}

impl Drop for Frozen<'_> {
    fn drop(&mut self) {
        control_all(self.0, What::Thawed, Control::Continue);
    }
}

fn control_all(shared: &Shared, what: What, control: Control) {
    shared.change(|platform| {
        platform.note(what);
        platform.runtime.control(control);
        for member in platform.members.values() {
            member.control(control);
        }
    });
}
