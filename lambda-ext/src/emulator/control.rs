//! Control over a process, or over a future that stands for one, and how it ended.

use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

/// An action on a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Control {
    Terminate,
    Kill,
    Stop,
    Continue,
}

/// Sends actions to the task that supervises a process. Dropping it kills the process.
#[derive(Debug)]
pub(super) struct ControlSender(UnboundedSender<Control>);

impl ControlSender {
    pub(super) fn channel() -> (Self, UnboundedReceiver<Control>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), receiver)
    }
}

/// A process that may be running.
#[derive(Debug, Default)]
pub(super) struct ProcessHandle(Option<ControlSender>);

impl ProcessHandle {
    pub(super) fn started(&mut self, sender: ControlSender) {
        self.0 = Some(sender);
    }

    pub(super) fn ended(&mut self) {
        self.0 = None;
    }

    pub(super) fn is_running(&self) -> bool {
        self.0.is_some()
    }

    pub(super) fn control(&self, control: Control) {
        if let Some(ControlSender(sender)) = &self.0 {
            // A process that has just ended does not receive it.
            let _ = sender.send(control);
        }
    }
}

/// A process that has just started.
#[derive(Debug)]
pub(super) struct StartedProcess {
    pub(super) pid: u32,
    pub(super) control: ControlSender,
}

/// The exit of a process.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Exit {
    pub(super) code: Option<i32>,
    pub(super) signal: Option<i32>,
}

impl Exit {
    /// The end of a future that stands for a process.
    pub(super) fn with_code(code: Option<i32>) -> Self {
        Self { code, signal: None }
    }
}
