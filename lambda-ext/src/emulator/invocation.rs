//! An invocation of the function, and what becomes of it.

use std::time::Duration;

use uuid::Uuid;

/// The longest timeout of a function.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(900);

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
    /// One that succeeds at once.
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
    /// Its request id; by default a random one.
    #[must_use]
    pub fn request_id(mut self, request_id: impl Into<String>) -> Self {
        self.request_id = request_id.into();
        self
    }

    /// The ARN that the function is called by, with an alias or a version maybe.
    #[must_use]
    pub fn function_arn(mut self, arn: impl Into<String>) -> Self {
        self.function_arn = Some(arn.into());
        self
    }

    /// Its X-Ray trace header; by default it has none, and extensions get no `tracing`.
    #[must_use]
    pub fn trace_header(mut self, header: impl Into<String>) -> Self {
        self.trace_header = Some(header.into());
        self
    }

    /// The function's timeout, which tells the deadline and holds for the extensions too; as on
    /// Lambda it is 3 s by default, and 900 s at most.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout.min(LONGEST_TIMEOUT);
        self
    }

    /// How long the built-in function takes.
    #[must_use]
    pub fn duration(mut self, duration: Duration) -> Self {
        self.duration = duration;
        self
    }

    /// What becomes of the built-in function.
    #[must_use]
    pub fn outcome(mut self, outcome: Outcome) -> Self {
        self.outcome = outcome;
        self
    }

    /// A line that the built-in function writes.
    #[must_use]
    pub fn log(mut self, line: impl Into<String>) -> Self {
        self.logs.push(line.into());
        self
    }

    /// What a runtime of your own is handed, JSON by custom; by default `{}`.
    #[must_use]
    pub fn payload(mut self, payload: impl Into<String>) -> Self {
        self.payload = payload.into();
        self
    }
}

/// What becomes of an invocation of the function.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// It responds.
    #[default]
    Success,
    /// It reports an error; for the platform that is a success.
    Error,
    /// It is not done at its timeout: the environment is reset, with reason `timeout`.
    Timeout,
    /// Its runtime leaves: the environment is reset, with reason `failure`.
    Crash,
}

/// An invocation that is over for its caller.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Invoked {
    /// Its request id.
    pub request_id: String,
    /// What became of it.
    pub outcome: Outcome,
    /// What the function responded with, its error as JSON included; `null` from the built-in
    /// function, nothing where there was no response.
    pub response: Option<String>,
}
