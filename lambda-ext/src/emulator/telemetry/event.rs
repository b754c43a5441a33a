//! A telemetry event that the platform emits, as text.

use std::time::SystemTime;

use super::json_object::{JsonObject, timestamp};
use crate::emulator::reply::json;
use crate::emulator::settings::TelemetrySchema;

/// A category of events, to which extensions subscribe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Category {
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

/// An event.
#[derive(Debug, Clone)]
pub(crate) struct EmittedEvent {
    category: Category,
    kind: &'static str,
    time: String,
    /// The record as JSON.
    record: String,
    /// The record as newer schemas have it, if they differ.
    structured: Option<String>,
}

impl EmittedEvent {
    pub(super) fn platform(kind: &'static str, record: String) -> Self {
        Self {
            category: Category::Platform,
            kind,
            time: timestamp(SystemTime::now()),
            record,
            structured: None,
        }
    }

    /// A line of output, with `end` appended in text. If the log format is JSON and the line is an
    /// object, newer schemas carry the object.
    pub(crate) fn line(category: Category, line: &str, end: &str, structured: bool) -> Self {
        let object = |line: &&str| {
            let parsed = serde_json::from_str::<serde_json::Value>(line);
            parsed.is_ok_and(|value| value.is_object())
        };
        let structured = Some(line.trim()).filter(|_| structured).filter(object);
        // Line ends can only stand between tokens, and over TCP they would end the event.
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
        let record = JsonObject::default()
            .raw("droppedBytes", bytes)
            .raw("droppedRecords", records)
            .text("reason", "Consumer fell behind")
            .end();
        Self::platform("platform.logsDropped", record)
    }

    pub(super) fn category(&self) -> Category {
        self.category
    }

    /// Its length in most schemas.
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
