//! The process of the generated `main`: what ends the extension is logged, and a stuck process ends.

use std::io;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use super::panic_hook::{self, Report, ReportTarget};
use super::running::RunningMethod;
use super::signals::Signals;
use crate::budget;
use crate::client::{Client, ErrorReporter, ReportKind};
use crate::diagnostics::{self, lifecycle_event};
use crate::error::RunError;
use crate::timed_latch::TimedLatch;

/// A process that belongs to the extension.
#[derive(Debug)]
pub(crate) struct OwnedProcess {
    name: String,
    pub(super) signals: Signals,
    pub(super) running: RunningMethod,
    exit: Exit,
    is_watched: bool,
}

/// Ends the process. Clones end the same process.
#[derive(Debug, Clone)]
pub(crate) struct Exit {
    /// The target of panic reports, if panics abort.
    target: Option<ReportTarget>,
    /// Set once the extension has failed. Opens once the failure is logged.
    failure_logged: Arc<OnceLock<TimedLatch>>,
}

impl OwnedProcess {
    /// Takes the process over: installs the signal handlers and the panic hook.
    pub(crate) fn new(client: &Client) -> io::Result<Self> {
        Ok(Self {
            name: client.name().to_owned(),
            signals: Signals::owned()?,
            running: RunningMethod::default(),
            exit: Exit {
                target: panic_hook::install(client),
                failure_logged: Arc::default(),
            },
            is_watched: false,
        })
    }

    pub(crate) fn exit(&self) -> Exit {
        self.exit.clone()
    }

    pub(super) fn report_panics(&self, reporter: &ErrorReporter, kind: ReportKind) {
        if let Some(target) = &self.exit.target {
            target.set(Report::Registered(reporter.clone(), kind));
        }
    }

    /// Logs what ends the extension before anything else can fail or be stuck: the report, and the handler's
    /// destructor, which is the author's.
    pub(super) fn failed(&mut self, error: &RunError) {
        let logged = log_from_thread(&self.name, &error.line());
        // A run fails once.
        let _ = self.exit.failure_logged.set(logged);
        self.watch(budget::REPORT + budget::AFTER_FAILURE);
    }

    /// Ends the process after that time, even if its other threads are blocked.
    pub(super) fn watch(&mut self, after: Duration) {
        if std::mem::replace(&mut self.is_watched, true) {
            return;
        }
        let (name, exit, running) = (self.name.clone(), self.exit(), self.running.clone());
        // Without the thread, the platform kills a stuck process a little later.
        let _ = thread::Builder::new().spawn(move || {
            thread::sleep(after);
            if exit.has_failed() {
                std::process::exit(1);
            }
            let after = after.as_millis();
            let blocked = running.get().map_or_else(
                || "the handler's destructor".to_owned(),
                |method| format!("`{method}`"),
            );
            let text = format!("{blocked} blocks its thread: exiting {after} ms after SHUTDOWN");
            log_from_thread(&name, &text);
            std::process::exit(0);
        });
    }
}

impl Exit {
    fn has_failed(&self) -> bool {
        let is_reporting = |target: &ReportTarget| target.is_reporting();
        self.target.as_ref().is_some_and(is_reporting) || self.failure_logged.get().is_some()
    }

    /// Ends the process. A panic that is being reported ends it first.
    pub(crate) fn exit(&self, code: i32) -> ! {
        if let Some(logged) = self.failure_logged.get() {
            // The thread that logs may not have run yet.
            logged.wait(budget::AFTER_FAILURE);
        }
        lifecycle_event!(debug, code, "exits");
        let _reporting = self.target.as_ref().map(ReportTarget::lock);
        std::process::exit(code)
    }
}

/// Logs from a thread of its own, if one can be started: this thread may be blocked on stderr otherwise.
fn log_from_thread(name: &str, text: &str) -> TimedLatch {
    let logged = TimedLatch::default();
    let (line, latch) = ((name.to_owned(), text.to_owned()), logged.clone());
    let thread = thread::Builder::new().spawn(move || {
        diagnostics::fatal(&line.0, &line.1);
        latch.open();
    });
    if thread.is_err() {
        diagnostics::fatal(name, text);
        logged.open();
    }
    logged.wait(budget::LAST_WORDS);
    logged
}
