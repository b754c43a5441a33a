//! A span that is over when it is made.

use std::time::SystemTime;

use lambda_ext::telemetry::{Span as Part, Status as Outcome};
use opentelemetry::trace::{Span, SpanBuilder, SpanKind, Status, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue, Value};
use opentelemetry_sdk::trace::SdkTracer;
use opentelemetry_semantic_conventions::attribute::ERROR_TYPE;

pub struct Piece {
    builder: SpanBuilder,
    attributes: Vec<KeyValue>,
    end: SystemTime,
    status: Status,
}

impl Piece {
    pub fn new(name: impl Into<String>, start: SystemTime, end: SystemTime) -> Self {
        Self {
            builder: SpanBuilder::from_name(name.into()).with_start_time(start),
            attributes: Vec::new(),
            end,
            status: Status::Unset,
        }
    }

    /// What the platform tells of a part; `None` where that does not say when it was.
    pub fn of(part: &Part<'_>) -> Option<Self> {
        let start = part.start.system_time()?;
        Some(Self::new(&*part.name, start, start + part.duration))
    }

    /// It is an invocation: what others ask of the function.
    pub fn served(mut self) -> Self {
        self.builder = self.builder.with_kind(SpanKind::Server);
        self
    }

    /// What is not known is left out.
    pub fn attribute(mut self, key: &'static str, value: Option<impl Into<Value>>) -> Self {
        self.attributes
            .extend(value.map(|value| KeyValue::new(key, value)));
        self
    }

    pub fn outcome(mut self, outcome: Option<&Outcome>, error_type: Option<&str>) -> Self {
        let Some(outcome) = outcome.filter(|outcome| **outcome != Outcome::Success) else {
            return self;
        };
        let error_type = error_type.filter(|text| !text.is_empty());
        self.status = Status::error(outcome.as_str().to_owned());
        let error_type = error_type.unwrap_or(outcome.as_str()).to_owned();
        self.attribute(ERROR_TYPE, Some(error_type))
    }

    /// Hands it over, and returns what its children are made in.
    pub fn end(self, tracer: &SdkTracer, parent: &Context) -> Context {
        let builder = self.builder.with_attributes(self.attributes);
        let mut span = tracer.build_with_context(builder, parent);
        span.set_status(self.status);
        span.end_with_timestamp(self.end);
        parent.with_span(span)
    }
}
