//! What is known of invocations, and the spans that come of it.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

use lambda_ext::telemetry::{InitType, PlatformReport, Span as Part, Status, Timestamp};
use lambda_ext::{InvokeEvent, Register, RuntimeDone, TelemetryEvent, TelemetryRecord, Tracing};
use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;
use opentelemetry_aws::trace::xray_propagator::span_context_from_str;
use opentelemetry_sdk::trace::SdkTracer;
use opentelemetry_semantic_conventions::attribute;

use super::piece::Piece;

/// How many invocations may be open at once. Where there is no telemetry, none of them ends.
const MOST_OPEN: usize = 1000;

pub struct Traces {
    tracer: SdkTracer,
    function: Register,
    /// Whether reports are the ends of invocations.
    managed: bool,
    open: VecDeque<Invocation>,
    /// The invocation that ended last, whose report is to come.
    last: Option<(String, Context)>,
    /// When the environment began to start.
    starting: Option<SystemTime>,
    /// The starts that the next invocation has waited for.
    starts: Vec<Piece>,
}

/// What is known of one before its end.
#[derive(Default)]
struct Invocation {
    request_id: String,
    arn: Option<String>,
    tracing: Option<Tracing<'static>>,
    start: Option<SystemTime>,
    report: Option<PlatformReport<'static>>,
}

struct End<'a> {
    request_id: &'a str,
    time: SystemTime,
    took: Option<Duration>,
    status: Option<&'a Status>,
    error_type: Option<&'a str>,
    parts: &'a [Part<'a>],
}

impl Traces {
    pub fn new(tracer: SdkTracer, function: Register, managed: bool) -> Self {
        Self {
            tracer,
            function,
            managed,
            open: VecDeque::new(),
            last: None,
            starting: None,
            starts: Vec::new(),
        }
    }

    pub fn invoked(&mut self, event: InvokeEvent) {
        let known = self.known(&event.request_id);
        known.arn = Some(event.invoked_function_arn);
        known.tracing = event.tracing.or(known.tracing.take());
    }

    pub fn told(&mut self, event: &TelemetryEvent<'_>) {
        let time = time(&event.time);
        match &event.record {
            TelemetryRecord::PlatformInitStart(_) | TelemetryRecord::PlatformRestoreStart(_) => {
                self.starting = Some(time);
            }
            TelemetryRecord::PlatformInitReport(report) => {
                let piece = self.start("init", time, Some(report.metrics.duration));
                let piece = piece.outcome(report.status.as_ref(), report.error_type.as_deref());
                if report.initialization_type == InitType::OnDemand {
                    self.starts.push(piece);
                } else {
                    // Ahead of invocations, so it is none's.
                    piece.end(&self.tracer, &Context::new());
                }
            }
            TelemetryRecord::PlatformRestoreReport(report) => {
                let piece = self.start("restore", time, report.metrics.map(|it| it.duration));
                let piece = piece.outcome(Some(&report.status), report.error_type.as_deref());
                self.starts.push(piece);
            }
            TelemetryRecord::PlatformStart(start) => {
                let known = self.known(&start.request_id);
                known.start = Some(time);
                let arn = start.function_arn.as_deref().map(str::to_owned);
                known.arn = known.arn.take().or(arn);
                let tracing = start.tracing.clone().map(Tracing::into_owned);
                known.tracing = known.tracing.take().or(tracing);
            }
            TelemetryRecord::PlatformReport(report) if self.managed => self.end(&End {
                request_id: &report.request_id,
                time,
                took: Some(report.metrics.duration),
                status: report.status.as_ref(),
                error_type: report.error_type.as_deref(),
                parts: &report.spans,
            }),
            TelemetryRecord::PlatformReport(report) => self.reported(report),
            _ => {}
        }
    }

    /// The function is done with an invocation. By now everything else is known of it, but its report.
    pub fn done(&mut self, done: &RuntimeDone) {
        let record = &done.record;
        self.end(&End {
            request_id: &record.request_id,
            time: time(&done.time),
            took: record.metrics.map(|metrics| metrics.duration),
            status: Some(&record.status),
            error_type: record.error_type.as_deref(),
            parts: &record.spans,
        });
    }

    /// What an invocation has cost is told when its span is sent, mostly. So it stands at a later one: what
    /// extensions took of it.
    fn reported(&mut self, report: &PlatformReport<'_>) {
        if let Some(known) = self
            .open
            .iter_mut()
            .find(|it| it.request_id == report.request_id)
        {
            known.report = Some(report.clone().into_owned());
            return;
        }
        let Some((_, context)) = self.last.take_if(|last| last.0 == report.request_id) else {
            return;
        };
        let metrics = &report.metrics;
        let billed = metrics
            .billed_duration
            .map(|billed| billed.as_secs_f64() * 1e3);
        let memory = metrics
            .max_memory_used_mb
            .and_then(|used| i64::try_from(used).ok());
        for part in report.spans.iter().filter_map(Piece::of) {
            part.attribute("aws.lambda.billed_duration_ms", billed)
                .attribute("aws.lambda.max_memory_used_mb", memory)
                .end(&self.tracer, &context);
        }
    }

    fn end(&mut self, end: &End<'_>) {
        let known = self
            .open
            .iter()
            .position(|it| it.request_id == end.request_id);
        let known = known
            .and_then(|at| self.open.remove(at))
            .unwrap_or_default();
        let start = known.start.unwrap_or_else(|| before(end.time, end.took));
        let caller = known
            .tracing
            .and_then(|it| span_context_from_str(&it.value));
        let caller = caller.map_or_else(Context::new, |caller| {
            Context::new().with_remote_span_context(caller)
        });
        let function_name = &*self.function.function_name;
        let context = Piece::new(function_name, start, end.time)
            .served()
            .outcome(end.status, end.error_type)
            .attribute(
                attribute::FAAS_INVOCATION_ID,
                Some(end.request_id.to_owned()),
            )
            .attribute(attribute::FAAS_COLDSTART, Some(!self.starts.is_empty()))
            .attribute(
                attribute::CLOUD_RESOURCE_ID,
                known.arn.as_deref().map(|arn| self.resource_id(arn)),
            )
            .attribute(attribute::AWS_LAMBDA_INVOKED_ARN, known.arn)
            .end(&self.tracer, &caller);
        let parts = end.parts.iter().filter_map(Piece::of);
        for piece in self.starts.drain(..).chain(parts) {
            piece.end(&self.tracer, &context);
        }
        self.last = Some((end.request_id.to_owned(), context));
        if let Some(report) = known.report {
            self.reported(&report);
        }
    }

    fn start(&mut self, name: &str, time: SystemTime, took: Option<Duration>) -> Piece {
        let start = self.starting.take().unwrap_or_else(|| before(time, took));
        Piece::new(name, start, took.map_or(time, |took| start + took))
    }

    fn known(&mut self, request_id: &str) -> &mut Invocation {
        let at = self.open.iter().position(|it| it.request_id == request_id);
        let at = at.unwrap_or_else(|| {
            if self.open.len() == MOST_OPEN {
                self.open.pop_front();
            }
            self.open.push_back(Invocation {
                request_id: request_id.to_owned(),
                ..Invocation::default()
            });
            self.open.len() - 1
        });
        &mut self.open[at]
    }

    /// The function's ARN, with the version in place of what it was called by.
    fn resource_id(&self, arn: &str) -> String {
        match arn.match_indices(':').nth(6) {
            Some((at, _)) => format!("{}:{}", &arn[..at], self.function.function_version),
            None => arn.to_owned(),
        }
    }
}

fn time(told: &Timestamp<'_>) -> SystemTime {
    told.system_time().unwrap_or_else(SystemTime::now)
}

fn before(time: SystemTime, took: Option<Duration>) -> SystemTime {
    time.checked_sub(took.unwrap_or_default()).unwrap_or(time)
}
