//! One event.

use std::borrow::Cow;
use std::fmt;

use serde_core::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::record::{Kind, TelemetryRecord};
use super::scanner::Scanner;
use super::timestamp::Timestamp;
use crate::json::{self, Value};

/// One event, read from its JSON and borrowed from it.
///
/// Keep events as [`OwnedTelemetryEvent`](super::OwnedTelemetryEvent).
///
/// In tests, make one from JSON; any text is an event, if need be one that tells
/// [something else](TelemetryRecord::Other):
///
/// ```
/// use lambda_ext::{TelemetryEvent, TelemetryRecord};
///
/// let json = r#"{"time":"2026-03-04T09:15:00.410Z","type":"platform.start","record":{"requestId":"8d2f"}}"#;
/// let event = TelemetryEvent::from(json);
/// let TelemetryRecord::PlatformStart(start) = event.record else { panic!() };
/// assert_eq!(start.request_id, "8d2f");
/// ```
///
/// See [Telemetry API: event](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api.html).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TelemetryEvent<'a> {
    /// When the platform wrote the event, which may be later than what it tells.
    pub time: Timestamp<'a>,
    /// What it tells.
    pub record: TelemetryRecord<'a>,
    json: &'a str,
    record_json: &'a str,
}

impl<'a> TelemetryEvent<'a> {
    /// The event's JSON, byte for byte as it came.
    #[must_use]
    pub fn as_json(&self) -> &'a str {
        self.json
    }

    /// The JSON of what it tells, byte for byte as it came: the record without time and type, or
    /// the whole event where it has none.
    #[must_use]
    pub fn record_json(&self) -> &'a str {
        self.record_json
    }

    /// Reads the JSON at the start of a text, and returns what comes after it; `None` where it is
    /// no JSON.
    pub(super) fn first(text: &'a str) -> Option<(Self, &'a str)> {
        let text = text.trim_ascii_start();
        as_written(text).or_else(|| in_parts(text))
    }

    /// Returns an event for text that is not JSON.
    pub(super) fn malformed(text: &'a str) -> Self {
        Self {
            time: Timestamp::default(),
            record: Kind(Cow::Borrowed("")).other(text),
            json: text,
            record_json: text,
        }
    }
}

/// The event of this text, whatever it is.
impl<'a> From<&'a str> for TelemetryEvent<'a> {
    fn from(text: &'a str) -> Self {
        match Self::first(text) {
            Some((event, rest)) if rest.trim_ascii().is_empty() => event,
            _ => Self::malformed(text),
        }
    }
}

/// Reads an event as the platform writes it: with these keys, in this order, and without spaces.
/// In one pass, because there are many.
fn as_written(text: &str) -> Option<(TelemetryEvent<'_>, &str)> {
    let mut scanner = Scanner(text);
    scanner.literal(r#"{"time":"#)?;
    let time = Timestamp::from(scanner.string()?);
    scanner.literal(r#","type":"#)?;
    let kind = Kind(scanner.string()?);
    scanner.literal(r#","record":"#)?;
    let rest = scanner.0;
    // It would be taken for a part of the record.
    if rest.starts_with(|char: char| char.is_ascii_whitespace()) {
        return None;
    }
    let record = kind.take(&mut scanner)?;
    let record_json = scanner.taken_of(rest)?;
    scanner.literal("}")?;
    let event = TelemetryEvent {
        time,
        record,
        json: scanner.taken_of(text)?,
        record_json,
    };
    Some((event, scanner.0))
}

/// Reads JSON of any shape: an event written otherwise, or something else.
fn in_parts(text: &str) -> Option<(TelemetryEvent<'_>, &str)> {
    let mut scanner = Scanner(text);
    let json = scanner.json()?;
    let parts = if json.starts_with('{') {
        serde_json::from_str(json).unwrap_or_default()
    } else {
        Parts::default()
    };
    let kind = Kind(text_of(parts.kind).unwrap_or_default());
    let record = parts.record.map(RawValue::get);
    let event = TelemetryEvent {
        time: text_of(parts.time).unwrap_or_default().into(),
        record: match record {
            Some(record) => kind.read(record),
            None => kind.other(json),
        },
        json,
        record_json: record.unwrap_or(json),
    };
    Some((event, scanner.0))
}

/// The text of a part that is a string.
fn text_of(part: Option<&RawValue>) -> Option<Cow<'_, str>> {
    let (text, _) = json::string(part?.get())?;
    Some(text)
}

/// The parts of an event, each as its JSON. Other keys are skipped, because there may be very many.
#[derive(Default)]
struct Parts<'a> {
    time: Option<&'a RawValue>,
    kind: Option<&'a RawValue>,
    record: Option<&'a RawValue>,
}

impl<'de> Deserialize<'de> for Parts<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Parts<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Parts<'de>, A::Error> {
                let mut parts = Parts::default();
                while let Some(Value(key)) = map.next_key::<Value<Cow<'_, str>>>()? {
                    let part = match &*key {
                        "time" => &mut parts.time,
                        "type" => &mut parts.kind,
                        "record" => &mut parts.record,
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                            continue;
                        }
                    };
                    *part = Some(map.next_value()?);
                }
                Ok(parts)
            }
        }

        deserializer.deserialize_map(Object)
    }
}
