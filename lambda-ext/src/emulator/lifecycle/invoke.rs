//! An invocation: its start, the function's part, and the wait for extensions after it.

use tokio::sync::MutexGuard;
use tokio::time::Instant;

use super::{Driver, DriverState, RUNTIME, Unfinished, runtime_if};
use crate::emulator::control::Exit;
use crate::emulator::error::EmulatorError;
use crate::emulator::generation::Stage;
use crate::emulator::invocation::{Invocation, InvocationResult, Outcome};
use crate::emulator::platform::Platform;
use crate::emulator::reply::json;
use crate::emulator::telemetry::PhaseOutcome;
use crate::event::ShutdownReason;

/// The end of the function's part of an invocation.
#[derive(Clone, Copy)]
enum FunctionOutcome {
    Responded,
    TimedOut,
    /// An extension or the runtime has exited.
    Exited,
}

impl Driver {
    /// Runs an invocation until its caller has the response.
    pub(super) async fn respond(
        &self,
        state: &mut DriverState,
        invocation: Invocation,
    ) -> Result<InvocationResult, EmulatorError> {
        let unfinished = self.begin(state, &invocation).await?;
        let (deadline, generation) = (unfinished.deadline, unfinished.generation);
        // If this future is dropped from here on, the next phase completes the invocation.
        state.unfinished = Some(unfinished);
        let outcome = self.run_function(&invocation, deadline, generation).await;
        let result = self.result(&invocation, outcome);
        match outcome {
            FunctionOutcome::Responded => {}
            FunctionOutcome::TimedOut => {
                let unfinished = state.unfinished.take();
                self.reset(ShutdownReason::Timeout, unfinished, None).await;
            }
            FunctionOutcome::Exited => {
                self.fail(state.unfinished.take(), invocation.outcome)
                    .await?;
            }
        }
        Ok(result)
    }

    /// Runs an invocation of a managed instance. Others may run at the same time, and extensions
    /// take no part in it.
    pub(super) async fn invoke_managed(
        &self,
        mut state: MutexGuard<'_, DriverState>,
        invocation: Invocation,
    ) -> Result<InvocationResult, EmulatorError> {
        let unfinished = self.begin(&mut state, &invocation).await?;
        drop(state);
        let (deadline, generation) = (unfinished.deadline, unfinished.generation);
        let id = unfinished.request_id.clone();
        let mut outcome = self.run_function(&invocation, deadline, generation).await;
        let result = self.result(&invocation, outcome);
        if let FunctionOutcome::Responded = outcome {
            let done = self.wait(deadline, "ask for more", |platform| {
                runtime_if(!platform.runtime().is_done(&id))
            });
            if let Err(EmulatorError::Failed { .. }) = done.await {
                outcome = FunctionOutcome::Exited;
            }
        }
        let reported = match outcome {
            FunctionOutcome::Responded => PhaseOutcome::SUCCESS,
            FunctionOutcome::TimedOut => {
                self.shared.change(|platform| platform.timed_out(&id));
                PhaseOutcome::TIMEOUT
            }
            FunctionOutcome::Exited => {
                // The first invocation to get here ends the environment for all.
                let _state = self.state.lock().await;
                let is_first = |platform: &Platform| {
                    platform.stage() == Stage::Ready && platform.generation() == generation
                };
                if self.shared.look(is_first) {
                    self.fail(Some(unfinished), invocation.outcome).await?;
                }
                return Ok(result);
            }
        };
        self.shared.change(|platform| {
            platform.emit_report(&id, reported, None);
            platform.end_invocation(&id, None);
        });
        Ok(result)
    }

    /// Begins an invocation, after init if that has not run.
    async fn begin(
        &self,
        state: &mut DriverState,
        invocation: &Invocation,
    ) -> Result<Unfinished, EmulatorError> {
        let mut deadline = Instant::now() + invocation.timeout;
        if !self.init_for_invocation(state, deadline).await? {
            deadline = Instant::now() + invocation.timeout;
        }
        // A suppressed init has used up a part of the time.
        let left = deadline.saturating_duration_since(Instant::now());
        let generation = self.shared.change(|platform| {
            platform.begin_invocation(invocation, left);
            platform.generation()
        });
        Ok(Unfinished {
            request_id: invocation.request_id.clone(),
            generation,
            deadline,
            init: state.init_took.take(),
        })
    }

    /// The result for the caller.
    fn result(&self, invocation: &Invocation, outcome: FunctionOutcome) -> InvocationResult {
        let response = self.shared.look(|platform| {
            let running = platform.runtime().invocation(&invocation.request_id)?;
            running.response().cloned()
        });
        let failed = response
            .as_ref()
            .is_some_and(|response| response.error_type.is_some());
        InvocationResult {
            request_id: invocation.request_id.clone(),
            outcome: match outcome {
                FunctionOutcome::Responded if failed => Outcome::Error,
                FunctionOutcome::Responded => Outcome::Success,
                FunctionOutcome::TimedOut => Outcome::Timeout,
                FunctionOutcome::Exited => Outcome::Crash,
            },
            response: response.map(|response| response.body),
        }
    }

    /// Runs the function's part of an invocation, to its deadline or the end of the environment.
    async fn run_function(
        &self,
        invocation: &Invocation,
        deadline: Instant,
        generation: u64,
    ) -> FunctionOutcome {
        let is_built_in = |platform: &Platform| platform.runtime().is_built_in();
        if self.shared.look(is_built_in) {
            self.run_built_in(invocation, deadline, generation).await
        } else {
            let id = &invocation.request_id;
            self.run_runtime(id, deadline, generation).await
        }
    }

    /// Waits for the response of a runtime.
    async fn run_runtime(&self, id: &str, deadline: Instant, generation: u64) -> FunctionOutcome {
        let responded = self.wait(deadline, "respond", |platform| {
            runtime_if(platform.runtime().owes_response(id))
        });
        match responded.await {
            Ok(()) if self.shared.look(Platform::generation) != generation => {
                FunctionOutcome::Exited
            }
            Ok(()) => FunctionOutcome::Responded,
            Err(EmulatorError::TimedOut { .. }) => FunctionOutcome::TimedOut,
            Err(_) => FunctionOutcome::Exited,
        }
    }

    /// Does what the invocation asks of the built-in function.
    async fn run_built_in(
        &self,
        invocation: &Invocation,
        deadline: Instant,
        generation: u64,
    ) -> FunctionOutcome {
        for line in &invocation.logs {
            let line = line.clone();
            self.shared
                .change(|platform| platform.function_output(line));
        }
        let until = match invocation.outcome {
            Outcome::Timeout => deadline,
            _ if invocation.duration.is_zero() => Instant::now(),
            _ => deadline.min(Instant::now() + invocation.duration),
        };
        // Skip the timer for a duration of zero: it would add a millisecond.
        if until > Instant::now() {
            let exited = self.shared.wait(until, |platform| {
                runtime_if(!platform.is_cancelled() && platform.generation() == generation)
            });
            if exited.await.is_ok() {
                return FunctionOutcome::Exited;
            }
        }
        if Instant::now() >= deadline {
            return FunctionOutcome::TimedOut;
        }
        let id = &invocation.request_id;
        self.shared.change(|platform| {
            let (body, error_type) = match invocation.outcome {
                Outcome::Crash => {
                    platform.runtime_exited(Exit::with_code(Some(1)));
                    return FunctionOutcome::Exited;
                }
                Outcome::Error => {
                    let error_type = "Function.Error";
                    let body = json(&serde_json::json!({ "errorType": error_type }));
                    (body, Some(error_type.to_owned()))
                }
                Outcome::Success | Outcome::Timeout => ("null".to_owned(), None),
            };
            platform.respond(id, body, error_type);
            platform.finish_function(id, None);
            FunctionOutcome::Responded
        })
    }

    /// Waits for the runtime and the extensions after a response.
    pub(super) async fn finish(&self, state: &mut DriverState) -> Result<(), EmulatorError> {
        let Some(unfinished) = &state.unfinished else {
            return Ok(());
        };
        let id = unfinished.request_id.clone();
        self.shared.change(|platform| {
            // If the future of an invocation was dropped, the built-in function does no more for it.
            if platform.runtime().is_built_in() {
                platform.finish_function(&id, None);
            }
        });
        let done = self.wait(unfinished.deadline, "ask for the next event", |platform| {
            let runtime = (!platform.runtime().is_done(&id)).then(|| RUNTIME.to_owned());
            runtime.into_iter().chain(platform.busy()).collect()
        });
        let done = done.await;
        let unfinished = state.unfinished.take();
        match &done {
            Ok(()) => {
                let init = unfinished.and_then(|unfinished| unfinished.init);
                self.shared
                    .change(|platform| platform.rest_after(&id, init));
            }
            Err(error) => {
                let reason = match error {
                    EmulatorError::TimedOut { .. } => ShutdownReason::Timeout,
                    _ => ShutdownReason::Failure,
                };
                self.reset(reason, unfinished, Some(error)).await;
            }
        }
        done
    }

    /// Resets the environment, because an extension or the runtime exited before the response. That
    /// is no error if the invocation asked for a crash of the runtime.
    async fn fail(
        &self,
        unfinished: Option<Unfinished>,
        asked: Outcome,
    ) -> Result<(), EmulatorError> {
        let failure = self.failure();
        let reason = ShutdownReason::Failure;
        self.reset(reason, unfinished, failure.as_ref()).await;
        match failure {
            Some(EmulatorError::Failed {
                extension: None, ..
            }) if asked == Outcome::Crash => Ok(()),
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }
}
