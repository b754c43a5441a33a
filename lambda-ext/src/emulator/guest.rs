//! Extensions that run in the emulator's own process: a future stands for the process.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;

use tokio::sync::mpsc::{self, UnboundedReceiver};

use super::EmulatorError;
use super::member::{Control, Member};
use super::platform::{Platform, Stage};
use super::process::Exit;
use super::shared::Shared;
use crate::{Error, ExtensionBuilder, Handler, Launch};

/// An extension of this process that is about to run, as [`Emulator::extension`] makes it.
///
/// Its future stands for its process: polled on the task of whoever awaits it, and not at all
/// while the environment is frozen; its end is the exit, with code 0 for an `Ok`, and where a
/// [fail open](crate::Config::fail_open) extension has lost its handler, and 1 for another `Err`; a
/// kill drops it. It need not be `Send`. It waits for ever if nobody drives the emulator
/// beside it, to its end: [`Emulator::drive`] does, `tokio::try_join!` does if the scenario ends with
/// [`shutdown`](super::Emulator::shutdown).
///
/// [`Emulator::drive`]: super::Emulator::drive
/// [`Emulator::extension`]: super::Emulator::extension
#[derive(Debug)]
#[must_use = "it does nothing until it runs"]
pub struct InProcess {
    extension: ExtensionBuilder,
    place: Place,
}

/// Where it belongs.
#[derive(Debug)]
struct Place {
    name: String,
    /// Why it cannot be in the environment.
    refused: Option<&'static str>,
    shared: Shared,
    /// It is there for one environment, and not for one that begins after that.
    generation: u64,
}

impl InProcess {
    pub(super) fn new(name: &str, extension: ExtensionBuilder, shared: Shared) -> Self {
        let (generation, refused) = shared.change(|platform| {
            let refused = platform.expect(name);
            (platform.generation, refused.err())
        });
        let name = name.to_owned();
        let place = Place {
            name,
            refused,
            shared,
            generation,
        };
        Self { extension, place }
    }

    /// Sets what is not the handler's.
    pub fn configure(
        mut self,
        configure: impl FnOnce(ExtensionBuilder) -> ExtensionBuilder,
    ) -> Self {
        self.extension = configure(self.extension);
        self
    }

    /// Runs a handler that exists, as [`crate::run`] does, and gives it back.
    ///
    /// # Errors
    /// Whatever ends it other than SHUTDOWN, that it was killed, or why there is no handler at the
    /// end.
    pub async fn run<H: Handler>(self, handler: H) -> Result<H, EmulatorError> {
        let Self { extension, place } = self;
        let work = async { Ok(extension.build()?.run_to_end(handler).await?) };
        let work = Box::pin(work);
        let ended = host(&place, work).await?;
        ended
            .into_result()
            .map_err(|why| place.ended_with(why.into()))
    }

    /// Makes a `T` and runs it, as [`crate::launch`] and the generated `main` do, and gives it
    /// back.
    ///
    /// # Errors
    /// As for [`run`](Self::run).
    pub async fn launch<T: Launch>(self) -> Result<T, EmulatorError> {
        let Self { extension, place } = self;
        let work = async { Ok(extension.build()?.launch_to_end().await?) };
        let work = Box::pin(work);
        let ended = host(&place, work).await?;
        ended
            .into_result()
            .map_err(|why| place.ended_with(why.into()))
    }

    /// Runs an event loop of your own, on a [`Client`](crate::Client) or on anything else that
    /// talks to [`Emulator::runtime_api`](super::Emulator::runtime_api) under this name.
    ///
    /// # Errors
    /// What it returns, or that it was killed.
    pub async fn play<T, E: Into<Error>>(
        self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, EmulatorError> {
        let work = Box::pin(async { work.await.map_err(Into::into) });
        host(&self.place, work).await
    }
}

/// Drives the future as a process. It is on the heap, so that the test's own stays small.
async fn host<T>(
    place: &Place,
    work: Pin<Box<impl Future<Output = Result<T, Error>>>>,
) -> Result<T, EmulatorError> {
    let (reins, mut controls) = mpsc::unbounded_channel();
    if let Some(why) = place.refused {
        let extension = place.name.clone();
        return Err(EmulatorError::Unexpected { extension, why });
    }
    place.change(|platform| {
        let member = platform.members.entry(place.name.clone());
        member.or_insert_with(Member::default).started(reins);
        if platform.stage == Stage::Init {
            platform.announce();
        }
    });
    // A future that is dropped is a process that is killed from outside.
    let mut exit = Departure { place, code: None };
    // Where its environment has ended before it began, nobody has the reins.
    let outcome = guide(work, &mut controls).await;
    exit.code = match &outcome {
        Some(Ok(_)) => Some(0),
        Some(Err(_)) => Some(1),
        None => None,
    };
    match outcome {
        Some(outcome) => outcome.map_err(|source| place.ended_with(source)),
        None => Err(EmulatorError::Killed {
            extension: place.name.clone(),
            why: place.shared.look(|platform| {
                let member = platform.members.get(&place.name)?;
                member.killed
            }),
        }),
    }
}

/// Polls the work while it is not stopped, until it is done or killed.
async fn guide<T>(
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
                // It does not listen for signals.
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

impl Place {
    fn ended_with(&self, source: Error) -> EmulatorError {
        EmulatorError::Extension {
            extension: self.name.clone(),
            source,
        }
    }

    /// Changes its environment, if it has not ended.
    fn change(&self, change: impl FnOnce(&mut Platform)) {
        self.shared.change(|platform| {
            if platform.generation == self.generation {
                change(platform);
            }
        });
    }
}

/// Its end, whoever brings it about.
struct Departure<'a> {
    place: &'a Place,
    code: Option<i32>,
}

impl Drop for Departure<'_> {
    fn drop(&mut self) {
        let Self { place, code } = self;
        place.change(|platform| platform.left(&place.name, Exit::code(*code)));
    }
}
