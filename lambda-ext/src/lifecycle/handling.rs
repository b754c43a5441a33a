//! The handler, which is called while it is of use.

use std::cell::RefCell;

use tokio::time::{Instant, timeout_at};

use super::guard::guard;
use super::policy::Policy;
use crate::panic::{Panic, contained};
use crate::process::Running;
use crate::say::echo::hushed;
use crate::say::story;
use crate::{Error, Method, RunError};

/// How a run ended that nothing ended but SHUTDOWN.
#[derive(Debug)]
pub(crate) enum Ended<H> {
    /// The handler was called to the end.
    With(H),
    /// There was none, for this reason.
    Without(RunError),
}

impl<H> Ended<H> {
    pub(crate) fn handler(self) -> Result<H, RunError> {
        match self {
            Self::With(handler) => Ok(handler),
            Self::Without(why) => Err(why),
        }
    }
}

#[derive(Debug)]
pub(super) struct Handling<'a, H> {
    pub(super) policy: &'a Policy,
    running: Running,
    /// When the method that was called last was called.
    began: Instant,
    /// The panic of what was dropped with a method that was cut.
    dropped: RefCell<Option<Panic>>,
    /// The handler, or why there is none.
    handler: Result<H, RunError>,
}

impl<'a, H> Handling<'a, H> {
    pub(super) fn new(policy: &'a Policy, running: Running, handler: Result<H, RunError>) -> Self {
        // Of one that is switched off enough has been said.
        if !matches!(handler, Ok(_) | Err(RunError::Disabled)) {
            policy.retired();
        }
        Self {
            policy,
            running,
            began: Instant::now(),
            dropped: RefCell::default(),
            handler,
        }
    }

    pub(super) fn is_retired(&self) -> bool {
        self.handler.is_err()
    }

    /// Calls a method, if there is a handler to call. What fails in it is an error only if the
    /// extension is to end with it.
    pub(super) async fn call(
        &mut self,
        method: Method,
        call: impl AsyncFnOnce(&mut H) -> Result<(), Error>,
    ) -> Result<(), RunError> {
        let Ok(handler) = &mut self.handler else {
            return Ok(());
        };
        self.running.begin(method);
        self.began = Instant::now();
        let work = guard(method, &self.dropped, || call(handler));
        let outcome = hushed(self.policy.comes_back(method), work).await;
        self.running.end();
        self.tell_of_end(method);
        outcome.or_else(|error| self.failed(error))
    }

    /// Of what comes back nothing is told but what was not written.
    fn tell_of_end(&self, method: Method) {
        if self.policy.comes_back(method) {
            self.policy.say_unwritten();
        } else {
            story!(
                debug,
                extension = self.policy.name,
                took = ?self.began.elapsed(),
                "`{method}` ended"
            );
        }
    }

    /// The method that was called last has not returned, and had to give way. A line says so, unless
    /// that would be telemetry which comes of telemetry: of a batch the handler is told.
    pub(super) fn cut(&mut self, why: &str) -> Result<(), RunError> {
        let Some(method) = self.running.method() else {
            return Ok(());
        };
        self.running.end();
        if let Some(panic) = self.dropped.take() {
            return self.failed(RunError::Panicked { method, panic });
        }
        if method != Method::Telemetry {
            self.policy.cut(method, self.began.elapsed(), why);
        }
        Ok(())
    }

    /// A task of the author's has failed.
    pub(super) fn task_failed(&self, error: RunError) -> Result<(), RunError> {
        self.policy.overlook(error)
    }

    fn failed(&mut self, error: RunError) -> Result<(), RunError> {
        let error = self.policy.forgive(error)?;
        let RunError::Panicked { method, .. } = error else {
            // Its destructor is the author's.
            contained(|| drop(error));
            return Ok(());
        };
        // Nobody knows what state it is in, its destructor neither: it stays as it is.
        std::mem::forget(std::mem::replace(&mut self.handler, Err(error)));
        if method != Method::Shutdown {
            self.policy.retired();
        }
        Ok(())
    }

    /// Calls methods until then, if there is a then: the one that still runs is cut, and a line says so.
    pub(super) async fn until(
        &mut self,
        until: Option<Instant>,
        why: &str,
        calls: impl AsyncFnOnce(&mut Self) -> Result<(), RunError>,
    ) -> Result<(), RunError> {
        let Some(until) = until else {
            return calls(self).await;
        };
        match timeout_at(until, calls(self)).await {
            Ok(outcome) => outcome,
            Err(_) => self.cut(why),
        }
    }

    pub(super) fn ended(self) -> Ended<H> {
        match self.handler {
            Ok(handler) => Ended::With(handler),
            Err(why) => Ended::Without(why),
        }
    }
}
