//! Panics: what they said, what they are reported as, and by whom.
//!
//! Where panics unwind, the lifecycle catches them; a hook keeps where they were, which what is
//! caught does not tell. Where they abort, a hook has the last word: it reports the panic before the
//! process is gone.

use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::done::Done;
use crate::entry::local_runtime;
use crate::{Client, ErrorReporter, ErrorRequest, budget};

/// A panic that was caught.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Panic {
    /// What it said.
    pub message: String,
    /// Where it was: file, line and column. Only the `main` that the attribute writes can tell, as
    /// the process and its panic hook are its own. (A hook that replaces that one has to call it.)
    pub location: Option<String>,
}

impl fmt::Display for Panic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("panicked")?;
        if let Some(location) = &self.location {
            write!(formatter, " at {location}")?;
        }
        write!(formatter, ": {}", self.message)
    }
}

thread_local! {
    /// The last panic of this thread, with its place.
    static LAST: Cell<Option<Panic>> = const { Cell::new(None) };
}

/// Does what is the author's beside the methods, a destructor or the text of an error. Nothing, where
/// that panics.
pub(crate) fn contained<T>(work: impl FnOnce() -> T) -> Option<T> {
    // Its payload is the author's, too.
    catch_unwind(AssertUnwindSafe(work))
        .map_err(std::mem::forget)
        .ok()
}

impl Panic {
    /// From what was caught, on the thread that panicked.
    pub(crate) fn caught(payload: Box<dyn Any + Send>) -> Self {
        let message = message(&*payload).to_owned();
        // Its destructor is the author's, and may panic.
        std::mem::forget(payload);
        // One that is thrown again has its place from another.
        let last = LAST.take().filter(|last| last.message == message);
        last.unwrap_or(Self {
            message,
            location: None,
        })
    }

    fn of(panic: &PanicHookInfo<'_>) -> Self {
        Self {
            message: message(panic.payload()).to_owned(),
            location: panic.location().map(ToString::to_string),
        }
    }
}

/// Installs the hook that this process needs; where panics abort, with the stage that it reports at.
pub(crate) fn install(client: &Client) -> Option<Stage> {
    if cfg!(panic = "abort") {
        let stage = Stage(Arc::new(Mutex::new(Report::Unregistered(client.clone()))));
        stage.clone().install();
        return Some(stage);
    }
    let say = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        LAST.set(Some(Panic::of(panic)));
        say(panic);
    }));
    None
}

/// Which report the platform would accept now. Who holds the lock may end the process.
#[derive(Debug, Clone)]
pub(crate) struct Stage(Arc<Mutex<Report>>);

/// A report that could be made.
#[derive(Debug, Clone)]
pub(crate) enum Report {
    /// To init error, once registered.
    Unregistered(Client),
    ToInitError(ErrorReporter),
    ToExitError(ErrorReporter),
}

impl Stage {
    fn install(self) {
        let say = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            say(panic);
            // For good: what else wants to end the process meanwhile waits for this to end it.
            let report = self.lock();
            report.clone().make(Panic::of(panic).to_string());
            std::process::exit(1);
        }));
    }

    pub(crate) fn registered(&self, reporter: &ErrorReporter) {
        *self.lock() = Report::ToInitError(reporter.clone());
    }

    pub(crate) fn polling(&self, reporter: &ErrorReporter) {
        *self.lock() = Report::ToExitError(reporter.clone());
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Report> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a panic is about to end the process.
    pub(crate) fn is_reporting(&self) -> bool {
        self.0.try_lock().is_err()
    }
}

impl Report {
    /// From a thread and a runtime of its own, as this one's is in the middle of a poll, and
    /// within the time that its calls have: this thread waits no longer, even if that one panics.
    fn make(self, message: String) {
        let done = Done::default();
        let by_thread = done.clone();
        let thread = thread::Builder::new().spawn(move || {
            let error = ErrorRequest::new("Extension.Panic", message);
            if let Ok(runtime) = local_runtime() {
                runtime.block_on(self.send(&error));
            }
            by_thread.set();
        });
        // Without a thread there is no report: the process ends, and the panic has said why.
        if thread.is_ok() {
            done.wait(budget::REGISTER + budget::REPORT);
        }
    }

    /// By a new connection: the other one belongs to the other runtime.
    async fn send(self, error: &ErrorRequest) {
        let _ = match self {
            // It is to be reported only, so it needs no events.
            Self::Unregistered(client) => match client.reconnected().register(&[]).await {
                Ok(client) => client.error_reporter().init_error(error).await,
                Err(error) => Err(error),
            },
            Self::ToInitError(reporter) => reporter.reconnected().init_error(error).await,
            Self::ToExitError(reporter) => reporter.reconnected().exit_error(error).await,
        };
    }
}

/// What a panic said.
fn message(payload: &(dyn Any + Send)) -> &str {
    match (
        payload.downcast_ref::<&str>(),
        payload.downcast_ref::<String>(),
    ) {
        (Some(text), _) => text,
        (None, Some(text)) => text,
        (None, None) => "no message",
    }
}
