//! The exits of extensions and of the runtime.

use super::Platform;
use crate::emulator::control::Exit;
use crate::emulator::extension_state::ExtensionState;
use crate::emulator::generation::{FatalError, Stage};
use crate::emulator::record::StepKind;
use crate::event::EventType;

impl Platform {
    /// An external extension has exited. Outside SHUTDOWN that is a crash, even with code 0.
    pub(crate) fn extension_exited(&mut self, name: &str, exit: Exit) {
        let ending = self.stage() == Stage::Ending;
        let state = if ending && exit.code == Some(0) {
            ExtensionState::Exited
        } else {
            ExtensionState::ShutdownFailed
        };
        let at_shutdown = ending.then_some(state);
        self.registry.exited(name, at_shutdown);
        self.record_drops();
        self.telemetry.unsubscribe(name);
        self.external.ended(name, at_shutdown);
        self.generation.exited(FatalError {
            error_type: "Extension.Crash",
            extension: Some(name.to_owned()),
            reported: None,
        });
        self.record(StepKind::Exited {
            extension: name.to_owned(),
            code: exit.code,
            signal: exit.signal,
            state,
        });
    }

    /// The runtime has exited.
    pub(crate) fn runtime_exited(&mut self, exit: Exit) {
        self.runtime.exited();
        self.generation.exited(FatalError {
            error_type: "Runtime.ExitError",
            extension: None,
            reported: None,
        });
        self.record(StepKind::RuntimeExited {
            code: exit.code,
            signal: exit.signal,
        });
    }

    /// The external extensions that have not registered.
    pub(crate) fn unregistered(&self) -> Vec<String> {
        let names = self.external.names();
        names
            .filter(|name| !self.registry.contains(name))
            .map(str::to_owned)
            .collect()
    }

    /// The running external extensions that take SHUTDOWN, or those that do not.
    pub(crate) fn running(&self, takes_shutdown: bool) -> Vec<String> {
        let names = self.external.running();
        names
            .filter(|name| self.registry.takes_shutdown(name) == takes_shutdown)
            .map(str::to_owned)
            .collect()
    }

    /// The extensions that take INVOKE and have not called `next` since.
    pub(crate) fn busy(&self) -> Vec<String> {
        self.registry.busy(Some(EventType::Invoke))
    }
}
