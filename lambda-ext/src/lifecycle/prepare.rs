//! The state before the registration.

use super::failure_policy::FailurePolicy;
use crate::error::RunError;
use crate::event::EventType;
use crate::handler::{Config, Handler};

/// The outcome of `prepare`.
pub(super) enum Prepared<P> {
    /// What becomes the handler.
    Handler(P),
    /// The extension continues without a handler, for this reason.
    NoHandler(RunError),
    /// The extension ends once this is reported.
    Failed(RunError),
}

impl<P> Prepared<P> {
    /// Decides whether the extension continues without a handler.
    pub(super) fn without_handler(policy: &FailurePolicy, reason: RunError) -> Self {
        match policy.decide(reason) {
            Ok(reason) => Self::NoHandler(reason),
            Err(error) => Self::Failed(error),
        }
    }

    /// Returns what to request of the platform. Without a handler that is SHUTDOWN, and nothing if the
    /// extension is disabled.
    pub(super) fn config<H: Handler>(&self) -> Config {
        match self {
            Self::Handler(_) => H::CONFIG,
            Self::Failed(_) => Config::new(H::CONFIG.events),
            Self::NoHandler(RunError::Disabled) => Config::new(&[]),
            Self::NoHandler(_) => Config::new(&[EventType::Shutdown]),
        }
    }

    /// Returns the first error, and what was made before: its destructor is the author's, so that the error is
    /// logged first.
    pub(super) fn or_failure(self, error: RunError) -> (RunError, Option<P>) {
        match self {
            Self::Handler(prepared) => (error, Some(prepared)),
            Self::Failed(first) => (first, None),
            Self::NoHandler(_) => (error, None),
        }
    }
}
