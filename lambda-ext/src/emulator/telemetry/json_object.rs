//! The JSON of telemetry: objects with fields in a fixed order, times, and durations.

use std::fmt::{Display, Write};
use std::time::{Duration, SystemTime};

use crate::emulator::reply::json;

/// A JSON object. Its fields keep the order in which they are added.
#[derive(Debug, Default)]
pub(super) struct JsonObject(String);

impl JsonObject {
    pub(super) fn raw(mut self, name: &str, value: impl Display) -> Self {
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        // Writing to a string cannot fail.
        let _ = write!(self.0, r#""{name}":{value}"#);
        self
    }

    pub(super) fn text(self, name: &str, value: &str) -> Self {
        self.raw(name, json(&value))
    }

    /// Adds a duration, to the microsecond.
    pub(super) fn milliseconds(self, name: &str, value: Duration) -> Self {
        self.raw(name, (value.as_secs_f64() * 1e6).round() / 1e3)
    }

    /// Adds a list of JSON values. As on the platform, an empty list is left out.
    pub(super) fn list(self, name: &str, values: &[String]) -> Self {
        if values.is_empty() {
            return self;
        }
        self.raw(name, format_args!("[{}]", values.join(",")))
    }

    /// Adds fields that depend on a value, if there is one.
    pub(super) fn when<T>(self, value: Option<T>, add: impl FnOnce(Self, T) -> Self) -> Self {
        match value {
            Some(value) => add(self, value),
            None => self,
        }
    }

    pub(super) fn end(mut self) -> String {
        if self.0.is_empty() {
            self.0.push('{');
        }
        self.0.push('}');
        self.0
    }
}

/// Formats a time: UTC, to the millisecond.
pub(super) fn timestamp(time: SystemTime) -> String {
    humantime::format_rfc3339_millis(time).to_string()
}

/// `{"durationMs": …}`
pub(super) fn duration_json(duration: Duration) -> String {
    JsonObject::default()
        .milliseconds("durationMs", duration)
        .end()
}

/// A span, which is a part of a phase.
pub(super) fn span_json(name: &str, start: SystemTime, took: Duration) -> String {
    JsonObject::default()
        .text("name", name)
        .text("start", &timestamp(start))
        .milliseconds("durationMs", took)
        .end()
}
