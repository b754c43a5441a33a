//! The state of the runtime, its invocations, and the answers to its calls.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use tokio::sync::oneshot;

use super::running::RunningInvocation;
use crate::emulator::call::Call;
use crate::emulator::control::{Control, ControlSender, ProcessHandle};
use crate::emulator::extension_state::not_allowed;
use crate::emulator::generation::FatalError;
use crate::emulator::incoming::{Answer, IncomingRequest};
use crate::emulator::reply::Reply;

/// The kind of runtime.
#[derive(Debug, Clone, Default)]
pub(crate) enum RuntimeKind {
    /// The emulator itself, as each invocation says.
    #[default]
    BuiltIn,
    /// A process, started once all external extensions have registered.
    Process(PathBuf),
    /// A client that the emulator did not start.
    Attached,
}

#[derive(Debug, Default)]
pub(crate) struct Runtime {
    kind: RuntimeKind,
    process: ProcessHandle,
    /// True once it has called `next`.
    asked: bool,
    /// True once it has reported an init error.
    init_error: bool,
    /// Its calls of `next` that wait. A managed instance may have several.
    waiting: VecDeque<oneshot::Sender<Reply>>,
    /// The invocations under way: at most one, except on a managed instance.
    invocations: Vec<RunningInvocation>,
}

impl Runtime {
    pub(crate) fn new(kind: RuntimeKind) -> Self {
        Self {
            kind,
            ..Self::default()
        }
    }

    /// Prepares for a new generation. An attached runtime may be waiting already.
    pub(crate) fn renew(&mut self) {
        self.forget();
        self.init_error = false;
        if !matches!(self.kind, RuntimeKind::Attached) {
            self.asked = false;
            self.waiting.clear();
        }
    }

    pub(crate) fn is_built_in(&self) -> bool {
        matches!(self.kind, RuntimeKind::BuiltIn)
    }

    /// The executable to start at init.
    pub(crate) fn executable(&self) -> Option<&Path> {
        match &self.kind {
            RuntimeKind::Process(path) => Some(path),
            RuntimeKind::BuiltIn | RuntimeKind::Attached => None,
        }
    }

    /// Returns whether it waits for its first invocation.
    pub(crate) fn is_ready(&self) -> bool {
        self.is_built_in() || self.asked
    }

    pub(crate) fn started(&mut self, control: ControlSender) {
        self.process.started(control);
    }

    pub(crate) fn is_running(&self) -> bool {
        self.process.is_running()
    }

    pub(crate) fn control(&self, control: Control) {
        self.process.control(control);
    }

    /// Notes that its process has ended.
    pub(crate) fn exited(&mut self) {
        self.process.ended();
        self.waiting.clear();
    }

    /// Ends it, with the environment.
    pub(crate) fn end(&mut self) {
        self.waiting.clear();
        self.control(Control::Kill);
    }

    /// Begins an invocation, and hands it to a runtime that waits.
    pub(crate) fn invoke(&mut self, mut invocation: RunningInvocation, managed: bool) {
        if let Some(waiting) = self.waiting.pop_front() {
            if waiting.send(invocation.reply(managed)).is_ok() {
                invocation.hand_out();
            }
        }
        self.invocations.push(invocation);
    }

    /// The invocation under way that has this request id.
    pub(crate) fn invocation(&self, request_id: &str) -> Option<&RunningInvocation> {
        let mut invocations = self.invocations.iter();
        invocations.find(|invocation| invocation.request_id == request_id)
    }

    fn invocation_mut(&mut self, request_id: &str) -> Option<&mut RunningInvocation> {
        let mut invocations = self.invocations.iter_mut();
        invocations.find(|invocation| invocation.request_id == request_id)
    }

    /// Forgets what was under way.
    pub(crate) fn forget(&mut self) {
        self.invocations.clear();
    }

    /// Removes an invocation that is over.
    pub(crate) fn remove(&mut self, request_id: &str) -> Option<RunningInvocation> {
        let mut invocations = self.invocations.iter();
        let index = invocations.position(|invocation| invocation.request_id == request_id)?;
        Some(self.invocations.remove(index))
    }

    /// Returns whether it is done with an invocation.
    pub(crate) fn is_done(&self, request_id: &str) -> bool {
        let invocation = self.invocation(request_id);
        invocation.is_none_or(|invocation| invocation.done().is_some())
    }

    /// Returns whether an invocation has no response yet.
    pub(crate) fn owes_response(&self, request_id: &str) -> bool {
        let invocation = self.invocation(request_id);
        invocation.is_some_and(|invocation| invocation.response().is_none())
    }

    /// Keeps the response to an invocation. Returns whether it is under way.
    pub(crate) fn respond(
        &mut self,
        request_id: &str,
        body: String,
        error_type: Option<String>,
    ) -> bool {
        let invocation = self.invocation_mut(request_id);
        invocation
            .map(|invocation| invocation.respond(body, error_type))
            .is_some()
    }

    /// Ends the runtime's part of an invocation. Returns the invocation, unless that had ended before.
    pub(crate) fn finish(&mut self, request_id: &str) -> Option<&RunningInvocation> {
        let invocation = self.invocation_mut(request_id)?;
        invocation.finish().then_some(invocation)
    }

    /// Takes a report of an init error, or refuses it.
    pub(crate) fn report_init_error(
        &mut self,
        request: &IncomingRequest,
        managed: bool,
    ) -> Result<FatalError, Reply> {
        if self.init_error || self.asked && !managed {
            return Err(self.refusal("InitError", managed));
        }
        self.init_error = true;
        Ok(FatalError {
            error_type: "Runtime.InitError",
            extension: None,
            reported: request.error_type.clone(),
        })
    }

    /// Takes a call of `next`, or refuses it. Returns the request id of the invocation that the
    /// runtime is done with, if there is one.
    pub(crate) fn ask(&mut self, managed: bool) -> Result<Option<String>, Reply> {
        if self.init_error {
            return Err(self.refusal("Ready", managed));
        }
        self.asked = true;
        // On a managed instance it is one of several workers that asks: the one that has responded.
        let had = |invocation: &&RunningInvocation| {
            let had = if managed {
                invocation.response().is_some()
            } else {
                invocation.is_handed_out()
            };
            had && invocation.done().is_none()
        };
        let mut invocations = self.invocations.iter();
        let had = invocations.find(had);
        Ok(had.map(|invocation| invocation.request_id.clone()))
    }

    /// Answers `next`, now if an invocation waits for the runtime.
    pub(crate) fn next(&mut self, managed: bool) -> Answer {
        let mut invocations = self.invocations.iter_mut();
        if let Some(invocation) = invocations.find(|invocation| !invocation.is_handed_out()) {
            invocation.hand_out();
            return Answer::Event(invocation.reply(managed));
        }
        let (sender, receiver) = oneshot::channel();
        self.waiting.push_back(sender);
        Answer::Later(receiver)
    }

    /// Refuses a response, or the report of an error, that is not for this state.
    pub(crate) fn check_response(
        &self,
        request_id: &str,
        call: Call,
        managed: bool,
    ) -> Result<(), Reply> {
        let invocation = self.invocation(request_id);
        match invocation.filter(|invocation| invocation.is_handed_out()) {
            Some(invocation) if invocation.response().is_none() => Ok(()),
            Some(_) if !managed => {
                let to = match call {
                    Call::RuntimeError => "InvocationErrorResponse",
                    _ => "InvocationResponse",
                };
                Err(self.refusal(to, managed))
            }
            _ => Err(Reply::error(400, "InvalidRequestID", "Invalid request ID")),
        }
    }

    /// The answer to a call that is not for the present state.
    fn refusal(&self, to: &str, managed: bool) -> Reply {
        let mut invocations = self.invocations.iter();
        let handed_out = invocations.find(|invocation| invocation.is_handed_out());
        let from = match handed_out {
            _ if self.init_error => "InitError",
            Some(invocation) if invocation.response().is_some() => "RuntimeResponseSentState",
            Some(_) => "Running",
            None => "Ready",
        };
        let why = not_allowed(managed);
        let message =
            format!("State transition from {from} to {to} failed for runtime. Error: {why}");
        Reply::forbidden("InvalidStateTransition", message)
    }
}
