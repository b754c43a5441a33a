//! One event.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde_core::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::record::Kind;
use super::{OwnedTelemetryEvent, TelemetryRecord, Timestamp};
use crate::json::{self, Value};

/// One event, read from its JSON and borrowed from it.
///
/// What is to be kept is kept as an [`OwnedTelemetryEvent`].
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
}

impl<'a> TelemetryEvent<'a> {
    /// The event's JSON, byte for byte as it came.
    #[must_use]
    pub fn as_json(&self) -> &'a str {
        self.json
    }

    /// The event for keeps.
    #[must_use]
    pub fn to_owned(&self) -> OwnedTelemetryEvent {
        OwnedTelemetryEvent::new(self.json)
    }

    /// Reads the JSON at the start of a text, and returns what comes after it; `None` where it is
    /// no JSON.
    pub(super) fn first(text: &'a str) -> Option<(Self, &'a str)> {
        let text = text.trim_ascii_start();
        let (envelope, length) = match first(text) {
            Some(known) => known,
            // JSON, but not an event as they should be: it is read once more, with less hope.
            None => first::<&RawValue>(text).map(|(json, length)| (json.get().into(), length))?,
        };
        let (json, rest) = text.split_at_checked(length)?;
        let Envelope { time, record } = envelope;
        Some((Self { time, record, json }, rest))
    }

    /// What is not JSON.
    pub(super) fn broken(text: &'a str) -> Self {
        Self {
            time: Timestamp::default(),
            record: Kind(Cow::Borrowed("")).other(text),
            json: text,
        }
    }
}

/// The event of this text, whatever it is.
impl<'a> From<&'a str> for TelemetryEvent<'a> {
    fn from(text: &'a str) -> Self {
        match Self::first(text) {
            Some((event, rest)) if rest.trim_ascii().is_empty() => event,
            _ => Self::broken(text),
        }
    }
}

/// Reads the JSON at the start of a text, and how long it is.
fn first<'de, T: Deserialize<'de>>(text: &'de str) -> Option<(T, usize)> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter();
    let value = values.next()?.ok()?;
    Some((value, values.byte_offset()))
}

/// What is in the JSON of an event.
struct Envelope<'a> {
    time: Timestamp<'a>,
    record: TelemetryRecord<'a>,
}

impl<'de> Deserialize<'de> for Envelope<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Envelope<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an event")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Envelope<'de>, A::Error> {
                let mut time = None;
                let mut kind = None;
                let mut unread = None;
                let mut record = None;
                while let Some(Value(key)) = map.next_key::<Value<Cow<'_, str>>>()? {
                    match &*key {
                        "time" => time = map.next_value::<Value<Option<_>>>()?.0,
                        "type" => kind = Some(Kind(map.next_value::<Value<_>>()?.0)),
                        // One pass where the type comes first, as the platform has it.
                        "record" => match kind.take() {
                            Some(kind) => record = Some(map.next_value_seed(kind)?),
                            None => unread = Some(map.next_value::<&RawValue>()?),
                        },
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                let read = || Some(kind?.read(unread?.get()));
                Ok(Envelope {
                    time: time.unwrap_or_default(),
                    record: record
                        .or_else(read)
                        .ok_or_else(|| A::Error::missing_field("record"))?,
                })
            }
        }

        deserializer.deserialize_map(Object)
    }
}

/// From JSON of any shape.
impl<'a> From<&'a str> for Envelope<'a> {
    fn from(json: &'a str) -> Self {
        let parts: BTreeMap<String, &RawValue> = serde_json::from_str(json).unwrap_or_default();
        let text = |part| json::text(parts.get(part)?.get());
        let kind = Kind(text("type").unwrap_or_default());
        Self {
            time: text("time").unwrap_or_default().into(),
            record: match parts.get("record") {
                Some(record) => kind.read(record.get()),
                None => kind.other(json),
            },
        }
    }
}
