//! The time that `prepare` and `init` have together.

use std::cell::Cell;
use std::pin::pin;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::failure_policy::FailurePolicy;
use crate::error::RunError;
use crate::method::Method;
use crate::{budget, diagnostics};

/// The time that is left until there must be a handler.
#[derive(Debug)]
pub(super) struct StartTimeLimit(Cell<Duration>);

impl StartTimeLimit {
    pub(super) const fn new() -> Self {
        Self(Cell::new(budget::START))
    }

    /// Runs the work within the time that is left, if the extension can continue without a handler. If it
    /// cannot, the work has as long as the platform waits, and a line says so.
    pub(super) async fn run<T>(
        &self,
        policy: &FailurePolicy,
        method: Method,
        work: impl Future<Output = Result<T, RunError>>,
    ) -> Result<T, RunError> {
        let mut work = pin!(work);
        let began = Instant::now();
        let outcome = timeout(self.0.get(), work.as_mut()).await;
        let after = began.elapsed();
        self.0.set(self.0.get().saturating_sub(after));
        match outcome {
            Ok(outcome) => outcome,
            Err(_) if policy.is_fail_open() => Err(RunError::TimedOut { method, after }),
            Err(_) => {
                let after = after.as_millis();
                let text = format!(
                    "`{method}` is still running after {after} ms: Lambda allows 10 s for all of init"
                );
                diagnostics::warn(policy.name(), text);
                work.await
            }
        }
    }
}
