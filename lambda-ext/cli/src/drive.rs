//! Carries a plan out.

use std::path::PathBuf;

use lambda_ext::Error;
use lambda_ext::emulator::record::{Phase, Step, What};
use lambda_ext::emulator::{Call, Record};

use crate::environment::Environment;
use crate::plan::{Action, Invoke, Plan};
use crate::run::{NotMade, Run};
use crate::value_parsers;

/// Carries `plan` out, or as much of it as there is time for until the command is interrupted.
pub(crate) async fn carry_out(
    plan: &Plan,
    executables: &[PathBuf],
    mut names: Vec<String>,
    observer: impl Fn(&Step) + Send + 'static,
) -> Result<Run, Error> {
    let environment = Environment::start(&plan.settings, executables, observer).await?;
    let mut driver = Driver {
        environment: &environment,
        up: true,
        failed: false,
        errors: Vec::new(),
        faults: Vec::new(),
    };
    let ended = tokio::select! {
        ended = driver.drive(plan) => Some(ended),
        _ = tokio::signal::ctrl_c() => None,
    };
    let Driver { errors, faults, .. } = driver;
    let record = environment.record();
    let begun = |step: &&Step| matches!(step.what, What::Began(Phase::Invoke { .. }));
    let made = record.steps.iter().filter(begun).count() as u64;
    let invocations = plan.invocations().saturating_sub(made + record.forgotten);
    let not_made = ended.filter(|_| invocations > 0).map(|ended| NotMade {
        invocations,
        why: match ended {
            Err(Stop::Init) => "the environment failed at init",
            Err(Stop::TwiceInARow) => "the environment failed twice in a row",
            Ok(()) => "the environment failed at the init that was part of it, after a reset",
        },
    });
    names.extend(internal(&names, &record));
    Ok(Run {
        names,
        findings: record.findings(),
        record,
        not_made,
        errors,
        unmet: ended.map_or_else(Vec::new, |_| unmet(&faults, &environment.pending())),
        interrupted: ended.is_none(),
    })
}

/// The internal extensions, in the order in which they registered.
fn internal(external: &[String], record: &Record) -> Vec<String> {
    let mut names = Vec::new();
    // Before there is a runtime, a name that is nobody's is a mistake of an external one.
    let steps = record.steps.iter();
    let of_runtime = steps.skip_while(|step| !matches!(step.what, What::RuntimeStarted { .. }));
    for step in of_runtime {
        let What::Answered(request) = &step.what else {
            continue;
        };
        let name = request
            .extension
            .as_ref()
            .filter(|_| request.call == Some(Call::Register));
        let new = |name: &&String| !external.contains(name) && !names.contains(*name);
        names.extend(name.filter(new).cloned());
    }
    names
}

/// Why a plan is not carried out to its end.
#[derive(Debug, Clone, Copy)]
enum Stop {
    Init,
    TwiceInARow,
}

struct Driver<'a> {
    environment: &'a Environment,
    /// Whether there is an environment: there is none after a reset.
    up: bool,
    /// Whether the last invocation failed.
    failed: bool,
    errors: Vec<String>,
    /// The faults that wait or have waited for their call, by the number of their step.
    faults: Vec<(usize, Call)>,
}

impl Driver<'_> {
    /// Carries out one action after the other. Where the environment fails it is reset, and the
    /// next invocation begins a new one, as on Lambda; after two failures in a row there is no
    /// point.
    async fn drive(&mut self, plan: &Plan) -> Result<(), Stop> {
        let is_fault = |action: &&Action| matches!(action, Action::Fault(..));
        // Those before everything else are for init too.
        let first = plan.actions.iter().take_while(is_fault).count();
        for (index, action) in plan.actions.iter().enumerate() {
            if index == first {
                self.init().await?;
            }
            match action {
                Action::Invoke(invoke) => self.invoke_all(invoke).await?,
                Action::Shutdown(_) if !self.up => {}
                action => {
                    if let Action::Fault(call, _) = action {
                        self.faults.push((index + 1, *call));
                    }
                    if let Err(error) = self.environment.act(action).await {
                        self.errors.push(error.to_string());
                    }
                    self.up &= !matches!(action, Action::Shutdown(_));
                }
            }
        }
        Ok(())
    }

    async fn init(&mut self) -> Result<(), Stop> {
        self.environment.init().await.map_err(|error| {
            self.errors.push(error.to_string());
            Stop::Init
        })
    }

    async fn invoke_all(&mut self, invoke: &Invoke) -> Result<(), Stop> {
        for number in 0..invoke.count {
            if number > 0 {
                if let Some(pace) = invoke.pace {
                    tokio::time::sleep(pace).await;
                }
                if let Some(time) = invoke.freeze {
                    let _ = self.environment.act(&Action::Freeze(time)).await;
                }
            }
            match self.environment.invoke(invoke, number).await {
                Ok(still_up) => {
                    self.failed = false;
                    self.up = still_up;
                }
                Err(error) => {
                    self.errors.push(error.to_string());
                    self.up = false;
                    if std::mem::replace(&mut self.failed, true) {
                        return Err(Stop::TwiceInARow);
                    }
                }
            }
        }
        Ok(())
    }
}

/// What to say of the faults that still wait: of several in one call, the last.
fn unmet(faults: &[(usize, Call)], pending: &[Call]) -> Vec<String> {
    let mut pending = pending.to_vec();
    let mut unmet = Vec::new();
    for (step, call) in faults.iter().rev() {
        if let Some(index) = pending.iter().position(|pending| pending == call) {
            pending.swap_remove(index);
            let word = value_parsers::word(*call);
            unmet.push(format!(
                "step {step}: no call of `{word}` came for this fault"
            ));
        }
    }
    unmet.reverse();
    unmet
}

#[cfg(test)]
mod tests {
    use lambda_ext::emulator::Call;

    use super::unmet;

    #[test]
    fn of_several_faults_in_one_call_the_last_are_those_that_wait() {
        let faults = [(1, Call::Next), (2, Call::Telemetry), (4, Call::Next)];
        assert_eq!(
            unmet(&faults, &[Call::Next, Call::Telemetry]),
            [
                "step 2: no call of `telemetry` came for this fault",
                "step 4: no call of `next` came for this fault"
            ]
        );
        assert!(unmet(&faults, &[]).is_empty());
    }
}
