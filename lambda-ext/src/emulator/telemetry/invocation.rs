//! What the platform tells of an invocation's parts.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::super::agent::TraceContext;
use super::super::reply::json;
use super::super::runtime::Current;
use super::Ending;
use super::event::{Object, span};

/// What `runtimeDone` and `report` have in common.
pub(super) fn of_invocation(
    request_id: &str,
    ending: Ending<'_>,
    metrics: &str,
    tracing: Option<String>,
    spans: &[String],
) -> String {
    let record = ending
        .add_to(Object::default().text("requestId", request_id))
        .raw("metrics", metrics)
        .when(tracing, |record, tracing| record.raw("tracing", tracing))
        .list("spans", spans);
    ending.add_type_to(record).end()
}

/// The trace header; a managed instance makes no span of its own.
pub(super) fn tracing(current: &Current, managed: bool) -> Option<String> {
    let context = current.tracing.as_ref()?;
    Some(json(&TraceContext {
        span_id: (!managed).then(|| span_id(&current.request_id)),
        ..context.clone()
    }))
}

/// 16 hexadecimal digits; the same for all events of an invocation.
fn span_id(request_id: &str) -> String {
    let digits = request_id.chars().filter(char::is_ascii_hexdigit);
    format!("{:0<16}", digits.take(16).collect::<String>())
}

/// The parts of an invocation that was responded to; an error has none, but on a managed instance.
pub(super) fn spans(current: &Current, managed: bool, done: Option<Instant>) -> Vec<String> {
    let response = current.response.as_ref();
    let response = response.filter(|response| managed || response.error_type.is_none());
    let Some(response) = response else {
        return Vec::new();
    };
    let latency = response.at - current.began;
    let at: SystemTime = current.began_at + latency;
    let mut spans = vec![
        span("responseLatency", current.began_at, latency),
        span("responseDuration", at, Duration::ZERO),
    ];
    spans.extend(done.map(|done| span("runtimeOverhead", at, done - response.at)));
    spans
}
