//! One telemetry event, as text.

use std::time::{Duration, SystemTime};

use super::super::reply::json;
use super::subscription::Schema;

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

    /// A line that was written. Where the log format is JSON and the line is an object, newer
    /// schemas have it as such.
    pub(in super::super) fn line(category: Category, line: &str, structured: bool) -> Self {
        let object = |line: &&str| {
            let parsed = serde_json::from_str::<serde_json::Value>(line);
            parsed.is_ok_and(|value| value.is_object())
        };
        let structured = Some(line.trim()).filter(|_| structured).filter(object);
        Self {
            category,
            kind: category.as_str(),
            time: timestamp(SystemTime::now()),
            record: json(&format_args!("{line}\n").to_string()),
            structured: structured.map(str::to_owned),
        }
    }

    pub(super) fn logs_dropped(records: u64, bytes: u64) -> Self {
        let record = object([
            ("droppedBytes", Some(bytes.to_string())),
            ("droppedRecords", Some(records.to_string())),
            ("reason", text("Consumer fell behind")),
        ]);
        Self::platform("platform.logsDropped", record)
    }

    pub(super) fn text(&self, schema: Schema) -> String {
        let record = match &self.structured {
            Some(structured) if schema != Schema::V2022_07_01 => structured,
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

/// A field of a record: its name, and its value as JSON, if it has one.
pub(super) type Field = (&'static str, Option<String>);

/// A JSON object, its fields in this order.
pub(super) fn object(fields: impl IntoIterator<Item = Field>) -> String {
    let fields: Vec<_> = fields
        .into_iter()
        .filter_map(|(name, value)| Some(format!(r#""{name}":{}"#, value?)))
        .collect();
    format!("{{{}}}", fields.join(","))
}

/// A string as JSON.
pub(super) fn text(value: &str) -> Option<String> {
    Some(json(&value))
}

/// A list of JSON values; none where it is empty, as the platform leaves it out.
pub(super) fn list(values: &[String]) -> Option<String> {
    (!values.is_empty()).then(|| format!("[{}]", values.join(",")))
}

/// A duration as telemetry has it: milliseconds, to the microsecond.
pub(super) fn milliseconds(duration: Duration) -> Option<String> {
    let milliseconds = (duration.as_secs_f64() * 1e6).round() / 1e3;
    Some(milliseconds.to_string())
}

/// `{"durationMs": …}`
pub(super) fn duration(duration: Duration) -> String {
    object([("durationMs", milliseconds(duration))])
}

/// A part of a phase.
pub(super) fn span(name: &str, start: SystemTime, took: Duration) -> String {
    object([
        ("name", text(name)),
        ("start", text(&timestamp(start))),
        ("durationMs", milliseconds(took)),
    ])
}
