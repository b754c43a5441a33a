//! An invocation that is under way.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;
use uuid::Uuid;

use crate::emulator::lifecycle_event::{LifecycleEvent, TraceContext};
use crate::emulator::reply::Reply;

#[derive(Debug)]
pub(crate) struct RunningInvocation {
    pub(crate) request_id: String,
    pub(crate) function_arn: String,
    pub(crate) trace: Option<TraceContext>,
    deadline_ms: u64,
    payload: String,
    started: Instant,
    started_at: SystemTime,
    response: Option<FunctionResponse>,
    handed_out: bool,
    /// The time when the runtime was done with it.
    done: Option<Instant>,
}

/// The response of the function.
#[derive(Debug, Clone)]
pub(crate) struct FunctionResponse {
    pub(crate) body: String,
    pub(crate) error_type: Option<String>,
    pub(crate) at: Instant,
}

impl RunningInvocation {
    /// Begins an invocation, without a trace.
    pub(crate) fn begin(
        request_id: &str,
        function_arn: String,
        deadline_ms: u64,
        payload: &str,
    ) -> Self {
        Self {
            request_id: request_id.to_owned(),
            function_arn,
            trace: None,
            deadline_ms,
            payload: payload.to_owned(),
            started: Instant::now(),
            started_at: SystemTime::now(),
            response: None,
            handed_out: false,
            done: None,
        }
    }

    pub(crate) fn with_trace(mut self, trace: Option<TraceContext>) -> Self {
        self.trace = trace;
        self
    }

    /// The event that extensions receive.
    pub(crate) fn event(&self) -> LifecycleEvent {
        LifecycleEvent::invoke(
            self.deadline_ms,
            &self.request_id,
            &self.function_arn,
            self.trace.as_ref(),
        )
    }

    pub(crate) fn response(&self) -> Option<&FunctionResponse> {
        self.response.as_ref()
    }

    /// The time of its start, also by the wall clock.
    pub(crate) fn start(&self) -> (Instant, SystemTime) {
        (self.started, self.started_at)
    }

    /// The time when the runtime was done with it.
    pub(crate) fn done(&self) -> Option<Instant> {
        self.done
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    pub(super) fn is_handed_out(&self) -> bool {
        self.handed_out
    }

    pub(super) fn hand_out(&mut self) {
        self.handed_out = true;
    }

    pub(super) fn respond(&mut self, body: String, error_type: Option<String>) {
        self.response = Some(FunctionResponse {
            body,
            error_type,
            at: Instant::now(),
        });
    }

    /// Ends the runtime's part of it. Returns whether that was still open.
    pub(super) fn finish(&mut self) -> bool {
        let open = self.done.is_none();
        self.done.get_or_insert_with(Instant::now);
        open
    }

    /// The answer to the runtime's `next`.
    pub(super) fn reply(&self, managed: bool) -> Reply {
        let reply = Reply::json_text(200, self.payload.clone())
            .with_header("Lambda-Runtime-Aws-Request-Id", &self.request_id)
            .with_header("Lambda-Runtime-Deadline-Ms", self.deadline_ms.to_string())
            .with_header("Lambda-Runtime-Invoked-Function-Arn", &self.function_arn);
        let reply = if managed {
            let id = Uuid::new_v4().to_string();
            reply.with_header("Lambda-Runtime-Invocation-Id", id)
        } else {
            reply
        };
        match &self.trace {
            Some(trace) => reply.with_header("Lambda-Runtime-Trace-Id", &trace.value),
            None => reply,
        }
    }
}
