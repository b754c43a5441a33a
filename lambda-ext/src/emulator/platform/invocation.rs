//! The changes of an invocation.

use std::time::Duration;

use super::Platform;
use crate::emulator::invocation::Invocation;
use crate::emulator::lifecycle_event::TraceContext;
use crate::emulator::record::{Phase, StepKind};
use crate::emulator::runtime::RunningInvocation;
use crate::emulator::seam::millis_ahead;
use crate::emulator::telemetry::{DeliveryMode, PhaseOutcome, invocation_events};

impl Platform {
    /// Begins an invocation, whose deadline is `left` ahead.
    pub(crate) fn begin_invocation(&mut self, invocation: &Invocation, left: Duration) {
        let request_id = &invocation.request_id;
        self.record(StepKind::Began(Phase::Invoke {
            request_id: request_id.clone(),
        }));
        self.telemetry.set_delivery_mode(DeliveryMode::Buffered);
        let function_arn = invocation.function_arn.clone();
        let running = RunningInvocation::begin(
            request_id,
            function_arn.unwrap_or_else(|| self.settings.function_arn()),
            millis_ahead(left),
            &invocation.payload,
        );
        let trace = invocation.trace_header.as_deref().map(TraceContext::new);
        let running = running.with_trace(trace);
        let start = invocation_events::start(&running, &self.settings);
        self.registry.release(running.event(), &mut self.recorder);
        self.runtime.invoke(running, self.settings.managed());
        self.emit(start);
    }

    /// The function has responded: its caller waits no longer.
    pub(crate) fn respond(&mut self, request_id: &str, body: String, error_type: Option<String>) {
        if self.runtime.respond(request_id, body, error_type.clone()) {
            self.record(StepKind::Responded {
                request_id: request_id.to_owned(),
                error_type,
            });
        }
    }

    /// Ends the function's part of an invocation, by default with success.
    pub(crate) fn finish_function(&mut self, request_id: &str, outcome: Option<PhaseOutcome<'_>>) {
        let Some(invocation) = self.runtime.finish(request_id) else {
            return;
        };
        if !self.settings.managed() {
            let outcome = outcome.unwrap_or(PhaseOutcome::SUCCESS);
            let event = invocation_events::runtime_done(invocation, outcome);
            self.emit(event);
        }
    }

    pub(crate) fn timed_out(&mut self, request_id: &str) {
        self.record(StepKind::TimedOut {
            request_id: request_id.to_owned(),
        });
    }

    /// Emits the report of an invocation that is over. `init` is the time of an init before it.
    pub(crate) fn emit_report(
        &mut self,
        request_id: &str,
        outcome: PhaseOutcome<'_>,
        init: Option<Duration>,
    ) {
        let Some(invocation) = self.runtime.remove(request_id) else {
            return;
        };
        self.emit(if self.managed() {
            invocation_events::managed_report(&invocation, outcome)
        } else {
            let has_extensions = !self.registry.is_empty();
            invocation_events::report(&invocation, outcome, init, has_extensions)
        });
    }

    pub(crate) fn end_invocation(&mut self, request_id: &str, error: Option<String>) {
        let request_id = request_id.to_owned();
        self.record_end(Phase::Invoke { request_id }, error);
    }

    /// Ends an invocation after which the environment goes on.
    pub(crate) fn rest_after(&mut self, request_id: &str, init: Option<Duration>) {
        self.emit_report(request_id, PhaseOutcome::SUCCESS, init);
        self.rest();
        self.end_invocation(request_id, None);
    }
}
