//! The function's runtime: built in, or one that talks to the Runtime API.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::SystemTime;

use tokio::sync::oneshot;
use tokio::time::Instant;
use uuid::Uuid;

use super::Call;
use super::agent::TraceContext;
use super::member::{Control, Reins};
use super::platform::{Answer, Fatal, Platform, Request};
use super::process::Exit;
use super::record::What;
use super::reply::Reply;
use super::state::not_allowed;

/// Who runs the function.
#[derive(Debug, Clone, Default)]
pub(super) enum Kind {
    /// The emulator itself, as each invocation says.
    #[default]
    BuiltIn,
    /// A process, started once all external extensions have registered.
    Process(PathBuf),
    /// Somebody that the emulator did not start.
    Attached,
}

#[derive(Debug, Default)]
pub(super) struct Runtime {
    pub(super) kind: Kind,
    reins: Option<Reins>,
    /// Whether it has asked for its first invocation.
    asked: bool,
    /// Whether it has reported that it will not.
    init_error: bool,
    /// Its calls of `next` that wait: on a managed instance there may be several.
    waiting: VecDeque<oneshot::Sender<Reply>>,
    /// Those under way: one, but on a managed instance.
    invocations: Vec<Current>,
}

/// The invocation that is under way.
#[derive(Debug)]
pub(super) struct Current {
    pub(super) request_id: String,
    pub(super) function_arn: String,
    pub(super) deadline_ms: u64,
    pub(super) tracing: Option<TraceContext>,
    pub(super) payload: String,
    pub(super) began: Instant,
    pub(super) began_at: SystemTime,
    pub(super) response: Option<Response>,
    handed_out: bool,
    /// When the runtime had done with it.
    pub(super) done: Option<Instant>,
}

/// What the function answered.
#[derive(Debug, Clone)]
pub(super) struct Response {
    pub(super) body: String,
    pub(super) error_type: Option<String>,
    pub(super) at: Instant,
}

impl Current {
    pub(super) fn new(
        request_id: &str,
        function_arn: String,
        deadline_ms: u64,
        tracing: Option<TraceContext>,
        payload: &str,
    ) -> Self {
        Self {
            request_id: request_id.to_owned(),
            function_arn,
            deadline_ms,
            tracing,
            payload: payload.to_owned(),
            began: Instant::now(),
            began_at: SystemTime::now(),
            response: None,
            handed_out: false,
            done: None,
        }
    }

    fn reply(&self, managed: bool) -> Reply {
        let reply = Reply {
            status: 200,
            content_type: Some("application/json"),
            body: self.payload.clone(),
            ..Reply::default()
        }
        .with_header("Lambda-Runtime-Aws-Request-Id", &self.request_id)
        .with_header("Lambda-Runtime-Deadline-Ms", self.deadline_ms.to_string())
        .with_header("Lambda-Runtime-Invoked-Function-Arn", &self.function_arn);
        let reply = if managed {
            let id = Uuid::new_v4().to_string();
            reply.with_header("Lambda-Runtime-Invocation-Id", id)
        } else {
            reply
        };
        match &self.tracing {
            Some(tracing) => reply.with_header("Lambda-Runtime-Trace-Id", &tracing.value),
            None => reply,
        }
    }
}

impl Runtime {
    pub(super) fn new(kind: Kind) -> Self {
        Self {
            kind,
            ..Self::default()
        }
    }

    /// For a new generation. One that was attached may be waiting already.
    pub(super) fn renew(&mut self) {
        self.forget();
        self.init_error = false;
        if !matches!(self.kind, Kind::Attached) {
            self.asked = false;
            self.waiting.clear();
        }
    }

    pub(super) fn is_built_in(&self) -> bool {
        matches!(self.kind, Kind::BuiltIn)
    }

    /// Whether it waits for its first invocation.
    pub(super) fn is_ready(&self) -> bool {
        self.is_built_in() || self.asked
    }

    pub(super) fn started(&mut self, reins: Reins) {
        self.reins = Some(reins);
    }

    pub(super) fn runs(&self) -> bool {
        self.reins.is_some()
    }

    pub(super) fn control(&self, control: Control) {
        if let Some(reins) = &self.reins {
            let _ = reins.send(control);
        }
    }

    /// Lets go of it, whoever it is.
    pub(super) fn end(&mut self) {
        self.waiting.clear();
        self.control(Control::Kill);
    }

    /// What a call is answered that is not for the state that it is in.
    fn refusal(&self, to: &str, managed: bool) -> Reply {
        let mut handed_out = self.invocations.iter().filter(|current| current.handed_out);
        let from = match handed_out.next() {
            _ if self.init_error => "InitError",
            Some(Current {
                response: Some(_), ..
            }) => "RuntimeResponseSentState",
            Some(_) => "Running",
            None => "Ready",
        };
        let why = not_allowed(managed);
        let message =
            format!("State transition from {from} to {to} failed for runtime. Error: {why}");
        Reply::forbidden("InvalidStateTransition", message)
    }

    /// Begins an invocation, and hands it to a runtime that waits.
    pub(super) fn invoke(&mut self, mut invocation: Current, managed: bool) {
        if let Some(waiting) = self.waiting.pop_front() {
            invocation.handed_out = waiting.send(invocation.reply(managed)).is_ok();
        }
        self.invocations.push(invocation);
    }

    /// The invocation under way of this request id.
    pub(super) fn invocation(&self, request_id: &str) -> Option<&Current> {
        let mut invocations = self.invocations.iter();
        invocations.find(|current| current.request_id == request_id)
    }

    pub(super) fn invocation_mut(&mut self, request_id: &str) -> Option<&mut Current> {
        let mut invocations = self.invocations.iter_mut();
        invocations.find(|current| current.request_id == request_id)
    }

    /// What was under way is not any more.
    pub(super) fn forget(&mut self) {
        self.invocations.clear();
    }

    /// Takes out an invocation that is over.
    pub(super) fn over(&mut self, request_id: &str) -> Option<Current> {
        let mut invocations = self.invocations.iter();
        let place = invocations.position(|current| current.request_id == request_id)?;
        Some(self.invocations.remove(place))
    }

    /// Whether it is done with this invocation.
    pub(super) fn is_done(&self, request_id: &str) -> bool {
        let invocation = self.invocation(request_id);
        invocation.is_none_or(|current| current.done.is_some())
    }
}

impl Platform {
    pub(super) fn answer_runtime(&mut self, call: Call, request: &Request) -> Answer {
        match call {
            Call::RuntimeNext => self.runtime_next(),
            Call::RuntimeInitError => Answer::Now(self.runtime_init_error(request)),
            _ => Answer::Now(self.runtime_answers(call, request)),
        }
    }

    fn runtime_init_error(&mut self, request: &Request) -> Reply {
        let managed = self.settings.managed();
        let runtime = &mut self.runtime;
        if runtime.init_error || runtime.asked && !managed {
            return runtime.refusal("InitError", managed);
        }
        runtime.init_error = true;
        self.fatal.get_or_insert_with(|| Fatal {
            error_type: "Runtime.InitError",
            extension: None,
            reported: request.error_type.clone(),
        });
        Reply::accepted()
    }

    /// The runtime is done with what it had, and wants more.
    fn runtime_next(&mut self) -> Answer {
        if self.runtime.init_error {
            return Answer::Now(self.runtime.refusal("Ready", self.settings.managed()));
        }
        self.runtime.asked = true;
        if self.unregistered().is_empty() {
            self.registration_closed = true;
        }
        let managed = self.settings.managed();
        let mut invocations = self.runtime.invocations.iter();
        // On a managed instance it is one of several workers that asks: the one that has responded.
        let had = invocations.find(|current| {
            current.done.is_none()
                && if managed {
                    current.response.is_some()
                } else {
                    current.handed_out
                }
        });
        if let Some(id) = had.map(|current| current.request_id.clone()) {
            self.runtime_done(&id, None);
        }
        let mut invocations = self.runtime.invocations.iter_mut();
        if let Some(current) = invocations.find(|current| !current.handed_out) {
            current.handed_out = true;
            return Answer::Event(current.reply(managed));
        }
        self.note(What::RuntimeWaits);
        let (sender, receiver) = oneshot::channel();
        self.runtime.waiting.push_back(sender);
        Answer::Later(receiver)
    }

    fn runtime_answers(&mut self, call: Call, request: &Request) -> Reply {
        let id = request.of_invocation.as_deref().unwrap_or_default();
        let managed = self.settings.managed();
        let current = self.runtime.invocation(id);
        match current.filter(|current| current.handed_out) {
            Some(current) if current.response.is_none() => {}
            Some(_) if !managed => {
                let to = match call {
                    Call::RuntimeError => "InvocationErrorResponse",
                    _ => "InvocationResponse",
                };
                return self.runtime.refusal(to, managed);
            }
            _ => return Reply::error(400, "InvalidRequestID", "Invalid request ID"),
        }
        let error_type = (call == Call::RuntimeError).then(|| {
            let named = request.error_type.clone().filter(|name| !name.is_empty());
            named.unwrap_or_else(|| "Function.Unknown".to_owned())
        });
        let body = String::from_utf8_lossy(&request.body).into_owned();
        self.responded(id, body, error_type);
        Reply::accepted()
    }

    /// The function has answered: its caller need not wait any longer.
    pub(super) fn responded(&mut self, request_id: &str, body: String, error_type: Option<String>) {
        let Some(current) = self.runtime.invocation_mut(request_id) else {
            return;
        };
        current.response = Some(Response {
            body,
            error_type: error_type.clone(),
            at: Instant::now(),
        });
        self.note(What::Responded {
            request_id: request_id.to_owned(),
            error_type,
        });
    }

    /// The runtime's process has ended.
    pub(super) fn runtime_left(&mut self, exit: Exit) {
        self.runtime.reins = None;
        self.runtime.waiting.clear();
        if self.stage != super::platform::Stage::Ending {
            self.cancelled = true;
            self.fatal.get_or_insert(Fatal {
                error_type: "Runtime.ExitError",
                extension: None,
                reported: None,
            });
        }
        self.note(What::RuntimeLeft {
            code: exit.code,
            signal: exit.signal,
        });
    }
}
