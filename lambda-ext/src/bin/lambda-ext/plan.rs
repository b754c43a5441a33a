//! What is to happen: from the arguments, from a scenario, or from both.

use std::path::PathBuf;
use std::time::Duration;

use lambda_ext::emulator::{Call, Fault, LogFormat, Outcome, TelemetrySchema, TelemetrySupport};
use lambda_ext::{Error, ShutdownReason};

use crate::arguments::Emulate;
use crate::scenario;

/// What is to happen, and where.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) settings: Settings,
    pub(crate) actions: Vec<Action>,
}

/// What the environment is like.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) env: Vec<(String, String)>,
    pub(crate) runtime: Option<PathBuf>,
    pub(crate) telemetry: Option<TelemetrySupport>,
    pub(crate) schema: Option<TelemetrySchema>,
    pub(crate) log_format: Option<LogFormat>,
    pub(crate) managed_instances: bool,
    pub(crate) init_timeout: Option<Duration>,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    Invoke(Invoke),
    Freeze(Duration),
    Fault(Call, Fault),
    Shutdown(ShutdownReason),
}

/// Invocations that are alike.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Invoke {
    pub(crate) count: u32,
    pub(crate) duration: Option<Duration>,
    pub(crate) timeout: Option<Duration>,
    /// Taken in turn.
    pub(crate) outcomes: Vec<Outcome>,
    /// How long to wait between two.
    pub(crate) pace: Option<Duration>,
    /// How long the environment is frozen between two.
    pub(crate) freeze: Option<Duration>,
    pub(crate) logs: Vec<String>,
    pub(crate) payload: Option<String>,
}

impl Plan {
    /// What the arguments ask for.
    pub(crate) fn of(arguments: &Emulate) -> Result<Self, Error> {
        let time = |time: Option<crate::words::Time>| time.map(|time| time.0);
        let mut plan = match &arguments.scenario {
            Some(file) => scenario::read(file)?,
            None => Self {
                settings: Settings::default(),
                actions: vec![
                    Action::Invoke(Invoke {
                        count: arguments.invokes.unwrap_or(3),
                        outcomes: arguments
                            .outcome
                            .iter()
                            .map(|word| (*word).into())
                            .collect(),
                        pace: time(arguments.pace),
                        freeze: time(arguments.freeze),
                        ..Invoke::default()
                    }),
                    Action::Shutdown(match &arguments.reason {
                        Some(word) => ShutdownReason::from(word.clone()),
                        None => ShutdownReason::Spindown,
                    }),
                ],
            },
        };
        // What a step says itself is meant; the arguments are for those that say nothing.
        for action in &mut plan.actions {
            if let Action::Invoke(invoke) = action {
                invoke.duration = invoke.duration.or(time(arguments.duration));
                invoke.timeout = invoke.timeout.or(time(arguments.timeout));
            }
        }
        let settings = &mut plan.settings;
        settings.env.extend(arguments.env.iter().cloned());
        if arguments.runtime.is_some() {
            settings.runtime.clone_from(&arguments.runtime);
        }
        settings.telemetry = arguments.telemetry.map(Into::into).or(settings.telemetry);
        settings.schema = arguments.schema.map(Into::into).or(settings.schema);
        settings.log_format = arguments.log_format.map(Into::into).or(settings.log_format);
        settings.init_timeout = time(arguments.init_timeout).or(settings.init_timeout);
        settings.managed_instances |= arguments.managed_instances;
        if let Some(runtime) = &mut settings.runtime {
            *runtime = std::path::absolute(&*runtime)?;
        }
        Ok(plan)
    }

    /// How many invocations there will be.
    pub(crate) fn invocations(&self) -> u64 {
        let count = |action: &Action| match action {
            Action::Invoke(invoke) => u64::from(invoke.count),
            _ => 0,
        };
        self.actions.iter().map(count).sum()
    }
}
