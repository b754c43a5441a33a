//! The phases of an environment: init, invocation, and what ends it.

use std::io;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::agent::{CurrentEvent, TraceContext};
use super::invocation::{Invocation, Invoked, Outcome};
use super::member::Control;
use super::platform::{Platform, Stage};
use super::process::{self, Started};
use super::record::{Kill, Phase, What};
use super::runtime::{Current, Kind};
use super::telemetry::{Category, Ending, Pace};
use super::{Emulator, EmulatorError, Initialization};
use crate::event::millis_ahead;
use crate::{EventType, ShutdownReason};

/// The whole of shutdown, where there is an external extension.
const SHUTDOWN: Duration = Duration::from_secs(2);
/// The runtime's share of it.
const RUNTIME_SHARE: Duration = Duration::from_millis(300);
/// The same where there is an internal extension, with or without an external one.
const INTERNAL_SHARE: Duration = Duration::from_millis(500);
/// What is left to be delivered before SHUTDOWN has this long.
const FLUSH: Duration = Duration::from_secs(1);
/// After SIGKILL.
const REAPED: Duration = Duration::from_secs(2);

/// The runtime, where extensions are named.
const RUNTIME: &str = "the runtime";

/// What an invocation leaves to be waited for, once its caller has the answer.
#[derive(Debug)]
pub(super) struct Unfinished {
    phase: Phase,
    deadline: Instant,
    /// What init took, where this is the first invocation after it.
    init: Option<Duration>,
}

/// What one generation is driven by; held by whoever drives it.
#[derive(Debug, Default)]
pub(super) struct Drive {
    unfinished: Option<Unfinished>,
    init: Option<Duration>,
}

/// How the function's part of an invocation ended.
enum Function {
    Responded,
    TimedOut,
    /// Whoever left.
    Gone,
}

impl Emulator {
    /// Runs init, unless it has run already: launches the extensions, waits until each has
    /// registered, starts the runtime, and waits until every extension has asked for its first
    /// event.
    ///
    /// # Errors
    /// An extension cannot be started, fails, leaves, or is not there within 10 s (see
    /// [`EmulatorBuilder::init_timeout`](super::EmulatorBuilder::init_timeout)). The environment
    /// has been reset then.
    pub async fn init(&self) -> Result<(), EmulatorError> {
        let mut drive = self.drive.lock().await;
        match self.stage() {
            Stage::Idle { .. } => self.initialise(&mut drive, None).await,
            _ => Ok(()),
        }
    }

    /// Restores a snapshot, as SnapStart does before an invocation. Extensions get no event for
    /// that, only telemetry.
    ///
    /// # Errors
    /// As for [`init`](Self::init), which runs first if it has not.
    pub async fn restore(&self) -> Result<(), EmulatorError> {
        let mut drive = self.drive.lock().await;
        self.ready(&mut drive, None).await?;
        self.shared.change(|platform| {
            platform.note(What::Began(Phase::Restore));
            platform.telemetry.goes(Pace::Buffered);
            platform.tell_restore(Duration::ZERO);
            platform.telemetry.goes(Pace::Frozen);
            ended(platform, Phase::Restore, None);
        });
        Ok(())
    }

    /// Invokes the function, and waits until it and every extension that takes INVOKE are done. An
    /// environment that is not initialised is, before.
    ///
    /// An outcome that was asked for is not an error, even where it ends the environment.
    ///
    /// # Errors
    /// An extension fails or leaves, or holds the invocation until its timeout; or init fails. The
    /// environment has been reset then, and the next invocation initialises it again.
    pub async fn invoke(&self, invocation: Invocation) -> Result<Invoked, EmulatorError> {
        let mut drive = self.drive.lock().await;
        let invoked = self.respond(&mut drive, invocation).await?;
        self.finish(&mut drive).await?;
        Ok(invoked)
    }

    /// Invokes the function, and waits for its response only, as its caller does on Lambda:
    /// extensions may still be busy. Whatever is done with the environment next waits for them.
    ///
    /// # Errors
    /// As for [`invoke`](Self::invoke), for what happens until the response.
    pub async fn call(&self, invocation: Invocation) -> Result<Invoked, EmulatorError> {
        let mut drive = self.drive.lock().await;
        self.respond(&mut drive, invocation).await
    }

    /// Waits for the extensions after a [`call`](Self::call).
    ///
    /// # Errors
    /// As for [`invoke`](Self::invoke), for what happens after the response.
    pub async fn settle(&self) -> Result<(), EmulatorError> {
        let mut drive = self.drive.lock().await;
        self.finish(&mut drive).await
    }

    /// Freezes the environment for this time, as Lambda does between invocations: processes are
    /// stopped, and the futures of extensions that run in this process are not polled. With
    /// tokio's clock paused the time passes at once, and timers come late, all together.
    ///
    /// # Errors
    /// An extension that is still busy, after a [`call`](Self::call), fails.
    pub async fn freeze(&self, time: Duration) -> Result<(), EmulatorError> {
        let mut drive = self.drive.lock().await;
        self.finish(&mut drive).await?;
        self.control_all(What::Frozen, Control::Stop);
        sleep(time).await;
        self.control_all(What::Thawed, Control::Continue);
        Ok(())
    }

    /// Ends the environment: SIGTERM to a runtime, SHUTDOWN to the external extensions that take
    /// it, SIGKILL to the others, and after 2 s to those that are still there. Waits for all to
    /// end. An invocation or init after that begins a new environment.
    ///
    /// # Errors
    /// An extension had to be killed although it takes SHUTDOWN, or left with a code that is not
    /// 0; or it was still busy, after a [`call`](Self::call), and failed.
    pub async fn shutdown(&self, reason: ShutdownReason) -> Result<(), EmulatorError> {
        let mut drive = self.drive.lock().await;
        self.finish(&mut drive).await?;
        self.end(reason, false, None).await
    }

    fn stage(&self) -> Stage {
        self.shared.look(|platform| platform.stage)
    }

    fn control_all(&self, what: What, control: Control) {
        self.shared.change(|platform| {
            platform.note(what);
            platform.runtime.control(control);
            for member in platform.members.values() {
                member.control(control);
            }
        });
    }

    /// Initialises what is not; after a reset as part of an invocation.
    async fn ready(
        &self,
        drive: &mut Drive,
        deadline: Option<Instant>,
    ) -> Result<(), EmulatorError> {
        match self.stage() {
            Stage::Idle { reset: true } => self.initialise(drive, deadline).await,
            Stage::Idle { reset: false } => self.initialise(drive, None).await,
            _ => Ok(()),
        }
    }

    /// Init, to a deadline that is an invocation's where it is part of one.
    async fn initialise(
        &self,
        drive: &mut Drive,
        deadline: Option<Instant>,
    ) -> Result<(), EmulatorError> {
        let suppressed = deadline.is_some();
        let phase = Phase::Init { suppressed };
        let began = Instant::now();
        let limit = self.shared.change(|platform| {
            platform.renew();
            platform.stage = Stage::Init;
            platform.note(What::Began(phase.clone()));
            platform.tell_init_start(suppressed);
            platform.settings.init_timeout
        });
        let outcome = self
            .gates(deadline.unwrap_or(began + limit), suppressed)
            .await;
        let took = began.elapsed();
        self.shared.change(|platform| {
            let managed = platform.settings.managed();
            let runtime = platform.runtime.is_built_in() || platform.runtime.runs();
            let ending = match &outcome {
                Ok(()) => Ending::SUCCESS,
                Err(EmulatorError::Failed { error_type, .. }) => Ending::error(error_type),
                Err(_) => Ending::TIMEOUT,
            };
            if !managed && (outcome.is_ok() || runtime && platform.registration_closed) {
                platform.tell_init_runtime_done(suppressed, ending);
            }
            platform.tell_init_report(suppressed, ending, took);
            platform.telemetry.close();
            platform.telemetry.goes(Pace::Frozen);
            platform.stage = Stage::Ready;
            ended(platform, phase, outcome.as_ref().err());
        });
        match outcome {
            Ok(()) => {
                let on_demand = self
                    .shared
                    .look(|platform| platform.settings.initialization == Initialization::OnDemand);
                drive.init = on_demand.then_some(took);
                Ok(())
            }
            Err(error) => {
                // What else goes wrong then is in the record.
                let _ = self.end(ShutdownReason::Spindown, true, None).await;
                Err(error)
            }
        }
    }

    /// What init waits for, one after the other.
    async fn gates(&self, deadline: Instant, suppressed: bool) -> Result<(), EmulatorError> {
        self.launch_extensions()?;
        self.gate(deadline, "register", Platform::unregistered)
            .await?;
        self.start_runtime()?;
        self.gate(deadline, "ask for its first invocation", |platform| {
            let missing = (!platform.runtime.is_ready()).then(|| RUNTIME.to_owned());
            missing.into_iter().collect()
        })
        .await?;
        self.gate(deadline, "register", |platform| {
            let built_in = platform.runtime.is_built_in();
            let registered = |name: &str| platform.agents.values().any(|agent| agent.name == name);
            let names = platform.internals.iter();
            names
                .filter(|name| built_in && !registered(name))
                .cloned()
                .collect()
        })
        .await?;
        self.shared.change(|platform| {
            platform.registration_closed = true;
            if platform.settings.managed() {
                platform.tell_init_runtime_done(suppressed, Ending::SUCCESS);
            }
        });
        self.gate(deadline, "ask for its first event", |platform| {
            platform.busy(None)
        })
        .await
    }

    fn launch_extensions(&self) -> Result<(), EmulatorError> {
        let executables: Vec<_> = self.shared.look(|platform| {
            let members = platform.members.iter();
            members
                .filter_map(|(name, member)| Some((name.clone(), member.executable.clone()?)))
                .collect()
        });
        let mut failure = None;
        for (name, path) in executables {
            let (of_lines, of_end) = (name.clone(), name.clone());
            let started = process::start(
                &self.shared,
                &path,
                &self.environment,
                move |shared, line| {
                    let extension = of_lines.clone();
                    shared.change(|platform| {
                        platform.tell_line(Category::Extension, &line);
                        platform.note(What::Output { extension, line });
                    });
                },
                move |shared, code| shared.change(|platform| platform.left(&of_end, code)),
            );
            self.shared.change(|platform| match started {
                Ok(Started { pid, reins }) => {
                    if let Some(member) = platform.members.get_mut(&name) {
                        member.started(reins);
                    }
                    let pid = Some(pid);
                    let extension = name;
                    platform.note(What::Launched { extension, pid });
                }
                Err(error) => {
                    if let Some(member) = platform.members.get_mut(&name) {
                        member.ended(Some(super::State::LaunchError));
                    }
                    let error = error.to_string();
                    failure.get_or_insert((name.clone(), error.clone()));
                    let extension = name;
                    platform.note(What::LaunchFailed { extension, error });
                }
            });
        }
        match failure {
            None => Ok(()),
            Some((name, error)) => Err(EmulatorError::Failed {
                error_type: "Extension.LaunchError",
                extension: Some(name),
                reported: Some(error),
            }),
        }
    }

    fn start_runtime(&self) -> Result<(), EmulatorError> {
        let kind = self.shared.look(|platform| platform.runtime.kind.clone());
        let Kind::Process(path) = kind else {
            return Ok(());
        };
        let started = process::start(
            &self.shared,
            &path,
            &self.runtime_environment,
            |shared, line| {
                shared.change(|platform| {
                    platform.tell_line(Category::Function, &line);
                    platform.note(What::FunctionOutput { line });
                });
            },
            |shared, code| shared.change(|platform| platform.runtime_left(code)),
        );
        let invalid = |error: io::Error| EmulatorError::Failed {
            error_type: "Runtime.InvalidEntrypoint",
            extension: None,
            reported: Some(error.to_string()),
        };
        let Started { pid, reins } = started.map_err(invalid)?;
        self.shared.change(|platform| {
            platform.runtime.started(reins);
            platform.note(What::RuntimeStarted { pid: Some(pid) });
        });
        Ok(())
    }

    /// Waits until nobody is missing any more; that somebody has left ends it.
    async fn gate(
        &self,
        deadline: Instant,
        what: &'static str,
        missing: impl Fn(&Platform) -> Vec<String>,
    ) -> Result<(), EmulatorError> {
        let unless_cancelled = |platform: &Platform| {
            if platform.cancelled {
                Vec::new()
            } else {
                missing(platform)
            }
        };
        let outcome = self.shared.wait(deadline, unless_cancelled).await;
        match self.failure() {
            Some(failure) => Err(failure),
            None => outcome.map_err(|extensions| EmulatorError::Late { extensions, what }),
        }
    }

    /// That somebody has left, with the first fatal error behind it.
    fn failure(&self) -> Option<EmulatorError> {
        self.shared.look(|platform| {
            let fatal = platform.fatal.clone().filter(|_| platform.cancelled)?;
            Some(EmulatorError::Failed {
                error_type: fatal.error_type,
                extension: fatal.extension,
                reported: fatal.reported,
            })
        })
    }

    /// An invocation until its caller has the answer.
    async fn respond(
        &self,
        drive: &mut Drive,
        invocation: Invocation,
    ) -> Result<Invoked, EmulatorError> {
        self.finish(drive).await?;
        let deadline = Instant::now() + invocation.timeout;
        self.ready(drive, Some(deadline)).await?;
        let phase = Phase::Invoke {
            request_id: invocation.request_id.clone(),
        };
        // Of a suppressed init the invocation has what is left.
        let left = deadline.saturating_duration_since(Instant::now());
        self.shared
            .change(|platform| begin(platform, &invocation, left));
        let init = drive.init.take();
        let function = self.function(&invocation, deadline).await;
        let response = self.shared.look(|platform| {
            let current = platform.runtime.invocation.as_ref()?;
            current.response.clone()
        });
        let outcome = match (&function, &response) {
            (Function::Responded, Some(response)) if response.error_type.is_some() => {
                Outcome::Error
            }
            (Function::Responded, _) => Outcome::Success,
            (Function::TimedOut, _) => Outcome::Timeout,
            (Function::Gone, _) => Outcome::Crash,
        };
        let unfinished = Unfinished {
            phase,
            deadline,
            init,
        };
        match function {
            Function::Responded => drive.unfinished = Some(unfinished),
            Function::TimedOut => self.time_out(unfinished, None).await,
            Function::Gone => {
                let failure = self.failure();
                self.fail(unfinished, failure.as_ref()).await;
                // The runtime's crash may be what was asked for.
                let asked = invocation.outcome == Outcome::Crash;
                let of_runtime = matches!(
                    failure,
                    Some(EmulatorError::Failed {
                        extension: None,
                        ..
                    })
                );
                if let Some(failure) = failure.filter(|_| !(asked && of_runtime)) {
                    return Err(failure);
                }
            }
        }
        Ok(Invoked {
            request_id: invocation.request_id,
            outcome,
            response: response.map(|response| response.body),
        })
    }

    /// The function's part of an invocation.
    async fn function(&self, invocation: &Invocation, deadline: Instant) -> Function {
        if !self.shared.look(|platform| platform.runtime.is_built_in()) {
            let responded = self.gate(deadline, "respond", |platform| {
                let current = platform.runtime.invocation.as_ref();
                let waiting = current.is_some_and(|current| current.response.is_none());
                waiting.then(|| RUNTIME.to_owned()).into_iter().collect()
            });
            return match responded.await {
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
                let waiting = !platform.cancelled;
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
                platform.runtime_left(None);
                Function::Gone
            }
            outcome => {
                let error = outcome == Outcome::Error;
                let (body, error_type) = if error {
                    let error_type = "Function.Error";
                    let body = super::reply::json(&serde_json::json!({ "errorType": error_type }));
                    (body, Some(error_type.to_owned()))
                } else {
                    ("null".to_owned(), None)
                };
                platform.responded(body, error_type);
                platform.runtime_done(None);
                Function::Responded
            }
        })
    }

    /// What a call has left to be waited for.
    async fn finish(&self, drive: &mut Drive) -> Result<(), EmulatorError> {
        let Some(unfinished) = drive.unfinished.take() else {
            return Ok(());
        };
        let done = self.gate(unfinished.deadline, "ask for the next event", |platform| {
            let runtime = (!platform.runtime.is_done()).then(|| RUNTIME.to_owned());
            let extensions = platform.busy(Some(EventType::Invoke));
            runtime.into_iter().chain(extensions).collect()
        });
        match done.await {
            Ok(()) => {
                self.shared.change(|platform| {
                    platform.tell_report(Ending::SUCCESS, unfinished.init);
                    platform.telemetry.goes(Pace::Frozen);
                    ended(platform, unfinished.phase, None);
                });
                Ok(())
            }
            Err(late @ EmulatorError::Late { .. }) => {
                self.time_out(unfinished, Some(&late)).await;
                Err(late)
            }
            Err(failure) => {
                self.fail(unfinished, Some(&failure)).await;
                Err(failure)
            }
        }
    }

    /// The invocation is not over in time: a reset.
    async fn time_out(&self, unfinished: Unfinished, late: Option<&EmulatorError>) {
        self.shared.change(|platform| {
            platform.runtime_done(Some(Ending::TIMEOUT));
            ended(platform, unfinished.phase, late);
        });
        let report = (Ending::TIMEOUT, unfinished.init);
        // What else goes wrong then is in the record.
        let _ = self.end(ShutdownReason::Timeout, true, Some(report)).await;
    }

    /// Somebody has left during the invocation: a reset.
    async fn fail(&self, unfinished: Unfinished, failure: Option<&EmulatorError>) {
        let error_type = match failure {
            Some(EmulatorError::Failed { error_type, .. }) => error_type,
            _ => "Sandbox.Failure",
        };
        let ending = Ending::error(error_type);
        self.shared.change(|platform| {
            platform.runtime_done(Some(ending));
            ended(platform, unfinished.phase, failure);
        });
        let report = (ending, unfinished.init);
        let _ = self.end(ShutdownReason::Failure, true, Some(report)).await;
    }

    /// The end of the environment, in the platform's order. A report of the last invocation comes
    /// after SHUTDOWN.
    async fn end(
        &self,
        reason: ShutdownReason,
        reset: bool,
        report: Option<(Ending<'_>, Option<Duration>)>,
    ) -> Result<(), EmulatorError> {
        let phase = Phase::Shutdown {
            reason: reason.clone(),
        };
        let start = Instant::now();
        let deadline = start + SHUTDOWN;
        let (share, externals) = self.shared.change(|platform| {
            platform.stage = Stage::Ending;
            platform.note(What::Began(phase.clone()));
            platform.telemetry.goes(Pace::AtOnce);
            let internals = platform.agents.values().any(|agent| !agent.external);
            let externals = !platform.members.is_empty();
            let share = match (internals, externals) {
                (true, _) => INTERNAL_SHARE,
                (false, true) => RUNTIME_SHARE,
                (false, false) => Duration::ZERO,
            };
            if !share.is_zero() {
                platform.runtime.control(Control::Terminate);
            }
            (share, externals)
        });
        self.end_runtime(start + share).await;
        let flushed = deadline.min(Instant::now() + FLUSH);
        // What is not flushed by then goes on being delivered.
        let _ = self
            .shared
            .wait(flushed, |platform| platform.telemetry.waited_for())
            .await;
        let listening = self.shared.change(|platform| {
            let left = deadline.saturating_duration_since(Instant::now());
            platform.release(CurrentEvent::shutdown(millis_ahead(left), reason.as_str()));
            if let Some((ending, init)) = report {
                platform.tell_report(ending, init);
            }
            kill(platform, false, Kill::NotRegisteredForShutdown);
            platform.running(true)
        });
        let nobody =
            |platform: &Platform| [platform.running(true), platform.running(false)].concat();
        if externals && self.shared.wait(deadline, nobody).await.is_err() {
            self.shared
                .change(|platform| kill(platform, true, Kill::Deadline));
            let _ = self.shared.wait(Instant::now() + REAPED, nobody).await;
        }
        self.shared.change(|platform| {
            let failed = listening.into_iter().find(|name| {
                let member = platform.members.get(name);
                member.is_none_or(|member| member.state != Some(super::State::Exited))
            });
            let outcome = match failed {
                Some(extension) => Err(EmulatorError::ShutdownFailed { extension }),
                None => Ok(()),
            };
            platform.runtime.invocation = None;
            platform.stage = Stage::Idle { reset };
            platform.outdated = true;
            // Those of this process are there once; whoever runs them again announces them again.
            platform
                .members
                .retain(|_, member| member.executable.is_some());
            platform.internals.clear();
            ended(platform, phase, outcome.as_ref().err());
            outcome
        })
    }

    /// The runtime has its share of the time, then it is killed.
    async fn end_runtime(&self, deadline: Instant) {
        let runs = |platform: &Platform| {
            let runs = platform.runtime.runs();
            runs.then(|| RUNTIME.to_owned()).into_iter().collect()
        };
        if self.shared.wait(deadline, runs).await.is_err() {
            self.shared
                .change(|platform| platform.runtime.control(Control::Kill));
            let _ = self.shared.wait(Instant::now() + REAPED, runs).await;
        }
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
    platform.runtime.invoke(current);
    platform.tell_start();
}

/// Kills those that run, of those that take SHUTDOWN, or of the others.
fn kill(platform: &mut Platform, take_shutdown: bool, why: Kill) {
    for name in platform.running(take_shutdown) {
        if let Some(member) = platform.members.get(&name) {
            member.control(Control::Kill);
        }
        let extension = name;
        platform.note(What::Killed { extension, why });
    }
}

fn ended(platform: &mut Platform, phase: Phase, error: Option<&EmulatorError>) {
    let error = error.map(ToString::to_string);
    platform.note(What::Ended { phase, error });
}
