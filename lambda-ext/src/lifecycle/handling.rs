//! The handler, which is called while it is of use.

use tokio::time::{Instant, timeout_at};

use super::guard::guard;
use super::policy::Policy;
use crate::process::Running;
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
    policy: &'a Policy,
    running: Running,
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
            handler,
        }
    }

    pub(super) fn is_retired(&self) -> bool {
        self.handler.is_err()
    }

    /// The method that was called last, if it has not returned: it was cut, and does not run.
    pub(super) fn take_running(&self) -> Option<Method> {
        let method = self.running.method();
        self.running.end();
        method
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
        let outcome = guard(method, || call(handler)).await;
        self.running.end();
        let Err(error) = outcome else { return Ok(()) };
        let error = self.policy.forgive(error)?;
        if matches!(error, RunError::Panicked { .. }) {
            // Nobody knows what state it is in, its destructor neither: it stays as it is.
            std::mem::forget(std::mem::replace(&mut self.handler, Err(error)));
            if method != Method::Shutdown {
                self.policy.retired();
            }
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
        let began = Instant::now();
        if let Ok(outcome) = timeout_at(until, calls(self)).await {
            return outcome;
        }
        if let Some(method) = self.take_running() {
            self.policy.cut(method, began.elapsed(), why);
        }
        Ok(())
    }

    pub(super) fn ended(self) -> Ended<H> {
        match self.handler {
            Ok(handler) => Ended::With(handler),
            Err(why) => Ended::Without(why),
        }
    }
}
