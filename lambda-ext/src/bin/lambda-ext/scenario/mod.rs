//! Scenarios: files that say step by step what happens.
//!
//! ```toml
//! telemetry = "on"
//! env = { LOG_LEVEL = "debug" }
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
//! fault = "reply"
//! call = "next"
//! status = 500
//!
//! [[step]]
//! shutdown = "spindown"
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lambda_ext::emulator::Fault;
use lambda_ext::{Error, ShutdownReason};
use serde::Deserialize;

use crate::plan::{Action, Invoke, Plan, Settings};
use crate::words::{self, LogFormat, Outcome, Schema, Telemetry, Time};

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
    init_timeout: Option<Time>,
    duration: Option<Time>,
    timeout: Option<Time>,
    #[serde(default)]
    step: Vec<Step>,
}

/// All keys of all kinds of steps: so one that is unknown is told together with those that are.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Step {
    invoke: Option<u32>,
    freeze: Option<Time>,
    fault: Option<Kind>,
    shutdown: Option<String>,
    // With `invoke`, and `duration` with some faults.
    duration: Option<Time>,
    timeout: Option<Time>,
    outcome: Option<Outcomes>,
    pace: Option<Time>,
    logs: Option<Vec<String>>,
    payload: Option<String>,
    // With `fault`.
    call: Option<String>,
    status: Option<u16>,
    body: Option<String>,
    bytes: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "expected `success`, `error`, `timeout` or `crash`, or a list of them"
)]
enum Outcomes {
    One(Outcome),
    Several(Vec<Outcome>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Reply,
    Close,
    Lose,
    Cut,
    Delay,
    Raw,
    Slow,
}

/// What a file asks for.
pub(crate) fn read(path: &Path) -> Result<Plan, Error> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))?;
    let mut plan = parse(&text).map_err(|error| format!("{shown}: {error}"))?;
    // As in other such files, a path is meant from where the file is.
    if let (Some(runtime), Some(folder)) = (&mut plan.settings.runtime, path.parent()) {
        *runtime = folder.join(&*runtime);
    }
    Ok(plan)
}

fn parse(text: &str) -> Result<Plan, Error> {
    let file: File = toml::from_str(text)?;
    let mut actions = Vec::new();
    for (index, step) in file.step.into_iter().enumerate() {
        let action = step
            .action()
            .map_err(|error| format!("step {}: {error}", index + 1))?;
        actions.push(action);
    }
    for action in &mut actions {
        if let Action::Invoke(invoke) = action {
            invoke.duration = invoke.duration.or(file.duration.map(|time| time.0));
            invoke.timeout = invoke.timeout.or(file.timeout.map(|time| time.0));
        }
    }
    if !matches!(actions.last(), Some(Action::Shutdown(_))) {
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
            init_timeout: file.init_timeout.map(|time| time.0),
        },
        actions,
    })
}

impl Step {
    fn action(self) -> Result<Action, Error> {
        let kinds = [
            self.invoke.is_some(),
            self.freeze.is_some(),
            self.fault.is_some(),
            self.shutdown.is_some(),
        ];
        if kinds.into_iter().filter(|is| *is).count() != 1 {
            return Err("expected one of `invoke`, `freeze`, `fault` and `shutdown`".into());
        }
        self.keep_to_its_kind()?;
        if let Some(count) = self.invoke {
            return Ok(Action::Invoke(Invoke {
                count,
                duration: self.duration.map(|time| time.0),
                timeout: self.timeout.map(|time| time.0),
                outcomes: match self.outcome {
                    None => Vec::new(),
                    Some(Outcomes::One(outcome)) => vec![outcome.into()],
                    Some(Outcomes::Several(outcomes)) => {
                        outcomes.into_iter().map(Into::into).collect()
                    }
                },
                pace: self.pace.map(|time| time.0),
                freeze: None,
                logs: self.logs.unwrap_or_default(),
                payload: self.payload,
            }));
        }
        if let Some(Time(duration)) = self.freeze {
            return Ok(Action::Freeze(duration));
        }
        if let Some(word) = self.shutdown {
            return Ok(Action::Shutdown(ShutdownReason::from(word)));
        }
        let call = self.call.as_deref().ok_or("`fault` needs a `call`")?;
        let call = words::call(call)?;
        let duration = self.duration.map(|time| time.0);
        let fault = match self.fault.unwrap_or(Kind::Close) {
            Kind::Close => Fault::Close,
            Kind::Lose => Fault::Lose,
            Kind::Reply => Fault::Reply {
                status: self.status.ok_or("`reply` needs a `status`")?,
                body: self.body.unwrap_or_default(),
            },
            Kind::Cut => Fault::Cut(self.bytes.ok_or("`cut` needs `bytes`, how many come")?),
            Kind::Delay => Fault::Delay(duration.ok_or("`delay` needs a `duration`")?),
            Kind::Slow => Fault::Slow(duration.ok_or("`slow` needs a `duration`")?),
            Kind::Raw => Fault::Raw(self.body.ok_or("`raw` needs a `body`")?.into_bytes()),
        };
        Ok(Action::Fault(call, fault))
    }

    /// Refuses keys that mean nothing in a step of this kind.
    fn keep_to_its_kind(&self) -> Result<(), Error> {
        let invoke = self.invoke.is_some();
        let fault = self.fault.is_some();
        let keys = [
            ("duration", self.duration.is_some(), invoke || fault),
            ("timeout", self.timeout.is_some(), invoke),
            ("outcome", self.outcome.is_some(), invoke),
            ("pace", self.pace.is_some(), invoke),
            ("logs", self.logs.is_some(), invoke),
            ("payload", self.payload.is_some(), invoke),
            ("call", self.call.is_some(), fault),
            (
                "status",
                self.status.is_some(),
                self.fault == Some(Kind::Reply),
            ),
            (
                "body",
                self.body.is_some(),
                matches!(self.fault, Some(Kind::Reply | Kind::Raw)),
            ),
            ("bytes", self.bytes.is_some(), self.fault == Some(Kind::Cut)),
        ];
        match keys.into_iter().find(|(_, given, fits)| *given && !fits) {
            Some((key, ..)) => Err(format!("`{key}` means nothing in a step of this kind").into()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use lambda_ext::ShutdownReason;
    use lambda_ext::emulator::{Call, Fault, Outcome, TelemetrySupport};

    use super::parse;
    use crate::plan::{Action, Invoke};

    #[test]
    fn a_scenario_is_a_list_of_steps() {
        let text = r#"
            telemetry = "off"
            timeout = "1s"
            [[step]]
            invoke = 2
            duration = "20ms"
            outcome = ["success", "error"]
            [[step]]
            freeze = "1m"
            [[step]]
            fault = "reply"
            call = "init-error"
            status = 500
        "#;
        let plan = parse(text).expect("it is a scenario");
        assert_eq!(
            plan.settings.telemetry,
            Some(TelemetrySupport::NotSupported)
        );
        let invoke = Invoke {
            count: 2,
            duration: Some(Duration::from_millis(20)),
            timeout: Some(Duration::from_secs(1)),
            outcomes: vec![Outcome::Success, Outcome::Error],
            ..Invoke::default()
        };
        let reply = Fault::Reply {
            status: 500,
            body: String::new(),
        };
        let expected = [
            Action::Invoke(invoke),
            Action::Freeze(Duration::from_secs(60)),
            Action::Fault(Call::InitError, reply),
            Action::Shutdown(ShutdownReason::Spindown),
        ];
        assert_eq!(plan.actions, expected);
    }

    #[test]
    fn what_is_wrong_is_told_with_what_would_be_right() {
        for (text, told) in [
            (
                "[[step]]\ninvokes = 3",
                "unknown field `invokes`, expected one of `invoke`, `freeze`, `fault`, `shutdown`",
            ),
            (
                "reason = 1",
                "unknown field `reason`, expected one of `env`, `runtime`, `telemetry`",
            ),
            (
                "[[step]]\nduration = \"1s\"",
                "step 1: expected one of `invoke`, `freeze`, `fault` and `shutdown`",
            ),
            (
                "[[step]]\nfreeze = \"1s\"\noutcome = \"error\"",
                "step 1: `outcome` means nothing in a step of this kind",
            ),
            ("[[step]]\nfreeze = \"soon\"", "write `250ms` or `1m 30s`"),
            (
                "[[step]]\ninvoke = 1\noutcome = \"fine\"",
                "expected `success`, `error`, `timeout` or `crash`, or a list of them",
            ),
            (
                "[[step]]\nfault = \"reply\"\ncall = \"next\"",
                "`reply` needs a `status`",
            ),
            (
                "[[step]]\nfault = \"close\"\ncall = \"poll\"",
                "unknown call `poll`, expected one of `register`, `next`",
            ),
        ] {
            let error = parse(text).expect_err(text).to_string();
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
