//! Scenarios: TOML files with the steps of a run.
//!
//! ```toml
//! telemetry = "on"
//! env = { LOG_LEVEL = "debug" }
//!
//! [[step]]
//! fault = "delay"
//! call = "register"
//! duration = "200ms"
//!
//! [[step]]
//! invoke = 3
//! duration = "20ms"
//! outcome = ["success", "error"]
//!
//! [[step]]
//! freeze = "1m"
//!
//! [[step]]
//! shutdown = "spindown"
//! ```

mod step;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lambda_ext::{Error, ShutdownReason};
use serde::Deserialize;

use self::step::Step;
use super::plan::{Action, Plan, Settings};
use crate::env_var;
use crate::value_parsers::{DurationValue, LogFormat, Schema, Telemetry, Timeout};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    #[serde(default)]
    env: BTreeMap<String, String>,
    runtime: Option<PathBuf>,
    telemetry: Option<Telemetry>,
    schema: Option<Schema>,
    log_format: Option<LogFormat>,
    #[serde(default)]
    managed_instances: bool,
    init_timeout: Option<Timeout>,
    duration: Option<DurationValue>,
    timeout: Option<Timeout>,
    #[serde(default)]
    step: Vec<Step>,
}

/// Reads the plan from a file.
pub(super) fn read(path: &Path) -> Result<Plan, Error> {
    let file = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| format!("{file}: {error}"))?;
    let mut plan = parse(&text).map_err(|error| format!("{file}: {error}"))?;
    // The path is relative to the file.
    if let (Some(runtime), Some(folder)) = (&mut plan.settings.runtime, path.parent()) {
        *runtime = folder.join(&*runtime);
    }
    Ok(plan)
}

fn parse(text: &str) -> Result<Plan, Error> {
    let file: File = toml::from_str(text)?;
    for key in file.env.keys() {
        env_var::check(key).map_err(|error| format!("`env`: {error}"))?;
    }
    let mut actions = Vec::new();
    let mut is_shut_down = false;
    for (index, step) in file.step.into_iter().enumerate() {
        let number = index + 1;
        let action = step
            .action()
            .map_err(|error| format!("step {number}: {error}"))?;
        match action {
            Action::Shutdown(_) if is_shut_down => {
                let text = "`shutdown` needs an `invoke` since the last `shutdown`";
                return Err(format!("step {number}: {text}").into());
            }
            Action::Shutdown(_) => is_shut_down = true,
            Action::Invoke(_) => is_shut_down = false,
            Action::Freeze(_) | Action::Fault(..) => {}
        }
        actions.push(action);
    }
    if !is_shut_down {
        actions.push(Action::Shutdown(ShutdownReason::Spindown));
    }
    Ok(Plan {
        settings: Settings {
            env: file.env.into_iter().collect(),
            runtime: file.runtime,
            telemetry: file.telemetry.map(Into::into),
            schema: file.schema.map(Into::into),
            log_format: file.log_format.map(Into::into),
            managed_instances: file.managed_instances,
            init_timeout: file.init_timeout.map(|timeout| timeout.0),
            duration: file.duration.map(|duration| duration.0),
            timeout: file.timeout.map(|timeout| timeout.0),
        },
        actions,
    })
}
