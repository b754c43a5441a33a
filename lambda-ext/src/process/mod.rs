//! The process that an extension runs in, and how far the lifecycle may reach into it.

mod owned;
mod panic_hook;
mod running;
mod signals;

use std::future::pending;
use std::io;
use std::time::Duration;

pub(crate) use self::owned::OwnedProcess;
pub(crate) use self::running::RunningMethod;
use self::signals::Signals;
use crate::budget::SignalBudget;
use crate::client::{ErrorReporter, ReportKind};
use crate::error::RunError;

/// Whose process it is.
#[derive(Debug)]
pub(crate) enum Process {
    /// The generated `main`'s: signals, the panic hook and the exit are the extension's.
    Owned(OwnedProcess),
    /// Another program's, such as a test's: the extension leaves it alone.
    Shared,
    /// The function's: the extension handles SIGTERM alone, by which Lambda ends the process.
    Internal(Signals),
}

impl Process {
    /// Handles the signal that ends the function's process.
    pub(crate) fn internal() -> io::Result<Self> {
        Signals::internal().map(Self::Internal)
    }

    pub(crate) fn is_internal(&self) -> bool {
        matches!(self, Self::Internal(_))
    }

    /// Returns the time limits that follow a signal.
    pub(crate) fn signal_budget(&self) -> SignalBudget {
        if self.is_internal() {
            SignalBudget::INTERNAL
        } else {
            SignalBudget::OWNED
        }
    }

    /// Returns where the method that runs is to be named.
    pub(crate) fn running_method(&self) -> RunningMethod {
        match self {
            Self::Owned(process) => process.running.clone(),
            Self::Shared | Self::Internal(_) => RunningMethod::default(),
        }
    }

    /// Returns the signal that [`signal`](Self::signal) has returned, if any.
    pub(crate) fn received_signal(&self) -> Option<&'static str> {
        match self {
            Self::Owned(process) => process.signals.received(),
            Self::Internal(signals) => signals.received(),
            Self::Shared => None,
        }
    }

    /// Waits for a signal that ends the extension. Later calls return the same one at once. Cancel safe.
    pub(crate) async fn signal(&mut self) -> &'static str {
        let signals = match self {
            Self::Owned(process) => &mut process.signals,
            Self::Internal(signals) => signals,
            Self::Shared => return pending().await,
        };
        signals.recv().await
    }

    /// Has a panic that aborts reported like this from here on.
    pub(crate) fn report_panics(&self, reporter: &ErrorReporter, kind: ReportKind) {
        if let Self::Owned(process) = self {
            process.report_panics(reporter, kind);
        }
    }

    /// Logs the error that ends the extension, and returns it.
    pub(crate) fn failed(&mut self, error: RunError) -> RunError {
        if let Self::Owned(process) = self {
            process.failed(&error);
        }
        error
    }

    /// Ends the process after that time, even if its other threads are blocked.
    pub(crate) fn watch(&mut self, after: Duration) {
        if let Self::Owned(process) = self {
            process.watch(after);
        }
    }
}
