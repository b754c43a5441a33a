//! The panic hook of the generated `main`.
//!
//! Where panics unwind, the lifecycle catches them, and the hook keeps their locations. Where they abort,
//! the hook reports the panic before the process is gone.

use std::panic::{set_hook, take_hook};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::budget;
use crate::client::{Client, ErrorReporter, ReportKind};
use crate::local_runtime::local_runtime;
use crate::panic::Panic;
use crate::report::ErrorRequest;
use crate::timed_latch::TimedLatch;

/// Installs the hook that this process needs. Where panics abort, returns the target of its report.
pub(super) fn install(client: &Client) -> Option<ReportTarget> {
    let print = take_hook();
    if cfg!(panic = "abort") {
        let target = ReportTarget::new(client);
        let reported = target.clone();
        set_hook(Box::new(move |panic| {
            print(panic);
            // Never released: another thread that wants to end the process waits for this one to end it.
            let report = reported.lock();
            report
                .clone()
                .send_blocking(Panic::from_hook(panic).to_string());
            std::process::exit(1);
        }));
        return Some(target);
    }
    set_hook(Box::new(move |panic| {
        Panic::from_hook(panic).remember();
        print(panic);
    }));
    None
}

/// The report that the platform accepts at this step. The holder of the lock may end the process.
#[derive(Debug, Clone)]
pub(super) struct ReportTarget(Arc<Mutex<Report>>);

/// A report that can be sent.
#[derive(Debug, Clone)]
pub(super) enum Report {
    /// To init error, after registering.
    Unregistered(Client),
    Registered(ErrorReporter, ReportKind),
}

impl ReportTarget {
    fn new(client: &Client) -> Self {
        Self(Arc::new(Mutex::new(Report::Unregistered(client.clone()))))
    }

    pub(super) fn set(&self, report: Report) {
        *self.lock() = report;
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Report> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells whether a panic is being reported, after which the process ends.
    pub(super) fn is_reporting(&self) -> bool {
        self.0.try_lock().is_err()
    }
}

impl Report {
    /// Sends the report from a thread and a runtime of its own, since this thread's runtime may be in the
    /// middle of a poll. Waits for at most the time that the calls have, even if the other thread panics.
    fn send_blocking(self, message: String) {
        let sent = TimedLatch::default();
        let latch = sent.clone();
        let thread = thread::Builder::new().spawn(move || {
            let error = ErrorRequest::new("Extension.Panic", message);
            if let Ok(runtime) = local_runtime() {
                runtime.block_on(self.send(&error));
            }
            latch.open();
        });
        // Without a thread there is no report: the process ends, and the panic is already printed.
        if thread.is_ok() {
            sent.wait(budget::REGISTER + budget::REPORT);
        }
    }

    /// Sends the report by a new connection: the other one belongs to the other runtime.
    async fn send(self, error: &ErrorRequest) {
        let (reporter, kind) = match self {
            // Registered for no event, just to be able to report.
            Self::Unregistered(client) => match client.reconnected().register(&[]).await {
                Ok(client) => (client.error_reporter(), ReportKind::InitError),
                Err(_) => return,
            },
            Self::Registered(reporter, kind) => (reporter.reconnected(), kind),
        };
        let _ = reporter.report(kind, error).await;
    }
}
