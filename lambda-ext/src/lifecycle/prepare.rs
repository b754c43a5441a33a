//! What is before the registration.

use std::cell::RefCell;
use std::pin::pin;

use super::guard::{attend, guard};
use super::policy::Policy;
use super::start::watch;
use crate::process::Process;
use crate::tasks::Supervisor;
use crate::{Config, Error, EventType, Handler, Method, RunError};

/// What there is before the registration.
pub(super) enum Prepared<P> {
    /// What becomes the handler.
    Handler(P),
    /// Nothing, and the extension goes on without a handler.
    Nothing(RunError),
    /// Nothing, and that ends it once it is reported.
    Failure(RunError),
}

impl<P> Prepared<P> {
    /// Without a handler, for this reason: the extension goes on, or ends, as the policy is.
    pub(super) fn nothing(policy: &Policy, why: RunError) -> Self {
        match policy.forgive(why) {
            Ok(why) => Self::Nothing(why),
            Err(error) => Self::Failure(error),
        }
    }

    /// What to ask of the platform: without a handler, to be told of the end, and where an operator
    /// has switched it off, nothing.
    pub(super) fn config<H: Handler>(&self) -> Config {
        match self {
            Self::Handler(_) => H::CONFIG,
            Self::Failure(_) => Config::new(H::CONFIG.events),
            Self::Nothing(RunError::Disabled) => Config::new(&[]),
            Self::Nothing(_) => Config::new(&[EventType::Shutdown]),
        }
    }

    /// What has failed before anything else did, with what has been made: the author's destructors
    /// may do anything, so that it is said first.
    pub(super) fn or_failure(self, error: RunError) -> (RunError, Option<P>) {
        match self {
            Self::Handler(prepared) => (error, Some(prepared)),
            Self::Failure(first) => (first, None),
            Self::Nothing(_) => (error, None),
        }
    }
}

/// Runs what the author has for it. Only a signal ends it here.
pub(super) async fn prepared<P>(
    process: &mut Process,
    policy: &Policy,
    tasks: &mut Supervisor,
    prepare: impl Future<Output = Result<P, Error>>,
) -> Result<Prepared<P>, RunError> {
    let dropped = RefCell::default();
    let preparing = guard(Method::Prepare, &dropped, || prepare);
    let preparing = pin!(policy.in_time(Method::Prepare, preparing));
    let preparing = pin!(watch(policy, tasks, preparing));
    match attend(process, Method::Prepare, preparing).await {
        Ok(Ok(prepared)) => Ok(Prepared::Handler(prepared)),
        Ok(Err(error)) => Ok(Prepared::nothing(policy, error)),
        Err(interrupted) => Err(process.failed(interrupted)),
    }
}
