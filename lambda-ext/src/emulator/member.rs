//! The external extensions of an environment: what stands for `/opt/extensions`.

use std::path::PathBuf;

use tokio::sync::mpsc::UnboundedSender;

use super::State;
use super::platform::{Fatal, Platform, Stage};
use super::process::Exit;
use super::record::{Kill, What};
use crate::EventType;

/// What is done to a process, or to what stands for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Control {
    Terminate,
    Kill,
    Stop,
    Continue,
}

/// The reins of one that runs.
pub(super) type Reins = UnboundedSender<Control>;

/// An external extension.
#[derive(Debug, Default)]
pub(super) struct Member {
    /// None where it runs in the emulator's process, and is there for one generation only.
    pub(super) executable: Option<PathBuf>,
    reins: Option<Reins>,
    /// Why it was killed.
    pub(super) killed: Option<Kill>,
    /// Whether the record has its launch.
    pub(super) announced: bool,
    /// How it ended at SHUTDOWN, or that it could not be started.
    pub(super) state: Option<State>,
}

impl Member {
    pub(super) fn executable(path: PathBuf) -> Self {
        Self {
            executable: Some(path),
            ..Self::default()
        }
    }

    pub(super) fn started(&mut self, reins: Reins) {
        self.reins = Some(reins);
        self.state = None;
    }

    pub(super) fn ended(&mut self, state: Option<State>) {
        self.reins = None;
        self.state = state;
    }

    pub(super) fn runs(&self) -> bool {
        self.reins.is_some()
    }

    pub(super) fn control(&self, control: Control) {
        if let Some(reins) = &self.reins {
            // One that has just ended does not hear it.
            let _ = reins.send(control);
        }
    }
}

impl Platform {
    /// Expects an extension of this process, or says why it cannot be.
    pub(super) fn expect(&mut self, name: &str) -> Result<(), &'static str> {
        if self.stage == Stage::Ready {
            return Err("was made after init: make it before the first `init` or `invoke`");
        }
        if self.members.contains_key(name) {
            return Err("is there already: every extension has a name of its own");
        }
        self.departed.retain(|departed| departed != name);
        self.members.insert(name.to_owned(), Member::default());
        Ok(())
    }

    /// Those of this process are there for one generation; after a reset they have to be made
    /// again, as Lambda starts all extensions again.
    pub(super) fn dismiss(&mut self, reset: bool) {
        self.departed.clear();
        for (name, member) in std::mem::take(&mut self.members) {
            if member.executable.is_some() {
                self.members.insert(name, member);
            } else if reset && member.announced {
                self.departed.push(name);
            }
        }
    }

    /// Puts the launch of those extensions of this process that run into the record.
    pub(super) fn announce(&mut self) {
        let members = self.members.iter_mut();
        let new = members.filter(|(_, member)| {
            member.executable.is_none() && member.runs() && !member.announced
        });
        let names: Vec<_> = new
            .map(|(name, member)| {
                member.announced = true;
                name.clone()
            })
            .collect();
        for extension in names {
            self.note(What::Launched {
                extension,
                pid: None,
            });
        }
    }

    /// An extension has ended. Outside SHUTDOWN that is a crash, whatever its exit code.
    pub(super) fn left(&mut self, name: &str, exit: Exit) {
        let ending = self.stage == Stage::Ending;
        let state = if ending && exit.code == Some(0) {
            State::Exited
        } else {
            State::ShutdownFailed
        };
        if let Some(agent) = self.agents.values_mut().find(|agent| agent.name == name) {
            if ending {
                agent.state = state;
            }
            agent.left_waiting = agent.waiting.take();
        }
        self.note_drops();
        self.telemetry.unsubscribe(name);
        if let Some(member) = self.members.get_mut(name) {
            member.ended(ending.then_some(state));
        }
        if !ending {
            self.cancelled = true;
            self.fatal.get_or_insert_with(|| Fatal {
                error_type: "Extension.Crash",
                extension: Some(name.to_owned()),
                reported: None,
            });
        }
        let extension = name.to_owned();
        self.note(What::Left {
            extension,
            code: exit.code,
            signal: exit.signal,
            state,
        });
    }

    /// The external extensions that have not registered.
    pub(super) fn unregistered(&self) -> Vec<String> {
        let registered = |name: &str| self.agents.values().any(|agent| agent.name == name);
        let names = self.members.keys();
        names.filter(|name| !registered(name)).cloned().collect()
    }

    /// The external extensions that run, of those that take SHUTDOWN, or of the others.
    pub(super) fn running(&self, take_shutdown: bool) -> Vec<String> {
        let takes = |name: &str| {
            let mut agents = self.agents.values();
            agents.any(|agent| agent.name == name && agent.takes(EventType::Shutdown))
        };
        self.members
            .iter()
            .filter(|(name, member)| member.runs() && takes(name) == take_shutdown)
            .map(|(name, _)| name.clone())
            .collect()
    }
}
