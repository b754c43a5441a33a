//! An invocation of the function, its outcome, and its result.

use std::time::Duration;

use uuid::Uuid;

/// The longest timeout of a function.
const MAX_TIMEOUT: Duration = Duration::from_secs(900);

/// An invocation of the function.
///
/// ```
/// # use lambda_ext::emulator::{Invocation, Outcome};
/// # use std::time::Duration;
/// let invocation = Invocation::default()
///     .duration(Duration::from_millis(20))
///     .outcome(Outcome::Error)
///     .log("order 17 is refused");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    pub(super) request_id: String,
    pub(super) function_arn: Option<String>,
    pub(super) trace_header: Option<String>,
    pub(super) timeout: Duration,
    pub(super) duration: Duration,
    pub(super) outcome: Outcome,
    pub(super) logs: Vec<String>,
    pub(super) payload: String,
}

impl Default for Invocation {
    /// An invocation that succeeds at once.
    fn default() -> Self {
        Self {
            request_id: Uuid::new_v4().to_string(),
            function_arn: None,
            trace_header: None,
            timeout: Duration::from_secs(3),
            duration: Duration::ZERO,
            outcome: Outcome::Success,
            logs: Vec::new(),
            payload: "{}".to_owned(),
        }
    }
}

impl Invocation {
    /// Sets the request id. By default it is random.
    #[must_use]
    pub fn request_id(mut self, request_id: impl Into<String>) -> Self {
        self.request_id = request_id.into();
        self
    }

    /// Sets the ARN that the function is called by, possibly with an alias or a version.
    #[must_use]
    pub fn function_arn(mut self, arn: impl Into<String>) -> Self {
        self.function_arn = Some(arn.into());
        self
    }

    /// Sets the X-Ray trace header. By default there is none, and extensions get no `tracing`.
    #[must_use]
    pub fn trace_header(mut self, header: impl Into<String>) -> Self {
        self.trace_header = Some(header.into());
        self
    }

    /// Sets the function's timeout, which also holds for extensions. As on Lambda it is 3 s by default
    /// and at most 900 s.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout.min(MAX_TIMEOUT);
        self
    }

    /// Sets how long the built-in function takes.
    #[must_use]
    pub fn duration(mut self, duration: Duration) -> Self {
        self.duration = duration;
        self
    }

    /// Sets the outcome of the built-in function.
    #[must_use]
    pub fn outcome(mut self, outcome: Outcome) -> Self {
        self.outcome = outcome;
        self
    }

    /// Adds a line that the built-in function writes.
    #[must_use]
    pub fn log(mut self, line: impl Into<String>) -> Self {
        self.logs.push(line.into());
        self
    }

    /// Sets the payload for a runtime of your own, usually JSON. The default is `{}`.
    #[must_use]
    pub fn payload(mut self, payload: impl Into<String>) -> Self {
        self.payload = payload.into();
        self
    }
}

/// The outcome of an invocation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The function responds.
    #[default]
    Success,
    /// The function reports an error, which is a success for the platform.
    Error,
    /// The function does not respond before its timeout: the environment is reset, with reason
    /// `timeout`.
    Timeout,
    /// The runtime exits: the environment is reset, with reason `failure`.
    Crash,
}

/// The result of an invocation, for its caller.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvocationResult {
    /// Its request id.
    pub request_id: String,
    /// Its outcome.
    pub outcome: Outcome,
    /// The response of the function, or its error as JSON. The built-in function responds with
    /// `null`; there may be no response.
    pub response: Option<String>,
}
