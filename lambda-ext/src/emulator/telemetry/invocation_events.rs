//! The events about an invocation.

use std::time::Duration;

use tokio::time::Instant;

use super::event::EmittedEvent;
use super::json_object::{JsonObject, span_json};
use super::outcome::PhaseOutcome;
use crate::emulator::lifecycle_event::TraceContext;
use crate::emulator::reply::json;
use crate::emulator::runtime::RunningInvocation;
use crate::emulator::settings::{EnvironmentSettings, MEMORY_MB};

pub(crate) fn start(
    invocation: &RunningInvocation,
    settings: &EnvironmentSettings,
) -> EmittedEvent {
    let managed = settings.managed();
    let record = JsonObject::default()
        .text("requestId", &invocation.request_id)
        .text("version", &settings.function.function_version)
        .when(
            managed.then_some(&invocation.function_arn),
            |record, arn| record.text("functionArn", arn),
        )
        .when(trace_json(invocation, managed), |record, trace| {
            record.raw("tracing", trace)
        })
        .end();
    EmittedEvent::platform("platform.start", record)
}

/// The runtime is done with an invocation. A managed instance has no such event.
pub(crate) fn runtime_done(
    invocation: &RunningInvocation,
    outcome: PhaseOutcome<'_>,
) -> EmittedEvent {
    let (started, _) = invocation.start();
    let took = invocation.done().map(|done| done - started);
    let response = invocation.response();
    let produced = response
        .filter(|response| response.error_type.is_none())
        .map_or(0, |response| response.body.len());
    let metrics = JsonObject::default()
        .milliseconds("durationMs", took.unwrap_or_default())
        .raw("producedBytes", produced)
        .end();
    let spans = spans(invocation, false, invocation.done());
    let record = InvocationRecord {
        invocation,
        managed: false,
        outcome,
    };
    EmittedEvent::platform("platform.runtimeDone", record.json(&metrics, &spans))
}

/// An invocation is over. `init` is the time of an init before it.
pub(crate) fn report(
    invocation: &RunningInvocation,
    outcome: PhaseOutcome<'_>,
    init: Option<Duration>,
    has_extensions: bool,
) -> EmittedEvent {
    let took = invocation.elapsed();
    let billed = (took + init.unwrap_or_default()).as_secs_f64() * 1e3;
    let metrics = JsonObject::default()
        .milliseconds("durationMs", took)
        .raw("billedDurationMs", billed.ceil())
        .raw("memorySizeMB", MEMORY_MB)
        .raw("maxMemoryUsedMB", MEMORY_MB / 2)
        .when(init, |metrics, init| {
            metrics.milliseconds("initDurationMs", init)
        })
        .end();
    let (started, started_at) = invocation.start();
    let overhead = invocation.done().filter(|_| has_extensions).map(|done| {
        let start = started_at + (done - started);
        span_json("extensionOverhead", start, done.elapsed())
    });
    let spans: Vec<_> = overhead.into_iter().collect();
    let record = InvocationRecord {
        invocation,
        managed: false,
        outcome,
    };
    EmittedEvent::platform("platform.report", record.json(&metrics, &spans))
}

/// An invocation of a managed instance is over.
pub(crate) fn managed_report(
    invocation: &RunningInvocation,
    outcome: PhaseOutcome<'_>,
) -> EmittedEvent {
    let response = invocation.response();
    let error_type = response.and_then(|response| response.error_type.as_deref());
    let outcome = match error_type {
        // Only here does the report have the function's error.
        Some(error_type) if outcome.is_success() => PhaseOutcome::error(error_type),
        _ => outcome,
    };
    // Always with three decimal places.
    let took = format!("{:.3}", invocation.elapsed().as_secs_f64() * 1e3);
    let metrics = JsonObject::default().raw("durationMs", took).end();
    let spans = spans(invocation, true, None);
    let record = InvocationRecord {
        invocation,
        managed: true,
        outcome,
    };
    EmittedEvent::platform("platform.report", record.json(&metrics, &spans))
}

/// The record of `runtimeDone` or `report`.
struct InvocationRecord<'a> {
    invocation: &'a RunningInvocation,
    managed: bool,
    outcome: PhaseOutcome<'a>,
}

impl InvocationRecord<'_> {
    fn json(&self, metrics: &str, spans: &[String]) -> String {
        let record = JsonObject::default().text("requestId", &self.invocation.request_id);
        let record = self
            .outcome
            .add_status(record)
            .raw("metrics", metrics)
            .when(
                trace_json(self.invocation, self.managed),
                |record, trace| record.raw("tracing", trace),
            )
            .list("spans", spans);
        self.outcome.add_error_type(record).end()
    }
}

/// The trace header. A managed instance makes no span of its own.
fn trace_json(invocation: &RunningInvocation, managed: bool) -> Option<String> {
    let trace = invocation.trace.as_ref()?;
    Some(json(&TraceContext {
        span_id: (!managed).then(|| span_id(&invocation.request_id)),
        ..trace.clone()
    }))
}

/// 16 hexadecimal digits, the same in all events of an invocation.
fn span_id(request_id: &str) -> String {
    let digits = request_id.chars().filter(char::is_ascii_hexdigit);
    format!("{:0<16}", digits.take(16).collect::<String>())
}

/// The spans of an invocation that has a response. An error has spans on a managed instance only.
fn spans(invocation: &RunningInvocation, managed: bool, done: Option<Instant>) -> Vec<String> {
    let response = invocation.response();
    let response = response.filter(|response| managed || response.error_type.is_none());
    let Some(response) = response else {
        return Vec::new();
    };
    let (started, started_at) = invocation.start();
    let latency = response.at - started;
    let at = started_at + latency;
    let mut spans = vec![
        span_json("responseLatency", started_at, latency),
        span_json("responseDuration", at, Duration::ZERO),
    ];
    spans.extend(done.map(|done| span_json("runtimeOverhead", at, done - response.at)));
    spans
}
