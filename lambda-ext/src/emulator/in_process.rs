//! Extensions that run in this process: a future stands for the process of each.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;

use tokio::sync::mpsc::UnboundedReceiver;

use super::control::{Control, ControlSender, Exit};
use super::error::EmulatorError;
use super::platform::Platform;
use super::seam;
use super::shared::Shared;
use crate::error::{Error, RunError};
use crate::extension::ExtensionBuilder;
use crate::handler::{Handler, Launch};

/// An extension of this process that is about to run; see [`Emulator::extension`].
///
/// The future of [`run`](Self::run), [`launch`](Self::launch), or [`run_future`](Self::run_future)
/// stands for the extension's process:
///
/// - The task that awaits it polls it, so it need not be `Send`. It is not polled during a freeze.
/// - Its end is the exit: with code 0 for an `Ok`, and for an extension that has
///   [failed open](crate::Config::fail_open); with code 1 for any other `Err`.
/// - A kill drops it.
///
/// It waits for ever unless something drives the emulator beside it, to its end: use
/// [`Emulator::drive`], or `tokio::try_join!` with a scenario that ends with
/// [`Emulator::shutdown`].
///
/// [`Emulator::drive`]: super::Emulator::drive
/// [`Emulator::extension`]: super::Emulator::extension
/// [`Emulator::shutdown`]: super::Emulator::shutdown
#[derive(Debug)]
#[must_use = "it does nothing until it runs"]
pub struct InProcessExtension {
    builder: ExtensionBuilder,
    membership: Membership,
}

/// The extension's part in the environment.
#[derive(Debug)]
struct Membership {
    name: String,
    /// The reason why it cannot run in the environment.
    refused: Option<&'static str>,
    shared: Shared,
    /// The generation that it belongs to.
    generation: u64,
}

impl InProcessExtension {
    pub(super) fn new(name: &str, runtime_api: &str, shared: Shared) -> Self {
        let managed = shared.look(Platform::managed);
        let (generation, refused) = shared.change(|platform| {
            let refused = platform.expect(name);
            (platform.generation(), refused.err())
        });
        Self {
            builder: seam::extension_builder(name, runtime_api, managed),
            membership: Membership {
                name: name.to_owned(),
                refused,
                shared,
                generation,
            },
        }
    }

    /// Changes the settings that the handler does not make.
    pub fn configure(
        mut self,
        configure: impl FnOnce(ExtensionBuilder) -> ExtensionBuilder,
    ) -> Self {
        self.builder = configure(self.builder);
        self
    }

    /// Runs a handler, like [`crate::run`], and returns it.
    ///
    /// # Errors
    /// The extension ends for another reason than SHUTDOWN, it is killed, or it has lost its
    /// handler by failing open.
    pub async fn run<H: Handler>(self, handler: H) -> Result<H, EmulatorError> {
        let work = Box::pin(seam::run(self.builder, handler));
        let ended = self.membership.supervise(work).await?;
        ended.map_err(|error: RunError| self.membership.failed(error.into()))
    }

    /// Makes a `T` and runs it, like [`crate::launch`] and the generated `main`, and returns it.
    ///
    /// # Errors
    /// As for [`run`](Self::run).
    pub async fn launch<T: Launch>(self) -> Result<T, EmulatorError> {
        let work = Box::pin(seam::launch(self.builder));
        let ended = self.membership.supervise(work).await?;
        ended.map_err(|error: RunError| self.membership.failed(error.into()))
    }

    /// Runs an event loop of your own, on a [`Client`](crate::Client) or on anything else that
    /// talks to [`Emulator::runtime_api`](super::Emulator::runtime_api) under this name.
    ///
    /// # Errors
    /// The future returns an error, or it is killed.
    pub async fn run_future<T, E: Into<Error>>(
        self,
        future: impl Future<Output = Result<T, E>>,
    ) -> Result<T, EmulatorError> {
        let work = Box::pin(async { future.await.map_err(Into::into) });
        self.membership.supervise(work).await
    }
}

impl Membership {
    /// Runs a future as the extension's process. It is on the heap, to keep the test's own small.
    async fn supervise<T>(
        &self,
        work: Pin<Box<impl Future<Output = Result<T, Error>>>>,
    ) -> Result<T, EmulatorError> {
        if let Some(reason) = self.refused {
            let extension = self.name.clone();
            return Err(EmulatorError::Unexpected { extension, reason });
        }
        let (sender, mut controls) = ControlSender::channel();
        // If its generation has ended, the sender is dropped, which kills the extension.
        self.change(|platform| platform.in_process_started(&self.name, sender));
        // Dropping this future is a kill from outside.
        let mut exit = ExitGuard {
            membership: self,
            code: None,
        };
        let outcome = run_controlled(work, &mut controls).await;
        exit.code = match &outcome {
            Some(Ok(_)) => Some(0),
            Some(Err(_)) => Some(1),
            None => None,
        };
        match outcome {
            Some(outcome) => outcome.map_err(|source| self.failed(source)),
            None => Err(EmulatorError::Killed {
                extension: self.name.clone(),
                reason: self
                    .shared
                    .look(|platform| platform.external().kill_reason(&self.name)),
            }),
        }
    }

    fn failed(&self, source: Error) -> EmulatorError {
        EmulatorError::Extension {
            extension: self.name.clone(),
            source,
        }
    }

    /// Changes the platform, unless the generation has ended.
    fn change(&self, change: impl FnOnce(&mut Platform)) {
        self.shared.change(|platform| {
            if platform.generation() == self.generation {
                change(platform);
            }
        });
    }
}

/// Polls the work while it is not stopped, until it is done. Returns nothing if it is killed.
async fn run_controlled<T>(
    work: impl Future<Output = T>,
    controls: &mut UnboundedReceiver<Control>,
) -> Option<T> {
    let mut work = pin!(work);
    let mut stopped = false;
    poll_fn(|context| {
        loop {
            match controls.poll_recv(context) {
                Poll::Ready(Some(Control::Stop)) => stopped = true,
                Poll::Ready(Some(Control::Continue)) => stopped = false,
                // A future has no signal handlers.
                Poll::Ready(Some(Control::Terminate)) => {}
                Poll::Ready(Some(Control::Kill) | None) => return Poll::Ready(None),
                Poll::Pending => break,
            }
        }
        if stopped {
            return Poll::Pending;
        }
        work.as_mut().poll(context).map(Some)
    })
    .await
}

/// Reports the exit when the future ends or is dropped.
struct ExitGuard<'a> {
    membership: &'a Membership,
    code: Option<i32>,
}

impl Drop for ExitGuard<'_> {
    fn drop(&mut self) {
        let Self { membership, code } = self;
        let exit = Exit::with_code(*code);
        membership.change(|platform| platform.extension_exited(&membership.name, exit));
    }
}
