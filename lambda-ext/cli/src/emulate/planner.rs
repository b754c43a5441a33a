//! Makes the plan of a run, from the arguments and a scenario.

use std::path::PathBuf;

use lambda_ext::{Error, ShutdownReason};

use super::arguments::Emulate;
use super::plan::{Action, Invoke, Plan, Settings};
use super::scenario;
use crate::env_var;
use crate::value_parsers::Timeout;

impl Plan {
    /// Creates the plan that the arguments describe.
    ///
    /// # Errors
    ///
    /// The scenario is invalid, an argument or a key would be ignored, or a file does not exist.
    pub(super) fn from_arguments(
        arguments: &Emulate,
        runtime: Option<PathBuf>,
    ) -> Result<Self, Error> {
        let mut plan = match &arguments.scenario {
            Some(file) => {
                let plan = scenario::read(file)?;
                let runtime = runtime.is_some() || plan.settings.runtime.is_some();
                plan.reject_ignored_keys(runtime)
                    .map_err(|error| format!("{}: {error}", file.display()))?;
                plan
            }
            None => Self::from_options(arguments),
        };
        plan.settings.override_with(arguments, runtime)?;
        env_var::warn_hidden(&plan.settings.env);
        Ok(plan)
    }

    /// The plan without a scenario.
    fn from_options(arguments: &Emulate) -> Self {
        let outcomes = arguments.outcome.iter();
        let invoke = Invoke {
            count: arguments.invokes.unwrap_or(3),
            outcomes: outcomes.map(|outcome| (*outcome).into()).collect(),
            pace: arguments.pace.map(|pace| pace.0),
            freeze: arguments.freeze.map(|freeze| freeze.0),
            logs: arguments.log.clone(),
            ..Invoke::default()
        };
        let reason = match &arguments.reason {
            Some(reason) => ShutdownReason::from(reason.clone()),
            None => ShutdownReason::Spindown,
        };
        Self {
            settings: Settings::default(),
            actions: vec![Action::Invoke(invoke), Action::Shutdown(reason)],
        }
    }

    /// Returns an error for keys that would be ignored: those of the built-in function with a
    /// `runtime`, and those of a runtime without one.
    fn reject_ignored_keys(&self, runtime: bool) -> Result<(), Error> {
        if runtime && self.settings.duration.is_some() {
            return Err(built_in_only("duration"));
        }
        for (index, action) in self.actions.iter().enumerate() {
            let Action::Invoke(invoke) = action else {
                continue;
            };
            let built_in_keys = [
                ("outcome", !invoke.outcomes.is_empty()),
                ("duration", invoke.duration.is_some()),
                ("logs", !invoke.logs.is_empty()),
            ];
            let ignored = built_in_keys
                .into_iter()
                .find(|(_, given)| *given && runtime);
            let error = match ignored {
                Some((key, _)) => built_in_only(key),
                None if invoke.payload.is_some() && !runtime => {
                    "`payload` needs a `runtime`: the built-in function takes none".into()
                }
                None => continue,
            };
            return Err(format!("step {}: {error}", index + 1).into());
        }
        Ok(())
    }
}

fn built_in_only(option: &str) -> Error {
    format!("`{option}` applies only to the built-in function, not to a runtime of your own").into()
}

impl Settings {
    /// Applies the arguments, which override the scenario.
    fn override_with(
        &mut self,
        arguments: &Emulate,
        runtime: Option<PathBuf>,
    ) -> Result<(), Error> {
        let built_in_options = [
            ("--outcome", !arguments.outcome.is_empty()),
            ("--duration", arguments.duration.is_some()),
            ("--log", !arguments.log.is_empty()),
        ];
        self.runtime = runtime.or_else(|| self.runtime.take());
        if let Some(runtime) = &mut self.runtime {
            if let Some((option, _)) = built_in_options.into_iter().find(|(_, given)| *given) {
                return Err(built_in_only(option));
            }
            *runtime = std::path::absolute(&*runtime)?;
            if !runtime.is_file() {
                return Err(
                    format!("the runtime: there is no file `{}`", runtime.display()).into(),
                );
            }
        }
        self.env.extend(arguments.env.iter().cloned());
        self.telemetry = arguments.telemetry.map(Into::into).or(self.telemetry);
        self.schema = arguments.schema.map(Into::into).or(self.schema);
        self.log_format = arguments.log_format.map(Into::into).or(self.log_format);
        let timeout = |timeout: Option<Timeout>| timeout.map(|timeout| timeout.0);
        self.init_timeout = timeout(arguments.init_timeout).or(self.init_timeout);
        self.timeout = timeout(arguments.timeout).or(self.timeout);
        self.duration = arguments.duration.map(|value| value.0).or(self.duration);
        self.managed_instances |= arguments.managed_instances;
        Ok(())
    }
}
