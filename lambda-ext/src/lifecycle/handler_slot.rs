//! The handler, and whether it is still called.

use std::cell::RefCell;
use std::rc::Rc;

use tokio::time::{Instant, timeout_at};

use super::failure_policy::FailurePolicy;
use super::guard::catch_panic;
use crate::diagnostics::feedback;
use crate::diagnostics::lifecycle_event;
use crate::error::{Error, RunError};
use crate::method::Method;
use crate::panic::{Panic, contain};
use crate::process::RunningMethod;

/// The outcome of a run that SHUTDOWN ended.
#[derive(Debug)]
pub(crate) enum RunOutcome<H> {
    /// The handler was called to the end.
    Handler(H),
    /// There was no handler, for this reason.
    NoHandler(RunError),
}

impl<H> RunOutcome<H> {
    pub(crate) fn into_result(self) -> Result<H, RunError> {
        match self {
            Self::Handler(handler) => Ok(handler),
            Self::NoHandler(reason) => Err(reason),
        }
    }
}

/// Holds the handler, until it panics and the extension continues without it.
#[derive(Debug)]
pub(super) struct HandlerSlot<H> {
    policy: Rc<FailurePolicy>,
    /// True if lines that `telemetry` logs return to it as telemetry.
    feeds_back: bool,
    running: RunningMethod,
    /// The time of the last call.
    called_at: Instant,
    /// The panic of a destructor in a method that was cancelled.
    cancel_panic: RefCell<Option<Panic>>,
    /// The handler, or why there is none.
    handler: Result<H, RunError>,
}

impl<H> HandlerSlot<H> {
    pub(super) fn new(
        policy: Rc<FailurePolicy>,
        running: RunningMethod,
        handler: Result<H, RunError>,
    ) -> Self {
        // That the extension is disabled was logged before.
        if !matches!(handler, Ok(_) | Err(RunError::Disabled)) {
            policy.retired();
        }
        Self {
            policy,
            feeds_back: false,
            running,
            called_at: Instant::now(),
            cancel_panic: RefCell::default(),
            handler,
        }
    }

    /// The handler receives what it logs as telemetry.
    pub(super) fn suppress_feedback(&mut self) {
        self.feeds_back = true;
    }

    pub(super) fn is_retired(&self) -> bool {
        self.handler.is_err()
    }

    /// Calls a method, if there is a handler. Returns an error if the extension ends with it.
    pub(super) async fn call(
        &mut self,
        method: Method,
        call: impl AsyncFnOnce(&mut H) -> Result<(), Error>,
    ) -> Result<(), RunError> {
        let feeds_back = self.feeds_back(method);
        let Ok(handler) = &mut self.handler else {
            return Ok(());
        };
        self.running.begin(method);
        self.called_at = Instant::now();
        let work = catch_panic(method, &self.cancel_panic, || call(handler));
        let outcome = feedback::suppress_feedback(feeds_back, work).await;
        self.running.end();
        if feeds_back {
            feedback::log_suppressed(self.policy.name());
        } else {
            lifecycle_event!(
                debug,
                extension = self.policy.name(),
                took = ?self.called_at.elapsed(),
                "`{method}` returned"
            );
        }
        outcome.or_else(|error| self.failed(error))
    }

    /// Calls methods until `deadline`, if there is one. The method that is still running then is cancelled,
    /// and the reason logged.
    pub(super) async fn call_until(
        &mut self,
        deadline: Option<Instant>,
        reason: &str,
        calls: impl AsyncFnOnce(&mut Self) -> Result<(), RunError>,
    ) -> Result<(), RunError> {
        let Some(deadline) = deadline else {
            return calls(self).await;
        };
        match timeout_at(deadline, calls(self)).await {
            Ok(outcome) => outcome,
            Err(_) => self.cancelled(reason),
        }
    }

    /// The call of the method that was called last was dropped. The reason is logged, unless that would be
    /// telemetry about telemetry: the next batch tells the handler.
    pub(super) fn cancelled(&mut self, reason: &str) -> Result<(), RunError> {
        let Some(method) = self.running.get() else {
            return Ok(());
        };
        self.running.end();
        if let Some(panic) = self.cancel_panic.take() {
            return self.failed(RunError::Panicked { method, panic });
        }
        if method != Method::Telemetry {
            let after = self.called_at.elapsed();
            self.policy.cancelled(method, after, reason);
        }
        Ok(())
    }

    /// A task of the author's has failed. Returns an error if the extension ends with it.
    pub(super) fn task_failed(&self, error: RunError) -> Result<(), RunError> {
        self.policy.tolerate(error)
    }

    fn failed(&mut self, error: RunError) -> Result<(), RunError> {
        let error = self.policy.decide(error)?;
        let RunError::Panicked { method, .. } = error else {
            // Its destructor is the author's.
            contain(|| drop(error));
            return Ok(());
        };
        // The state after a panic is unknown, and a destructor could observe it.
        std::mem::forget(std::mem::replace(&mut self.handler, Err(error)));
        if method != Method::Shutdown {
            self.policy.retired();
        }
        Ok(())
    }

    /// Tells whether lines that are logged while this method runs have it called again.
    pub(super) fn feeds_back(&self, method: Method) -> bool {
        self.feeds_back && method == Method::Telemetry
    }

    /// Logs how many lines were suppressed.
    pub(super) fn close(&self) {
        feedback::log_rest(self.policy.name());
        self.policy.close();
    }

    pub(super) fn into_outcome(self) -> RunOutcome<H> {
        match self.handler {
            Ok(handler) => RunOutcome::Handler(handler),
            Err(reason) => RunOutcome::NoHandler(reason),
        }
    }
}
