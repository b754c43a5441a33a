//! One telemetry event, as text.

use std::fmt::{Display, Write};
use std::time::{Duration, SystemTime};

use super::super::TelemetrySchema;
use super::super::reply::json;

/// What a subscription can be for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum Category {
    Platform,
    Function,
    Extension,
}

impl Category {
    pub(super) const ALL: [Self; 3] = [Self::Platform, Self::Function, Self::Extension];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Function => "function",
            Self::Extension => "extension",
        }
    }
}

/// One event.
#[derive(Debug, Clone)]
pub(in super::super) struct Event {
    pub(super) category: Category,
    kind: &'static str,
    time: String,
    /// As JSON.
    record: String,
    /// What newer schemas have in its place.
    structured: Option<String>,
}

impl Event {
    pub(super) fn platform(kind: &'static str, record: String) -> Self {
        Self {
            category: Category::Platform,
            kind,
            time: timestamp(SystemTime::now()),
            record,
            structured: None,
        }
    }

    /// A line that was written, with the end that it has in text. Where the log format is JSON and
    /// the line is an object, newer schemas have it as such.
    pub(in super::super) fn line(
        category: Category,
        line: &str,
        end: &str,
        structured: bool,
    ) -> Self {
        let object = |line: &&str| {
            let parsed = serde_json::from_str::<serde_json::Value>(line);
            parsed.is_ok_and(|value| value.is_object())
        };
        let structured = Some(line.trim()).filter(|_| structured).filter(object);
        // Between its tokens only, and over TCP a line end is the end of an event.
        let structured = structured.map(|line| line.replace(['\n', '\r'], " "));
        Self {
            category,
            kind: category.as_str(),
            time: timestamp(SystemTime::now()),
            record: json(&format_args!("{line}{end}").to_string()),
            structured,
        }
    }

    pub(super) fn logs_dropped(records: u64, bytes: u64) -> Self {
        let record = Object::default()
            .raw("droppedBytes", bytes)
            .raw("droppedRecords", records)
            .text("reason", "Consumer fell behind")
            .end();
        Self::platform("platform.logsDropped", record)
    }

    /// How long it is, as most schemas have it.
    pub(super) fn bytes(&self) -> usize {
        self.text(TelemetrySchema::V2022_07_01).len()
    }

    pub(super) fn text(&self, schema: TelemetrySchema) -> String {
        let record = match &self.structured {
            Some(structured) if schema != TelemetrySchema::V2022_07_01 => structured,
            _ => &self.record,
        };
        let Self { time, kind, .. } = self;
        format!(r#"{{"time":"{time}","type":"{kind}","record":{record}}}"#)
    }
}

/// A time as telemetry has it: UTC, in milliseconds.
pub(super) fn timestamp(time: SystemTime) -> String {
    humantime::format_rfc3339_millis(time).to_string()
}

/// A JSON object, its fields in the order in which they are added.
#[derive(Debug, Default)]
pub(super) struct Object(String);

impl Object {
    pub(super) fn raw(mut self, name: &str, value: impl Display) -> Self {
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        // A string takes everything.
        let _ = write!(self.0, r#""{name}":{value}"#);
        self
    }

    pub(super) fn text(self, name: &str, value: &str) -> Self {
        self.raw(name, json(&value))
    }

    /// A duration as telemetry has it: to the microsecond.
    pub(super) fn milliseconds(self, name: &str, value: Duration) -> Self {
        self.raw(name, (value.as_secs_f64() * 1e6).round() / 1e3)
    }

    /// A list of JSON values, which is left out where it is empty, as by the platform.
    pub(super) fn list(self, name: &str, values: &[String]) -> Self {
        if values.is_empty() {
            return self;
        }
        self.raw(name, format_args!("[{}]", values.join(",")))
    }

    /// Adds what depends on a value, if there is one.
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

/// `{"durationMs": …}`
pub(super) fn duration(duration: Duration) -> String {
    Object::default().milliseconds("durationMs", duration).end()
}

/// A part of a phase.
pub(super) fn span(name: &str, start: SystemTime, took: Duration) -> String {
    Object::default()
        .text("name", name)
        .text("start", &timestamp(start))
        .milliseconds("durationMs", took)
        .end()
}
