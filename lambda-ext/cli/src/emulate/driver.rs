//! Executes a plan.

use std::path::PathBuf;

use lambda_ext::Error;
use lambda_ext::emulator::record::{Phase, Step, StepKind};
use lambda_ext::emulator::{Call, Record};

use super::environment::Environment;
use super::plan::{Action, Invoke, Plan};
use super::run_result::{RunResult, Skipped};
use crate::value_parsers::call_name;

/// Executes the plan until its end, a failure that ends it, or an interrupt.
pub(super) async fn execute(
    plan: &Plan,
    extensions: &[PathBuf],
    mut names: Vec<String>,
    observer: impl Fn(&Step) + Send + 'static,
) -> Result<RunResult, Error> {
    let environment = Environment::start(&plan.settings, extensions, observer).await?;
    let mut driver = Driver {
        environment: &environment,
        is_up: true,
        last_failed: false,
        failures: Vec::new(),
        faults: Vec::new(),
    };
    let ended = tokio::select! {
        ended = driver.run(plan) => Some(ended),
        _ = tokio::signal::ctrl_c() => None,
    };
    let Driver {
        failures, faults, ..
    } = driver;
    let record = environment.record();
    let skipped = ended.and_then(|ended| skipped(ended, plan, &record));
    names.extend(internal_extensions(&names, &record));
    Ok(RunResult {
        names,
        findings: record.findings(),
        record,
        skipped,
        failures,
        untriggered_faults: match ended {
            Some(_) => untriggered(&faults, environment.pending_faults()),
            None => Vec::new(),
        },
        interrupted: ended.is_none(),
    })
}

/// The invocations of the plan that were not sent, if there are any.
fn skipped(ended: Result<(), Abort>, plan: &Plan, record: &Record) -> Option<Skipped> {
    let is_invocation = |step: &&Step| matches!(step.kind, StepKind::Began(Phase::Invoke { .. }));
    let forgotten = usize::try_from(record.discarded).unwrap_or(usize::MAX);
    let sent = record.steps.iter().filter(is_invocation).count();
    let skipped = plan
        .invocations()
        .saturating_sub(sent.saturating_add(forgotten));
    (skipped > 0).then_some(Skipped {
        invocations: skipped,
        reason: match ended {
            Err(Abort::Init) => "init failed",
            Err(Abort::RepeatedFailure) => "the environment failed twice in a row",
            Ok(()) => "after a reset, the init in an invocation failed",
        },
    })
}

/// The internal extensions, in the order in which they registered.
fn internal_extensions(external: &[String], record: &Record) -> Vec<String> {
    let mut names = Vec::new();
    // Before the runtime starts, an unknown name is the mistake of an external extension.
    let steps = record.steps.iter();
    let steps = steps.skip_while(|step| !matches!(step.kind, StepKind::RuntimeStarted { .. }));
    for step in steps {
        let StepKind::Answered(request) = &step.kind else {
            continue;
        };
        let name = request.extension.as_ref();
        let is_new = |name: &&String| !external.contains(name) && !names.contains(*name);
        if request.call == Some(Call::Register) {
            names.extend(name.filter(is_new).cloned());
        }
    }
    names
}

/// The reason to abort a plan.
#[derive(Debug, Clone, Copy)]
enum Abort {
    Init,
    RepeatedFailure,
}

struct Driver<'a> {
    environment: &'a Environment,
    /// False after a shutdown or a reset, until the next invocation.
    is_up: bool,
    /// True after an invocation that failed.
    last_failed: bool,
    failures: Vec<String>,
    /// The injected faults, with the numbers of their steps.
    faults: Vec<(usize, Call)>,
}

impl Driver<'_> {
    /// Applies the actions in order. If the environment fails, it is reset, and the next invocation
    /// starts a new one, as on Lambda. Two failures in a row abort the plan.
    async fn run(&mut self, plan: &Plan) -> Result<(), Abort> {
        let is_fault = |action: &&Action| matches!(action, Action::Fault(..));
        // Faults before all other actions apply to init too.
        let before_init = plan.actions.iter().take_while(is_fault).count();
        for (index, action) in plan.actions.iter().enumerate() {
            if index == before_init {
                self.init().await?;
            }
            match action {
                Action::Invoke(invoke) => self.invoke_all(invoke).await?,
                Action::Shutdown(_) if !self.is_up => {}
                action => {
                    if let Action::Fault(call, _) = action {
                        self.faults.push((index + 1, *call));
                    }
                    if let Err(error) = self.environment.apply(action).await {
                        self.failures.push(error.to_string());
                    }
                    self.is_up &= !matches!(action, Action::Shutdown(_));
                }
            }
        }
        Ok(())
    }

    async fn init(&mut self) -> Result<(), Abort> {
        self.environment.init().await.map_err(|error| {
            self.failures.push(error.to_string());
            Abort::Init
        })
    }

    async fn invoke_all(&mut self, invoke: &Invoke) -> Result<(), Abort> {
        for number in 0..invoke.count {
            if number > 0 {
                if let Some(pace) = invoke.pace {
                    tokio::time::sleep(pace).await;
                }
                if let Some(duration) = invoke.freeze {
                    let _ = self.environment.apply(&Action::Freeze(duration)).await;
                }
            }
            match self.environment.invoke(invoke, number).await {
                Ok(is_up) => {
                    self.last_failed = false;
                    self.is_up = is_up;
                }
                Err(error) => {
                    self.failures.push(error.to_string());
                    self.is_up = false;
                    if std::mem::replace(&mut self.last_failed, true) {
                        return Err(Abort::RepeatedFailure);
                    }
                }
            }
        }
        Ok(())
    }
}

/// Messages about the faults that never triggered: of several for one call, the last ones.
fn untriggered(faults: &[(usize, Call)], mut pending: Vec<Call>) -> Vec<String> {
    let mut messages = Vec::new();
    for (step, call) in faults.iter().rev() {
        if let Some(index) = pending.iter().position(|pending| pending == call) {
            pending.swap_remove(index);
            let call = call_name(*call);
            messages.push(format!(
                "step {step}: the fault never triggered: there was no call of `{call}` after it"
            ));
        }
    }
    messages.reverse();
    messages
}

#[cfg(test)]
mod tests {
    use lambda_ext::emulator::Call;

    use super::untriggered;

    #[test]
    fn of_several_faults_for_one_call_the_last_are_untriggered() {
        let faults = [(1, Call::Next), (2, Call::Telemetry), (4, Call::Next)];
        assert_eq!(
            untriggered(&faults, vec![Call::Next, Call::Telemetry]),
            [
                "step 2: the fault never triggered: there was no call of `telemetry` after it",
                "step 4: the fault never triggered: there was no call of `next` after it"
            ]
        );
        assert!(untriggered(&faults, Vec::new()).is_empty());
    }
}
