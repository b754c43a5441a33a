//! Decides if a failure of the author's code ends the extension, and logs it.

use std::cell::RefCell;
use std::fmt::{self, Display};
use std::panic::Location;
use std::time::Duration;

use crate::diagnostics;
use crate::diagnostics::throttle::Throttle;
use crate::error::RunError;
use crate::method::Method;
use crate::panic::contain;

/// Decides by [`fail_open`](crate::Config::fail_open).
#[derive(Debug)]
pub(super) struct FailurePolicy {
    name: String,
    fail_open: bool,
    throttle: RefCell<Throttle<Topic>>,
}

/// The subject of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Topic {
    Failures(Method),
    Cancellations(Method),
    /// Of those that were spawned there.
    Tasks(&'static Location<'static>),
    Telemetry,
}

impl Display for Topic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failures(method) => write!(formatter, "failures of `{method}`"),
            Self::Cancellations(method) => write!(formatter, "cancellations of `{method}`"),
            Self::Tasks(at) => write!(formatter, "failures of tasks spawned at {at}"),
            Self::Telemetry => formatter.write_str("failures of telemetry"),
        }
    }
}

impl FailurePolicy {
    pub(super) fn new(name: &str, fail_open: bool) -> Self {
        if fail_open && cfg!(panic = "abort") {
            let text = "`fail_open` does not cover panics in this build, which aborts on them: set \
                        `panic = \"unwind\"` in its profile";
            diagnostics::warn(name, text);
        }
        Self {
            name: name.to_owned(),
            fail_open,
            throttle: RefCell::new(Throttle::new()),
        }
    }

    /// Returns the name of the extension.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn is_fail_open(&self) -> bool {
        self.fail_open
    }

    /// Returns `Ok` if the extension continues after this error, which is logged then.
    pub(super) fn decide(&self, error: RunError) -> Result<RunError, RunError> {
        let topic = match &error {
            RunError::Disabled => {
                diagnostics::warn(&self.name, &error);
                return Ok(error);
            }
            _ if !self.fail_open => return Err(error),
            RunError::Failed { method, .. } | RunError::Panicked { method, .. } => {
                Topic::Failures(*method)
            }
            RunError::TimedOut { method, .. } => Topic::Cancellations(*method),
            RunError::TaskFailed { spawned_at, .. } | RunError::TaskPanicked { spawned_at, .. } => {
                Topic::Tasks(spawned_at)
            }
            RunError::Client(_) | RunError::Listener { .. } => Topic::Telemetry,
            RunError::Interrupted { .. } | RunError::Signals(_) => return Err(error),
        };
        let continues = match error {
            RunError::Panicked { .. }
            | RunError::Failed {
                method: Method::Shutdown,
                ..
            } => "",
            _ => ": continuing",
        };
        let text = format!("{} (`fail_open`{continues})", error.text());
        match error {
            // It happens once.
            RunError::Panicked { .. } => diagnostics::warn(&self.name, text),
            _ => self.log(topic, text),
        }
        Ok(error)
    }

    /// Decides about an error that changes nothing else.
    pub(super) fn tolerate(&self, error: RunError) -> Result<(), RunError> {
        let error = self.decide(error)?;
        contain(|| drop(error));
        Ok(())
    }

    /// Logs that a method was cancelled.
    pub(super) fn cancelled(&self, method: Method, after: Duration, reason: &str) {
        let after = after.as_millis();
        let text = format!("`{method}` was cancelled after {after} ms: {reason}");
        self.log(Topic::Cancellations(method), text);
    }

    /// Logs that there is no handler, or none any more.
    pub(super) fn retired(&self) {
        let text = "continuing without its handler: idle until SHUTDOWN";
        diagnostics::warn(&self.name, text);
    }

    /// Logs how many lines were suppressed.
    pub(super) fn close(&self) {
        for (topic, lines) in self.throttle.borrow_mut().drain() {
            let text = format!("suppressed lines about {topic}: {lines}");
            diagnostics::warn(&self.name, text);
        }
    }

    fn log(&self, topic: Topic, text: impl Display) {
        match self.throttle.borrow_mut().allow(topic) {
            None => {}
            Some(0) => diagnostics::warn(&self.name, text),
            Some(lines) => diagnostics::warn(
                &self.name,
                format_args!("{text} (suppressed lines before: {lines})"),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_differ_by_method_and_by_place() {
        let topics = [
            Topic::Failures(Method::Invoke),
            Topic::Failures(Method::Tick),
            Topic::Cancellations(Method::Invoke),
            Topic::Tasks(Location::caller()),
            Topic::Tasks(Location::caller()),
            Topic::Telemetry,
        ];
        let mut throttle = Throttle::new();
        for topic in topics {
            assert_eq!(throttle.allow(topic), Some(0), "{topic}");
        }
    }
}
