//! The external extensions of an environment: what stands for `/opt/extensions`.

use std::path::PathBuf;

use tokio::sync::mpsc::UnboundedSender;

use super::State;
use super::record::Kill;

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
