//! What is to happen: from the arguments, from a scenario, or from both.

use std::path::PathBuf;
use std::time::Duration;

use lambda_ext::emulator::{Call, Fault, LogFormat, Outcome, TelemetrySchema, TelemetrySupport};
use lambda_ext::{Error, ShutdownReason};

use crate::arguments::Emulate;
use crate::{scenario, variable};

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
    /// How long the built-in function takes, where an invocation does not say it.
    pub(crate) duration: Option<Duration>,
    /// The function's timeout, where an invocation does not say it.
    pub(crate) timeout: Option<Duration>,
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
    ///
    /// # Errors
    /// They, or the scenario, ask for what means nothing, or is nowhere.
    pub(crate) fn of(arguments: &Emulate, runtime: Option<PathBuf>) -> Result<Self, Error> {
        let mut plan = match &arguments.scenario {
            Some(file) => {
                let plan = scenario::read(file)?;
                let runtime = runtime.is_some() || plan.settings.runtime.is_some();
                plan.keeps_to_the_function(runtime)
                    .map_err(|error| format!("{}: {error}", file.display()))?;
                plan
            }
            None => Self::simple(arguments),
        };
        plan.settings.add(arguments, runtime)?;
        variable::note_hidden(&plan.settings.env);
        Ok(plan)
    }

    /// The plan without a scenario.
    fn simple(arguments: &Emulate) -> Self {
        let outcomes = arguments.outcome.iter();
        let invoke = Invoke {
            count: arguments.invokes.unwrap_or(3),
            outcomes: outcomes.map(|word| (*word).into()).collect(),
            pace: arguments.pace.map(|time| time.0),
            freeze: arguments.freeze.map(|time| time.0),
            logs: arguments.log.clone(),
            ..Invoke::default()
        };
        let reason = match &arguments.reason {
            Some(word) => ShutdownReason::from(word.clone()),
            None => ShutdownReason::Spindown,
        };
        Self {
            settings: Settings::default(),
            actions: vec![Action::Invoke(invoke), Action::Shutdown(reason)],
        }
    }

    /// Refuses what would be ignored: what only the built-in function reads beside a `runtime`, and
    /// the other way round.
    fn keeps_to_the_function(&self, runtime: bool) -> Result<(), Error> {
        if runtime && self.settings.duration.is_some() {
            return Err(only_built_in("duration"));
        }
        for (index, action) in self.actions.iter().enumerate() {
            let Action::Invoke(invoke) = action else {
                continue;
            };
            let of_built_in = [
                ("outcome", !invoke.outcomes.is_empty()),
                ("duration", invoke.duration.is_some()),
                ("logs", !invoke.logs.is_empty()),
            ];
            let ignored = of_built_in.into_iter().find(|(_, given)| *given && runtime);
            let error = match ignored {
                Some((key, _)) => only_built_in(key),
                None if invoke.payload.is_some() && !runtime => {
                    "`payload` is for a runtime of your own; the built-in function takes none"
                        .into()
                }
                None => continue,
            };
            return Err(format!("step {}: {error}", index + 1).into());
        }
        Ok(())
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

fn only_built_in(what: &str) -> Error {
    format!("`{what}` is for the built-in function; a runtime of your own decides itself").into()
}

impl Settings {
    /// What the arguments say of it, which holds where the scenario says something else.
    fn add(&mut self, arguments: &Emulate, runtime: Option<PathBuf>) -> Result<(), Error> {
        let given = [
            ("--outcome", !arguments.outcome.is_empty()),
            ("--duration", arguments.duration.is_some()),
            ("--log", !arguments.log.is_empty()),
        ];
        self.runtime = runtime.or_else(|| self.runtime.take());
        if let Some(runtime) = &mut self.runtime {
            if let Some((option, _)) = given.into_iter().find(|(_, given)| *given) {
                return Err(only_built_in(option));
            }
            *runtime = std::path::absolute(&*runtime)?;
            if !runtime.is_file() {
                return Err(format!("the runtime: there is no file {}", runtime.display()).into());
            }
        }
        self.env.extend(arguments.env.iter().cloned());
        self.telemetry = arguments.telemetry.map(Into::into).or(self.telemetry);
        self.schema = arguments.schema.map(Into::into).or(self.schema);
        self.log_format = arguments.log_format.map(Into::into).or(self.log_format);
        self.init_timeout = arguments
            .init_timeout
            .map(|time| time.0)
            .or(self.init_timeout);
        self.duration = arguments.duration.map(|time| time.0).or(self.duration);
        self.timeout = arguments.timeout.map(|time| time.0).or(self.timeout);
        self.managed_instances |= arguments.managed_instances;
        Ok(())
    }
}
