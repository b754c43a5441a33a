//! An invocation: its begin, the function's part, and what is waited for after it.

use std::time::Duration;

use tokio::sync::MutexGuard;
use tokio::time::Instant;

use super::super::agent::{CurrentEvent, TraceContext};
use super::super::invocation::{Invocation, Invoked, Outcome};
use super::super::platform::{Platform, Stage};
use super::super::process::Exit;
use super::super::record::{Phase, What};
use super::super::reply::json;
use super::super::runtime::Current;
use super::super::telemetry::{Ending, Pace};
use super::super::{Emulator, EmulatorError};
use super::end::Report;
use super::{Drive, RUNTIME, Unfinished, ended};
use crate::event::millis_ahead;
use crate::{EventType, ShutdownReason};

/// How the function's part of an invocation ended.
enum Function {
    Responded,
    TimedOut,
    /// Whoever left.
    Gone,
}
impl Emulator {
    /// An invocation until its caller has the answer.
    pub(super) async fn respond(
        &self,
        drive: &mut Drive,
        invocation: Invocation,
    ) -> Result<Invoked, EmulatorError> {
        let unfinished = self.begin(drive, &invocation).await?;
        let (deadline, generation) = (unfinished.deadline, unfinished.generation);
        // From here on there is something to finish, also if this future is dropped.
        drive.unfinished = Some(unfinished);
        let function = self.function(&invocation, deadline, generation).await;
        let invoked = self.invoked(&invocation, &function);
        match function {
            Function::Responded => {}
            Function::TimedOut => self.time_out(drive.unfinished.take(), None).await,
            Function::Gone => {
                let unfinished = drive.unfinished.take();
                self.gone(unfinished, invocation.outcome).await?;
            }
        }
        Ok(invoked)
    }

    /// One of maybe many at once, which extensions do not take part in.
    pub(super) async fn invoke_managed(
        &self,
        mut drive: MutexGuard<'_, Drive>,
        invocation: Invocation,
    ) -> Result<Invoked, EmulatorError> {
        let unfinished = self.begin(&mut drive, &invocation).await?;
        drop(drive);
        let (deadline, generation) = (unfinished.deadline, unfinished.generation);
        let mut function = self.function(&invocation, deadline, generation).await;
        let invoked = self.invoked(&invocation, &function);
        if let Function::Responded = function {
            let id = &unfinished.request_id;
            let done = self.gate(deadline, "ask for more", |platform| {
                let waiting = !platform.runtime.is_done(id);
                waiting.then(|| RUNTIME.to_owned()).into_iter().collect()
            });
            if let Err(EmulatorError::Failed { .. }) = done.await {
                function = Function::Gone;
            }
        }
        let ending = match function {
            Function::Responded => Ending::SUCCESS,
            Function::TimedOut => {
                let request_id = unfinished.request_id.clone();
                self.shared
                    .change(|platform| platform.note(What::TimedOut { request_id }));
                Ending::TIMEOUT
            }
            Function::Gone => {
                // Whoever is first ends the environment for all.
                let _drive = self.drive.lock().await;
                let here = |platform: &Platform| {
                    platform.stage == Stage::Ready && platform.generation == generation
                };
                if self.shared.look(here) {
                    self.gone(Some(unfinished), invocation.outcome).await?;
                }
                return Ok(invoked);
            }
        };
        self.shared.change(|platform| {
            platform.tell_report(&unfinished.request_id, ending, None);
            over(platform, Some(&unfinished), None);
        });
        Ok(invoked)
    }

    /// Begins an invocation, after init where there was none.
    async fn begin(
        &self,
        drive: &mut Drive,
        invocation: &Invocation,
    ) -> Result<Unfinished, EmulatorError> {
        let mut deadline = Instant::now() + invocation.timeout;
        if !self.ready(drive, deadline).await? {
            deadline = Instant::now() + invocation.timeout;
        }
        // Of a suppressed init the invocation has what is left.
        let left = deadline.saturating_duration_since(Instant::now());
        self.shared
            .change(|platform| begin(platform, invocation, left));
        Ok(Unfinished {
            request_id: invocation.request_id.clone(),
            generation: self.shared.look(|platform| platform.generation),
            deadline,
            init: drive.init.take(),
        })
    }

    /// What its caller gets.
    fn invoked(&self, invocation: &Invocation, function: &Function) -> Invoked {
        let response = self.shared.look(|platform| {
            let current = platform.runtime.invocation(&invocation.request_id)?;
            current.response.clone()
        });
        let failed = response
            .as_ref()
            .is_some_and(|response| response.error_type.is_some());
        Invoked {
            request_id: invocation.request_id.clone(),
            outcome: match function {
                Function::Responded if failed => Outcome::Error,
                Function::Responded => Outcome::Success,
                Function::TimedOut => Outcome::Timeout,
                Function::Gone => Outcome::Crash,
            },
            response: response.map(|response| response.body),
        }
    }

    /// Somebody has left before the response; that the runtime did may be what was asked for.
    async fn gone(
        &self,
        unfinished: Option<Unfinished>,
        asked: Outcome,
    ) -> Result<(), EmulatorError> {
        let failure = self.failure();
        self.fail(unfinished, failure.as_ref()).await;
        match failure {
            Some(EmulatorError::Failed {
                extension: None, ..
            }) if asked == Outcome::Crash => Ok(()),
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }

    /// The function's part of an invocation, to its deadline or the end of its environment.
    async fn function(
        &self,
        invocation: &Invocation,
        deadline: Instant,
        generation: u64,
    ) -> Function {
        let ended = |platform: &Platform| platform.generation != generation;
        let id = invocation.request_id.as_str();
        if !self.shared.look(|platform| platform.runtime.is_built_in()) {
            let responded = self.gate(deadline, "respond", |platform| {
                let current = platform.runtime.invocation(id);
                let waiting = current.is_some_and(|current| current.response.is_none());
                waiting.then(|| RUNTIME.to_owned()).into_iter().collect()
            });
            return match responded.await {
                Ok(()) if self.shared.look(ended) => Function::Gone,
                Ok(()) => Function::Responded,
                Err(EmulatorError::Late { .. }) => Function::TimedOut,
                Err(_) => Function::Gone,
            };
        }
        for line in &invocation.logs {
            self.log(line);
        }
        let until = match invocation.outcome {
            Outcome::Timeout => deadline,
            _ if invocation.duration.is_zero() => Instant::now(),
            _ => deadline.min(Instant::now() + invocation.duration),
        };
        // A timer has its own granularity, which is more than no time.
        if until > Instant::now() {
            let gone = self.shared.wait(until, |platform| {
                let waiting = !platform.cancelled && !ended(platform);
                waiting.then(|| RUNTIME.to_owned()).into_iter().collect()
            });
            if gone.await.is_ok() {
                return Function::Gone;
            }
        }
        if Instant::now() >= deadline {
            return Function::TimedOut;
        }
        self.shared.change(|platform| match invocation.outcome {
            Outcome::Crash => {
                platform.runtime_left(Exit::code(Some(1)));
                Function::Gone
            }
            outcome => {
                let error = outcome == Outcome::Error;
                let (body, error_type) = if error {
                    let error_type = "Function.Error";
                    let body = json(&serde_json::json!({ "errorType": error_type }));
                    (body, Some(error_type.to_owned()))
                } else {
                    ("null".to_owned(), None)
                };
                platform.responded(id, body, error_type);
                platform.runtime_done(id, None);
                Function::Responded
            }
        })
    }

    /// What an invocation has left to be waited for.
    pub(super) async fn finish(&self, drive: &mut Drive) -> Result<(), EmulatorError> {
        let Some(unfinished) = &drive.unfinished else {
            return Ok(());
        };
        self.shared.change(|platform| {
            // Of an invocation whose future was dropped, the built-in function does no more.
            if platform.runtime.is_built_in() {
                platform.runtime_done(&unfinished.request_id, None);
            }
        });
        let done = self.gate(unfinished.deadline, "ask for the next event", |platform| {
            let done = platform.runtime.is_done(&unfinished.request_id);
            let runtime = (!done).then(|| RUNTIME.to_owned());
            let extensions = platform.busy(Some(EventType::Invoke));
            runtime.into_iter().chain(extensions).collect()
        });
        match done.await {
            Ok(()) => {
                let unfinished = drive.unfinished.take();
                self.shared.change(|platform| {
                    if let Some(unfinished) = &unfinished {
                        let id = &unfinished.request_id;
                        platform.tell_report(id, Ending::SUCCESS, unfinished.init);
                    }
                    platform.rest();
                    over(platform, unfinished.as_ref(), None);
                });
                Ok(())
            }
            Err(late @ EmulatorError::Late { .. }) => {
                self.time_out(drive.unfinished.take(), Some(&late)).await;
                Err(late)
            }
            Err(failure) => {
                self.fail(drive.unfinished.take(), Some(&failure)).await;
                Err(failure)
            }
        }
    }

    /// The invocation is not over in time: a reset.
    async fn time_out(&self, unfinished: Option<Unfinished>, late: Option<&EmulatorError>) {
        self.reset(ShutdownReason::Timeout, unfinished, Ending::TIMEOUT, late)
            .await;
    }

    /// Somebody has left during the invocation: a reset.
    async fn fail(&self, unfinished: Option<Unfinished>, failure: Option<&EmulatorError>) {
        let error_type = match failure {
            Some(EmulatorError::Failed { error_type, .. }) => error_type,
            _ => "Sandbox.Failure",
        };
        let ending = Ending::error(error_type);
        self.reset(ShutdownReason::Failure, unfinished, ending, failure)
            .await;
    }

    async fn reset(
        &self,
        reason: ShutdownReason,
        unfinished: Option<Unfinished>,
        ending: Ending<'_>,
        failure: Option<&EmulatorError>,
    ) {
        self.shared.change(|platform| {
            if let Some(unfinished) = &unfinished {
                let request_id = unfinished.request_id.clone();
                if reason == ShutdownReason::Timeout && !platform.runtime.is_done(&request_id) {
                    platform.note(What::TimedOut { request_id });
                }
                platform.runtime_done(&unfinished.request_id, Some(ending));
            }
            over(platform, unfinished.as_ref(), failure);
        });
        let report = unfinished.map(|unfinished| Report {
            request_id: unfinished.request_id,
            ending,
            init: unfinished.init,
        });
        // What else goes wrong then is in the record.
        let _ = self.end(reason, true, report).await;
    }
}

/// The invocation is over, as the record has it.
fn over(platform: &mut Platform, unfinished: Option<&Unfinished>, failure: Option<&EmulatorError>) {
    if let Some(unfinished) = unfinished {
        let request_id = unfinished.request_id.clone();
        ended(platform, Phase::Invoke { request_id }, failure);
    }
}

/// Begins an invocation.
fn begin(platform: &mut Platform, invocation: &Invocation, left: Duration) {
    let deadline_ms = millis_ahead(left);
    let function_arn = invocation.function_arn.clone();
    let function_arn = function_arn.unwrap_or_else(|| platform.settings.function_arn());
    let tracing = invocation.trace_header.as_deref().map(TraceContext::of);
    let request_id = &invocation.request_id;
    platform.note(What::Began(Phase::Invoke {
        request_id: request_id.clone(),
    }));
    platform.telemetry.goes(Pace::Buffered);
    let current = Current::new(
        request_id,
        function_arn.clone(),
        deadline_ms,
        tracing.clone(),
        &invocation.payload,
    );
    platform.release(CurrentEvent::invoke(
        deadline_ms,
        request_id,
        &function_arn,
        tracing.as_ref(),
    ));
    let managed = platform.settings.managed();
    platform.runtime.invoke(current, managed);
    platform.tell_start(request_id);
}
