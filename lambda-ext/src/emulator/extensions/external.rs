//! The external extensions of an environment, as `/opt/extensions` holds them on Lambda.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::emulator::control::{Control, ControlSender, ProcessHandle};
use crate::emulator::extension_state::ExtensionState;
use crate::emulator::record::KillReason;

/// The number of external and internal extensions that an environment may have.
pub(crate) const MAX_EXTENSIONS: usize = 10;

#[derive(Debug, Default)]
pub(crate) struct ExternalExtensions {
    by_name: BTreeMap<String, ExternalExtension>,
    /// Extensions of this process that ran before a reset and have not been made again.
    departed: Vec<String>,
}

#[derive(Debug, Default)]
struct ExternalExtension {
    /// None for one that runs in this process. It belongs to one generation.
    executable: Option<PathBuf>,
    process: ProcessHandle,
    killed: Option<KillReason>,
    /// True once the record has its launch.
    announced: bool,
    /// Its state after SHUTDOWN, or after a failed launch.
    state: Option<ExtensionState>,
}

impl ExternalExtensions {
    pub(crate) fn new(executables: BTreeMap<String, PathBuf>) -> Self {
        let extension = |(name, path)| {
            let extension = ExternalExtension {
                executable: Some(path),
                ..ExternalExtension::default()
            };
            (name, extension)
        };
        Self {
            by_name: executables.into_iter().map(extension).collect(),
            departed: Vec::new(),
        }
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    pub(crate) fn len(&self) -> usize {
        self.by_name.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    /// The state that an extension ended in, if it has.
    pub(crate) fn state(&self, name: &str) -> Option<ExtensionState> {
        self.by_name.get(name)?.state
    }

    /// The executables to launch at init, by name.
    pub(crate) fn executables(&self) -> Vec<(String, PathBuf)> {
        let executable = |(name, extension): (&String, &ExternalExtension)| {
            Some((name.clone(), extension.executable.clone()?))
        };
        self.by_name.iter().filter_map(executable).collect()
    }

    /// Adds an extension of this process, unless the name is taken.
    pub(crate) fn expect(&mut self, name: &str) -> Result<(), &'static str> {
        if self.contains(name) {
            return Err("is there already: give every extension a name of its own");
        }
        self.departed.retain(|departed| departed != name);
        self.by_name
            .insert(name.to_owned(), ExternalExtension::default());
        Ok(())
    }

    /// An extension that has to be made again before the next init.
    pub(crate) fn first_departed(&self) -> Option<&str> {
        self.departed.first().map(String::as_str)
    }

    /// Removes the extensions of this process. Lambda starts all extensions again after a reset, so
    /// they have to be made again then.
    pub(crate) fn dismiss(&mut self, reset: bool) {
        self.departed.clear();
        let departed = &mut self.departed;
        self.by_name.retain(|name, extension| {
            let stays = extension.executable.is_some();
            if !stays && reset && extension.announced {
                departed.push(name.clone());
            }
            stays
        });
    }

    pub(crate) fn started(&mut self, name: &str, control: ControlSender) {
        let extension = self.by_name.entry(name.to_owned()).or_default();
        extension.process.started(control);
        extension.state = None;
    }

    pub(crate) fn ended(&mut self, name: &str, state: Option<ExtensionState>) {
        if let Some(extension) = self.by_name.get_mut(name) {
            extension.process.ended();
            extension.state = state;
        }
    }

    /// The running extensions of this process whose launch the record lacks. They count as recorded
    /// from then on.
    pub(crate) fn announce(&mut self) -> Vec<String> {
        let new = |extension: &ExternalExtension| {
            extension.executable.is_none() && extension.process.is_running() && !extension.announced
        };
        let extensions = self.by_name.iter_mut();
        extensions
            .filter(|(_, extension)| new(extension))
            .map(|(name, extension)| {
                extension.announced = true;
                name.clone()
            })
            .collect()
    }

    pub(crate) fn running(&self) -> impl Iterator<Item = &str> {
        let extensions = self.by_name.iter();
        extensions
            .filter(|(_, extension)| extension.process.is_running())
            .map(|(name, _)| name.as_str())
    }

    pub(crate) fn kill(&mut self, name: &str, reason: KillReason) {
        if let Some(extension) = self.by_name.get_mut(name) {
            extension.killed = Some(reason);
            extension.process.control(Control::Kill);
        }
    }

    pub(crate) fn kill_reason(&self, name: &str) -> Option<KillReason> {
        self.by_name.get(name)?.killed
    }

    pub(crate) fn control_all(&self, control: Control) {
        for extension in self.by_name.values() {
            extension.process.control(control);
        }
    }
}
