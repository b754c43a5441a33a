//! Carries a plan out.

use std::path::PathBuf;

use lambda_ext::emulator::record::Step;
use lambda_ext::emulator::{Finding, Record};
use lambda_ext::{Error, ShutdownReason};

use crate::environment::Environment;
use crate::plan::{Action, Invoke, Plan};

/// What came of a plan.
pub(crate) struct Run {
    /// The extensions' names, as they were asked for.
    pub(crate) names: Vec<String>,
    pub(crate) record: Record,
    pub(crate) findings: Vec<Finding>,
    /// What failed, in the emulator's words.
    pub(crate) errors: Vec<String>,
    pub(crate) interrupted: bool,
}

/// How it is to be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Behaved,
    Misbehaved,
    Interrupted,
}

impl Run {
    /// How the extensions are to be judged.
    pub(crate) fn verdict(&self) -> Verdict {
        if self.interrupted {
            Verdict::Interrupted
        } else if self.errors.is_empty() && self.mistakes().next().is_none() {
            Verdict::Behaved
        } else {
            Verdict::Misbehaved
        }
    }

    pub(crate) fn mistakes(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.grave)
    }

    pub(crate) fn remarks(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| !finding.grave)
    }

    /// The verdict in a line.
    pub(crate) fn sentence(&self) -> String {
        let names = self.names.join(", ");
        let count = |count: usize, what: &str| match count {
            1 => format!("1 {what}"),
            count => format!("{count} {what}s"),
        };
        let mistakes = self.mistakes().count();
        let remarks = self.remarks().count();
        let beside = match remarks {
            0 => String::new(),
            remarks => format!(", {}", count(remarks, "remark")),
        };
        match self.verdict() {
            Verdict::Interrupted => "interrupted".to_owned(),
            Verdict::Behaved => format!("{names} behaved{beside}"),
            Verdict::Misbehaved if mistakes == 0 => format!("{names} did not behave{beside}"),
            Verdict::Misbehaved => {
                format!(
                    "{names} did not behave: {}{beside}",
                    count(mistakes, "error")
                )
            }
        }
    }
}

/// Carries `plan` out, or as much of it as there is time for until the command is interrupted.
pub(crate) async fn carry_out(
    plan: &Plan,
    executables: &[PathBuf],
    observer: impl Fn(&Step) + Send + 'static,
) -> Result<Run, Error> {
    let environment = Environment::start(&plan.settings, executables, observer).await?;
    let mut errors = Vec::new();
    let interrupted = tokio::select! {
        () = drive(&environment, plan, &mut errors) => false,
        _ = tokio::signal::ctrl_c() => true,
    };
    let record = environment.record();
    let name = |path: &PathBuf| path.file_name().unwrap_or_default().display().to_string();
    Ok(Run {
        names: executables.iter().map(name).collect(),
        findings: record.findings(),
        record,
        errors,
        interrupted,
    })
}

async fn drive(environment: &Environment, plan: &Plan, errors: &mut Vec<String>) {
    if let Err(error) = environment.init().await {
        errors.push(error.to_string());
        // Each invocation would only start it again, and fail in the same way. What it still says
        // on its way out is part of what happened.
        let end = Action::Shutdown(ShutdownReason::Failure);
        let _ = environment.act(&end).await;
        return;
    }
    for action in &plan.actions {
        let outcome = match action {
            Action::Invoke(invoke) => invoke_all(environment, invoke, errors).await,
            action => environment.act(action).await.map_err(|error| {
                errors.push(error.to_string());
            }),
        };
        // After a failure there is a new environment; after two there is no point.
        if outcome.is_err() && matches!(action, Action::Invoke(_)) {
            let end = Action::Shutdown(ShutdownReason::Failure);
            let _ = environment.act(&end).await;
            return;
        }
    }
}

/// Fails at the second failure in a row.
async fn invoke_all(
    environment: &Environment,
    invoke: &Invoke,
    errors: &mut Vec<String>,
) -> Result<(), ()> {
    let mut failed = false;
    for number in 0..invoke.count {
        if number > 0 {
            if let Some(pace) = invoke.pace {
                tokio::time::sleep(pace).await;
            }
            if let Some(time) = invoke.freeze {
                let _ = environment.act(&Action::Freeze(time)).await;
            }
        }
        match environment.invoke(invoke, number).await {
            Ok(()) => failed = false,
            Err(error) => {
                errors.push(error.to_string());
                if failed {
                    return Err(());
                }
                failed = true;
            }
        }
    }
    Ok(())
}
