//! The plan of a run.

use std::path::PathBuf;
use std::time::Duration;

use lambda_ext::ShutdownReason;
use lambda_ext::emulator::{Call, Fault, LogFormat, Outcome, TelemetrySchema, TelemetrySupport};

/// The environment of a run, and its actions in order.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) settings: Settings,
    pub(super) actions: Vec<Action>,
}

/// The properties of the environment; none means the default.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) env: Vec<(String, String)>,
    pub(super) runtime: Option<PathBuf>,
    pub(super) telemetry: Option<TelemetrySupport>,
    pub(super) schema: Option<TelemetrySchema>,
    pub(super) log_format: Option<LogFormat>,
    pub(super) managed_instances: bool,
    pub(super) init_timeout: Option<Duration>,
    /// The duration of the built-in function, unless an invocation has its own.
    pub(super) duration: Option<Duration>,
    /// The function's timeout, unless an invocation has its own.
    pub(super) timeout: Option<Duration>,
}

/// An action on the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    Invoke(Invoke),
    Freeze(Duration),
    Fault(Call, Fault),
    Shutdown(ShutdownReason),
}

/// A series of equal invocations.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Invoke {
    pub(super) count: u32,
    pub(super) duration: Option<Duration>,
    pub(super) timeout: Option<Duration>,
    /// Used in turn.
    pub(super) outcomes: Vec<Outcome>,
    /// The wait between two invocations.
    pub(super) pace: Option<Duration>,
    /// The freeze between two invocations.
    pub(super) freeze: Option<Duration>,
    pub(super) logs: Vec<String>,
    pub(super) payload: Option<String>,
}

impl Plan {
    /// The number of invocations in the plan.
    pub(super) fn invocations(&self) -> usize {
        let count = |action: &Action| match action {
            Action::Invoke(invoke) => invoke.count as usize,
            _ => 0,
        };
        self.actions.iter().map(count).sum()
    }
}
