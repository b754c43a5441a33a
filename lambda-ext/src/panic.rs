//! Panics that abort: what they are reported as, and by whom.
//!
//! Where panics unwind, the lifecycle catches them. Where they abort, a hook has the last word: it
//! reports the panic before the process is gone.

use std::any::Any;
use std::panic::PanicHookInfo;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;

use crate::entry::local_runtime;
use crate::{Client, ErrorReporter, ErrorRequest, budget};

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
    /// Installs the hook where it is needed.
    pub(crate) fn where_panics_abort(client: &Client) -> Option<Self> {
        cfg!(panic = "abort").then(|| {
            let stage = Self(Arc::new(Mutex::new(Report::Unregistered(client.clone()))));
            stage.clone().install();
            stage
        })
    }

    fn install(self) {
        let say = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            say(panic);
            // For good: what else wants to end the process meanwhile waits for this to end it.
            let report = self.lock();
            report.clone().make(describe(panic));
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
        let (done, is_done) = mpsc::channel();
        // Without a thread there is no report: the process ends, and the panic has said why.
        let _ = thread::Builder::new().spawn(move || {
            let error = ErrorRequest::new("Extension.Panic", message);
            if let Ok(runtime) = local_runtime() {
                runtime.block_on(self.send(&error));
            }
            let _ = done.send(());
        });
        let _ = is_done.recv_timeout(budget::REGISTER + budget::REPORT);
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

fn describe(panic: &PanicHookInfo<'_>) -> String {
    let message = panic_message(panic.payload());
    match panic.location() {
        Some(location) => format!("panicked at {location}: {message}"),
        None => format!("panicked: {message}"),
    }
}

/// What a panic said.
pub(crate) fn panic_message(payload: &(dyn Any + Send)) -> &str {
    match (
        payload.downcast_ref::<&str>(),
        payload.downcast_ref::<String>(),
    ) {
        (Some(text), _) => text,
        (None, Some(text)) => text,
        (None, None) => "no message",
    }
}
