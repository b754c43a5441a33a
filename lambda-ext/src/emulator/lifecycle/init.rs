//! Init: the extensions, the runtime, and what each is waited for.

use std::io;

use tokio::time::Instant;

use super::super::platform::{Platform, Stage};
use super::super::process::{self, Started};
use super::super::record::{Phase, What};
use super::super::runtime::Kind;
use super::super::telemetry::{Category, Ending};
use super::super::{Emulator, EmulatorError, Initialization, State};
use super::{Drive, RUNTIME, ended};
use crate::ShutdownReason;

impl Emulator {
    /// Initialises what is not: after a reset as part of an invocation, to its deadline. Whether it
    /// was that.
    pub(super) async fn ready(
        &self,
        drive: &mut Drive,
        deadline: Instant,
    ) -> Result<bool, EmulatorError> {
        let suppressed = match self.stage() {
            Stage::Idle { reset } => reset,
            Stage::Init => false,
            Stage::Ready | Stage::Ending => return Ok(false),
        };
        self.initialise(drive, suppressed.then_some(deadline))
            .await?;
        Ok(suppressed)
    }

    /// Init, to a deadline that is an invocation's where it is part of one. One whose future was
    /// dropped goes on.
    pub(super) async fn initialise(
        &self,
        drive: &mut Drive,
        deadline: Option<Instant>,
    ) -> Result<(), EmulatorError> {
        let resumed = drive.begun.filter(|_| self.stage() == Stage::Init);
        let (began, suppressed) = resumed.unwrap_or((Instant::now(), deadline.is_some()));
        let phase = Phase::Init { suppressed };
        if let Some(extension) = self
            .shared
            .look(|platform| platform.departed.first().cloned())
        {
            let why = "ran before the reset, and is not there to be started again, as Lambda would: \
                       make `Emulator::extension` anew before the next invocation";
            return Err(EmulatorError::Unexpected { extension, why });
        }
        if resumed.is_none() {
            drive.begun = Some((began, suppressed));
            self.shared.change(|platform| {
                platform.renew();
                platform.stage = Stage::Init;
                platform.note(What::Began(phase.clone()));
                platform.announce();
                platform.tell_init_start(suppressed);
            });
        }
        let limit = self.shared.look(|platform| platform.settings.init_timeout);
        let deadline = deadline.unwrap_or(began + limit);
        let outcome = self.gates(deadline, resumed.is_some(), suppressed).await;
        let took = began.elapsed();
        self.shared.change(|platform| {
            let managed = platform.settings.managed();
            let runtime = platform.runtime.is_built_in() || platform.runtime.runs();
            let ending = ending(&outcome);
            if !managed && (outcome.is_ok() || runtime && platform.registration_closed) {
                platform.tell_init_runtime_done(suppressed, ending);
            }
            platform.tell_init_report(suppressed, ending, took);
            platform.telemetry.close();
            platform.rest();
            platform.stage = Stage::Ready;
            ended(platform, phase, outcome.as_ref().err());
        });
        match outcome {
            Ok(()) => {
                let on_demand = self
                    .shared
                    .look(|platform| platform.settings.initialization == Initialization::OnDemand);
                // A suppressed one is part of the invocation's own time.
                drive.init = (on_demand && !suppressed).then_some(took);
                Ok(())
            }
            Err(error) => {
                // What else goes wrong then is in the record.
                let managed = self.shared.look(|platform| platform.settings.managed());
                let reason = if managed {
                    ShutdownReason::Failure
                } else {
                    ShutdownReason::Spindown
                };
                let _ = self.end(reason, true, None).await;
                Err(error)
            }
        }
    }

    /// What init waits for, one after the other.
    async fn gates(
        &self,
        deadline: Instant,
        resumed: bool,
        suppressed: bool,
    ) -> Result<(), EmulatorError> {
        if !resumed {
            self.launch_extensions()?;
        }
        self.gate(deadline, "register", Platform::unregistered)
            .await?;
        self.start_runtime()?;
        let asked = self.gate(deadline, "ask for its first invocation", |platform| {
            let missing = (!platform.runtime.is_ready()).then(|| RUNTIME.to_owned());
            missing.into_iter().collect()
        });
        let asked = asked.await;
        if let Err(EmulatorError::Failed { .. }) = &asked {
            self.shared.change(|platform| {
                if platform.settings.managed() {
                    platform.tell_init_runtime_done(suppressed, ending(&asked));
                }
            });
        }
        asked?;
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
            // Before it is there: how long that takes is part of its start.
            let before = Instant::now();
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
                move |shared, exit| shared.change(|platform| platform.left(&of_end, exit)),
            );
            self.shared.change(|platform| match started {
                Ok(Started { pid, reins }) => {
                    if let Some(member) = platform.members.get_mut(&name) {
                        member.started(reins);
                    }
                    let pid = Some(pid);
                    let extension = name;
                    let what = What::Launched { extension, pid };
                    platform.recorder.note_at(before, what);
                }
                Err(error) => {
                    if let Some(member) = platform.members.get_mut(&name) {
                        member.ended(Some(State::LaunchError));
                    }
                    let error = format!("{}: {error}", path.display());
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
        if self.shared.look(|platform| platform.runtime.runs()) {
            return Ok(());
        }
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
            |shared, exit| shared.change(|platform| platform.runtime_left(exit)),
        );
        let invalid = |error: io::Error| EmulatorError::Failed {
            error_type: "Runtime.InvalidEntrypoint",
            extension: None,
            reported: Some(format!("{}: {error}", path.display())),
        };
        let Started { pid, reins } = started.map_err(invalid)?;
        self.shared.change(|platform| {
            platform.runtime.started(reins);
            platform.note(What::RuntimeStarted { pid: Some(pid) });
        });
        Ok(())
    }
}

/// What init ends with; the runtime's own word for its error is the platform's, too.
fn ending(outcome: &Result<(), EmulatorError>) -> Ending<'_> {
    match outcome {
        Ok(()) => Ending::SUCCESS,
        Err(EmulatorError::Failed {
            error_type: "Runtime.InitError",
            reported: Some(reported),
            ..
        }) => Ending::error(reported),
        Err(EmulatorError::Failed { error_type, .. }) => Ending::error(error_type),
        Err(_) => Ending::TIMEOUT,
    }
}
