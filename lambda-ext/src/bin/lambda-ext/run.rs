//! Carries a plan out.

use std::path::PathBuf;

use lambda_ext::Error;
use lambda_ext::emulator::record::{Cost, Phase, Step, What};
use lambda_ext::emulator::{Finding, Record};

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
    /// How many of the invocations were not made, for what failed.
    pub(crate) unmade: u64,
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

    /// What each extension that registered costs, in the order that they were asked for.
    pub(crate) fn costs(&self) -> Vec<Cost> {
        let mut costs = self.record.costs();
        costs.retain(|cost| cost.register.is_some());
        costs.sort_by_key(|cost| self.place(&cost.extension));
        costs
    }

    /// Where an extension stands among those that were asked for; after them if it was not.
    pub(crate) fn place(&self, extension: &str) -> usize {
        let place = self.names.iter().position(|name| name == extension);
        place.unwrap_or(self.names.len())
    }

    /// Those that made the mistakes, if each is known.
    fn mistaken(&self) -> Option<String> {
        let whose: Option<Vec<_>> = self
            .mistakes()
            .map(|finding| finding.extension.as_deref())
            .collect();
        let mut whose = whose?;
        whose.sort_by_key(|name| self.place(name));
        whose.dedup();
        Some(whose.join(", "))
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
            // No extension did anything wrong: the runtime, say.
            Verdict::Misbehaved if mistakes == 0 => {
                format!("the environment of {names} failed{beside}")
            }
            Verdict::Misbehaved => {
                let whose = self.mistaken().unwrap_or(names);
                format!(
                    "{whose} did not behave: {}{beside}",
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
    names: Vec<String>,
    observer: impl Fn(&Step) + Send + 'static,
) -> Result<Run, Error> {
    let environment = Environment::start(&plan.settings, executables, observer).await?;
    let mut errors = Vec::new();
    let interrupted = tokio::select! {
        () = drive(&environment, plan, &mut errors) => false,
        _ = tokio::signal::ctrl_c() => true,
    };
    let record = environment.record();
    let begun = |step: &&Step| matches!(step.what, What::Began(Phase::Invoke { .. }));
    let made = record.steps.iter().filter(begun).count() as u64;
    let unmade = plan.invocations().saturating_sub(made + record.forgotten);
    Ok(Run {
        names,
        findings: record.findings(),
        record,
        unmade,
        errors,
        interrupted,
    })
}

/// Carries out one action after the other. Where the environment fails it is reset, and the next
/// invocation begins a new one, as on Lambda; after two failures in a row there is no point.
async fn drive(environment: &Environment, plan: &Plan, errors: &mut Vec<String>) {
    // Whether there is an environment: there is none after a reset.
    let mut up = true;
    if let Err(error) = environment.init().await {
        errors.push(error.to_string());
        return;
    }
    for action in &plan.actions {
        match action {
            Action::Invoke(invoke) => {
                let Some(still_up) = invoke_all(environment, invoke, errors).await else {
                    return;
                };
                up = still_up;
            }
            Action::Shutdown(_) if !up => {}
            action => {
                if let Err(error) = environment.act(action).await {
                    errors.push(error.to_string());
                }
                up &= !matches!(action, Action::Shutdown(_));
            }
        }
    }
}

/// Gives whether there still is an environment; nothing at the second failure in a row.
async fn invoke_all(
    environment: &Environment,
    invoke: &Invoke,
    errors: &mut Vec<String>,
) -> Option<bool> {
    let mut failed = false;
    let mut up = true;
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
            Ok(still_up) => {
                failed = false;
                up = still_up;
            }
            Err(error) => {
                errors.push(error.to_string());
                if failed {
                    return None;
                }
                failed = true;
                up = false;
            }
        }
    }
    Some(up)
}
